"""The server away, slow, red or answering nonsense: the site goes on, and the index jobs go on without it.

These are the shapes of failure, over a small loopback server; what a real server does is in ``test_real_failures.py``.
"""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import cast

import pytest
from loopback import PRODUCT, Answering, Reply, loopback
from search_examples import FACETS, Shelf, document, uid
from sqlalchemy.orm import Session

from search.behind import Behind
from search.elasticsearch_engine import ElasticsearchEngine
from search.engine import EngineAway, Query, fingerprint
from search.service import SearchService

NO_SESSION = cast("Session", None)
SHELF = (document(1, "质量检测"), document(2, "企业上云"), document(3, "人才培训"))
FOUND = {
    "timed_out": False,
    "hits": {"total": {"value": 1, "relation": "eq"}, "hits": [{"_id": str(uid(9)), "_score": 1.0}]},
    "aggregations": {name: {"doc_count": 1, "values": {"buckets": []}} for name in FACETS},
}
FORM = {"catalogue-1": {"mappings": {"_meta": {"fingerprint": fingerprint(FACETS)}}}}


def engine_at(url: str, **details: float) -> ElasticsearchEngine:
    return ElasticsearchEngine(url, "catalogue", FACETS, **{"search_seconds": 0.3, **details})


@contextmanager
def serving(folder: Path, answering: Answering, *, pause: float = 60) -> Iterator[tuple[SearchService, list[str]]]:
    """The site's search with its embedded index filled, and that server beside it; gives what the server was asked."""
    shelf = Shelf(*SHELF)
    SearchService(shelf, folder).catch_up(NO_SESSION)
    with loopback(answering) as (url, asked), closing(engine_at(url)) as server:
        yield SearchService(shelf, folder, server, pause_seconds=pause), asked


def replying(reply: Reply) -> Answering:
    """A server whose index stands, and which answers a search with that."""
    return lambda method, path, _body: reply if path.endswith("/_search") else standing(method)


def standing(method: str) -> Reply:
    return Reply(body=FORM if method == "GET" else {})


def without(*path: str) -> dict[str, object]:
    """A good answer that lacks one thing."""
    broken = json.loads(json.dumps(FOUND))
    inner = broken
    for step in path[:-1]:
        inner = inner[step]
    del inner[path[-1]]
    return broken


BAD_REPLIES = {
    "time-out": Reply(body=FOUND, delay=1.0),
    "too many requests": Reply(429, {"error": {"type": "es_rejected_execution_exception"}, "status": 429}),
    "unavailable": Reply(503, {"error": {"type": "search_phase_execution_exception"}, "status": 503}),
    "broken": Reply(500, b"<html>proxy error</html>"),
    "unauthorised": Reply(401, {"error": {"type": "security_exception"}, "status": 401}),
    "missing index": Reply(404, {"error": {"type": "index_not_found_exception"}, "status": 404}),
    "older server": Reply(400, {"error": {"type": "media_type_header_exception"}, "status": 400}),
    "out of time": Reply(body=FOUND | {"timed_out": True}),
    "a web page": Reply(200, b"<html>welcome</html>"),
    "an empty body": Reply(200, b""),
    "a list": Reply(200, []),
    "a truncated body": Reply(200, FOUND, headers=PRODUCT | {"Content-Length": "9999", "Connection": "close"}),
    "no hits": Reply(body=without("hits")),
    "no total": Reply(body=without("hits", "total")),
    "no counts": Reply(body=without("aggregations")),
    "no count of a field": Reply(body=without("aggregations", "region")),
    "other ids": Reply(body=FOUND | {"hits": {"total": {"value": 1}, "hits": [{"_id": "17"}]}}),
}


@pytest.mark.parametrize("reply", BAD_REPLIES.values(), ids=BAD_REPLIES)
def test_the_embedded_engine_answers_instead(tmp_path: Path, reply: Reply) -> None:
    with serving(tmp_path, replying(reply)) as (service, asked):
        for _twice in range(2):
            results = service.search(Query("上云"))
            assert (results.ids, results.engine) == ((uid(2),), "tantivy")
        assert service.engine_name() == "tantivy"
        assert len([path for path in asked if path.endswith("/_search")]) == 1, (
            "a server that failed is left alone for a while"
        )


def test_a_good_answer_is_taken(tmp_path: Path) -> None:
    """Positive control of the bad replies: the same server with nothing wrong is believed."""
    with serving(tmp_path, replying(Reply(body=FOUND))) as (service, _asked):
        results = service.search(Query("上云"))
        assert (results.ids, results.engine) == ((uid(9),), "elasticsearch")
        assert service.engine_name() == "elasticsearch"


def test_refused_connection(tmp_path: Path) -> None:
    with loopback(replying(Reply())) as (url, _asked):
        pass
    SearchService(Shelf(*SHELF), tmp_path).catch_up(NO_SESSION)
    with closing(engine_at(url)) as server:
        service = SearchService(Shelf(*SHELF), tmp_path, server)
        assert service.engine_name() == "tantivy"
        assert service.search(Query("上云")).ids == (uid(2),)


