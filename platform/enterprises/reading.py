"""Read models of the register of titles."""

from collections.abc import Sequence
from datetime import date
from enum import StrEnum
from uuid import UUID

from sqlalchemy.orm import Session

from accounts.reading import NamedOrganisation, named
from enterprises.models import Title, TitleLevel
from foundation.clock import today
from foundation.reading import ReadModel


class TitleStanding(StrEnum):
    """Whether a title counts today; one that was revoked never comes back."""

    VALID = "valid"
    OUTSIDE = "outside"
    REVOKED = "revoked"


class TitleRow(ReadModel):
    """A title in the register, and how it stands today."""

    id: UUID
    enterprise: NamedOrganisation
    level: TitleLevel
    batch: str
    document: str
    valid_from: date
    valid_to: date
    revoked_on: date | None
    standing: TitleStanding


def title_rows(_session: Session, titles: Sequence[Title]) -> list[TitleRow]:
    """Titles in their order; their organisations come with them (``titles.page``, ``titles.own``)."""
    day = today()
    return [
        TitleRow(
            id=one.id,
            enterprise=named(one.organisation),
            level=one.level,
            batch=one.batch,
            document=one.document,
            valid_from=one.valid_from,
            valid_to=one.valid_to,
            revoked_on=one.revoked_on,
            standing=_standing(one, day),
        )
        for one in titles
    ]


def _standing(title: Title, day: date) -> TitleStanding:
    if title.revoked_on is not None:
        return TitleStanding.REVOKED
    return TitleStanding.VALID if title.valid_from <= day <= title.valid_to else TitleStanding.OUTSIDE
