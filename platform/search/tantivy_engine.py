"""The embedded engine: tantivy in a folder beside the database. One process writes, every process reads."""

import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib.metadata import version as version_of
from pathlib import Path
from threading import Lock
from time import perf_counter
from typing import Any, Final, NamedTuple
from uuid import UUID

import tantivy

from search import tantivy_queries, tokens
from search.engine import (
    FACET_VALUES,
    Document,
    EngineAway,
    Health,
    Progress,
    Query,
    Results,
    Sort,
    check_filters,
    fingerprint,
    no_progress,
    ordered_counts,
)
from search.tantivy_folder import IndexFolder

_ANALYSER: Final = "spaces"
_SMALL_HEAP: Final = 15_000_000
_LARGE_HEAP: Final = 128_000_000
_STEP: Final = 500
# tantivy's signed columns hold 64 bits; moving the zero keeps the order of the halves of an id.
_ZERO: Final = 1 << 63
_HALF: Final = (1 << 64) - 1
_ORDERS: Final = {
    Sort.RELEVANCE: (None, tantivy.Order.Desc),
    Sort.NEWEST: ("id_high", tantivy.Order.Desc),
    Sort.PRICE_ASCENDING: ("price_fen", tantivy.Order.Asc),
    Sort.PRICE_DESCENDING: ("price_fen", tantivy.Order.Desc),
}


class _View(NamedTuple):
    mark: tuple[object, ...]
    searcher: Any


class TantivyEngine:
    """A SearchEngine in ``folder`` with ``facets`` as its keyword fields."""

    name = "tantivy"

    def __init__(self, folder: Path, facets: Sequence[str]) -> None:
        self._facets = tuple(facets)
        self._folder = IndexFolder(folder, fingerprint(facets))
        self._schema = _schema(self._facets)
        self._view: _View | None = None
        self._reopening = Lock()

    def ready(self) -> bool:
        """Whether an index stands that can be read and was built for today's tokens and keyword fields."""
        try:
            return self._searcher() is not None
        except EngineAway:
            return False

    def index(self, documents: Iterable[Document]) -> None:
        """Add or replace documents in one commit; raises EngineAway when another writer stays busy."""
        newest: dict[UUID, Document] = {}
        for document in documents:
            if document.id not in newest or newest[document.id].revision <= document.revision:
                newest[document.id] = document
        with self._writing() as (index, writer):
            held = _revisions(index.searcher(), tantivy_queries.with_ids(self._schema, newest))
            for document in newest.values():
                if held.get(document.id, document.revision) > document.revision:
                    continue
                if document.id in held:
                    writer.delete_documents_by_term("id", str(document.id))
                writer.add_document(_row(document))
            writer.commit()

    def delete(self, ids: Iterable[UUID]) -> None:
        """Take documents out in one commit."""
        with self._writing() as (_index, writer):
            for each in ids:
                writer.delete_documents_by_term("id", str(each))
            writer.commit()

    def search(self, query: Query) -> Results:
        """A page of results with counts; an index that was never built has none."""
        started = perf_counter()
        filters = check_filters(query, self._facets)
        searcher = self._searcher()
        if searcher is None:
            return Results((), 0, {name: {} for name in self._facets}, 0.0, self.name)
        with _understood():
            everything = tantivy_queries.matching(self._schema, query, filters)
            ids, total = _page(searcher, everything, query)
            facets = self._count_facets(searcher, query, filters)
        return Results(ids, total, facets, (perf_counter() - started) * 1000, self.name)

    def mark(self) -> tuple[object, ...]:
        """Changes with every commit and every switch of generations."""
        return self._folder.mark()

    def count(self) -> int:
        """How many documents the index holds."""
        searcher = self._searcher()
        return 0 if searcher is None else int(searcher.num_docs)

    def revisions(self) -> dict[UUID, int]:
        """Which state of which document the index holds."""
        searcher = self._searcher()
        return {} if searcher is None else _revisions(searcher, tantivy.Query.all_query())

    def rebuild(self, documents: Iterable[Document], progress: Progress = no_progress) -> None:
        """Fill a new generation, then swap; readers see the old one until the moment of the swap."""
        with self._folder.writing():
            generation = self._folder.fresh()
            try:
                with _understood(), _writer(self._open(generation), _LARGE_HEAP) as writer:
                    for number, document in enumerate(documents, start=1):
                        writer.add_document(_row(document))
                        if number % _STEP == 0:
                            progress(_STEP)
                    writer.commit()
            except BaseException:
                shutil.rmtree(generation, ignore_errors=True)
                raise
            self._folder.switch(generation)

    def health(self) -> Health:
        """The engine's state; never raises."""
        version = version_of("tantivy")
        try:
            generation = self._folder.current()
            documents = self.count()
        except EngineAway as fault:
            return Health(self.name, ok=False, status=str(fault), version=version)
        if generation is None:
            return Health(self.name, ok=False, status="no index: run huiqi search reindex", version=version)
        return Health(self.name, True, "green", version, str(generation), documents)

    def _open(self, generation: Path) -> Any:
        """The one place that opens an index: analysers are not stored and must be registered on every open."""
        index = tantivy.Index(self._schema, path=str(generation))
        analyser = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace()).build()
        index.register_tokenizer(_ANALYSER, analyser)
        index.config_reader("manual", 0)
        index.reload()
        return index

    def _searcher(self) -> Any:
        """A searcher over the newest commit; None before the first index."""
        mark = self._folder.mark()
        view = self._view
        if view is not None and view.mark == mark:
            return view.searcher
        with self._reopening, _understood():
            generation = self._folder.current()
            if generation is None:
                return None
            try:
                searcher = self._open(generation).searcher()
            except (OSError, ValueError):
                # A rebuild may have removed this generation between the look and the opening; its successor stands.
                successor = self._folder.current()
                if successor is None or successor == generation:
                    raise
                searcher = self._open(successor).searcher()
            self._view = _View(mark, searcher)
            return searcher

    @contextmanager
    def _writing(self) -> Iterator[tuple[Any, Any]]:
        with self._folder.writing(), _understood():
            generation = self._folder.current()
            if generation is None:
                generation = self._folder.fresh()
                self._open(generation)
                self._folder.switch(generation)
            index = self._open(generation)
            with _writer(index, _SMALL_HEAP) as writer:
                yield index, writer

    def _count_facets(
        self, searcher: Any, query: Query, filters: dict[str, tuple[str, ...]]
    ) -> dict[str, dict[str, int]]:
        """Counts under all filters but the field's own; fields without one share a single pass."""
        facets: dict[str, dict[str, int]] = {name: {} for name in self._facets}
        passes = [tuple(name for name in self._facets if name not in filters), *((name,) for name in filters)]
        for names in passes:
            if names:
                others = {name: values for name, values in filters.items() if name not in names}
                asked = tantivy_queries.matching(self._schema, query, others)
                wanted = {name: {"terms": {"field": name, "size": FACET_VALUES}} for name in names}
                answer = searcher.aggregate(asked, wanted)
                for name in names:
                    buckets = answer[name]["buckets"]
                    facets[name] = ordered_counts({each["key"]: int(each["doc_count"]) for each in buckets})
        return facets


