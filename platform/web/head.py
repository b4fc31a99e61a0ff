"""HEAD is GET without the body: so a view that asks "is this a GET" answers both alike."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


def head_as_get(program: "WSGIApplication") -> "WSGIApplication":
    """``program``, which is asked GET where a visitor asks HEAD, and whose answer is then sent without its body."""

    def answer(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] != "HEAD":
            return program(environ, start_response)
        body = program({**environ, "REQUEST_METHOD": "GET"}, start_response)
        close = getattr(body, "close", None)
        if close is not None:
            close()
        return []

    return answer
