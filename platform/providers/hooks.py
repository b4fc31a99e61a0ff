"""What upper rooms add to the catalogue's pages: vouchers know deductions, orders know the order form; this room neither."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy.orm import Session

from foundation.actors import Actor
from providers.models import OfferingVersion


@dataclass(frozen=True, slots=True)
class Extra:
    """A piece of a page: ``template`` is included with ``extra`` standing for ``context``."""

    template: str
    context: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Ware:
    """What a card says of an offering's price, in fen; it may be kept for a while, a row of a table may not."""

    offering_id: UUID
    category: str
    charged_price: int


OfferingExtra = Callable[[Session, Actor | None, OfferingVersion], Extra | None]
CardDeductions = Callable[[Session, Actor | None, Sequence[Ware]], Mapping[UUID, Mapping[str, Any]]]

offering_extras: Final[list[OfferingExtra]] = []
"""Beside an offering: what a voucher would pay, the order button, the ratings."""

card_deductions: Final[list[CardDeductions]] = []
"""For the cards of a result page, all at once: offering id to what ``catalogue.offering_card`` takes as ``deduction``."""


def extras_of(session: Session, actor: Actor | None, version: OfferingVersion) -> list[Extra]:
    """What the upper rooms have to say about this offering, in the order of their registration."""
    found = (make(session, actor, version) for make in offering_extras)
    return [extra for extra in found if extra is not None]


def deductions_of(session: Session, actor: Actor | None, wares: Sequence[Ware]) -> dict[UUID, Mapping[str, Any]]:
    """The deduction of each card, where an upper room knows one."""
    return {key: value for make in card_deductions for key, value in make(session, actor, wares).items()}
