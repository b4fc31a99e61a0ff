"""Whole orders and whole verifications a second, in process, against pgbench's TPC-B on the same server in the same run.

A whole order is what a person waits for: its own transaction that freezes what was agreed, holds the money, takes the
place, and writes steps, trail and whose turn it is. A whole verification locks, checks everything anew, decides, redeems.
The people and things come from the tests' scene, which makes them through the verbs.
"""

import os
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import count as count_from
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

import claim_cases
import factories as make
from claim_cases import claim
from order_cases import Scene
from sqlalchemy import text
from sqlalchemy.orm import Session

from bench.redemption import beside, tpcb
from files.store import FolderStore, using
from foundation.actors import Actor
from foundation.database import make_engine
from foundation.unit_of_work import unit_of_work
from ledger.verification import verify as verify_ledger
from orders.models import OrderState
from orders.ordering import Shown, place
from providers.models import Offering
from verification.deciding import verify

PROCESSES: Final = (1, 4)
OFFERINGS: Final = 4
VOUCHERS: Final = 400
PRICE: Final = 20_000
FACE: Final = 2_000_000
PASSWORD: Final = make.PASSWORD


@dataclass(frozen=True)
class Buyer:
    """Somebody who orders, with a voucher."""

    actor: Actor
    voucher: str


def measure_orders(url: str, *, seconds: float = 4.0) -> dict[str, Any]:
    """Rates with 1 and 4 processes and their ratios to TPC-B; ``url`` names an empty migrated database of its own.

    TPC-B runs before and after each part. ``ok`` says whether the ledger adds up afterwards.
    """
    figures: dict[str, Any] = {}
    buyers, offerings = prepare(url)
    with tpcb(url) as limit:
        before = limit(int(seconds))
        for count in PROCESSES:
            for kind, used in (("one_offering", offerings[:1]), ("four_offerings", offerings)):
                parts = [(url, buyers[part::count], used[part % len(used)], seconds) for part in range(count)]
                with ProcessPoolExecutor(count, get_context("spawn")) as pool:
                    rate = sum(pool.map(_orders, parts))
                after = limit(int(seconds))
                figures[f"{kind}_{count}"] = beside(rate, before, after)
                before = after
    return figures | {"ok": adds_up(url)}


def measure_verifications(url: str, folder: str, *, claims: int = 40, seconds: float = 4.0) -> dict[str, Any]:
    """As ``measure_orders``; each process verifies ``claims`` claims, whose files lie in ``folder``."""
    figures: dict[str, Any] = {}
    with tpcb(url) as limit:
        for count in PROCESSES:
            figures[f"claims_{count}"] = _verifications(url, folder, count, claims, lambda: limit(int(seconds)))
    return figures | {"ok": adds_up(url)}


def adds_up(url: str) -> bool:
    """Whether the ledger of this database is whole."""
    engine = make_engine(url)
    with Session(engine) as session:
        ok = verify_ledger(session).ok
    engine.dispose()
    return ok


def prepare(
    url: str, *, vouchers: int = VOUCHERS, enterprises: int | None = None, face: int = FACE
) -> tuple[list[Buyer], list[str]]:
    """People with vouchers, and offerings without a limit of places that they can order; each voucher serves many orders.

    ``enterprises``: that many share the vouchers in turn (None: each voucher has its own).
    """
    engine = make_engine(url)
    with unit_of_work(engine) as session:
        scene = Scene(session, list_price=PRICE, charged_price=PRICE)
        owners = [make.enterprise(session) for _ in range(enterprises or 0)]
        people = [make.actor(session, owner, make.Role.ENTERPRISE_MEMBER) for owner in owners]
        buyers = []
        for number in range(vouchers):
            voucher = scene.voucher(owners[number % len(owners)] if owners else None, face=face)
            buyers.append(Buyer(people[number % len(people)] if people else scene.buyer(voucher), voucher.number))
        offerings = [scene.offering.number]
        for _ in range(OFFERINGS - 1):
            scene.offering = Offering(number=f"FW{uuid4().hex[:8]}", provider_id=scene.provider.id)
            session.add_all([scene.offering, scene.list_version(1)])
            offerings.append(scene.offering.number)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        # What autovacuum does within a minute of such a load.
        connection.execute(text("VACUUM ANALYZE"))
    engine.dispose()
    return buyers, offerings


def _orders(part: tuple[str, Sequence[Buyer], str, float]) -> float:
    url, buyers, offering, seconds = part
    engine = make_engine(url)
    _order(engine, buyers[0], offering)
    done, start = 0, time.monotonic()
    while (spent := time.monotonic() - start) < seconds:
        _order(engine, buyers[done % len(buyers)], offering)
        done += 1
    engine.dispose()
    return done / spent


def _order(engine: Any, buyer: Buyer, offering: str) -> None:
    with unit_of_work(engine) as session:
        place(
            session,
            buyer.actor,
            order_id=uuid4(),
            offering_number=offering,
            voucher_number=buyer.voucher,
            shown=Shown(PRICE, PRICE // 2),
        )


def _verifications(url: str, folder: str, count: int, claims: int, limit: Callable[[], float]) -> dict[str, float]:
    """All processes make their claims first; then the limit is measured, and they begin together."""
    context = get_context("spawn")
    start = context.Barrier(count + 1)
    with ProcessPoolExecutor(count, context, initializer=_remember, initargs=(start,)) as pool:
        # Numbers of companies and invoices begin at a place of each process's own.
        rates = pool.map(
            _verify, [(url, folder, claims, 10_000_000 * count + 1_000_000 * part) for part in range(count)]
        )
        start.wait()
        before = limit()
        start.wait()
        rate = sum(rates)
    return beside(rate, before, limit())


_start: list[Any] = []


def _remember(barrier: Any) -> None:
    _start.append(barrier)


def _verify(part: tuple[str, str, int, int]) -> float:
    url, folder, claims, first = part
    for module in (make, claim_cases):
        setattr(module, "_numbers", count_from(first))  # noqa: B010 - private to the tests, and shared by no two processes
    engine = make_engine(url)
    with using(FolderStore(Path(folder) / f"files-{os.getpid()}")):
        with unit_of_work(engine) as session:
            scene = Scene(session, list_price=PRICE, charged_price=PRICE)
            numbers = [
                claim(scene, scene.order_in(OrderState.CONFIRMED, scene.voucher(face=PRICE))).number
                for _ in range(claims + 1)
            ]
            officer = scene.officer
        _decide(engine, officer, numbers.pop())
        _start[0].wait()  # all claims are made
        _start[0].wait()  # the limit is measured
        start = time.monotonic()
        for number in numbers:
            _decide(engine, officer, number)
        spent = time.monotonic() - start
    engine.dispose()
    return len(numbers) / spent


def _decide(engine: Any, officer: Actor, number: str) -> None:
    with unit_of_work(engine) as session:
        verify(session, officer, number, note="已核对", password=make.PASSWORD)
