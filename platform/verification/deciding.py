"""The reviewer's decision: redeem, return for correction, or reject. Nobody decides about their own organisation."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Final
from uuid import UUID, uuid5

from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.current import not_here
from accounts.models import Membership, MembershipState
from accounts.passwords import confirmed_lately, lately, reconfirmed
from audit.changes import change_state
from foundation.actors import BUREAU, SYSTEM, Actor
from foundation.clock import day_of, now
from foundation.errors import BadInput, Conflict, NotAllowed
from foundation.i18n import N_
from foundation.locking import lock_row
from foundation.money import display_yuan
from orders.access import find, locked_with_money
from orders.deadlines import due_in, last_day, until
from orders.events import deadline_moved
from orders.models import Order, OrderState
from verification.answers import Answer
from verification.at_hand import at_hand
from verification.billing import count_all
from verification.checklists import keep
from verification.checks import LABELS, failing, referred, run
from verification.claiming import claim_of, order_number
from verification.models import RedemptionClaim, RedemptionState
from verification.parts import unclaimed_of
from verification.standing import claims_of, fall_away, follow, release_rest
from verification.states import REDEMPTION
from vouchers.duties import judges
from vouchers.redemption import redeem
from vouchers.terms import terms_of

REASONS: Final[Mapping[str, str]] = {
    "not_delivered": N_("服务没有真实发生"),
    "not_supported": N_("服务内容不在支持范围"),
    "false_material": N_("材料不真实"),
    "funded_elsewhere": N_("同一服务已获其他财政资金支持"),
    "related_parties": N_("服务机构与企业有关联关系"),
    "other": N_("其他原因"),
}
"""Why a claim is rejected; the reviewer adds words of their own."""

RETURN_REASONS: Final[Mapping[str, str]] = {
    "incomplete": N_("材料不全"),
    "illegible": N_("材料看不清"),
    "disagrees": N_("内容与协议、记录或发票不一致"),
    "unsigned": N_("签字、盖章或日期不全"),
    "wrong_file": N_("上传的文件不对"),
    "see_note": N_("其他，见说明"),
}
"""Why a claim is returned; only the last one needs words of the reviewer's own."""

_NEEDS_WORDS: Final = "see_note"


class Rest(StrEnum):
    """What a decision does with money that the order holds and no claim asks for."""

    STAYS = "stays"
    RELEASED = "released"


def verify(
    session: Session,
    actor: Actor,
    number: str,
    *,
    note: str | None = None,
    password: str = "",
    amount: int | None = None,
    rest: Rest = Rest.STAYS,
) -> RedemptionClaim:
    """The service was verified: ``amount`` fen (None: all that is claimed) become payable to the provider.

    ``rest`` says what becomes of money that the order holds beside that and that no other open claim asks for: it stays
    held for a claim yet to come, or goes back to the voucher. The checks run anew on what is filed now. Conflict while one
    fails; BadInput by ``note`` while one is referred, or less is redeemed than was claimed, and the reviewer has not said
    why; NotAllowed for whoever releases money in the programme, and without the ``password`` where it was not given these
    last minutes.
    """
    found = at_hand(session, actor, number)
    order, claim = found.order, found.claim
    REDEMPTION.next(claim.state, "verify", actor.role)
    if not lately(found.password_at):
        reconfirmed(session, actor, password)
    answers = run(found.case)
    note = (note or "").strip() or None
    _ensure_clean(answers, note)
    count_all(claim)
    amount = _granted(min(claim.amount, unclaimed_of(found.held, found.claims, but=claim.id)), amount, note)
    _refuse_involved(found.involved)
    actor = judges(session, actor, order.programme, has=found.duty)
    redeem(
        session,
        actor,
        voucher_id=order.voucher_id,
        order_id=order.id,
        claim_id=claim.id,
        provider_id=order.provider_id,
        amount=amount,
        # A redemption after one that was taken back is another movement.
        transfer_id=uuid5(claim.id, f"redeem {claim.undone}" if claim.undone else "redeem"),
        held=True,
    )
    keep(session, claim, found.case, answers, found.checklist_id)
    claim.redeemed = amount
    _signed(actor, claim, note)
    change_state(session, actor, claim, REDEMPTION, "verify", note=note, reasons=claim.reasons, checks=claim.checks)
    held: int | None = found.held - amount
    if rest is Rest.RELEASED:
        release_rest(session, actor, order, claim)
        held = None
    follow(session, actor, order, "verify", note=note, claims=found.claims, held=held)
    return claim


def send_back(
    session: Session, actor: Actor, number: str, *, marks: Sequence[str], reason: str, note: str | None = None
) -> RedemptionClaim:
    """Return the claim for correction: ``marks`` are ids of checks whose matter is to be mended, ``reason`` says why.

    ``note`` adds words, which only the reason "other" needs. The deadline is the programme's (ten working days where
    it says nothing); after it the claim lapses.
    """
    unknown = [mark for mark in marks if mark not in LABELS]
    if not marks or unknown:
        raise BadInput(N_("标出需要补正的内容"), field="marks")
    if reason not in RETURN_REASONS:
        raise BadInput(N_("选择退回的原因"), field="reason")
    note = (note or "").strip()
    if reason == _NEEDS_WORDS:
        note = _said(note, N_("写明怎样补正，服务机构会看到"))
    order, claim = locked_claim(session, actor, number)
    REDEMPTION.next(claim.state, "return", actor.role)
    told = f"{RETURN_REASONS[reason]}：{note}" if note else RETURN_REASONS[reason]
    claim.reasons = [reason, *dict.fromkeys(marks)]
    actor = _decide(session, actor, order, claim, "return", note=told)
    due_at = due_in(OrderState.RETURNED, terms_of(order.voucher.programme_version))
    claim.due_on = None if due_at is None else day_of(due_at)
    claim.note = note or None
    follow(session, actor, order, "return", note=told)
    return claim


