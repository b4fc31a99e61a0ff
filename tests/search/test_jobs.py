"""Indexing follows the database through the queue, in the transaction of the change."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from loopback import Reply, loopback
from search_examples import Shelf, document, uid
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from cli.search import search as search_commands
from foundation.jobs import run_worker
from foundation.unit_of_work import bound, unit_of_work
from search.current import _places, configure_search, current_search, engine_name, search
from search.engine import Query
from search.jobs import catch_up, compare, queue_indexing
from search.sources import _registered, register_source

DIES_IN_THE_JOB = """
import os, sys
from foundation.database import make_engine
from foundation.jobs import run_worker
import search.jobs
search.jobs.current_search = lambda _source: os._exit(9)
run_worker(make_engine(sys.argv[1]), wait=False)
"""


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Shelf]:
    sources, places = dict(_registered), list(_places)
    _registered.clear()
    shelf = Shelf()
    register_source("shelf", shelf)
    configure_search(tmp_path / "search")
    yield shelf
    _registered.clear()
    _registered.update(sources)
    _places[:] = places


def _queued(engine: Engine) -> list[list[str]]:
    """What the waiting jobs of indexing are about."""
    with engine.connect() as connection:
        query = "SELECT args->'ids' FROM procrastinate_jobs WHERE task_name = 'search.index' ORDER BY id"
        return list(connection.scalars(text(query)))


@pytest.mark.concurrency
def test_a_committed_change_is_indexed_and_a_rolled_back_one_is_not(own_engine: Engine, shelf: Shelf) -> None:
    with unit_of_work(own_engine) as session:
        catch_up(session)
        shelf.put(document(1, "企业上云"))
        queue_indexing(session, "shelf", [uid(1), uid(1)])
    with Session(own_engine) as session:
        queue_indexing(session, "shelf", [uid(2)])
        session.rollback()
    assert _queued(own_engine) == [[str(uid(1))]], "one job for what was committed, none for what was rolled back"
    assert search("shelf", Query()).total == 0, "nothing before the worker runs"
    run_worker(own_engine, wait=False)
    assert search("shelf", Query("上云")).ids == (uid(1),)
    assert engine_name() == "tantivy"

    with unit_of_work(own_engine) as session:
        shelf.take(1)
        queue_indexing(session, "shelf", [uid(1)])
    run_worker(own_engine, wait=False)
    assert search("shelf", Query()).total == 0


@pytest.mark.concurrency
def test_a_crash_between_commit_and_index_loses_nothing(own_engine: Engine, shelf: Shelf) -> None:
    with unit_of_work(own_engine) as session:
        catch_up(session)
        shelf.put(document(1, "企业上云"))
        queue_indexing(session, "shelf", [uid(1)])
    url = own_engine.url.render_as_string(hide_password=False)
    died = subprocess.run(
        [sys.executable, "-c", DIES_IN_THE_JOB, url], env={"PYTHONPATH": ":".join(sys.path)}, check=False
    )
    assert died.returncode == 9
    assert search("shelf", Query()).total == 0
    with unit_of_work(own_engine) as session:
        compare(session)
    assert search("shelf", Query("上云")).ids == (uid(1),)
    with unit_of_work(own_engine) as session:
        assert current_search("shelf").report(session).ok


def test_the_reindex_command_builds_the_index(shelf: Shelf) -> None:
    shelf.put(document(1, "企业上云"))
    with Session() as session, bound(session):
        outcome = CliRunner().invoke(search_commands, ["reindex"])
    assert (outcome.exit_code, outcome.stdout) == (0, "")
    assert "1/1" in outcome.stderr
    assert search("shelf", Query("上云")).ids == (uid(1),)


def test_the_reindex_command_says_which_engine_could_not_be_built(shelf: Shelf, tmp_path: Path) -> None:
    shelf.put(document(1, "企业上云"))
    with loopback(lambda *_request: Reply(503, {})) as (url, _asked):
        configure_search(tmp_path / "search", elasticsearch_url=url)
        with Session() as session, bound(session):
            outcome = CliRunner().invoke(search_commands, ["reindex"])
        assert engine_name() == "tantivy"
        assert search("shelf", Query("上云")).ids == (uid(1),)
    assert outcome.exit_code == 1
    assert outcome.stderr.splitlines()[-1].startswith("elasticsearch: ")
