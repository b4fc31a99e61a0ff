"""Several sources beside each other: each has documents, facets, revisions, jobs and indexes of its own."""

import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner
from search_examples import Shelf, document, uid
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from cli import doctor_rooms
from cli.search import search as search_commands
from config import Settings
from foundation.errors import BadInput
from foundation.jobs import queue, run_worker
from foundation.unit_of_work import bound, unit_of_work
from search.current import _places, all_searches, configure_search, current_search, engine_name, search, settle
from search.engine import Query
from search.jobs import catch_up, compare_all, queue_indexing
from search.sources import UNNAMED, _registered, register_source, source_names

NO_SESSION = Session()


class Needs(Shelf):
    """A second source, with other facets."""

    facets = ("industry",)


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """The search folder; sources and place are as before afterwards."""
    sources, places = dict(_registered), list(_places)
    _registered.clear()
    configure_search(tmp_path / "search")
    yield tmp_path / "search"
    _registered.clear()
    _registered.update(sources)
    _places[:] = places


@pytest.fixture
def shelves(folder: Path) -> tuple[Shelf, Needs]:
    """Two sources with a document of the same id each, in other words and another revision."""
    offerings, needs = Shelf(document(1, "企业上云", category=["digital"]), document(2, "质量检测")), Needs()
    needs.put(replace(document(1, "寻找上云服务", revision=7), keywords={"industry": ("textile",)}))
    register_source("offerings", offerings)
    register_source("needs", needs)
    return offerings, needs


@pytest.fixture(params=["tantivy", pytest.param("elasticsearch", marks=pytest.mark.elasticsearch)])
def engine_of_both(request: pytest.FixtureRequest, shelves: tuple[Shelf, Needs], folder: Path) -> str:
    """Each engine in turn, with the indexes of both sources built."""
    if request.param == "elasticsearch":
        url, alias = request.getfixturevalue("elasticsearch_url"), request.getfixturevalue("server_alias")
        configure_search(folder, elasticsearch_url=url, elasticsearch_index=alias)
    for each in all_searches().values():
        each.catch_up(NO_SESSION)
    return str(request.param)


def test_neither_source_sees_the_others_documents(engine_of_both: str, shelves: tuple[Shelf, Needs]) -> None:
    assert engine_name() == engine_of_both
    assert search("offerings", Query("上云")).ids == (uid(1),)
    assert search("offerings", Query("寻找")).total == 0
    assert search("needs", Query("质量")).total == 0
    assert (search("offerings", Query()).total, search("needs", Query()).total) == (2, 1)
    shelves[1].take(1)
    current_search("needs").index_documents(NO_SESSION, [uid(1)])
    assert (search("offerings", Query()).total, search("needs", Query()).total) == (2, 0)
    assert {each.report(NO_SESSION).ok for each in all_searches().values()} == {True}


def test_each_source_has_its_own_facets(engine_of_both: str) -> None:
    assert search("needs", Query()).facets == {"industry": {"textile": 1}}
    assert search("offerings", Query(filters={"category": ("digital",)})).ids == (uid(1),)
    with pytest.raises(BadInput):
        search("needs", Query(filters={"category": ("digital",)}))
    with pytest.raises(BadInput):
        search("offerings", Query(filters={"industry": ("textile",)}))


@pytest.mark.concurrency
def test_a_job_feeds_the_source_that_it_names(own_engine: Engine, shelves: tuple[Shelf, Needs]) -> None:
    with unit_of_work(own_engine) as session:
        catch_up(session)
        for shelf in shelves:
            shelf.put(document(3, "绿色诊断"))
        queue_indexing(session, "needs", [uid(3)])
    run_worker(own_engine, wait=False)
    assert (search("offerings", Query("诊断")).total, search("needs", Query("诊断")).total) == (0, 1)
    with unit_of_work(own_engine) as session:
        # As an earlier version queued it.
        queue(session, "search.index", ids=[str(uid(3))])
    run_worker(own_engine, wait=False)
    assert search(UNNAMED, Query("诊断")).total == 1


@pytest.mark.concurrency
def test_a_source_that_fails_stops_no_other(own_engine: Engine, shelves: tuple[Shelf, Needs]) -> None:
    class Broken(Shelf):
        def revisions(self, _session: Session) -> dict:
            raise RuntimeError("this source has a mistake")

    register_source("a_broken_one", Broken())
    with pytest.raises(RuntimeError, match="has a mistake"), unit_of_work(own_engine) as session:
        compare_all(session)
    assert search("needs", Query("上云")).total == search("offerings", Query("上云")).total == 1


def test_reindex_builds_all_and_the_doctor_tells_each(shelves: tuple[Shelf, Needs], folder: Path) -> None:
    settings = Settings(environment="test", search_folder=folder)
    before = doctor_rooms.search(NO_SESSION, settings)
    assert not before.ok
    with Session() as session, bound(session):
        outcome = CliRunner().invoke(search_commands, ["reindex"])
    assert outcome.exit_code == 0
    assert "needs: tantivy" in outcome.stderr
    found = doctor_rooms.search(NO_SESSION, settings)
    assert found.ok
    assert "needs: tantivy green, 1 documents; the database has 1" in found.told
    assert "offerings: tantivy green, 2 documents; the database has 2" in found.told
    assert f"host {socket.gethostname()} in {folder}" in found.told
    assert "only one host" in found.told
    assert sorted(path.name for path in folder.iterdir() if path.is_dir()) == ["needs", "offerings"]


def test_the_index_of_an_earlier_version_goes_on_answering(shelves: tuple[Shelf, Needs], folder: Path) -> None:
    """There was one source, and its index lay in the search folder itself."""
    current_search("offerings").reindex(NO_SESSION, lambda *_step: None)
    for file in (folder / "offerings").iterdir():
        file.rename(folder / file.name)
    (folder / "offerings").rmdir()
    assert search("offerings", Query()).total == 0
    settle()
    assert search("offerings", Query("上云")).ids == (uid(1),), "found before anything was built"
    assert not list(folder.glob("generation-*"))
    assert not (folder / "current.json").exists()
    settle()
    assert current_search("offerings").report(NO_SESSION).ok

    # A worker of the earlier version that still ran has built one more: it is not taken for the newest.
    (folder / "generation-1").mkdir()
    (folder / "current.json").write_text("{}")
    settle()
    assert search("offerings", Query("上云")).total == 1
    assert sorted(path.name for path in folder.iterdir()) in (["offerings"], ["offerings", "writer.lock"])


@pytest.mark.parametrize("name", ["", "Needs", "needs-1", "../needs", "needs 2", "_needs"])
def test_a_name_fits_into_names_of_folders_and_indexes(folder: Path, name: str) -> None:
    with pytest.raises(ValueError, match="search source"):
        register_source(name, Shelf())
    assert source_names() == ()


def test_a_source_that_nobody_registered_is_a_mistake(folder: Path) -> None:
    with pytest.raises(RuntimeError, match="experts"):
        search("experts", Query())
