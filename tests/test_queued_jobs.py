"""Every queued job: a thing that fails is tried again and told, and the others of its kind are done."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from claim_cases import Office, verified
from order_cases import Scene
from provider_cases import People
from sqlalchemy import Engine, select, text
from sqlalchemy.orm import Session
from voucher_factories import claimant, open_programme

import foundation
import settlement.jobs
import vouchers.jobs
from cli.doctor_rooms import failed_jobs
from config import Settings
from files.store import FolderStore, using
from foundation import open_deadlines
from foundation.clock import now, stopped
from foundation.jobs import periodic_jobs, queue, registered_jobs, run_worker
from foundation.open_deadlines import OpenDeadlines
from foundation.unit_of_work import unit_of_work
from providers import catalogue_source
from search.current import configure_search, current_search
from search.current import search as found
from search.engine import Query
from search.jobs import queue_indexing
from settlement.models import StatementFile
from vouchers.claiming import claim
from vouchers.models import ClaimState, VoucherClaim

pytestmark = [pytest.mark.clock, pytest.mark.concurrency]

THINGS = 3

for jobs in sorted(Path(foundation.__path__[0]).parent.glob("*/jobs.py")):
    import_module(f"{jobs.parent.name}.jobs")
Monkey = pytest.MonkeyPatch


@pytest.fixture(autouse=True)
def _stores(tmp_path: Path) -> Iterator[None]:
    configure_search(tmp_path / "search")
    with using(FolderStore(tmp_path / "files")):
        yield


def stumbling(work: Callable[..., Any], sick: Callable[..., bool]) -> Callable[..., Any]:
    """``work`` that fails after it has worked for what is ``sick``."""

    def run(*args: Any) -> Any:
        outcome = work(*args)
        if sick(*args):
            raise RuntimeError("stumbled on purpose")
        return outcome

    return run


@dataclass
class Case:
    """Three things of a job: ``ids`` of which the first is sick, and which of them are done."""

    ids: Sequence[UUID]
    done: Callable[[Session], set[UUID]]


def decided_lines(session: Session, monkeypatch: Monkey) -> Case:
    ids = []
    for _ in range(THINGS):
        setting = open_programme(session, money=1000, cap_per_enterprise=1000, tie_reserve=1)
        ids.append(setting.programme.id)
        with stopped(now() - timedelta(seconds=2)):
            claim(session, claimant(session), programme_id=setting.programme.id)
    session.execute(text("DELETE FROM procrastinate_jobs"))
    for each in ids:
        queue(session, "vouchers.allot", programme_id=str(each))
    monkeypatch.setattr(vouchers.jobs, "allot", stumbling(vouchers.jobs.allot, lambda _, one: one == ids[0]))
    allotted = select(VoucherClaim.programme_id).where(VoucherClaim.state == ClaimState.ALLOTTED)
    return Case(ids, lambda session: set(session.scalars(allotted)))


def printed_statements(session: Session, monkeypatch: Monkey) -> Case:
    for _ in range(THINGS):
        scene = Scene(session)
        verified(scene)
        Office(session, scene).approved()
    ids = list(session.scalars(select(StatementFile.id)))
    sick = stumbling(settlement.jobs.print_file, lambda _, one: one == ids[0])
    monkeypatch.setattr(settlement.jobs, "print_file", sick)
    printed = select(StatementFile.id).where(StatementFile.blob_id.is_not(None))
    return Case(ids, lambda session: set(session.scalars(printed)))


def indexed_offerings(session: Session, monkeypatch: Monkey) -> Case:
    """One change of three offerings, of which one document cannot be made."""
    current_search(catalogue_source.OFFERINGS).catch_up(session)
    people = People(session, certified=True)
    ids = [people.listed(name=f"诊断服务{place}").offering_id for place in range(THINGS)]
    session.execute(text("DELETE FROM procrastinate_jobs"))
    queue_indexing(session, catalogue_source.OFFERINGS, ids)
    sick = stumbling(catalogue_source.document, lambda version: version.offering_id == ids[0])
    monkeypatch.setattr(catalogue_source, "document", sick)
    return Case(ids, lambda _: set(found(catalogue_source.OFFERINGS, Query("诊断")).ids))


def _deadlines(session: Session, monkeypatch: Monkey, job: str) -> Case:
    """Deadlines of three kinds, one of each; the counting of the first kind, or the moving of its thing, fails."""
    kinds = [f"kind{place}" for place in range(THINGS)]
    ids = {kind: UUID(int=place + 1) for place, kind in enumerate(kinds)}

    def deadlines(kind: str) -> OpenDeadlines:
        def moving(session: Session) -> list[UUID]:
            return list(
                session.scalars(text("SELECT id FROM counted WHERE kind = :kind AND NOT moved"), {"kind": kind})
            )

        def extend(session: Session, thing: UUID) -> bool:
            session.execute(text("UPDATE counted SET moved = true WHERE id = :id"), {"id": thing})
            return True

        first = kind == kinds[0]
        return OpenDeadlines(
            kind,
            kind,
            stumbling(moving, lambda *_: first and job == "count"),
            stumbling(extend, lambda *_: first and job == "extend"),
        )

    monkeypatch.setattr(open_deadlines, "_registered", {kind: deadlines(kind) for kind in kinds})
    session.execute(text("CREATE TABLE counted (id uuid, kind text, moved boolean DEFAULT false)"))
    for kind in kinds:
        session.execute(text("INSERT INTO counted VALUES (:id, :kind)"), {"id": ids[kind], "kind": kind})
        queue(session, "working_days.count", kind=kind)
    return Case(list(ids.values()), lambda session: set(session.scalars(text("SELECT id FROM counted WHERE moved"))))


QUEUED: dict[str, Callable[[Session, Monkey], Case]] = {
    "vouchers.allot": decided_lines,
    "settlement.print": printed_statements,
    "search.index": indexed_offerings,
    "working_days.count": lambda session, monkeypatch: _deadlines(session, monkeypatch, "count"),
    "working_days.extend": lambda session, monkeypatch: _deadlines(session, monkeypatch, "extend"),
}


def test_every_queued_job_is_tried_here() -> None:
    keepers = ("jobs.", "procrastinate.", "builtin:")
    ours = {name for name in registered_jobs() - set(periodic_jobs()) if not name.startswith(("test.", *keepers))}
    assert ours == set(QUEUED)


@pytest.mark.parametrize("name", QUEUED)
def test_a_failing_thing_is_told_and_leaves_the_others_done(
    own_engine: Engine, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    with unit_of_work(own_engine) as session:
        case = QUEUED[name](session, monkeypatch)
    run_worker(own_engine, wait=False)
    waiting = text("SELECT task_name, attempts FROM procrastinate_jobs WHERE status = 'todo'")
    with unit_of_work(own_engine) as session:
        assert case.done(session) == set(case.ids[1:]), "the others, and of the sick one nothing"
        assert session.execute(waiting).all() == [(name, 1)], "it waits to be tried again"
    for _ in range(7):
        with unit_of_work(own_engine) as session:
            session.execute(text("UPDATE procrastinate_jobs SET scheduled_at = NULL WHERE status = 'todo'"))
        run_worker(own_engine, wait=False)
    with unit_of_work(own_engine) as session:
        told = failed_jobs(session, Settings())
        assert (told.ok, "stumbled on purpose" in told.told, f"1 × {name}" in told.told) == (False, True, True)
        assert session.execute(waiting).all() == []
        assert case.done(session) == set(case.ids[1:])
