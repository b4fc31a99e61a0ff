"""PDF, read as a viewer reads it: every object is looked at for what would act, and for files that it carries.

What portals make is taken: bytes before the header and after the end, and files that only their owner may change. Evidence
has no need to run anything, to fetch anything, or to bring other files than the XML of an electronic invoice.
"""

import logging
import re
from collections.abc import Iterator
from contextvars import copy_context
from typing import TYPE_CHECKING, Any, Final

from files.kinds import foreign
from files.refusals import acts, broken, locked, two_in_one
from foundation.errors import BadInput, DomainError
from foundation.i18n import N_

if TYPE_CHECKING:
    from files.pdf_reading import BoundedReader

HEADER_WITHIN: Final = 1024
"""Viewers look so far for ``%PDF-``."""
# Each takes some 0.1 ms to read, and a person waits for it. Reports of several hundred pages have a fifth of this.
_MOST_OBJECTS: Final = 50_000
_MOST_OBJECT_STREAMS: Final = 2_000


def _spelled(name: str) -> bytes:
    """A pattern for a PDF name, any letter of which may be written as ``#`` and two hexadecimal digits."""
    letters = (f"(?:{letter}|#{ord(letter):02x}|#{ord(letter):02X})".encode() for letter in name)
    return b"/" + b"".join(letters) + rb"(?![A-Za-z0-9])"


# What stands in the open is looked for also where the table of objects does not lead. Long names only: short ones turn up
# by chance in what is compressed.
_IN_THE_OPEN: Final = re.compile(
    b"("
    + b"|".join(map(_spelled, ("JavaScript", "Launch", "SubmitForm", "ImportData", "RichMedia", "Rendition")))
    + b")|"
    + b"|".join(map(_spelled, ("GoToR", "GoToE")))
)
_OBJECT_STREAM: Final = re.compile(_spelled("ObjStm"))


def start_of_pdf(head: bytes) -> int:
    """Where the header stands; -1 for what is no PDF. Portals put marks and blank lines before it, not another file.

    Raises BadInput where a web page may stand before it: a browser that guesses would show that.
    """
    place = head.find(b"%PDF-", 0, HEADER_WITHIN + 5)
    if place > 0 and foreign(head)[0]:
        return -1
    if b"<" in head[: max(place, 0)]:
        raise two_in_one()
    return place


def ensure_harmless_pdf(content: bytes) -> None:
    """Raise BadInput for a PDF that is broken, locked by a password, acts when it is opened, or hides another file."""
    if len(_OBJECT_STREAM.findall(content)) > _MOST_OBJECT_STREAMS:
        raise too_complex()
    end = content.rfind(b"%%EOF")
    if end < 0:
        raise broken("PDF")
    rest = content[end:]
    if b"PK\x05\x06" in rest or b"PK\x03\x04" in rest or b"Rar!\x1a" in rest or _program(rest[5:].lstrip(b"\r\n \0")):
        raise two_in_one()
    if any(found[1] for found in _IN_THE_OPEN.finditer(content)):
        raise acts()
    # In a context of its own: the limits are set for this one file.
    copy_context().run(_read, content)


def _program(rest: bytes) -> bool:
    return rest.startswith((b"MZ", b"\x7fELF", b"7z\xbc\xaf"))


def _read(content: bytes) -> None:
    # A second of start-up that only uploads need.
    from pypdf.errors import LimitReachedError  # noqa: PLC0415

    from files.pdf_actions import elsewhere, ensure_harmless  # noqa: PLC0415
    from files.pdf_reading import BoundedReader, DoubledKey, Unreadable  # noqa: PLC0415

    # It tells of every comma that a printer left out.
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    try:
        reader = BoundedReader(content, unpacked=_IN_THE_OPEN)
        _ensure_opens(reader)
        for found in _objects(reader):
            ensure_harmless(found)
    except DomainError:
        raise
    except DoubledKey as error:
        raise BadInput(
            N_("PDF 里同一项内容写了两遍，不同的阅读器会显示出不同的内容"), remedy=N_("用打印功能另存为 PDF 后重新上传")
        ) from error
    except Unreadable as error:
        raise broken("PDF") from error
    except LimitReachedError as error:
        raise too_complex() from error
    except Exception as error:
        # The parser's own faults too: what it cannot read, nobody can say is harmless.
        raise broken("PDF") from error
    # After the objects, whose refusals say more.
    hidden = reader.found_unpacked or _IN_THE_OPEN.search(content)
    if hidden is not None:
        raise acts() if hidden[1] else elsewhere()


def too_complex() -> BadInput:
    """Reading it would take too long."""
    return BadInput(N_("PDF 的内容过于复杂，无法检查"), remedy=N_("用打印功能另存为 PDF，或分成几个文件后再上传"))


def _ensure_opens(reader: "BoundedReader") -> None:
    if reader.is_encrypted and not reader.decrypt(""):
        raise locked()
    if not reader.pages:
        raise broken("PDF")


def _objects(reader: "BoundedReader") -> Iterator[Any]:
    """Every object of the table, also those that no page leads to, and the trailer."""
    from pypdf.generic import IndirectObject  # noqa: PLC0415

    from files.pdf_reading import is_object_stream  # noqa: PLC0415

    yield reader.trailer
    numbers = {(number, 0) for number in reader.xref_objStm}
    numbers |= {(number, generation) for generation, places in reader.xref.items() for number in places}
    if len(numbers) > _MOST_OBJECTS:
        raise too_complex()
    for number, generation in sorted(numbers):
        found = reader.get_object(IndirectObject(number, generation, reader))
        if is_object_stream(found):
            # Also those whose objects the table does not name.
            reader.unpack(number, found)
        yield found
