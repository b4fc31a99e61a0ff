"""Every failure has a page that says what to do, with the headers of every page, and nothing of the program in it."""

import logging
import socket
import time
from collections.abc import Callable
from datetime import date
from io import BytesIO

import pytest
from factories import enterprise, member
from flask import Flask, abort
from flask.testing import FlaskClient
from flask_wtf.csrf import CSRFError
from open_doors import open_to_all
from sqlalchemy import create_engine, text, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionFree
from sqlalchemy.orm import Session, sessionmaker

from accounts.models import SignIn, User
from config import Settings
from foundation.actors import Role
from foundation.clock import at, now, travel
from foundation.database import make_engine
from foundation.errors import BadInput, Conflict, Faults, NotAllowed, NotFound
from foundation.unit_of_work import current_session
from web.app import create_app

pytestmark = pytest.mark.clock


def _raise(error: Exception) -> Callable[[], None]:
    def view() -> None:
        raise error

    return view


class LockNotAvailable(Exception):
    """As psycopg raises it."""

    sqlstate = "55P03"


def _twice() -> None:
    session = current_session()
    for _ in range(2):
        session.add(User(email="same@example.cn", name="密名", password_hash="argon-secret"))
    session.flush()


FAILURES: dict[str, tuple[Callable[[], object], int, str]] = {
    "bad": (_raise(BadInput("金额不对")), 422, "金额不对"),
    "forbidden": (_raise(NotAllowed("不行", remedy="找同事")), 403, "找同事"),
    "absent": (_raise(NotFound("没有这个")), 404, "没有这个"),
    "conflict": (_raise(Conflict("变了")), 409, "变了"),
    "several": (_raise(Faults([BadInput("一"), BadInput("二")])), 422, "二"),
    "token": (_raise(CSRFError("x")), 400, "页面停留太久"),
    "busy": (_raise(OperationalError("SELECT secret", {}, LockNotAvailable())), 409, "另一位同事"),
    "pool": (_raise(NoConnectionFree("QueuePool")), 503, "维护"),
    "nul": (lambda: current_session().execute(text("SELECT :x"), {"x": "a\x00b"}), 422, "无法保存"),
    "unique": (_twice, 409, "这个邮箱已经注册"),
    "full": (_raise(OSError(28, "No space left", "/secret/path")), 503, "维护"),
    "gone": (_raise(FileNotFoundError(2, "No such file", "/secret/path")), 500, "系统出了差错"),
    "mistake": (_raise(RuntimeError("secret detail")), 500, "系统出了差错"),
    "sql": (lambda: current_session().execute(text("SELECT * FROM nowhere")), 500, "系统出了差错"),
    "teapot": (lambda: abort(418), 418, "</html>"),
    "large": (lambda: abort(413), 413, "20 MB"),
    "often": (lambda: abort(429), 429, "等一分钟"),
}


@pytest.fixture
def failing(app: Flask) -> Flask:
    app.testing = False
    for name, (view, _status, _told) in FAILURES.items():
        app.add_url_rule(f"/fails/{name}", name, view, methods=["GET", "POST"])
    open_to_all(app, *FAILURES)
    return app


@pytest.mark.parametrize("language", ["zh_Hans_CN", "en"])
@pytest.mark.parametrize("name", FAILURES)
def test_each_failure_has_its_page(failing: Flask, caplog: pytest.LogCaptureFixture, name: str, language: str) -> None:
    _view, status, told = FAILURES[name]
    client = failing.test_client()
    client.set_cookie("language", language)
    with caplog.at_level(logging.DEBUG):
        answer = client.get(f"/fails/{name}")
    assert answer.status_code == status
    if language != "en":
        assert told in answer.text
    for word in ("Traceback", "secret", "psycopg", "SELECT"):
        assert word not in answer.text
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "argon-secret" not in caplog.text
    assert "same@example.cn" not in caplog.text
    assert client.get("/help").status_code == 200, "the next request works"


def test_a_wrong_method_says_which_are_right(client: FlaskClient) -> None:
    answer = client.post("/help")
    assert (answer.status_code, set(answer.headers["Allow"].split(", "))) == (405, {"GET", "HEAD", "OPTIONS"})
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"


def test_who_is_signed_in_stays_so_on_a_page_that_is_not_there(session: Session, sign_in) -> None:
    person = member(session, enterprise(session), Role.ENTERPRISE_MANAGER)
    assert person.organisation.name in sign_in(person).get("/nothing-here").text


