"""What programmes and vouchers put on a person's desk."""

from datetime import timedelta
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session, selectinload

from accounts.delegation import acts_for
from accounts.models import Organisation, Region
from enterprises.titles import titles_on
from foundation.actors import BUREAU, ENTERPRISE, TREASURY, Actor, Role
from foundation.clock import end_of, now, today
from foundation.desk import SHOWN, DeskItem, Figure, Lying, task
from foundation.i18n import N_
from foundation.waiting import Party
from ledger.models import LedgerAccount
from vouchers.eligibility import may_claim_each
from vouchers.models import ClaimState, Programme, ProgrammeState, Voucher, VoucherClaim
from vouchers.second_desk import to_look_at
from vouchers.sources import open_programmes_for
from vouchers.states import IN_LINE, USABLE
from vouchers.terms import readable
from vouchers.turns import IN_LINE as CLAIM_IN_LINE

_CLAIM: Final = task("programme.claim", N_("可以申领服务券"), N_("申领"))
_TITLE: Final = task("title.ask", N_("请主管部门登记本企业称号"), N_("查看"))
_WITHOUT: Final = task("voucher_claim.without_voucher", N_("申领没有发券"), N_("查看"))
_ENDING: Final = task("voucher.ending", N_("服务券即将过期"), N_("查看"))
_FIRST: Final = task("programme.first", N_("起草第一个服务券项目"), N_("起草"))
_FUND: Final = task("programme.fund", N_("拨入资金"), N_("拨款"))
_CHECK: Final = task("programme.check", N_("审核项目规则"), N_("审核"))
_CHECK_CHANGE: Final = task("programme.check_change", N_("审核规则修改"), N_("审核"))
_ANNOUNCE: Final = task("programme.announce", N_("公布项目"), N_("公布"))
_SOON: Final = timedelta(days=30)
_NEWS: Final = timedelta(days=7)


def waiting(session: Session, actor: Actor, _most: int = SHOWN) -> Lying:
    """Programmes to check, announce or fund, what waits for a second person, or the first one to draft; for enterprises those to claim from, or how to be
    entitled, and vouchers that end soon.
    """
    if actor.role in ENTERPRISE:
        return Lying([*_to_claim(session, actor), *_without_voucher(session, actor), *_ending(session, actor)])
    if actor.role in {Role.OFFICER, Role.REVIEWER, Role.BUDGET_HOLDER, Role.PAYER}:
        items = to_look_at(session, actor)
        items += [item for one in _own_programmes(session, actor) if (item := _office_item(one, actor)) is not None]
        return Lying(items or _first_programme(session, actor))
    return Lying()


def others(session: Session, actor: Actor, _most: int = SHOWN) -> Lying:
    """An enterprise's claims in line: one a programme at most."""
    if actor.role not in ENTERPRISE:
        return Lying()
    rows = session.execute(
        select(VoucherClaim, Programme)
        .join(VoucherClaim.programme)
        .where(
            VoucherClaim.enterprise_id == actor.organisation_id,
            VoucherClaim.waits_for != Party.NOBODY,
        )
    )
    return Lying(
        DeskItem(
            task=CLAIM_IN_LINE,
            title=programme.name,
            endpoint="vouchers.claim",
            arguments={"number": programme.number},
            since=claim.waits_since or claim.queued_at,
            holder=programme.bureau.name,
            amount=claim.requested,
        )
        for claim, programme in rows
    )


def figures(session: Session, actor: Actor) -> list[Figure]:
    """What an enterprise can still use; for a bureau how many wait in line."""
    if actor.role in ENTERPRISE:
        free = session.scalar(
            select(func.coalesce(func.sum(LedgerAccount.balance), 0))
            .join(Voucher, Voucher.account_id == LedgerAccount.id)
            .where(Voucher.enterprise_id == actor.organisation_id, Voucher.state.in_(USABLE))
        )
        return [Figure(label=N_("可使用的服务券"), endpoint="vouchers.index", amount=int(free or 0))]
    if actor.role in BUREAU | {Role.AUDITOR}:
        count = session.scalar(
            select(func.count())
            .select_from(VoucherClaim)
            .join(VoucherClaim.programme)
            .join(Region, Region.id == Programme.region_id)
            .where(
                VoucherClaim.state.in_(IN_LINE),
                Region.path.startswith(actor.region_path, autoescape=True),
            )
        )
        return [Figure(label=N_("排队和候补的申领"), endpoint="vouchers.programmes", count=int(count or 0))]
    return []


