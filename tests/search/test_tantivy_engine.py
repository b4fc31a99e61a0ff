"""The embedded engine's own matters: files, one writer, readers in other processes."""

import subprocess
import sys
from pathlib import Path
from typing import cast

import pytest
from search_examples import FACETS, Shelf, document, uid
from sqlalchemy.orm import Session

from search.engine import EngineAway, Query, fingerprint
from search.service import SearchService
from search.tantivy_engine import TantivyEngine
from search.tantivy_folder import IndexFolder

NO_SESSION = cast("Session", None)
WRITE_ELSEWHERE = """
import sys
from pathlib import Path
from search_examples import FACETS, document
from search.tantivy_engine import TantivyEngine
engine = TantivyEngine(Path(sys.argv[1]), FACETS)
getattr(engine, sys.argv[2])([document(8, "别处写入")])
"""


@pytest.fixture
def engine(tmp_path: Path) -> TantivyEngine:
    engine = TantivyEngine(tmp_path, FACETS)
    engine.index([document(1, "质量检测"), document(2, "企业上云")])
    return engine


@pytest.mark.parametrize(("operation", "total"), [("index", 3), ("rebuild", 1)])
def test_a_reader_sees_what_another_process_writes(
    engine: TantivyEngine, tmp_path: Path, operation: str, total: int
) -> None:
    assert engine.search(Query()).total == 2
    command = [sys.executable, "-c", WRITE_ELSEWHERE, str(tmp_path), operation]
    subprocess.run(command, check=True, env={"PYTHONPATH": ":".join(sys.path)})
    assert engine.search(Query("别处")).ids == (uid(8),)
    assert engine.search(Query()).total == total


def test_one_writer_at_a_time(engine: TantivyEngine, tmp_path: Path) -> None:
    folder = IndexFolder(tmp_path, fingerprint(FACETS))
    with folder.writing(), pytest.raises(EngineAway), folder.writing(seconds=0.1):
        pass
    engine.index([document(3, "锁已归还")])
    assert engine.count() == 3


def test_old_generations_are_removed(engine: TantivyEngine, tmp_path: Path) -> None:
    for _turn in range(3):
        engine.rebuild([document(1, "质量检测")])
    assert len(list(tmp_path.glob("generation-*"))) == 1


def test_a_batch_that_fails_leaves_nothing_and_gives_the_lock_back(engine: TantivyEngine) -> None:
    odd = document(4, "坏文档")
    object.__setattr__(odd, "price_fen", 10_000_000_000_000_000_000_000)
    with pytest.raises((EngineAway, OverflowError)):
        engine.index([document(3, "同批"), odd])
    engine.index([document(5, "下一批")])
    assert engine.revisions() == {uid(1): 1, uid(2): 1, uid(5): 1}


@pytest.mark.parametrize("damage", ["meta", "segments", "pointer", "folder"])
def test_a_damaged_index_is_built_anew(engine: TantivyEngine, tmp_path: Path, damage: str) -> None:
    (generation,) = tmp_path.glob("generation-*")
    if damage == "meta":
        (generation / "meta.json").write_text("{")
    elif damage == "segments":
        for file in generation.iterdir():
            if file.suffix in {".term", ".fast", ".store"}:
                file.write_bytes(b"")
    elif damage == "pointer":
        (tmp_path / "current.json").write_bytes(b"\xff")
    else:
        generation.rename(tmp_path / "elsewhere")
    service = SearchService(Shelf(document(1, "质量检测")), tmp_path)
    service.catch_up(NO_SESSION)
    assert service.search(Query("检测")).ids == (uid(1),)
    assert service.report(NO_SESSION).ok


def test_another_form_of_index_is_built_anew(engine: TantivyEngine, tmp_path: Path) -> None:
    shelf = Shelf(document(1, "质量检测"))
    shelf.facets = (*FACETS, "frequency")
    service = SearchService(shelf, tmp_path)
    assert service.search(Query()).total == 0
    service.catch_up(NO_SESSION)
    assert service.search(Query()).facets["frequency"] == {}
    assert service.search(Query()).total == 1


def test_reindex_shows_progress(tmp_path: Path) -> None:
    shelf = Shelf(*(document(number, "服务") for number in range(1, 1202)))
    service = SearchService(shelf, tmp_path)
    heard: list[tuple[str, int, int]] = []
    assert service.reindex(NO_SESSION, lambda *step: heard.append(step)) == []
    assert heard == [("tantivy", 500, 1201), ("tantivy", 1000, 1201), ("tantivy", 1201, 1201)]
    assert service.report(NO_SESSION).ok
