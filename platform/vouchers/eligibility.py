"""May an enterprise claim, how much, why not, and what is missing: one look, the same for the page and the decision."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from accounts.models import Organisation
from enterprises.models import Title, TitleLevel
from enterprises.titles import TITLE_LABELS, titles_on
from foundation.clock import day_of, local, now
from foundation.i18n import N_
from foundation.many import among
from foundation.money import display_yuan
from ledger.models import Transfer
from vouchers.models import Programme, ProgrammeState, ProgrammeVersion, Voucher, VoucherClaim
from vouchers.regions import admits
from vouchers.states import ENDINGS, IN_LINE
from vouchers.terms import Terms, current_version, terms_of


@dataclass(frozen=True, slots=True)
class Finding:
    """One condition and whether it is met; ``text`` and ``missing`` are msgids filled with ``params``."""

    met: bool
    rule: str
    text: str
    citation: str | None = None
    missing: str | None = None
    params: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Eligibility:
    """The answer: ``amount`` fen may be claimed now (0 when not), decided by ``version``'s terms with ``title``."""

    programme: Programme
    version: ProgrammeVersion
    terms: Terms
    findings: tuple[Finding, ...]
    title: TitleLevel | None
    priority: int
    amount: int
    used: int
    open_claim: VoucherClaim | None

    @property
    def may_claim(self) -> bool:
        """Whether every condition is met and something is left under the cap."""
        return all(finding.met for finding in self.findings)


def may_claim(
    session: Session, enterprise_id: UUID, programme: Programme, *, moment: datetime | None = None
) -> Eligibility:
    """What the rules say for this enterprise at ``moment`` (default: now). Changes nothing."""
    (answer,) = may_claim_each(session, enterprise_id, [programme], moment=moment)
    return answer


def may_claim_each(
    session: Session, enterprise_id: UUID, programmes: Sequence[Programme], *, moment: datetime | None = None
) -> list[Eligibility]:
    """The same for several programmes, in their order, with as many questions to the database as for one."""
    moment = moment or now()
    enterprise = session.get_one(Organisation, enterprise_id)
    titles = titles_on(session, enterprise_id, day_of(moment))
    ids = [programme.id for programme in programmes]
    used = committed_in(session, enterprise_id, ids)
    in_line = {
        claim.programme_id: claim
        for claim in session.scalars(
            select(VoucherClaim).where(
                VoucherClaim.programme_id.in_(ids),
                VoucherClaim.enterprise_id == enterprise_id,
                VoucherClaim.state.in_(IN_LINE),
            )
        )
    }
    return [
        _judge(programme, _Standing(enterprise, titles, used.get(programme.id, 0), in_line.get(programme.id)), moment)
        for programme in programmes
    ]


@dataclass(frozen=True, slots=True)
class _Standing:
    """An enterprise as a programme finds it: its titles, fen of the programme on its vouchers, its claim in line."""

    enterprise: Organisation
    titles: Sequence[Title]
    used: int
    open_claim: VoucherClaim | None


def _judge(programme: Programme, standing: _Standing, moment: datetime) -> Eligibility:
    version, used = current_version(programme), standing.used
    terms = terms_of(version)
    held = [title for title in standing.titles if title.level in terms.titles]
    findings = (
        _region_finding(programme, terms, standing.enterprise),
        _title_finding(terms, held[0] if held else None),
        _window_finding(programme, terms, moment),
        _cap_finding(terms, used),
        _queue_finding(standing.open_claim),
    )
    eligible = all(finding.met for finding in findings)
    return Eligibility(
        programme=programme,
        version=version,
        terms=terms,
        findings=findings,
        title=held[0].level if held else None,
        priority=0 if held and any(title.level in terms.priority_titles for title in held) else 1,
        amount=max(0, terms.cap_per_enterprise - used) if eligible else 0,
        used=used,
        open_claim=standing.open_claim,
    )


def committed(session: Session, programme_id: UUID, enterprises: Collection[UUID]) -> dict[UUID, int]:
    """Fen of the programme that these enterprises have on vouchers: what was issued less what went back to the pool.

    Who has none is missing.
    """
    return _kept(session, Voucher.enterprise_id, Voucher.programme_id == programme_id, enterprises)


