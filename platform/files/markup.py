"""XML from strangers: read to the end without fetching or expanding anything."""

import re
from typing import Final
from xml.parsers.expat import ExpatError, ParserCreate

from files.refusals import acts, has_document_type, too_complex

_DECLARATION: Final = re.compile(r"\s*<\?xml\b([^>]*)\?>")
_ENCODING: Final = re.compile(r"""encoding\s*=\s*["']([A-Za-z0-9._-]+)["']""")
_MARKS: Final = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_UTF16: Final = ((b"<\x00", "utf-16-le"), (b"\x00<", "utf-16-be"))
# What files declare, and how it is read: GB 18030 contains the older Chinese ones. Python knows others (UTF-7) in which a
# reader may see another document than we did.
_READ_AS: Final = {
    **dict.fromkeys(("utf-8", "utf8", "us-ascii", "ascii"), "utf-8"),
    **dict.fromkeys(("gb2312", "gbk", "gb18030", "cp936"), "gb18030"),
    **dict.fromkeys(("iso-8859-1", "windows-1252", "big5"), None),
}
_SHOWN_BY_BROWSERS: Final = ("http://www.w3.org/1999/xhtml", "http://www.w3.org/2000/svg")
# No invoice, voucher or table of contents comes near: so deep only what is made to exhaust a reader.
_DEEPEST: Final = 200
# An invoice of two thousand lines has half of this.
_MOST_ELEMENTS: Final = 100_000


class NoMarkup(ValueError):
    """Not well-formed XML."""


def looks_like_markup(head: bytes) -> bool:
    """Whether a file begins as XML does, in any of the encodings that XML is written in."""
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    return text.startswith(b"<") or any(
        head.startswith(mark + sign) for mark in (b"", b"\xff\xfe", b"\xfe\xff") for sign, _ in _UTF16
    )


def read_markup(content: bytes, *, elements: list[tuple[str, dict[str, str]]] | None = None) -> None:
    """Read XML in the encoding that it declares; ``elements`` gets each element as name and attributes, in their order.

    Raises BadInput for a document type (entities come by it, and what they fetch or blow up) and for what a browser would
    run (a web page, a script, a style sheet), or for elements without end; NoMarkup for what is not well-formed.
    """
    text = _text(content)
    parser = ParserCreate(namespace_separator=" ")
    depth = counted = 0

    def begin(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth, counted
        depth += 1
        counted += 1
        if depth > _DEEPEST:
            raise NoMarkup(name)
        if counted > _MOST_ELEMENTS:
            raise too_complex("XML")
        _ensure_no_page(name)
        if elements is not None:
            elements.append((name, attributes))

    def end(_name: str) -> None:
        nonlocal depth
        depth -= 1

    def document_type(*_arguments: object) -> None:
        raise has_document_type()

    def instruction(target: str, _data: str) -> None:
        # A browser fetches the style sheet, and XSLT is a program.
        if target.startswith("xml-stylesheet"):
            raise acts()

    parser.StartElementHandler = begin
    parser.EndElementHandler = end
    parser.StartDoctypeDeclHandler = document_type
    parser.ProcessingInstructionHandler = instruction
    try:
        parser.Parse(text.encode("utf-8"), True)
    except (ExpatError, UnicodeEncodeError) as error:
        raise NoMarkup(str(error)) from error


def _ensure_no_page(name: str) -> None:
    space, _, local = name.rpartition(" ")
    if space in _SHOWN_BY_BROWSERS or local.lower() in {"html", "svg", "script"}:
        raise acts()


def _text(content: bytes) -> str:
    """The text without its declaration: what is declared has been followed here, and expat reads only UTF-8 of it."""
    encoding = next((name for mark, name in _MARKS if content.startswith(mark)), None) or next(
        (name for sign, name in _UTF16 if content.startswith(sign)), None
    )
    try:
        if encoding is None:
            encoding = _declared(content[:500].decode("latin-1"))
        # Blank lines before the declaration come from shop programs; the standard does not know them, readers take them.
        text = content.decode(encoding).lstrip("\ufeff \t\r\n")
    except (LookupError, UnicodeDecodeError) as error:
        raise NoMarkup(str(error)) from error
    declaration = _DECLARATION.match(text)
    return text[declaration.end() :] if declaration else text


def _declared(beginning: str) -> str:
    declaration = _DECLARATION.match(beginning)
    named = _ENCODING.search(declaration[1]) if declaration else None
    if named is None:
        return "utf-8"
    encoding = named[1].lower()
    if encoding not in _READ_AS:
        raise NoMarkup(encoding)
    return _READ_AS[encoding] or encoding
