"""What an enterprise could pay a deduction from: its usable vouchers, and the programmes it could still claim from."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from foundation.clock import today
from vouchers.eligibility import may_claim
from vouchers.models import Programme, ProgrammeState, Voucher
from vouchers.states import USABLE
from vouchers.terms import Terms, readable, terms_or_none
from vouchers.wallets import wallets


@dataclass(frozen=True, slots=True)
class Source:
    """A voucher with what is free on it, or a programme with what could be claimed (``voucher_id`` None). Fen."""

    programme_id: UUID
    programme_number: str
    programme_name: str
    voucher_id: UUID | None
    voucher_number: str | None
    terms: Terms
    available: int


def usable_sources(session: Session, enterprise_id: UUID) -> list[Source]:
    """Vouchers that can be held today, first to expire first, then what open programmes would still give."""
    vouchers = session.scalars(
        select(Voucher)
        .options(joinedload(Voucher.programme), joinedload(Voucher.programme_version))
        .where(
            Voucher.enterprise_id == enterprise_id,
            Voucher.state.in_(USABLE),
            Voucher.expires_on >= today(),
        )
        .order_by(Voucher.expires_on, Voucher.id)
    ).all()
    amounts = wallets(session, vouchers)
    sources = []
    for voucher in vouchers:
        terms, amount = terms_or_none(voucher.programme_version), amounts[voucher.id]
        if terms is None:
            continue
        used = amount.held or amount.redeemed
        if amount.available and (terms.partial_use or not used):
            sources.append(_source(voucher.programme, voucher, terms, amount.available))
    for programme in _open_programmes(session):
        if readable(programme) is None:
            continue
        answer = may_claim(session, enterprise_id, programme)
        if answer.amount:
            sources.append(_source(programme, None, answer.terms, answer.amount))
    return sources


def public_sources(session: Session) -> list[Source]:
    """What open programmes give to an enterprise that may claim and has claimed nothing yet: for a visitor."""
    return [
        _source(programme, None, terms, terms.cap_per_enterprise)
        for programme in _open_programmes(session)
        if (terms := readable(programme)) is not None
    ]


def _open_programmes(session: Session) -> Sequence[Programme]:
    return session.scalars(
        select(Programme)
        .where(Programme.state == ProgrammeState.OPEN)
        .options(selectinload(Programme.versions))
        .order_by(Programme.number)
    ).all()


def _source(programme: Programme, voucher: Voucher | None, terms: Terms, available: int) -> Source:
    return Source(
        programme_id=programme.id,
        programme_number=programme.number,
        programme_name=programme.name,
        voucher_id=voucher.id if voucher else None,
        voucher_number=voucher.number if voucher else None,
        terms=terms,
        available=available,
    )