def committed_in(session: Session, enterprise_id: UUID, programmes: Collection[UUID]) -> dict[UUID, int]:
    """Fen of each of these programmes that the enterprise has on vouchers; where it has none the programme is missing."""
    return _kept(session, Voucher.programme_id, Voucher.enterprise_id == enterprise_id, programmes)


def _kept(
    session: Session, key: InstrumentedAttribute[UUID], where: ColumnElement[bool], keys: Collection[UUID]
) -> dict[UUID, int]:
    # What went back and was put onto the voucher again, with the redemption that caused it, is not back.
    undone = aliased(Transfer)
    returned = (
        select(func.coalesce(func.sum(Transfer.amount), 0))
        .where(
            Transfer.source_id == Voucher.account_id,
            Transfer.kind.in_(list(ENDINGS)),
            ~select(undone.id).where(undone.reverses_id == Transfer.id).exists(),
        )
        .scalar_subquery()
    )
    rows = session.execute(select(key, func.sum(Voucher.face - returned)).where(where, among(key, keys)).group_by(key))
    return {each: int(amount) for each, amount in rows}


def _region_finding(programme: Programme, terms: Terms, enterprise: Organisation) -> Finding:
    met = admits(terms, programme, enterprise)
    return Finding(
        met=met,
        rule="region",
        citation=terms.cited("region"),
        text=N_("不限地区") if terms.any_region else N_("限%(region)s的企业；贵单位登记在%(place)s"),
        missing=None if met else N_("本项目的资金只用于%(region)s的企业，请申领所在地的项目"),
        params={"region": programme.region.name, "place": enterprise.region.name},
    )


def _title_finding(terms: Terms, title: Title | None) -> Finding:
    return Finding(
        met=title is not None,
        rule="titles",
        citation=terms.cited("titles"),
        text=N_("登记在册的有效称号：%(title)s") if title else N_("没有本项目认可的有效称号"),
        missing=None if title else N_("称号由主管部门登记；如已获得称号，请联系所在地主管部门"),
        params={"title": TITLE_LABELS[title.level]} if title else {},
    )


def _window_finding(programme: Programme, terms: Terms, moment: datetime) -> Finding:
    opens, closes = f"{local(terms.claims_open_at):%Y-%m-%d}", f"{terms.claims_last_day:%Y-%m-%d}"
    met = programme.state is ProgrammeState.OPEN and terms.claims_open(moment)
    missing = None
    if not met:
        missing = (
            N_("申领于 %(opens)s 开始")
            if moment < terms.claims_open_at
            else N_("申领已经结束")
            if programme.state is not ProgrammeState.ANNOUNCED
            else N_("项目尚未开放申领")
        )
    return Finding(
        met=met,
        rule="claim_window",
        citation=terms.cited("claim_window"),
        text=N_("申领时间 %(opens)s 至 %(closes)s"),
        missing=missing,
        params={"opens": opens, "closes": closes},
    )


def _cap_finding(terms: Terms, used: int) -> Finding:
    met = used < terms.cap_per_enterprise
    return Finding(
        met=met,
        rule="cap_per_enterprise",
        citation=terms.cited("cap_per_enterprise"),
        text=N_("每家企业上限 %(cap)s，已领 %(used)s，还可申领 %(left)s"),
        missing=None if met else N_("已达到每家企业的上限"),
        params={
            "cap": display_yuan(terms.cap_per_enterprise),
            "used": display_yuan(used),
            "left": display_yuan(max(0, terms.cap_per_enterprise - used)),
        },
    )


def _queue_finding(claim: VoucherClaim | None) -> Finding:
    return Finding(
        met=claim is None,
        rule="queue",
        text=N_("没有排队中的申领") if claim is None else N_("申领 %(number)s 正在排队"),
        missing=None if claim is None else N_("资金到位后按顺位自动发放，不必重复申领"),
        params={} if claim is None else {"number": claim.number},
    )
