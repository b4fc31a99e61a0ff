"""What an enterprise could pay a deduction from: its usable vouchers, and the programmes it could still claim from."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session, joinedload, lazyload, selectinload

from accounts.models import Organisation
from foundation.clock import today
from vouchers.eligibility import may_claim_each
from vouchers.models import Programme, ProgrammeState, Voucher
from vouchers.regions import admits, open_to
from vouchers.states import USABLE
from vouchers.terms import Terms, readable, terms_or_none
from vouchers.wallets import wallets

# Who runs a programme is not asked here, and would be two more tables for each.
_BARE: Final = (lazyload(Programme.bureau),)


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
    at_home: bool = True


def usable_sources(session: Session, enterprise_id: UUID) -> list[Source]:
    """Vouchers that can be held today, first to expire first, then what open programmes would still give.

    Programmes of other regions are left out by the database; a voucher of one is there, but not ``at_home``.
    """
    enterprise = session.get_one(Organisation, enterprise_id)
    vouchers = session.scalars(
        select(Voucher)
        .options(joinedload(Voucher.programme).options(*_BARE), joinedload(Voucher.programme_version))
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
            here = admits(terms, voucher.programme, enterprise)
            sources.append(_source(voucher.programme, voucher, terms, amount.available, at_home=here))
    claimable = may_claim_each(session, enterprise_id, open_programmes_for(session, enterprise))
    return sources + [
        _source(answer.programme, None, answer.terms, answer.amount) for answer in claimable if answer.amount
    ]


def only_elsewhere(session: Session, enterprise_id: UUID) -> bool:
    """Whether claims are open now, but only in programmes of other regions."""
    enterprise = session.get_one(Organisation, enterprise_id)
    here = func.coalesce(func.bool_or(open_to(enterprise)), True)
    return not session.scalar(select(here).where(Programme.state == ProgrammeState.OPEN))


def public_sources(session: Session) -> list[Source]:
    """What open programmes give to an enterprise that may claim and has claimed nothing yet: for a visitor."""
    return [
        _source(programme, None, terms, terms.cap_per_enterprise)
        for programme in _open_programmes(session)
        if (terms := readable(programme)) is not None
    ]


def open_programmes_for(session: Session, enterprise: Organisation) -> Sequence[Programme]:
    """Programmes that take claims now and do not leave the enterprise out by their region."""
    return _open_programmes(session, open_to(enterprise))


def _open_programmes(session: Session, *where: ColumnElement[bool]) -> Sequence[Programme]:
    """Open programmes whose rules can be read; one that cannot stands still by itself."""
    found = session.scalars(
        select(Programme)
        .where(Programme.state == ProgrammeState.OPEN, *where)
        .options(selectinload(Programme.versions), *_BARE)
        .order_by(Programme.number)
    )
    return [programme for programme in found if readable(programme) is not None]


def _source(
    programme: Programme, voucher: Voucher | None, terms: Terms, available: int, *, at_home: bool = True
) -> Source:
    return Source(
        programme_id=programme.id,
        programme_number=programme.number,
        programme_name=programme.name,
        voucher_id=voucher.id if voucher else None,
        voucher_number=voucher.number if voucher else None,
        terms=terms,
        available=available,
        at_home=at_home,
    )
