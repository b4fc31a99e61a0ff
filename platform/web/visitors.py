"""Whole pages for visitors who carry no session: the same for all of them, so each process keeps them for some seconds."""

from typing import Final

from flask import Flask, Response, current_app, g, request
from flask import session as cookie

from foundation.clock import now
from foundation.kept import kept
from providers.catalogue_source import OFFERINGS
from search.current import content_mark
from web.language import chosen
from web.security import csp_nonce

PAGES: Final = frozenset({"catalogue.index", "web.home"})
"""What a visitor is shown there hangs on the address, the language and how it is to look, and on nothing else."""

_LOOKS: Final = ("large_type", "theme")
_LONGEST_ADDRESS: Final = 300


def install(app: Flask) -> None:
    """Before the session is opened look for the page; after it was made, keep it without its nonce."""

    @app.before_request
    def find() -> Response | None:
        store = kept(current_app)
        if not store.on or not _same_for_all():
            return None
        key = _key()
        parts: list[str] | None = store.find(key)
        if parts is None:
            g.page_to_keep = key, now()
            return None
        return current_app.make_response(csp_nonce().join(parts))

    @app.after_request
    def keep(response: Response) -> Response:
        key, made_at = g.pop("page_to_keep", (None, None))
        # A session that began meanwhile makes the page somebody's own.
        if key is not None and response.status_code == 200 and not cookie and "Set-Cookie" not in response.headers:
            oldest = min(made_at, g.get("shows_since", made_at))
            kept(current_app).put(key, response.get_data(as_text=True).split(csp_nonce()), oldest)
        return response


def _same_for_all() -> bool:
    return (
        request.endpoint in PAGES
        and request.method == "GET"
        and current_app.config["SESSION_COOKIE_NAME"] not in request.cookies
        and len(request.query_string) <= _LONGEST_ADDRESS
    )


def _key() -> tuple[object, ...]:
    looks = tuple(request.cookies.get(name, "")[:10] for name in _LOOKS)
    return request.full_path, request.query_string, chosen(), looks, content_mark(OFFERINGS)
