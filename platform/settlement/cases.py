"""From verified orders to the case that a scheme works: the same input that the command and the simulation take."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeVar, cast

from foundation.clock import local
from foundation.errors import BadInput
from foundation.i18n import N_
from foundation.money import format_yuan, largest_remainder
from orders.agreements import is_tripartite
from orders.models import Order
from settlement.schemes import Scheme, SchemeResult, calculate, get_scheme
from settlement.schemes.steps import Cap, Condition, ItemStep, RequireWithin, RunningCap
from vouchers.terms import FINANCING, Terms

AnyStep = TypeVar("AnyStep", bound=Condition | ItemStep)


def parameters_of(terms: Terms) -> dict[str, Any]:
    """The programme's own window and cap with their citations: a notice's numbers are the programme's to set."""
    return {
        "contract_window": {
            "first": terms.contracts_from.isoformat(),
            "last": terms.contracts_to.isoformat(),
            "citation": terms.cited("contract_window"),
        },
        "cap_per_enterprise": {
            "limit": format_yuan(terms.cap_per_enterprise),
            "citation": terms.cited("cap_per_enterprise"),
        },
    }


def fitted(scheme_id: str, parameters: Mapping[str, Any]) -> Scheme:
    """The scheme with the programme's numbers in the places of the same rules; everything else is the scheme's."""
    scheme = get_scheme(scheme_id)
    items = scheme.lines.items
    items = items.model_copy(
        update={
            "conditions": tuple(_fit(step, parameters) for step in items.conditions),
            "steps": tuple(_fit(step, parameters) for step in items.steps),
        }
    )
    return scheme.model_copy(update={"lines": scheme.lines.model_copy(update={"items": items})})


def case_of(scheme_id: str, orders: Sequence[Order], terms: Terms, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """The scheme's input for these orders; lines are known by unified social credit code, items by order number.

    BadInput for a scheme that batches cannot feed, or when the maker left out what it asks for.
    """
    build = _BUILDERS.get(scheme_id)
    if build is None:
        raise BadInput(N_("资金方案 %(id)s 不按订单结算，不能做批次"), field="programme", id=scheme_id)
    return build(orders, terms, inputs)


def work(scheme_id: str, parameters: Mapping[str, Any], case: object) -> SchemeResult:
    """Work a stored case through the fitted scheme: the same answer each time, for statement, page and replay."""
    return calculate(fitted(scheme_id, parameters), case)


def amounts(result: SchemeResult) -> dict[str, int]:
    """What each order brings in, in fen: a line's total split over its items in proportion, so that it adds up."""
    parts: dict[str, int] = {}
    for line in result.lines:
        parts |= dict.fromkeys(line.items_fen, 0)
        if line.total_fen:
            parts |= largest_remainder(line.total_fen, sorted(line.items_fen.items()))
    return parts


def reasons(result: SchemeResult) -> dict[str, str]:
    """Order number → why it brings in nothing, for those that do not."""
    paid = amounts(result)
    said: dict[str, list[str]] = {number: [] for number, fen in paid.items() if fen == 0}
    for line in result.lines:
        for step in line.steps:
            for number in line.items_fen:
                if number in said and step.params.get("id") in {number, line.id}:
                    said[number].append(step.filled())
    return {number: "；".join(texts) for number, texts in said.items()}


def _fit(step: AnyStep, parameters: Mapping[str, Any]) -> AnyStep:
    own = parameters.get(step.rule)
    if own is None:
        return step
    update: dict[str, Any] = {"citation": own["citation"] or step.citation}
    if isinstance(step, RequireWithin):
        update |= {"first": own["first"], "last": own["last"]}
    elif isinstance(step, Cap | RunningCap):
        update["limit"] = own["limit"]
    # Validated anew, so that days and money are read as in the scheme's own file.
    return cast("AnyStep", type(step).model_validate(step.model_dump() | update))


def _xiamen(orders: Sequence[Order], terms: Terms, _inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Per enterprise: a service's value is what the voucher deducts, because the rest is the enterprise's own."""
    lines: dict[str, dict[str, Any]] = {}
    for order in orders:
        titles = {title.value for title in terms.titles}
        line = lines.setdefault(
            order.enterprise.uscc, {"id": order.enterprise.uscc, "title_valid": False, "services": []}
        )
        # Frozen on the order: the register's answer on the day of ordering.
        line["title_valid"] = line["title_valid"] or order.enterprise_title in titles
        line["services"].append(
            {
                "id": order.number,
                "ordered_at": local(order.placed_at).isoformat(),
                "value": format_yuan(order.deduction),
                "contracted_on": order.agreement.signed_on.isoformat() if order.agreement else None,
                "kind": _kind(order, terms),
            }
        )
    return {"enterprises": list(lines.values())}


def _kind(order: Order, terms: Terms) -> str:
    category = order.offering_version.category
    return "financing" if category == FINANCING or not terms.admits_category(category) else "other"


def _beijing(orders: Sequence[Order], _terms: Terms, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Per platform: what was really charged to the enterprise is its own share, so the rest is the reduction."""
    if inputs.get("envelope") is None:
        raise BadInput(N_("填写平台资金总额（中央资金的 10%%）"), field="envelope")
    share = inputs.get("award_share")
    lines: dict[str, dict[str, Any]] = {}
    for order in orders:
        line = lines.setdefault(
            order.provider.uscc, {"id": order.provider.uscc, "award_share": share or 0, "items": []}
        )
        agreement = order.agreement
        line["items"].append(
            {
                "id": order.number,
                "enterprise_title": order.enterprise_title,
                "list_price": format_yuan(order.list_price),
                "charged": format_yuan(order.own_share),
                "market_price": format_yuan(order.market_price),
                # Only a version that the bureau approved can be ordered.
                "price_approved": order.offering_version.reviewed_at is not None,
                "contract": agreement is not None,
                "third_party": is_tripartite(order),
                "tripartite_contract": agreement is not None and agreement.tripartite,
            }
        )
    return {"envelope": inputs["envelope"], "platforms": list(lines.values())}


_BUILDERS: Final[Mapping[str, Callable[[Sequence[Order], Terms, Mapping[str, Any]], dict[str, Any]]]] = {
    "xiamen-2021": _xiamen,
    "beijing-2021-batch1": _beijing,
}
ASKING: Final = frozenset({"beijing-2021-batch1"})
"""Schemes that ask the maker of a batch for an envelope and a share of award."""
