"""Posting transfers: the only way that money moves."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from audit.trail import record
from foundation.actors import Actor
from foundation.clock import now
from foundation.constraints import as_domain_error, name_of
from foundation.errors import Conflict, Exhausted
from foundation.i18n import N_
from foundation.identifiers import new_id
from foundation.locking import lock_row
from foundation.many import among
from foundation.statements import run
from ledger.days import NET
from ledger.models import AccountKind, LedgerAccount, Transfer


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


MOST_NAMED: Final = 100
"""Transfers that one event names."""

# Where the transfers come from: arrays, which serve one posting or a thousand, or the facts of one.
_ARRAYS: Final = """unnest(
        CAST(%(ids)s AS uuid[]), CAST(%(sources)s AS uuid[]), CAST(%(targets)s AS uuid[]), CAST(%(amounts)s AS bigint[]),
        CAST(%(kinds)s AS text[]), CAST(%(programmes)s AS uuid[]), CAST(%(subject_types)s AS text[]),
        CAST(%(subjects)s AS uuid[]), CAST(%(reverses)s AS uuid[])
    )"""
_FACTS: Final = """(VALUES (
        CAST(%(transfer_id)s AS uuid), CAST(%(source_id)s AS uuid), CAST(%(target_id)s AS uuid),
        CAST(%(amount)s AS bigint), CAST(%(kind)s AS text), CAST(%(programme_id)s AS uuid),
        CAST(%(subject_type)s AS text), CAST(%(subject_id)s AS uuid), CAST(%(reverses_id)s AS uuid)
    ))"""


def _writing(rows: str) -> str:
    """Parts of a WITH that write ``rows`` as transfers and move the stored balances by what was really written.

    A transfer whose id is there already is left out of ``written``, so nothing follows from it either.
    """
    return f"""written AS (
    INSERT INTO ledger_transfers
        (id, source_id, target_id, amount, kind, programme_id, subject_type, subject_id, reverses_id, posted_at, user_id)
    SELECT row.*, CAST(%(posted_at)s AS timestamptz), CAST(%(posted_by)s AS uuid) FROM {rows} AS row
    ON CONFLICT (id) DO NOTHING RETURNING id, source_id, target_id, amount
), changes AS (
    SELECT account_id, CAST(sum(change) AS bigint) AS change
    FROM (SELECT source_id, -amount FROM written UNION ALL SELECT target_id, amount FROM written) AS side (account_id, change)
    GROUP BY account_id
), moved AS (
    UPDATE ledger_accounts AS account SET balance = account.balance + changes.change
    FROM changes WHERE account.id = changes.account_id AND account.balance IS NOT NULL
)"""  # noqa: S608 - one of the two above


_WRITE_ALL: Final = f"WITH {_writing(_ARRAYS)} SELECT id FROM written"  # noqa: S608 - fixed

WRITE_ONE: Final = f"""{_writing(_FACTS)}, opened AS (
    INSERT INTO ledger_accounts (id, kind, programme_id, owner_id, balance)
    SELECT target_id, CAST(%(opened_kind)s AS text), %(programme_id)s, %(opened_for)s, amount
    FROM written WHERE CAST(%(opened_kind)s AS text) IS NOT NULL
)"""  # noqa: S608 - fixed
"""Parts of a WITH for one posting, for verbs that write more in the same statement. Its facts come from ``facts_of_one``,
its errors go through ``refusals``, and when ``written`` is empty ``refuse_changed_retries`` says whether that is harmless."""


_BALANCE: Final = text(f"""
    SELECT CASE WHEN account.balance IS NULL THEN {NET} ELSE
        (SELECT coalesce(sum(amount), 0) FROM ledger_transfers WHERE target_id = account.id)
        - (SELECT coalesce(sum(amount), 0) FROM ledger_transfers WHERE source_id = account.id)
    END
    FROM ledger_accounts AS account WHERE account.id = :id
