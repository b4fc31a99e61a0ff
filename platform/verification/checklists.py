"""Check lists as versions: which checks a claim had to pass, and where the rule of each one stands."""

from collections.abc import Mapping
from datetime import date
from functools import cache
from typing import Any, Final
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy.orm import Session

from orders.models import Order
from policies.shipped import RuleKind, Shipped
from policies.versions import row_of
from verification.answers import Answer
from verification.cases import CaseFacts
from verification.checks import CHECKS
from verification.citations import Cited, cited_by, notice_files, notice_of
from verification.models import RedemptionClaim
from vouchers.terms import Terms, terms_of

HOUSE: Final = "house"
"""The key of the list for programmes whose notice says nothing about checks."""
_HOUSE_VERSION: Final = "1"
_FACTS: Final = TypeAdapter(CaseFacts)


@cache
def all_shipped() -> tuple[Shipped, ...]:
    """The house's own list, and that of each notice that says something about checks."""
    checks = [{"id": check.id, "rule": check.rule} for check in CHECKS]
    house = Shipped(RuleKind.CHECKLIST, HOUSE, _HOUSE_VERSION, {"checks": checks, "notice": None})
    return (
        house,
        *(
            Shipped(
                RuleKind.CHECKLIST,
                notice,
                content["version"],
                {"checks": checks, "notice": content},
                date.fromisoformat(content["version"]),
            )
            for notice, content in notice_files().items()
        ),
    )


def keep(
    session: Session, claim: RedemptionClaim, case: CaseFacts, answers: list[Answer], checklist_id: UUID | None = None
) -> None:
    """Write down with the claim the answers, the facts that they were given to and the list that asked.

    ``checklist_id`` is the row of ``list_for``, where the caller knows it.
    """
    # Before anything is read: what is read may flush a claim that has no answers yet.
    claim.checks = [answer.as_json() for answer in answers]
    claim.facts = _FACTS.dump_python(case, mode="json", exclude={"rules"})
    claim.checklist_id = checklist_id or row_of(session, list_for(claim.order)).id


def list_for(order: Order) -> Shipped:
    """The list that the claims of an order have to pass."""
    notice = notice_of(terms_of(order.voucher.programme_version), order.programme.region.path)
    return next(each for each in all_shipped() if each.key == (notice or HOUSE))


def answered_again(checklist: Mapping[str, Any], facts: Mapping[str, Any], terms: Terms) -> list[Answer]:
    """The answers of a stored list to stored facts; a check that the program does not know any more has none."""
    stored = checklist["notice"]
    cited = cited_by(None if stored is None else Cited.model_validate(stored), terms)
    rules = {each["id"]: each["rule"] for each in checklist["checks"]} | cited
    case = _FACTS.validate_python({**facts, "rules": rules})
    return [check.answer(case) for check in CHECKS if check.id in rules]
