"""What an offering says, and what may stand in each field."""

import re
from dataclasses import dataclass, replace
from typing import Final

from foundation.errors import BadInput, DomainError, Faults
from foundation.i18n import N_
from providers.categories import categories
from providers.models import OrdersPeriod

LONGEST: Final = 200
"""具体服务内容 and 服务效果 have 200 characters at most (北京市 2021-05-10 通知 附件2); the other texts of ours keep to it."""
RULE: Final = N_("本平台设定：按服务产品情况统计表的填写要求")
MODES: Final = {
    "own": N_("平台自行提供"),
    "integrated": N_("与服务商集成提供"),
    "single_third_party": N_("单一服务商提供"),
}
CHANNELS: Final = {"online": N_("线上"), "offline": N_("线下"), "both": N_("线上线下结合")}
_TEXTS: Final = {
    "name": (60, True),
    "content": (LONGEST, True),
    "frequency": (60, True),
    "price_basis": (LONGEST, True),
    "effect": (LONGEST, True),
    "supplier": (100, False),
    "remark": (LONGEST, False),
    "website": (300, False),
}
PERIODS: Final = {OrdersPeriod.EVER: N_("总共"), OrdersPeriod.YEAR: N_("每个自然年")}
_COUNTS: Final = {"一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5}
# 每家企业一次, 每企限一次, 每家企业每年两次; what follows a comma says how, not how often.
_ANNOUNCED: Final = re.compile(
    r"每(?:家企业|户企业|个企业|企业|家|户|企)(?P<year>每年|一年|年度)?(?:仅限|限|只|最多)?(?P<count>[一二两三四五1-9])次"
    r"(?=$|[，,；;。、（(])"
)


@dataclass(frozen=True, slots=True)
class OfferingFacts:
    """What an offering says: the columns of 服务产品情况统计表 and what an order needs besides. Money in fen."""

    name: str
    category: str
    content: str
    mode: str
    channel: str
    frequency: str
    list_price: int
    charged_price: int
    market_price: int
    price_basis: str
    effect: str
    delivery_days: int
    kind: str | None = None
    supplier: str | None = None
    yearly_revenue: int | None = None
    yearly_enterprises: int | None = None
    remark: str | None = None
    website: str | None = None
    slots: int | None = None
    orders_per_enterprise: int | None = None
    orders_period: OrdersPeriod | None = None
    source: str | None = None


def announced_limit(frequency: str) -> tuple[int, OrdersPeriod] | None:
    """How often an enterprise may order, where the words of 服务频次 say it beyond doubt; None for all other words."""
    found = _ANNOUNCED.match(frequency.strip())
    if found is None:
        return None
    count = _COUNTS.get(found["count"]) or int(found["count"])
    return count, OrdersPeriod.YEAR if found["year"] else OrdersPeriod.EVER


def with_limit(facts: OfferingFacts) -> OfferingFacts:
    """The facts with the limit of orders that 服务频次 announces, where none was given; a number alone counts for ever."""
    announced = announced_limit(facts.frequency)
    if facts.orders_per_enterprise is None:
        count, period = announced or (None, None)
        return replace(facts, orders_per_enterprise=count, orders_period=period)
    return facts if facts.orders_period else replace(facts, orders_period=OrdersPeriod.EVER)


def check(facts: OfferingFacts) -> None:
    """Raise Faults naming every field that cannot stand."""
    faults = [*_text_faults(facts), *_choice_faults(facts), *_number_faults(facts)]
    if faults:
        raise Faults(faults)


def _text_faults(facts: OfferingFacts) -> list[DomainError]:
    faults: list[DomainError] = []
    for name, (most, needed) in _TEXTS.items():
        text = getattr(facts, name) or ""
        if needed and not text.strip():
            faults.append(BadInput(N_("请填写这一项"), field=name))
        if len(text) > most:
            faults.append(
                BadInput(
                    N_("最多 %(most)s 字，现在是 %(count)s 字"),
                    field=name,
                    rule=RULE if most == LONGEST and needed else None,
                    most=most,
                    count=len(text),
                )
            )
    if facts.website and not facts.website.startswith(("https://", "http://")):
        faults.append(BadInput(N_("网址应以 https:// 或 http:// 开头"), field="website"))
    if facts.mode != "own" and facts.mode in MODES and not (facts.supplier or "").strip():
        faults.append(BadInput(N_("由服务商参与提供的，须填写服务商全称"), field="supplier", rule=RULE))
    return faults


def _choice_faults(facts: OfferingFacts) -> list[DomainError]:
    faults: list[DomainError] = [
        BadInput(N_("请选择一项"), field=name)
        for name, known in (("category", categories()), ("mode", MODES), ("channel", CHANNELS))
        if getattr(facts, name) not in known
    ]
    category = categories().get(facts.category)
    if facts.kind is not None and category is not None and facts.kind not in category.kinds:
        faults.append(BadInput(N_("这个点对点类别不属于所选的服务类别"), field="kind"))
    return faults


def _number_faults(facts: OfferingFacts) -> list[DomainError]:
    faults: list[DomainError] = []
    if facts.charged_price > facts.list_price:
        faults.append(BadInput(N_("收费价格不能高于标准价格"), field="charged_price"))
    # What costs nothing is compared with nothing.
    if facts.market_price <= 0 < facts.list_price:
        faults.append(BadInput(N_("请填写市场同类产品的价格"), field="market_price"))
    announced = announced_limit(facts.frequency)
    if announced is not None and announced != (facts.orders_per_enterprise, facts.orders_period):
        faults.append(
            BadInput(
                N_("服务频次写的是“%(frequency)s”，与这里的下单次数不一致"),
                field="orders_per_enterprise",
                remedy=N_("改成一致的次数和期间，或修改服务频次的文字"),
                frequency=facts.frequency,
            )
        )
    least_of = (("orders_per_enterprise", 1), ("delivery_days", 1), ("slots", 1))
    for name, least in (*least_of, ("yearly_enterprises", 0), ("yearly_revenue", 0)):
        value = getattr(facts, name)
        if value is not None and value < least:
            faults.append(BadInput(N_("应为不小于 %(least)s 的整数"), field=name, least=least))
    return faults
