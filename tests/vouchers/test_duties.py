"""Who judges never pays, whatever organisation they act for: every deed, and the database by itself."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import sleep
from uuid import UUID

import factories as make
import pytest
from claim_cases import Office, verified
from deed_cases import PROGRAMME_DEEDS, REGIONAL_DEEDS, drafted, opened, second_membership
from order_cases import Scene
from sqlalchemy import Engine, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from accounts.duties import take_regional_duty
from files.store import FolderStore, using
from foundation.actors import Actor, Role
from foundation.errors import NotAllowed
from foundation.identifiers import new_id
from foundation.unit_of_work import unit_of_work
from vouchers.appropriation import appropriate
from vouchers.duties import take_duty
from vouchers.models import Duty, Programme, ProgrammeDuty, ProgrammeState


@pytest.fixture(autouse=True)
def _store(tmp_path: Path) -> Iterator[None]:
    with using(FolderStore(tmp_path / "files")):
        yield


@pytest.fixture
def scene(session: Session) -> Scene:
    return Scene(session)


def person(scene: Scene, role: Role) -> tuple[Actor, Actor]:
    """One person with a role in the bureau and the budget holder's in the treasury."""
    judge = make.actor(scene.session, scene.bureau, role)
    return judge, second_membership(judge, scene, scene.treasury, Role.BUDGET_HOLDER)


def pay_in(scene: Scene, payer: Actor, programme: Programme) -> int:
    return appropriate(
        scene.session,
        payer,
        programme_id=programme.id,
        amount=1000,
        transfer_id=new_id(),
        password=make.PASSWORD,
    )


def judged_programmes(session: Session, judge: Actor) -> set[UUID]:
    rows = session.query(ProgrammeDuty).filter_by(user_id=judge.user_id, duty=Duty.ELIGIBILITY)
    return {row.programme_id for row in rows}


@pytest.mark.parametrize("name", PROGRAMME_DEEDS)
def test_whoever_judges_in_a_programme_pays_nothing_there(session: Session, scene: Scene, name: str) -> None:
    deed = PROGRAMME_DEEDS[name]
    run = deed.prepare(scene)
    judge, payer = person(scene, deed.role)
    run(judge)
    (programme_id,) = judged_programmes(session, judge)
    with pytest.raises(NotAllowed, match="另一项职责"):
        take_duty(session, payer, programme_id, Duty.PAYMENT)


@pytest.mark.parametrize("name", PROGRAMME_DEEDS)
def test_whoever_pays_in_a_programme_judges_nothing_there(session: Session, scene: Scene, name: str) -> None:
    deed = PROGRAMME_DEEDS[name]
    run = deed.prepare(scene)
    judge, payer = person(scene, deed.role)
    for programme in session.query(Programme):
        take_duty(session, payer, programme.id, Duty.PAYMENT)
    with pytest.raises(NotAllowed, match="另一项职责"):
        run(judge)


@pytest.mark.parametrize("name", REGIONAL_DEEDS)
def test_whoever_decides_in_a_region_pays_in_none_of_its_programmes(session: Session, scene: Scene, name: str) -> None:
    deed = REGIONAL_DEEDS[name]
    run = deed.prepare(scene)
    judge, payer = person(scene, deed.role)
    run(judge)
    with pytest.raises(NotAllowed, match="同一地区"):
        pay_in(scene, payer, scene.programme)


@pytest.mark.parametrize("name", REGIONAL_DEEDS)
def test_whoever_pays_in_a_programme_decides_nothing_in_its_region(session: Session, scene: Scene, name: str) -> None:
    deed = REGIONAL_DEEDS[name]
    run = deed.prepare(scene)
    judge, payer = person(scene, deed.role)
    pay_in(scene, payer, scene.programme)
    with pytest.raises(NotAllowed, match="同一地区"):
        run(judge)


@pytest.mark.parametrize(
    ("code", "state", "refused"),
    [
        ("350200", ProgrammeState.OPEN, True),
        ("350200", ProgrammeState.CLOSED, True),
        ("350200", ProgrammeState.SETTLED, False),
        ("350000", ProgrammeState.OPEN, True),
        ("100000", ProgrammeState.OPEN, True),
        ("430000", ProgrammeState.OPEN, False),
    ],
)
def test_regions_overlap_above_and_below_while_the_programme_is_open(
    session: Session, scene: Scene, code: str, state: ProgrammeState, *, refused: bool
) -> None:
    payer = make.actor(session, scene.treasury, Role.BUDGET_HOLDER)
    scene.programme.state = state
    session.flush()
    take_duty(session, payer, scene.programme.id, Duty.PAYMENT)
    region = make.region(session, code)
    if refused:
        with pytest.raises(NotAllowed):
            take_regional_duty(session, payer, region.id)
    else:
        take_regional_duty(session, payer, region.id)


