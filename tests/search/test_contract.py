"""What both engines must do alike. The Elasticsearch half runs against a real server."""

from collections.abc import Iterator
from threading import Event, Thread

import pytest
from search_examples import document, uid

from foundation.errors import BadInput
from search.engine import Document, EngineAway, Query, SearchEngine, Sort

CATALOGUE = (
    document(1, "质量检测服务", "为中小企业提供产品检验与检测", category=["quality"], region=["bj"], price=100),
    document(2, "大气检测设备租赁", "ISO-9001 认证，ＳａａＳ平台", category=["quality"], region=["sh"], price=200),
    document(3, "工业企业上云", "云迁移、云服务，帮助企业上云用数", category=["digital"], region=["bj"], price=300),
    document(
        4, "数字化转型诊断", "智能制造与数字化车间诊断", category=["digital", "training"], region=["sh"], price=400
    ),
    document(5, "融资服务", "银行贷款对接，质检报告可作增信材料", category=["finance"], region=["bj"], price=300),
    document(6, "人才培训", "数字化人才训练营", category=["training"], region=["gd"], price=0, mode=["online"]),
)


def numbers(engine: SearchEngine, text: str = "", **details: object) -> list[int]:
    """The numbers of the documents found, in the engine's order."""
    return [each.int >> 64 for each in engine.search(Query(text, **details)).ids]  # type: ignore[arg-type]


@pytest.fixture
def catalogue(engine: SearchEngine) -> SearchEngine:
    engine.index(CATALOGUE)
    return engine


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("云", {3}),
        ("企", {1, 3}),
        ("上云", {3}),
        ("检测", {1, 2}),
        ("质检", {5}),
        ("气检", {2}),
        ("数字化", {4, 6}),
        ("业上云", {3}),
        ("质量检测", {1}),
        ("智能制造", {4}),
        ("企业上云用数", {3}),
        ("数字化 人才", {6}),
        ("诊断，智能", {4}),
        ("检测 ISO-9001", {2}),
        ("iso 9001", {2}),
        ("saas", {2}),
        ("aas平", {2}),
        ("ＳＡＡＳ", {2}),
        ("云用", {3}),
        ("移云", set()),
        ("务为", set()),
        ("区块链", set()),
        ("检测 上云", set()),
        ('" OR chars:* (', set()),
        ("，。", {1, 2, 3, 4, 5, 6}),
    ],
)
def test_finds_exactly_what_holds_the_text(catalogue: SearchEngine, text: str, expected: set[int]) -> None:
    results = catalogue.search(Query(text))
    assert {each.int >> 64 for each in results.ids} == expected
    assert results.total == len(expected)
    assert results.engine == catalogue.name


def test_title_ranks_before_body(engine: SearchEngine) -> None:
    engine.index([document(1, "咨询", "含培训的服务"), document(2, "培训", "课程"), document(3, "其他", "无")])
    assert numbers(engine, "培训") == [2, 1]


def test_empty_index_and_empty_result(engine: SearchEngine) -> None:
    engine.rebuild([])
    results = engine.search(Query("检测"))
    assert (results.ids, results.total, engine.count()) == ((), 0, 0)
    assert results.facets == {"category": {}, "mode": {}, "region": {}}


def test_replaces_and_deletes(catalogue: SearchEngine) -> None:
    catalogue.index([document(1, "品牌策划", revision=2)])
    catalogue.delete([uid(2), uid(99)])
    assert numbers(catalogue, "检测") == []
    assert numbers(catalogue, "品牌") == [1]
    assert catalogue.count() == 5
    assert catalogue.revisions() == {uid(1): 2} | {uid(number): 1 for number in (3, 4, 5, 6)}


def test_older_revision_never_replaces_newer(engine: SearchEngine) -> None:
    engine.index([document(1, "新名称", revision=7)])
    engine.index([document(1, "旧名称", revision=6)])
    assert engine.revisions() == {uid(1): 7}
    assert (numbers(engine, "旧名称"), numbers(engine, "新名称")) == ([], [1])


