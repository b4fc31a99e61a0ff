"""What an offering says, and what may stand in each field."""

from dataclasses import dataclass
from typing import Final

from foundation.errors import BadInput, DomainError, Faults
from foundation.i18n import N_
from providers.categories import categories

LONGEST: Final = 200
"""具体服务内容 and 服务效果 have 200 characters at most (北京市 2021-05-10 通知 附件2); the other texts of ours keep to it."""
RULE: Final = "北京市经济和信息化局 2021-05-10 申报通知 附件2"
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
    source: str | None = None


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
    for name, least in (("delivery_days", 1), ("slots", 1), ("yearly_enterprises", 0), ("yearly_revenue", 0)):
        value = getattr(facts, name)
        if value is not None and value < least:
            faults.append(BadInput(N_("应为不小于 %(least)s 的整数"), field=name, least=least))
    return faults
