"""Wrapped text on a page: lighter than ReportLab's Paragraph, breaking by Chinese rules, and without any markup."""

from collections.abc import Sequence
from itertools import groupby
from typing import NamedTuple

from reportlab.lib.colors import Color
from reportlab.lib.enums import TA_CENTER, TA_RIGHT
from reportlab.lib.styles import ParagraphStyle
from reportlab.platypus import Flowable

from documents.fonts import char_width
from documents.linebreak import break_line
from documents.markup import Run, lines, runs

_BASELINE = 0.88
"""How far below the top of its em box a Chinese glyph stands on the baseline (ideographic em box, OpenType BASE)."""
_SLACK = 1e-6


class Ink(NamedTuple):
    """How a run is printed."""

    font: str
    size: float
    colour: Color


class _Line(NamedTuple):
    spans: Sequence[tuple[Ink, str]]
    width: float


class Text(Flowable):
    """Pieces of text that follow each other, each in its own style; ``style`` rules alignment and leading.

    Line ends in the text are kept. May be split over pages between any two lines.
    """

    def __init__(self, parts: Sequence[tuple[str, ParagraphStyle]], style: ParagraphStyle) -> None:
        super().__init__()
        self.style = style
        self._parts = parts
        self._lines: Sequence[_Line] = ()
        self._broken_at = -1.0

    def wrap(self, available_width: float, available_height: float) -> tuple[float, float]:
        """Break into lines for this width."""
        del available_height
        if self._broken_at < 0 or (self._parts and abs(available_width - self._broken_at) > _SLACK):
            self._lines = _broken(self._parts, max(available_width, self.style.fontSize))
            self._broken_at = available_width
        self.width, self.height = available_width, len(self._lines) * self.style.leading
        return self.width, self.height

    def split(self, available_width: float, available_height: float) -> list[Flowable]:
        """What fits, and the rest; nothing where not even one line fits."""
        # A table splitting a row asks with the width of the cell, padding included: what is narrower already, stays.
        if self._broken_at < 0 or available_width < self._broken_at - _SLACK:
            self.wrap(available_width, available_height)
        if self.height <= available_height:
            return [self]
        # A table that asks knows that the whole does not fit, if only by a rounding: it wants two parts or none.
        fits = min(int((available_height + _SLACK) // self.style.leading), len(self._lines) - 1)
        return [self._part(self._lines[:fits]), self._part(self._lines[fits:])] if fits > 0 else []

    def draw(self) -> None:
        """Print the lines from the top; each line's glyphs stand in the middle of its leading."""
        style = self.style
        pen = self.canv.beginText()
        now: Ink | None = None
        top = self.height - (style.leading - style.fontSize) / 2 - style.fontSize * _BASELINE
        for index, line in enumerate(self._lines):
            free = self.width - line.width
            left = free if style.alignment == TA_RIGHT else free / 2 if style.alignment == TA_CENTER else 0.0
            pen.setTextOrigin(left, top - index * style.leading)
            for ink, words in line.spans:
                if now is None or ink[:2] != now[:2]:
                    pen.setFont(ink.font, ink.size)
                if now is None or ink.colour != now.colour:
                    pen.setFillColor(ink.colour)
                now = ink
                pen.textOut(words)
        self.canv.drawText(pen)

    def _part(self, printed: Sequence[_Line]) -> "Text":
        part = Text((), self.style)
        part._lines, part._broken_at = printed, self._broken_at
        return part


def paragraph(text: str, style: ParagraphStyle) -> Text:
    """A paragraph of exactly ``text``, blank ends aside."""
    return Text([(text.strip(), style)], style)


def line_width(pieces: Sequence[Run], size: float) -> float:
    """The width in points of runs of text."""
    return sum(char_width(character, run.font) for run in pieces for character in run.text) * size


def _broken(parts: Sequence[tuple[str, ParagraphStyle]], limit: float) -> list[_Line]:
    wanted: list[list[tuple[str, Ink]]] = [[]]
    for text, style in parts:
        for index, line in enumerate(lines(text)):
            if index:
                wanted.append([])
            for run in runs(line, style.fontName):
                ink = Ink(run.font, style.fontSize, style.textColor)
                wanted[-1].extend((character, ink) for character in run.text)
    return [line for characters in wanted for line in _wrapped(characters, limit)]


def _wrapped(characters: Sequence[tuple[str, Ink]], limit: float) -> list[_Line]:
    text = "".join(character for character, _ in characters)
    widths = [char_width(character, ink.font) * ink.size for character, ink in characters]
    printed = []
    for start, end in break_line(text, widths, limit):
        seen = start + len(text[start:end].rstrip(" "))
        spans = [
            (ink, "".join(character for character, _ in group))
            for ink, group in groupby(characters[start:seen], key=lambda each: each[1])
        ]
        printed.append(_Line(spans, sum(widths[start:seen])))
    return printed
