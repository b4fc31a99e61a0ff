"""Money back to the treasury: a wrong appropriation, and what a closed programme leaves; two people, only what is there."""

import threading
from uuid import UUID

import factories
import pytest
from races import prepared, race
from sqlalchemy import Engine, event, select
from sqlalchemy.orm import Session
from voucher_factories import Setting, claimant, close, fund, open_programme

from accounts.models import Membership
from foundation.actors import Actor, Role
from foundation.errors import BadInput, Conflict, Exhausted, NotAllowed, NotFound
from foundation.identifiers import new_id
from foundation.locking import _enabled
from ledger.models import AccountKind, Transfer
from ledger.verification import verify
from vouchers.claiming import claim
from vouchers.desk import waiting
from vouchers.models import Duty, ProgrammeDuty
from vouchers.money import flow, moves, pool
from vouchers.returning import (
    RETURN,
    TAKE_BACK,
    appropriations,
    ask_to_return,
    ask_to_take_back,
    decline,
    return_unspent,
    take_back,
)
from vouchers.revoking import reclaim

PASSWORD = factories.PASSWORD


def payer_of(session: Session, setting: Setting) -> Actor:
    return factories.actor(session, setting.programme.treasury, Role.PAYER)


def stations(session: Session, setting: Setting) -> dict[str, int]:
    return {one.kind.value: one.amount for one in flow(session, setting.programme.id) if one.amount}


def ask_back(session: Session, setting: Setting, amount: int, *, which: UUID | None = None) -> None:
    made = which or appropriations(session, setting.programme.id)[0].id
    ask_to_take_back(
        session,
        setting.budget_holder,
        programme_id=setting.programme.id,
        appropriation_id=made,
        amount=amount,
        reason="多打了一个零",
    )


def carry_out(session: Session, setting: Setting, actor: Actor, verb=take_back) -> int:
    return verb(session, actor, programme_id=setting.programme.id, transfer_id=new_id(), password=PASSWORD)


def ask_rest(session: Session, setting: Setting, amount: int) -> None:
    ask_to_return(session, setting.budget_holder, programme_id=setting.programme.id, amount=amount, reason="项目结余")


def test_one_zero_too_many_is_taken_back_by_two_people(session: Session):
    """600,000 yuan were meant and 6,000,000 typed; one voucher has been issued meanwhile."""
    setting = open_programme(session, money=6_000_000_00)
    payer = payer_of(session, setting)
    claim(session, claimant(session), programme_id=setting.programme.id)
    ask_back(session, setting, 5_400_000_00)
    assert pool(session, setting.programme.id) == 5_500_000_00
    assert [item.task.id for item in waiting(session, payer)] == ["programme.take_back.second_person"]
    with pytest.raises(NotAllowed, match="不能自己复核"):
        carry_out(session, setting, setting.budget_holder)
    assert carry_out(session, setting, payer) == 5_400_000_00
    assert stations(session, setting) == {"treasury": 600_000_00, "pool": 100_000_00, "voucher": 500_000_00}
    (made,) = appropriations(session, setting.programme.id)
    assert (made.amount, made.left) == (6_000_000_00, 600_000_00)
    report = verify(session)
    assert report.ok
    assert report.programmes[setting.programme.id]["treasury"] == -600_000_00
    duty = session.scalars(select(ProgrammeDuty.duty).where(ProgrammeDuty.user_id == payer.user_id)).one()
    assert duty is Duty.PAYMENT


def test_a_whole_appropriation_goes_back_by_its_linked_opposite(session: Session):
    setting = open_programme(session, money=1000)
    fund(session, setting, 700)
    wrong = next(one for one in appropriations(session, setting.programme.id) if one.amount == 700)
    ask_back(session, setting, 700, which=wrong.id)
    carry_out(session, setting, payer_of(session, setting))
    back = session.scalars(select(Transfer).where(Transfer.kind == "take_back")).one()
    assert (back.reverses_id, back.subject_id, back.amount) == (wrong.id, wrong.id, 700)
    assert [one.left for one in appropriations(session, setting.programme.id)] == [0, 1000]
    listed = moves(session, setting.programme, "treasury").rows
    assert sum(one.amount for one in listed) == 1000, "the list of the treasury adds up to its figure"


