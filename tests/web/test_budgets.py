"""Pages ask the database as often for many rows as for one."""

from collections.abc import Callable
from pathlib import Path

import pytest
from factories import enterprise, give_title, member, provider
from order_cases import Scene, person
from provider_cases import NATIONAL_FACTS, PDF, People, facts, upload
from query_budget import check_budget
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from accounts.models import Membership, MembershipState
from audit.trail import record
from enterprises.models import TitleLevel
from files.intake import Upload
from files.store import FolderStore, using
from foundation.actors import Role
from foundation.identifiers import new_id
from foundation.unit_of_work import current_session
from providers import certification, offerings, price_review
from providers.models import OfferingVersion, OrdersPeriod

MANY = 25


@pytest.fixture(autouse=True)
def _store(tmp_path: Path):
    with using(FolderStore(tmp_path / "files")):
        yield


def ask_to_join(session: Session, manager: Membership) -> None:
    member(session, manager.organisation, Role.ENTERPRISE_MEMBER).state = MembershipState.REQUESTED


@pytest.mark.parametrize("address", ["/members", "/", "/account"])
def test_pages_of_a_manager(engine: Engine, session: Session, sign_in, address: str) -> None:
    manager = member(session, enterprise(session), Role.ENTERPRISE_MANAGER)
    ask_to_join(session, manager)
    browser = sign_in(manager)

    def grow() -> None:
        for _ in range(MANY):
            ask_to_join(session, manager)
            sign_in(manager)

    check_budget(engine, browser, address, grow, most=20)


def more_events(session: Session, scene: Scene) -> None:
    record(session, scene.clerk, "test.event", None)


def more_titles(session: Session, scene: Scene) -> None:
    give_title(session, enterprise(session, title=None), TitleLevel.SRDI)


def more_providers(session: Session, scene: Scene) -> None:
    provider(session, name=f"测评{len(session.identity_map)}服务中心")


def more_orders(session: Session, scene: Scene) -> None:
    scene.place()


@pytest.mark.parametrize(
    ("role", "address", "more", "most"),
    [
        (Role.AUDITOR, "/audit", more_events, 8),
        (Role.OFFICER, "/titles", more_titles, 8),
        (Role.OFFICER, "/certifications", more_providers, 10),
        (Role.OFFICER, "/search?q=测评", more_providers, 10),
        (Role.OFFICER, "/orders", more_orders, 12),
        (Role.OFFICER, "/vouchers", more_orders, 10),
        (Role.OFFICER, "/programmes", more_orders, 10),
        (Role.OFFICER, "/claims", more_orders, 10),
        (Role.OFFICER, "/batches", more_orders, 10),
        (Role.OFFICER, "/", more_orders, 40),
        (Role.OFFICER, "/notices", more_providers, 8),
        (Role.OFFICER, "/offerings", more_orders, 10),
        (Role.OFFICER, "/targets", more_providers, 10),
    ],
)
def test_pages_of_a_bureau(  # noqa: PLR0917 - one row of the table above
    engine: Engine,
    session: Session,
    sign_in,
    role: Role,
    address: str,
    more: Callable[[Session, Scene], None],
    most: int,
) -> None:
    scene = Scene(session)
    more(session, scene)
    scene.place()
    browser = sign_in(person(session, scene.bureau.id, role))
    browser.get(address)

    def grow() -> None:
        for _ in range(MANY):
            more(session, scene)
        session.commit()

    check_budget(engine, browser, address, grow, most=most)


def file() -> Upload:
    """A file that nobody has sent before."""
    return upload(PDF + str(new_id()).encode())


@pytest.fixture
def people(session: Session) -> People:
    return People(session, certified=True)


def test_a_certification_with_many_files_and_deeds(engine: Engine, session: Session, sign_in) -> None:
    people = People(session)
    made = certification.start(session, people.clerk)

    def grow(times: int = MANY) -> None:
        for each in range(times):
            typed = NATIONAL_FACTS | {"service_staff": str(20 + each)}
            certification.save(session, people.clerk, made, typed, [file()])
        session.commit()

    grow(1)
    browser = sign_in(people.clerk_membership)
    address = f"/certifications/{made.number}"
    check_budget(engine, browser, address, grow, most=10)
    check_budget(engine, browser, f"{address}/form", grow, most=10)
    certification.submit(session, people.clerk, made)
    check_budget(engine, sign_in(people.officer_membership), address, session.commit, most=12)


def test_an_offering_with_many_versions_and_peers(engine: Engine, session: Session, sign_in, people: People) -> None:
    def another() -> OfferingVersion:
        made = offerings.save(session, people.clerk, listed, facts(content=f"{new_id()}"), file())
        offerings.submit(session, people.clerk, made)
        return made

    listed = people.listed()
    version = another()
    People(session, certified=True).listed()
    browsers = [sign_in(one) for one in (people.officer_membership, people.clerk_membership)]

    def grow() -> None:
        nonlocal listed, version
        for _ in range(4):
            price_review.approve(session, people.officer, version)
            listed = version
            version = another()
            People(session, certified=True).listed()
        session.commit()

    for browser in browsers:
        check_budget(engine, browser, f"/offerings/{listed.offering.number}", grow, most=14)


def test_an_offering_in_the_catalogue_and_its_provider(engine: Engine, session: Session, app, people: People) -> None:
    listed = people.listed()
    Scene(session)
    session.commit()

    def grow() -> None:
        for _ in range(4):
            people.listed(name=f"{new_id()}")
            Scene(session)
        session.commit()

    for address in (f"/catalogue/{listed.offering.number}", f"/providers/{people.provider.uscc}"):
        check_budget(engine, app.test_client(), address, grow, most=12)


def test_an_offering_and_its_order_form_for_who_has_ordered(engine: Engine, session: Session, sign_in) -> None:
    scene = Scene(session)
    voucher = scene.voucher()
    scene.place(voucher)
    scene.offered.orders_per_enterprise, scene.offered.orders_period = MANY, OrdersPeriod.EVER
    session.commit()
    browser = sign_in(person(session, voucher.enterprise_id, Role.ENTERPRISE_MEMBER))

    def grow() -> None:
        most, scene.offered.orders_per_enterprise = scene.offered.orders_per_enterprise, MANY
        for _ in range(2):
            scene.place(voucher)
        scene.offered.orders_per_enterprise = most
        session.commit()

    # Whoever has used up its orders is told elsewhere on both pages.
    for most in (MANY, 1):
        scene.offered.orders_per_enterprise = most
        session.commit()
        for address in (f"/catalogue/{scene.offering.number}", f"/catalogue/{scene.offering.number}/order"):
            check_budget(engine, browser, address, grow, most=16)


def test_the_measure_itself(engine: Engine, app, session: Session, sign_in) -> None:
    """A page that asks for each row anew is found."""
    manager = member(session, enterprise(session), Role.ENTERPRISE_MANAGER)
    browser = sign_in(manager)
    rows = [manager.organisation_id]

    def each_anew() -> str:
        for _ in rows:
            current_session().execute(select(Membership.id).limit(1))
        return "<!doctype html><title>x</title>"

    app.view_functions["web.help_page"] = each_anew
    with pytest.raises(AssertionError, match="questions became"):
        check_budget(engine, browser, "/help", lambda: rows.extend(rows * 3), most=20)
