"""One large database for all tests of this folder."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, event, select
from sqlalchemy.orm import Session, sessionmaker

from accounts.models import Membership, SignIn, User
from accounts.sessions import hash_token
from config import Settings
from demonstration import history
from demonstration.accounts import Account
from files.store import FolderStore, using
from foundation import pages
from foundation.actors import Role
from foundation.clock import now
from foundation.database import make_engine
from foundation.identifiers import new_id
from foundation.unit_of_work import unit_of_work
from web.app import create_app
from web.rooms import find_rooms, let_act
from working_days.stored import refresh

from .make import SIZE, multiply


@dataclass(frozen=True)
class Country:
    """The large database, the application over it, and who can sign in."""

    engine: Engine
    app: Flask
    accounts: list[Account]

    def unit(self) -> AbstractContextManager[Session]:
        """A transaction of its own."""
        return unit_of_work(self.engine)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Only ``-m volume`` runs these: minutes of work, and one worker makes the database."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.volume)
            item.add_marker(pytest.mark.xdist_group("volume"))


@pytest.fixture(scope="session")
def country(new_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Country]:
    """The demonstration's story many times over."""
    let_act(find_rooms())
    engine = make_engine(new_database())
    folder = tmp_path_factory.mktemp("volume")
    store = FolderStore(folder / "files")
    with using(store), unit_of_work(engine) as session:
        accounts = history.load(session, lambda _done, _total: None, public_url="https://huiqi.example.cn")
    multiply(engine)
    if SIZE < 1:
        _as_if_large(engine)
    refresh(engine)
    settings = Settings(environment="test", data_folder=folder, secret_key="a secret for tests that is long enough")
    app = create_app(settings, sessionmaker(engine, expire_on_commit=False))
    app.config["WTF_CSRF_ENABLED"] = False
    with pytest.MonkeyPatch.context() as patch, using(store):
        # A list is counted to a part of what it is counted to in a country.
        patch.setattr(pages, "EXACT", round(pages.EXACT * SIZE))
        yield Country(engine, app, accounts)
    engine.dispose()


def _as_if_large(engine: Engine) -> None:
    """The planner is to do as in a whole country (see ``plans``)."""

    def connected(connection: Any, _record: object) -> None:
        connection.execute(f"SET seq_page_cost = {1 / SIZE}")
        connection.commit()

    engine.dispose()
    event.listen(engine, "connect", connected)


def signed_in(country: Country, role: Role | None) -> tuple[FlaskClient, object]:
    """A browser of somebody of the story's first copy, and the organisation."""
    browser = country.app.test_client()
    if role is None:
        return browser, None
    emails = [account.email for account in country.accounts if account.role is role]
    with Session(country.engine) as session:
        starts = [email.split("@")[0] + "%" for email in emails]
        query = select(Membership).join(User, User.id == Membership.user_id)
        member = session.scalars(query.where(User.email.like(starts[0])).order_by(User.email).limit(1)).one()
        token = new_id().hex
        moment = now()
        session.add(
            SignIn(
                token_hash=hash_token(token),
                user_id=member.user_id,
                membership_id=member.id,
                created_at=moment,
                last_seen_at=moment,
                ends_at=moment + timedelta(hours=12),
                password_at=moment,
                second_factor_at=moment,
            )
        )
        organisation = member.organisation_id
        session.commit()
    with browser.session_transaction() as cookie:
        cookie["_user_id"] = token
    return browser, organisation
