"""Nothing is dropped: each character is drawn by some font or shown by its code."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from documents.fonts import BOLD, RARE, REGULAR
from documents.markup import harmless, lines, missing_characters, normalised, runs, visible


def test_missing_characters_are_noticed():
    assert missing_characters("喆镕䶮𠮷公司 ABC ①№～") == []
    assert missing_characters("😀甲😀\u202e") == ["😀", "\u202e"]


def test_runs_choose_the_font():
    assert runs("甲𠮷乙", BOLD) == [(BOLD, "甲"), (RARE, "𠮷"), (BOLD, "乙")]
    assert runs("甲😀") == [(REGULAR, "甲〔U+1F600〕")]
    assert runs("") == []


@pytest.mark.parametrize(
    ("typed", "kept"),
    [("e\u0301", "é"), ("豈", "豈"), ("①Ａ", "①Ａ"), ("豈e\u0301", "豈é")],
)
def test_normalising_composes_but_never_swaps(typed, kept):
    assert normalised(typed) == kept


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\u2028", "\x85"])
def test_line_ends(end):
    assert lines(f"甲{end}乙") == ["甲", "乙"]
    assert visible(f"甲{end}乙") == "甲 乙"


@given(st.text())
def test_every_character_is_there_or_its_code(text):
    printed = visible(text)
    for character in normalised(text).strip():
        if unicodedata.category(character)[0] == "Z" or character in "\t\n\r\v\f\x85":
            continue
        assert character in printed or f"〔U+{ord(character):04X}〕" in printed
    assert not any(unicodedata.category(character)[0] == "C" for character in printed)


def test_harmless_keeps_what_is_text():
    assert harmless("甲\t乙\n𠮷😀") == "甲\t乙\n𠮷😀"
    assert harmless("a\u202eb\x00\ud800\uffff") == "a〔U+202E〕b〔U+0000〕〔U+D800〕〔U+FFFF〕"
