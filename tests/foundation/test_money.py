"""Money: read exactly or not at all, split without losing a fen, written as statements write it."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.errors import BadInput
from foundation.money import (
    MAX_FEN,
    capitals,
    display_yuan,
    format_yuan,
    largest_remainder,
    parse_yuan,
    percent_of,
)

FEN = st.integers(0, MAX_FEN)
WEIGHTS = st.dictionaries(st.text(min_size=1, max_size=4), st.integers(0, 10**12), min_size=1, max_size=12)


@given(FEN)
def test_what_is_written_is_read_again(fen: int) -> None:
    assert parse_yuan(format_yuan(fen)) == parse_yuan(display_yuan(fen)) == fen


@pytest.mark.parametrize(
    ("text", "fen"),
    [
        ("12", 1200),
        ("12.5", 1250),
        ("0", 0),
        ("007.01", 701),
        (" ¥1,234,567.80 ", 123456780),
        ("￥1，234", 123400),
        ("1234567", 123456700),
    ],
)
def test_amounts_that_can_be_read(text: str, fen: int) -> None:
    assert parse_yuan(text) == fen


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            " ",
            "1.234",
            "1e5",
            "NaN",
            "inf",
            "-1",
            "+1",
            "１２",
            "一百",
            "0x10",
            "1_000",
            "1 000",
            ".5",
            "5.",
            "1.2.3",
        ),
        *(
            "1,5",
            "12,34.5",
            "1,2345",
            "1234,567",
            ",100",
            "100,",
            "1,,000",
            "90000000000000.01",
            "999999999999999",
            "1\x002",
        ),
    ],
)
def test_an_amount_is_never_guessed(text: str) -> None:
    with pytest.raises(BadInput):
        parse_yuan(text)


def test_money_that_goes_back() -> None:
    assert parse_yuan("-12.30", negative=True) == -1230
    assert (format_yuan(-1230), display_yuan(-123_456)) == ("-12.30", "−¥1,234.56")


@given(FEN, st.decimals(0, 100, places=4))
def test_a_share_is_rounded_down_to_the_fen(fen: int, percent: Decimal) -> None:
    share = percent_of(fen, percent)
    assert 0 <= Fraction(fen) * Fraction(percent) / 100 - share < 1


@given(st.integers(-(10**15), 10**15), WEIGHTS)
def test_parts_sum_to_the_whole_and_each_is_within_a_fen(total: int, weights: dict[str, int]) -> None:
    whole = sum(weights.values())
    if whole == 0:
        weights["a"] = whole = 1
    parts = largest_remainder(total, list(weights.items()))
    assert sum(parts.values()) == total
    assert all(abs(parts[key] - Fraction(total * weight, whole)) < 1 for key, weight in weights.items())
    assert all(parts[key] == 0 for key, weight in weights.items() if weight == 0)
    assert parts == largest_remainder(total, sorted(weights.items(), reverse=True)), "the order given does not matter"


def test_ties_go_by_key() -> None:
    assert largest_remainder(2, [("c", 1), ("a", 1), ("b", 1)]) == {"a": 1, "b": 1, "c": 0}


@pytest.mark.parametrize("weights", [[], [("a", 0)], [("a", 2), ("b", -1)], [("a", 1), ("a", 1)]])
def test_what_cannot_be_split_is_refused(weights: list[tuple[str, int]]) -> None:
    with pytest.raises(ValueError, match="weights"):
        largest_remainder(100, weights)


@pytest.mark.parametrize(
    ("fen", "words"),
    [
        (0, "零元整"),
        (1, "壹分"),
        (10, "壹角整"),
        (12, "壹角贰分"),
        (100, "壹元整"),
        (101, "壹元零壹分"),
        (110, "壹元壹角整"),
        (1000, "壹拾元整"),
        (10_001, "壹佰元零壹分"),
        (100_010, "壹仟元壹角整"),
        (1_000_100, "壹万零壹元整"),
        (10_700_053, "壹拾万柒仟元伍角叁分"),
        (30_000_000, "叁拾万元整"),
        (100_000_000, "壹佰万元整"),
        (100_100_000, "壹佰万壹仟元整"),
        (10_000_000_000, "壹亿元整"),
        (10_000_000_100, "壹亿零壹元整"),
        (10_001_000_000, "壹亿零壹万元整"),
        (1_000_000_000_000, "壹佰亿元整"),
        # The examples of 《支付结算办法》附一; where it leaves a 零 to the writer (third rule) none is written.
        (140_950, "壹仟肆佰零玖元伍角整"),
        (600_714, "陆仟零柒元壹角肆分"),
        (168_032, "壹仟陆佰捌拾元叁角贰分"),
        (1_640_902, "壹万陆仟肆佰零玖元零贰分"),
        (32_504, "叁佰贰拾伍元零肆分"),
        (-123_45, "负壹佰贰拾叁元肆角伍分"),
    ],
)
def test_capitals(fen: int, words: str) -> None:
    assert capitals(fen) == words


_DIGITS = {digit: value for value, digit in enumerate("零壹贰叁肆伍陆柒捌玖")}
_PLACES = {"拾": 10, "佰": 100, "仟": 1000}


def _read(words: str) -> int:
    """Fen of an amount in capitals, read by a clerk's rules and not by the library that wrote them."""
    total = section = digit = fen = 0
    for letter in words.removesuffix("整"):
        if letter in _DIGITS:
            digit = _DIGITS[letter]
        elif letter in _PLACES:
            section, digit = section + digit * _PLACES[letter], 0
        elif letter in "万亿":
            unit = 10**4 if letter == "万" else 10**8
            whole = section + digit
            total = (total + whole) * unit if letter == "亿" else total + whole * unit
            section = digit = 0
        elif letter == "元":
            fen, section, digit = (total + section + digit) * 100, 0, 0
        else:
            fen, digit = fen + digit * (10 if letter == "角" else 1), 0
    return fen


@given(FEN | st.integers(0, 10**8))
def test_capitals_read_back(fen: int) -> None:
    words = capitals(fen)
    assert _read(words) == fen
    assert "零零" not in words
    assert words.endswith("分") == bool(fen % 10)
