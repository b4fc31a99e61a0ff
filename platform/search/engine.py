"""What the site may ask of a search engine. Two engines keep to it, and one contract suite holds them to it."""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Final, Protocol
from uuid import UUID

from foundation.errors import BadInput, DomainError
from foundation.i18n import N_
from search import tokens

# How deep a person may page; both engines hold all hits up to there in memory while they sort.
DEPTH: Final = 100_000
LARGEST_PAGE: Final = 200
FACET_VALUES: Final = 1_000
TITLE_WEIGHT: Final = 3.0
PHRASE_WEIGHT: Final = 0.2

Progress = Callable[[int], None]


class EngineAway(DomainError):
    """The engine is not there, too slow, or answers what cannot be understood."""

    status = 503

    def __init__(self, engine: str, reason: str) -> None:
        super().__init__(
            N_("检索服务 %(engine)s 暂不可用：%(reason)s"),
            remedy=N_("请稍后重试"),
            engine=engine,
            reason=reason,
        )


class Sort(Enum):
    """The order of results; what is equal is ordered by id, so pages never repeat or drop one."""

    RELEVANCE = "relevance"
    NEWEST = "newest"
    PRICE_ASCENDING = "price_ascending"
    PRICE_DESCENDING = "price_descending"


@dataclass(frozen=True, slots=True)
class Document:
    """One thing to be found. ``revision`` grows with every change; ``keywords`` holds codes for filters and counts."""

    id: UUID
    revision: int
    title: str
    body: str
    keywords: Mapping[str, tuple[str, ...]]
    price_fen: int


@dataclass(frozen=True, slots=True)
class Query:
    """What is asked: values of one filter are alternatives, several filters hold together; prices in fen, inclusive.

    Raises BadInput for a page or page size that cannot be.
    """

    text: str = ""
    filters: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    price_min: int | None = None
    price_max: int | None = None
    page: int = 1
    page_size: int = 20
    sort: Sort = Sort.RELEVANCE

    def __post_init__(self) -> None:
        if self.page < 1:
            raise BadInput(N_("页码须为正整数"), field="page")
        if not 1 <= self.page_size <= LARGEST_PAGE:
            raise BadInput(N_("每页条数须在 1 与 %(most)s 之间"), field="page_size", most=LARGEST_PAGE)

    @property
    def offset(self) -> int:
        """How many hits stand before this page."""
        return (self.page - 1) * self.page_size

    @property
    def too_deep(self) -> bool:
        """Whether the page lies beyond what an engine sorts; it is shown empty."""
        return self.offset + self.page_size > DEPTH


@dataclass(frozen=True, slots=True)
class Results:
    """A page of hits. ``facets`` counts each value as if the field's own filter were not set, most frequent first."""

    ids: tuple[UUID, ...]
    total: int
    facets: Mapping[str, Mapping[str, int]]
    took_ms: float
    engine: str


@dataclass(frozen=True, slots=True)
class Health:
    """The state of an engine, for ``huiqi doctor``."""

    engine: str
    ok: bool
    status: str
    version: str = ""
    index: str = ""
    documents: int = 0


class SearchEngine(Protocol):
    """One index. Every operation may raise EngineAway; none of them touches the database."""

    @property
    def name(self) -> str:
        """``tantivy`` or ``elasticsearch``."""

    def ready(self) -> bool:
        """Whether an index stands that was built for today's tokens and keyword fields."""

    def index(self, documents: Iterable[Document]) -> None:
        """Add or replace documents, to be found at once; an older revision never replaces a newer one."""

    def delete(self, ids: Iterable[UUID]) -> None:
        """Take documents out; one that is not there is no mistake."""

    def search(self, query: Query) -> Results:
        """A page of results with counts; raises BadInput for a filter that does not exist."""

    def count(self) -> int:
        """How many documents the index holds."""

    def revisions(self) -> dict[UUID, int]:
        """Which state of which document the index holds."""

    def rebuild(self, documents: Iterable[Document], progress: Progress = ...) -> None:
        """Fill a new index beside the old, then swap; ``progress`` hears how many documents were added since."""

    def health(self) -> Health:
        """The engine's state; never raises."""


def fingerprint(facets: Sequence[str]) -> str:
    """Names the form of an index: another form of tokens or keyword fields is another index."""
    return hashlib.sha256(json.dumps([tokens.VERSION, sorted(facets)]).encode()).hexdigest()[:16]


def check_filters(query: Query, facets: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """The filters that have values; raises BadInput for a field that is not a facet."""
    for name in query.filters:
        if name not in facets:
            raise BadInput(N_("没有“%(name)s”这个筛选项"), field=name, name=name)
    return {name: values for name, values in query.filters.items() if values}


def ordered_counts(counts: Mapping[str, int]) -> dict[str, int]:
    """Most frequent first, equal ones by name: the same in both engines."""
    return dict(sorted(counts.items(), key=lambda entry: (-entry[1], entry[0])))


def no_progress(_added: int) -> None:
    """Nobody watches."""
