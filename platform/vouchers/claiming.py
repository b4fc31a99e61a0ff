"""Claiming a voucher and deciding the queue: first come first served, and the money runs out exactly."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import Session

from accounts.current import not_here
from audit.trail import record
from enterprises.models import TitleLevel
from enterprises.titles import levels_on
from foundation.actors import SYSTEM, Actor
from foundation.clock import now, today
from foundation.errors import Conflict, NotAllowed
from foundation.i18n import N_
from foundation.identifiers import new_id, new_number
from foundation.jobs import queue_once
from foundation.locking import lock_key
from foundation.many import among
from foundation.periodic import Due
from ledger.accounts import account
from ledger.models import AccountKind, LedgerAccount
from ledger.posting import Posting, ensure_covers, post
from ledger.shortfall import cover
from vouchers.eligibility import committed, may_claim
from vouchers.models import ClaimState, Programme, ProgrammeState, ProgrammeVersion, Voucher, VoucherClaim, VoucherState
from vouchers.regions import at_home
from vouchers.states import CLAIM, IN_LINE
from vouchers.terms import Terms, terms_of

# Rows keep these sentences, and ``reading.ClaimReason`` knows them by a code: one that is worded anew takes its rows along.
CUT_TO_CAP = N_("超过每家企业上限，按剩余额度发放")
CUT_TO_POOL = N_("项目资金余额不足，按剩余资金发放")
OVER_CAP = N_("已达到每家企业的上限")
NO_TITLE = N_("轮到时没有本项目认可的有效称号，顺位已让给下一家")
OTHER_REGION = N_("本项目只支持本地区的企业，顺位已让给下一家")
NO_FUNDS = N_("项目资金已用完，按顺位候补")
LAPSED = N_("项目已到期，候补结束")

_BATCH = 1000
# What one claim decides besides itself; the rest of a long line is the job's.
_FRONT = 20


@dataclass(frozen=True, slots=True)
class Entitlement:
    """An enterprise when its turn comes: fen of the programme on its vouchers, the titles that it holds that day, and
    whether it lies in the programme's region.
    """

    used: int
    titles: AbstractSet[TitleLevel]
    at_home: bool


def claim(session: Session, actor: Actor, *, programme_id: UUID) -> VoucherClaim:
    """Claim what the enterprise may still have; decided in the same transaction where money is there.

    NotAllowed with the missing condition when it may not, Conflict when a claim of the enterprise is in line already.
    """
    if actor.organisation_id is None:
        raise not_here()
    # A second click waits here and then meets the first one's claim.
    lock_key(session, "claim", f"{programme_id}:{actor.organisation_id}")
    programme = session.get(Programme, programme_id)
    if programme is None or programme.state in {ProgrammeState.DRAFT, ProgrammeState.CHECKED}:
        raise not_here()
    answer = may_claim(session, actor.organisation_id, programme)
    if not answer.may_claim:
        fault = next(finding for finding in answer.findings if not finding.met)
        refusal = Conflict if fault.rule == "queue" else NotAllowed
        raise refusal(fault.missing or fault.text, rule=fault.citation, **fault.params)
    request = VoucherClaim(
        id=new_id(),
        number=new_number("SL", today()),
        programme_id=programme.id,
        programme_version_id=answer.version.id,
        enterprise_id=actor.organisation_id,
        state=ClaimState.QUEUED,
        title=answer.title.value if answer.title else "",
        priority=answer.priority,
        requested=answer.amount,
        allotted=0,
        queued_at=now().replace(microsecond=0),
    )
    session.add(request)
    session.flush()
    record(
        session,
        actor,
        "voucher_claim.queue",
        request,
        after={"number": request.number, "requested": request.requested, "title": request.title},
    )
    allot(session, programme.id, limit=_FRONT)
    if request.state is ClaimState.QUEUED:
        decide_soon(session, programme.id)
    return request


def decide_soon(session: Session, programme_id: UUID) -> None:
    """Have the line decided once the running second is over, by one job however many claim in it."""
    rest = 1 - now().microsecond / 1_000_000
    key = f"vouchers.allot {programme_id}"
    queue_once(session, "vouchers.allot", key=key, seconds=rest, programme_id=str(programme_id))


def allot(session: Session, programme_id: UUID, *, limit: int = _BATCH) -> int:
    """Decide the claims of a programme in line, in order, until the money is gone; returns how many got a voucher.

    Order: the second of the claim, then priority titles, then who pressed first inside the second. Whose title has
    ended while waiting is not eligible, and the next moves up. The pool is locked first, so two deciders never give
    the same money. May run any number of times.
    """
    pool = account(session, AccountKind.POOL, programme_id)
    # What a correction is short of goes first.
    money = cover(session, SYSTEM, pool, programme_id, ensure_covers(session, pool, 0))
    # Without money nobody who waits can move up; only new claims are still told that they wait.
    states = IN_LINE if money else {ClaimState.QUEUED}
    line = session.scalars(
        select(VoucherClaim)
        .where(VoucherClaim.programme_id == programme_id, VoucherClaim.state.in_(states))
        .order_by(VoucherClaim.queued_at, VoucherClaim.priority, VoucherClaim.id)
        .limit(limit)
        .execution_options(populate_existing=True)
    ).all()
    if not line:
        return 0
    enterprises = {request.enterprise_id for request in line}
    used = committed(session, programme_id, enterprises)
    held = levels_on(session, enterprises, today())
    here = at_home(session, programme_id, enterprises)
    rules = _terms(session, {request.programme_version_id for request in line})
    running = now().replace(microsecond=0)
    vouchers: list[Voucher] = []
    for request in line:
        terms = rules[request.programme_version_id]
        if _tie_is_open(request, terms, money, running):
            break
        who = request.enterprise_id
        standing = Entitlement(used.get(who, 0), held.get(who, set()), who in here)
        amount = _decide(session, request, terms, standing, money)
        if amount:
            vouchers.append(_voucher(request, terms, amount))
            used[request.enterprise_id] = standing.used + amount
            money -= amount
    _issue(session, pool, vouchers)
    return len(vouchers)


def programmes_in_line() -> Due:
    """Programmes with claims in line."""
    return select(VoucherClaim.programme_id).where(VoucherClaim.state.in_(IN_LINE)).distinct()


def undecided(session: Session, programme_id: UUID) -> bool:
    """Whether a claim in line has not been told yet that it gets a voucher, waits or gets none."""
    queued = select(VoucherClaim.id).where(
        VoucherClaim.programme_id == programme_id, VoucherClaim.state == ClaimState.QUEUED
    )
    return session.scalar(queued.limit(1)) is not None


def outlived_lines() -> Due:
    """Programmes with a claim in line whose voucher would have expired by the rules under which it was made."""
    return select(VoucherClaim.programme_id).where(_outlived()).distinct()


def lapse(session: Session, programme_id: UUID) -> int:
    """End the claims in line whose vouchers would have expired, each by its own version; returns how many.

    Under the lock of the pool, as every decision about the line.
    """
    ensure_covers(session, account(session, AccountKind.POOL, programme_id), 0)
    waiting = session.scalars(
        select(VoucherClaim)
        .where(VoucherClaim.programme_id == programme_id, _outlived())
        .order_by(VoucherClaim.id)
        .execution_options(populate_existing=True)
    ).all()
    for request in waiting:
        _turn(session, request, "lapse", LAPSED)
    session.flush()
    return len(waiting)


def _outlived() -> ColumnElement[bool]:
    """Claims in line past the last day of their own version's vouchers; days are stored as ISO text, which sorts as they do."""
    ended = select(ProgrammeVersion.id).where(ProgrammeVersion.terms["expires_on"].astext < today().isoformat())
    return and_(VoucherClaim.state.in_(IN_LINE), VoucherClaim.programme_version_id.in_(ended))


