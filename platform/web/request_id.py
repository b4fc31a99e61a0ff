"""Each request has an id: in the answer's header, in every log line about it, and on error pages, to quote to the operator."""

import re
from collections.abc import Callable, Iterable
from typing import Any, Final
from uuid import uuid4

from foundation.logs import belongs_to

HEADER: Final = "X-Request-ID"
_GIVEN: Final = "HTTP_X_REQUEST_ID"
_KEY: Final = "huiqi.request_id"
# An id is copied into log lines and pages, so it holds nothing that could be taken for something else there.
_SANE: Final = re.compile(r"[A-Za-z0-9._-]{8,64}")

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


def with_request_id(application: Application, *, trusted: bool) -> Application:
    """``application`` with an id for each request: the proxy's own where there is a proxy of ours, else a new one."""

    def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        given = str(environ.get(_GIVEN, ""))
        request_id = given if trusted and _SANE.fullmatch(given) else uuid4().hex
        environ[_KEY] = request_id
        belongs_to(request_id)

        def start(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            return start_response(status, [*headers, (HEADER, request_id)], *more)

        return application(environ, start)

    return answer


def request_id(environ: dict[str, Any]) -> str:
    """The id of the request with this environment; empty where it came by another way."""
    return str(environ.get(_KEY, ""))