def _schema(facets: Sequence[str]) -> Any:
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("id", tokenizer_name="raw", index_option="basic")
    for name in ("id_high", "id_low", "revision"):
        builder.add_integer_field(name, fast=True)
    builder.add_integer_field("price_fen", indexed=True, fast=True)
    for name in ("title_words", "body_words"):
        builder.add_text_field(name, tokenizer_name=_ANALYSER, index_option="freq")
    builder.add_text_field("chars", tokenizer_name=_ANALYSER, index_option="position")
    for name in facets:
        builder.add_text_field(name, tokenizer_name="raw", index_option="basic", fast=True)
    return builder.build()


def _row(document: Document) -> Any:
    fields = tokens.fields(document.title, document.body)
    return tantivy.Document(
        id=str(document.id),
        id_high=(document.id.int >> 64) - _ZERO,
        id_low=(document.id.int & _HALF) - _ZERO,
        revision=document.revision,
        price_fen=document.price_fen,
        title_words=fields.title_words,
        body_words=fields.body_words,
        chars=fields.chars,
        **{name: list(values) for name, values in document.keywords.items()},
    )


def _page(searcher: Any, asked: Any, query: Query) -> tuple[tuple[UUID, ...], int]:
    """The page's ids and the total. tantivy breaks ties by place in the index, so the window grows over a tie."""
    if query.too_deep:
        return (), int(searcher.search(asked, limit=1).count)
    field, order = _ORDERS[query.sort]
    if field is None and not tokens.terms(query.text):
        field, order = "id_high", tantivy.Order.Asc
    end = query.offset + query.page_size
    window = end + 1
    while True:
        found = searcher.search(asked, limit=window, order_by_field=field, order=order)
        hits = found.hits
        if len(hits) < window or hits[end - 1][0] != hits[-1][0]:
            break
        window *= 4
    # Only the hits that tie with the page's first or last one can change places with it.
    keys = [key for key, _address in hits]
    if query.offset >= len(keys):
        return (), int(found.count)
    last = keys[min(end, len(keys)) - 1]
    first = keys.index(keys[query.offset])
    sign = 1 if order == tantivy.Order.Asc else -1
    tied = [hit for hit in hits[first:] if sign * hit[0] <= sign * last]
    id_sign = -1 if query.sort is Sort.NEWEST else 1
    ids = _ids(searcher, [address for _key, address in tied])
    ranked = sorted(zip(tied, ids, strict=True), key=lambda entry: (sign * entry[0][0], id_sign * entry[1].int))
    return tuple(each for _hit, each in ranked[query.offset - first : end - first]), int(found.count)


def _ids(searcher: Any, addresses: list[Any]) -> list[UUID]:
    high = searcher.fast_field_values("id_high", addresses)
    low = searcher.fast_field_values("id_low", addresses)
    return [UUID(int=((upper + _ZERO) << 64) | (lower + _ZERO)) for upper, lower in zip(high, low, strict=True)]


def _revisions(searcher: Any, asked: Any) -> dict[UUID, int]:
    hits = searcher.search(asked, limit=max(int(searcher.num_docs), 1), order_by_field="id_high").hits
    addresses = [address for _key, address in hits]
    return dict(zip(_ids(searcher, addresses), searcher.fast_field_values("revision", addresses), strict=True))


@contextmanager
def _writer(index: Any, heap: int) -> Iterator[Any]:
    """A writer that gives its lock back whatever happens, and keeps nothing of a batch that failed."""
    writer = index.writer(heap_size=heap, num_threads=1)
    try:
        yield writer
    except BaseException:
        # A writer whose thread died cannot roll back any more; what was not committed is gone with it.
        with suppress(ValueError, RuntimeError):
            writer.rollback()
        raise
    finally:
        with suppress(ValueError, RuntimeError):
            writer.wait_merging_threads()


@contextmanager
def _understood() -> Iterator[None]:
    try:
        yield
    except (OSError, ValueError, RuntimeError) as fault:
        raise EngineAway("tantivy", str(fault)) from fault
