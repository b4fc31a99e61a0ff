"""A browser for each module of journeys, and houses to visit with it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import factories as make
import pytest
from browsers import House, Person, Shots, chromium, served
from order_cases import Scene
from playwright.sync_api import Browser
from sqlalchemy.orm import Session

from accounts.models import Organisation
from foundation.actors import Role
from foundation.clock import now
from foundation.database import make_engine


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Real Chromium."""
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def empty_house(new_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """The program over an empty database."""
    engine = make_engine(new_database())
    with served(engine, tmp_path_factory.mktemp("house")) as house:
        yield house
    engine.dispose()


@pytest.fixture(scope="module")
def shots(request: pytest.FixtureRequest) -> Shots:
    """Where this module's screenshots go."""
    return Shots.of(request.module.__name__.rpartition(".")[2].removeprefix("test_"))


@dataclass
class Furnished:
    """A house in which a programme runs: money, a provider with an offering in the index, and people on every side."""

    house: House
    scene: Scene
    browser: Browser

    @property
    def session(self) -> Session:
        """What the scene is made with; what it made is seen by the house after ``settle``."""
        return self.scene.session

    def settle(self) -> None:
        """Commit what was made, and let the worker index it."""
        self.session.commit()
        self.house.work("search.catch_up")

    def person(self, organisation: Organisation, role: Role, **options: Any) -> Person:
        """Somebody of an organisation, signed in; ``options`` are the browser's."""
        membership = make.member(self.session, organisation, role)
        self.session.commit()
        user = membership.user
        person = Person(self.browser, self.house, user.name, user.email, make.PASSWORD, options=options)
        return person.sign_in()

    def buyer(self, *, face: int = 50_000_000, **options: Any) -> Person:
        """Somebody of a new enterprise that has a voucher."""
        voucher = self.scene.voucher(face=face)
        enterprise = self.session.get_one(Organisation, voucher.enterprise_id)
        return self.person(enterprise, Role.ENTERPRISE_MANAGER, **options)


@pytest.fixture(scope="module")
def furnished(
    browser: Browser, new_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Furnished]:
    """A house with a running programme, for all tests of a module."""
    engine = make_engine(new_database())
    with served(engine, tmp_path_factory.mktemp("house")) as house, Session(engine, expire_on_commit=False) as session:
        made = Furnished(house, Scene(session), browser)
        made.scene.offered.reviewed_at = now()
        made.settle()
        yield made
    engine.dispose()


@pytest.fixture
def leaving() -> Iterator[Callable[[Person], Person]]:
    """Lets people leave at the end of a test: ``leaving(person)``; nothing may have gone wrong in their browsers."""
    came: list[Person] = []

    def welcome(person: Person) -> Person:
        came.append(person)
        return person

    yield welcome
    for person in came:
        person.leave()
