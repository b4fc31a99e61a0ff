"""What a correction needed from a pool that had given it out again: noted, visible, and covered before anything else.

A statement can be taken back although what its scheme had cut went back into the pool and out again. What the pool
cannot give then comes from the provider's shortfall account, which goes below zero as the treasury's does. The next
money that reaches the pool covers it (``cover``) before a voucher, an award or anything else is given out, and nothing
is approved for that provider while it is open.
"""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from foundation.actors import Actor
from foundation.identifiers import new_id
from ledger.models import AccountKind, LedgerAccount, Transfer
from ledger.posting import Posting, post


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
    out = func.sum(Transfer.amount).filter(Transfer.source_id == LedgerAccount.id)
    back = func.coalesce(func.sum(Transfer.amount).filter(Transfer.target_id == LedgerAccount.id), 0)
    rows = session.execute(
        select(LedgerAccount.id, LedgerAccount.owner_id, out - back)
        .join(Transfer, or_(Transfer.source_id == LedgerAccount.id, Transfer.target_id == LedgerAccount.id))
        .where(LedgerAccount.kind == AccountKind.SHORTFALL, LedgerAccount.programme_id == programme_id)
        .group_by(LedgerAccount.id)
        .having(out > back)
        .order_by(LedgerAccount.id)
    )
    return [(account_id, owner, int(amount)) for account_id, owner, amount in rows if owner is not None]
