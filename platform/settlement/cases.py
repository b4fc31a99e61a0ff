"""From verified orders to the case that a scheme works: the same input that the command and the simulation take.

The case holds the terms of every version that the orders were made under, so it alone gives the answer.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from foundation.clock import local
from foundation.errors import BadInput
from foundation.i18n import N_
from foundation.money import format_yuan, largest_remainder
from orders.agreements import is_tripartite
from orders.models import Order
from settlement.schemes import SchemeResult
from settlement.schemes.programme import RULES
from vouchers.models import ProgrammeVersion
from vouchers.terms import FINANCING, Terms, terms_of

Inputs = Mapping[str, Any]
"""What the maker typed: ``envelope`` (yuan text or None), ``awards`` by provider's code, ``parts`` by order number."""


def case_of(
    scheme_id: str, programme_number: str, orders: Sequence[Order], inputs: Inputs, before: Mapping[UUID, int]
) -> dict[str, Any]:
    """The scheme's input for these orders; lines are known by unified social credit code, items by order number.

    ``before``: what each enterprise had settled, in fen. BadInput for a scheme that batches cannot feed, or when the
    maker left out what it asks for.
    """
    build = _BUILDERS.get(scheme_id)
    if build is None:
        raise BadInput(N_("资金方案 %(id)s 不按订单结算，不能做批次"), field="programme", id=scheme_id)
    versions = {str(version.version): terms_of(version) for version in {_version(order) for order in orders}}
    enterprises = {order.enterprise_id: order.enterprise.uscc for order in orders}
    case = build([(order, versions[str(_version(order).version)]) for order in orders], inputs)
    case["programme"] = {
        "number": programme_number,
        "documents": list(dict.fromkeys(_document(terms) for _, terms in sorted(versions.items()))),
        "versions": {name: _version_part(name, terms) for name, terms in sorted(versions.items())},
        "counted_before": {uscc: format_yuan(before.get(each, 0)) for each, uscc in enterprises.items()},
    }
    return case


def amounts(result: SchemeResult) -> dict[str, int]:
    """The subsidy of each order, in fen: a line's total without its award, split over its items so that it adds up."""
    parts: dict[str, int] = {}
    for line in result.lines:
        parts |= dict.fromkeys(line.items_fen, 0)
        if line.subsidy_fen:
            parts |= largest_remainder(line.subsidy_fen, sorted(line.items_fen.items()))
    return parts


def reasons(result: SchemeResult) -> dict[str, str]:
    """Order number → why it brings in nothing, for those that do not."""
    said: dict[str, str] = {}
    paid = amounts(result)
    for line in result.lines:
        whole = [step for step in line.steps if step.params.get("id", line.id) == line.id and step.amount_fen == 0]
        for number in line.items_fen:
            if paid[number] == 0:
                own = [step for step in line.steps if step.params.get("id") == number and step.amount_fen == 0]
                # Nothing of its own says so: the whole line was cut, or the order's part is less than one fen.
                said[number] = "；".join(step.filled() for step in own or whole or line.steps[-1:])
    return said


def _version(order: Order) -> ProgrammeVersion:
    return order.voucher.programme_version


def _document(terms: Terms) -> str:
    return terms.document + (f"（{terms.document_number}）" if terms.document_number else "")


def _version_part(version: str, terms: Terms) -> dict[str, Any]:
    """The terms as the calculation needs them; what a programme does not cite is its own setting."""
    own = f"本项目设定（规则第 {version} 版）"
    return {
        "titles": [title.value for title in terms.titles],
        "excluded_categories": list(terms.excluded_categories),
        "contracts_from": terms.contracts_from.isoformat(),
        "contracts_to": terms.contracts_to.isoformat(),
        "deduction_percent": terms.deduction_percent,
        "cap_per_order": None if terms.cap_per_order is None else format_yuan(terms.cap_per_order),
        "cap_per_enterprise": format_yuan(terms.cap_per_enterprise),
        "citations": {rule: terms.cited(rule) or own for rule in RULES},
    }


def _order_part(order: Order, inputs: Inputs) -> dict[str, Any]:
    """What was agreed and frozen when the order was made."""
    return {
        "version": str(_version(order).version),
        "enterprise": order.enterprise.uscc,
        "enterprise_name": order.enterprise.name,
        "ordered_at": local(order.placed_at).isoformat(),
        "title": order.enterprise_title,
        "category": order.offering_version.category,
        "signed_on": order.agreement.signed_on.isoformat() if order.agreement else None,
        "list_price": format_yuan(order.list_price),
        "price": format_yuan(order.charged_price),
        "deduction": format_yuan(order.deduction),
        "part": inputs["parts"].get(order.number),
    }


def _xiamen(orders: Sequence[tuple[Order, Terms]], inputs: Inputs) -> dict[str, Any]:
    """Per enterprise: a service's value is what the voucher deducts, because the rest is the enterprise's own."""
    lines: dict[str, dict[str, Any]] = {}
    for order, terms in orders:
        titles = {title.value for title in terms.titles}
        line = lines.setdefault(
            order.enterprise.uscc, {"id": order.enterprise.uscc, "title_valid": False, "services": []}
        )
        # Frozen on the order: the register's answer on the day of ordering.
        line["title_valid"] = line["title_valid"] or order.enterprise_title in titles
        part = _order_part(order, inputs)
        line["services"].append(
            {
                "id": order.number,
                "ordered_at": part["ordered_at"],
                "value": format_yuan(order.deduction),
                "contracted_on": part["signed_on"],
                "kind": _kind(order, terms),
                "order": part,
            }
        )
    return {"enterprises": list(lines.values())}


def _kind(order: Order, terms: Terms) -> str:
    category = order.offering_version.category
    return "financing" if category == FINANCING or not terms.admits_category(category) else "other"


def _beijing(orders: Sequence[tuple[Order, Terms]], inputs: Inputs) -> dict[str, Any]:
    """Per platform: of the invoice (价税合计) the enterprise pays its own share, and only the rest can be paid for it.

    What the provider takes off its list price is nobody's cost and never part of it.
    """
    if inputs.get("envelope") is None:
        raise BadInput(N_("填写平台资金总额（中央资金的 10%）"), field="envelope")
    lines: dict[str, dict[str, Any]] = {}
    for order, _terms in orders:
        award = inputs["awards"].get(order.provider.uscc, {"share": 0, "reason": ""})
        line = lines.setdefault(
            order.provider.uscc,
            {
                "id": order.provider.uscc,
                "award_share": award["share"],
                "award_reason": award["reason"],
                "items": [],
            },
        )
        agreement = order.agreement
        line["items"].append(
            {
                "id": order.number,
                "enterprise_title": order.enterprise_title,
                "list_price": format_yuan(order.charged_price),
                "charged": format_yuan(order.own_share),
                "market_price": format_yuan(order.market_price),
                # Only a version that the bureau approved can be ordered.
                "price_approved": order.offering_version.reviewed_at is not None,
                "contract": agreement is not None,
                "third_party": is_tripartite(order),
                "tripartite_contract": agreement is not None and agreement.tripartite,
                "order": _order_part(order, inputs),
            }
        )
    return {"envelope": inputs["envelope"], "platforms": list(lines.values())}


_BUILDERS: Final[Mapping[str, Callable[[Sequence[tuple[Order, Terms]], Inputs], dict[str, Any]]]] = {
    "xiamen-2021": _xiamen,
    "beijing-2021-batch1": _beijing,
}
ASKING: Final = frozenset({"beijing-2021-batch1"})
"""Schemes that ask the maker of a batch for an envelope, and know an award."""
