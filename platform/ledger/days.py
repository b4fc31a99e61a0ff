"""Facts per day: what moved at each station on each day is counted once, and balances are these facts plus what came since.

The facts hold every transfer up to a number, the last fold's ``through``, so that "what came since" is what is numbered
higher. Numbers are given in the order in which transfers are written, not in that of their commits. A fold must therefore
not pass a number whose transaction is still running: it would be taken for counted, and never be. So ``fold`` first chooses
how far to go, then sees to it that every transaction that had written until then is over
(``foundation.locking.ensure_writers_gone``), and counts in a statement of its own, whose view is newer than both. A
transaction that begins to write later gets higher numbers. That holds while the sequence hands out numbers one by one
(CACHE 1), which a migration must not change.

Readers take fold, facts and transfers from one view, so they are exact at any moment, also under a lock.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from foundation.clock import at, today
from foundation.identifiers import new_id
from foundation.locking import ensure_writers_gone, lock_key
from ledger.models import AccountKind, LedgerFold, Transfer

MOST: Final = 50_000
"""Transfers that are folded in one transaction."""

_FOLDED: Final = "(SELECT coalesce(max(through), 0) FROM ledger_folds)"

_THROUGH: Final = text(f"SELECT {_FOLDED}")

# As far as closed days go, and the most that one transaction does.
_NEXT: Final = text("""
    WITH part AS (
        SELECT sequence, posted_at FROM ledger_transfers WHERE sequence > :after ORDER BY sequence LIMIT :most
    )
    SELECT max(sequence) FROM part
    WHERE sequence < coalesce((SELECT min(sequence) FROM part WHERE posted_at >= :today), 9223372036854775807)
""")

# What the transfers in (after, through] give for each station and day.
_COUNTED: Final = """
    SELECT account.programme_id, account.kind, CASE WHEN account.balance IS NULL THEN account.id END AS account_id,
           (move.posted_at AT TIME ZONE 'Asia/Shanghai')::date AS day, CAST(sum(move.incoming) AS bigint) AS incoming,
           CAST(sum(move.outgoing) AS bigint) AS outgoing, count(*) AS transfers
    FROM (
        SELECT source_id AS account_id, posted_at, 0 AS incoming, amount AS outgoing
        FROM ledger_transfers WHERE sequence > :after AND sequence <= :through
        UNION ALL
        SELECT target_id, posted_at, amount, 0 FROM ledger_transfers WHERE sequence > :after AND sequence <= :through
    ) AS move JOIN ledger_accounts AS account ON account.id = move.account_id
    GROUP BY 1, 2, 3, 4
"""

_FOLD: Final = text(f"""
    INSERT INTO ledger_days (id, programme_id, kind, account_id, day, incoming, outgoing, transfers)
    SELECT gen_random_uuid(), counted.* FROM ({_COUNTED}) AS counted
    ON CONFLICT ON CONSTRAINT uq_ledger_days_station DO UPDATE
    SET incoming = ledger_days.incoming + excluded.incoming, outgoing = ledger_days.outgoing + excluded.outgoing,
        transfers = ledger_days.transfers + excluded.transfers
""")  # noqa: S608 - fixed

# How far they are folded is read in the same view: a fold may be committed just before.
_DIFFERENT: Final = text(f"""
    SELECT programme_id, kind, coalesce(stored.account_id, counted.account_id) AS account_id, day,
           stored.incoming, stored.outgoing, counted.incoming AS counted_incoming, counted.outgoing AS counted_outgoing
    FROM (
        SELECT *, account_id IS NULL AS together, coalesce(account_id, programme_id) AS place FROM ledger_days
    ) AS stored FULL JOIN (
        SELECT *, account_id IS NULL AS together, coalesce(account_id, programme_id) AS place
        FROM ({_COUNTED.replace(":through", _FOLDED)}) AS each
    ) AS counted USING (programme_id, kind, together, place, day)
    WHERE (stored.incoming, stored.outgoing, stored.transfers)
          IS DISTINCT FROM (counted.incoming, counted.outgoing, counted.transfers)
    ORDER BY programme_id, kind, day, place
