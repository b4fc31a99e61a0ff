"""A small web server on the loopback interface that answers as a test says. It is no Elasticsearch and proves nothing
about one: it only shows what our side does with the shapes of failure.
"""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

PRODUCT = {"X-elastic-product": "Elasticsearch"}


@dataclass(frozen=True)
class Reply:
    """One answer; ``body`` is sent as JSON unless it is bytes."""

    status: int = 200
    body: object = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=lambda: dict(PRODUCT))
    delay: float = 0.0


Answering = Callable[[str, str, bytes], Reply]


@contextmanager
def loopback(answering: Answering) -> Iterator[tuple[str, list[str]]]:
    """Serve for the block; gives the address and the list of requests so far."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            path = self.path.partition("?")[0]
            asked.append(f"{self.command} {path}")
            reply = answering(self.command, path, body)
            time.sleep(reply.delay)
            content = reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body).encode()
            kind = (
                "text/html" if isinstance(reply.body, bytes) else "application/vnd.elasticsearch+json;compatible-with=8"
            )
            try:
                self.send_response(reply.status)
                for name, value in {"Content-Type": kind, "Content-Length": str(len(content)), **reply.headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(content)
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True

        do_GET = do_POST = do_PUT = do_HEAD = do_DELETE = _answer  # noqa: N815

        def log_message(self, *_details: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
