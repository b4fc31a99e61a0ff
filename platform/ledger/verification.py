"""Proof that the money adds up: everything recomputed from the transfers, and held against what the rooms' rows say."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from foundation.money import format_yuan
from foundation.proofs import Proof, Proving
from ledger.days import Difference, differences
from ledger.marks import of_marks
from ledger.models import AccountKind
from ledger.proof import of_transfers

# ``total`` is what the transfers posted by then give. ``standing`` counts in the order of the numbers: all up to the last of
# them. Clocks of two hosts differ and a clock may be set back, so by the clock alone money could leave an account
# minutes before it came.
_STATIONS = """
WITH moves AS (
    SELECT source_id AS account_id, -amount AS change, posted_at <= :at AS by_then FROM ledger_transfers WHERE sequence <= :last
    UNION ALL
    SELECT target_id, amount, posted_at <= :at FROM ledger_transfers WHERE sequence <= :last
), totals AS (
    SELECT account_id, sum(change)::bigint AS standing, coalesce(sum(change) FILTER (WHERE by_then), 0)::bigint AS total
    FROM moves GROUP BY account_id
)
SELECT account.id, account.kind, account.programme_id, account.balance, coalesce(totals.total, 0) AS total,
    coalesce(totals.standing, 0) AS standing
FROM ledger_accounts AS account LEFT JOIN totals ON totals.account_id = account.id
"""

# The running balance of every account after each of its movements, in the order of their numbers: that the money adds up "at
# every moment before" means that none of these was ever negative (except at the source, and for what a correction owes to
# the pool: ledger/shortfall.py).
# Transfers of one instant are one movement: their order inside it has no meaning. Between instants the clock has none
# either: it may have been set back, or another machine's may be slow.
_EVER_NEGATIVE = """
WITH moves AS (
    SELECT source_id AS account_id, posted_at, sequence, -amount AS change FROM ledger_transfers WHERE sequence <= :last
    UNION ALL
    SELECT target_id, posted_at, sequence, amount FROM ledger_transfers WHERE sequence <= :last
), steps AS (
    SELECT account_id, posted_at, max(sequence) AS last, sum(change) AS change FROM moves GROUP BY account_id, posted_at
), running AS (
    SELECT account_id, posted_at, last, sum(change) OVER (PARTITION BY account_id ORDER BY last) AS total FROM steps
), first AS (
    SELECT DISTINCT ON (account_id) account_id, posted_at AS since FROM running WHERE total < 0 ORDER BY account_id, last
)
SELECT first.account_id, account.kind, first.since
FROM first JOIN ledger_accounts AS account ON account.id = first.account_id
WHERE account.kind NOT IN ('treasury', 'shortfall')
"""


@dataclass(slots=True)
class LedgerReport:
    """What ``verify`` found; sums in fen by programme and station."""

    at: datetime | None
    transfers: int
    programmes: dict[UUID, dict[str, int]] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether everything adds up."""
        return not self.faults

    def as_json(self) -> dict[str, Any]:
        """The report with yuan strings."""
        return {
            "ok": self.ok,
            "at": self.at.isoformat() if self.at else None,
            "transfers": self.transfers,
            "programmes": [
                {"programme": str(programme), **{kind: format_yuan(stations.get(kind, 0)) for kind in AccountKind}}
                for programme, stations in sorted(self.programmes.items())
            ],
            "faults": self.faults,
        }


_SHOWN: Final = 20
"""Faults of a check that are told one by one."""


