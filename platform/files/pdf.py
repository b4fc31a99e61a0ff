"""PDF, read as a viewer reads it: every object is looked at for what would act, and for files that it carries.

What portals make is taken: bytes before the header and after the end, and files that only their owner may change. Evidence
has no need to run anything, to fetch anything, or to bring other files than the XML of an electronic invoice.
"""

import io
import logging
import re
from collections.abc import Iterator
from contextvars import copy_context
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, Final

from files.kinds import foreign
from files.markup import NoMarkup, read_markup
from files.refusals import acts, broken, locked, too_large_unpacked, two_in_one
from foundation.errors import BadInput, DomainError
from foundation.i18n import N_

if TYPE_CHECKING:
    from pypdf import PdfReader

HEADER_WITHIN: Final = 1024
"""Viewers look so far for ``%PDF-``."""
# Each takes some 0.1 ms to read, and a person waits for it. Reports of several hundred pages have a fifth of this.
_MOST_OBJECTS: Final = 50_000
_MOST_OBJECT_STREAMS: Final = 2_000
_MOST_UNPACKED: Final = 64 * 1024 * 1024
_MOST_OF_A_STREAM: Final = 16 * 1024 * 1024
_DEEPEST: Final = 60


def _spelled(name: str) -> bytes:
    """A pattern for a PDF name, any letter of which may be written as ``#`` and two hexadecimal digits."""
    letters = (f"(?:{letter}|#{ord(letter):02x}|#{ord(letter):02X})".encode() for letter in name)
    return b"/" + b"".join(letters) + rb"(?![A-Za-z0-9])"


# ISO 32000-2, 12.6.4: actions that run a program, send what was filled in, or open another file (the name of a server in
# it gives the reader's Windows login away). A viewer follows GoTo and Named within the document.
_ACTING: Final = frozenset(
    {
        "/JavaScript",
        "/Launch",
        "/SubmitForm",
        "/ImportData",
        "/GoToR",
        "/GoToE",
        "/Rendition",
        "/RichMediaExecute",
        "/Movie",
    }
)
_HARMLESS: Final = frozenset({"/GoTo", "/Named", "/SetOCGState", "/Hide", "/Thread", "/GoTo3DView", "/Trans"})
_PLAYED: Final = frozenset({"/RichMedia", "/Movie", "/Screen", "/3D"})
# What stands in the open is looked for also where the table of objects does not lead. Long names only: short ones turn up
# by chance in what is compressed.
_IN_THE_OPEN: Final = re.compile(
    b"|".join(map(_spelled, ("JavaScript", "Launch", "SubmitForm", "ImportData", "RichMedia", "Rendition")))
)
_OBJECT_STREAM: Final = re.compile(_spelled("ObjStm"))
_ADDRESS: Final = re.compile(r"\s*(?:javascript|vbscript|data|file|mhtml|ms-[\w-]+)\s*:|\s*[\\/]{2}", re.IGNORECASE)
_DATA: Final = frozenset({".xml", ".xbrl", ".xsd"})


def start_of_pdf(head: bytes) -> int:
    """Where the header stands; -1 for what is no PDF. Portals put marks and blank lines before it, not another file."""
    place = head.find(b"%PDF-", 0, HEADER_WITHIN + 5)
    return -1 if place > 0 and foreign(head)[0] else place


def ensure_harmless_pdf(content: bytes) -> None:
    """Raise BadInput for a PDF that is broken, locked by a password, acts when it is opened, or hides another file."""
    if len(_OBJECT_STREAM.findall(content)) > _MOST_OBJECT_STREAMS:
        raise too_large_unpacked()
    end = content.rfind(b"%%EOF")
    if end < 0:
        raise broken("PDF")
    rest = content[end:]
    if b"PK\x05\x06" in rest or b"PK\x03\x04" in rest or b"Rar!\x1a" in rest or _program(rest[5:].lstrip(b"\r\n \0")):
        raise two_in_one()
    if _IN_THE_OPEN.search(content):
        raise acts()
    # In a context of its own: the limits are set for this one file.
    copy_context().run(_read, content)


def _program(rest: bytes) -> bool:
    return rest.startswith((b"MZ", b"\x7fELF", b"7z\xbc\xaf"))


