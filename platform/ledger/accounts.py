"""Accounts of the ledger: found or opened."""

from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from foundation.identifiers import new_id
from ledger.models import SUMMED, AccountKind

_FIND_OR_OPEN: Final = text("""
WITH found AS (
    SELECT id FROM ledger_accounts
    WHERE kind = :kind AND programme_id = :programme_id AND owner_id IS NOT DISTINCT FROM CAST(:owner_id AS uuid)
), opened AS (
    INSERT INTO ledger_accounts (id, kind, programme_id, owner_id, balance)
    SELECT :id, :kind, :programme_id, CAST(:owner_id AS uuid), CAST(:balance AS bigint)
    WHERE NOT EXISTS (SELECT FROM found)
    ON CONFLICT ON CONSTRAINT uq_ledger_accounts_station DO NOTHING
    RETURNING id
)
SELECT id FROM found UNION ALL SELECT id FROM opened
""")


def account(session: Session, kind: AccountKind, programme_id: UUID, owner_id: UUID | None = None) -> UUID:
    """The id of the account of ``kind`` for a programme and owner, opened with nothing on it when it is new.

    Two transactions may open it at once: the unique constraint lets one win and the other reads the winner's row.
    """
    facts = {
        "id": new_id(),
        "kind": kind.value,
        "programme_id": programme_id,
        "owner_id": owner_id,
        "balance": None if kind in SUMMED else 0,
    }
    found: UUID | None = session.scalar(_FIND_OR_OPEN, facts)
    # Nothing: another transaction opened it between our look and our insert, and has committed by now.
    return found or session.scalars(_FIND_OR_OPEN, facts).one()
