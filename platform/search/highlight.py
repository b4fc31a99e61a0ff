"""Shows where a text answers a query: on the raw text, by our own tokens, the same for both engines."""

import re
from itertools import groupby
from typing import Final, NamedTuple

from search.tokens import BREAK, normalise, terms

_ELLIPSIS: Final = "…"
_BREAKS: Final = r"[\W_]+"


class Segment(NamedTuple):
    """A piece of the text; templates escape it like any other text and wrap hits in ``<mark>``."""

    text: str
    is_hit: bool


def highlight(text: str, query: str) -> list[Segment]:
    """``text`` in pieces that give it back when joined; a hit is a whole term, or a word of it where no term stands."""
    hits = _hits(text, query)
    marked = zip(text, hits, strict=True)
    return [
        Segment("".join(character for character, _hit in run), is_hit)
        for is_hit, run in groupby(marked, key=lambda pair: pair[1])
    ]


def excerpt(text: str, query: str, *, length: int = 120) -> list[Segment]:
    """At most ``length`` characters of ``text`` around its first hit, with dots where something is left out."""
    hits = _hits(text, query)
    first = hits.index(True) if True in hits else 0
    start = max(0, min(first - length // 4, len(text) - length))
    end = min(start + length, len(text))
    middle = highlight(text[start:end], query)
    before = [Segment(_ELLIPSIS, is_hit=False)] if start else []
    after = [Segment(_ELLIPSIS, is_hit=False)] if end < len(text) else []
    return [*before, *middle, *after]


def _hits(text: str, query: str) -> list[bool]:
    """For each character of the raw text whether it belongs to a hit."""
    normal, origins = _normalised(text)
    hits = [False] * len(text)
    for term in terms(query):
        whole = [_BREAKS.join(map(re.escape, "".join(term.characters).split(BREAK)))]
        for pattern in (whole, map(re.escape, term.words)):
            spans = [match.span() for each in pattern for match in re.finditer(each, normal)]
            for start, end in spans:
                for place in range(start, end):
                    hits[origins[place]] = True
            if spans:
                break
    return hits


def _normalised(text: str) -> tuple[str, list[int]]:
    """The text as it was indexed, and for each of its characters which raw one it came from (㎡ becomes m2)."""
    pairs = [(each, place) for place, character in enumerate(text) for each in normalise(character)]
    return "".join(each for each, _place in pairs), [place for _each, place in pairs]
