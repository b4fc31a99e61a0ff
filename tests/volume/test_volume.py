"""A few years of a country: everything is asked once, proved right, and no plan grows with the number of rows."""

import statistics
import sys
import time
from typing import Final

import pytest
from flask.testing import FlaskClient

from audit import seals
from audit.trail import record
from foundation import jobs
from foundation.actors import SYSTEM, Role
from foundation.periodic import Each, Tally
from foundation.unit_of_work import unit_of_work
from ledger.verification import verify

from .addresses import addresses
from .conftest import Country, signed_in
from .make import counts
from .plans import watched

# Three times what a page, a transfer and an event may take, since the machine of the tests is shared.
PAGE_SECONDS: Final = 3 * 0.150
TRANSFER_SECONDS: Final = 3 * 35e-6
EVENT_SECONDS: Final = 3 * 100e-6
SEALING_SECONDS: Final = 3 * 0.2
_SLOWEST: Final = 5

# Rules that are not kept yet: their faults are told and do not fail the run. Whoever mends a page takes it out.
NOT_YET: Final = frozenset(
    {
        "/",
        "/audit",
        "/batches",
        "/batches/new",
        "/catalogue",
        "/certifications",
        "/claims",
        "/desk/following",
        "/desk/waiting",
        "/offerings",
        "/statements",
        "/targets",
        "/targets/<uuid:table_id>",
        "/targets/<uuid:table_id>/rows/<row_id>",
        "/titles",
    }
)

ROLES: Final = [None, *(role for role in Role if role is not Role.SYSTEM)]


def tell(line: object) -> None:
    """Put a figure into the output of the run."""
    sys.stdout.write(f"{line}\n")


def test_there_is_a_country(country: Country) -> None:
    rows = counts(country.engine)
    assert rows["organisations"] > 100_000
    assert rows["orders"] > 300_000
    assert rows["batch_orders"] > 100_000
    assert rows["ledger_transfers"] > 700_000
    assert rows["audit_events"] > 700_000
    assert rows["offerings"] > 200_000
    tell({name: number for name, number in rows.items() if number > 1_000})


def test_the_ledger_is_proved(country: Country) -> None:
    with unit_of_work(country.engine) as session:
        began = time.perf_counter()
        report = verify(session)
        each = (time.perf_counter() - began) / report.transfers
    tell(f"ledger verify: {report.transfers:,} transfers, {each * 1e6:.1f} µs each")
    assert report.faults == []
    assert each <= TRANSFER_SECONDS


def test_the_trail_is_proved(country: Country) -> None:
    with unit_of_work(country.engine) as session:
        began = time.perf_counter()
        report = seals.verify(session)
        each = (time.perf_counter() - began) / report.events
    tell(f"audit verify: {report.events:,} events, {each * 1e6:.1f} µs each")
    assert report.faults == []
    assert each <= EVENT_SECONDS


@pytest.mark.parametrize("role", ROLES, ids=lambda role: role.value if role else "visitor")
def test_every_page(country: Country, role: Role | None) -> None:
    """Plans hold strictly, times with a factor of three; the slowest are named."""
    browser, organisation = signed_in(country, role)
    with country.engine.connect() as connection:
        routes = list(addresses(country.app, connection, organisation))
    opened: dict[str, float] = {}
    faults: list[str] = []
    open_still: list[str] = []
    for rule, tried in routes:
        told = open_still if rule in NOT_YET else faults
        for address in tried:
            with watched(country.engine) as watch:
                status = browser.get(address).status_code
            told += [f"{address}: {fault}\n{statement}" for statement, fault in watch.faults.items()]
            if status >= 500:
                faults.append(f"{address} answers {status}")
            if status == 200:
                opened[address] = min(_seconds(browser, address) for _ in range(2))
                if opened[address] > PAGE_SECONDS:
                    told.append(f"{address}: {opened[address] * 1000:.0f} ms")
                break
    slowest = sorted(((seconds, address) for address, seconds in opened.items()), reverse=True)[:_SLOWEST]
    tell("".join(f"\n{seconds * 1000:8.0f} ms  {address}" for seconds, address in slowest))
    if len(opened) > 1:
        tell(f"\np95 {statistics.quantiles(opened.values(), n=20)[-1] * 1000:.0f} ms of {len(opened)} pages")
    tell("".join(f"\nnot yet: {fault.splitlines()[0]}" for fault in open_still))
    assert not faults, f"{len(faults)} faults:\n" + "\n".join(faults)


def _seconds(browser: FlaskClient, address: str) -> float:
    began = time.perf_counter()
    browser.get(address)
    return time.perf_counter() - began


def test_every_job_of_the_clock(country: Country) -> None:
    """Each lists what is due and does a few of it; whatever is left is for the next run."""
    faults = []
    for name, job in sorted(jobs.periodic_jobs().items()):
        # Its index is a folder of this machine; what it reads is asked in parts of a fixed size.
        if name.startswith("search."):
            continue
        tally = Tally()
        began = time.perf_counter()
        with watched(country.engine) as watch:
            for part in job.parts:
                if isinstance(part, Each):
                    with unit_of_work(country.engine) as session:
                        keys = part.keys(session)
                    for key in keys[:3]:
                        tally.attempt(name, country.unit, lambda session, part=part, key=key: part.work(session, *key))
                else:
                    tally.attempt(name, country.unit, part.work)
        tell(f"{name}: {time.perf_counter() - began:.2f} s, slowest statement {watch.slowest[0]:.3f} s")
        faults += [f"{name}: {fault}\n{statement}" for statement, fault in watch.faults.items()]
        if tally.failed:
            faults.append(f"{name}: {tally.error}")
    assert not faults, f"{len(faults)} faults:\n" + "\n".join(faults)


def test_a_thousand_events_are_sealed(country: Country) -> None:
    with unit_of_work(country.engine) as session:
        for number in range(1_000):
            record(session, SYSTEM, "order.place", None, after={"number": str(number)})
    with unit_of_work(country.engine) as session:
        began = time.perf_counter()
        sealed = seals.seal(session)
        seconds = time.perf_counter() - began
    tell(f"sealing {sealed:,} events: {seconds:.3f} s")
    assert sealed >= 1_000
    assert seconds <= SEALING_SECONDS
