"""Closing a programme and revoking a voucher: one asks with a reason, another one gives the password and does it."""

import factories
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from voucher_factories import Setting, claimant, close, open_programme, voucher

from accounts import delegation
from accounts.models import Membership
from audit.models import AuditEvent
from foundation.actors import Actor, Role
from foundation.clock import today, travel
from foundation.errors import BadInput, Conflict, NotAllowed
from foundation.identifiers import new_id
from ledger.verification import verify
from vouchers import programmes
from vouchers.claiming import claim
from vouchers.desk import waiting
from vouchers.duties import take_duty
from vouchers.models import Duty, ProgrammeDuty, ProgrammeState, Voucher, VoucherState
from vouchers.redemption import hold, release
from vouchers.revoking import ask_to_revoke, decline_revoking, reclaim, revoke
from vouchers.terms import current_terms
from vouchers.wallets import wallet

pytestmark = pytest.mark.clock

PASSWORD = factories.PASSWORD


def membership(session: Session, actor: Actor) -> Membership:
    return session.scalars(select(Membership).where(Membership.user_id == actor.user_id)).one()


def tasks(session: Session, actor: Actor) -> list[str]:
    return [item.task.id for item in waiting(session, actor)]


def duties(session: Session, setting: Setting) -> dict:
    rows = session.scalars(select(ProgrammeDuty).where(ProgrammeDuty.programme_id == setting.programme.id))
    return {row.user_id: row.duty for row in rows}


def test_a_programme_is_closed_by_two_people(session: Session):
    setting = open_programme(session)
    officer, reviewer, programme = setting.officer, setting.reviewer, setting.programme
    with pytest.raises(Conflict, match="没有待复核"):
        programmes.close_claims(session, reviewer, programme, password=PASSWORD)
    with pytest.raises(BadInput, match="写明原因"):
        programmes.ask_to_close(session, officer, programme, reason=" ")
    programmes.ask_to_close(session, officer, programme, reason="资金用完")
    assert programme.state is ProgrammeState.OPEN
    assert (tasks(session, reviewer), tasks(session, officer)) == (["programme.close.second_person"], [])
    with pytest.raises(NotAllowed, match="不能自己复核"):
        programmes.close_claims(session, officer, programme, password=PASSWORD)
    with pytest.raises(NotAllowed, match="密码不正确"):
        programmes.close_claims(session, reviewer, programme, password="not this one")
    programmes.close_claims(session, reviewer, programme, password=PASSWORD)
    assert programme.state is ProgrammeState.CLOSED
    assert duties(session, setting)[officer.user_id] is duties(session, setting)[reviewer.user_id] is Duty.ELIGIBILITY
    event = session.scalars(select(AuditEvent).where(AuditEvent.action == "programme.close")).one()
    assert (event.note, event.person) == ("资金用完", reviewer.name)


def test_the_second_person_says_no_with_a_reason(session: Session):
    setting = open_programme(session)
    programmes.ask_to_close(session, setting.reviewer, setting.programme, reason="资金用完")
    with pytest.raises(BadInput):
        programmes.decline_closing(session, setting.officer, setting.programme, reason="")
    programmes.decline_closing(session, setting.officer, setting.programme, reason="下周还有资金")
    assert setting.programme.state is ProgrammeState.OPEN
    assert tasks(session, setting.officer) == []
    close(session, setting)


def test_who_pays_in_the_programme_does_not_close_it(session: Session):
    setting = open_programme(session)
    payer = factories.actor(session, setting.programme.bureau, Role.OFFICER)
    take_duty(session, payer, setting.programme.id, Duty.PAYMENT)
    with pytest.raises(NotAllowed, match="另一项职责"):
        programmes.ask_to_close(session, payer, setting.programme, reason="资金用完")


def test_what_the_clock_closed_waits_for_nobody(session: Session):
    setting = open_programme(session)
    programmes.ask_to_close(session, setting.officer, setting.programme, reason="资金用完")
    with travel(current_terms(setting.programme).claims_close_at):
        programmes.turn_with_the_clock(session, setting.programme.id)
        assert tasks(session, setting.reviewer) == []


