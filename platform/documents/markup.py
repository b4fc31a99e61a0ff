"""Text made by people, brought safely onto paper: nothing of it is read as markup, and nothing of it is dropped.

Text is printed as runs of characters, never through ReportLab's paragraph parser, so ``<font>`` or ``&amp;`` in a name are
just characters. What no font can draw, or what would change the reading of its neighbours (controls, bidirectional
overrides, invisible joiners), is printed by its code: 〔U+202E〕.
"""

import re
import unicodedata
from functools import lru_cache
from itertools import groupby
from typing import NamedTuple

from documents import fonts

_LINE_ENDS = re.compile("\r\n|[\n\r\v\f\x85\u2028\u2029]")
_COMPOSABLE = re.compile("[^\uf900-\ufaff\U0002f800-\U0002fa1f]+")
"""Compatibility ideographs stay as they are: normalising swaps them for other forms, and a name is not ours to change."""

_INVISIBLE = frozenset([0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x3164, 0xFFA0, *range(0xFE00, 0xFE10)])
"""Letters and marks that fonts draw as nothing (default ignorable code points outside the categories C and Z)."""


class Run(NamedTuple):
    """Characters of one line that one font draws."""

    font: str
    text: str


def normalised(text: str) -> str:
    """``text`` with composed accents (NFC); compatibility ideographs and full-width forms are left alone."""
    return _COMPOSABLE.sub(lambda match: unicodedata.normalize("NFC", match[0]), text)


def missing_characters(text: str) -> list[str]:
    """The characters of ``text`` that will be printed by their code, each once, in order: worth a warning in a form."""
    shown = (_shown(character, fonts.REGULAR) for character in single_line(text))
    return list(dict.fromkeys(one.character for one in shown if one.replaced))


def visible(text: str) -> str:
    """``text`` on one line as it will be printed, codes for undrawable characters included: for metadata."""
    return "".join(_shown(character, fonts.REGULAR).text for character in single_line(text))


def harmless(text: str) -> str:
    """``text`` for a cell or a file: controls, bidirectional marks and lone surrogates shown by their code, the rest kept."""
    # Nearly every text is printable throughout, and a long list has a million of them.
    return text if text.isprintable() else "".join(_code(one) if _is_control(one) else one for one in text)


def runs(line: str, font: str = fonts.REGULAR) -> list[Run]:
    """One normalised line cut into runs of one font each: ``font`` where it has the character, else the rare one."""
    return [
        Run(name, "".join(one.text for one in shown))
        for name, shown in groupby((_shown(character, font) for character in line), key=lambda one: one.font)
    ]


def lines(text: str) -> list[str]:
    """``text`` normalised and cut at its line ends, of whatever kind."""
    return _LINE_ENDS.split(normalised(text))


def single_line(text: str) -> str:
    """``text`` normalised, with spaces for line ends."""
    return _LINE_ENDS.sub(" ", normalised(text)).strip()


class _Shown(NamedTuple):
    character: str
    font: str
    text: str
    replaced: bool


@lru_cache(maxsize=16_384)
def _shown(character: str, preferred: str) -> _Shown:
    category = unicodedata.category(character)
    if category == "Zs" or character == "\t":
        return _Shown(character, preferred, "\u3000" if character == "\u3000" else " ", replaced=False)
    drawable = category[0] != "C" and ord(character) not in _INVISIBLE
    font = fonts.font_for(character, preferred) if drawable else None
    if font is None:
        return _Shown(character, preferred, _code(character), replaced=True)
    return _Shown(character, font, character, replaced=False)


def _is_control(character: str) -> bool:
    return character not in "\n\t" and (
        unicodedata.category(character) in {"Cc", "Cf", "Cs"} or character in "\ufffe\uffff"
    )


def _code(character: str) -> str:
    return f"〔U+{ord(character):04X}〕"