def _tie_is_open(request: VoucherClaim, terms: Terms, money: int, running: datetime) -> bool:
    """Whether the claim's second still runs and money is short, so that somebody with priority may yet go first.

    Nobody can go before a claim with priority any more: among those, who pressed first is first.
    """
    if not terms.tie_reserve or request.priority == 0:
        return False
    ample = request.requested + terms.tie_reserve * terms.cap_per_enterprise
    return request.queued_at >= running and 0 < money < ample


def _decide(session: Session, request: VoucherClaim, terms: Terms, standing: Entitlement, money: int) -> int:
    """Set the claim's state and reason; returns fen to issue."""
    left = terms.cap_per_enterprise - standing.used
    if terms.expires_on < today():
        _turn(session, request, "lapse", LAPSED)
        return 0
    if not (standing.at_home or terms.any_region):
        _turn(session, request, "refuse", OTHER_REGION)
        return 0
    if left <= 0 or standing.titles.isdisjoint(terms.titles):
        _turn(session, request, "refuse", OVER_CAP if left <= 0 else NO_TITLE)
        return 0
    if money <= 0:
        if request.state is ClaimState.QUEUED:
            _turn(session, request, "wait", NO_FUNDS)
        return 0
    amount = min(request.requested, left, money)
    reason = None if amount == request.requested else CUT_TO_CAP if amount == left else CUT_TO_POOL
    request.allotted = amount
    _turn(session, request, "allot", reason)
    return amount


def _turn(session: Session, request: VoucherClaim, event: str, reason: str | None) -> None:
    """As ``audit.changes.change_state``, without a flush of its own: a window's thousand claims are written at once."""
    before = request.state
    request.state = ClaimState(CLAIM.next(before, event, SYSTEM.role))
    request.decided_at, request.reason = now(), reason
    record(
        session,
        SYSTEM,
        f"{CLAIM.name}.{event}",
        request,
        before={"state": before.value},
        after={"state": request.state.value, "allotted": request.allotted},
        note=reason,
    )


def _voucher(request: VoucherClaim, terms: Terms, amount: int) -> Voucher:
    return Voucher(
        id=new_id(),
        number=new_number("FQ", today()),
        claim_id=request.id,
        programme_id=request.programme_id,
        programme_version_id=request.programme_version_id,
        enterprise_id=request.enterprise_id,
        face=amount,
        state=VoucherState.ISSUED,
        issued_at=now(),
        expires_on=terms.expires_on,
    )


def _issue(session: Session, pool: UUID, vouchers: Sequence[Voucher]) -> None:
    """Open the vouchers' accounts, write the vouchers and move the money, in one go however many there are."""
    for voucher in vouchers:
        voucher.account_id = new_id()
        session.add(
            LedgerAccount(
                id=voucher.account_id,
                kind=AccountKind.VOUCHER,
                programme_id=voucher.programme_id,
                owner_id=voucher.id,
                balance=0,
            )
        )
    session.flush()
    session.add_all(vouchers)
    session.flush()
    post(
        session,
        SYSTEM,
        [
            Posting(
                id=new_id(),
                source=pool,
                target=voucher.account_id,
                amount=voucher.face,
                kind="issue",
                programme_id=voucher.programme_id,
                subject_type="vouchers",
                subject_id=voucher.id,
            )
            for voucher in vouchers
        ],
    )


def _terms(session: Session, versions: set[UUID]) -> Mapping[UUID, Terms]:
    return {
        version.id: terms_of(version)
        for version in session.scalars(select(ProgrammeVersion).where(among(ProgrammeVersion.id, versions)))
    }