def test_a_voucher_is_revoked_by_two_people(session: Session):
    setting, enterprise, made = voucher(session, face=1000)
    officer, reviewer = setting.officer, setting.reviewer
    stranger = factories.actor(session, factories.bureau(session), Role.REVIEWER)
    with pytest.raises(NotAllowed, match="只能查看"):
        ask_to_revoke(session, stranger, voucher_id=made.id, reason="称号造假")
    ask_to_revoke(session, officer, voucher_id=made.id, reason="称号造假")
    assert made.state is VoucherState.ISSUED
    assert (tasks(session, reviewer), tasks(session, officer)) == (["voucher.revoke.second_person"], [])
    facts = {"voucher_id": made.id, "transfer_id": new_id()}
    for person, password, words in ((officer, PASSWORD, "角色"), (reviewer, "not this one", "密码")):
        with pytest.raises(NotAllowed, match=words):
            revoke(session, person, password=password, **facts)
    # The enterprise went on using it meanwhile: only what is free goes back.
    hold(session, enterprise, voucher_id=made.id, order_id=new_id(), amount=300, transfer_id=new_id())
    assert revoke(session, reviewer, password=PASSWORD, **facts) == 700
    assert (wallet(session, made).held, wallet(session, made).returned) == (300, 700)
    assert duties(session, setting)[reviewer.user_id] is Duty.ELIGIBILITY


def test_what_an_order_held_goes_to_the_pool_once_the_voucher_is_revoked(session: Session):
    setting, enterprise, made = voucher(session, face=1000)
    order = {"voucher_id": made.id, "order_id": new_id()}
    hold(session, enterprise, amount=300, transfer_id=new_id(), **order)
    ask_to_revoke(session, setting.officer, voucher_id=made.id, reason="称号造假")
    revoke(session, setting.reviewer, voucher_id=made.id, transfer_id=new_id(), password=PASSWORD)
    call = {"transfer_id": new_id(), **order}
    assert release(session, enterprise, **call) == release(session, enterprise, **call) == wallet(session, made)
    assert (made.state, wallet(session, made).returned) == (VoucherState.REVOKED, 1000)
    with pytest.raises(Conflict, match="已撤销"):
        hold(session, enterprise, voucher_id=made.id, order_id=new_id(), amount=300, transfer_id=new_id())
    assert verify(session).ok


def test_the_own_office_answers_for_a_delegate_whose_delegation_is_over(session: Session, sign_in):
    """Nobody else could, and the open request would bar the voucher from ever being revoked."""
    setting, _, made = voucher(session, face=1000)
    delegate = factories.bureau(session)
    stranger = factories.actor(session, delegate, Role.REVIEWER)
    days = {"valid_from": today(), "valid_to": today()}
    given = delegation.give(
        session, setting.reviewer, to_bureau_id=delegate.id, programme_id=None, reason="人手不足", **days
    )
    ask_to_revoke(session, stranger, voucher_id=made.id, reason="称号造假")
    delegation.end(session, setting.reviewer, given.id)
    with pytest.raises(NotAllowed, match="只能查看"):
        decline_revoking(session, stranger, voucher_id=made.id, reason="撤回")
    with pytest.raises(NotAllowed, match="提出单位"):
        revoke(session, setting.reviewer, voucher_id=made.id, transfer_id=new_id(), password=PASSWORD)
    page = sign_in(membership(session, setting.reviewer)).get(f"/vouchers/{made.number}").text
    assert ("不同意办理" in page, "复核同意并办理" in page) == (True, False)
    decline_revoking(session, setting.reviewer, voucher_id=made.id, reason="由本单位重新提出")
    ask_to_revoke(session, setting.officer, voucher_id=made.id, reason="称号造假")
    assert revoke(session, setting.reviewer, voucher_id=made.id, transfer_id=new_id(), password=PASSWORD) == 1000