""")  # noqa: S608 - fixed

NET: Final = f"""CAST(
    (SELECT coalesce(sum(incoming - outgoing), 0) FROM ledger_days WHERE account_id = account.id)
    + (SELECT coalesce(sum(amount), 0) FROM ledger_transfers WHERE target_id = account.id AND sequence > {_FOLDED})
    - (SELECT coalesce(sum(amount), 0) FROM ledger_transfers WHERE source_id = account.id AND sequence > {_FOLDED})
AS bigint)"""  # noqa: S608 - fixed
"""What lies on the shared ``account`` of a query around it, in fen."""

# ``floor`` is a fold that was read before, so never higher than the one that counts; it only tells the planner how few
# transfers come after it. An account's kind is looked up by its key for each of these few: a join would read all accounts.
_STATIONS: Final = text(f"""
    SELECT programme_id, kind, CAST(sum(incoming) AS bigint) AS incoming, CAST(sum(outgoing) AS bigint) AS outgoing,
           CAST(sum(transfers) AS bigint) AS transfers
    FROM (
        SELECT programme_id, kind, incoming, outgoing, transfers FROM ledger_days WHERE programme_id = ANY(:programmes)
        UNION ALL
        SELECT programme_id, (SELECT kind FROM ledger_accounts WHERE id = target_id), amount, 0, 1 FROM ledger_transfers
        WHERE programme_id = ANY(:programmes) AND sequence > :floor AND sequence > {_FOLDED}
        UNION ALL
        SELECT programme_id, (SELECT kind FROM ledger_accounts WHERE id = source_id), 0, amount, 1 FROM ledger_transfers
        WHERE programme_id = ANY(:programmes) AND sequence > :floor AND sequence > {_FOLDED}
    ) AS moved
    GROUP BY programme_id, kind
""")  # noqa: S608 - fixed


@dataclass(frozen=True, slots=True)
class Moved:
    """What came to a station and left it since the beginning, in fen, and in how many transfers."""

    incoming: int = 0
    outgoing: int = 0
    transfers: int = 0

    @property
    def net(self) -> int:
        """What lies there."""
        return self.incoming - self.outgoing


@dataclass(frozen=True, slots=True)
class Difference:
    """A fact that is not what the transfers give, in fen as (incoming, outgoing); None where there is no row, or should be none."""

    programme_id: UUID
    kind: str
    account_id: UUID | None
    day: date
    stored: tuple[int, int] | None
    counted: tuple[int, int] | None


def folded_through(session: Session) -> int:
    """The number of the last transfer that the facts hold; 0 before the first fold."""
    return int(session.scalar(_THROUGH) or 0)


def fold(session: Session, *, most: int = MOST) -> bool:
    """Add the next closed days, ``most`` transfers of them, to the facts; True when there may be more.

    Closed is a day that is over. Busy when a transaction that has written transfers does not end: the next run does it.
    """
    lock_key(session, "ledger", "fold")
    after = folded_through(session)
    through = session.scalar(_NEXT, {"after": after, "most": most, "today": at(today(), 0)})
    if through is None:
        return False
    ensure_writers_gone(session, Transfer)
    session.execute(_FOLD, {"after": after, "through": through})
    session.add(LedgerFold(id=new_id(), through=through))
    session.flush()
    return True


def differences(session: Session) -> list[Difference]:
    """Where the facts are not what the transfers give that they hold."""
    rows = session.execute(_DIFFERENT, {"after": 0})
    return [
        Difference(
            row.programme_id,
            row.kind,
            row.account_id,
            row.day,
            None if row.incoming is None else (row.incoming, row.outgoing),
            None if row.counted_incoming is None else (row.counted_incoming, row.counted_outgoing),
        )
        for row in rows
    ]


def rebuild(session: Session) -> list[Difference]:
    """Count all facts anew from the transfers that they hold; returns what was not the same before. No fold goes on meanwhile."""
    lock_key(session, "ledger", "fold")
    found = differences(session)
    if found:
        session.execute(text("DELETE FROM ledger_days"))
        session.execute(_FOLD, {"after": 0, "through": folded_through(session)})
    return found


def extent(session: Session) -> dict[str, int]:
    """How many transfers the facts hold, and how many facts there are."""
    through = folded_through(session)
    transfers = session.scalar(text("SELECT count(*) FROM ledger_transfers WHERE sequence <= :it"), {"it": through})
    return {"transfers": transfers or 0, "facts": session.scalar(text("SELECT count(*) FROM ledger_days")) or 0}


def stations(session: Session, programme_ids: Collection[UUID]) -> Mapping[UUID, Mapping[AccountKind, Moved]]:
    """What moved at each station of each of these programmes since its beginning, in two queries however many there are."""
    facts: dict[str, Any] = {"programmes": list(programme_ids), "floor": folded_through(session)}
    found: dict[UUID, dict[AccountKind, Moved]] = {programme_id: {} for programme_id in programme_ids}
    for row in session.execute(_STATIONS, facts):
        found[row.programme_id][AccountKind(row.kind)] = Moved(row.incoming, row.outgoing, row.transfers)
    return found
