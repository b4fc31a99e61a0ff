"""Statements a second, and their pages against bare ReportLab platypus pages with the same fonts."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from io import BytesIO
from time import perf_counter
from typing import Any

from pypdf import PdfReader
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.platypus import Flowable, PageBreak, Paragraph, SimpleDocTemplate

from documents import fonts
from documents.statement import CalculationStep, IncludedOrder, StatementContent, render_statement

_LINES_PER_PAGE = 40
_LINE = "第 {0} 项服务“数字化诊断与改造咨询”：标价减实收，高于每项上限，取 ¥300,000.00（京经信发〔2021〕34号）"


def measure(seconds: float = 5.0, *, orders: int = 12) -> dict[str, Any]:
    """Rates a second over about ``seconds`` in all; ``ratio`` is our pages over bare pages.

    The two take turns, so that whatever else the machine does slows both alike.
    """
    content = _content(orders)
    pages = len(PdfReader(BytesIO(render_statement(content))).pages)
    _bare(pages)
    done, ours, theirs, start = 0, 0.0, 0.0, perf_counter()
    while done == 0 or perf_counter() - start < seconds:
        ours += _time(lambda: render_statement(content))
        theirs += _time(lambda: _bare(pages))
        done += 1
    statements, bare = done / ours, done / theirs
    return {
        "statements_per_second": round(statements, 1),
        "pages_per_statement": pages,
        "pages_per_second": round(statements * pages, 1),
        "bare_pages_per_second": round(bare * pages, 1),
        "ratio": round(statements / bare, 3),
    }


def _time(once: Callable[[], object]) -> float:
    start = perf_counter()
    once()
    return perf_counter() - start


def _bare(pages: int) -> bytes:
    """As many pages of plain paragraphs as platypus makes them, without tables, head, foot, QR code or hash."""
    fonts.ready()
    style = ParagraphStyle("bare", fontName=fonts.REGULAR, fontSize=9, leading=16, wordWrap="CJK")
    buffer = BytesIO()
    story: list[Flowable] = []
    for _ in range(pages):
        story += [Paragraph(_LINE.format(number), style) for number in range(_LINES_PER_PAGE)]
        story.append(PageBreak())
    SimpleDocTemplate(buffer, pagesize=A4).build(story)
    return buffer.getvalue()


def _content(orders: int) -> StatementContent:
    fen = 30_000_000
    steps = [CalculationStep(str(n), _LINE.format(n), "京经信发〔2021〕34号 第七条", fen) for n in range(1, 4)]
    steps.append(CalculationStep("4", "各项之和，未超过总额", "京经信发〔2021〕34号 第八条", 3 * fen))
    return StatementContent(
        number="京经信结〔2026〕第000001号",
        issuer="北京市经济和信息化局",
        title="公共服务示范平台服务补助结算单",
        programme="中小企业服务券（第一批）",
        batch="2026-B01",
        organisation="北京喆镕中小企业公共服务平台有限公司",
        uscc="91110108MA01A2B3C4",
        period_start=date(2026, 1, 1),
        period_end=date(2026, 6, 30),
        scheme_title="第一批服务补助和绩效奖励",
        scheme_version="1",
        scheme_citation="京经信发〔2021〕34号",
        steps=steps,
        total=3 * fen,
        issued_at=datetime(2026, 11, 20, 2, tzinfo=UTC),
        prepared_by="王喆",
        approved_by="李镕",
        verification_url="https://huiqi.example/verify/1",
        orders=[
            IncludedOrder(f"DD-2026-{n:06d}", "北京精密仪器股份有限公司", "数字化诊断", 48_000_000, fen)
            for n in range(orders)
        ],
    )
