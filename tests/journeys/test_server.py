"""The server of the browser tests closes what it sends, also to a browser that goes away."""

import struct
from collections.abc import Iterator
from socket import SO_LINGER, SOL_SOCKET, create_connection
from threading import Event
from typing import Any

import pytest
from browsers import free_port, listening


class Answer:
    """An answer whose end waits until the browser is gone, and that notes whether it was closed."""

    def __init__(self) -> None:
        self.gone, self.closed = Event(), Event()

    def __iter__(self) -> Iterator[bytes]:
        yield b"first"
        self.gone.wait(1)

    def close(self) -> None:
        self.closed.set()


@pytest.mark.browser
def test_an_answer_is_closed_although_the_browser_went_away_at_its_end() -> None:
    answer = Answer()

    def app(_environ: Any, start_response: Any) -> Answer:
        start_response("200 OK", [("Content-Length", "5")])
        return answer

    port = free_port()
    with listening(app, port):
        with create_connection(("127.0.0.1", port)) as browser:
            browser.sendall(b"GET / HTTP/1.1\r\nHost: here\r\n\r\n")
            received = b""
            while not received.endswith(b"first"):
                received += browser.recv(1000)
            # Closed by a reset, with no good-bye.
            browser.setsockopt(SOL_SOCKET, SO_LINGER, struct.pack("ii", 1, 0))
        answer.gone.set()
        assert answer.closed.wait(3)
