import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.tokens import BREAK, fields, normalise, terms


@pytest.mark.parametrize(
    ("text", "normal"),
    [("ＳａａＳ５Ｇ", "saas5g"), ("①㎡", "1m2"), ("上　云", "上 云"), ("ｶﾞ", "ガ")],
)
def test_normalises_width_and_case(text: str, normal: str) -> None:
    assert normalise(text) == normal


def test_document_has_words_parts_of_words_and_characters() -> None:
    stored = fields("中小企业", "数字化。ISO-9001")
    assert set(stored.title_words.split()) >= {"中小", "企业", "中小企业"}
    assert set(stored.body_words.split()) >= {"数字", "数字化"}
    assert stored.chars == "中 小 企 业 _ _ 数 字 化 _ i s o _ 9 0 0 1"


def test_query_has_terms_of_words_and_characters() -> None:
    first, second = terms("  中小企业， 上云 上云 ")
    assert (first.words, "".join(first.characters)) == (("中小企业",), "中小企业")
    assert (second.words, "".join(second.characters)) == (("上云",), "上云")


@pytest.mark.parametrize("text", ["", "   ", "，。！", "___", "- / ☆"])
def test_nothing_to_ask_for(text: str) -> None:
    assert terms(text) == ()


def test_a_long_query_is_cut() -> None:
    assert sum(len(term.characters) for term in terms("云" * 5000)) == 100


@given(st.text(max_size=60), st.text(max_size=60))
def test_tokens_are_what_a_whitespace_analyser_gives_back(title: str, body: str) -> None:
    stored = fields(title, body)
    assert all(len(token) == 1 for token in stored.chars.split(" "))
    for joined in (stored.title_words, stored.body_words, stored.chars):
        assert joined.split() == [token for token in joined.split(" ") if token]
    for term in terms(title):
        assert BREAK not in {term.characters[0], term.characters[-1]}


@given(st.text(alphabet="上云质检a1-，", min_size=1, max_size=12), st.data())
def test_any_part_of_a_text_is_a_phrase_of_its_characters(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text) - 1))
    part = text[start : data.draw(st.integers(start + 1, len(text)))]
    stored = fields(text, "").chars.replace(" ", "")
    for term in terms(part):
        assert "".join(term.characters) in stored
