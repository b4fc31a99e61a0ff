"""Indexing follows the database through the queue, in the transaction of the change."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from search_examples import Shelf, document, uid
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from foundation.jobs import run_worker
from foundation.unit_of_work import unit_of_work
from search.current import configure_search, current_search, engine_name, search
from search.engine import Query
from search.jobs import catch_up, compare, queue_indexing
from search.sources import _registered, register_source

DIES_IN_THE_JOB = """
import os, sys
from foundation.database import make_engine
from foundation.jobs import run_worker
import search.jobs
search.jobs.current_search = lambda: os._exit(9)
run_worker(make_engine(sys.argv[1]), wait=False)
"""


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Shelf]:
    former = list(_registered)
    shelf = Shelf()
    register_source(shelf)
    configure_search(tmp_path / "search")
    yield shelf
    _registered[:] = former


@pytest.mark.concurrency
def test_a_committed_change_is_indexed_and_a_rolled_back_one_is_not(own_engine: Engine, shelf: Shelf) -> None:
    with unit_of_work(own_engine) as session:
        catch_up(session)
        shelf.put(document(1, "企业上云"))
        queue_indexing(session, [uid(1), uid(1)])
    with Session(own_engine) as session:
        queue_indexing(session, [uid(2)])
        session.rollback()
    shelf.put(document(2, "从未提交"))
    assert search(Query()).total == 0, "nothing before the worker runs"
    run_worker(own_engine, wait=False)
    assert search(Query("上云")).ids == (uid(1),)
    assert engine_name() == "tantivy"

    with unit_of_work(own_engine) as session:
        shelf.take(1)
        queue_indexing(session, [uid(1)])
    run_worker(own_engine, wait=False)
    assert search(Query()).total == 0


@pytest.mark.concurrency
def test_a_crash_between_commit_and_index_loses_nothing(own_engine: Engine, shelf: Shelf) -> None:
    with unit_of_work(own_engine) as session:
        catch_up(session)
        shelf.put(document(1, "企业上云"))
        queue_indexing(session, [uid(1)])
    url = own_engine.url.render_as_string(hide_password=False)
    died = subprocess.run(
        [sys.executable, "-c", DIES_IN_THE_JOB, url], env={"PYTHONPATH": ":".join(sys.path)}, check=False
    )
    assert died.returncode == 9
    assert search(Query()).total == 0
    with unit_of_work(own_engine) as session:
        compare(session)
    assert search(Query("上云")).ids == (uid(1),)
    with unit_of_work(own_engine) as session:
        assert current_search().report(session).ok