""")  # noqa: S608 - fixed


def post(session: Session, actor: Actor, postings: Sequence[Posting]) -> None:
    """Write the transfers and move the stored balances, in one statement however many there are.

    A posting whose id is there already is left out when it says the same, and refused when it says something else.
    Raises Exhausted when a stored balance would go below zero. Balances of shared accounts are not stored: check
    them with ``ensure_covers`` before money leaves them.
    """
    if not postings:
        return
    if len({posting.id for posting in postings}) < len(postings):
        raise ValueError("an id stands for one posting")
    facts = {
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
    with refusals():
        written = set(run(session, _WRITE_ALL, facts | _when_and_who(actor)).scalars())
    _tell(session, actor, [posting for posting in postings if posting.id in written])
    refuse_changed_retries(session, [posting for posting in postings if posting.id not in written])


def facts_of_one(actor: Actor, posting: Posting, *, opens: tuple[AccountKind, UUID] | None = None) -> dict[str, Any]:
    """The facts of ``WRITE_ONE``; ``opens``: the target is new, an account of this kind for this owner."""
    kind, owner = opens or (None, None)
    return {
        "transfer_id": posting.id,
        "source_id": posting.source,
        "target_id": posting.target,
        "amount": posting.amount,
        "kind": posting.kind,
        "programme_id": posting.programme_id,
        "subject_type": posting.subject_type,
        "subject_id": posting.subject_id,
        "reverses_id": posting.reverses_id,
        "opened_kind": kind.value if kind else None,
        "opened_for": owner,
    } | _when_and_who(actor)


def named(postings: Sequence[Posting]) -> dict[str, Any]:
    """What an event of the trail says of the transfers that it covers: each stands in exactly one event.

    ``post`` writes it; a verb with ``WRITE_ONE`` puts it into its own event, which follows from the transfer.
    """
    return {
        "transfers": [
            {
                "id": str(posting.id),
                "kind": posting.kind,
                "amount": posting.amount,
                "source": str(posting.source),
                "target": str(posting.target),
                "subject": str(posting.subject_id),
                "reverses": str(posting.reverses_id) if posting.reverses_id else None,
            }
            for posting in postings
        ]
    }


def _tell(session: Session, actor: Actor, written: Sequence[Posting]) -> None:
    """Events of at most ``MOST_NAMED`` transfers each, about the first of them."""
    for start in range(0, len(written), MOST_NAMED):
        part = written[start : start + MOST_NAMED]
        record(session, actor, "ledger.post", Transfer(id=part[0].id), after=named(part))


@contextmanager
def refusals() -> Iterator[None]:
    """Exhausted instead of the broken constraint when a stored balance would go below zero."""
    try:
        yield
    except IntegrityError as error:
        if name_of(error) == "ck_ledger_accounts_balance_not_negative":
            raise Exhausted(N_("余额不足，这笔金额已被占用"), remedy=N_("刷新页面查看最新余额")) from error
        raise


def refuse_changed_retries(session: Session, repeated: Sequence[Posting]) -> None:
    """Conflict when one of these, whose ids are there already, says something else than what was posted under its id."""
    if not repeated:
        return
    known = {
        transfer.id: transfer
        for transfer in session.scalars(
            select(Transfer).where(among(Transfer.id, [posting.id for posting in repeated]))
        )
    }
    for posting in repeated:
        transfer = known[posting.id]
        if _as_posting(transfer) != posting:
            raise Conflict(N_("同一编号的转账已存在，但内容不同"))


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
    """Fen on an account. A shared one's are the facts of closed days and what came since, from one view (``ledger/days.py``);
    one that stores its balance has few transfers, which are summed (the copy is compared by ``huiqi ledger verify``).
    """
    return int(session.scalar(_BALANCE, {"id": account_id}) or 0)


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


def _when_and_who(actor: Actor) -> dict[str, Any]:
    return {"posted_at": now(), "posted_by": actor.user_id}


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
