"""Sealing the trail, and what is sealed with it, into one tree, a batch at a time.

A chain over single rows would be one hot row for every writer. Instead a job adds, each minute, all that is committed and
not in the tree yet; what waits for that is counted and should be younger than a few minutes.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from sqlalchemy import delete, exists, func, insert, literal, or_, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session
from sqlalchemy.sql import ColumnElement

from audit.chain import first_leaf
from audit.merkle import Growing
from audit.models import AUDIT_GAPS, AUDIT_LEAVES, AuditEvent, AuditHead, Decision
from audit.sources import EVENTS, Source, digest_of, sources
from audit.tree import Leaf, append, stored_node
from foundation.locking import lock_key, writers_to

BATCH: Final = 10_000
# An event that names an amount, a transfer or a paper's total carries money.
MONEY_KEYS: Final = ("amount", "total", "transfer", "transfers")


def seal(session: Session) -> int:
    """Seal what is committed and unsealed, at most ``BATCH`` rows; return how many. One sealer at a time.

    Numbers are not commit-ordered: a row may be seen only after a later one was sealed. So numbers that are missing below
    the highest sealed one are noted with whoever is writing then, and are looked for until those have ended, however many
    seals that takes. A seal therefore reads new rows and open gaps only.
    """
    lock_key(session, "audit", "seal")
    last = session.scalar(select(AuditHead).order_by(AuditHead.position.desc()).limit(1))
    position, tree = 1, Growing()
    if last is not None:
        position, tree = last.position + 1, Growing.at(last.size, stored_node(session))
    elif (chain := first_leaf(session)) is not None:
        position = chain[0] + 1
        append(session, tree, [chain[1]])
    leaves: list[Leaf] = []
    for source in sources().values():
        leaves += _late(session, source, BATCH - len(leaves))
        leaves += _new(session, source, BATCH - len(leaves))
    if not leaves:
        return 0
    append(session, tree, leaves)
    session.add(AuditHead(position=position, size=tree.size, root=tree.root().hex()))
    session.flush()
    return len(leaves)


def carries() -> ColumnElement[bool]:
    """Whether an event carries money or a decision: it says so, or its thing has moved money or was decided about."""
    moved = [
        exists().where(
            source.table.c.subject_type == AuditEvent.subject_type, source.table.c.subject_id == AuditEvent.subject_id
        )
        for source in sources().values()
        if source.name != EVENTS
    ]
    decided = exists().where(
        Decision.subject_type == AuditEvent.subject_type, Decision.subject_id == AuditEvent.subject_id
    )
    keys = literal(list(MONEY_KEYS), ARRAY(AuditEvent.action.type))
    says = func.coalesce(AuditEvent.after.op("?|")(keys), False)
    return or_(says, decided, *moved)


def _late(session: Session, source: Source, most: int) -> list[Leaf]:
    """Rows in the gaps; those gaps in which nobody can write any more are closed."""
    gaps = AUDIT_GAPS.c
    if most <= 0 or session.scalar(select(gaps.low).where(gaps.source == source.name).limit(1)) is None:
        return []
    # Asked before the rows are read: who has ended by now is seen by then.
    writing = writers_to(session, source.name)
    sequence = source.table.c.sequence
    sealed = exists().where(AUDIT_LEAVES.c.source == source.name, AUDIT_LEAVES.c.sequence == sequence)
    in_gap = sequence.between(gaps.low, gaps.high)
    rows = session.execute(
        _rows(source)
        .join(AUDIT_GAPS, (gaps.source == source.name) & in_gap)
        .where(~sealed)
        .order_by(sequence)
        .limit(most)
    ).all()
    if len(rows) < most:
        still = gaps.writers.overlap(literal(sorted(writing), gaps.writers.type))
        session.execute(delete(AUDIT_GAPS).where(gaps.source == source.name, ~still))
    return _leaves(source, rows)


def _new(session: Session, source: Source, most: int) -> list[Leaf]:
    """Rows above the highest sealed number; the numbers that are missing among them are noted."""
    if most <= 0:
        return []
    top = top_of(session, source)
    sequence = source.table.c.sequence
    rows = session.execute(_rows(source).where(sequence > top).order_by(sequence).limit(most)).all()
    gaps = list(_gaps(top, [row.sequence for row in rows]))
    if gaps:
        # Asked after the rows were read: who had a number below theirs is named, or its rows can be seen by now.
        writing = sorted(writers_to(session, source.name))
        session.execute(
            insert(AUDIT_GAPS),
            [{"source": source.name, "low": low, "high": high, "writers": writing} for low, high in gaps],
        )
    return _leaves(source, rows)


def top_of(session: Session, source: Source) -> int:
    """The highest sealed number; 0 when there is none."""
    leaves = AUDIT_LEAVES.c
    return session.scalar(select(func.max(leaves.sequence)).where(leaves.source == source.name)) or 0


def _gaps(top: int, numbers: Iterable[int]) -> Iterable[tuple[int, int]]:
    before = top
    for number in numbers:
        if number > before + 1:
            yield before + 1, number - 1
        before = number


def _rows(source: Source) -> Any:
    kept = carries() if source.name == EVENTS else literal(value=True)
    return select(*source.table.c, kept.label("_kept"))


def _leaves(source: Source, rows: Sequence[Any]) -> list[Leaf]:
    leaves: list[Leaf] = []
    for row in rows:
        facts = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public name for a row as a mapping
        kept = facts.pop("_kept")
        leaves.append((source.name, row.sequence, kept, digest_of(facts)))
    return leaves
