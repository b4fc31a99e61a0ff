"""Verifying the trail: the tree is made again from the rows, batch by batch, and held against every head.

Nothing is kept in memory but a batch and the right edge of the tree. What lies outside the database, the heads that were
written out, is held against it by ``audit/heads.py``.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import any_, func, literal, select, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from audit.chain import GENESIS, first_leaf, verify_chain
from audit.merkle import Growing
from audit.models import AUDIT_LEAVES, AuditEvent, AuditHead, AuditSeal
from audit.report import AuditReport
from audit.retention import pruned_size, untold_prunings
from audit.seals import top_of
from audit.sources import CHAIN, EVENTS, Source, digest_of, sources
from audit.tree import hash_of, stored_node
from foundation.clock import now

LATE: Final = timedelta(minutes=5)
"""How long a row may wait to be sealed, and how far the clocks of two hosts may be apart."""
LONGEST_TRANSACTION: Final = timedelta(days=1)
AT_ONCE: Final = 5_000

_NODES: Final = text("""
    SELECT node.level, node.position, node.hash
    FROM generate_series(1, 62) AS each (level)
    JOIN audit_nodes AS node ON node.level = each.level
     AND node.position >= (CAST(:first AS bigint) >> each.level) AND node.position < (CAST(:after AS bigint) >> each.level)