def test_the_server_is_tried_again_after_the_pause(tmp_path: Path) -> None:
    replies = [Reply(503, {}), Reply(body=FOUND)]

    def answering(method: str, path: str, _body: bytes) -> Reply:
        return replies.pop(0) if path.endswith("/_search") else standing(method)

    with serving(tmp_path, answering, pause=0.2) as (service, _asked):
        engines = [service.search(Query("上云")).engine for _twice in range(2)]
        time.sleep(0.25)
        assert [*engines, service.search(Query("上云")).engine] == ["tantivy", "tantivy", "elasticsearch"]


@pytest.mark.parametrize(
    ("reply", "name"),
    [
        (Reply(body=FORM), "elasticsearch"),
        (Reply(body={"catalogue-1": {"mappings": {}}}), "tantivy"),
        (Reply(404, {}), "tantivy"),
        (Reply(503, {}), "tantivy"),
        (Reply(401, {}), "tantivy"),
        (Reply(body=[]), "tantivy"),
        (Reply(body=FORM, headers={}), "tantivy"),
        (Reply(body=FORM, delay=1.0), "tantivy"),
    ],
)
def test_the_server_shows_its_index_before_the_first_search(tmp_path: Path, reply: Reply, name: str) -> None:
    with serving(tmp_path, lambda *_request: reply) as (service, asked):
        assert service.engine_name() == name
        assert not any(path.endswith("/_search") for path in asked)


def bulk_server(bulk: Callable[[bytes], Reply]) -> Answering:
    """A server with a standing index that answers a bulk request as the test says."""

    def answering(method: str, path: str, body: bytes) -> Reply:
        if path == "/_bulk":
            return bulk(body)
        return standing(method)

    return answering


def items(*statuses: int) -> Reply:
    entries = [
        {"index": {"_id": str(number), "status": status} | ({"error": {"type": "refused"}} if status >= 300 else {})}
        for number, status in enumerate(statuses)
    ]
    return Reply(body={"errors": any(status >= 300 for status in statuses), "items": entries})


@pytest.mark.parametrize(
    ("replies", "fault"),
    [
        ([items(201, 200, 201)], None),
        ([items(201, 409, 201)], None),
        ([items(201, 429, 201), items(201)], None),
        ([Reply(429, {}), items(201, 201, 201)], None),
        ([items(201, 400, 201)], "1 of 3 documents were refused"),
        ([items(201, 404, 201)], "1 of 3 documents were refused"),
        ([items(201, 429, 201), items(429), items(429)], "1 of 3 documents were refused"),
        ([items(201, 201)], "only 2 of 3"),
        ([Reply(503, {}), Reply(503, {}), Reply(503, {})], "ApiError"),
        ([Reply(413, {})], "ApiError"),
        ([Reply(body={"items": "none"})], "Error"),
        ([Reply(body=b"<html>")], "Error"),
    ],
)
def test_a_bulk_request_is_only_done_when_every_document_is(replies: list[Reply], fault: str | None) -> None:
    waiting = list(replies)
    with loopback(bulk_server(lambda _body: waiting.pop(0))) as (url, _asked), closing(engine_at(url)) as engine:
        if fault is None:
            engine.index(SHELF)
        else:
            with pytest.raises(EngineAway, match=fault):
                engine.index(SHELF)
    assert waiting == []


def test_what_the_server_missed_is_marked_and_later_mended(tmp_path: Path) -> None:
    shelf = Shelf(*SHELF)
    stored: list[str] = []
    broken = True

    def bulk(body: bytes) -> Reply:
        if broken:
            return Reply(503, {})
        lines = [json.loads(line) for line in body.splitlines()]
        stored.extend(line["index"]["_id"] for line in lines if "index" in line)
        return items(*[201] * (len(lines) // 2))

    def answering(method: str, path: str, body: bytes) -> Reply:
        if path.endswith("/_search"):
            return Reply(body={"hits": {"hits": []}} if b"track_total_hits" not in body else FOUND)
        return bulk_server(bulk)(method, path, body)

    with loopback(answering) as (url, asked), closing(engine_at(url)) as server:
        worker = SearchService(shelf, tmp_path, server)
        worker.index_documents(NO_SESSION, list(shelf.documents_by_id))
        site = SearchService(shelf, tmp_path, server)
        assert site.search(Query("上云")).engine == "tantivy", "a mark is seen by every process"
        assert "503" in site.report(NO_SESSION).behind["elasticsearch"]

        asked.clear()
        worker.index_documents(NO_SESSION, [uid(1)])
        assert asked == [], "nobody waits for a server that is known to be away"
        worker.catch_up(NO_SESSION)
        assert site.engine_name() == "tantivy", "still away"

        broken = False
        worker.catch_up(NO_SESSION)
        assert sorted(stored) == sorted(str(each) for each in shelf.documents_by_id)
        assert site.engine_name() == "elasticsearch"


def test_a_mark_made_during_the_comparison_stays(tmp_path: Path) -> None:
    mark = Behind(tmp_path, "elasticsearch")
    assert not mark
    mark.mark("first")
    seen = mark.gap()
    mark.mark("second")
    mark.clear(seen)
    assert mark
    mark.clear(mark.gap())
    assert not mark


def test_a_mark_that_cannot_be_read_is_still_a_mark(tmp_path: Path) -> None:
    mark = Behind(tmp_path, "elasticsearch")
    (tmp_path / "elasticsearch.behind").write_bytes(b"\xff{")
    assert mark
    mark.clear(mark.gap())
    assert not mark
