"""Faults of a real Elasticsearch: a lost index, passwords, a server killed in the middle of a bulk request."""

import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from threading import Thread
from typing import cast

import pytest
from elasticsearch import Elasticsearch
from elasticsearch_server import Server
from search_examples import FACETS, Shelf, document, uid
from sqlalchemy.orm import Session

from search.elasticsearch_engine import ElasticsearchEngine
from search.engine import EngineAway, Query
from search.service import SearchService

pytestmark = pytest.mark.elasticsearch
NO_SESSION = cast("Session", None)


@pytest.fixture
def shelf() -> Shelf:
    return Shelf(document(1, "质量检测"), document(2, "企业上云"), document(3, "人才培训"))


@pytest.fixture
def service(shelf: Shelf, tmp_path: Path, server_engine: ElasticsearchEngine) -> SearchService:
    service = SearchService(shelf, tmp_path, server_engine, pause_seconds=0)
    service.catch_up(NO_SESSION)
    assert service.engine_name() == "elasticsearch"
    return service


def test_follows_the_source(service: SearchService, shelf: Shelf) -> None:
    shelf.put(document(2, "企业用云", revision=2), document(4, "上云诊断"))
    shelf.take(1)
    service.index_documents(NO_SESSION, [uid(number) for number in (1, 2, 4)])
    report = service.report(NO_SESSION)
    assert report.ok
    assert report.answering == "elasticsearch"
    assert [health.documents for health in report.engines] == [3, 3]
    results = service.search(Query("上云"))
    assert (results.ids, results.engine) == ((uid(4),), "elasticsearch")


def test_a_lost_index_is_built_anew(
    service: SearchService, shelf: Shelf, elasticsearch_url: str, server_alias: str
) -> None:
    with Elasticsearch(elasticsearch_url) as client:
        for index in client.indices.get_alias(name=server_alias):
            client.indices.delete(index=index)
        assert service.search(Query("上云")).engine == "tantivy"
        assert not service.report(NO_SESSION).ok
        # A write in between must not make an index with a guessed mapping.
        shelf.put(document(4, "上云诊断"))
        service.index_documents(NO_SESSION, [uid(4)])
        (mapping,) = client.indices.get_mapping(index=server_alias).values()
    assert mapping["mappings"]["dynamic"] == "strict"
    results = service.search(Query("上云"))
    assert (results.ids, results.engine) == ((uid(2), uid(4)), "elasticsearch")


def test_lost_documents_are_found_by_comparing(
    service: SearchService, server_engine: ElasticsearchEngine, shelf: Shelf
) -> None:
    server_engine.delete([uid(1)])
    server_engine.index([document(9, "谁也不知道的")])
    shelf.put(document(2, "企业用云", revision=5))
    service.catch_up(NO_SESSION, thorough=True)
    assert server_engine.revisions() == {uid(1): 1, uid(2): 5, uid(3): 1}


def test_a_restored_backup_wins_over_newer_revisions(
    service: SearchService, server_engine: ElasticsearchEngine, shelf: Shelf
) -> None:
    server_engine.index([document(2, "后来的名称", revision=9)])
    service.catch_up(NO_SESSION, thorough=True)
    assert server_engine.revisions() == {uid(1): 1, uid(2): 1, uid(3): 1}
    assert server_engine.search(Query("后来")).total == 0


@pytest.mark.usefixtures("service")
def test_another_form_of_index_is_not_used(
    elasticsearch_url: str, server_alias: str, tmp_path: Path, shelf: Shelf
) -> None:
    shelf.facets = (*FACETS, "frequency")
    with closing(ElasticsearchEngine(elasticsearch_url, server_alias, shelf.facets, grace_seconds=0)) as server:
        upgraded = SearchService(shelf, tmp_path / "upgraded", server, pause_seconds=0)
        assert upgraded.search(Query()).engine == "tantivy"
        upgraded.catch_up(NO_SESSION)
        assert upgraded.search(Query()).facets["frequency"] == {}
        assert upgraded.engine_name() == "elasticsearch"


def test_passwords(locked_elasticsearch: Server, shelf: Shelf, tmp_path: Path) -> None:
    with closing(ElasticsearchEngine(locked_elasticsearch.signed_url, "catalogue", FACETS)) as server:
        service = SearchService(shelf, tmp_path, server)
        service.catch_up(NO_SESSION)
        assert service.search(Query("上云")).engine == "elasticsearch"
        assert server.health().ok
    wrong = locked_elasticsearch.signed_url.replace("correct", "wrong")
    for url in (wrong, locked_elasticsearch.url):
        with closing(ElasticsearchEngine(url, "catalogue", FACETS)) as server:
            service = SearchService(shelf, tmp_path, server)
            assert service.search(Query("上云")).engine == "tantivy"
            assert service.engine_name() == "tantivy"
            health = server.health()
            assert not health.ok
            assert "AuthenticationException" in health.status
            assert "horse" not in health.status, "no password in a message"
            with pytest.raises(EngineAway, match="AuthenticationException"):
                server.index([document(1, "质量检测")])


@pytest.fixture
def killable(own_elasticsearch: Server) -> Iterator[ElasticsearchEngine]:
    with closing(ElasticsearchEngine(own_elasticsearch.url, "catalogue", FACETS, grace_seconds=0)) as engine:
        yield engine


def test_killed_in_the_middle_of_a_bulk_request(
    own_elasticsearch: Server, killable: ElasticsearchEngine, shelf: Shelf, tmp_path: Path
) -> None:
    service = SearchService(shelf, tmp_path, killable, pause_seconds=0)
    service.catch_up(NO_SESSION)
    many = [document(number, f"批量服务{number}", "为中小企业提供服务" * 30) for number in range(100, 6_100)]
    shelf.put(*many)

    def kill_when_some_are_stored() -> None:
        with Elasticsearch(own_elasticsearch.url) as client:
            while client.count(index="catalogue")["count"] < 600:
                time.sleep(0.005)
        own_elasticsearch.kill()

    killer = Thread(target=kill_when_some_are_stored)
    killer.start()
    service.index_documents(NO_SESSION, [each.id for each in many])
    killer.join()

    # The site goes on with all that is new, also while more changes come.
    shelf.put(document(2, "企业上云二期", revision=2))
    shelf.take(3)
    service.index_documents(NO_SESSION, [uid(2), uid(3)])
    assert service.search(Query("批量服务")).total == 6_000
    assert service.search(Query("上云二期")).ids == (uid(2),)
    assert service.engine_name() == "tantivy"
    service.catch_up(NO_SESSION)
    assert service.engine_name() == "tantivy"

    own_elasticsearch.start()
    assert 0 < killable.count() < 6_003, "the bulk request was really cut in two"
    assert service.search(Query("批量服务")).engine == "tantivy", "not before it has caught up"
    service.catch_up(NO_SESSION)
    assert killable.revisions() == shelf.revisions(NO_SESSION)
    results = service.search(Query("批量服务"))
    assert (results.total, results.engine) == (6_000, "elasticsearch")
    assert service.report(NO_SESSION).ok
