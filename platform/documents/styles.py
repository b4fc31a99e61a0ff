"""Colours, sizes and margins that all documents share: calm, official, readable in black and white."""

from typing import Final, Literal

from reportlab.lib.colors import Color, HexColor
from reportlab.lib.enums import TA_CENTER, TA_LEFT, TA_RIGHT
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm

from documents.fonts import BOLD, REGULAR

INK: Final = HexColor(0x1B252C)
FAINT: Final = HexColor(0x56636B)
RULE: Final = HexColor(0xC5CED3)
FILL: Final = HexColor(0xEDF2F3)
ACCENT: Final = HexColor(0x0B4F5C)
RED: Final = HexColor(0xB3261E)

SIDE: Final = 20 * mm
TOP: Final = 22 * mm
BOTTOM: Final = 20 * mm


def style(
    size: float,
    leading: float,
    *,
    font: str = REGULAR,
    colour: Color = INK,
    alignment: Literal[0, 1, 2] = TA_LEFT,
    before: float = 0,
    after: float = 0,
) -> ParagraphStyle:
    """A paragraph style in points; all text wraps by Chinese rules, which also cut long numbers and Latin strings."""
    return ParagraphStyle(
        f"{font}-{size}-{leading}-{colour.hexval()}-{alignment}",
        fontName=font,
        fontSize=size,
        leading=leading,
        textColor=colour,
        alignment=alignment,
        spaceBefore=before,
        spaceAfter=after,
        wordWrap="CJK",
    )


TITLE: Final = style(21, 30, font=BOLD, alignment=TA_CENTER)
TITLE_RED: Final = style(21, 30, font=BOLD, colour=RED, alignment=TA_CENTER)
SUBTITLE: Final = style(9.5, 14, colour=FAINT, alignment=TA_CENTER)
ISSUER: Final = style(11, 16, colour=INK, alignment=TA_CENTER, after=3)
NUMBER: Final = style(9.5, 14, alignment=TA_CENTER)
SECTION: Final = style(11, 16, font=BOLD, colour=ACCENT, before=12, after=5)
BODY: Final = style(9.5, 15.5)
LABEL: Final = style(8.5, 13, colour=FAINT)
VALUE: Final = style(9.5, 14)
CELL: Final = style(8.5, 12.5)
CELL_FAINT: Final = style(7.5, 11.5, colour=FAINT)
CELL_RIGHT: Final = style(8.5, 12.5, alignment=TA_RIGHT)
CELL_RIGHT_RED: Final = style(8.5, 12.5, colour=RED, alignment=TA_RIGHT)
HEAD: Final = style(8.5, 12, font=BOLD)
HEAD_RIGHT: Final = style(8.5, 12, font=BOLD, alignment=TA_RIGHT)
HEAD_RIGHT_RED: Final = style(8.5, 12, font=BOLD, colour=RED, alignment=TA_RIGHT)
ENGLISH: Final = style(7, 9.5, colour=FAINT)
FIGURE: Final = style(19, 25, font=BOLD)
FIGURE_RED: Final = style(19, 25, font=BOLD, colour=RED)
CAPITALS: Final = style(11.5, 17, font=BOLD)
CAPITALS_RED: Final = style(11.5, 17, font=BOLD, colour=RED)
CODE: Final = style(8.5, 12.5)
CERTIFICATE: Final = style(40, 56, font=BOLD, colour=ACCENT, alignment=TA_CENTER)
HOLDER: Final = style(24, 34, font=BOLD, alignment=TA_CENTER)
CITED: Final = style(15, 25, alignment=TA_CENTER)
CITED_BOLD: Final = style(15, 25, font=BOLD, colour=ACCENT, alignment=TA_CENTER)
SEAL: Final = style(13, 21, font=BOLD, alignment=TA_CENTER)
SEAL_DATE: Final = style(11, 18, alignment=TA_CENTER)
TERM: Final = style(11, 17, colour=FAINT)
TERM_VALUE: Final = style(11, 17)
