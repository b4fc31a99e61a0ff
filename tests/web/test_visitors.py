"""Pages that are kept for visitors: money no older than a minute, nothing of a person's, a new index at once."""

from datetime import timedelta

import factories
import pytest
from flask import Flask
from provider_cases import People
from pydantic import ValidationError
from query_budget import check_budget, questions
from sqlalchemy import Engine
from sqlalchemy.orm import Session
from voucher_factories import fund, open_programme

from config import Settings
from enterprises.models import TitleLevel
from foundation.actors import Role
from foundation.clock import now, stopped
from foundation.kept import LONGEST, Kept, install
from providers.models import OfferingState
from search.current import current_search
from vouchers.claiming import claim

pytestmark = pytest.mark.clock


@pytest.fixture
def keeping(app: Flask) -> Flask:
    """The app as it is set where money may be oldest."""
    install(app, LONGEST)
    return app


def index(session: Session) -> None:
    current_search("offerings").catch_up(session, thorough=True)


def test_money_of_the_front_page_is_never_older_than_a_minute(session: Session, keeping: Flask) -> None:
    setting = open_programme(session, money=1000_00)
    visitor, start = keeping.test_client(), now()
    with stopped(start):
        assert "¥1,000.00" in visitor.get("/").text
    fund(session, setting, 500_00)
    with stopped(start + timedelta(seconds=LONGEST - 1)):
        assert "¥1,000.00" in visitor.get("/").text
    with stopped(start + timedelta(seconds=LONGEST)):
        assert "¥1,500.00" in visitor.get("/").text
    # A clock that is put back shows nothing of what is yet to come.
    with stopped(start - timedelta(hours=1)):
        assert "¥1,500.00" in visitor.get("/").text


def test_a_minute_is_the_most_that_may_be_set() -> None:
    with pytest.raises(ValidationError):
        Settings(public_page_seconds=LONGEST + 1)
    with pytest.raises(ValueError, match="between 0 and 60"):
        Kept(LONGEST + 1)


def test_the_least_recently_asked_goes_first() -> None:
    store = Kept(30, most=2)
    for name in ("one", "two"):
        store.put(name, name, now())
    assert store.find("one") == "one"
    store.put("three", "three", now())
    assert [store.find(name) for name in ("one", "two", "three")] == ["one", None, "three"]


def test_a_kept_page_asks_the_database_nothing_and_has_a_nonce_of_its_own(
    session: Session, engine: Engine, keeping: Flask
) -> None:
    People(session, certified=True).listed()
    index(session)
    visitor = keeping.test_client()
    first = visitor.get("/catalogue")
    with questions(engine) as asked:
        second = visitor.get("/catalogue")
    assert (first.status_code, second.status_code, asked) == (200, 200, [])
    policies = [page.headers["Content-Security-Policy"] for page in (first, second)]
    nonces = [policy.split("'nonce-")[1].split("'")[0] for policy in policies]
    assert nonces[0] != nonces[1]
    assert first.text.replace(nonces[0], nonces[1]) == second.text
    assert second.headers["Cache-Control"] == "no-store"


def test_what_leaves_the_index_is_gone_at_once(session: Session, keeping: Flask) -> None:
    version = People(session, certified=True).listed()
    index(session)
    visitor = keeping.test_client()
    assert version.name in visitor.get("/catalogue").text
    version.state = OfferingState.DELISTED
    session.flush()
    current_search("offerings").index_documents(session, [version.offering_id])
    assert version.name not in visitor.get("/catalogue").text


def test_a_page_made_of_what_was_kept_is_no_younger_than_that(session: Session, keeping: Flask) -> None:
    """The results are kept too: a page of them may not begin a minute of its own."""
    version = People(session, certified=True).listed()
    index(session)
    start, visitor, other = now(), keeping.test_client(), keeping.test_client()
    other.set_cookie("theme", "dark")
    with stopped(start):
        assert version.name in visitor.get("/catalogue").text
    # Delisted; the worker is busy, and no index knows.
    version.state = OfferingState.DELISTED
    session.flush()
    with stopped(start + timedelta(seconds=LONGEST - 1)):
        assert version.name in other.get("/catalogue").text
    with stopped(start + timedelta(seconds=LONGEST)):
        assert version.name not in other.get("/catalogue").text


def test_each_language_and_look_is_a_page_of_its_own(session: Session, keeping: Flask) -> None:
    visitor = keeping.test_client()
    assert 'lang="zh-Hans"' in visitor.get("/").text
    visitor.set_cookie("language", "en")
    assert 'lang="en"' in visitor.get("/").text
    visitor.set_cookie("large_type", "1")
    assert 'class="large"' in visitor.get("/").text


def test_nothing_of_a_person_reaches_another(session: Session, keeping: Flask, sign_in) -> None:
    People(session, certified=True).listed(list_price=10_000_00, charged_price=10_000_00)
    index(session)
    setting = open_programme(session, money=900_00, cap_per_enterprise=300_00)
    managers = []
    for _ in range(2):
        organisation = factories.enterprise(session, TitleLevel.SRDI)
        managers.append(factories.member(session, organisation, Role.ENTERPRISE_MANAGER))
    claim(session, factories.actor_of(managers[0]), programme_id=setting.programme.id)
    session.flush()
    without = factories.member(session, factories.enterprise(session, title=None), Role.ENTERPRISE_MANAGER)
    pages = [sign_in(person).get("/catalogue").text for person in (managers[0], without)]
    visitor = keeping.test_client().get("/catalogue").text
    assert [page.count("deduction-line") for page in (*pages, visitor)] == [1, 0, 1]
    for person, page in ((managers[0], pages[0]), (without, pages[1])):
        assert person.organisation.name in page
        assert person.organisation.name not in visitor
    assert without.organisation.name not in pages[0]


@pytest.mark.parametrize("signed_in", [False, True])
def test_thirty_programmes_are_asked_for_like_two(
    session: Session, engine: Engine, app: Flask, sign_in, *, signed_in: bool
) -> None:
    People(session, certified=True).listed()
    index(session)
    for _ in range(2):
        open_programme(session)
    person = factories.member(session, factories.enterprise(session, TitleLevel.SRDI), Role.ENTERPRISE_MANAGER)
    browser = sign_in(person) if signed_in else app.test_client()

    def grow() -> None:
        for _ in range(28):
            open_programme(session)
        session.commit()

    check_budget(engine, browser, "/catalogue", grow, most=10)
