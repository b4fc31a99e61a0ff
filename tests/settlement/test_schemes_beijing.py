"""Beijing's first batch: every condition, every limit to the fen, and the envelope shared fairly."""

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.errors import BadInput
from foundation.money import format_yuan
from settlement.schemes import Line, SchemeResult, simulate

BEIJING = "beijing-2021-batch1"
CAP = 300_000_00


def item(**changes: Any) -> dict[str, Any]:
    facts = {
        "id": "i",
        "enterprise_title": "little_giant",
        "list_price": "100000.00",
        "charged": "40000.00",
        "market_price": "100000.00",
        "price_approved": True,
        "contract": True,
        "third_party": False,
        "tripartite_contract": False,
    }
    return facts | changes


def case(*items: Mapping[str, Any], envelope: str = "3000000.00", award_share: Any = 0) -> dict[str, Any]:
    return {"envelope": envelope, "platforms": [{"id": "p", "items": list(items), "award_share": award_share}]}


def only(result: SchemeResult) -> Line:
    (line,) = result.lines
    return line


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"enterprise_title": "srdi"}, "served_enterprise"),
        ({"enterprise_title": "none"}, "served_enterprise"),
        ({"price_approved": False}, "price_approved"),
        ({"market_price": "99999.99"}, "market_price"),
        ({"contract": False}, "contract"),
        ({"third_party": True}, "tripartite_contract"),
    ],
)
def test_an_item_that_breaks_a_condition_counts_nothing_and_says_which(changes: dict[str, Any], rule: str) -> None:
    line = only(simulate(BEIJING, case(item(**changes), award_share=20)))
    assert (line.total_fen, line.steps[0].rule, line.steps[0].amount_fen) == (0, rule, 0)
    assert line.items_fen == {"i": 0}


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"enterprise_title": "key_little_giant"},
        {"market_price": "100000.01"},
        {"third_party": True, "tripartite_contract": True},
        {"third_party": False, "tripartite_contract": True},
    ],
)
def test_an_item_that_keeps_every_condition_counts(changes: dict[str, Any]) -> None:
    assert only(simulate(BEIJING, case(item(**changes)))).total_fen == 60_000_00


def test_every_broken_condition_is_told() -> None:
    broken = item(enterprise_title="none", price_approved=False, market_price="1.00", contract=False, third_party=True)
    steps = only(simulate(BEIJING, case(broken))).steps
    told = ["served_enterprise", "price_approved", "market_price", "contract", "tripartite_contract"]
    assert [step.rule for step in steps[:5]] == told


@pytest.mark.parametrize(
    ("list_price", "charged", "total"),
    [
        ("500000.00", "200000.01", CAP - 1),
        ("500000.00", "200000.00", CAP),
        ("500000.00", "199999.99", CAP),
        ("500000.00", "0.00", CAP),
        ("280000.00", "280000.00", 0),
        ("400000.00", "280000.00", 120_000_00),
    ],
)
def test_an_item_is_capped_exactly(list_price: str, charged: str, total: int) -> None:
    priced = item(list_price=list_price, charged=charged, market_price=list_price)
    line = only(simulate(BEIJING, case(priced)))
    assert line.total_fen == total
    bites = line.steps[0].amount_fen > CAP
    assert any(step.rule == "cap_per_item" for step in line.steps) == bites


@pytest.mark.parametrize(
    ("share", "charged", "award"),
    [
        (0, "0.00", 0),
        (20, "0.00", 20_000_00),
        (20, "99999.96", 0),
        (20, "99999.95", 1),
        (12.5, "99999.85", 1),
        (19.999999, "0.00", 19_999_99),
        (19.99999999999999, "0.00", 19_999_99),
        (6.666666666666667, "0.00", 6_666_66),
        (1e-9, "0.00", 0),
    ],
)
def test_the_award_is_rounded_down_to_the_fen(share: Any, charged: str, award: int) -> None:
    line = only(simulate(BEIJING, case(item(charged=charged), award_share=share)))
    assert [step.amount_fen for step in line.steps if step.rule == "performance_award"] == [award]


@pytest.mark.parametrize(
    ("envelope", "total", "scale"),
    [("60000.00", 60_000_00, None), ("59999.99", 59_999_99, (59_999_99, 60_000_00)), ("0.00", 0, (0, 60_000_00))],
)
def test_the_envelope_bites_only_beyond_it(envelope: str, total: int, scale: tuple[int, int] | None) -> None:
    result = simulate(BEIJING, case(item(), envelope=envelope))
    assert (result.total_fen, result.scale) == (total, scale)