def test_a_reviewer_who_asks_needs_another_reviewer(session: Session):
    setting, _, made = voucher(session, face=1000)
    ask_to_revoke(session, setting.reviewer, voucher_id=made.id, reason="称号造假")
    facts = {"voucher_id": made.id, "transfer_id": new_id(), "password": PASSWORD}
    with pytest.raises(NotAllowed, match="不能自己复核"):
        revoke(session, setting.reviewer, **facts)
    other = factories.actor(session, setting.programme.bureau, Role.REVIEWER)
    assert revoke(session, other, **facts) == 1000
    assert made.state is VoucherState.REVOKED


def test_a_voucher_stays_when_the_second_person_declines(session: Session):
    setting, _, made = voucher(session, face=1000)
    ask_to_revoke(session, setting.officer, voucher_id=made.id, reason="称号造假")
    decline_revoking(session, setting.reviewer, voucher_id=made.id, reason="称号有效")
    assert (made.state, tasks(session, setting.reviewer)) == (VoucherState.ISSUED, [])


def test_reclaiming_asks_for_the_password_of_one_person(session: Session):
    setting, _, made = voucher(session, face=1000)
    facts = {"voucher_id": made.id, "reason": "停产", "transfer_id": new_id()}
    with pytest.raises(NotAllowed, match="密码不正确"):
        reclaim(session, setting.officer, password="not this one", **facts)
    assert reclaim(session, setting.officer, password=PASSWORD, **facts) == 1000


def test_the_pages_show_what_would_change_and_take_both_answers(session: Session, sign_in):
    setting, _, made = voucher(session, face=90_000)
    officer, reviewer = (sign_in(membership(session, one)) for one in (setting.officer, setting.reviewer))
    case, paper = f"/programmes/{setting.programme.number}", f"/vouchers/{made.number}"
    for address, word in ((case, "close"), (paper, "revoke")):
        assert officer.post(f"{address}/{word}", data={"note": ""}).status_code == 422
        assert officer.post(f"{address}/{word}", data={"note": "名单有误"}).status_code == 303
        page = officer.get(address).text
        assert "撤回申请" in page
        assert "复核同意并办理" not in page
        page = reviewer.get(address).text
        for words in ("待复核", "办理前后对照", "名单有误", setting.officer.name, "复核同意并办理", "不同意"):
            assert words in page, words
        assert f'href="{address}#second-person"' in reviewer.get("/").text
        wrong = reviewer.post(f"{address}/{word}/carry-out", data={"password": "not this one"})
        assert (wrong.status_code, "密码不正确" in wrong.text) == (403, True)
        assert reviewer.post(f"{address}/{word}/decline", data={"note": ""}).status_code == 422
    assert reviewer.post(f"{paper}/revoke/decline", data={"note": "称号有效"}).status_code == 303
    assert "待复核" not in reviewer.get(paper).text
    assert reviewer.post(f"{case}/close/carry-out", data={"password": PASSWORD}).status_code == 303
    page = reviewer.get(case).text
    assert "申领已结束" in page
    assert "提请复核" in page, "the history tells who asked"
    assert session.get_one(Voucher, made.id).state is VoucherState.ISSUED


def test_the_offices_page_shows_no_other_office_what_waits(session: Session, sign_in):
    setting = open_programme(session)
    programmes.ask_to_close(session, setting.officer, setting.programme, reason="资金用完")
    case = f"/programmes/{setting.programme.number}"
    for one in (setting.budget_holder, claimant(session)):
        assert "待复核" not in sign_in(membership(session, one)).get(case).text


def test_who_was_served_before_keeps_the_voucher(session: Session):
    setting = open_programme(session, money=1500, cap_per_enterprise=1000)
    claims = [claim(session, claimant(session), programme_id=setting.programme.id) for _ in range(3)]
    close(session, setting)
    assert [one.state.value for one in claims] == ["allotted", "allotted", "waiting"]
