"""The searches of this process, one for each source: where they are configured and handed out."""

import shutil
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from search.engine import Query, Results, SearchEngine
from search.service import SearchService
from search.sources import UNNAMED, registered_source, source_names
from search.tantivy_engine import TantivyEngine
from search.tantivy_folder import GENERATIONS, POINTER


@dataclass(frozen=True, slots=True)
class Place:
    """Where the indexes are: each source has a folder below ``folder``, and an index whose name begins as said."""

    folder: Path
    elasticsearch_url: str | None
    elasticsearch_index: str


_places: list[Place] = []


def configure_search(folder: Path, *, elasticsearch_url: str | None = None, elasticsearch_index: str = "huiqi") -> None:
    """Say where the indexes are; a shell or worker does so once, after reading the settings. Opens nothing yet."""
    _places[:] = [Place(folder, elasticsearch_url, elasticsearch_index)]


def current_search(source: str) -> SearchService:
    """The search over the source of this name; RuntimeError before it is registered and the place is configured."""
    return _service(_place(), source)


def all_searches() -> dict[str, SearchService]:
    """The search over each registered source, by name."""
    return {name: current_search(name) for name in source_names()}


def search(source: str, query: Query) -> Results:
    """A page of results of one source from the best engine there is; raises EngineAway only when all fail."""
    return current_search(source).search(query)


def content_mark(source: str) -> tuple[object, ...]:
    """Changes when documents of this source were indexed or taken out: what was found before it may be out of date."""
    return current_search(source).mark()


def engine_name() -> str:
    """Who answers searches now: ``elasticsearch`` where it does so for every source, else ``tantivy``."""
    if not _places or _places[0].elasticsearch_url is None:
        return TantivyEngine.name
    names = {each.engine_name() for each in all_searches().values()}
    return names.pop() if len(names) == 1 else TantivyEngine.name


def settle() -> None:
    """Move an index that lies where there was only one source, in the search folder itself, into its source's folder.

    Called by the processes that own the folder: the web server at its start, and the worker. Open readers are not disturbed.
    """
    folder = _place().folder
    if not (folder / POINTER).exists():
        return
    own = folder / UNNAMED
    own.mkdir(exist_ok=True)
    taken = (own / POINTER).exists()
    # The pointer is moved last: until then no reader looks for the generation that it names.
    for left in (*folder.glob(GENERATIONS), *folder.glob("*.behind"), folder / POINTER):
        # Another process may be doing the same.
        with suppress(FileNotFoundError):
            if not taken:
                left.rename(own / left.name)
            elif left.is_dir():
                shutil.rmtree(left)
            else:
                left.unlink()


def _place() -> Place:
    if not _places:
        raise RuntimeError("search was not configured")
    return _places[0]


@lru_cache(maxsize=32)
def _service(place: Place, name: str) -> SearchService:
    source = registered_source(name)
    server: SearchEngine | None = None
    if place.elasticsearch_url is not None:
        # The client costs half a second of every start, and most installations have no such server.
        from search.elasticsearch_engine import ElasticsearchEngine  # noqa: PLC0415

        server = ElasticsearchEngine(place.elasticsearch_url, f"{place.elasticsearch_index}-{name}", source.facets)
    return SearchService(source, place.folder / name, server)
