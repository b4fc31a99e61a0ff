"""One commit for a request, and a form sent twice is done once: told to the person, and over two connections at once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier, Event
from uuid import uuid4

import pytest
from factories import PASSWORD, enterprise, member, new_uscc, region
from flask import Flask
from open_doors import open_to_all
from sqlalchemy import Engine, create_engine, func, make_url, select, text, update
from sqlalchemy.orm import Session, sessionmaker

from accounts import registration
from accounts.models import Membership, Organisation, SignIn
from config import Settings
from foundation.actors import Role
from foundation.clock import now
from foundation.unit_of_work import commit_anyway, current_session, unit_of_work
from web.app import create_app
from web.models import Submission
from web.unit import SENT_BEFORE

pytestmark = pytest.mark.clock


@pytest.fixture
def deed(app: Flask):
    """A route that writes a submission row of its own, and answers as it is told."""

    def answer():
        session = current_session()
        session.add(Submission(endpoint="deed"))
        session.flush()
        if answer.anyway:
            commit_anyway(session)
        if answer.status == 303:
            return "", 303, {"Location": "/done"}
        if answer.status == 500:
            raise RuntimeError("a mistake in the program")
        return "shown", answer.status, {"Content-Type": "text/plain"}

    answer.status, answer.anyway = 200, False
    app.add_url_rule("/deed", "deed", answer, methods=["GET", "POST"])
    open_to_all(app, "deed")
    app.testing = False
    return answer


def deeds(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(Submission).where(Submission.endpoint == "deed")) or 0


@pytest.mark.parametrize(
    "case",
    [
        ("POST", 303, False, 1),
        ("POST", 200, False, 0),
        ("POST", 422, False, 0),
        ("POST", 409, True, 1),
        ("POST", 200, True, 1),
        ("POST", 500, False, 0),
        ("POST", 500, True, 0),
        ("GET", 200, False, 0),
        ("GET", 303, False, 0),
        ("GET", 200, True, 1),
    ],
)
def test_what_is_kept(app: Flask, session: Session, deed, case: tuple[str, int, bool, int]) -> None:
    method, status, anyway, kept = case
    deed.status, deed.anyway = status, anyway
    app.logger.disabled = status == 500
    answer = app.test_client().open("/deed", method=method, data={"submission_id": str(uuid4())} if kept == 0 else None)
    assert answer.status_code == status
    assert deeds(session) == kept


def test_a_preview_or_a_refusal_does_not_use_up_the_id(app: Flask, session: Session, deed) -> None:
    client, form = app.test_client(), {"submission_id": str(uuid4())}
    for status, anyway in ((200, False), (422, False), (403, True), (303, False)):
        deed.status, deed.anyway = status, anyway
        assert client.post("/deed", data=form).status_code == status
    before = deeds(session)
    again = client.post("/deed", data=form)
    assert (again.headers["Location"], deeds(session)) == ("/done", before)
    assert SENT_BEFORE in client.get("/help").text, "the person is told"


def test_forms_of_one_page_may_carry_one_id(session: Session, sign_in) -> None:
    manager = member(session, enterprise(session), Role.ENTERPRISE_MANAGER)
    others = [member(session, manager.organisation, Role.ENTERPRISE_MEMBER) for _ in range(2)]
    browser, form = sign_in(manager), {"submission_id": str(uuid4())}
    for other in others:
        browser.post(f"/members/{other.id}/remove", data=form)
    states = session.scalars(select(Membership.state).where(Membership.id.in_([other.id for other in others]))).all()
    assert set(states) == {"ended"}


def test_another_persons_id_takes_nothing_away(session: Session, sign_in) -> None:
    form = {"submission_id": str(uuid4())}
    for _ in range(2):
        person = member(session, enterprise(session), Role.ENTERPRISE_MANAGER)
        lost = sign_in(person)
        sign_in(person).post("/account/end-others", data=form)
        assert lost.get("/account").status_code == 303


def test_a_commit_that_fails_is_no_success(app: Flask, session: Session, deed, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_self: Session) -> None:
        _self.execute(text("INSERT INTO submissions (id, endpoint, at) SELECT id, endpoint, at FROM submissions"))

    deed.status = 303
    monkeypatch.setattr(Session, "commit", broken)
    answer = app.test_client().post("/deed")
    monkeypatch.undo()
    assert answer.status_code == 409
    assert "</html>" in answer.text
    assert deeds(session) == 0


@pytest.mark.parametrize("failing", ["first", None])
@pytest.mark.concurrency
def test_two_sendings_at_once_register_once(
    own_engine: Engine, settings: Settings, monkeypatch: pytest.MonkeyPatch, failing: str | None
) -> None:
    """The second waits for the first one's commit and is led to its answer; when the first fails, the second does it."""
    app = create_app(settings, sessionmaker(own_engine, expire_on_commit=False))
    app.config["WTF_CSRF_ENABLED"] = False
    app.testing = False
    app.logger.disabled = True
    with unit_of_work(own_engine) as session:
        place = region(session)
    form = {
        "submission_id": str(uuid4()),
        "kind": "enterprise",
        "name": "厦门样例科技有限公司",
        "uscc": new_uscc(),
        "region_id": str(place.id),
        "person": "样例人",
        "email": "one@example.cn",
        "password": "a long enough phrase",
    }
    inside, register = Event(), registration.register
    calls: list[bool] = []

    def slow(*arguments, **facts):
        calls.append(True)
        first = len(calls) == 1
        inside.set()
        _wait_for_a_waiter(own_engine)
        if first and failing:
            raise RuntimeError("a mistake in the program")
        return register(*arguments, **facts)

    def _wait_for_a_waiter(engine: Engine) -> None:
        if len(calls) > 1:
            return
        for _ in range(200):
            with engine.connect() as connection:
                if connection.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted")):
                    return
            Event().wait(0.02)
        raise AssertionError("nobody waited")

    monkeypatch.setattr(registration, "register", slow)

    def second() -> object:
        inside.wait(10)
        return app.test_client().post("/register", data=form)

    with ThreadPoolExecutor(2) as pool:
        answers = [pool.submit(lambda: app.test_client().post("/register", data=form)), pool.submit(second)]
        codes = [answer.result().status_code for answer in answers]
    assert codes == ([500, 303] if failing else [303, 303])
    assert len(calls) == (2 if failing else 1)
    with unit_of_work(own_engine) as session:
        assert session.scalar(select(func.count()).select_from(Organisation)) == 1


