"""A programme's own rules in a case: what the terms of each order's own version let it count.

A batch adds two optional parts to a scheme's input: ``programme`` with the terms of every version that the orders were
made under and what was settled before, and ``order`` in every item. Amounts follow from them before the scheme's own
caps are applied, in the order in which the services were ordered.
"""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from foundation.errors import BadInput, DomainError
from foundation.i18n import N_
from foundation.money import grouped_yuan, percent_of
from settlement.schemes.facts import Day, Moment, Money
from settlement.schemes.results import Step

_Text = Annotated[str, StringConstraints(strict=True, min_length=1, max_length=500)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class VersionPart(_Part):
    """One version of a programme's terms; ``citations`` by rule."""

    titles: tuple[str, ...] = Field(min_length=1)
    excluded_categories: tuple[str, ...] = ()
    contracts_from: Day
    contracts_to: Day
    deduction_percent: Annotated[int, Field(strict=True, ge=1, le=100)]
    cap_per_order: Money | None = None
    cap_per_enterprise: Money
    citations: Mapping[str, str]


class ProgrammePart(_Part):
    """The programme: its documents and versions, and what each enterprise had settled before, by credit code."""

    number: _Text
    documents: tuple[_Text, ...] = ()
    versions: Mapping[str, VersionPart] = Field(min_length=1)
    counted_before: Mapping[str, Money]


class ShareDecided(_Part):
    """That only a part of what an order counts is paid (部分额度), and why."""

    amount: Money
    reason: _Text


class OrderPart(_Part):
    """The order behind an item, as it was agreed and frozen; ``part`` where not all of it is to be paid.

    Where the item is a claim for a part of it, ``of`` is the order's number and ``of_before`` what earlier batches settled
    of the same order: its parts share what is capped for one item.
    """

    version: str
    enterprise: _Text
    enterprise_name: _Text
    ordered_at: Moment
    title: str
    category: str
    signed_on: Day | None
    list_price: Money
    price: Money
    deduction: Money
    part: ShareDecided | None = None
    of: _Text | None = None
    of_before: Money | None = None


ITEM_KEY: Final = "order"
CASE_KEY: Final = "programme"


def across(case: Mapping[str, Any], place: str, item: Mapping[str, Any]) -> Iterator[DomainError]:
    """Faults of one item that only its programme shows."""
    programme, order = case[CASE_KEY], item[ITEM_KEY]
    if (programme is None) != (order is None):
        yield BadInput(N_("programme 和各项的 order 应同时给出"), field=f"{place}.{ITEM_KEY}")
    if programme is None or order is None:
        return
    if order["version"] not in programme["versions"]:
        yield BadInput(N_("没有这一版规则"), field=f"{place}.{ITEM_KEY}.version")
    for lower, upper in (("price", "list_price"), ("deduction", "price")):
        if order[lower] > order[upper]:
            yield BadInput(N_("不得高于 %(other)s"), field=f"{place}.{ITEM_KEY}.{lower}", other=upper)
    if order["part"] and not 0 < order["part"]["amount"] < order["deduction"]:
        yield BadInput(N_("部分额度应大于零、小于抵扣金额"), field=f"{place}.{ITEM_KEY}.part.amount")


class Counting:
    """The running totals of enterprises while a case is worked, in fen; ``count`` writes them on."""

    def __init__(self, programme: Mapping[str, Any]) -> None:
        """Begin with what was settled before."""
        self._versions = programme["versions"]
        self._counted = dict(programme["counted_before"])
        self._parts: dict[str, int] = {}

    def refusals(self, name: str, order: Mapping[str, Any]) -> list[Step]:
        """Every reason why the terms let this order count for nothing."""
        terms, told = self._versions[order["version"]], []
        if order["title"] not in terms["titles"]:
            text = N_("%(id)s：下单时的称号不在下单时规则（第 %(version)s 版）认可的称号之内，不计")
            told.append(self._step("titles", order, text, 0, id=name, version=order["version"]))
        if order["category"] in terms["excluded_categories"]:
            text = N_("%(id)s：这类服务不在下单时规则（第 %(version)s 版）的支持范围内，不计")
            told.append(self._step("excluded_categories", order, text, 0, id=name, version=order["version"]))
        day, first, last = order["signed_on"], terms["contracts_from"], terms["contracts_to"]
        if day is None or not first <= day <= last:
            text = N_("%(id)s：协议签订日期（%(day)s）不在 %(first)s 至 %(last)s 之内，不计")
            days = {"first": first.isoformat(), "last": last.isoformat()}
            shown = N_("无") if day is None else day.isoformat()
            told.append(self._step("contract_window", order, text, 0, id=name, day=shown, **days))
        return told

    def entitled(self, name: str, order: Mapping[str, Any]) -> list[Step]:
        """What the order deducts: price × share, the cap per order, what the voucher held; each its own line."""
        terms = self._versions[order["version"]]
        share = percent_of(order["price"], terms["deduction_percent"])
        facts = {
            "id": name,
            "price": grouped_yuan(order["price"]),
            "percent": str(terms["deduction_percent"]),
            "amount": grouped_yuan(share),
        }
        text = N_("%(id)s：服务价款 %(price)s 元 × %(percent)s%% = %(amount)s 元（不足一分舍去）")
        if discount := order["list_price"] - order["price"]:
            text = N_(
                "%(id)s：标价 %(listed)s 元，机构优惠 %(discount)s 元由机构承担；"
                "服务价款 %(price)s 元 × %(percent)s%% = %(amount)s 元（不足一分舍去）"
            )
            facts |= {"listed": grouped_yuan(order["list_price"]), "discount": grouped_yuan(discount)}
        told = [self._step("deduction_percent", order, text, share, **facts)]
        cap = terms["cap_per_order"]
        if cap is not None and share > cap:
            text = N_("%(id)s：%(amount)s 元超过每单抵扣上限，按 %(limit)s 元计")
            told.append(self._cut("cap_per_order", order, text, told[-1], cap, id=name))
        if order["deduction"] < told[-1].amount_fen:
            text = N_("%(id)s：下单时服务券余额不足 %(amount)s 元，实际抵扣 %(limit)s 元，按此计")
            told.append(self._cut("cap_per_enterprise", order, text, told[-1], order["deduction"], id=name))
        return told

    def part(self, name: str, order: Mapping[str, Any], amount: int) -> Step | None:
        """The part that the maker decided, where it is less than the amount (fen)."""
        part = order["part"]
        if not part or part["amount"] >= amount:
            return None
        text = N_("%(id)s：按部分额度补助，%(amount)s 元中计 %(part)s 元，其余 %(rest)s 元退回资金池。理由：%(reason)s")
        facts = {
            "amount": grouped_yuan(amount),
            "part": grouped_yuan(part["amount"]),
            "rest": grouped_yuan(amount - part["amount"]),
        }
        return Step("part", text, {"id": name, "reason": part["reason"], **facts}, _DECIDED, part["amount"])

    def capped(self, name: str, order: Mapping[str, Any], amount: int) -> Step:
        """The enterprise's total with this amount (fen), against the cap of the order's own version."""
        limit = self._versions[order["version"]]["cap_per_enterprise"]
        before = self._counted.get(order["enterprise"], 0)
        counted = min(amount, max(0, limit - before))
        text = N_(
            "%(id)s：%(enterprise)s此前已计 %(before)s 元 + 本项 %(amount)s 元 = %(after)s 元，未超过每家企业上限 %(limit)s 元"
        )
        if counted < amount:
            text = N_(
                "%(id)s：%(enterprise)s此前已计 %(before)s 元，每家企业上限 %(limit)s 元，本项 %(amount)s 元只计 %(left)s 元"
            )
        facts = {
            "enterprise": order["enterprise_name"],
            "before": grouped_yuan(before),
            "amount": grouped_yuan(amount),
            "after": grouped_yuan(before + counted),
            "limit": grouped_yuan(limit),
            "left": grouped_yuan(counted),
        }
        return self._step("cap_per_enterprise", order, text, counted, id=name, **facts)

    def beside(self, order: Mapping[str, Any]) -> int:
        """What other parts of the same order have brought in, in fen; nothing for an order that is claimed whole."""
        return self._parts.get(order["of"], 0) + (order["of_before"] or 0) if order["of"] else 0

    def count(self, order: Mapping[str, Any], amount: int) -> None:
        """Add what the order brings in to its enterprise's total, and to its own where this is a part of it."""
        if order["of"]:
            self._parts[order["of"]] = self._parts.get(order["of"], 0) + amount
        self._counted[order["enterprise"]] = self._counted.get(order["enterprise"], 0) + amount

    def _cut(self, rule: str, order: Mapping[str, Any], text: str, so_far: Step, limit: int, **params: str) -> Step:
        facts = {"amount": grouped_yuan(so_far.amount_fen), "limit": grouped_yuan(limit)}
        return self._step(rule, order, text, limit, **facts, **params)

    def _step(self, rule: str, order: Mapping[str, Any], text: str, fen: int, **params: str) -> Step:
        return Step(rule, text, params, self._versions[order["version"]]["citations"][rule], fen)


_DECIDED: Final = N_("结算批次编制人按服务质量决定（全额或部分额度补助）")

RULES: Final = (
    "titles",
    "excluded_categories",
    "contract_window",
    "deduction_percent",
    "cap_per_order",
    "cap_per_enterprise",
)
"""The rules that need a citation in every version."""
