"""From verified claims to the case that a scheme works: the same input that the command and the simulation take.

The case holds the terms of every version that the orders were made under, so it alone gives the answer.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from foundation.clock import local
from foundation.errors import BadInput
from foundation.i18n import N_
from foundation.money import format_yuan, largest_remainder, parse_yuan
from orders.models import Order
from settlement.schemes import Scheme, SchemeResult
from settlement.schemes.programme import CASE_KEY, ITEM_KEY, RULES
from settlement.sources import Known, facts_of_claim, facts_of_line
from settlement.totals import Before
from verification.models import RedemptionClaim
from verification.parts import share
from vouchers.models import ProgrammeVersion
from vouchers.terms import Terms, terms_of

Inputs = Mapping[str, Any]
"""What the maker typed: what the scheme asks of a case (yuan text or None), ``awards`` by provider's code, ``parts`` by claim's number."""


def case_of(
    scheme: Scheme, programme_number: str, claims: Sequence[RedemptionClaim], inputs: Inputs, before: Before
) -> dict[str, Any]:
    """The scheme's input for these claims; lines are known by unified social credit code, items by the claim's number.

    BadInput for a scheme that batches cannot feed, or when the
    maker left out what it asks for.
    """
    if scheme.lines.of is None:
        raise BadInput(N_("资金方案 %(id)s 不按订单结算，不能做批次"), field="programme", id=scheme.id)
    for name, question in scheme.asks.facts.items():
        if inputs.get(name) is None:
            raise BadInput(question.missing, field=name)
    orders = list(dict.fromkeys(claim.order for claim in claims))
    versions = {str(version.version): terms_of(version) for version in {_version(order) for order in orders}}
    enterprises = {order.enterprise_id: order.enterprise.uscc for order in orders}
    lines: dict[str, list[Known]] = {}
    for claim in claims:
        party = claim.order.enterprise if scheme.lines.of == "enterprise" else claim.order.provider
        lines.setdefault(party.uscc, []).append((claim, versions[str(_version(claim.order).version)]))
    return {
        **{name: inputs[name] for name in scheme.asks.facts},
        scheme.lines.key: [_line(scheme, code, known, inputs, before) for code, known in lines.items()],
        CASE_KEY: {
            "number": programme_number,
            "documents": list(dict.fromkeys(_document(terms) for _, terms in sorted(versions.items()))),
            "versions": {name: _version_part(name, terms) for name, terms in sorted(versions.items())},
            "counted_before": {
                uscc: format_yuan(before.enterprises.get(each, 0)) for each, uscc in enterprises.items()
            },
        },
    }


def inputs_of(scheme: Scheme, given: Mapping[str, Any]) -> dict[str, Any]:
    """What this scheme takes of what was typed; earlier batches knew one share of award for everybody."""
    asked = {name: given.get(name) for name in scheme.asks.facts}
    return {**asked, "awards": dict(given.get("awards") or {}), "parts": dict(given.get("parts") or {})}


def _line(scheme: Scheme, code: str, known: Sequence[Known], inputs: Inputs, before: Before) -> dict[str, Any]:
    """One organisation with its claims."""
    line = {"id": code, **facts_of_line(scheme.lines.facts, known)}
    if award := scheme.asks.award:
        decided = inputs["awards"].get(code, {"share": 0, "reason": ""})
        line |= {award.share: decided["share"], award.because: decided["reason"]}
    items = scheme.lines.items
    line[items.key] = [
        {"id": claim.number, **facts_of_claim(items.facts, claim, terms), ITEM_KEY: _order_part(claim, inputs, before)}
        for claim, terms in known
    ]
    return line


def deducted(scheme: Scheme, case: Mapping[str, Any]) -> dict[str, int]:
    """What each claim had redeemed when the case was made, in fen, by the claim's number."""
    items = scheme.lines.items
    return {
        item["id"]: parse_yuan(item[ITEM_KEY]["deduction"])
        for line in case[scheme.lines.key]
        for item in line[items.key]
    }


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


def _order_part(claim: RedemptionClaim, inputs: Inputs, before: Before) -> dict[str, Any]:
    """What was agreed and frozen when the order was made; of a claim for a part the figures that go with it."""
    order, redeemed = claim.order, claim.redeemed or 0
    of = {"of": order.number, "of_before": format_yuan(before.orders.get(order.id, 0))}
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
        **(of if redeemed != order.deduction else {}),
    }
