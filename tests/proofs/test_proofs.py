"""The nightly proofs: what is proven when, what stands on whose desk, and one moment for all of it."""

from datetime import timedelta
from functools import partial

import pytest
from order_cases import Scene, person
from sqlalchemy import Engine, func, select, text
from sqlalchemy.orm import Session

from audit import trail
from foundation.actors import SYSTEM, Role
from foundation.clock import now, stopped, travel
from foundation.identifiers import new_id
from foundation.periodic import Place, Tally
from foundation.unit_of_work import one_snapshot, unit_of_work
from ledger.accounts import account
from ledger.models import AccountKind
from proofs import jobs, running
from proofs.models import ProofRun, Subject
from proofs.running import Proof, prove

pytestmark = pytest.mark.clock

GOOD_LEDGER, GOOD_TRAIL = "夜间核对资金账目：全部相符", "夜间核对操作记录：完整，未被改动"


@pytest.fixture
def found(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Faults that the proof of the ledger finds; with ``since`` named first where only what came since was looked at."""
    faults: list[str] = []
    whole = Proof(Subject.LEDGER, "huiqi ledger verify", lambda _session: 7, lambda _session: list(faults))
    since = Proof(whole.subject, whole.command, whole.newest, whole.whole, lambda _session, _number: list(faults))
    monkeypatch.setitem(running.PROOFS, Subject.LEDGER, since)
    return faults


def test_each_night_what_came_since_and_each_week_the_whole(session: Session, found: list[str]) -> None:
    kinds = []
    for night in range(9):
        with stopped(now() + timedelta(days=night)):
            kinds.append(prove(session, Subject.LEDGER).whole)
    assert kinds == [True, *[False] * 6, True, False]


def test_after_a_fault_the_whole_is_proven_until_it_is_good(session: Session, found: list[str]) -> None:
    kinds = []
    for night, fault in enumerate([[], ["wrong"], ["wrong"], [], []]):
        found[:] = fault
        with stopped(now() + timedelta(days=night)):
            run = prove(session, Subject.LEDGER)
        kinds.append((run.whole, run.ok))
    assert kinds == [(True, True), (False, False), (True, False), (True, True), (False, True)]


def test_many_faults_are_counted_and_the_first_are_kept(session: Session, found: list[str]) -> None:
    found[:] = [f"fault {number}" for number in range(200)]
    run = prove(session, Subject.LEDGER)
    assert (run.fault_count, len(run.faults), run.faults[0]) == (200, 50, "fault 0")


def test_the_desks_of_the_offices_say_how_the_last_proof_ended(session: Session, sign_in) -> None:
    scene = Scene(session)
    scene.place()
    officer = sign_in(person(session, scene.bureau.id, Role.OFFICER))
    assert "夜间核对" not in officer.get("/").text
    jobs.prove_each_night(session)
    assert GOOD_LEDGER in officer.get("/").text
    assert GOOD_TRAIL in officer.get("/").text
    assert "相符" in officer.get("/proofs").text
    outsider = sign_in(person(session, scene.provider.id, Role.PROVIDER_MANAGER))
    assert "夜间核对" not in outsider.get("/").text
    assert outsider.get("/proofs").status_code == 403


@pytest.mark.breaks_books
def test_a_wrong_balance_stands_on_the_desk_in_red_with_the_command(session: Session, sign_in) -> None:
    scene = Scene(session)
    scene.place()
    session.execute(text("UPDATE ledger_accounts SET balance = balance + 1 WHERE kind = 'hold'"))
    jobs.prove_each_night(session)
    for role in (Role.OFFICER, Role.AUDITOR, Role.BUDGET_HOLDER):
        page = sign_in(person(session, scene.bureau.id, role)).get("/").text
        assert "notice-bad" in page, role
        assert "夜间核对资金账目：发现 1 处不符" in page, role
        assert "huiqi ledger verify" in page, role
    session.execute(text("UPDATE ledger_accounts SET balance = balance - 1 WHERE kind = 'hold'"))
    jobs.prove_each_night(session)
    assert GOOD_LEDGER in sign_in(person(session, scene.bureau.id, Role.OFFICER)).get("/").text


def test_a_missed_night_is_said(session: Session, sign_in) -> None:
    scene = Scene(session)
    jobs.prove_each_night(session)
    with travel(now() + timedelta(hours=37)):
        page = sign_in(person(session, scene.bureau.id, Role.OFFICER)).get("/").text
    assert "资金账目的夜间核对没有按时运行" in page
    assert GOOD_LEDGER not in page


@pytest.mark.parametrize("one", [True, False], ids=["one-moment", "control"])
def test_what_people_do_meanwhile_is_not_seen(own_engine: Engine, one: bool) -> None:
    counted = select(func.count()).select_from(ProofRun)
    with unit_of_work(own_engine) as session:
        if one:
            one_snapshot(session)
        before = session.scalar(counted)
        with unit_of_work(own_engine) as other:
            prove(other, Subject.TRAIL)
        assert (session.scalar(counted) == before) is one


def test_the_job_runs_both_and_notes_them(own_engine: Engine) -> None:
    tally = Tally()
    with unit_of_work(own_engine) as session:
        trail.record(session, SYSTEM, "order.place", None)
        account(session, AccountKind.POOL, new_id())
    assert jobs.prove_each_night.run(partial(unit_of_work, own_engine), tally, begin=Place(), seconds=20) is None
    with unit_of_work(own_engine) as session:
        assert sorted(session.scalars(select(ProofRun.subject))) == [Subject.LEDGER, Subject.TRAIL]
    assert (tally.done, tally.failed) == (2, 0)
