"""The terms of a programme: everything that its notice decides, as data with citations. Money in fen."""

import copy
import logging
from datetime import date, datetime, timedelta
from typing import Annotated, Any, Final, Self
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError, model_validator

from enterprises.models import TitleLevel
from foundation.clock import day_of, today
from foundation.errors import BadInput, Conflict
from foundation.i18n import N_
from foundation.money import MAX_FEN
from foundation.periodic import said
from vouchers.models import Programme, ProgrammeVersion

_logger = logging.getLogger(__name__)

Fen = Annotated[int, Field(strict=True, gt=0, le=MAX_FEN)]
Days = Annotated[int, Field(strict=True, ge=1, le=365)]

FINANCING: Final = "listing_and_finance"
"""The category of financing services (融资对接), which Xiamen does not pay for."""

RULES: Final = {
    "region": N_("哪些地区的企业可以申领"),
    "titles": N_("哪些称号可以申领"),
    "priority_titles": N_("同等条件下谁优先"),
    "cap_per_enterprise": N_("每家企业可享受的总额"),
    "deduction_percent": N_("抵扣比例"),
    "cap_per_order": N_("每个订单的抵扣上限"),
    "excluded_categories": N_("不支持的服务"),
    "claim_window": N_("申领时间"),
    "contract_window": N_("服务协议签订时间"),
    "slot_passes_on": N_("对接不成功时的名额"),
    "service_records": N_("服务过程的记录"),
    "partial_use": N_("一张券用于多个订单"),
    "expires_on": N_("服务券有效期"),
    "recovered_money": N_("追缴的资金"),
}
"""The rules that a programme page explains, in its order; a citation may stand for each."""

HOUSE_RULES: Final = {
    "ordering": N_("怎样开始"),
    "providers": N_("哪些机构可以提供服务"),
    "categories_per_title": N_("不同称号可选的服务"),
    "counted": N_("总额怎样计算"),
    "payment": N_("服务价款何时支付"),
}
"""What every programme does alike, whatever its notice says: the page explains it and calls it the programme's own."""

_FIELDS: Final = {
    "claim_window": ("claims_open_at", "claims_close_at"),
    "contract_window": ("contracts_from", "contracts_to"),
    "service_records": ("record_calendar_days",),
    "region": ("any_region",),
    "recovered_money": ("recovered_to_pool",),
}
"""The fields in which a rule stands, where they are not called as the rule is."""


