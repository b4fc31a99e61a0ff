"""Which vouchers could pay for an offering, and what each would deduct, worked out before ordering."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from accounts.current import not_here
from foundation.actors import Actor
from providers.models import OfferingVersion
from vouchers.deduction import Offer, preview


@dataclass(frozen=True, slots=True)
class Choice:
    """A voucher of the enterprise and its deduction, amounts in fen; ``reason`` and ``rule`` say why it is not more."""

    voucher_number: str
    programme_name: str
    programme_number: str
    list_price: int
    discount: int
    charged_price: int
    deduction: int
    own_share: int
    remaining: int
    reason: str | None
    rule: str | None


@dataclass(frozen=True, slots=True)
class Choices:
    """Vouchers that deduct something, those that do not with the reason, and programmes from which to claim first."""

    usable: list[Choice]
    refused: list[Choice]
    claimable: list[Offer]


def choices_for(session: Session, actor: Actor, offered: OfferingVersion) -> Choices:
    """What the actor's enterprise could pay with, best first. Changes nothing."""
    if actor.organisation_id is None:
        raise not_here()
    offers = preview(
        session,
        actor.organisation_id,
        category=offered.category,
        list_price=offered.list_price,
        charged_price=offered.charged_price,
    )
    held = [_choice(offer, offer.voucher_number) for offer in offers if offer.voucher_number is not None]
    return Choices(
        usable=[choice for choice in held if choice.deduction],
        refused=[choice for choice in held if not choice.deduction],
        claimable=[offer for offer in offers if offer.voucher_number is None and offer.deduction.deduction],
    )


def _choice(offer: Offer, voucher_number: str) -> Choice:
    worked = offer.deduction
    return Choice(
        voucher_number=voucher_number,
        programme_name=offer.programme_name,
        programme_number=offer.programme_number,
        list_price=worked.list_price,
        discount=worked.discount,
        charged_price=worked.charged_price,
        deduction=worked.deduction,
        own_share=worked.own_share,
        remaining=worked.remaining,
        reason=worked.reason,
        rule=worked.rule,
    )