def test_a_visitor_is_sent_to_a_search_that_opens(client: FlaskClient, session: Session, sign_in) -> None:
    page = client.get("/nothing-here").text
    assert 'href="/search"' not in page
    assert 'href="/catalogue"' in page[page.index("<h1>") :]
    person = member(session, enterprise(session), Role.ENTERPRISE_MANAGER)
    assert 'href="/search"' in sign_in(person).get("/nothing-here").text


@pytest.mark.parametrize("address", ["/", "/account", "/nothing-here", "/catalogue", "/healthz"])
def test_the_database_is_away(settings: Settings, caplog: pytest.LogCaptureFixture, address: str) -> None:
    nowhere = create_engine("postgresql+psycopg://nobody:hush-hush@127.0.0.1:1/none")
    app = create_app(settings, sessionmaker(nowhere))
    app.testing = False
    client = app.test_client()
    with client.session_transaction() as cookie:
        cookie["_user_id"] = "somebody was signed in"
    answer = client.get(address)
    assert answer.status_code == 503
    assert "hush-hush" not in answer.text + caplog.text
    if address == "/healthz":
        # Also for a monitoring client that is signed in.
        told = answer.json or {}
        assert told.pop("calendar")
        assert told == {"status": "unavailable", "database": "away", "search": "tantivy", "jobs": "unknown"}
    else:
        assert "几分钟后刷新" in answer.text


@pytest.mark.parametrize(
    ("day", "calendar"),
    [(date(2026, 3, 2), "ok"), (date(2026, 10, 1), "2027 missing"), (date(2027, 3, 1), "2027 missing")],
)
def test_the_health_check_says_five_things(client: FlaskClient, session: Session, day: date, calendar: str) -> None:
    assert client.get("/healthz").json["jobs"] == "no_worker"
    session.execute(text("INSERT INTO procrastinate_workers DEFAULT VALUES"))
    with travel(at(day)):
        answer = client.get("/healthz")
    assert (answer.status_code, answer.mimetype) == (200, "application/json")
    assert answer.json == {"status": "ok", "database": "ok", "search": "tantivy", "jobs": "ok", "calendar": calendar}


def test_a_database_that_takes_no_packets_is_given_up_in_seconds(settings: Settings) -> None:
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen()
        port = deaf.getsockname()[1]
        nowhere = make_engine(f"postgresql://nobody@127.0.0.1:{port}/none?connect_timeout=2")
        app = create_app(settings, sessionmaker(nowhere))
        app.testing = False
        began = time.monotonic()
        assert app.test_client().get("/healthz").status_code == 503
        assert time.monotonic() - began < 10


def test_a_form_that_is_too_large(client: FlaskClient, app: Flask) -> None:
    app.config["MAX_CONTENT_LENGTH"] = 1000
    answer = client.post("/sign-in", data={"email": "x" * 2000})
    assert (answer.status_code, "压缩图片" in answer.text) == (413, True)


def test_a_stranger_fills_no_disk(client: FlaskClient, session: Session, sign_in) -> None:
    large = {"email": "x" * 300_000}
    assert client.post("/sign-in", data=large).status_code == 413
    assert client.post("/sign-in", data={"file": (BytesIO(b"x" * 300_000), "a.pdf")}).status_code == 413
    assert client.post("/sign-in", data={"email": "x" * 100_000}).status_code == 422
    person = member(session, enterprise(session), Role.ENTERPRISE_MANAGER)
    browser = sign_in(person)
    assert browser.post("/account/password", data=large).status_code == 422
    # What a person sends whose session has ended is kept, and so must be read.
    session.execute(update(SignIn).values(ended_at=now()))
    session.commit()
    assert browser.post("/account/password", data=large).status_code == 303


@pytest.mark.parametrize("path", ["/search?q=%00", "/catalogue?q=%00&page=99999999999999999999", "/verify?number=%00"])
def test_strange_addresses_break_nothing(session: Session, sign_in, app: Flask, path: str) -> None:
    app.testing = False
    # What was asked for stands on the page as it was asked, also what HTML cannot say.
    app.test_client_class = FlaskClient
    browser = sign_in(member(session, enterprise(session), Role.ENTERPRISE_MANAGER))
    assert browser.get(path).status_code < 500