def _to_claim(session: Session, actor: Actor) -> list[DeskItem]:
    if actor.organisation_id is None:
        return []
    if not titles_on(session, actor.organisation_id, today()):
        return [_title_first(actor)]
    enterprise = session.get_one(Organisation, actor.organisation_id)
    return [
        DeskItem(
            task=_CLAIM,
            title=answer.programme.name,
            endpoint="vouchers.claim",
            arguments={"number": answer.programme.number},
            since=answer.terms.claims_open_at,
            due=answer.terms.claims_close_at,
            amount=answer.amount,
        )
        for answer in may_claim_each(session, enterprise.id, open_programmes_for(session, enterprise))
        if answer.may_claim
    ]


def _title_first(actor: Actor) -> DeskItem:
    """Where an enterprise begins that no programme can know."""
    return DeskItem(
        task=_TITLE,
        title=actor.organisation_name or "",
        endpoint="enterprises.titles",
        arguments={},
        since=now(),
        blocks=N_("没有有效的称号不能申领服务券"),
    )


def _first_programme(session: Session, actor: Actor) -> list[DeskItem]:
    """Where an officer begins in a region that has no programme yet."""
    any_here = (
        select(Programme.id)
        .join(Region, Region.id == Programme.region_id)
        .where(Region.path.startswith(actor.region_path, autoescape=True))
    )
    if actor.role is not Role.OFFICER or session.scalar(any_here.limit(1)):
        return []
    return [
        DeskItem(
            task=_FIRST,
            title=actor.organisation_name or "",
            endpoint="programmes.draft",
            arguments={},
            since=now(),
            blocks=N_("没有项目，企业不能申领服务券"),
        )
    ]


def _without_voucher(session: Session, actor: Actor) -> list[DeskItem]:
    """Claims that ended these days without a voucher: whoever waited learns why it is over."""
    rows = session.execute(
        select(VoucherClaim, Programme)
        .join(VoucherClaim.programme)
        .where(
            VoucherClaim.enterprise_id == actor.organisation_id,
            VoucherClaim.state.in_([ClaimState.NOT_ELIGIBLE, ClaimState.LAPSED]),
            VoucherClaim.decided_at >= now() - _NEWS,
        )
    )
    return [
        DeskItem(
            task=_WITHOUT,
            title=programme.name,
            endpoint="vouchers.claim",
            arguments={"number": programme.number},
            since=claim.decided_at or claim.queued_at,
            blocks=claim.reason,
        )
        for claim, programme in rows
    ]


def _ending(session: Session, actor: Actor) -> list[DeskItem]:
    rows = session.execute(
        select(Voucher, LedgerAccount.balance)
        .join(LedgerAccount, LedgerAccount.id == Voucher.account_id)
        .where(
            Voucher.enterprise_id == actor.organisation_id,
            Voucher.state.in_(USABLE),
            LedgerAccount.balance > 0,
            Voucher.expires_on.between(today(), today() + _SOON),
        )
    )
    return [
        DeskItem(
            task=_ENDING,
            title=voucher.number,
            endpoint="vouchers.voucher",
            arguments={"number": voucher.number},
            since=voucher.issued_at,
            due=end_of(voucher.expires_on),
            blocks=N_("过期未用的余额退回项目，转给下一顺位企业"),
            amount=balance,
        )
        for voucher, balance in rows
    ]


def _own_programmes(session: Session, actor: Actor) -> list[Programme]:
    own = Programme.treasury_id == actor.organisation_id
    if actor.role not in TREASURY:
        own = acts_for(actor, Programme.bureau_id, Programme.id)
    query = select(Programme).where(own, Programme.state != ProgrammeState.SETTLED)
    return list(session.scalars(query.options(selectinload(Programme.versions)).order_by(Programme.created_at)))


def _office_item(programme: Programme, actor: Actor) -> DeskItem | None:
    """What the programme wants from this person now."""
    state, role = programme.state, actor.role
    mine = programme.drafted_by_id == actor.user_id
    proposed = programme.versions[-1].announced_at is None
    what = None
    if role is Role.BUDGET_HOLDER:
        what = _FUND if state is ProgrammeState.ANNOUNCED else None
    elif role is Role.REVIEWER and not mine and state is ProgrammeState.DRAFT:
        what = _CHECK
    elif role is Role.REVIEWER and not mine and proposed and state in {ProgrammeState.ANNOUNCED, ProgrammeState.OPEN}:
        what = _CHECK_CHANGE
    elif role is Role.OFFICER and state is ProgrammeState.CHECKED:
        what = _ANNOUNCE
    if what is None:
        return None
    since, rules = programme.versions[-1].created_at, readable(programme)
    opens = rules.claims_open_at if rules else since
    return DeskItem(
        task=what,
        title=programme.name,
        endpoint="vouchers.programme",
        arguments={"number": programme.number},
        since=since,
        # Rules drafted on the first day of their window, or changed in it, are not late from the beginning.
        due=opens if opens > since else None,
    )
