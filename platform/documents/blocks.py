"""The building blocks of a page: facts, tables, the amount, signatures and the verification corner."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.platypus import CondPageBreak, Flowable, KeepTogether, Spacer, Table

from documents import styles
from documents.fonts import REGULAR
from documents.qr import QrCode
from documents.text import Text, paragraph
from foundation.money import display_yuan

WIDTH: Final = A4[0] - 2 * styles.SIDE
_QR: Final = 32 * mm
_ROOM: Final = 36 * mm
_TALL: Final = 400
_CAPTION: Final = 27 * mm


class WholeRows(Table):
    """A table whose rows stay whole over a page break; only a row too tall for any page is cut between its lines.

    With ``splitInRow`` alone, ReportLab cuts the first row that does not fit, and prints the head again before it.
    """

    def split(self, available_width: float, available_height: float) -> list[Flowable]:
        """What fits, and the rest; nothing where the first row belongs onto the next page."""
        self._calc(available_width, available_height)
        self.splitInRow = int(max(self._rowHeights) > _TALL)
        return list(super().split(available_width, available_height))

    _calc: Any
    _rowHeights: Any  # noqa: N815 - ReportLab's name


class Label(NamedTuple):
    """A caption in Chinese, with English beside it where the document is bilingual."""

    chinese: str
    english: str = ""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table: its caption and its share of the width; amounts stand on the right."""

    label: Label
    share: float
    amount: bool = False


def captioned(label: Label, style: ParagraphStyle, *, below: bool = True) -> Text:
    """The caption as a paragraph; its English, where there is one, small and grey below it or behind it."""
    if not label.english:
        return paragraph(label.chinese, style)
    return Text([(label.chinese, style), ("\n" if below else "  ", style), (label.english, styles.ENGLISH)], style)


def facts(rows: Sequence[Sequence[tuple[Label, str]]]) -> list[Table]:
    """Captions with what they say beside them, one or two to a line, with hairlines between the lines."""
    return [_fact_line(row, first=index == 0) for index, row in enumerate(rows)]


def _fact_line(row: Sequence[tuple[Label, str]], *, first: bool) -> Table:
    wide = WIDTH / len(row) - _CAPTION
    cells = [cell for label, text in row for cell in (captioned(label, styles.LABEL), paragraph(text, styles.VALUE))]
    # Captions are set smaller: a little more air above brings them onto the baseline of what they name.
    lower = [("TOPPADDING", (at, 0), (at, 0), 3.9) for at in range(0, len(cells), 2)]
    above = [("LINEABOVE", (0, 0), (-1, 0), 0.4, styles.RULE)] if first else []
    below = ("LINEBELOW", (0, 0), (-1, -1), 0.4, styles.RULE)
    return _table([cells], [_CAPTION, wide] * len(row), *_padding(0, 6, 3.5, 3.5), *lower, *above, below)


def grid(columns: Sequence[Column], rows: Sequence[Sequence[str | int]], sums: Sequence[str | int] = ()) -> Table:
    """A table whose head repeats on each page; whole numbers are fen, ``sums`` is a bold last line."""
    whole = sum(column.share for column in columns)
    heads = [captioned(each.label, styles.HEAD_RIGHT if each.amount else styles.HEAD) for each in columns]
    body = [[_cell(cell) for cell in row] for row in rows]
    commands: list[Any] = [
        *_padding(4, 4, 3, 3.5),
        ("BACKGROUND", (0, 0), (-1, 0), styles.FILL),
        ("LINEABOVE", (0, 0), (-1, 0), 1, styles.ACCENT),
        ("LINEBELOW", (0, 0), (-1, -1), 0.4, styles.RULE),
    ]
    if sums:
        body.append([_sum(cell) for cell in sums])
        commands.append(("LINEABOVE", (0, -1), (-1, -1), 0.8, styles.ACCENT))
        if rows:
            # A sum alone on the next page says nothing.
            commands.append(("NOSPLIT", (0, -2), (-1, -1)))
    return _table([heads, *body], [WIDTH * column.share / whole for column in columns], *commands, repeat=1)


def section(label: Label) -> list[Flowable]:
    """The heading of a part; it goes to the next page where its table could not begin below it."""
    return [CondPageBreak(_ROOM), captioned(label, styles.SECTION, below=False)]


def amount_box(label: Label, fen: int, capitals: str) -> Table:
    """The amount large in figures, and in capitals beneath; red when it goes back."""
    figure, words = (styles.FIGURE_RED, styles.CAPITALS_RED) if fen < 0 else (styles.FIGURE, styles.CAPITALS)
    right = [
        paragraph(display_yuan(fen), figure),
        Text([("大写  ", styles.LABEL), ("人民币" + capitals, words)], words),
    ]
    return _table(
        [[captioned(label, styles.VALUE), right]],
        [_CAPTION, WIDTH - _CAPTION],
        *_padding(10, 4, 7, 9),
        ("LEFTPADDING", (1, 0), (1, 0), 0),
        ("BACKGROUND", (0, 0), (-1, -1), styles.FILL),
        ("LINEBEFORE", (0, 0), (0, -1), 2.5, styles.RED if fen < 0 else styles.ACCENT),
        ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
    )


