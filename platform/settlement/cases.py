"""From verified claims to the case that a scheme works: the same input that the command and the simulation take.

The case holds the terms of every version that the orders were made under, so it alone gives the answer.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeVar, cast
from uuid import UUID

from foundation.clock import local
from foundation.errors import BadInput
from foundation.i18n import N_
from foundation.money import format_yuan, largest_remainder
from orders.agreements import is_tripartite
from orders.models import Order
from settlement.schemes import Scheme, SchemeResult, calculate, get_scheme
from settlement.schemes.programme import RULES
from settlement.schemes.steps import Cap, Condition, ItemStep, RequireWithin, RunningCap
from verification.models import RedemptionClaim
from verification.parts import share
from vouchers.models import ProgrammeVersion
from vouchers.terms import FINANCING, Terms, terms_of

Inputs = Mapping[str, Any]
"""What the maker typed: ``envelope`` (yuan text or None), ``awards`` by provider's code, ``parts`` by the claim's number."""
AnyStep = TypeVar("AnyStep", bound=Condition | ItemStep)


def fitted(scheme_id: str, parameters: Mapping[str, Any]) -> Scheme:
    """The scheme as the batch worked it.

    Earlier batches keep the programme's window and cap in their parameters, to be put in the places of the same rules;
    today both stand in the case, by version.
    """
    scheme = get_scheme(scheme_id)
    items = scheme.lines.items
    items = items.model_copy(
        update={
            "conditions": tuple(_fit(step, parameters) for step in items.conditions),
            "steps": tuple(_fit(step, parameters) for step in items.steps),
        }
    )
    return scheme.model_copy(update={"lines": scheme.lines.model_copy(update={"items": items})})


def case_of(
    scheme_id: str, programme_number: str, claims: Sequence[RedemptionClaim], inputs: Inputs, before: Mapping[UUID, int]
) -> dict[str, Any]:
    """The scheme's input for these claims; lines are known by unified social credit code, items by the claim's number.

    ``before``: what each enterprise had settled, in fen. BadInput for a scheme that batches cannot feed, or when the
    maker left out what it asks for.
    """
    build = _BUILDERS.get(scheme_id)
    if build is None:
        raise BadInput(N_("资金方案 %(id)s 不按订单结算，不能做批次"), field="programme", id=scheme_id)
    orders = list(dict.fromkeys(claim.order for claim in claims))
    versions = {str(version.version): terms_of(version) for version in {_version(order) for order in orders}}
    enterprises = {order.enterprise_id: order.enterprise.uscc for order in orders}
    case = build([(claim, versions[str(_version(claim.order).version)]) for claim in claims], inputs)
    case["programme"] = {
        "number": programme_number,
        "documents": list(dict.fromkeys(_document(terms) for _, terms in sorted(versions.items()))),
        "versions": {name: _version_part(name, terms) for name, terms in sorted(versions.items())},
        "counted_before": {uscc: format_yuan(before.get(each, 0)) for each, uscc in enterprises.items()},
    }
    return case


def work(scheme_id: str, parameters: Mapping[str, Any], case: object) -> SchemeResult:
    """Work a stored case through the fitted scheme: the same answer each time, for statement, page and replay."""
    return calculate(fitted(scheme_id, parameters), case)


def amounts(result: SchemeResult) -> dict[str, int]:
    """The subsidy of each claim, in fen: a line's total without its award, split over its items so that it adds up."""
    parts: dict[str, int] = {}
    for line in result.lines:
        parts |= dict.fromkeys(line.items_fen, 0)
        if line.subsidy_fen:
            parts |= largest_remainder(line.subsidy_fen, sorted(line.items_fen.items()))
    return parts


def reasons(result: SchemeResult) -> dict[str, str]:
    """The claim's number → why it brings in nothing, for those that do not."""
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


def _order_part(claim: RedemptionClaim, inputs: Inputs) -> dict[str, Any]:
    """What was agreed and frozen when the order was made; of a claim for a part the figures that go with it."""
    order, redeemed = claim.order, claim.redeemed or 0
    return {
        "version": str(_version(order).version),
        "enterprise": order.enterprise.uscc,
        "enterprise_name": order.enterprise.name,
        "ordered_at": local(order.placed_at).isoformat(),
        "title": order.enterprise_title,
        "category": order.offering_version.category,
        "signed_on": order.agreement.signed_on.isoformat() if order.agreement else None,
        "list_price": format_yuan(share(order, order.list_price, redeemed)),
        "price": format_yuan(share(order, order.charged_price, redeemed)),
        "deduction": format_yuan(redeemed),
        "part": inputs["parts"].get(claim.number),
    }


def _xiamen(claims: Sequence[tuple[RedemptionClaim, Terms]], inputs: Inputs) -> dict[str, Any]:
    """Per enterprise: a service's value is what the voucher deducts, because the rest is the enterprise's own."""
    lines: dict[str, dict[str, Any]] = {}
    for claim, terms in claims:
        order = claim.order
        titles = {title.value for title in terms.titles}
        line = lines.setdefault(
            order.enterprise.uscc, {"id": order.enterprise.uscc, "title_valid": False, "services": []}
        )
        # Frozen on the order: the register's answer on the day of ordering.
        line["title_valid"] = line["title_valid"] or order.enterprise_title in titles
        part = _order_part(claim, inputs)
        line["services"].append(
            {
                "id": claim.number,
                "ordered_at": part["ordered_at"],
                "value": part["deduction"],
                "contracted_on": part["signed_on"],
                "kind": _kind(order, terms),
                "order": part,
            }
        )
    return {"enterprises": list(lines.values())}


def _kind(order: Order, terms: Terms) -> str:
    category = order.offering_version.category
    return "financing" if category == FINANCING or not terms.admits_category(category) else "other"


def _beijing(claims: Sequence[tuple[RedemptionClaim, Terms]], inputs: Inputs) -> dict[str, Any]:
    """Per platform: of the invoice (价税合计) the enterprise pays its own share, and only the rest can be paid for it.

    What the provider takes off its list price is nobody's cost and never part of it.
    """
    if inputs.get("envelope") is None:
        raise BadInput(N_("填写平台资金总额（中央资金的 10%）"), field="envelope")
    lines: dict[str, dict[str, Any]] = {}
    for claim, _terms in claims:
        order, redeemed = claim.order, claim.redeemed or 0
        price = share(order, order.charged_price, redeemed)
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
                "id": claim.number,
                "enterprise_title": order.enterprise_title,
                "list_price": format_yuan(price),
                "charged": format_yuan(price - redeemed),
                "market_price": format_yuan(share(order, order.market_price, redeemed)),
                # Only a version that the bureau approved can be ordered.
                "price_approved": order.offering_version.reviewed_at is not None,
                "contract": agreement is not None,
                "third_party": is_tripartite(order),
                "tripartite_contract": agreement is not None and agreement.tripartite,
                "order": _order_part(claim, inputs),
            }
        )
    return {"envelope": inputs["envelope"], "platforms": list(lines.values())}


_BUILDERS: Final[Mapping[str, Callable[[Sequence[tuple[RedemptionClaim, Terms]], Inputs], dict[str, Any]]]] = {
    "xiamen-2021": _xiamen,
    "beijing-2021-batch1": _beijing,
}
ASKING: Final = frozenset({"beijing-2021-batch1"})
"""Schemes that ask the maker of a batch for an envelope, and know an award."""
