"""What was typed when the session had ended comes back: to the same person, in the same browser, and no secret."""

from datetime import timedelta
from uuid import uuid4

import pytest
from factories import PASSWORD, enterprise, member, provider
from flask import Flask
from flask.testing import FlaskClient
from markupsafe import escape
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session
from tokens_on_pages import token_on

from accounts.models import Membership, SignIn
from foundation.actors import Role
from foundation.clock import now, travel
from foundation.identifiers import new_id
from web.jobs import forget
from web.models import ParkedForm, Submission

pytestmark = pytest.mark.clock

FORM = {"name": "铸件检测", "price": "1200.00", "password": "secret phrase"}


@pytest.fixture
def guarded(app: Flask) -> FlaskClient:
    """A browser of a program that asks for CSRF tokens, as the real one does."""
    app.config["WTF_CSRF_ENABLED"] = True
    return app.test_client()


@pytest.fixture
def clerk(session: Session) -> Membership:
    person = member(session, provider(session), Role.PROVIDER_MANAGER)
    session.commit()
    return person


def sign_in(client: FlaskClient, person: Membership, address: str = "/sign-in") -> None:
    form = {"email": person.user.email, "password": PASSWORD, "csrf_token": token_on(client, "/sign-in")}
    assert client.post(address, data=form).status_code == 303


def idle(session: Session) -> None:
    session.execute(
        update(SignIn).values(created_at=now() - timedelta(hours=2), last_seen_at=now() - timedelta(hours=1))
    )
    session.commit()


def send(client: FlaskClient, token: str) -> str:
    answer = client.post(
        "/offerings/new",
        data={**FORM, "csrf_token": token, "submission_id": str(uuid4())},
        headers={"Referer": "http://localhost/offerings/new"},
    )
    assert answer.status_code == 303
    return answer.headers["Location"]


def test_it_comes_back_once_and_without_secrets(guarded: FlaskClient, session: Session, clerk: Membership) -> None:
    sign_in(guarded, clerk)
    token = token_on(guarded, "/offerings/new")
    idle(session)
    way_in = send(guarded, token)
    assert way_in == "/sign-in?next=/offerings/new"
    parked = session.scalars(select(ParkedForm)).one()
    assert parked.fields == {"name": ["铸件检测"], "price": ["1200.00"]}
    sign_in(guarded, clerk, way_in)
    assert escape("铸件检测") in guarded.get("/offerings/new").text
    assert "铸件检测" not in guarded.get("/offerings/new").text


def test_somebody_else_in_the_same_browser_does_not_get_it(guarded: FlaskClient, session: Session, clerk) -> None:
    sign_in(guarded, clerk)
    token = token_on(guarded, "/offerings/new")
    idle(session)
    send(guarded, token)
    other = member(session, provider(session), Role.PROVIDER_MANAGER)
    session.commit()
    sign_in(guarded, other)
    assert "铸件检测" not in guarded.get("/offerings/new").text


def test_another_site_parks_nothing(guarded: FlaskClient, session: Session, clerk: Membership) -> None:
    sign_in(guarded, clerk)
    idle(session)
    send(guarded, "a token of nobody")
    assert session.scalar(select(func.count()).select_from(ParkedForm)) == 0


def test_after_signing_out_nothing_is_kept(guarded: FlaskClient, session: Session, clerk: Membership) -> None:
    sign_in(guarded, clerk)
    token = token_on(guarded, "/offerings/new")
    guarded.post("/sign-out", data={"csrf_token": token})
    send(guarded, token)
    assert session.scalar(select(func.count()).select_from(ParkedForm)) == 0


def test_what_nobody_came_back_for_is_forgotten(session: Session) -> None:
    person = member(session, enterprise(session), Role.ENTERPRISE_MANAGER)
    for age in (timedelta(hours=23), timedelta(hours=25)):
        session.add(ParkedForm(path="/", fields={}, user_id=person.user_id, at=now() - age))
    for age in (timedelta(days=29), timedelta(days=31)):
        session.add(Submission(id=new_id(), endpoint="x", at=now() - age))
    session.flush()
    forget(session)
    counts = [session.scalar(select(func.count()).select_from(model)) for model in (ParkedForm, Submission)]
    assert counts == [1, 1]
    with travel(now() + timedelta(days=2)):
        forget(session)
    assert session.scalar(select(func.count()).select_from(ParkedForm)) == 0