def test_equal_platforms_share_an_odd_fen_by_id() -> None:
    platforms = [{"id": name, "items": [item()], "award_share": 0} for name in ("c", "a", "b")]
    result = simulate(BEIJING, {"envelope": "0.05", "platforms": platforms})
    # The lines stand as they were given, so that an answer can be laid beside its case.
    assert [(line.id, line.total_fen) for line in result.lines] == [("c", 1), ("a", 2), ("b", 2)]
    assert result.as_json()["scale"] == "5/18000000"


def test_no_platform_and_no_item_are_nought() -> None:
    assert simulate(BEIJING, {"envelope": "0.00", "platforms": []}).as_json() == {
        "scheme": BEIJING,
        "version": "2021-02-26",
        "lines": [],
        "total": "0.00",
        "scale": None,
    }
    assert only(simulate(BEIJING, case())).total_fen == 0


@pytest.mark.parametrize(
    ("bad", "place"),
    [
        (case(item(charged="100000.01")), "platforms[0].items[0].charged"),
        (case(item(list_price="100000.001")), "platforms[0].items[0].list_price"),
        (case(item(list_price="-1.00")), "platforms[0].items[0].list_price"),
        (case(item(list_price="1e5")), "platforms[0].items[0].list_price"),
        (case(item(list_price="NaN")), "platforms[0].items[0].list_price"),
        (case(item(list_price=100000)), "platforms[0].items[0].list_price"),
        (case(item(list_price="100,000.00")), "platforms[0].items[0].list_price"),
        (case(item(market_price=None)), "platforms[0].items[0].market_price"),
        (case(item(contract="true")), "platforms[0].items[0].contract"),
        (case(item(contract=1)), "platforms[0].items[0].contract"),
        (case(item(enterprise_title="giant")), "platforms[0].items[0].enterprise_title"),
        (case(item(id="")), "platforms[0].items[0].id"),
        (case(item(id=1)), "platforms[0].items[0].id"),
        (case(item(tripartite="x")), "platforms[0].items[0].tripartite"),
        (
            case({key: value for key, value in item().items() if key != "market_price"}),
            "platforms[0].items[0].market_price",
        ),
        (case(item(), item()), "platforms[0].items"),
        (case(award_share=20.000001), "platforms[0].award_share"),
        (case(award_share=-1), "platforms[0].award_share"),
        (case(award_share="20"), "platforms[0].award_share"),
        (case(award_share=True), "platforms[0].award_share"),
        (case(award_share=float("nan")), "platforms[0].award_share"),
        (case(award_share=Decimal("20.00000000000000000001")), "platforms[0].award_share"),
        (case(award_share=Decimal("1e-21")), "platforms[0].award_share"),
        (case(award_share=Decimal("1e-999999")), "platforms[0].award_share"),
        ({"envelope": "1.00", "platforms": [{"id": "p", "items": []}]}, "platforms[0].award_share"),
        ({"envelope": "1.00", "platforms": case()["platforms"] * 2}, "platforms"),
        ({"platforms": []}, "envelope"),
        ({"envelope": "1.00", "platforms": {}}, "platforms"),
        ([], None),
    ],
)
def test_bad_input_names_its_place(bad: object, place: str | None) -> None:
    with pytest.raises(BadInput) as caught:
        simulate(BEIJING, bad)
    assert caught.value.field == place
    assert str(caught.value)


FEN = st.integers(0, 500_000_00)


@st.composite
def items(draw: st.DrawFn) -> dict[str, Any]:
    list_price, market_price = draw(FEN), draw(FEN)
    return item(
        enterprise_title=draw(st.sampled_from(["key_little_giant", "little_giant", "srdi"])),
        list_price=format_yuan(list_price),
        charged=format_yuan(draw(st.integers(0, list_price))),
        market_price=format_yuan(max(list_price, market_price)),
        third_party=draw(st.booleans()),
        tripartite_contract=draw(st.booleans()),
    )


@st.composite
def cases(draw: st.DrawFn) -> dict[str, Any]:
    platforms = [
        {
            "id": f"p{at}",
            "items": [draw(items()) | {"id": f"i{number}"} for number in range(draw(st.integers(0, 4)))],
            "award_share": draw(st.integers(0, 20)),
        }
        for at in range(draw(st.integers(0, 4)))
    ]
    return {"envelope": format_yuan(draw(st.integers(0, 2_000_000_00))), "platforms": platforms}


