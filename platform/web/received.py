"""Forms with files as old clients send them: the name of a file may be in another encoding than the form.

Werkzeug takes part headers for UTF-8 and drops the whole form when they are not, so that everything typed would be lost.
"""

import re
from collections.abc import Iterator
from io import BytesIO
from typing import IO, Any, Final
from urllib.parse import quote, unquote_to_bytes

from flask import Request
from werkzeug.datastructures import FileStorage, Headers
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.formparser import FormDataParser, MultiPartParser
from werkzeug.sansio.multipart import Data, Epilogue, Event, Field, File, MultipartDecoder, NeedData

from files.names import from_bytes

_CHUNK: Final = 64 * 1024
# RFC 5987 lets a client name any encoding; Werkzeug reads only UTF-8 and Latin-1 of them. What stands in quotes is a value,
# whatever it looks like. Old clients send the whole path, whose backslashes Werkzeug takes for signs of quoting.
_PIECE: Final = re.compile(
    r"""(?P<key>\bfilename=)?(?P<quoted>"(?:[^"\\]|\\.)*+\\?(?:"|\Z))"""
    r"""|(?P<begin>;\s*filename\*=)(?:gbk|gb2312|gb18030)'[^']*'(?P<coded>[^;\s]+)""",
    re.IGNORECASE | re.DOTALL,
)
_PATH: Final = re.compile(r"\"(?:[a-z]:\\|\\\\)", re.IGNORECASE)


class _Decoder(MultipartDecoder):
    def _parse_headers(self, data: bytes | bytearray) -> Headers:
        return super()._parse_headers(_PIECE.sub(_read_by_werkzeug, from_bytes(bytes(data))).encode())


def _read_by_werkzeug(piece: re.Match[str]) -> str:
    if piece["begin"]:
        return f"{piece['begin']}utf-8''{quote(from_bytes(unquote_to_bytes(piece['coded'])))}"
    quoted = piece["quoted"]
    if piece["key"] and _PATH.match(quoted) and '\\"' not in quoted:
        return piece["key"] + '"' + quoted.rpartition("\\")[2]
    return piece[0]


class _Parts(MultiPartParser):
    def parse(self, stream: IO[bytes], boundary: bytes, content_length: int | None) -> tuple[Any, Any]:
        """Fields and files, as the parser above gives them."""
        decoder = _Decoder(boundary, max_form_memory_size=self.max_form_memory_size, max_parts=self.max_form_parts)
        fields: list[tuple[str, str]] = []
        files: list[tuple[str, FileStorage]] = []
        part: Field | File | None = None
        content: IO[bytes] = BytesIO()
        for event in _events(stream, decoder):
            if isinstance(event, Field | File):
                part = event
                content = self.start_file_streaming(event, content_length) if isinstance(event, File) else BytesIO()
            elif isinstance(event, Data) and part is not None:
                content.write(event.data)
                if isinstance(part, Field):
                    self._ensure_small(content.tell())
                if not event.more_data:
                    content.seek(0)
                    if isinstance(part, File):
                        files.append((part.name, FileStorage(content, part.filename, part.name, headers=part.headers)))
                    else:
                        charset = self.get_part_charset(part.headers)
                        fields.append((part.name, content.read().decode(charset, "replace")))
        return self.cls(fields), self.cls(files)

    def _ensure_small(self, size: int) -> None:
        if self.max_form_memory_size is not None and size > self.max_form_memory_size:
            raise RequestEntityTooLarge


def _events(stream: IO[bytes], decoder: MultipartDecoder) -> Iterator[Event]:
    more = True
    while more:
        chunk = stream.read(_CHUNK)
        decoder.receive_data(chunk or None)
        more = bool(chunk)
        while not isinstance(event := decoder.next_event(), Epilogue | NeedData):
            yield event


class _Parser(FormDataParser):
    def _parse_multipart(
        self, stream: IO[bytes], _mimetype: str, content_length: int | None, options: dict[str, str]
    ) -> tuple[IO[bytes], Any, Any]:
        boundary = options.get("boundary", "").encode("ascii")
        if not boundary:
            raise ValueError("Missing boundary")
        parts = _Parts(
            stream_factory=self.stream_factory,
            max_form_memory_size=self.max_form_memory_size,
            max_form_parts=self.max_form_parts,
            cls=self.cls,
        )
        return stream, *parts.parse(stream, boundary, content_length)


class ReceivedRequest(Request):
    """A request whose file names may be in an old encoding."""

    form_data_parser_class = _Parser
