"""Read models of programmes, claims, vouchers and the transfers of their money."""

from collections.abc import Sequence
from datetime import date
from enum import StrEnum
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

from accounts.reading import NamedOrganisation, Place, named, place
from enterprises.models import TitleLevel
from foundation.reading import Moment, Money, ReadModel
from ledger.models import AccountKind
from vouchers import claiming
from vouchers.models import ClaimState, Programme, ProgrammeState, Voucher, VoucherClaim, VoucherState
from vouchers.money import Move, remaining
from vouchers.queries import organisations
from vouchers.terms import readable
from vouchers.wallets import wallets


class NamedProgramme(ReadModel):
    """A programme as other things name it."""

    number: str
    name: str


class ProgrammeRow(ReadModel):
    """A programme in its list; ``left`` is null until the treasury has put money in.

    The terms are null where this release cannot read the version's rules.
    """

    number: str
    name: str
    place: Place
    state: ProgrammeState
    left: Money | None
    cap_per_enterprise: Money | None
    claims_open_at: Moment | None
    claims_last_day: date | None


class ClaimReason(StrEnum):
    """Why a claim was decided otherwise than asked for."""

    CUT_TO_CAP = "cut_to_cap"
    CUT_TO_POOL = "cut_to_pool"
    OVER_CAP = "over_cap"
    NO_TITLE = "no_title"
    OTHER_REGION = "other_region"
    NO_FUNDS = "no_funds"
    LAPSED = "lapsed"


CLAIM_REASONS: Final = {
    ClaimReason.CUT_TO_CAP: claiming.CUT_TO_CAP,
    ClaimReason.CUT_TO_POOL: claiming.CUT_TO_POOL,
    ClaimReason.OVER_CAP: claiming.OVER_CAP,
    ClaimReason.NO_TITLE: claiming.NO_TITLE,
    ClaimReason.OTHER_REGION: claiming.OTHER_REGION,
    ClaimReason.NO_FUNDS: claiming.NO_FUNDS,
    ClaimReason.LAPSED: claiming.LAPSED,
}
"""The sentence of each reason, as the claim's row keeps it."""
_CODES: Final = {sentence: reason for reason, sentence in CLAIM_REASONS.items()}


class VoucherClaimRow(ReadModel):
    """A claim in the line of a programme."""

    number: str
    programme: NamedProgramme
    enterprise: NamedOrganisation
    title: TitleLevel
    queued_at: Moment
    prior: bool
    state: ClaimState
    requested: Money
    allotted: Money
    decided_at: Moment | None
    reason: ClaimReason | None


class VoucherRow(ReadModel):
    """A voucher; what is free, held, redeemed and gone back makes up the face."""

    number: str
    programme: NamedProgramme
    holder: NamedOrganisation
    state: VoucherState
    face: Money
    available: Money
    held: Money
    redeemed: Money
    returned: Money
    issued_at: Moment
    expires_on: date


class TransferRow(ReadModel):
    """A transfer as a list shows it; the amount is negative where it left the station that was asked for."""

    id: UUID
    posted_at: Moment
    kind: str
    source: AccountKind
    target: AccountKind
    amount: Money
    voucher_number: str | None


def programme_rows(session: Session, programmes: Sequence[Programme]) -> list[ProgrammeRow]:
    """Programmes in their order; what is left of each in one query."""
    left = remaining(session, [one.id for one in programmes])
    rows = []
    for one in programmes:
        terms = readable(one)
        rows.append(
            ProgrammeRow(
                number=one.number,
                name=one.name,
                place=place(one.region),
                state=one.state,
                left=left[one.id],
                cap_per_enterprise=terms.cap_per_enterprise if terms else None,
                claims_open_at=terms.claims_open_at if terms else None,
                claims_last_day=terms.claims_last_day if terms else None,
            )
        )
    return rows


def claim_rows(session: Session, claims: Sequence[VoucherClaim]) -> list[VoucherClaimRow]:
    """Claims in their order; whose they are in one query."""
    enterprises = organisations(session, {one.enterprise_id for one in claims})
    return [
        VoucherClaimRow(
            number=one.number,
            programme=named_programme(one.programme),
            enterprise=named(enterprises[one.enterprise_id]),
            title=TitleLevel(one.title),
            queued_at=one.queued_at,
            prior=one.priority == 0,
            state=one.state,
            requested=one.requested,
            allotted=one.allotted,
            decided_at=one.decided_at,
            reason=_CODES.get(one.reason or ""),
        )
        for one in claims
    ]


def voucher_rows(session: Session, vouchers: Sequence[Voucher]) -> list[VoucherRow]:
    """Vouchers in their order; their amounts and holders in one query each."""
    amounts = wallets(session, vouchers)
    holders = organisations(session, {one.enterprise_id for one in vouchers})
    return [
        VoucherRow(
            number=one.number,
            programme=named_programme(one.programme),
            holder=named(holders[one.enterprise_id]),
            state=one.state,
            face=one.face,
            available=amounts[one.id].available,
            held=amounts[one.id].held,
            redeemed=amounts[one.id].redeemed,
            returned=amounts[one.id].returned,
            issued_at=one.issued_at,
            expires_on=one.expires_on,
        )
        for one in vouchers
    ]


def transfer_rows(_session: Session, moves: Sequence[Move]) -> list[TransferRow]:
    """Transfers in their order."""
    return [
        TransferRow(
            id=move.transfer.id,
            posted_at=move.transfer.posted_at,
            kind=move.transfer.kind,
            source=move.source,
            target=move.target,
            amount=move.amount,
            voucher_number=move.voucher_number,
        )
        for move in moves
    ]


def named_programme(programme: Programme) -> NamedProgramme:
    """The read model of a programme as other things name it."""
    return NamedProgramme(number=programme.number, name=programme.name)