def test_one_person_cannot_run_a_programme_alone(session: Session, scene: Scene) -> None:
    """Two memberships: drafting goes, appropriating, and so everything after it, does not."""
    judge, payer = person(scene, Role.OFFICER)
    scene.officer = judge
    programme = opened(scene)
    with pytest.raises(NotAllowed, match="另一项职责"):
        pay_in(scene, payer, programme)


def test_whoever_appropriated_drafts_no_other_rules_there(session: Session, scene: Scene) -> None:
    judge, payer = person(scene, Role.OFFICER)
    pay_in(scene, payer, scene.programme)
    assert drafted(scene).id != scene.programme.id
    from vouchers import programmes  # noqa: PLC0415

    with pytest.raises(NotAllowed, match="另一项职责"):
        programmes.ask_to_close(session, judge, scene.programme, reason="资金用完")


INSERT_REGIONAL = "INSERT INTO regional_duties (id, user_id, region_id, created_at) VALUES (:id, :user, :place, now())"
INSERT_PAYMENT = (
    "INSERT INTO programme_duties (id, user_id, programme_id, duty, created_at)"
    " VALUES (:id, :user, :place, 'payment', now())"
)


@pytest.mark.parametrize("paid_first", [True, False])
def test_the_database_itself_refuses_both_sides(session: Session, scene: Scene, paid_first: bool) -> None:
    user = scene.officer.user_id
    both = [
        (INSERT_PAYMENT, {"id": new_id(), "user": user, "place": scene.programme.id}, "programme_duties_one_side"),
        (INSERT_REGIONAL, {"id": new_id(), "user": user, "place": scene.bureau.region_id}, "regional_duties_one_side"),
    ]
    first, second = both if paid_first else both[::-1]
    session.execute(text(first[0]), first[1])
    with pytest.raises(IntegrityError) as refusal, session.begin_nested():
        session.execute(text(second[0]), second[1])
    assert refusal.value.orig.diag.constraint_name == second[2]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE titles SET registered_by_id = :user, region_id = :place",
        "UPDATE titles SET revoked_by_id = :user, region_id = NULL",
        "UPDATE certifications SET first_reviewer_id = :user, region_id = :place",
        "UPDATE certifications SET second_reviewer_id = :user, region_id = NULL",
        "UPDATE offering_versions SET reviewer_id = :user, region_id = :place",
        "UPDATE offering_versions SET reviewer_id = :user, region_id = NULL",
    ],
)
def test_no_decision_without_its_duty(session: Session, scene: Scene, statement: str) -> None:
    make.enterprise(session)
    facts = {"user": scene.officer.user_id}
    facts |= {"place": scene.bureau.region_id} if ":place" in statement else {}
    with pytest.raises(IntegrityError), session.begin_nested():
        session.execute(text(statement), facts)


def test_a_batch_and_a_verified_order_bar_from_nothing_elsewhere(session: Session, scene: Scene) -> None:
    """Another programme of another region is another matter."""
    verified(scene)
    office = Office(session, scene)
    far = Scene(session)
    far.programme.region_id = make.region(session, "430000").id
    session.flush()
    take_duty(session, office.maker, far.programme.id, Duty.PAYMENT)


@pytest.mark.concurrency
@pytest.mark.parametrize("locked", [True, False])
def test_both_sides_at_once_are_refused(own_engine: Engine, locked: bool) -> None:
    """Without the lock in the trigger both come through: that shows that the race is a real one."""
    if not locked:
        with own_engine.begin() as connection:
            body = connection.scalar(text("SELECT pg_get_functiondef('refuse_both_sides'::regproc)"))
            connection.execute(
                text(
                    "/* no lock */ "
                    + body.replace("PERFORM pg_advisory_xact_lock", "PERFORM length").replace(
                        "length(hashtextextended('duty:' || NEW.user_id, 0))", "1"
                    )
                )
            )
    with unit_of_work(own_engine) as session:
        scene = Scene(session)
        payer, programme_id, region_id = scene.officer, scene.programme.id, scene.bureau.region_id

    def pay() -> bool:
        with unit_of_work(own_engine) as session:
            try:
                take_duty(session, payer, programme_id, Duty.PAYMENT)
            except NotAllowed:
                return False
            return True

    with ThreadPoolExecutor(1) as pool, unit_of_work(own_engine) as session:
        take_regional_duty(session, payer, region_id)
        paid = pool.submit(pay)
        sleep(0.5)
        assert paid.done() is not locked
        session.commit()
        assert paid.result(10) is not locked