class Citation(BaseModel):
    """Where a rule stands: the article, and in our own words what it says."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    article: str
    says: str


class Terms(BaseModel):
    """The rules of one version of a programme; ``for_storage`` and ``Terms.model_validate`` go to JSON and back.

    Day counts run from the step before; what a notice leaves open has a default here and no citation.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    document: str = Field(min_length=1, max_length=200)
    document_number: str = Field(default="", max_length=100)
    # False also for terms stored before this field was known: public money is for the region that gives it.
    any_region: bool = False
    titles: tuple[TitleLevel, ...] = Field(min_length=1)
    priority_titles: tuple[TitleLevel, ...] = ()
    cap_per_enterprise: Fen
    deduction_percent: Annotated[int, Field(strict=True, ge=1, le=100)] = 100
    cap_per_order: Fen | None = None
    excluded_categories: tuple[str, ...] = ()
    claims_open_at: AwareDatetime
    claims_close_at: AwareDatetime
    contracts_from: date
    contracts_to: date
    expires_on: date
    partial_use: bool = True
    slot_passes_on: bool = True
    # Where money goes that was paid out wrongly and is recovered: it stays with the treasury, whose money it is, unless the
    # notice gives it back to the programme.
    recovered_to_pool: bool = False
    # A claim of the running second is decided at once only while the pool covers this many further full claims, so
    # that somebody with priority who presses in the same second can still go first.
    tie_reserve: Annotated[int, Field(strict=True, ge=0, le=10_000)] = 0
    docking_working_days: Days = 5
    agreement_working_days: Days = 10
    record_calendar_days: Days = 30
    confirmation_working_days: Days = 10
    claim_working_days: Days = 20
    verification_working_days: Days = 10
    correction_working_days: Days = 10
    # How long both sides may leave an order lying between agreement and claim before the bureau may end it.
    passive_working_days: Days = 60
    citations: dict[str, Citation] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.claims_open_at >= self.claims_close_at:
            raise ValueError("claims_close_at: 申领截止时间应晚于开始时间")
        if self.contracts_from > self.contracts_to:
            raise ValueError("contracts_to: 协议签订截止日应不早于起始日")
        if self.expires_on < self.claims_last_day:
            raise ValueError("expires_on: 服务券有效期应不早于申领截止日")
        if not set(self.priority_titles) <= set(self.titles):
            raise ValueError("priority_titles: 优先称号应在可申领的称号之中")
        unknown = set(self.citations) - set(RULES)
        if unknown:
            raise ValueError(f"citations: unknown rules {sorted(unknown)}")
        return self

    def for_storage(self) -> dict[str, Any]:
        """JSON values: money stays integer fen, dates become ISO text."""
        return self.model_dump(mode="json")

    def claims_open(self, moment: datetime) -> bool:
        """Whether a claim made at ``moment`` falls into the window: with the opening instant, without the closing."""
        return self.claims_open_at <= moment < self.claims_close_at

    @property
    def claims_last_day(self) -> date:
        """The last day on which claims are taken; the window closes with it."""
        return day_of(self.claims_close_at - timedelta(seconds=1))

    def contract_in_window(self, day: date) -> bool:
        """Whether an agreement signed on ``day`` counts; both end days belong to the window."""
        return self.contracts_from <= day <= self.contracts_to

    def admits_category(self, category: str) -> bool:
        """Whether services of ``category`` may be paid by voucher (Xiamen excludes financing)."""
        return category not in self.excluded_categories

    def ensure_contract_day(self, day: date, *, field: str | None = None) -> None:
        """BadInput when an agreement of ``day`` lies outside the contract window or in the future."""
        if not self.contract_in_window(day):
            raise BadInput(
                N_("协议签订日 %(day)s 不在规定期间 %(first)s 至 %(last)s 内"),
                field=field,
                rule=self.cited("contract_window"),
                day=day.isoformat(),
                first=self.contracts_from.isoformat(),
                last=self.contracts_to.isoformat(),
            )
        if day > today():
            raise BadInput(N_("协议签订日不能晚于今天"), field=field)

    def drawn_from(self, base: Self) -> Self:
        """These terms with the citations that still hold, as a change of ``base``, from which they were drawn up.

        A rule whose value was changed no longer stands in the notice, and under another document or number none does.
        """
        if (self.document, self.document_number) != (base.document, base.document_number):
            return self.model_copy(update={"citations": {}})
        kept = {
            rule: citation
            for rule, citation in base.citations.items()
            if all(_same(getattr(self, name), getattr(base, name)) for name in _FIELDS.get(rule, (rule,)))
        }
        return self.model_copy(update={"citations": kept})

    @property
    def basis(self) -> str:
        """The document of these terms with its number, where it has one."""
        return f"{self.document}（{self.document_number}）" if self.document_number else self.document

    def cited(self, rule: str) -> str | None:
        """Document and article of a rule, or None where the notice leaves it open (本项目设定)."""
        citation = self.citations.get(rule)
        return None if citation is None else f"{self.document} {citation.article}"


def _same(one: Any, other: Any) -> bool:
    """Lists of titles and categories have no order."""
    return set(one) == set(other) if isinstance(one, tuple) else bool(one == other)


class UnreadableTerms(Conflict):
    """Stored terms that this release cannot read: their own programme stands still, and no other."""


_read: Final[dict[UUID, tuple[dict[str, Any], Terms]]] = {}
_MOST_READ: Final = 1000


def terms_of(version: ProgrammeVersion) -> Terms:
    """The terms of a stored version; what a later release has added to them is left out. Raises UnreadableTerms."""
    # Pages read the same few versions at every request, and checking them takes longer than comparing what is stored.
    before = _read.get(version.id)
    if before is not None and before[0] == version.terms:
        return before[1]
    terms = _parsed(version)
    if len(_read) >= _MOST_READ:
        _read.clear()
    _read[version.id] = (copy.deepcopy(version.terms), terms)
    return terms


def _parsed(version: ProgrammeVersion) -> Terms:
    stored = {key: value for key, value in version.terms.items() if key in Terms.model_fields}
    try:
        stored["citations"] = {
            rule: {key: value for key, value in cited.items() if key in Citation.model_fields}
            for rule, cited in stored.get("citations", {}).items()
            if rule in RULES
        }
        return Terms.model_validate(stored)
    except (ValidationError, AttributeError) as error:
        _logger.error("the terms of programme version %s cannot be read: %s", version.id, said(error))  # noqa: TRY400 - once, in one line
        raise UnreadableTerms(
            N_("这个项目的规则暂时无法读取"), remedy=N_("请联系平台运营方，其他项目不受影响")
        ) from error


def terms_or_none(version: ProgrammeVersion) -> Terms | None:
    """The terms of a stored version; None where they cannot be read, so that a list goes on without them."""
    try:
        return terms_of(version)
    except UnreadableTerms:
        return None


def readable(programme: Programme) -> Terms | None:
    """The terms that bind new claims; None where they cannot be read."""
    return terms_or_none(current_version(programme))


def current_version(programme: Programme) -> ProgrammeVersion:
    """The version that binds new claims: the last announced one, or the draft while nothing is announced."""
    announced = [version for version in programme.versions if version.announced_at is not None]
    return (announced or programme.versions)[-1]


def current_terms(programme: Programme) -> Terms:
    """The terms that bind new claims."""
    return terms_of(current_version(programme))
