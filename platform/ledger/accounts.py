"""Accounts of the ledger: found or opened."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from foundation.identifiers import new_id
from ledger.models import SUMMED, AccountKind, LedgerAccount


def account(session: Session, kind: AccountKind, programme_id: UUID, owner_id: UUID | None = None) -> UUID:
    """The id of the account of ``kind`` for a programme and owner, opened with nothing on it when it is new.

    Two transactions may open it at once: the unique constraint lets one win and the other reads the winner's row.
    """
    query = select(LedgerAccount.id).where(
        LedgerAccount.kind == kind,
        LedgerAccount.programme_id == programme_id,
        LedgerAccount.owner_id.is_not_distinct_from(owner_id),
    )
    found = session.scalar(query)
    if found is not None:
        return found
    opened = session.scalar(
        insert(LedgerAccount)
        .values(
            id=new_id(),
            kind=kind,
            programme_id=programme_id,
            owner_id=owner_id,
            balance=None if kind in SUMMED else 0,
        )
        .on_conflict_do_nothing(constraint="uq_ledger_accounts_station")
        .returning(LedgerAccount.id)
    )
    return opened or session.scalars(query).one()