def verify(session: Session, *, at: datetime | None = None, proving: Proving | None = None) -> LedgerReport:
    """Recompute every account from the transfers up to ``at`` (default: all) and compare.

    Faults: a sum over all accounts that is not zero; ``appropriated ≠ pool + issued + held + payable + approved +
    paid + recovered + returned + shortfall`` in a programme; an account that is or ever was below zero (the treasury's is
    what it gave, a shortfall what is still to be covered: never above zero); a stored balance that differs from
    its transfers, a fact of a day that differs from its transfers (both looked at only without ``at``: they are stored
    for the present). With ``proving`` (what all rooms prove) also each transfer's kind, accounts and event, and the rows that
    say what was moved; these are of the present, too, so ``at`` leaves them out.

    ``at`` chooses what is counted by ``posted_at``; whether an account was below zero is judged in the order of the
    transfers' numbers up to the last of these, as hosts' clocks differ.
    """
    moment = {"at": at or datetime.max.replace(tzinfo=UTC)}
    count, last = session.execute(
        text("SELECT count(*), coalesce(max(sequence), 0) FROM ledger_transfers WHERE posted_at <= :at"), moment
    ).one()
    report, numbered = LedgerReport(at, count), {"last": last}
    for row in session.execute(text(_STATIONS), moment | numbered):
        stations = report.programmes.setdefault(row.programme_id, {})
        stations[row.kind] = stations.get(row.kind, 0) + row.total
        if row.kind == "shortfall" and row.standing > 0:
            report.faults.append(f"account {row.id} (shortfall) was covered twice: {format_yuan(row.standing)}")
        if row.kind not in {"treasury", "shortfall"} and row.standing < 0:
            report.faults.append(f"account {row.id} ({row.kind}) is below zero: {format_yuan(row.standing)}")
        if at is None and row.balance is not None and row.balance != row.total:
            report.faults.append(
                f"account {row.id} ({row.kind}) stores {format_yuan(row.balance)}, its transfers give {format_yuan(row.total)}"
            )
    for row in session.execute(text(_EVER_NEGATIVE), numbered):
        report.faults.append(f"account {row.account_id} ({row.kind}) was below zero at {row.since.isoformat()}")
    if at is None:
        report.faults += [told_difference(each) for each in differences(session)]
        for proof in proofs(proving) if proving else ():
            report.faults += failing(session, proof)
    for programme, stations in report.programmes.items():
        _check_programme(report, programme, stations)
    return report


def proofs(proving: Proving) -> tuple[Proof, ...]:
    """Every check: the ledger's own of each transfer, those of the rooms, and the marks of rows."""
    return (*of_transfers(proving), *proving.proofs, *of_marks(proving))


def failing(session: Session, proof: Proof) -> list[str]:
    """What contradicts a check, in lines that name it and the row."""
    if isinstance(proof.query, str):
        found = [(row.thing, row.told) for row in session.connection().exec_driver_sql(proof.query)]
    else:
        found = list(proof.query(session))
    told = [f"{proof.name}: {thing}: {what} ({proof.says})" for thing, what in found[:_SHOWN]]
    return told + ([f"{proof.name}: {len(found) - _SHOWN} more"] if len(found) > _SHOWN else [])


def told_difference(found: Difference) -> str:
    """A fact that is not what the transfers give, in one line."""

    def told(pair: tuple[int, int] | None) -> str:
        return "nothing" if pair is None else f"{format_yuan(pair[0])} in and {format_yuan(pair[1])} out"

    where = f"programme {found.programme_id} ({found.kind}" + (
        f", account {found.account_id})" if found.account_id else ")"
    )
    return f"{where} stores for the day {found.day} {told(found.stored)}, its transfers give {told(found.counted)}"


def _check_programme(report: LedgerReport, programme: UUID, stations: dict[str, int]) -> None:
    """One programme: what was appropriated is, to the fen, what lies at the stations after the treasury.

    ``appropriated`` is net of corrections that took a wrong appropriation back, ``paid`` of what was recovered,
    ``recovered`` of what the programme's terms gave back to the pool, so the house's equation reads appropriated = pool + voucher + hold + payable + approved + paid + recovered + returned +
    shortfall (below zero while one is open).
    """
    appropriated = -stations.get("treasury", 0)
    accounted = sum(total for kind, total in stations.items() if kind != "treasury")
    if appropriated != accounted:
        report.faults.append(
            f"programme {programme}: appropriated {format_yuan(appropriated)}, accounted for {format_yuan(accounted)}"
        )
