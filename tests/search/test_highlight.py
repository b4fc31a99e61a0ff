import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.highlight import excerpt, highlight


def marked(text: str, query: str) -> str:
    return "".join(f"[{piece}]" if is_hit else piece for piece, is_hit in highlight(text, query))


@pytest.mark.parametrize(
    ("text", "query", "expected"),
    [
        ("工业企业上云", "上云", "工业企业[上云]"),
        ("云服务与云迁移", "云", "[云]服务与[云]迁移"),
        ("数字化车间", "数字化转型", "[数字化]车间"),
        ("数字化转型与转型", "数字化转型", "[数字化转型]与转型"),
        ("ＳａａＳ平台", "saas", "[ＳａａＳ]平台"),
        ("占地100㎡", "m2", "占地100[㎡]"),
        ("ISO 9001 认证", "iso-9001", "[ISO 9001] 认证"),
        ("<b>上云</b>", "上云 <b>", "<[b]>[上云]</[b]>"),
        ("a.c abc", "a.c", "[a.c] abc"),
        ("无关", "上云", "无关"),
        ("上云", "", "上云"),
        ("", "上云", ""),
    ],
)
def test_marks_what_answers_the_query(text: str, query: str, expected: str) -> None:
    assert marked(text, query) == expected


@given(st.text(max_size=50), st.text(max_size=20))
def test_the_pieces_give_the_text_back(text: str, query: str) -> None:
    assert "".join(piece for piece, _is_hit in highlight(text, query)) == text


@pytest.mark.parametrize(
    ("length", "expected"),
    [(200, "前" * 50 + "[上云]" + "后" * 50), (20, "…" + "前" * 5 + "[上云]" + "后" * 13 + "…")],
)
def test_excerpt_surrounds_the_first_hit(length: int, expected: str) -> None:
    pieces = excerpt("前" * 50 + "上云" + "后" * 50, "上云", length=length)
    assert "".join(f"[{piece}]" if is_hit else piece for piece, is_hit in pieces) == expected