def test_same_revision_again_is_harmless(engine: SearchEngine) -> None:
    for _twice in range(2):
        engine.index([document(1, "名称", revision=7), document(1, "从前", revision=5)])
    assert engine.revisions() == {uid(1): 7}
    assert (engine.count(), numbers(engine, "名称"), numbers(engine, "从前")) == (1, [1], [])


def test_deleted_document_may_come_back(engine: SearchEngine) -> None:
    engine.index([document(1, "停牌的服务", revision=3)])
    engine.delete([uid(1)])
    assert engine.count() == 0
    engine.index([document(1, "停牌的服务", revision=3)])
    assert numbers(engine, "停牌") == [1]


@pytest.mark.parametrize(
    ("details", "expected"),
    [
        ({"filters": {"category": ("quality",)}}, {1, 2}),
        ({"filters": {"category": ("quality", "finance")}}, {1, 2, 5}),
        ({"filters": {"category": ("quality",), "region": ("bj",)}}, {1}),
        ({"filters": {"category": ("training",)}}, {4, 6}),
        ({"filters": {"category": ()}}, {1, 2, 3, 4, 5, 6}),
        ({"filters": {"mode": ("nowhere",)}}, set()),
        ({"price_min": 200, "price_max": 300}, {2, 3, 5}),
        ({"price_min": 301}, {4}),
        ({"price_max": 0}, {6}),
        ({"price_min": 300, "price_max": 200}, set()),
        ({"text": "数字化", "filters": {"region": ("gd",)}}, {6}),
    ],
)
def test_filters_and_price(catalogue: SearchEngine, details: dict[str, object], expected: set[int]) -> None:
    results = catalogue.search(Query(**details))  # type: ignore[arg-type]
    assert {each.int >> 64 for each in results.ids} == expected
    assert results.total == len(expected)


@pytest.mark.parametrize("sort", Sort)
def test_filters_leave_the_order_alone(catalogue: SearchEngine, sort: Sort) -> None:
    narrowed = numbers(catalogue, "服务", filters={"region": ("bj",)}, price_min=1, sort=sort)
    assert narrowed == [each for each in numbers(catalogue, "服务", sort=sort) if each in {1, 3, 5}]


@pytest.mark.parametrize(
    ("query", "facets"),
    [
        (
            Query(),
            {
                "category": {"digital": 2, "quality": 2, "training": 2, "finance": 1},
                "mode": {"online": 1},
                "region": {"bj": 3, "sh": 2, "gd": 1},
            },
        ),
        (
            Query(filters={"region": ("bj",)}),
            {
                "category": {"digital": 1, "finance": 1, "quality": 1},
                "mode": {},
                "region": {"bj": 3, "sh": 2, "gd": 1},
            },
        ),
        (
            Query(filters={"region": ("bj",), "category": ("digital", "quality")}),
            {
                "category": {"digital": 1, "finance": 1, "quality": 1},
                "mode": {},
                "region": {"bj": 2, "sh": 2},
            },
        ),
        (
            Query("数字化", price_min=1),
            {"category": {"digital": 1, "training": 1}, "mode": {}, "region": {"sh": 1}},
        ),
    ],
)
def test_counts_stay_right_under_filters(catalogue: SearchEngine, query: Query, facets: object) -> None:
    counted = catalogue.search(query).facets
    assert counted == facets
    assert {name: list(counts) for name, counts in counted.items()} == {
        name: list(counts)
        for name, counts in facets.items()  # type: ignore[attr-defined]
    }


