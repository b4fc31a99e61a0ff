"""What is sent to Elasticsearch and what is expected back. Only features that every server since 8.0 has."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from search import tokens
from search.engine import DEPTH, FACET_VALUES, PHRASE_WEIGHT, TITLE_WEIGHT, Document, Query, Sort, fingerprint

SETTINGS = {
    "number_of_shards": 1,  # scores are comparable within a shard only, and the catalogue is small
    "auto_expand_replicas": "0-1",
    "max_result_window": DEPTH,
}
_ORDERS: dict[Sort, list[dict[str, str]]] = {
    Sort.RELEVANCE: [{"_score": "desc"}, {"id": "asc"}],
    Sort.NEWEST: [{"id": "desc"}],
    Sort.PRICE_ASCENDING: [{"price_fen": "asc"}, {"id": "asc"}],
    Sort.PRICE_DESCENDING: [{"price_fen": "desc"}, {"id": "asc"}],
}


class Total(BaseModel):
    """How many documents match, exactly."""

    value: int


class Hits(BaseModel):
    """The page."""

    total: Total
    hits: list[dict[str, Any]]


class Bucket(BaseModel):
    """One value with its count."""

    key: str
    doc_count: int


class Buckets(BaseModel):
    """All values of a field."""

    buckets: list[Bucket]


class Counted(BaseModel):
    """A field's values under the filters of the others."""

    values: Buckets


class Answer(BaseModel):
    """A search answer; anything else is nonsense and makes the site fall back."""

    timed_out: bool
    hits: Hits
    aggregations: dict[str, Counted] = {}

    def ids(self) -> tuple[UUID, ...]:
        """The ids of the page, in order; raises KeyError or ValueError for what is none."""
        return tuple(UUID(hit["_id"]) for hit in self.hits.hits)


def mappings(facets: Sequence[str]) -> dict[str, Any]:
    """The strict mapping: an unknown field is refused, not guessed. ``_meta`` names the form of the index."""
    words = {"type": "text", "analyzer": "whitespace", "index_options": "freqs"}
    return {
        "dynamic": "strict",
        "_meta": {"fingerprint": fingerprint(facets)},
        "properties": {
            "id": {"type": "keyword"},
            "price_fen": {"type": "long"},
            "title_words": words,
            "body_words": words,
            "chars": {"type": "text", "analyzer": "whitespace", "index_options": "positions"},
            "keywords": {"properties": {name: {"type": "keyword"} for name in facets}},
        },
    }


def row(document: Document) -> dict[str, Any]:
    """The document as Elasticsearch stores it; its revision is the version, not a field."""
    fields = tokens.fields(document.title, document.body)
    return {
        "id": str(document.id),
        "price_fen": document.price_fen,
        "title_words": fields.title_words,
        "body_words": fields.body_words,
        "chars": fields.chars,
        "keywords": {name: list(values) for name, values in document.keywords.items()},
    }


def search_arguments(query: Query, filters: Mapping[str, tuple[str, ...]], facets: Sequence[str]) -> dict[str, Any]:
    """The arguments for a page: filters come after the counting, and each count has all filters but its own."""
    asked = tokens.terms(query.text)
    order = _ORDERS[query.sort]
    if query.sort is Sort.RELEVANCE and not asked:
        order = [{"id": "asc"}]
    return {
        "query": {"bool": {"must": [_term(term) for term in asked], "filter": _price(query)}},
        "post_filter": _narrowing(filters),
        "aggs": {name: _count(name, filters) for name in facets},
        "sort": order,
        "from_": 0 if query.too_deep else query.offset,
        "size": 0 if query.too_deep else query.page_size,
        "track_total_hits": True,
        "source": False,
    }


def _count(name: str, filters: Mapping[str, tuple[str, ...]]) -> dict[str, Any]:
    others = {other: values for other, values in filters.items() if other != name}
    values = {"terms": {"field": f"keywords.{name}", "size": FACET_VALUES}}
    return {"filter": _narrowing(others), "aggs": {"values": values}}


def _narrowing(filters: Mapping[str, tuple[str, ...]]) -> dict[str, Any]:
    clauses = [{"terms": {f"keywords.{name}": list(values)}} for name, values in filters.items()]
    return {"bool": {"filter": clauses}}


def _price(query: Query) -> list[dict[str, Any]]:
    bounds = {"gte": query.price_min, "lte": query.price_max}
    given = {name: value for name, value in bounds.items() if value is not None}
    return [{"range": {"price_fen": given}}] if given else []


def _term(term: tokens.Term) -> dict[str, Any]:
    phrase = {"match_phrase": {"chars": {"query": " ".join(term.characters), "boost": PHRASE_WEIGHT}}}
    if not term.words:
        return phrase
    words = {"bool": {"must": [_word(word) for word in term.words]}}
    return {"bool": {"should": [words, phrase], "minimum_should_match": 1}}


def _word(word: str) -> dict[str, Any]:
    in_title = {"term": {"title_words": {"value": word, "boost": TITLE_WEIGHT}}}
    in_body = {"term": {"body_words": {"value": word}}}
    return {"bool": {"should": [in_title, in_body], "minimum_should_match": 1}}