@pytest.mark.concurrency
def test_noting_who_was_here_needs_no_second_connection(new_database, settings: Settings) -> None:
    """All threads at once, each with the only connection that it can have: a second one would wait for ever."""
    threads = 3
    engine = create_engine(
        make_url(new_database()).set(drivername="postgresql+psycopg"),
        pool_size=threads,
        max_overflow=0,
        pool_timeout=5,
        connect_args={"options": "-c timezone=UTC"},
    )
    app = create_app(settings, sessionmaker(engine, expire_on_commit=False))
    app.config["WTF_CSRF_ENABLED"] = False
    with unit_of_work(engine) as session:
        person = member(session, enterprise(session), Role.ENTERPRISE_MANAGER)
    browsers = [app.test_client() for _ in range(threads)]
    for browser in browsers:
        browser.post("/sign-in", data={"email": person.user.email, "password": PASSWORD})
    earlier = now() - timedelta(minutes=5)
    with unit_of_work(engine) as session:
        session.execute(update(SignIn).values(created_at=earlier, last_seen_at=earlier))
    barrier = Barrier(threads)

    def look(browser) -> int:
        barrier.wait(10)
        return browser.get("/account").status_code

    with ThreadPoolExecutor(threads) as pool:
        assert list(pool.map(look, browsers)) == [200] * threads
    with unit_of_work(engine) as session:
        assert all(seen > earlier + timedelta(minutes=4) for seen in session.scalars(select(SignIn.last_seen_at)))
    engine.dispose()
