"""PDF that does something by itself when it is opened: scripts, and starting other programs. Evidence needs neither."""

import re
import zlib
from typing import Final

_MOST_STREAMS: Final = 5_000
_MOST_UNPACKED: Final = 64 * 1024 * 1024


def _spelled(name: str) -> bytes:
    """A pattern for a PDF name, any letter of which may be written as ``#`` and two hexadecimal digits."""
    letters = (f"(?:{letter}|#{ord(letter):02x}|#{ord(letter):02X})".encode() for letter in name)
    return b"/" + b"".join(letters) + rb"(?![A-Za-z0-9])"


# Long names: short ones such as /JS turn up by chance in what is compressed.
_ACTIONS: Final = re.compile(b"|".join(map(_spelled, ("JavaScript", "Launch"))))
_OBJECT_STREAM: Final = re.compile(_spelled("ObjStm") + rb"[^\x00]{0,500}?stream\r?\n", re.DOTALL)


def acts(content: bytes) -> bool:
    """Whether a PDF has such actions, in the open or in its packed objects."""
    if _ACTIONS.search(content):
        return True
    left = _MOST_UNPACKED
    for count, start in enumerate(_OBJECT_STREAM.finditer(content)):
        if count >= _MOST_STREAMS or left <= 0:
            # More than any office program writes: nobody can say what is in it.
            return True
        try:
            unpacked = zlib.decompressobj().decompress(memoryview(content)[start.end() :], left)
        except zlib.error:
            continue
        left -= len(unpacked)
        if _ACTIONS.search(unpacked):
            return True
    return False