def reject(
    session: Session, actor: Actor, number: str, *, reason: str, note: str, password: str = ""
) -> RedemptionClaim:
    """The claim is refused for good: what it asks for goes back to the voucher. Password as ``verify``.

    With the last claim the order is void, and all that it holds goes back.
    """
    if reason not in REASONS:
        raise BadInput(N_("选择不予核销的原因"), field="reason")
    note = _said(note, N_("写明依据的事实，双方都会看到"))
    order, claim = locked_claim(session, actor, number)
    REDEMPTION.next(claim.state, "reject", actor.role)
    confirmed_lately(session, actor, password)
    claim.reasons = [reason]
    actor = _judge(session, actor, order, claim, note=note)
    fall_away(session, actor, order, claim, "reject", told=f"{REASONS[reason]}：{note}", note=note)
    return claim


def lapse(session: Session, claim_id: UUID) -> bool:
    """A returned claim was not corrected in time; False when it is not overdue, or not any more.

    State and deadline are looked at under the lock: the provider may have filed again while the clock waited for it.
    """
    order = locked_with_money(session, session.get_one(RedemptionClaim, claim_id).order_id)
    claim = lock_row(session, RedemptionClaim, claim_id)
    if claim.state is not RedemptionState.RETURNED or claim.due_on is None or until(claim.due_on) >= now():
        return False
    fall_away(session, SYSTEM, order, claim, "lapse", told=N_("未在期限内补正"), note=None)
    return True


def ensure_free(session: Session, actor: Actor, order: Order) -> None:
    """NotAllowed unless the person has no part in the provider or the enterprise of the order, in any role."""
    own = select(Membership.id).where(
        Membership.user_id == actor.user_id,
        Membership.state == MembershipState.ACTIVE,
        Membership.organisation_id.in_([order.provider_id, order.enterprise_id]),
    )
    _refuse_involved(session.scalar(own.limit(1)) is not None)


def _refuse_involved(involved: bool) -> None:
    if involved:
        raise NotAllowed(N_("您是这份订单一方单位的成员，不能审核它"), remedy=N_("请由与双方没有关系的工作人员办理"))


def locked_claim(session: Session, actor: Actor, number: str) -> tuple[Order, RedemptionClaim]:
    """Voucher, line, order and claim, in this order; NotFound where there is no claim for this person to decide."""
    order = find(session, actor, order_number(session, number))
    claim = claim_of(session, number)
    if actor.role not in BUREAU or claim is None:
        raise not_here()
    order = locked_with_money(session, order.id)
    return order, lock_row(session, RedemptionClaim, claim.id)


def _judge(session: Session, actor: Actor, order: Order, claim: RedemptionClaim, *, note: str | None) -> Actor:
    """Who decides, when and with what words; returns the actor as the deed records it."""
    ensure_free(session, actor, order)
    actor = judges(session, actor, order.programme)
    _signed(actor, claim, note)
    return actor


def _signed(actor: Actor, claim: RedemptionClaim, note: str | None) -> None:
    claim.decided_at = now()
    claim.decided_by_id = actor.user_id
    claim.note = note


def _decide(
    session: Session,
    actor: Actor,
    order: Order,
    claim: RedemptionClaim,
    event: str,
    *,
    note: str | None,
) -> Actor:
    """The decision itself; returns the actor as the deed records it."""
    actor = _judge(session, actor, order, claim, note=note)
    claim.redeemed = None
    change_state(session, actor, claim, REDEMPTION, event, note=note, reasons=claim.reasons, checks=claim.checks)
    return actor


def _granted(most: int, amount: int | None, note: str | None) -> int:
    """What is redeemed of the ``most`` that a claim can get, in fen."""
    if amount is None or amount == most:
        return most
    if not 0 < amount < most:
        raise BadInput(N_("核销金额应大于零，不超过申请的 %(most)s"), field="amount", most=display_yuan(most))
    if note is None:
        raise BadInput(N_("核销金额少于申请金额的，写明理由"), field="note")
    return amount


def _ensure_clean(answers: Sequence[Answer], note: str | None) -> None:
    fails = failing(answers)
    if fails:
        raise Conflict(
            N_("有 %(count)s 项核对不符合规定，不能核销：%(names)s"),
            remedy=N_("退回补正，或不予核销"),
            count=len(fails),
            names="、".join(LABELS[answer.id] for answer in fails),
        )
    if referred(answers) and note is None:
        raise BadInput(N_("有需要人工判断的项目，写明您的判断"), field="note")


def _said(text: str, message: str) -> str:
    if len(text.strip()) < 2:
        raise BadInput(message, field="note")
    return text.strip()


@deadline_moved.connect
def _move_along(order: Order, *, session: Session) -> None:
    """Claims in correction are due when their order is, or later: it has the deadline of the first one."""
    day = last_day(order)
    for claim in claims_of(session, order):
        if day and claim.due_on and claim.state is RedemptionState.RETURNED:
            claim.due_on = max(claim.due_on, day)
    session.flush()
