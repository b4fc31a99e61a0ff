"""The engine for large installations: any Elasticsearch 8 or 9, reached through an alias that a rebuild swaps."""

import re
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, Final
from uuid import UUID

from elastic_transport import ApiError, TransportError
from elasticsearch import Elasticsearch, helpers

from search import elasticsearch_requests as requests
from search.engine import (
    Document,
    EngineAway,
    Health,
    Progress,
    Query,
    Results,
    check_filters,
    fingerprint,
    no_progress,
    ordered_counts,
)

_SEARCH_SECONDS: Final = 2.0
_WRITE_SECONDS: Final = 30.0
_BATCH: Final = 500
_SCAN: Final = 5_000
_ABANDONED_NANOSECONDS: Final = 6 * 3600 * 10**9


class ElasticsearchEngine:
    """A SearchEngine behind ``alias``; name and password, where needed, stand in ``url``."""

    name = "elasticsearch"

    def __init__(
        self,
        url: str,
        alias: str,
        facets: Sequence[str],
        *,
        search_seconds: float = _SEARCH_SECONDS,
        grace_seconds: float = _SEARCH_SECONDS,
    ) -> None:
        self._facets = tuple(facets)
        self._alias = alias
        self._fingerprint = fingerprint(facets)
        self._grace_seconds = grace_seconds
        self._client = Elasticsearch(url, request_timeout=search_seconds, max_retries=0)
        self._writer = self._client.options(request_timeout=_WRITE_SECONDS)

    def ready(self) -> bool:
        """Whether the alias leads to an index of today's form; raises EngineAway when the server does not tell."""
        with self._understood():
            if not self._client.indices.exists_alias(name=self._alias):
                return False
            found = self._client.indices.get_mapping(index=self._alias)
            forms = [each["mappings"].get("_meta", {}).get("fingerprint") for each in found.values()]
        return forms == [self._fingerprint]

    def index(self, documents: Iterable[Document]) -> None:
        """Add or replace documents; raises EngineAway when one could not be stored, after trying them all."""
        with self._understood():
            self._stand()
            self._bulk(_index_action(self._alias, document) for document in documents)

    def delete(self, ids: Iterable[UUID]) -> None:
        """Take documents out.

        The deletion carries the revision that it removes: the server remembers it for a minute, and would otherwise
        refuse the same revision when a document comes back.
        """
        wanted = [str(each) for each in ids]
        if not wanted:
            return
        with self._understood():
            self._stand()
            found = self._writer.mget(index=self._alias, ids=wanted, source=False)["docs"]
            self._bulk(
                {"_op_type": "delete", **_address(self._alias, each["_id"], each["_version"])}
                for each in found
                if each.get("found")
            )

    def search(self, query: Query) -> Results:
        """A page of results with counts; partial answers count as none."""
        started = time.perf_counter()
        filters = check_filters(query, self._facets)
        with self._understood():
            answer = requests.Answer.model_validate(
                self._client.search(
                    index=self._alias,
                    allow_partial_search_results=False,
                    # The copies of a shard count deleted documents differently; pages must come from the same one.
                    preference=self._alias,
                    **requests.search_arguments(query, filters, self._facets),
                ).body
            )
            if answer.timed_out:
                raise EngineAway(self.name, "the server ran out of time")
            ids = answer.ids()
            counted = {name: answer.aggregations[name].values.buckets for name in self._facets}
        facets = {name: ordered_counts({each.key: each.doc_count for each in counted[name]}) for name in counted}
        return Results(ids, answer.hits.total.value, facets, (time.perf_counter() - started) * 1000, self.name)

    def count(self) -> int:
        """How many documents the index holds."""
        with self._understood():
            return int(self._client.count(index=self._alias)["count"])

    def revisions(self) -> dict[UUID, int]:
        """Which state of which document the index holds."""
        found: dict[UUID, int] = {}
        after: list[Any] | None = None
        with self._understood():
            while True:
                hits = self._writer.search(
                    index=self._alias,
                    sort=[{"id": "asc"}],
                    size=_SCAN,
                    search_after=after,
                    source=False,
                    version=True,
                    allow_partial_search_results=False,
                )["hits"]["hits"]
                found.update((UUID(hit["_id"]), int(hit["_version"])) for hit in hits)
                if len(hits) < _SCAN:
                    return found
                after = hits[-1]["sort"]

    def rebuild(self, documents: Iterable[Document], progress: Progress = no_progress) -> None:
        """Fill a new index and move the alias in one step of the server; the old index goes a moment later."""
        with self._understood():
            fresh = self._create()
            try:
                self._bulk(self._counting(fresh, documents, progress), through_alias=False)
                self._swap(fresh)
            except BaseException:
                self._discard(fresh)
                raise

    def health(self) -> Health:
        """The server's version, the index behind the alias, its form and its count; never raises."""
        version = ""
        try:
            with self._understood():
                nodes = self._client.nodes.info()["nodes"].values()
                version = ", ".join(sorted({str(node["version"]) for node in nodes}))
                status = str(self._client.cluster.health()["status"])
            if not self.ready():
                return Health(self.name, ok=False, status=f"{status}, no index of this form", version=version)
            with self._understood():
                index = ", ".join(self._client.indices.get_alias(name=self._alias))
            return Health(self.name, status != "red", status, version, f"{self._alias} -> {index}", self.count())
        except EngineAway as fault:
            return Health(self.name, ok=False, status=str(fault), version=version)

    def close(self) -> None:
        """Give the connections back."""
        self._client.close()

    def _stand(self) -> None:
        """Have an index behind the alias: a write to a missing alias must not make one with a guessed mapping."""
        if not self._client.indices.exists_alias(name=self._alias):
            self._swap(self._create())

    def _create(self) -> str:
        index = f"{self._alias}-{time.time_ns()}"
        self._writer.indices.create(index=index, settings=requests.SETTINGS, mappings=requests.mappings(self._facets))
        return index

    def _swap(self, fresh: str) -> None:
        """Point the alias to ``fresh``; drop the index it pointed to, and what an interrupted rebuild left long ago."""
        own = re.compile(re.escape(self._alias) + r"-(\d{19})")
        actions: list[dict[str, Any]] = [{"add": {"index": fresh, "alias": self._alias}}]
        former, abandoned = [], []
        for index, entry in self._writer.indices.get_alias(index=f"{self._alias}-*").items():
            name = own.fullmatch(index)
            if name is None or index == fresh:
                continue
            if self._alias in entry["aliases"]:
                actions.append({"remove": {"index": index, "alias": self._alias}})
                former.append(index)
            elif int(name[1]) < time.time_ns() - _ABANDONED_NANOSECONDS:
                abandoned.append(index)
        self._writer.indices.update_aliases(actions=actions)
        if former:
            # A search that was sent before the swap may still be on its way to the former index.
            time.sleep(self._grace_seconds)
        for index in (*former, *abandoned):
            self._writer.options(ignore_status=404).indices.delete(index=index)

    def _discard(self, index: str) -> None:
        """Remove an index that was not finished, where the server still lets us; the fault itself is already raised."""
        with suppress(ApiError, TransportError):
            self._writer.options(ignore_status=404).indices.delete(index=index)

    def _counting(self, index: str, documents: Iterable[Document], progress: Progress) -> Iterator[dict[str, Any]]:
        for number, document in enumerate(documents, start=1):
            yield _index_action(index, document)
            if number % _BATCH == 0:
                progress(_BATCH)

    def _bulk(self, actions: Iterable[dict[str, Any]], *, through_alias: bool = True) -> None:
        """Send all actions; single ones that the server is too busy for are tried again, twice."""
        sent = 0

        def counted() -> Iterator[dict[str, Any]]:
            nonlocal sent
            for action in actions:
                sent += 1
                yield action

        answered = 0
        refused: list[dict[str, Any]] = []
        for stored, item in helpers.streaming_bulk(
            self._writer,
            counted(),
            chunk_size=_BATCH,
            raise_on_error=False,
            max_retries=2,
            initial_backoff=0.2,
            max_backoff=1.0,
            retry_on_status=(429, 503),
            refresh=True,
            require_alias=through_alias,
        ):
            answered += 1
            result = next(iter(item.values()))
            if not stored and not _harmless(result):
                refused.append(result)
        if refused:
            first = refused[0].get("error")
            raise EngineAway(self.name, f"{len(refused)} of {sent} documents were refused, the first with {first}")
        if answered != sent:
            raise EngineAway(self.name, f"only {answered} of {sent} documents were answered for")

    @contextmanager
    def _understood(self) -> Iterator[None]:
        """Whatever goes wrong on the way to the server, or in reading its answer, is one kind of fault."""
        try:
            yield
        except (ApiError, TransportError, ValueError, TypeError, KeyError, AttributeError) as fault:
            raise EngineAway(self.name, f"{type(fault).__name__}: {fault}"[:300]) from fault


def _index_action(index: str, document: Document) -> dict[str, Any]:
    address = _address(index, str(document.id), document.revision)
    return {"_op_type": "index", **address, "_source": requests.row(document)}


def _address(index: str, document_id: str, revision: int) -> dict[str, Any]:
    # external_gte: an older revision is refused, the same one again is harmless.
    return {"_index": index, "_id": document_id, "version": revision, "version_type": "external_gte"}


def _harmless(result: dict[str, Any]) -> bool:
    """A late job meets a newer revision (409) or a document that is gone already (404 without an error)."""
    return result.get("status") == 409 or (result.get("status") == 404 and "error" not in result)