""")


def verify(session: Session, *, head: str | None = None, since: int | None = None) -> AuditReport:
    """Make the whole tree again; faults name the seal and what does not fit: changed, missing or reordered rows.

    ``head`` is a root that was kept elsewhere: it must be one of the tree's, which cannot tell by itself that its end is
    gone. ``since`` is the position of a head up to which it was verified before: only what came later is read again.
    """
    report = AuditReport(head=GENESIS)
    report.events = session.scalar(select(func.count()).select_from(AuditEvent)) or 0
    tree = Growing()
    if since is None:
        faults, chain_head = verify_chain(session)
        for each in faults:
            report.fault(each)
        report.head = chain_head or GENESIS
    else:
        tree = _begun(session, report, since)
    report.position = since or _last_of_chain(session)
    _walk(session, report, tree)
    if head not in {None, GENESIS} and not _is_known(session, str(head)):
        report.fault(f"the head {head} is not in the chain: seals were taken away or made anew")
    for place in untold_prunings(session):
        report.fault(f"seal {place}: removed, but no event of the trail tells")
    tops = {name: top_of(session, source) for name, source in sources().items()}
    for source in sources().values():
        _count_unsealed(session, report, source, tops[source.name], whole=since is None)
        _check_times(session, report, source)
    report.transfers = sum(_count(session, source) for source in sources().values() if source.name != EVENTS)
    # Right after the upgrade the chain still covers what the tree has not taken over yet.
    begun = report.size > 0 or report.head == GENESIS
    if begun and report.oldest_unsealed is not None and now() - report.oldest_unsealed > LATE:
        report.fault(f"{report.unsealed} rows are not sealed, the oldest since {report.oldest_unsealed.isoformat()}")
    return report


def _begun(session: Session, report: AuditReport, since: int) -> Growing:
    """The tree as it stood at a verified head."""
    verified = session.scalar(select(AuditHead).where(AuditHead.position == since))
    if verified is None:
        report.fault(f"seal {since}: verified before, and not there any more")
        return Growing()
    try:
        tree = Growing.at(verified.size, stored_node(session))
    except KeyError as error:
        report.fault(f"seal {since}: {error.args[0]} is missing")
        return Growing()
    if tree.root().hex() != verified.root:
        report.fault(f"seal {since}: its root is not that of the stored sub-trees")
    report.head, report.sealed = verified.root, verified.size
    return tree


def _walk(session: Session, report: AuditReport, tree: Growing) -> None:
    leaves = AUDIT_LEAVES.c
    pruned = pruned_size(session)
    while True:
        first = tree.size
        batch = session.execute(
            select(leaves.number, leaves.source, leaves.sequence, leaves.kept, leaves.digest)
            .where(leaves.number >= first)
            .order_by(leaves.number)
            .limit(AT_ONCE)
        ).all()
        if not batch:
            break
        heads = {each.size: each for each in _heads(session, first, first + len(batch))}
        faults = _check_rows(session, report, batch, pruned)
        made: dict[tuple[int, int], bytes] = {}
        for leaf in batch:
            if leaf.number != tree.size:
                report.fault(f"seal {_seal_of(session, tree.size)}: leaf {tree.size} is missing")
                return
            made |= {(level, place): digest for level, place, digest in tree.add(hash_of(leaf[1:]))}
            if (head := heads.get(tree.size)) is not None:
                _check_head(report, head, tree)
        _check_nodes(session, report, made, first, tree.size)
        for number, told in faults:
            report.fault(f"seal {_seal_of(session, number)}: {told}")
        report.sealed += sum(leaf.source != CHAIN for leaf in batch)
    if report.size != tree.size:
        report.fault(f"{tree.size - report.size} leaves at the end of the tree are under no head")
    beyond = session.scalar(select(func.min(AuditHead.position)).where(AuditHead.size > tree.size))
    if beyond is not None:
        report.fault(f"seal {beyond}: its leaves are missing")


def _heads(session: Session, first: int, last: int) -> Sequence[Any]:
    columns = (AuditHead.position, AuditHead.size, AuditHead.root)
    query = select(*columns).where(AuditHead.size > first, AuditHead.size <= last)
    return session.execute(query.order_by(AuditHead.size)).all()


def _check_head(report: AuditReport, head: Any, tree: Growing) -> None:
    if head.position != report.position + 1:
        report.fault(f"seal {head.position}: the chain is broken before it")
    if head.root != tree.root().hex():
        report.fault(f"seal {head.position}: its root is not that of the leaves: the chain is broken here or before")
    report.position, report.size, report.head = head.position, head.size, head.root


def _check_nodes(
    session: Session, report: AuditReport, made: Mapping[tuple[int, int], bytes], first: int, after: int
) -> None:
    rows = session.execute(_NODES, {"first": first, "after": after})
    if {(row.level, row.position): bytes(row.hash) for row in rows} != made:
        report.fault(f"the stored sub-trees over the leaves from {first} to {after - 1} are not those of the leaves")


def _check_rows(session: Session, report: AuditReport, batch: Sequence[Any], pruned: int) -> list[tuple[int, str]]:
    """Hold the rows of a batch of leaves against their digests; returns the leaf and what is wrong."""
    faults: list[tuple[int, str]] = []
    known = sources()
    for name in {leaf.source for leaf in batch}:
        mine = [leaf for leaf in batch if leaf.source == name]
        if name == CHAIN:
            found = first_leaf(session)
            fits = found is not None and len(mine) == 1 and found[1] == (name, *mine[0][2:4], bytes(mine[0].digest))
            faults += (
                [] if fits and mine[0].number == 0 else [(0, "the older chain does not end as when it was continued")]
            )
        elif name not in known:
            faults.append((mine[0].number, f"covers rows of {name}, which is not a sealed table"))
        else:
            faults += _check_source(session, report, known[name], mine, pruned)
    return sorted(faults)


def _check_source(
    session: Session, report: AuditReport, source: Source, leaves: Sequence[Any], pruned: int
) -> list[tuple[int, str]]:
    sequence = source.table.c.sequence
    numbers = [leaf.sequence for leaf in leaves]
    numbered = any_(literal(numbers, ARRAY(sequence.type)))
    rows = session.execute(select(*source.table.c).where(sequence == numbered)).mappings()
    digests = {row["sequence"]: digest_of(dict(row)) for row in rows}
    faults = []
    for leaf in leaves:
        digest = digests.get(leaf.sequence)
        if digest is None:
            if not leaf.kept and leaf.number < pruned:
                report.pruned += 1
            else:
                faults.append((leaf.number, f"events missing: {source.name} {leaf.sequence}"))
        elif digest != bytes(leaf.digest):
            faults.append((leaf.number, f"an event was changed or reordered: {source.name} {leaf.sequence}"))
    return faults


def _count_unsealed(session: Session, report: AuditReport, source: Source, top: int, *, whole: bool) -> None:
    """Count what no seal covers; below the highest sealed number it must not be old: then it was brought in later."""
    sequence, time = source.table.c.sequence, source.table.c[source.time]
    sealed = select(AUDIT_LEAVES.c.number).where(
        AUDIT_LEAVES.c.source == source.name, AUDIT_LEAVES.c.sequence == sequence
    )
    query = select(func.count(), func.min(time)).where(~sealed.exists())
    count, oldest = session.execute(query if whole else query.where(sequence > top)).one()
    report.unsealed += count
    if oldest is not None:
        report.oldest_unsealed = min(oldest, report.oldest_unsealed or oldest)
    if count and whole:
        old = select(sequence).where(~sealed.exists(), sequence < top, time < now() - LATE).order_by(sequence)
        for number in session.scalars(old.limit(1000)):
            report.fault(f"event {number} of {source.name}: older than the newest seal, and no seal covers it")


def _check_times(session: Session, report: AuditReport, source: Source) -> None:
    """By its time a row may fall behind the rows of lower numbers by the difference of clocks and its transaction's age."""
    table, time = source.table, source.table.c[source.time]
    before = func.max(time).over(order_by=table.c.sequence, rows=(None, -1))
    age = table.c.transaction_seconds if "transaction_seconds" in table.c else None
    columns = [table.c.sequence.label("sequence"), (before - time).label("behind")]
    if age is not None:
        columns.append(age.label("age"))
    listed = select(*columns).subquery()
    allowed: Any = LATE
    if age is not None:
        allowed = allowed + func.make_interval(
            0, 0, 0, 0, 0, 0, func.least(func.coalesce(listed.c.age, 0), LONGEST_TRANSACTION.total_seconds())
        )
    late = select(listed.c.sequence, listed.c.behind).where(listed.c.behind > allowed).order_by(listed.c.sequence)
    for number, behind in session.execute(late.limit(1000)):
        report.fault(f"event {number} of {source.name}: its time is {behind} behind that of an earlier one")


def _count(session: Session, source: Source) -> int:
    return session.scalar(select(func.count()).select_from(source.table)) or 0


def _is_known(session: Session, head: str) -> bool:
    known = select(AuditHead.id).where(AuditHead.root == head)
    return (
        session.scalar(known) is not None
        or session.scalar(select(AuditSeal.id).where(AuditSeal.digest == head)) is not None
    )


def _last_of_chain(session: Session) -> int:
    return session.scalar(select(func.max(AuditSeal.position))) or 0


def _seal_of(session: Session, number: int) -> int:
    return session.scalar(select(func.min(AuditHead.position)).where(AuditHead.size > number)) or 0