def closing(pairs: Sequence[tuple[Label, str]], url: str, content_hash: str, sentence: Label) -> Flowable:
    """Who made, approved and issued it, and how to check it: QR code, address, hash. A page break never parts them."""
    wide = WIDTH - _QR
    captions = [captioned(label, styles.LABEL) for label, _ in pairs]
    names = [paragraph(text, styles.VALUE) for _, text in pairs]
    # A bureau's name is longer than a person's: room by length, within bounds.
    shares = [min(max(len(text), 8), 20) for _, text in pairs]
    right = [
        _table([captions, names], [wide * share / sum(shares) for share in shares], *_padding(0, 8, 0, 1)),
        Spacer(0, 8),
        captioned(sentence, styles.LABEL),
        paragraph(url, styles.CODE),
        paragraph(grouped(content_hash), styles.CODE),
    ]
    commands = [
        *_padding(0, 0, 7, 0),
        ("LINEABOVE", (0, 0), (-1, 0), 1, styles.ACCENT),
        ("TOPPADDING", (0, 0), (0, 0), 2),
    ]
    return KeepTogether([Spacer(0, 14), _table([[QrCode(url, _QR), right]], [_QR, wide], *commands)])


def centred_facts(pairs: Sequence[tuple[Label, str]], width: float) -> Table:
    """Captions and what they say, in the middle of the page."""
    rows = [[captioned(label, styles.TERM), paragraph(text, styles.TERM_VALUE)] for label, text in pairs]
    caption = 34 * mm
    return _table(rows, [caption, width * 0.74 - caption], *_padding(0, 6, 3.5, 3.5))


def check_corner(right: Sequence[Flowable], url: str, content_hash: str, width: float) -> Table:
    """How to check on the left, ``right`` (who issued it) on the right, each a third to two thirds."""
    code = _QR - 6 * mm
    half = len(content_hash) // 2
    digits = f"SHA-256\n{grouped(content_hash[:half])}\n{grouped(content_hash[half:])}"
    words = [paragraph(url, styles.CELL_FAINT), paragraph(digits, styles.CELL_FAINT)]
    shares = [code, width * 0.6 - code, width * 0.4]
    middle = ("VALIGN", (0, 0), (-1, -1), "MIDDLE")
    return _table([[QrCode(url, code), words, list(right)]], shares, *_padding(0, 4, 0, 0), middle)


class ToBottom(Flowable):
    """Empty room, so much that what follows, of height ``kept``, stands at the bottom of the page."""

    def __init__(self, kept: float) -> None:
        super().__init__()
        self._kept = kept

    def wrap(self, available_width: float, available_height: float) -> tuple[float, float]:
        """All the height but what is kept."""
        return available_width, max(0.0, available_height - self._kept)

    def draw(self) -> None:
        """Nothing: the room is the point."""


def grouped(digits: str, size: int = 8) -> str:
    """Hexadecimal digits in groups: ``0123abcd 4567ef01``."""
    return " ".join(digits[start : start + size] for start in range(0, len(digits), size))


def _cell(cell: str | int) -> Text:
    if isinstance(cell, str):
        return paragraph(cell or "—", styles.CELL)
    return paragraph(display_yuan(cell), styles.CELL_RIGHT_RED if cell < 0 else styles.CELL_RIGHT)


def _sum(cell: str | int) -> Text:
    if isinstance(cell, str):
        return paragraph(cell, styles.HEAD)
    return paragraph(display_yuan(cell), styles.HEAD_RIGHT_RED if cell < 0 else styles.HEAD_RIGHT)


def _table(rows: Sequence[list[Any]], widths: Sequence[float], *commands: Any, repeat: int = 0) -> Table:
    # Table sets a font even where it prints no string itself: without the first command that is Helvetica, unembedded.
    font = ("FONT", (0, 0), (-1, -1), REGULAR, styles.CELL.fontSize, styles.CELL.leading)
    top = ("VALIGN", (0, 0), (-1, -1), "TOP")
    return WholeRows(rows, colWidths=widths, repeatRows=repeat, style=[font, top, *commands])


def _padding(left: float, right: float, top: float, bottom: float) -> list[Any]:
    sides = {"LEFTPADDING": left, "RIGHTPADDING": right, "TOPPADDING": top, "BOTTOMPADDING": bottom}
    return [(name, (0, 0), (-1, -1), points) for name, points in sides.items()]