@pytest.mark.parametrize("query", [Query(filters={"colour": ("red",)}), Query(filters={"id": ("1",)})])
def test_refuses_a_filter_that_does_not_exist(catalogue: SearchEngine, query: Query) -> None:
    with pytest.raises(BadInput):
        catalogue.search(query)


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        (Sort.RELEVANCE, [1, 2, 3, 4, 5, 6]),
        (Sort.NEWEST, [6, 5, 4, 3, 2, 1]),
        (Sort.PRICE_ASCENDING, [6, 1, 2, 3, 5, 4]),
        (Sort.PRICE_DESCENDING, [4, 3, 5, 2, 1, 6]),
    ],
)
def test_sorts_with_ties_by_id(catalogue: SearchEngine, sort: Sort, expected: list[int]) -> None:
    assert numbers(catalogue, sort=sort) == expected


@pytest.mark.parametrize("sort", Sort)
@pytest.mark.parametrize("text", ["", "培训"])
def test_pages_neither_repeat_nor_drop(engine: SearchEngine, sort: Sort, text: str) -> None:
    # Indexed in turns and out of order, so that no engine's own order is the right one by luck.
    everything = [document(number, "培训课程", price=number % 3) for number in range(1, 48)]
    engine.index(everything[::2][::-1])
    engine.index(everything[1::2])
    pages = [numbers(engine, text, sort=sort, page=page, page_size=5) for page in range(1, 12)]
    order = {
        Sort.RELEVANCE: lambda number: number,
        Sort.NEWEST: lambda number: -number,
        Sort.PRICE_ASCENDING: lambda number: (number % 3, number),
        Sort.PRICE_DESCENDING: lambda number: (-(number % 3), number),
    }[sort]
    assert [each for page in pages for each in page] == sorted(range(1, 48), key=order)
    assert [len(page) for page in pages] == [5] * 9 + [2, 0]
    assert engine.search(Query(text, page=10_000_000)).total == 47


@pytest.mark.parametrize("details", [{"page": 0}, {"page": -1}, {"page_size": 0}, {"page_size": 201}])
def test_refuses_an_impossible_page(details: dict[str, int]) -> None:
    with pytest.raises(BadInput) as refusal:
        Query(**details)  # type: ignore[arg-type]
    assert refusal.value.field == next(iter(details))


def test_rebuild_replaces_everything_and_reports(catalogue: SearchEngine) -> None:
    added: list[int] = []
    catalogue.rebuild((document(number, "新的目录") for number in range(10, 1210)), added.append)
    assert catalogue.ready()
    assert catalogue.count() == 1200
    assert numbers(catalogue, "检测") == []
    assert sum(added) == 1000


def test_failed_rebuild_leaves_the_old_index(catalogue: SearchEngine) -> None:
    def breaking() -> Iterator[Document]:
        yield document(50, "半截")
        raise LookupError("the source broke")

    with pytest.raises(Exception, match="the source broke"):
        catalogue.rebuild(breaking())
    assert len(numbers(catalogue)) == 6
    catalogue.index([document(7, "照常")])
    assert numbers(catalogue, "照常") == [7]


def test_rebuild_while_searching_has_no_gap(catalogue: SearchEngine) -> None:
    seen: set[int | str] = set()
    ended = Event()

    def reader() -> None:
        while not ended.is_set():
            try:
                seen.add(catalogue.search(Query("服务")).total)
            except EngineAway as fault:
                seen.add(str(fault))

    def slowly() -> Iterator[Document]:
        for number in range(100, 160):
            yield document(number, "服务")

    thread = Thread(target=reader)
    thread.start()
    try:
        for _turn in range(3):
            catalogue.rebuild(slowly())
    finally:
        ended.set()
        thread.join()
    seen.add(catalogue.search(Query("服务")).total)
    assert seen <= {3, 60}
    assert 60 in seen


def test_health_tells_version_index_and_count(engine: SearchEngine) -> None:
    assert not engine.ready()
    assert not engine.health().ok
    engine.index(CATALOGUE)
    health = engine.health()
    assert engine.ready()
    assert (health.ok, health.documents, health.engine) == (True, 6, engine.name)
    assert health.version[0].isdigit()
