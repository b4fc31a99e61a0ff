"""A claim judged again: the facts that its answers were given to, by the check list as it stood then."""

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from foundation.errors import NotFound
from foundation.i18n import N_
from policies.replays import Difference, Replay, altered, differences, lacking
from verification.checklists import answered_again
from verification.models import RedemptionClaim
from vouchers.terms import terms_of


def replay(session: Session, number: str) -> Replay:
    """What comes out for the claim with this number (that of its order, for the first one); NotFound for none."""
    claim = session.scalar(select(RedemptionClaim).where(RedemptionClaim.number == number))
    if claim is None:
        raise NotFound(N_("没有编号为 %(number)s 的核销申请"), field="NUMBER", number=number)
    return Replay("claim", number, tuple(_differences(claim)))


def _differences(claim: RedemptionClaim) -> Iterator[Difference]:
    if claim.facts is None or claim.checklist is None:
        yield from lacking(
            *(name for name, value in (("facts", claim.facts), ("rules", claim.checklist)) if value is None)
        )
        return
    yield from altered(claim.checklist)
    terms = terms_of(claim.order.voucher.programme_version)
    again = answered_again(claim.checklist.content, claim.facts, terms)
    yield from differences(
        "checks", [_figures(each) for each in claim.checks], [_figures(each.as_json()) for each in again]
    )


def _figures(answer: Mapping[str, Any]) -> dict[str, Any]:
    """All of an answer but the sentence: to word it better changes no decision."""
    return {key: value for key, value in answer.items() if key != "text"}