def test_never_more_than_the_appropriation_and_never_more_than_the_pool(session: Session):
    setting = open_programme(session, money=1000, cap_per_enterprise=800)
    for amount, words in ((0, "大于零"), (1001, "未退回")):
        with pytest.raises(BadInput, match=words):
            ask_back(session, setting, amount)
    with pytest.raises(BadInput, match="请选择"):
        ask_back(session, setting, 1, which=new_id())
    ask_back(session, setting, 900)
    claim(session, claimant(session), programme_id=setting.programme.id)
    payer = payer_of(session, setting)
    with pytest.raises(Exhausted, match="资金池现有 ¥2"), session.begin_nested():
        carry_out(session, setting, payer)
    decline(session, payer, programme_id=setting.programme.id, deed=TAKE_BACK, reason="已发券")
    for part in (150, 50):
        ask_back(session, setting, part)
        carry_out(session, setting, payer)
    with pytest.raises(Exhausted):
        ask_back(session, setting, 1)


def test_only_the_programmes_own_treasury_takes_back(session: Session):
    setting = open_programme(session, money=1000)
    ask_back(session, setting, 400)
    stranger = factories.actor(session, factories.treasury(session), Role.PAYER)
    for person in (stranger, setting.officer):
        with pytest.raises(NotFound):
            carry_out(session, setting, person)
    with pytest.raises(NotAllowed, match="密码不正确"):
        take_back(
            session,
            payer_of(session, setting),
            programme_id=setting.programme.id,
            transfer_id=new_id(),
            password="not this one",
        )
    with pytest.raises(Conflict, match="等待复核"):
        ask_back(session, setting, 100)


def test_what_a_closed_programme_leaves_returns_to_the_treasury_and_what_comes_back_later_too(session: Session):
    setting = open_programme(session, money=2500, cap_per_enterprise=1000)
    payer = payer_of(session, setting)
    claims = [claim(session, claimant(session), programme_id=setting.programme.id) for _ in range(2)]
    with pytest.raises(Conflict, match="申领结束以后"):
        ask_rest(session, setting, 500)
    close(session, setting)
    with pytest.raises(Exhausted):
        ask_rest(session, setting, 501)
    ask_rest(session, setting, 500)
    assert [item.task.id for item in waiting(session, payer)] == ["programme.return.second_person"]
    assert carry_out(session, setting, payer, return_unspent) == 500
    assert stations(session, setting) == {"treasury": 2500, "voucher": 2000, "returned": 500}
    made = session.scalars(select(Transfer.subject_id).where(Transfer.kind == "issue")).all()
    reclaim(session, setting.officer, voucher_id=made[0], reason="停产", transfer_id=new_id(), password=PASSWORD)
    ask_rest(session, setting, 1000)
    carry_out(session, setting, payer, return_unspent)
    assert stations(session, setting) == {"treasury": 2500, "voucher": 1000, "returned": 1500}
    assert all(one.allotted == 1000 for one in claims)


def test_nothing_returns_while_somebody_waits_in_line(session: Session):
    setting = open_programme(session, cap_per_enterprise=1000, tie_reserve=5)
    waiting_claim = claim(session, claimant(session), programme_id=setting.programme.id)
    close(session, setting)
    assert waiting_claim.state.value == "waiting"
    with pytest.raises(Conflict, match="还有企业在排队"):
        ask_rest(session, setting, 1)


def test_a_programme_has_one_request_for_its_pool_at_a_time(session: Session):
    setting = open_programme(session, money=1000)
    close(session, setting)
    ask_rest(session, setting, 600)
    with pytest.raises(Conflict, match="已有一项"):
        ask_back(session, setting, 600)
    decline(session, setting.budget_holder, programme_id=setting.programme.id, deed=RETURN, reason="改为更正拨款")
    ask_back(session, setting, 600)


@pytest.fixture
def meeting_at(own_engine: Engine):
    """Whoever comes to a statement waits there for another one, or for a moment where the locks keep that one away."""
    together, came = threading.Condition(), 0

    def widen(words: str) -> Engine:
        @event.listens_for(own_engine, "before_cursor_execute")
        def wait(connection, cursor, statement, *rest) -> None:
            nonlocal came
            if words in statement and threading.current_thread() is not threading.main_thread():
                with together:
                    came += 1
                    together.notify_all()
                    together.wait_for(lambda: came >= 2, timeout=0.2 if _enabled.get() else 20)

        return own_engine

    return widen


