"""The fonts of the documents: which of them has a character, and their embedding as searchable subsets."""

from functools import cache
from pathlib import Path
from threading import RLock
from typing import Any, Final

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import SUBSETN, TTFont

REGULAR: Final = "NotoSansSC"
BOLD: Final = "NotoSansSC-Bold"
RARE: Final = "BabelStoneHan-Rare"
"""Ideographs of Extensions B to G, which Noto Sans SC lacks: loaded only when one is met (22 MB)."""

_FILES: Final = {
    REGULAR: "NotoSansSC-Regular.ttf",
    BOLD: "NotoSansSC-Bold.ttf",
    RARE: "BabelStoneHan-Rare.ttf",
}
_FIRST_IDEOGRAPH: Final = 0x3400
_BLOCK: Final = 100
"""Entries that one bfchar block may hold (Adobe Technical Note 5014, CMap specification)."""

_lock = RLock()


class SearchableFont(TTFont):
    """A TrueType font whose subsets can be searched for every character, and that threads may share.

    ReportLab writes code points above U+FFFF into the ToUnicode map as five hexadecimal digits, which readers take for
    something else; the map wants UTF-16. And it reads the font file through one shared position while it embeds.
    """

    def addObjects(self, doc: Any) -> None:  # noqa: N802 - ReportLab's name
        """Embed the subsets of ``doc`` one document at a time, with maps that hold UTF-16."""
        with _lock:
            subsets = self.state[doc].subsets
            super().addObjects(doc)
        for number, subset in enumerate(subsets):
            base = (SUBSETN(number) + b"+" + self.face.name + self.face.subfontNameX).decode("latin-1")
            doc.idToObject["toUnicodeCMap:" + base].content = _to_unicode(base, subset)


def ready() -> None:
    """Register the two text fonts, once; every document calls it first."""
    _font(REGULAR)
    _font(BOLD)


def font_for(character: str, preferred: str) -> str | None:
    """The font that draws ``character``: the ``preferred`` one, the one for rare ideographs, or None."""
    code = ord(character)
    if code in _font(preferred).face.charToGlyph:
        return preferred
    if code >= _FIRST_IDEOGRAPH and code in _font(RARE).face.charToGlyph:
        return RARE
    return None


@cache
def char_width(character: str, font: str) -> float:
    """The width of a character in ems."""
    face: Any = _font(font).face
    return float(face.getCharWidth(ord(character))) / 1000


@cache
def folder() -> Path:
    """Where the font files lie: beside the packages of an installed wheel, or at the top of a checkout."""
    places = [parent / "static" / "fonts" for parent in Path(__file__).resolve().parents[1:3]]
    return next((place for place in places if place.is_dir()), places[-1])


def _font(name: str) -> SearchableFont:
    found = _registered.get(name)
    if found is None:
        with _lock:
            found = _registered.get(name)
            if found is None:
                found = SearchableFont(name, str(folder() / _FILES[name]))
                pdfmetrics.registerFont(found)
                _registered[name] = found
    return found


_registered: dict[str, SearchableFont] = {}


def _to_unicode(name: str, subset: list[int]) -> str:
    entries = [f"<{code:02X}> <{_utf16(character)}>" for code, character in enumerate(subset)]
    blocks = [entries[start : start + _BLOCK] for start in range(0, len(entries), _BLOCK)]
    body = [line for block in blocks for line in (f"{len(block)} beginbfchar", *block, "endbfchar")]
    return "\n".join(
        [
            "/CIDInit /ProcSet findresource begin",
            "12 dict begin",
            "begincmap",
            f"/CIDSystemInfo << /Registry ({name}) /Ordering ({name}) /Supplement 0 >> def",
            f"/CMapName /{name} def",
            "/CMapType 2 def",
            "1 begincodespacerange",
            "<00> <FF>",
            "endcodespacerange",
            *body,
            "endcmap",
            "CMapName currentdict /CMap defineresource pop",
            "end",
            "end",
        ]
    )


def _utf16(code: int) -> str:
    return chr(code).encode("utf-16-be", "surrogatepass").hex().upper()
