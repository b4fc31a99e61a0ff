"""Numbers of statements: one series for each issuer and year, without a gap, and no two issuers share one.

The first bureau of a region that issues has the region's code (``JS-350200-2026-0001``), a further one the code with a
letter (``JS-350200B-2026-0001``); what an issuer has once, it keeps in all years.
"""

from collections.abc import Iterator
from itertools import count
from typing import Final

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from accounts.models import Organisation
from foundation.identifiers import new_id
from foundation.locking import lock_key, lock_row
from settlement.models import StatementIssuer, StatementSeries

_LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def take_number(session: Session, issuer: Organisation, year: int) -> tuple[str, int]:
    """The next number of the issuer's year, and its place in the series.

    The series stays locked until the statement is committed or both are gone, so that no number is missing.
    """
    code = _code(session, issuer)
    sequence = _next(session, issuer, year)
    return f"JS-{code}-{year}-{sequence:04d}", sequence


def _code(session: Session, issuer: Organisation) -> str:
    """The issuer's own code; given with its first statement."""
    own = select(StatementIssuer.code).where(StatementIssuer.issuer_id == issuer.id)
    found = session.scalar(own)
    if found is not None:
        return found
    region = issuer.region.code
    # Two bureaus of one region may issue their first statements at once.
    lock_key(session, "statement_issuers", region)
    found = session.scalar(own)
    if found is not None:
        return found
    taken = set(session.scalars(select(StatementIssuer.code).where(StatementIssuer.code.startswith(region))))
    code = next(each for each in _codes(region) if each not in taken)
    session.add(StatementIssuer(issuer_id=issuer.id, code=code))
    session.flush()
    return code


def _codes(region: str) -> Iterator[str]:
    """350200, 350200B … 350200Z, 350200AA, 350200AB …"""
    yield region
    for number in count(2):
        letters = ""
        while number:
            number, place = divmod(number - 1, len(_LETTERS))  # noqa: PLW2901 - the digits of a number, last first
            letters = _LETTERS[place] + letters
        yield region + letters


def _next(session: Session, issuer: Organisation, year: int) -> int:
    session.execute(
        insert(StatementSeries)
        .values(id=new_id(), issuer_id=issuer.id, year=year, last=0)
        .on_conflict_do_nothing(constraint="uq_statement_series_year")
    )
    series_id = session.scalars(
        select(StatementSeries.id).where(StatementSeries.issuer_id == issuer.id, StatementSeries.year == year)
    ).one()
    series = lock_row(session, StatementSeries, series_id)
    series.last += 1
    session.flush()
    return series.last
