"""The one search of this process: where it is configured and handed out."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from search.engine import Query, Results, SearchEngine
from search.service import SearchService
from search.sources import registered_source
from search.tantivy_engine import TantivyEngine


@dataclass(frozen=True, slots=True)
class Place:
    """Where the indexes are."""

    folder: Path
    elasticsearch_url: str | None
    elasticsearch_index: str


_places: list[Place] = []


def configure_search(folder: Path, *, elasticsearch_url: str | None = None, elasticsearch_index: str = "huiqi") -> None:
    """Say where the indexes are; a shell or worker does so once, after reading the settings. Opens nothing yet."""
    _places[:] = [Place(folder, elasticsearch_url, elasticsearch_index)]


def current_search() -> SearchService:
    """The search over the registered source; asking before both are there is a mistake in the program."""
    if not _places:
        raise RuntimeError("search was not configured")
    return _service(_places[0])


def search(query: Query) -> Results:
    """A page of results from the best engine there is; raises EngineAway only when all fail."""
    return current_search().search(query)


def engine_name() -> str:
    """Who answers searches now: ``elasticsearch`` or ``tantivy``."""
    if not _places or _places[0].elasticsearch_url is None:
        return TantivyEngine.name
    return current_search().engine_name()


@lru_cache(maxsize=4)
def _service(place: Place) -> SearchService:
    source = registered_source()
    server: SearchEngine | None = None
    if place.elasticsearch_url is not None:
        # The client costs half a second of every start, and most installations have no such server.
        from search.elasticsearch_engine import ElasticsearchEngine  # noqa: PLC0415

        server = ElasticsearchEngine(place.elasticsearch_url, place.elasticsearch_index, source.facets)
    return SearchService(source, place.folder, server)
