"""Posting transfers: the only way that money moves."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from foundation.actors import Actor
from foundation.clock import now
from foundation.constraints import as_domain_error
from foundation.errors import Conflict, Exhausted
from foundation.i18n import N_
from foundation.identifiers import new_id
from foundation.locking import lock_row
from ledger.models import LedgerAccount, Transfer


@dataclass(frozen=True, slots=True)
class Posting:
    """One movement of ``amount`` fen from ``source`` to ``target`` (account ids), and what it is about.

    ``id`` is made by the caller: posting the same id again moves nothing.
    """

    id: UUID
    source: UUID
    target: UUID
    amount: int
    kind: str
    programme_id: UUID
    subject_type: str
    subject_id: UUID
    reverses_id: UUID | None = None


# Plain SQL over arrays: the same text for one posting or a thousand, so nothing is compiled anew on the hot way.
_WRITE: Final = text("""
INSERT INTO ledger_transfers
    (id, source_id, target_id, amount, kind, programme_id, subject_type, subject_id, reverses_id, posted_at, user_id)
SELECT row.*, :moment, CAST(:person AS uuid)
FROM unnest(
    CAST(:ids AS uuid[]), CAST(:sources AS uuid[]), CAST(:targets AS uuid[]), CAST(:amounts AS bigint[]),
    CAST(:kinds AS text[]), CAST(:programmes AS uuid[]), CAST(:subject_types AS text[]), CAST(:subjects AS uuid[]),
    CAST(:reverses AS uuid[])
) AS row
ON CONFLICT (id) DO NOTHING RETURNING id
""")

_MOVE: Final = text("""
UPDATE ledger_accounts AS account SET balance = account.balance + delta.change
FROM unnest(CAST(:ids AS uuid[]), CAST(:changes AS bigint[])) AS delta (account_id, change)
WHERE account.id = delta.account_id AND account.balance IS NOT NULL
""")


def post(session: Session, actor: Actor, postings: Sequence[Posting]) -> None:
    """Write the transfers and move the stored balances, in two statements however many there are.

    A posting whose id is there already is left out when it says the same, and refused when it says something else.
    Raises Exhausted when a stored balance would go below zero. Balances of shared accounts are not stored: check
    them with ``ensure_covers`` before money leaves them.
    """
    if not postings:
        return
    if len({posting.id for posting in postings}) < len(postings):
        raise ValueError("an id stands for one posting")
    session.flush()
    columns = {
        "ids": [posting.id for posting in postings],
        "sources": [posting.source for posting in postings],
        "targets": [posting.target for posting in postings],
        "amounts": [posting.amount for posting in postings],
        "kinds": [posting.kind for posting in postings],
        "programmes": [posting.programme_id for posting in postings],
        "subject_types": [posting.subject_type for posting in postings],
        "subjects": [posting.subject_id for posting in postings],
        "reverses": [posting.reverses_id for posting in postings],
    }
    written = set(session.scalars(_WRITE, {**columns, "moment": now(), "person": actor.user_id}))
    _refuse_changed_retries(session, [posting for posting in postings if posting.id not in written])
    _move_balances(session, [posting for posting in postings if posting.id in written])


def reverse(session: Session, actor: Actor, transfer_id: UUID, *, kind: str) -> Posting:
    """Correct a transfer by its linked opposite; the unique constraint lets that happen once."""
    original = session.get_one(Transfer, transfer_id)
    posting = Posting(
        id=new_id(),
        source=original.target_id,
        target=original.source_id,
        amount=original.amount,
        kind=kind,
        programme_id=original.programme_id,
        subject_type=original.subject_type,
        subject_id=original.subject_id,
        reverses_id=original.id,
    )
    try:
        post(session, actor, [posting])
    except IntegrityError as error:
        raise as_domain_error(error) from error
    return posting


def balance(session: Session, account_id: UUID) -> int:
    """Fen on an account, from its transfers (the stored balance is only a copy that ``huiqi ledger verify`` compares)."""
    incoming = select(func.coalesce(func.sum(Transfer.amount), 0)).where(Transfer.target_id == account_id)
    outgoing = select(func.coalesce(func.sum(Transfer.amount), 0)).where(Transfer.source_id == account_id)
    return int(session.scalar(select(incoming.scalar_subquery() - outgoing.scalar_subquery())) or 0)


def stored_balance(session: Session, account_id: UUID) -> int:
    """Fen on an account that stores its balance (voucher, hold, approved)."""
    return int(session.scalars(select(LedgerAccount.balance).where(LedgerAccount.id == account_id)).one() or 0)


def ensure_covers(session: Session, account_id: UUID, amount: int) -> int:
    """Lock a shared account, check that it holds ``amount`` fen, and return what it holds; Exhausted otherwise.

    Lock before check: two issues out of one pool wait for each other here and the second sees what the first took.
    """
    lock_row(session, LedgerAccount, account_id)
    held = balance(session, account_id)
    if held < amount:
        raise Exhausted(N_("项目资金余额不足"), remedy=N_("可以先排队等候，资金回流后按顺位递补"))
    return held


def _refuse_changed_retries(session: Session, repeated: Sequence[Posting]) -> None:
    if not repeated:
        return
    known = {
        transfer.id: transfer
        for transfer in session.scalars(select(Transfer).where(Transfer.id.in_([posting.id for posting in repeated])))
    }
    for posting in repeated:
        transfer = known[posting.id]
        if _as_posting(transfer) != posting:
            raise Conflict(N_("同一编号的转账已存在，但内容不同"))


def _as_posting(transfer: Transfer) -> Posting:
    return Posting(
        id=transfer.id,
        source=transfer.source_id,
        target=transfer.target_id,
        amount=transfer.amount,
        kind=transfer.kind,
        programme_id=transfer.programme_id,
        subject_type=transfer.subject_type,
        subject_id=transfer.subject_id,
        reverses_id=transfer.reverses_id,
    )


def _move_balances(session: Session, postings: Sequence[Posting]) -> None:
    changes: dict[UUID, int] = defaultdict(int)
    for posting in postings:
        changes[posting.source] -= posting.amount
        changes[posting.target] += posting.amount
    moved = [(account_id, change) for account_id, change in sorted(changes.items()) if change]
    if not moved:
        return
    try:
        session.execute(_MOVE, {"ids": [one for one, _ in moved], "changes": [change for _, change in moved]})
    except IntegrityError as error:
        if "balance_not_negative" in str(error.orig):
            raise Exhausted(N_("余额不足，这笔金额已被占用"), remedy=N_("刷新页面查看最新余额")) from error
        raise
