"""A test client that parses every HTML page strictly."""

from typing import Any

import html5lib
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

_PARSER_ERRORS_THAT_BROWSERS_ACCEPT = frozenset({"unexpected-char-in-attribute-name"})


class StrictClient(FlaskClient):
    """Fails on a page that is not well-formed HTML5."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        response = super().open(*args, **kwargs)
        page = response.request.method != "HEAD" and response.mimetype == "text/html"
        if page and response.status_code not in {301, 302, 303, 308}:
            check_html(response.get_data(as_text=True), fragment="HX-Request" in response.request.headers)
        return response


def check_html(page: str, *, fragment: bool = False) -> None:
    """Raise AssertionError naming what an HTML5 parser would have to mend; htmx asks for a fragment of a page."""
    parser = html5lib.HTMLParser(strict=False, namespaceHTMLElements=False)
    (parser.parseFragment if fragment else parser.parse)(page)
    lines = page.splitlines()
    faults = [
        f"line {position[0]}: {code} {data} in {lines[position[0] - 1].strip()[:120] if position[0] <= len(lines) else ''}"
        for position, code, data in parser.errors
        if code not in _PARSER_ERRORS_THAT_BROWSERS_ACCEPT
    ]
    assert not faults, "\n".join(faults)
