"""The reviewer's decision: redeem, return for correction, or reject. Nobody decides about their own organisation."""

from collections.abc import Mapping, Sequence
from typing import Final
from uuid import uuid5

from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.current import not_here
from accounts.models import Membership, MembershipState
from accounts.passwords import confirmed_lately
from audit.changes import change_state
from foundation.actors import BUREAU, SYSTEM, Actor
from foundation.clock import now
from foundation.errors import BadInput, Conflict, NotAllowed
from foundation.i18n import N_
from foundation.locking import lock_row
from orders.access import find, locked_with_money
from orders.deadlines import due_in, last_day
from orders.ending import end
from orders.events import deadline_moved, order_ended
from orders.models import Order, OrderState
from orders.steps import take
from verification.answers import Answer
from verification.checklists import keep
from verification.checks import LABELS, failing, referred, run
from verification.claiming import claim_of
from verification.facts import facts_of, stated
from verification.models import RedemptionClaim, RedemptionState
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


def verify(
    session: Session, actor: Actor, number: str, *, note: str | None = None, password: str = ""
) -> RedemptionClaim:
    """The service was verified: the held money becomes payable to the provider.

    The checks run anew on what is filed now. Conflict while one fails; BadInput by ``note`` while one is referred and
    the reviewer has not said why it is in order; NotAllowed for whoever releases money in the programme, and without
    the ``password`` where it was not given these last minutes.
    """
    order, claim = locked_claim(session, actor, number)
    REDEMPTION.next(claim.state, "verify", actor.role)
    confirmed_lately(session, actor, password)
    case = facts_of(session, order, stated(claim))
    answers = run(case)
    note = (note or "").strip() or None
    _ensure_clean(answers, note)
    keep(session, claim, case, answers)
    actor = _decide(session, actor, order, claim, "verify", note=note)
    redeem(
        session,
        actor,
        voucher_id=order.voucher_id,
        order_id=order.id,
        provider_id=order.provider_id,
        # A redemption after one that was taken back is another movement.
        transfer_id=uuid5(claim.id, f"redeem {claim.undone}" if claim.undone else "redeem"),
    )
    take(session, actor, order, "verify", note=note)
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
    take(session, actor, order, "return", note=told, due_at=due_at)
    claim.note = note or None
    claim.due_on = last_day(order)
    session.flush()
    return claim


def reject(
    session: Session, actor: Actor, number: str, *, reason: str, note: str, password: str = ""
) -> RedemptionClaim:
    """The claim is refused for good: the held money goes back to the voucher, the order is void. Password as ``verify``."""
    if reason not in REASONS:
        raise BadInput(N_("选择不予核销的原因"), field="reason")
    note = _said(note, N_("写明依据的事实，双方都会看到"))
    order, claim = locked_claim(session, actor, number)
    REDEMPTION.next(claim.state, "reject", actor.role)
    confirmed_lately(session, actor, password)
    claim.reasons = [reason]
    actor = _decide(session, actor, order, claim, "reject", note=note)
    end(session, actor, order.id, "reject", reason=f"{REASONS[reason]}：{note}")
    return claim


def ensure_free(session: Session, actor: Actor, order: Order) -> None:
    """NotAllowed unless the person has no part in the provider or the enterprise of the order, in any role."""
    own = select(Membership.id).where(
        Membership.user_id == actor.user_id,
        Membership.state == MembershipState.ACTIVE,
        Membership.organisation_id.in_([order.provider_id, order.enterprise_id]),
    )
    if session.scalar(own.limit(1)) is not None:
        raise NotAllowed(N_("您是这份订单一方单位的成员，不能审核它"), remedy=N_("请由与双方没有关系的工作人员办理"))


def locked_claim(session: Session, actor: Actor, number: str) -> tuple[Order, RedemptionClaim]:
    """Voucher, line, order and claim, in this order; NotFound where there is no claim for this person to decide."""
    order = find(session, actor, number)
    if actor.role not in BUREAU:
        raise not_here()
    order = locked_with_money(session, order.id)
    claim = claim_of(session, order.id)
    if claim is None:
        raise not_here()
    return order, lock_row(session, RedemptionClaim, claim.id)


def _decide(
    session: Session, actor: Actor, order: Order, claim: RedemptionClaim, event: str, *, note: str | None
) -> Actor:
    """The decision itself; returns the actor as the deed records it."""
    ensure_free(session, actor, order)
    actor = judges(session, actor, order.programme)
    claim.decided_at = now()
    claim.decided_by_id = actor.user_id
    claim.note = note
    change_state(session, actor, claim, REDEMPTION, event, note=note, reasons=claim.reasons, checks=claim.checks)
    return actor


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
    """A claim in correction has the deadline of its order."""
    claim = claim_of(session, order.id)
    if claim is not None and claim.state is RedemptionState.RETURNED:
        claim.due_on = last_day(order)
        session.flush()


@order_ended.connect
def _close_claim(order: Order, event: str) -> None:
    """An order that lapsed in correction takes its claim along, whoever ended it."""
    from sqlalchemy.orm import object_session  # noqa: PLC0415 - only here a session must be found from a row

    session = object_session(order)
    claim = claim_of(session, order.id) if session is not None else None
    if session is not None and claim is not None and claim.state is RedemptionState.RETURNED and event == "lapse":
        change_state(session, SYSTEM, claim, REDEMPTION, "lapse")
