"""A story becomes a numbered PDF: running head and foot, "page n of m", metadata, and the same bytes every time."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import md5
from io import BytesIO
from itertools import groupby
from types import SimpleNamespace
from typing import Any

from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import BaseDocTemplate, Flowable, Frame, PageTemplate

from documents import fonts
from documents.markup import Run, runs, single_line, visible
from documents.styles import BOTTOM, FAINT, INK, RULE, SIDE, TOP
from documents.text import line_width
from foundation.clock import local

_SIZE = 7.5
_CHINA_HOURS = 8


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a PDF says about itself, and what stands at the head and foot of each page.

    ``footnote`` stands at the foot of every page, so that none can be passed off as part of another paper.
    """

    title: str
    author: str
    subject: str
    number: str
    content_hash: str
    issued_at: datetime
    language: str = "zh-CN"
    size: tuple[float, float] = A4
    margins: tuple[float, float, float] = (SIDE, TOP, BOTTOM)
    furniture: bool = True
    footnote: str = ""
    backdrop: Callable[[Canvas, tuple[float, float]], None] | None = None


def print_story(story: Sequence[Flowable], sheet: Sheet) -> bytes:
    """The story on as many pages as it needs; equal input gives equal bytes."""
    fonts.ready()
    side, top, bottom = sheet.margins
    buffer = BytesIO()
    width, height = sheet.size
    frame = Frame(side, bottom, width - 2 * side, height - top - bottom, 0, 0, 0, 0)
    document = BaseDocTemplate(
        buffer,
        pagesize=sheet.size,
        pageTemplates=[PageTemplate(frames=[frame], onPage=lambda canvas, _: _backdrop(canvas, sheet))],
        title=visible(sheet.title),
        author=visible(sheet.author),
        subject=visible(sheet.subject),
        keywords=[visible(sheet.number), sheet.content_hash],
        creator="惠企",
        producer="惠企",
        lang=sheet.language,
        initialFontName=fonts.REGULAR,
        invariant=1,
        pageCompression=1,
    )
    document.build(list(story), canvasmaker=lambda *args, **kwargs: _NumberedCanvas(sheet, *args, **kwargs))
    return buffer.getvalue()


class _NumberedCanvas(Canvas):
    """Keeps the pages back until their number is known, then draws head and foot on each (two passes)."""

    _doc: Any
    _startPage: Callable[[], None]  # noqa: N815 - ReportLab's name

    def __init__(self, sheet: Sheet, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._sheet = sheet
        self._kept: list[dict[str, Any]] = []
        self.setViewerPreference("DisplayDocTitle", "true")
        # The file's identity grows from this; ReportLab starts it with an environment variable's date.
        self._doc.signature = md5(sheet.content_hash.encode(), usedforsecurity=False)
        shown = local(sheet.issued_at)
        self._doc._timeStamp = SimpleNamespace(  # noqa: SLF001 - the only way to date a PDF other than by the clock
            YMDhms=shown.timetuple()[:6], dhh=_CHINA_HOURS, dmm=0, t=sheet.issued_at.timestamp()
        )

    def showPage(self) -> None:  # noqa: N802 - ReportLab's name
        self._kept.append(dict(self.__dict__))
        self._startPage()

    def save(self) -> None:
        for number, page in enumerate(self._kept, start=1):
            self.__dict__.update(page)
            if self._sheet.furniture:
                _head(self, self._sheet)
                _foot(self, self._sheet, number, len(self._kept))
            super().showPage()
        super().save()


def draw_line(canvas: Canvas, x: float, y: float, text: str, limit: float, *, right: bool = False) -> None:
    """One line of small text from ``x`` (or up to it), cut with an ellipsis at ``limit`` points."""
    pieces = [Run(run.font, character) for run in runs(single_line(text)) for character in run.text]
    width = line_width(pieces, _SIZE)
    if width > limit:
        while pieces and width > limit - _SIZE:
            width -= line_width([pieces.pop()], _SIZE)
        pieces.append(Run(fonts.REGULAR, "…"))
        width = line_width(pieces, _SIZE)
    line = canvas.beginText(x - width if right else x, y)
    for font, group in groupby(pieces, key=lambda run: run.font):
        line.setFont(font, _SIZE)
        line.textOut("".join(run.text for run in group))
    canvas.drawText(line)


def _backdrop(canvas: Canvas, sheet: Sheet) -> None:
    if sheet.backdrop is not None:
        sheet.backdrop(canvas, sheet.size)


def _head(canvas: Canvas, sheet: Sheet) -> None:
    width, height = sheet.size
    side, top, _ = sheet.margins
    base, half = height - top + 16, (width - 2 * side) / 2
    canvas.setFillColor(FAINT)
    draw_line(canvas, side, base, sheet.author, half)
    draw_line(canvas, width - side, base, f"编号 {sheet.number}", half, right=True)
    _hairline(canvas, side, base - 6, width - side)


def _foot(canvas: Canvas, sheet: Sheet, number: int, total: int) -> None:
    width, _ = sheet.size
    side, _, bottom = sheet.margins
    base = bottom - 20
    _hairline(canvas, side, base + 12, width - side)
    canvas.setFillColor(FAINT)
    said = f"{sheet.footnote}　" if sheet.footnote else ""
    draw_line(canvas, side, base, f"{said}内容校验码 {sheet.content_hash[:16]}…", (width - 2 * side) * 0.75)
    canvas.setFillColor(INK)
    draw_line(canvas, width - side, base, f"第 {number} 页 共 {total} 页", (width - 2 * side) / 4, right=True)


def _hairline(canvas: Canvas, left: float, y: float, right: float) -> None:
    canvas.setStrokeColor(RULE)
    canvas.setLineWidth(0.5)
    canvas.line(left, y, right, y)
