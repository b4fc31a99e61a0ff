"""Lines end where Chinese lines may end, and lose nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from documents.linebreak import break_line, may_break


def cut(text: str, limit: float) -> list[str]:
    return [text[start:end] for start, end in break_line(text, [1.0] * len(text), limit)]


@pytest.mark.parametrize(
    ("text", "limit", "expected"),
    [
        ("甲乙丙丁，戊己", 4, ["甲乙丙", "丁，戊己"]),
        ("甲乙丙（丁）", 4, ["甲乙丙", "（丁）"]),
        ("甲乙丙丁戊", 5, ["甲乙丙丁戊"]),
        ("甲 word two", 6, ["甲 word ", "two"]),
        ("9" * 10, 4, ["9999", "9999", "99"]),
        ("甲" + "9" * 9, 4, ["甲999", "9999", "99"]),
        ("", 4, [""]),
        ("，，，，，", 2, ["，，", "，，", "，"]),
    ],
)
def test_breaks(text, limit, expected):
    assert cut(text, limit) == expected


@given(st.text(max_size=60), st.integers(1, 20))
def test_parts_are_the_whole_and_fit(text, limit):
    parts = cut(text, limit)
    assert "".join(parts) == text
    assert all(len(part.rstrip(" ")) <= limit for part in parts)


@pytest.mark.parametrize(("before", "after"), [("（", "甲"), ("甲", "，"), ("a", "b"), ("1", "2"), ("¥", "3")])
def test_forbidden(before, after):
    assert not may_break(before, after)
