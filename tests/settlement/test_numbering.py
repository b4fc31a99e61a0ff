"""Numbers of statements: a series for each issuer and year, without a gap, and no two issuers give the same number."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from threading import Barrier

import factories as make
import pytest
from sqlalchemy import Engine, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from accounts.models import Organisation
from foundation.errors import Conflict
from foundation.locking import without_locks
from foundation.unit_of_work import unit_of_work
from settlement import numbering
from settlement.models import StatementIssuer
from settlement.numbering import take_number


def numbers(session: Session, *issuers: Organisation, year: int = 2026) -> list[str]:
    return [take_number(session, issuer, year)[0] for issuer in issuers]


def test_two_bureaus_of_one_region_never_give_the_same_number(session: Session) -> None:
    first, second, other = (make.bureau(session), make.bureau(session), make.bureau(session, "110000"))
    assert numbers(session, first, second, first, other, second) == [
        "JS-350200-2026-0001",
        "JS-350200B-2026-0001",
        "JS-350200-2026-0002",
        "JS-110000-2026-0001",
        "JS-350200B-2026-0002",
    ]


def test_a_year_begins_anew_and_the_code_stays(session: Session) -> None:
    first, second = make.bureau(session), make.bureau(session)
    numbers(session, first, second)
    assert numbers(session, second, first, year=2027) == ["JS-350200B-2027-0001", "JS-350200-2027-0001"]


def test_more_bureaus_than_letters(session: Session) -> None:
    made = list(islice(iter(lambda: make.bureau(session), None), 28))
    assert [number.split("-")[1] for number in numbers(session, *made)][-4:] == [
        "350200Y",
        "350200Z",
        "350200AA",
        "350200AB",
    ]


def test_the_database_refuses_a_second_issuer_with_the_same_code(session: Session) -> None:
    numbers(session, make.bureau(session))
    other = make.bureau(session)
    session.add(StatementIssuer(issuer_id=other.id, code="350200"))
    with pytest.raises(IntegrityError, match="uq_statement_issuers_code"):
        session.flush()


@pytest.mark.concurrency
@pytest.mark.parametrize("locks", [True, False])
def test_first_statements_at_once(own_engine: Engine, monkeypatch: pytest.MonkeyPatch, *, locks: bool) -> None:
    """With the lock all get a code; without it the constraint refuses some, so the lock is what helps."""
    with unit_of_work(own_engine) as session:
        bureaus = [make.bureau(session).id for _ in range(4)]
    ready, all_have_looked = Barrier(len(bureaus)), Barrier(len(bureaus))
    codes_of = numbering._codes

    def meet(region: str) -> Iterator[str]:
        if not locks:
            all_have_looked.wait(20)
        return codes_of(region)

    monkeypatch.setattr(numbering, "_codes", meet)

    def issue(bureau: object) -> str | None:
        try:
            with unit_of_work(own_engine) as session:
                issuer = session.get_one(Organisation, bureau)
                ready.wait(10)
                return take_number(session, issuer, 2026)[0] if locks else _unlocked(session, issuer)
        except (IntegrityError, Conflict):
            return None

    with ThreadPoolExecutor(len(bureaus)) as pool:
        got = list(pool.map(issue, bureaus))
    with unit_of_work(own_engine) as session:
        codes = list(session.scalars(select(StatementIssuer.code)))
    assert len(set(codes)) == len(codes)
    assert (None in got) is not locks


def _unlocked(session: Session, issuer: Organisation) -> str:
    with without_locks():
        return take_number(session, issuer, 2026)[0]