def fen(text: str) -> int:
    return int(text.replace(".", ""))


def before_scaling(line: Line) -> int:
    return next(step.amount_fen for step in line.steps if step.rule == "subsidy_and_award")


@given(cases())
def test_no_limit_is_ever_exceeded_and_parts_sum_to_the_whole(given_case: dict[str, Any]) -> None:
    result = simulate(BEIJING, given_case)
    assert result.total_fen == sum(line.total_fen for line in result.lines) <= fen(given_case["envelope"])
    for line in result.lines:
        assert line.steps[-1].amount_fen == line.total_fen >= 0
        assert all(0 <= amount <= CAP for amount in line.items_fen.values())
        assert before_scaling(line) * 5 <= sum(line.items_fen.values()) * 6


@given(cases())
def test_scaling_is_fair_to_one_fen(given_case: dict[str, Any]) -> None:
    result = simulate(BEIJING, given_case)
    ratio = Fraction(1) if result.scale is None else Fraction(*result.scale)
    assert all(abs(line.total_fen - before_scaling(line) * ratio) < 1 for line in result.lines)
    if result.scale is not None:
        assert result.total_fen == fen(given_case["envelope"])


def amounts(result: SchemeResult) -> dict[str, tuple[int, Mapping[str, int]]]:
    return {line.id: (line.total_fen, line.items_fen) for line in result.lines}


@given(cases(), st.randoms(use_true_random=False))
def test_the_order_of_input_changes_no_amount(given_case: dict[str, Any], random: Any) -> None:
    shuffled = [
        platform | {"items": random.sample(platform["items"], len(platform["items"]))}
        for platform in random.sample(given_case["platforms"], len(given_case["platforms"]))
    ]
    answer = simulate(BEIJING, given_case | {"platforms": shuffled})
    assert [line.id for line in answer.lines] == [platform["id"] for platform in shuffled]
    assert amounts(answer) == amounts(simulate(BEIJING, given_case))


@given(cases(), items())
def test_more_delivered_never_pays_less(given_case: dict[str, Any], more: dict[str, Any]) -> None:
    if not given_case["platforms"]:
        return
    first, *rest = given_case["platforms"]
    richer = given_case | {"platforms": [first | {"items": [*first["items"], more | {"id": "more"}]}, *rest]}
    assert simulate(BEIJING, richer).lines[0].total_fen >= simulate(BEIJING, given_case).lines[0].total_fen


def test_the_working_can_be_redone_by_hand() -> None:
    priced = item(list_price="500000.00", charged="100000.00", market_price="500000.00")
    result = simulate(BEIJING, case(priced, item(id="j", contract=False), envelope="180000.00", award_share=20))
    assert [(step["text"], step["amount"]) for step in result.as_json()["lines"][0]["steps"]] == [
        ("i：服务费用减免额 = 标价 500,000.00 元 − 实收 100,000.00 元 = 400,000.00 元", "400000.00"),
        ("i：400,000.00 元超过单项上限，按 300,000.00 元计", "300000.00"),
        ("j：没有与服务企业签订的服务合同，不计补助", "0.00"),
        ("服务补助：1 项合计 300,000.00 元", "300000.00"),
        ("绩效奖励：300,000.00 元 × 20% = 60,000.00 元（不足一分舍去）", "60000.00"),
        ("服务补助 300,000.00 元 + 绩效奖励 60,000.00 元 = 360,000.00 元", "360000.00"),
        (
            "合计 360,000.00 元超过总额 180,000.00 元：360,000.00 元 × 180,000.00 ÷ 360,000.00 = 180,000.00 元（按最大余数法取整到分）",
            "180000.00",
        ),
    ]


@pytest.mark.parametrize("amount", ["90000000000000.01", "1" + "0" * 30])
def test_an_amount_beyond_every_budget_is_told_so(amount: str) -> None:
    with pytest.raises(BadInput, match="超出可处理的范围") as caught:
        simulate(BEIJING, case(item(market_price=amount)))
    assert caught.value.field == "platforms[0].items[0].market_price"


@pytest.mark.parametrize("share", [-1, 20.000001, 50, 101, "20", None])
def test_a_share_that_does_not_do_is_told_the_schemes_own_bounds(share: Any) -> None:
    with pytest.raises(BadInput) as caught:
        simulate(BEIJING, case(item(), award_share=share))
    assert "0 至 20 的数字" in caught.value.text()
