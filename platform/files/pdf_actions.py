"""What a PDF would do when it is opened, a page is turned or a link is clicked, and the files that it carries or refers to."""

import re
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath
from typing import Any, Final
from urllib.parse import unquote

from pypdf.generic import ArrayObject, ByteStringObject, DictionaryObject, StreamObject, TextStringObject

from files.markup import NoMarkup, read_markup
from files.refusals import acts, broken
from foundation.errors import BadInput
from foundation.i18n import N_

_DEEPEST: Final = 60
# ISO 32000-2, 12.6.4: actions that run a program, send what was filled in, or play something. A viewer follows GoTo and
# Named within the document.
_ACTING: Final = frozenset(
    {"/JavaScript", "/Launch", "/SubmitForm", "/ImportData", "/Rendition", "/RichMediaExecute", "/Movie", "/Sound"}
)
_ELSEWHERE: Final = frozenset({"/GoToR", "/GoToE"})
_HARMLESS: Final = frozenset({"/GoTo", "/Named", "/SetOCGState", "/Hide", "/Thread", "/GoTo3DView", "/Trans"})
_PLAYED: Final = frozenset({"/RichMedia", "/Movie", "/Screen", "/3D", "/Sound"})
_NAMES_OF_A_FILE: Final = ("/UF", "/F", "/DOS", "/Unix", "/Mac")
# Signs by which the end of a name is cut off or written backwards.
_HIDING: Final = re.compile(r"[\x00-\x1f\x7f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_DATA: Final = frozenset({".xml", ".xbrl", ".xsd"})

# Browsers leave out what cannot be printed, wherever it stands in an address, before they look for the scheme.
_UNPRINTABLE: Final = re.compile(r"[\x00-\x20\x7f-\xa0\xad\u2000-\u200f\u2028-\u202f\ufeff]+")
_SCHEME: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
# ``www.example.cn:8080`` and ``localhost:80/`` begin as a scheme does.
_HOST: Final = re.compile(r"(?:[\w-]+(?:\.[\w-]+)+|localhost):\d{1,5}(?:[/?#]|$)")
_WEB: Final = frozenset({"http", "https", "mailto", "tel"})
_RUN_BY_BROWSERS: Final = frozenset({"javascript", "vbscript", "data"})
_LOCAL: Final = re.compile(r"(?:///|//localhost/|/)?(?!/)")
_SERVER: Final = re.compile(r"[\\/]{2}")
_LONGEST_SHOWN: Final = 80


def ensure_harmless(found: Any, depth: int = 0) -> None:
    """Look at one object and what is written within it; what it refers to is an object of its own.

    Raises BadInput for what acts by itself, what leads out of the document other than to a web page, and attachments.
    """
    if depth > _DEEPEST:
        raise broken("PDF")
    if isinstance(found, ArrayObject):
        for one in list.__iter__(found):
            # Most lists hold numbers, many thousands of them.
            if isinstance(one, ArrayObject | DictionaryObject):
                ensure_harmless(one, depth + 1)
    elif isinstance(found, DictionaryObject):
        _ensure_harmless_dictionary(found)
        for value in dict.values(found):
            if isinstance(value, ArrayObject | DictionaryObject):
                ensure_harmless(value, depth + 1)


def elsewhere(target: str = "") -> BadInput:
    """A link to a file on the computer of whoever made the PDF: the office cannot open it, and a server may be behind it."""
    return BadInput(
        N_("PDF 里有链接指向电脑上的另一个文件：%(target)s") if target else N_("PDF 里有链接指向电脑上的另一个文件"),
        remedy=N_("用打印功能另存为 PDF（链接会随之去掉），再重新上传；那份文件如需提交，请单独上传"),
        **({"target": _shown(target)} if target else {}),
    )


def _shown(target: str) -> str:
    """As people know the name: programs write what is not English in hexadecimal digits."""
    return _UNPRINTABLE.sub(" ", unquote(target))[:_LONGEST_SHOWN]


def _ensure_harmless_dictionary(found: Any) -> None:
    kind, subtype = _name(found, "/S"), _name(found, "/Subtype")
    if (
        kind in _ACTING
        or subtype in _PLAYED
        or "/JavaScript" in found
        or _runs([_at(found, "/OpenAction"), *_values(_at(found, "/AA"))])
        # The content of the stream, or of what stands for it in print, lies in another file.
        or (isinstance(found, StreamObject) and ("/F" in found or "/Ref" in found))
        or not {"/1.3", "/2.0"}.isdisjoint(_keys(_at(found, "/OPI")))
        or any(_SERVER.match(text) for name in _files(found) for text in _texts(name))
    ):
        raise acts()
    if kind in _ELSEWHERE:
        raise elsewhere(next((text for name in _files(found) for text in _texts(name)), ""))
    if kind and isinstance(_at(found, "/F"), str | bytes | DictionaryObject):
        raise acts()
    for key in ("/URI", "/Base"):
        for text in _texts(_at(found, key)):
            _ensure_web(text)
    if "/XFA" in found:
        raise BadInput(N_("这是 XFA 动态表单，多数阅读器打不开"), remedy=N_("在 Adobe Reader 里打印成 PDF 后重新上传"))
    if "/EF" in found:
        _ensure_data(found)
    elif isinstance(found, StreamObject) and _name(found, "/Type") == "/EmbeddedFile":
        _ensure_markup(found)


def _runs(actions: Iterable[Any]) -> bool:
    """Whether what happens by itself, or anything after it, is more than moving within the document."""
    waiting, seen = list(actions), set()
    while waiting:
        action = _there(waiting.pop())
        # An array or a name: the place to begin at.
        if not isinstance(action, DictionaryObject) or id(action) in seen:
            continue
        seen.add(id(action))
        to_a_place = "/S" not in action and "/D" in action
        if "/F" in action or not (to_a_place or _name(action, "/S") in _HARMLESS):
            return True
        after = _at(action, "/Next")
        waiting += list.__iter__(after) if isinstance(after, ArrayObject) else [after]
    return False


def _ensure_web(address: str) -> None:
    """An address may lead to a web page, to mail, to a telephone, or further within the web site that it belongs to."""
    plain = _UNPRINTABLE.sub("", address)
    if _SERVER.match(plain):
        raise acts()
    scheme = _SCHEME.match(plain)
    if scheme is None or _HOST.match(plain):
        return
    named, rest = scheme[1].lower(), plain[scheme.end() :].replace("\\", "/")
    if named in _WEB:
        return
    # ``C:\a.doc``, ``file:///C:/a.doc``, ``file:a.doc``; two or four strokes lead to a server.
    if len(named) == 1 or (named == "file" and _LOCAL.match(rest)):
        raise elsewhere(plain)
    if named in _RUN_BY_BROWSERS or named == "file":
        raise acts()
    raise BadInput(
        N_("PDF 里有链接会打开网页以外的程序：%(target)s"),
        remedy=N_("把链接改成网页地址，或用打印功能另存为 PDF（链接会随之去掉），再重新上传"),
        target=_shown(plain),
    )


def _ensure_data(specification: Any) -> None:
    """A file within the PDF: electronic invoices and vouchers carry their XML, anything else is refused.

    Each viewer saves it by another of its names, so each has to be one of data, and there has to be one.
    """
    names = [texts[0] for key in _NAMES_OF_A_FILE if (texts := _texts(_at(specification, key)))]
    if (
        "/RF" in specification
        or not names
        or any(_HIDING.search(name) or PurePosixPath(name.strip()).suffix.lower() not in _DATA for name in names)
    ):
        raise _attachment()
    for stream in _values(_at(specification, "/EF")):
        _ensure_markup(_there(stream))


def _ensure_markup(stream: Any) -> None:
    try:
        read_markup(stream.get_data())
    except NoMarkup as error:
        raise _attachment() from error


def _attachment() -> BadInput:
    return BadInput(
        N_("PDF 里附带了其他文件，审核人员看不到"), remedy=N_("把附带的文件取出来单独上传，再把正文打印成 PDF 上传")
    )


def _at(found: Any, key: str) -> Any:
    """The value itself, also where it is written as a reference to another object."""
    return _there(found.raw_get(key)) if key in found else None


def _there(found: Any) -> Any:
    return found.get_object() if hasattr(found, "get_object") else found


def _name(found: Any, key: str) -> str:
    value = _at(found, key)
    return str(value) if isinstance(value, str) else ""


def _values(found: Any) -> list[Any]:
    return list(dict.values(found)) if isinstance(found, DictionaryObject) else []


def _keys(found: Any) -> set[str]:
    return set(found) if isinstance(found, DictionaryObject) else set()


def _files(found: Any) -> Iterator[Any]:
    """The names of the file that a dictionary refers to, by itself or by what ``/F`` leads to."""
    for one in (found, _at(found, "/F")):
        if isinstance(one, DictionaryObject):
            yield from (_at(one, key) for key in _NAMES_OF_A_FILE)


def _texts(value: Any) -> list[str]:
    """A string as this parser reads it and, where that is another, as a viewer does that takes each byte for a letter."""
    if not isinstance(value, TextStringObject | ByteStringObject):
        return []
    plain = value.original_bytes.decode("latin-1")
    return [str(value), plain] if isinstance(value, TextStringObject) and str(value) != plain else [plain]
