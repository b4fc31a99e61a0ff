"""The tokens of both engines, made here so that a change of engine changes no result.

Words rank; the characters, searched as a phrase, are the net below them: words alone miss what the dictionary cuts
otherwise (质检, 气检) and every single character.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import rjieba

# Raised whenever the same text gives other tokens than before: the indexes then build themselves anew.
VERSION: Final = 1

BREAK: Final = "_"
_BREAKS: Final = re.compile(r"[\W_]+")
_BETWEEN_TERMS: Final = re.compile(r"[\s,;、]+")
_LONGEST_WORD: Final = 64
_LONGEST_QUERY: Final = 100


@dataclass(frozen=True, slots=True)
class Fields:
    """What an engine stores of a text: tokens joined by spaces."""

    title_words: str
    body_words: str
    chars: str


@dataclass(frozen=True, slots=True)
class Term:
    """One of the things asked for: found where all its words stand, or its characters one after another."""

    words: tuple[str, ...]
    characters: tuple[str, ...]


def normalise(text: str) -> str:
    """Full width to half width, compatibility forms to plain ones, lower case."""
    return unicodedata.normalize("NFKC", text).lower()


def fields(title: str, body: str) -> Fields:
    """The tokens of a document. Two breaks part title and body, one break a query can hold: no phrase crosses over."""
    title, body = normalise(title), normalise(body)
    return Fields(
        title_words=" ".join(_words(rjieba.cut_for_search(title))),
        body_words=" ".join(_words(rjieba.cut_for_search(body))),
        chars=" ".join([*_characters(title), BREAK, BREAK, *_characters(body)]),
    )


@lru_cache(maxsize=512)
def terms(text: str) -> tuple[Term, ...]:
    """What a typed query asks for, parted at spaces and commas; empty when it holds no letter, digit or character."""
    parts = dict.fromkeys(_BETWEEN_TERMS.split(normalise(text)[:_LONGEST_QUERY]))
    found = (Term(words=tuple(_words(rjieba.cut(part))), characters=tuple(_characters(part))) for part in parts)
    return tuple(term for term in found if term.characters)


def _words(cut: list[str]) -> list[str]:
    return [word for word in cut if len(word) <= _LONGEST_WORD and _BREAKS.sub("", word)]


def _characters(normalised: str) -> list[str]:
    return list(_BREAKS.sub(BREAK, normalised).strip(BREAK))
