"""Marks texts for translation without importing Flask: the shells translate at the edge."""

from collections.abc import Callable
from typing import Final

_COLON: Final = "："


def N_(text: str) -> str:  # noqa: N802 - the name babel knows for "mark, do not translate yet"
    """Return ``text`` unchanged; babel collects it as a msgid (msgids are the Simplified Chinese texts)."""
    return text


def retold(note: str, translate: Callable[[str], str]) -> str:
    """A note of the record for its reader: what was chosen from a list is translated, what a person wrote stays.

    ``材料不全：缺第二页`` is a reason and a person's words; the reason may also stand alone.
    """
    reason, colon, own = note.partition(_COLON)
    if colon and own and translate(reason) != reason:
        return translate(reason) + translate(_COLON) + own
    return translate(note)