def _read(content: bytes) -> None:
    from pypdf import PdfReader, overwrite_configuration  # noqa: PLC0415 - a second of start-up that only uploads need

    # It tells of every comma that a printer left out.
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    overwrite_configuration(
        zlib_maximum_output_length=_MOST_OF_A_STREAM,
        lzw_maximum_output_length=_MOST_OF_A_STREAM,
        run_length_maximum_output_length=_MOST_OF_A_STREAM,
        stream_decoding_work_maximum_length=2 * _MOST_OF_A_STREAM,
    )
    try:
        reader = PdfReader(io.BytesIO(content))
        _ensure_opens(reader)
        for found in _objects(reader):
            _ensure_harmless(found)
    except DomainError:
        raise
    except Exception as error:
        # The parser's own faults too: what it cannot read, nobody can say is harmless.
        raise broken("PDF") from error


def _ensure_opens(reader: "PdfReader") -> None:
    if reader.is_encrypted and not reader.decrypt(""):
        raise locked()
    if not reader.pages:
        raise broken("PDF")


def _objects(reader: "PdfReader") -> Iterator[Any]:
    """Every object of the table, also those that no page leads to, and the trailer."""
    from pypdf.generic import IndirectObject  # noqa: PLC0415

    yield reader.trailer
    unpacked = 0
    for stream in {stream for stream, _ in reader.xref_objStm.values()}:
        unpacked += len(IndirectObject(stream, 0, reader).get_object().get_data())  # type: ignore[union-attr]
        if unpacked > _MOST_UNPACKED:
            raise too_large_unpacked()
    numbers = {(number, 0) for number in reader.xref_objStm}
    numbers |= {(number, generation) for generation, places in reader.xref.items() for number in places}
    if len(numbers) > _MOST_OBJECTS:
        raise BadInput(N_("PDF 的内容过于复杂，无法检查"), remedy=N_("用打印功能另存为 PDF，或分成几个文件后再上传"))
    for number, generation in sorted(numbers):
        yield reader.get_object(IndirectObject(number, generation, reader))


def _ensure_harmless(found: Any, depth: int = 0) -> None:
    """Look at one object and what is written within it; what it refers to is an object of its own."""
    from pypdf.generic import ArrayObject, DictionaryObject  # noqa: PLC0415

    if depth > _DEEPEST:
        raise broken("PDF")
    if isinstance(found, ArrayObject):
        for one in list.__iter__(found):
            _ensure_harmless(one, depth + 1)
    elif isinstance(found, DictionaryObject):
        _ensure_harmless_dictionary(found)
        for value in dict.values(found):
            _ensure_harmless(value, depth + 1)


def _ensure_harmless_dictionary(found: Any) -> None:
    from pypdf.generic import StreamObject  # noqa: PLC0415

    kind, subtype = str(_at(found, "/S")), str(_at(found, "/Subtype"))
    by_itself = [_at(found, "/OpenAction"), *_values(_at(found, "/AA"))]
    if (
        kind in _ACTING
        or subtype in _PLAYED
        or "/JavaScript" in found
        or any(_runs(action) for action in by_itself)
        or (kind == "/URI" and _ADDRESS.match(str(_at(found, "/URI"))))
        # The content of the stream lies in another file.
        or (isinstance(found, StreamObject) and "/F" in found)
    ):
        raise acts()
    if "/XFA" in found:
        raise BadInput(N_("这是 XFA 动态表单，多数阅读器打不开"), remedy=N_("在 Adobe Reader 里打印成 PDF 后重新上传"))
    if "/EF" in found:
        _ensure_data(found)
    elif isinstance(found, StreamObject) and _at(found, "/Type") == "/EmbeddedFile":
        _ensure_markup(found)


def _runs(action: Any) -> bool:
    """Whether what happens by itself, or anything after it, is more than moving within the document."""
    for _ in range(_DEEPEST):
        action = _there(action)
        if not isinstance(action, dict):
            # An array or a name: the place to begin at.
            return False
        if "/S" not in action and "/D" in action:
            return False
        if _at(action, "/S") not in _HARMLESS:
            return True
        action = _at(action, "/Next")
        if isinstance(action, list):
            return any(_runs(one) for one in list.__iter__(action))
    return True


def _at(found: Any, key: str) -> Any:
    """The value itself, also where it is written as a reference to another object."""
    return _there(found.raw_get(key)) if key in found else None


def _there(found: Any) -> Any:
    return found.get_object() if hasattr(found, "get_object") else found


def _values(found: Any) -> list[Any]:
    return list(found.values()) if isinstance(found, dict) else []


def _ensure_data(specification: Any) -> None:
    """A file within the PDF: electronic invoices and vouchers carry their XML, anything else is refused."""
    names = [str(_at(specification, key)) for key in ("/UF", "/F") if key in specification]
    if any(PurePosixPath(name.strip()).suffix.lower() not in _DATA for name in names):
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