@pytest.mark.concurrency
@pytest.mark.parametrize("locks", [True, False], ids=["locked", "control"])
def test_two_who_carry_out_the_same_return_move_it_once(meeting_at, locks):
    """Positive control: without the locks both find the request open, and it goes back twice."""

    def make(session: Session):
        setting = open_programme(session, money=300)
        close(session, setting)
        ask_rest(session, setting, 100)
        return setting, [payer_of(session, setting) for _ in range(2)]

    engine = meeting_at("UPDATE second_person_requests")
    setting, payers = prepared(engine, make)
    outcomes = race(
        engine,
        lambda session, number: carry_out(session, setting, payers[number], return_unspent),
        threads=2,
        locks=locks,
    )
    assert outcomes.count("ok") == (1 if locks else 2), outcomes
    with Session(engine) as session:
        assert stations(session, setting)["returned"] == (100 if locks else 200)


@pytest.mark.concurrency
@pytest.mark.parametrize(
    "locks", [True, pytest.param(False, marks=pytest.mark.breaks_books)], ids=["locked", "control"]
)
def test_a_correction_and_a_claim_do_not_take_the_same_money(meeting_at, locks):
    def make(session: Session):
        setting = open_programme(session, money=100, cap_per_enterprise=100)
        ask_back(session, setting, 100)
        return setting, payer_of(session, setting), claimant(session)

    engine = meeting_at("INSERT INTO ledger_transfers")
    setting, payer, enterprise = prepared(engine, make)

    def deed(session: Session, number: int) -> None:
        if number:
            carry_out(session, setting, payer)
        else:
            claim(session, enterprise, programme_id=setting.programme.id)

    race(engine, deed, threads=2, locks=locks)
    with Session(engine) as session:
        assert verify(session).ok is locks
        moved = session.scalars(select(Transfer.kind).where(Transfer.kind.in_(["issue", "take_back"]))).all()
        assert len(moved) == (1 if locks else 2)


def test_the_pages_of_the_treasury(session: Session, sign_in):
    setting = open_programme(session, money=6_000_00)
    payer = payer_of(session, setting)
    rows = {one.user_id: one for one in session.scalars(select(Membership)).all()}
    holder, second = (sign_in(rows[one.user_id]) for one in (setting.budget_holder, payer))
    case = f"/programmes/{setting.programme.number}"
    assert f'href="{case}/take-back"' in holder.get(case).text
    page = holder.get(f"{case}/take-back").text
    assert "未退回 ¥6,000.00" in page
    made = str(appropriations(session, setting.programme.id)[0].id)
    faulty = holder.post(f"{case}/take-back", data={"appropriation": made, "amount": "60000", "note": "多打了零"})
    assert (faulty.status_code, "多打了零" in faulty.text) == (422, True)
    asked = holder.post(f"{case}/take-back", data={"appropriation": made, "amount": "5400", "note": "多打了零"})
    assert asked.status_code == 303
    page = second.get(case).text
    for words in ("待复核：更正拨款", "多打了零", "¥600.00", "复核同意并办理"):
        assert words in page, words
    assert second.post(f"{case}/take-back/carry-out", data={"password": "not this one"}).status_code == 403
    done = second.post(f"{case}/take-back/carry-out", data={"password": PASSWORD}, follow_redirects=True)
    assert "账目相符" in done.text
    close(session, setting)
    assert "600.00" in holder.get(f"{case}/return").text
    assert holder.post(f"{case}/return", data={"amount": "600", "note": "结余"}).status_code == 303
    assert second.post(f"{case}/return/decline", data={"note": ""}).status_code == 422
    assert second.post(f"{case}/return/decline", data={"note": "先等结算"}).status_code == 303
    holder.post(f"{case}/return", data={"amount": "600", "note": "结余"})
    second.post(f"{case}/return/carry-out", data={"password": PASSWORD})
    flow_page = second.get(f"{case}/money").text
    assert "已退回财政" in flow_page
    assert "账目相符" in flow_page
    assert "结余退回财政" in second.get(f"{case}/money/{AccountKind.RETURNED.value}").text
    assert "已退回财政" in holder.get(case).text
