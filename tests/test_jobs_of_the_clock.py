"""Every job of the clock over many things: one that fails stops no neighbour, is counted, and what succeeded stays done."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from claim_cases import Office, claimed, verified
from order_cases import Scene
from provider_cases import People
from sqlalchemy import Engine, text, update
from sqlalchemy.orm import Session
from voucher_factories import claimant, open_programme

import foundation
from files.store import FolderStore, using
from foundation.clock import end_of, now, stopped, today, travel
from foundation.jobs import periodic_jobs
from foundation.periodic import Each, Periodic, Place, Repeat, Tally
from foundation.unit_of_work import unit_of_work
from orders.models import OrderState
from providers.models import Certification
from verification import deciding
from vouchers.claiming import claim
from vouchers.models import ClaimState, Programme, ProgrammeState

pytestmark = pytest.mark.clock

THINGS = 3

for jobs in sorted(Path(foundation.__path__[0]).parent.glob("*/jobs.py")):
    import_module(f"{jobs.parent.name}.jobs")


def overdue_docking(session: Session) -> datetime:
    scene = Scene(session)
    due = [scene.place().due_at for _ in range(THINGS)]
    assert due[0] is not None
    return due[0]


def lines_with_free_places(session: Session) -> datetime:
    for _ in range(THINGS):
        scene = Scene(session, slots=1)
        scene.place()
        assert scene.place().state is OrderState.PLACED
        scene.offered.slots = 2
    return now()


def uncorrected_claims(session: Session) -> datetime:
    for _ in range(THINGS):
        scene = Scene(session)
        order = claimed(scene)
        claim = deciding.send_back(session, scene.officer, order.number, marks=["records"], reason="incomplete")
    assert claim.due_on is not None
    return end_of(claim.due_on) + timedelta(seconds=1)


def windows_that_end(session: Session) -> datetime:
    made = [open_programme(session) for _ in range(THINGS)]
    return made[0].programme.versions[0].created_at + timedelta(days=31)


def lines_of_a_second_that_is_over(session: Session) -> datetime:
    for _ in range(THINGS):
        setting = open_programme(session, money=1000, cap_per_enterprise=1000, tie_reserve=1)
        with stopped(now()):
            assert claim(session, claimant(session), programme_id=setting.programme.id).state is ClaimState.QUEUED
    return now() + timedelta(seconds=1)


def vouchers_past_their_day(session: Session) -> datetime:
    setting = open_programme(session, money=10_000, cap_per_enterprise=1000)
    for _ in range(THINGS):
        claim(session, claimant(session), programme_id=setting.programme.id)
    return now() + timedelta(days=91)


def lines_past_their_day(session: Session) -> datetime:
    for _ in range(THINGS):
        setting = open_programme(session)
        claim(session, claimant(session), programme_id=setting.programme.id)
    return now() + timedelta(days=91)


def certificates_to_remind_of(session: Session) -> datetime:
    for _ in range(THINGS):
        People(session, certified=True)
    session.execute(update(Certification).values(valid_from=today(), valid_to=today() + timedelta(days=80)))
    return now()


def notices_that_are_over(session: Session) -> datetime:
    made = [People(session).on_notice()[1] for _ in range(THINGS)]
    return end_of(made[0].closes_on)


def unprinted_statements(session: Session) -> datetime:
    for _ in range(THINGS):
        scene = Scene(session)
        verified(scene)
        Office(session, scene).approved()
    return now() + timedelta(hours=2)


MANY: dict[tuple[str, int], Callable[[Session], datetime]] = {
    ("orders.deadlines", 0): overdue_docking,
    ("orders.deadlines", 1): lines_with_free_places,
    ("verification.deadlines", 0): uncorrected_claims,
    ("vouchers.minute", 0): windows_that_end,
    ("vouchers.minute", 1): lines_of_a_second_that_is_over,
    ("vouchers.night", 0): vouchers_past_their_day,
    ("vouchers.lapse", 0): lines_past_their_day,
    ("providers.night", 0): certificates_to_remind_of,
    ("notices.close_due", 0): notices_that_are_over,
    ("settlement.unprinted", 0): unprinted_statements,
}
"""How things come about that each part of each job has to do; they are due at the moment that is returned."""


def house_jobs() -> dict[str, Periodic]:
    return {name: job for name, job in periodic_jobs().items() if not name.startswith("test.")}


def test_every_job_that_goes_over_many_things_is_tried_here() -> None:
    parts = {(name, number): type(part) for name, job in house_jobs().items() for number, part in enumerate(job.parts)}
    assert {place for place, kind in parts.items() if kind is Each} == set(MANY)
    assert set(parts.values()) == {Each, Repeat}


@pytest.mark.concurrency
@pytest.mark.parametrize("place", MANY, ids=lambda place: f"{place[0]}-{place[1]}")
def test_a_failing_thing_leaves_its_neighbours_done(own_engine: Engine, tmp_path: Path, place: tuple[str, int]) -> None:
    name, number = place
    job = house_jobs()[name]
    part = job.parts[number]
    assert isinstance(part, Each)
    with using(FolderStore(tmp_path)):
        with unit_of_work(own_engine) as session:
            moment = MANY[place](session)
        did: dict[Any, object] = {}
        with travel(moment):
            with unit_of_work(own_engine) as session:
                due = part.keys(session)
            assert len(due) == THINGS

            def poisoned(session: Session, *key: Any) -> object:
                did[key] = part.work(session, *key)
                if key == due[0]:
                    session.execute(text("SELECT 1 / 0"))
                return did[key]

            tally = Tally()
            sick = replace(job, parts=(*job.parts[:number], Each(part.due, poisoned), *job.parts[number + 1 :]))
            assert sick.run(partial(unit_of_work, own_engine), tally, begin=Place(), seconds=60) is None
            assert all(did[key] for key in due), "there was something to do for each"
            assert tally.failed == 1
            assert tally.error is not None
            assert name in tally.error
            assert str(due[0][-1]) in tally.error
            for key in due:
                with unit_of_work(own_engine) as session:
                    assert bool(part.work(session, *key)) is (key == due[0]), "what succeeded stays done, and only that"


@pytest.mark.concurrency
def test_terms_that_cannot_be_read_stop_their_own_programme_only(own_engine: Engine) -> None:
    with unit_of_work(own_engine) as session:
        settings = [open_programme(session) for _ in range(THINGS)]
        ids = [setting.programme.id for setting in settings]
        session.execute(
            text(
                'UPDATE programme_versions SET terms = terms || \'{"titles": ["unheard_of"]}\' WHERE programme_id = :id'
            ),
            {"id": ids[0]},
        )
    tally = Tally()
    with travel(now() + timedelta(days=31)):
        house_jobs()["vouchers.minute"].run(partial(unit_of_work, own_engine), tally, begin=Place(), seconds=60)
    assert tally.failed == 1
    with unit_of_work(own_engine) as session:
        states = [session.get_one(Programme, each).state for each in ids]
        assert states == [ProgrammeState.OPEN, ProgrammeState.CLOSED, ProgrammeState.CLOSED]
