"""What a correction needed from a pool that had given it out again: noted, visible, and covered before anything else.

A statement can be taken back although what its scheme had cut went back into the pool and out again. What the pool
cannot give then comes from the provider's shortfall account, which goes below zero as the treasury's does. The next
money that reaches the pool covers it (``cover``) before a voucher, an award or anything else is given out, and nothing
is approved for that provider while it is open.
"""

from collections.abc import Mapping
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from foundation.actors import Actor
from foundation.identifiers import new_id
from ledger.days import NET
from ledger.posting import Posting, post

_SHORT: Final = text(f"""
    SELECT account.id, account.owner_id, {NET} AS net FROM ledger_accounts AS account
    WHERE account.kind = 'shortfall' AND account.programme_id = :programme_id AND account.owner_id IS NOT NULL
    ORDER BY account.id
""")  # noqa: S608 - fixed


def owed(session: Session, programme_id: UUID) -> Mapping[UUID, int]:
    """The open shortfalls of a programme, in fen: provider → what is still to be covered."""
    return {owner: amount for _, owner, amount in _open(session, programme_id)}


def cover(session: Session, actor: Actor, pool: UUID, programme_id: UUID, money: int) -> int:
    """Cover open shortfalls out of the ``money`` fen of a locked pool, the oldest account first; returns what is left."""
    postings = []
    for account_id, _owner, amount in _open(session, programme_id):
        covered = min(amount, money)
        if covered:
            postings.append(
                Posting(
                    id=new_id(),
                    source=pool,
                    target=account_id,
                    amount=covered,
                    kind="cover",
                    programme_id=programme_id,
                    subject_type="programmes",
                    subject_id=programme_id,
                )
            )
            money -= covered
    post(session, actor, postings)
    return money


def _open(session: Session, programme_id: UUID) -> list[tuple[UUID, UUID, int]]:
    """Account, owner and what it is short of."""
    rows = session.execute(_SHORT, {"programme_id": programme_id})
    return [(row.id, row.owner_id, -row.net) for row in rows if row.net < 0]
