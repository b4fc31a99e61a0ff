"""A request can be found in the log by the number that the page shows."""

import io
import logging
import re
from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy.orm import Session, sessionmaker

from config import Settings
from foundation.logs import handler
from web.app import create_app


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    stream = io.StringIO()
    writer = handler(stream)
    logging.getLogger().addHandler(writer)
    yield stream
    logging.getLogger().removeHandler(writer)


def program(settings: Settings, sessions: sessionmaker[Session], proxies: int = 0) -> Flask:
    """The program with a page that fails."""
    app = create_app(settings.model_copy(update={"trusted_proxies": proxies}), sessions)
    app.testing = False

    def fail() -> str:
        logging.getLogger("a.room").warning("something is odd")
        raise RuntimeError("on purpose")

    app.view_functions["web.healthz"] = fail
    return app


def test_every_line_of_a_request_has_the_number_that_its_page_shows(
    settings: Settings, sessions: sessionmaker[Session], log: io.StringIO
) -> None:
    client = program(settings, sessions).test_client()
    answers = [client.get("/healthz") for _ in range(2)]
    ids = [answer.headers["X-Request-ID"] for answer in answers]
    assert len(set(ids)) == 2
    for answer, request_id in zip(answers, ids, strict=True):
        assert answer.status_code == 500
        assert f"<code>{request_id}</code>" in answer.text
        about = [line for line in log.getvalue().splitlines() if request_id in line]
        assert [re.sub(r".*\] ", "", line) for line in about] == [
            "a.room: something is odd",
            "huiqi: unexpected at web.healthz",
        ]


def test_a_page_that_went_well_has_one_too(settings: Settings, sessions: sessionmaker[Session]) -> None:
    assert re.fullmatch("[0-9a-f]{32}", program(settings, sessions).test_client().get("/help").headers["X-Request-ID"])


@pytest.mark.parametrize(
    ("proxies", "given", "believed"),
    [
        (1, "from-our.proxy_1", True),
        (0, "from-a-visitor-1", False),
        (1, "short", False),
        (1, "x" * 65, False),
        (1, "12345678<script>", False),
        (1, "12345678 INFO forged line", False),
    ],
)
def test_only_a_proxy_of_ours_may_give_the_number(
    settings: Settings, sessions: sessionmaker[Session], proxies: int, given: str, believed: bool
) -> None:
    client = program(settings, sessions, proxies).test_client()
    assert (client.get("/help", headers={"X-Request-ID": given}).headers["X-Request-ID"] == given) is believed
