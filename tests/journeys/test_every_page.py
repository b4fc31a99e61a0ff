"""Every page that a role reaches by links, over the demonstration: it opens, hinders nobody, fits a phone, is translated."""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Final
from urllib.parse import urljoin, urlsplit

import pytest
from browsers import DESK, PHONE, House, Person, served
from playwright.sync_api import Browser

from demonstration.accounts import PASSWORD, Account
from demonstration.history import load
from files.store import FolderStore, using
from foundation.actors import Role
from foundation.database import make_engine
from foundation.unit_of_work import unit_of_work

pytestmark = pytest.mark.browser

ROLES: Final = [
    None,
    Role.ENTERPRISE_MANAGER,
    Role.PROVIDER_MANAGER,
    Role.OFFICER,
    Role.REVIEWER,
    Role.INSPECTOR,
    Role.BUDGET_HOLDER,
    Role.PAYER,
    Role.AUDITOR,
    Role.ADMINISTRATOR,
]
# Downloads, and what changes the reader's settings.
_NOT_PAGES: Final = re.compile(r"\.pdf$|^/files/|^/language/|^/larger-type|^/healthz|^/static/")
_NUMBERED: Final = re.compile(r"(?=.*\d)[\w-]{6,}")
# Case pages look different in each state, so some of each kind are opened.
_SOME: Final = 2
_MOST: Final = 60
_INTERFACE: Final = (
    "nav.side, .top-tools, main button, main thead th, main dt, main h2, main legend, main .state, footer"
)
_CHINESE: Final = re.compile(r"[\u4e00-\u9fff]")


@pytest.fixture(scope="module")
def accounts() -> list[Account]:
    """Who can sign in; filled when the demonstration is loaded."""
    return []


@pytest.fixture(scope="module")
def shown(
    new_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory, accounts: list[Account]
) -> Iterator[House]:
    """The house with the demonstration."""
    engine = make_engine(new_database())
    folder = tmp_path_factory.mktemp("house")
    with using(FolderStore(folder / "files")), unit_of_work(engine) as session:
        accounts.extend(load(session, lambda _done, _total: None, public_url="http://127.0.0.1"))
    with served(engine, folder, environment="demonstration") as house:
        house.work("search.catch_up")
        yield house
    engine.dispose()


@pytest.fixture(params=ROLES, ids=lambda role: role.value if role else "visitor")
def person(request: pytest.FixtureRequest, shown: House, browser: Browser, accounts: list[Account]) -> Iterator[Person]:
    """Somebody of each role, signed in."""
    if request.param is None:
        came = Person(browser, shown, "访客")
    else:
        account = next(one for one in accounts if one.role is request.param)
        came = Person(browser, shown, account.name, account.email, PASSWORD, account.secret)
        came.sign_in()
    yield came
    came.leave()


def test_every_page(person: Person) -> None:
    faults: list[str] = []
    opened: list[str] = []
    for path in _walk(person, opened):
        for viewport in (DESK, PHONE):
            person.page.set_viewport_size(viewport)  # type: ignore[arg-type]
            for look in (person.accessible, person.fits):
                try:
                    look()
                except AssertionError as fault:
                    faults.append(str(fault))
        person.page.set_viewport_size(DESK)  # type: ignore[arg-type]
        opened.append(path)
    assert len(opened) >= 3, opened
    assert not faults, f"{len(faults)} faults on {len(opened)} pages:\n" + "\n".join(faults)
    person.goto("/language/en?next=/")
    for path in opened:
        person.goto(path)
        faults += [f"{path}: {text}" for text in _not_english(person)]
    assert not faults, f"{len(faults)} texts are Chinese on English pages:\n" + "\n".join(sorted(set(faults)))


def _walk(person: Person, opened: list[str]) -> Iterator[str]:
    """Open pages in the order in which they are linked, a few of each kind; what cannot be opened is a fault."""
    person.goto("/")
    waiting, known, kinds = ["/"], {"/"}, Counter[str]()
    while waiting and len(opened) < _MOST:
        path = waiting.pop(0)
        answer = person.goto(path)
        assert answer is not None, path
        assert answer.status == 200, f"{path} answered {answer.status}"
        yield path
        for link in person.page.eval_on_selector_all("a[href]", "links => links.map(one => one.getAttribute('href'))"):
            target = urlsplit(urljoin(person.page.url, link))
            kind = _NUMBERED.sub("*", target.path)
            if (
                f"{target.scheme}://{target.netloc}" == person.house.address
                and target.path not in known
                and not _NOT_PAGES.search(target.path)
                and kinds[kind] < _SOME
            ):
                known.add(target.path)
                kinds[kind] += 1
                waiting.append(target.path)


def _not_english(person: Person) -> list[str]:
    """Interface texts that are Chinese still; names and numbers are data and may be."""
    texts = person.page.eval_on_selector_all(
        _INTERFACE, "found => found.filter(one => !one.closest('[lang=zh-Hans]')).map(one => one.innerText)"
    )
    return [text for text in texts if _CHINESE.search(text.replace("中文", ""))]
