"""pypdf within bounds: so many steps and so much time for one file, and nothing that it leaves out without a word.

Imports pypdf, which takes a second: only uploads load this module.
"""

import io
import itertools
import re
import time
from collections.abc import Iterator
from contextvars import ContextVar
from typing import Any, Final, TypeGuard

from pypdf import PdfReader, overwrite_configuration
from pypdf._utils import logger_warning
from pypdf.errors import LimitReachedError, PdfReadError
from pypdf.generic import IndirectObject, NullObject, PdfObject, StreamObject, _data_structures, read_object

# A few megabytes that say little take many steps, of one or two microseconds each: 20 lists of 90,000 zeros come to seven
# million. The longest honest list (the widths of a font of 65,536 characters) takes 800,000, a report with 10,000 links two
# million.
_MOST_STEPS: Final = 4_000_000
# So many go with each sign that ends a word, as a rule; by it most of what takes too long is known before it is begun.
_STEPS_OF_A_SIGN: Final = 4
_SIGNS: Final = b" \t\r\n\f()<>[]/%"
# What is no step (searching for a lost object, unpacking, following actions) is bounded by the thread's own time, so that a
# busy machine refuses no more than an idle one.
_MOST_SECONDS: Final = 10.0
_MOST_UNPACKED: Final = 8 * 1024 * 1024
_MOST_OF_A_STREAM: Final = 16 * 1024 * 1024
# Widths of a font: three numbers for each character where the font has no runs.
_LONGEST: Final = 200_000
_MOST_ENTRIES: Final = 200_000
# Printing programs write these twice; no reader finds an action or a file in them.
_MAY_REPEAT: Final = frozenset(
    {"/Type", "/MediaBox", "/CropBox", "/TrimBox", "/Rotate", "/Group", "/ProcSet", "/Length1"}
)

_bounded: ContextVar[bool] = ContextVar("bounded", default=False)


# pypdf lets nothing but its limits pass through: other errors it turns into half a dictionary.
class DoubledKey(LimitReachedError):
    """A dictionary has a key twice: this parser takes the first value, browsers the last."""


class Unreadable(LimitReachedError):
    """The rest of a dictionary cannot be read here; a viewer may read it."""


def _heed(message: str, *, source: str, **values: Any) -> None:
    """In the place of pypdf's warnings about dictionaries: what it leaves out is not looked at, so it is no mere warning."""
    if not _bounded.get():
        logger_warning(message, source=source, **values)
    elif message.startswith("Multiple definitions") and values["key"] not in _MAY_REPEAT:
        raise DoubledKey(values["key"])
    elif message == "%(exception)s":
        raise Unreadable(values["exception"])


_data_structures.logger_warning = _heed  # type: ignore[attr-defined]


def is_object_stream(found: Any) -> TypeGuard[StreamObject]:
    """Whether other objects stand in ``found``."""
    if not isinstance(found, StreamObject) or "/Type" not in found:
        return False
    return str(found["/Type"]) == "/ObjStm"


class _Counted(io.BytesIO):
    """Bytes that are read in so many steps and no more; the parser reads one sign or one number in a step."""

    def __init__(self, content: bytes, left: list[int]) -> None:
        super().__init__(content)
        self._left = left

    def read(self, size: int | None = -1, /) -> bytes:
        self._left[0] -= 1
        if self._left[0] < 0:
            raise LimitReachedError("steps")
        return super().read(size)


def _steps(written: bytes) -> int:
    return _STEPS_OF_A_SIGN * (len(written) - len(written.translate(None, _SIGNS)))


def _outside_of_streams(content: bytes) -> Iterator[bytes]:
    """Behind the end stand blanks that nobody reads."""
    return (part.partition(b"stream")[0] for part in content[: content.rfind(b"%%EOF")].split(b"endstream"))


class BoundedReader(PdfReader):
    """A PDF that is read in bounded time; call it in a context of its own, for it sets pypdf's limits there.

    Raises LimitReachedError beyond the bounds, DoubledKey and Unreadable for what another reader would see otherwise.
    ``unpacked`` is looked for in what its object streams contain; ``found_unpacked`` has the first that was found.
    """

    def __init__(self, content: bytes, *, unpacked: re.Pattern[bytes]) -> None:
        _bounded.set(True)
        overwrite_configuration(
            zlib_maximum_output_length=_MOST_OF_A_STREAM,
            lzw_maximum_output_length=_MOST_OF_A_STREAM,
            run_length_maximum_output_length=_MOST_OF_A_STREAM,
            stream_decoding_work_maximum_length=2 * _MOST_OF_A_STREAM,
            array_maximum_element_count=_LONGEST,
        )
        if sum(map(_steps, _outside_of_streams(content))) > _MOST_STEPS:
            raise LimitReachedError("signs")
        self._left = [_MOST_STEPS]
        self._until = time.thread_time() + _MOST_SECONDS
        self._unpacked: dict[int, int] = {}
        self._streams: dict[int, dict[int, PdfObject]] = {}
        self._looked_for = unpacked
        self.found_unpacked: re.Match[bytes] | None = None
        super().__init__(_Counted(content, self._left), xref_stream_maximum_entries=_MOST_ENTRIES)

    def get_object(self, indirect_reference: int | IndirectObject) -> PdfObject | None:
        """As pypdf's; whatever is done again and again comes by here."""
        if time.thread_time() > self._until:
            raise LimitReachedError("time")
        return super().get_object(indirect_reference)

    def unpack(self, number: int, stream: StreamObject) -> bytes:
        """What object stream ``number`` contains, counted once for the file."""
        content = stream.get_data()
        if number not in self._unpacked:
            self._unpacked[number] = len(content)
            if sum(self._unpacked.values()) > _MOST_UNPACKED or _steps(content) > self._left[0]:
                raise LimitReachedError("unpacked")
            self.found_unpacked = self.found_unpacked or self._looked_for.search(content)
        return content

    def _get_object_from_stream(self, indirect_reference: IndirectObject) -> PdfObject:
        """As pypdf's, which reads a stream in one go and without end; here each step counts. What cannot be read is no null."""
        number = self.xref_objStm[indirect_reference.idnum][0]
        if number not in self._streams:
            self._read_stream(number)
        return self._streams[number].get(indirect_reference.idnum, NullObject())

    def _read_stream(self, number: int) -> None:
        # First, so that a stream that stands within itself ends.
        self._streams[number] = {}
        stream = self.get_object(IndirectObject(number, 0, self))
        if not is_object_stream(stream):
            raise PdfReadError("no object stream")
        content = self.unpack(number, stream)
        first = int(str(stream["/First"]))
        places = [int(place) for place in content[:first].split()[: 2 * int(str(stream["/N"]))]]
        within = _Counted(content, self._left)
        if any(later <= place for place, later in itertools.pairwise(places[1::2])):
            raise PdfReadError("not in increasing order")
        for one, place in zip(places[::2], places[1::2], strict=True):
            within.seek(first + place)
            while (blank := within.read(1)) and blank in b" \t\r\n\f\0":
                pass
            within.seek(-len(blank), io.SEEK_CUR)
            read = read_object(within, self)
            self._streams[number][one] = read
            if self.xref_objStm.get(one, (None,))[0] == number:
                self.cache_indirect_object(0, one, read)
