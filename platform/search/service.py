"""Search as the site uses it: Elasticsearch when configured and up to date, the embedded engine at all other times.

Both engines are fed by the same jobs, so the embedded one is always ready to take over. Whatever an engine missed is
marked, and found by comparing its revisions with the database's: nothing else has to be remembered, so nothing is lost.
"""

import logging
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

from search.behind import Behind
from search.engine import Document, EngineAway, Health, Query, Results, SearchEngine
from search.sources import Source
from search.tantivy_engine import TantivyEngine

_log = logging.getLogger(__name__)

# How long a server that failed is not asked again, and how long one that answered is trusted without a check.
PAUSE_SECONDS: Final = 15.0
TRUST_SECONDS: Final = 10.0
_BATCH: Final = 500

# Called with the engine's name, the number of documents done and the number of all documents.
Watch = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Report:
    """For ``huiqi doctor``: what the database has, what each engine has, who answers."""

    documents: int
    answering: str
    engines: tuple[Health, ...]
    behind: dict[str, str]

    @property
    def ok(self) -> bool:
        """Whether every engine works and holds exactly as many documents as the database."""
        return not self.behind and all(each.ok and each.documents == self.documents for each in self.engines)


class SearchService:
    """Both engines over one source, in a folder and behind a server's index of its own. One object per process; threads may share it."""

    def __init__(
        self,
        source: Source,
        folder: Path,
        server: SearchEngine | None = None,
        *,
        pause_seconds: float = PAUSE_SECONDS,
    ) -> None:
        self._source = source
        self._embedded = TantivyEngine(folder, source.facets)
        self._server = server
        self._engines: tuple[SearchEngine, ...] = (self._embedded, self._server) if self._server else (self._embedded,)
        self._behind = {engine.name: Behind(folder, engine.name) for engine in self._engines}
        self._pause_seconds = pause_seconds
        self._pause_ends = 0.0
        self._trust_ends = 0.0

    def search(self, query: Query) -> Results:
        """A page of results from the best engine there is; raises EngineAway only when both fail."""
        server = self._asked_server()
        if server is not None:
            try:
                results = server.search(query)
            except EngineAway as fault:
                self._fall_back(fault)
            else:
                self._trust()
                return results
        return self._embedded.search(query)

    def mark(self) -> tuple[object, ...]:
        """Changes with every commit of the embedded index, which the same jobs feed as the server's."""
        return self._embedded.mark()

    def engine_name(self) -> str:
        """Who answers now: ``elasticsearch`` or ``tantivy``."""
        return (self._asked_server() or self._embedded).name

    def index_documents(self, session: Session, ids: Collection[UUID]) -> None:
        """Bring these documents in every engine to what the database says now; what fails is caught up later."""
        documents = list(self._source.documents(session, ids))
        gone = set(ids) - {document.id for document in documents}
        for engine in self._engines:
            mark = self._behind[engine.name]
            if engine is self._server and (gap := mark.gap()):
                # Nobody waits for a server that is known to be away; the new mark keeps an ongoing comparison honest.
                mark.mark(gap.reason)
                continue
            with self._missing_nothing(engine):
                if engine.ready():
                    engine.index(documents)
                    engine.delete(gone)
                else:
                    self._rebuild(session, engine)

    def catch_up(self, session: Session, *, thorough: bool = False) -> None:
        """Mend every engine that is marked or not ready; with ``thorough`` compare the others as well."""
        for engine in self._engines:
            with self._missing_nothing(engine):
                mark = self._behind[engine.name]
                seen = mark.gap()
                if not engine.ready():
                    self._rebuild(session, engine)
                elif seen or thorough:
                    self._compare(session, engine)
                if seen:
                    mark.clear(seen)

    def reindex(self, session: Session, watch: Watch) -> list[EngineAway]:
        """Build every index anew without a gap; answers with the faults of the engines that could not be built."""
        faults: list[EngineAway] = []
        for engine in self._engines:
            mark = self._behind[engine.name]
            seen = mark.gap()
            try:
                self._rebuild(session, engine, watch)
            except EngineAway as fault:
                mark.mark(str(fault))
                faults.append(fault)
            else:
                mark.clear(seen)
        return faults

    def report(self, session: Session) -> Report:
        """The state of everything, for ``huiqi doctor``."""
        gaps = {name: mark.gap() for name, mark in self._behind.items()}
        return Report(
            documents=len(self._source.revisions(session)),
            answering=self.engine_name(),
            engines=tuple(engine.health() for engine in self._engines),
            behind={name: f"since {gap.since}: {gap.reason}" for name, gap in gaps.items() if gap},
        )

    def _rebuild(self, session: Session, engine: SearchEngine, watch: Watch | None = None) -> None:
        ids = list(self._source.revisions(session))
        done = 0

        def progress(added: int) -> None:
            nonlocal done
            done += added
            if watch is not None:
                watch(engine.name, min(done, len(ids)), len(ids))

        engine.rebuild(self._read(session, ids), progress)
        progress(len(ids) - done)
        # What changed while the new index was filled.
        self._compare(session, engine)

    def _compare(self, session: Session, engine: SearchEngine) -> None:
        """Index what the engine lacks or has in an older revision, delete what it should not have."""
        # The engine is read first: a document that changes meanwhile looks older there, never newer.
        held = engine.revisions()
        wanted = self._source.revisions(session)
        if any(held.get(each, revision) > revision for each, revision in wanted.items()):
            # The database went back in time (a backup was restored), and no engine takes an older revision.
            engine.rebuild(self._read(session, list(wanted)))
            return
        changed = [each for each, revision in wanted.items() if held.get(each) != revision]
        gone = held.keys() - wanted.keys()
        for start in range(0, len(changed), _BATCH):
            engine.index(self._source.documents(session, changed[start : start + _BATCH]))
        if gone:
            engine.delete(gone)
        if changed or gone:
            _log.info("search: %s caught up, %d indexed, %d deleted", engine.name, len(changed), len(gone))

    def _read(self, session: Session, ids: list[UUID]) -> Iterator[Document]:
        for start in range(0, len(ids), _BATCH):
            yield from self._source.documents(session, ids[start : start + _BATCH])

    @contextmanager
    def _missing_nothing(self, engine: SearchEngine) -> Iterator[None]:
        """A fault of one engine stops neither the job nor the other engine; the engine is marked and catches up later."""
        try:
            yield
        except EngineAway as fault:
            _log.warning("search: %s missed something and will catch up: %s", engine.name, fault)
            self._behind[engine.name].mark(str(fault))

    def _asked_server(self) -> SearchEngine | None:
        """The server if it should be asked now; one that has not answered lately is first asked whether its index exists.

        After a pause the first asker tries, the others go on with the embedded engine until the outcome is known.
        """
        if self._server is None or self._behind[self._server.name]:
            return None
        moment = time.monotonic()
        if moment < self._pause_ends:
            return None
        if moment < self._trust_ends:
            return self._server
        if self._pause_ends:
            self._pause_ends = moment + self._pause_seconds
        try:
            fault = None if self._server.ready() else EngineAway(self._server.name, "no index of this form")
        except EngineAway as away:
            fault = away
        if fault is not None:
            self._fall_back(fault)
            return None
        self._trust()
        return self._server

    def _trust(self) -> None:
        self._pause_ends = 0.0
        self._trust_ends = time.monotonic() + TRUST_SECONDS

    def _fall_back(self, fault: EngineAway) -> None:
        _log.warning("search: the embedded engine answers for the next %.0f s: %s", self._pause_seconds, fault)
        self._pause_ends = time.monotonic() + self._pause_seconds
        self._trust_ends = 0.0
