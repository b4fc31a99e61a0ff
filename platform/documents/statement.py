"""The settlement statement (结算单): what is paid to whom, by which rule, worked out line by line."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

from reportlab.platypus import Flowable, Spacer

from documents import styles
from documents.blocks import (
    Column,
    Label,
    amount_box,
    closing,
    facts,
    grid,
    section,
)
from documents.canonical import canonical_hash
from documents.paper import Sheet, print_story
from documents.text import Text, paragraph
from foundation.clock import day_of
from foundation.money import capitals, display_yuan

_ENGLISH = {
    "收款单位": "Payee",
    "统一社会信用代码": "USCC",
    "项目": "Programme",
    "批次": "Batch",
    "结算期间": "Period",
    "补助办法": "Scheme",
    "依据": "Authority",
    "更正": "Corrects",
    "结算金额": "Amount",
    "冲减金额": "Amount reversed",
    "计算过程": "Worked calculation",
    "序号": "No.",
    "计算": "Calculation",
    "金额": "Amount",
    "列入的订单": "Orders included",
    "订单编号": "Order",
    "企业": "Enterprise",
    "服务": "Service",
    "合同金额": "Contract value",
    "抵扣金额": "Deducted",
    "本次补助": "Subsidy",
    "未列入的订单及原因": "Orders left out, and why",
    "原因": "Reason",
    "编制（计算）": "Calculated by",
    "复核提交": "Reviewed by",
    "批准": "Approved by",
    "提出冲减": "Asked for by",
    "复核出具": "Countersigned by",
    "出具单位（盖章）": "Issued by (seal)",
    "出具日期": "Date",
}
_NUMERALS = "一二三"


@dataclass(frozen=True, slots=True)
class CalculationStep:
    """One line of the worked calculation; ``amount`` is fen, the last step's is the statement's total."""

    number: str
    text: str
    citation: str
    amount: int


@dataclass(frozen=True, slots=True)
class IncludedOrder:
    """An order that the amount counts; ``value``, ``deducted`` and ``subsidy`` are fen."""

    number: str
    enterprise: str
    service: str
    value: int
    deducted: int
    subsidy: int


@dataclass(frozen=True, slots=True)
class ExcludedOrder:
    """An order that the amount does not count, and why."""

    number: str
    enterprise: str
    service: str
    reason: str


@dataclass(frozen=True, slots=True)
class StatementContent:
    """All that a statement says. ``total`` is fen: of a red-letter statement below zero, as are its steps.

    Of a red-letter statement ``prepared_by`` asked for it and ``approved_by`` carried it out.

    Raises ValueError where the parts contradict each other: a paper that does not add up is never printed.
    """

    number: str
    issuer: str
    title: str
    programme: str
    batch: str
    organisation: str
    uscc: str
    period_start: date
    period_end: date
    scheme_title: str
    scheme_version: str
    scheme_citation: str
    steps: Sequence[CalculationStep]
    total: int
    issued_at: datetime
    prepared_by: str
    approved_by: str
    verification_url: str
    reviewed_by: str = ""
    orders: Sequence[IncludedOrder] = ()
    excluded: Sequence[ExcludedOrder] = ()
    red_letter_of: str | None = None
    language: Literal["zh", "bilingual"] = "zh"

    def __post_init__(self) -> None:
        if not self.steps or self.steps[-1].amount != self.total:
            raise ValueError("the last step of the calculation must be the total")
        if (self.total < 0) != (self.red_letter_of is not None) and self.total != 0:
            raise ValueError("an amount goes back by a red-letter statement, and only by one")
        if self.period_end < self.period_start:
            raise ValueError("the period ends before it starts")


def render_statement(content: StatementContent) -> bytes:
    """The statement as PDF (A4, embedded fonts, searchable); the same content gives the same bytes."""
    digest = canonical_hash(content)
    story: list[Flowable] = [
        *_heading(content),
        Spacer(0, 10),
        *facts(_facts(content)),
        Spacer(0, 12),
        amount_box(
            _label(content, "冲减金额" if content.total < 0 else "结算金额"), content.total, capitals(content.total)
        ),
        *_parts(content),
        _closing(content, digest),
    ]
    return print_story(
        story,
        Sheet(
            title=f"{content.title} {content.number}",
            author=content.issuer,
            subject=f"{content.organisation} {content.programme} {content.batch}",
            number=content.number,
            content_hash=digest,
            issued_at=content.issued_at,
            footnote=f"金额 {display_yuan(content.total)}",
        ),
    )


def _label(content: StatementContent, chinese: str, before: str = "") -> Label:
    return Label(before + chinese, _ENGLISH[chinese] if content.language == "bilingual" else "")


def _heading(content: StatementContent) -> list[Flowable]:
    red = content.red_letter_of is not None
    parts = [
        paragraph(content.issuer, styles.ISSUER),
        paragraph(content.title + ("（红字）" if red else ""), styles.TITLE_RED if red else styles.TITLE),
    ]
    if content.language == "bilingual":
        parts.append(paragraph("Settlement statement" + (" (red letter)" if red else ""), styles.SUBTITLE))
    day = day_of(content.issued_at).isoformat()
    parts.append(
        Text(
            [("编号 ", styles.SUBTITLE), (content.number, styles.NUMBER), (f"　出具日期 {day}", styles.SUBTITLE)],
            styles.SUBTITLE,
        )
    )
    return list(parts)


def _facts(content: StatementContent) -> list[list[tuple[Label, str]]]:
    period = f"{content.period_start.isoformat()} 至 {content.period_end.isoformat()}"
    rows = [
        [("收款单位", content.organisation)],
        [("统一社会信用代码", content.uscc), ("结算期间", period)],
        [("项目", content.programme), ("批次", content.batch)],
        [("补助办法", f"{content.scheme_title}（{content.scheme_version}）")],
        [("依据", content.scheme_citation)],
    ]
    if content.red_letter_of is not None:
        rows.insert(0, [("更正", f"冲减结算单 {content.red_letter_of}，原单保留，两单互相指明")])
    return [[(_label(content, name), text) for name, text in row] for row in rows]


def _parts(content: StatementContent) -> list[Flowable]:
    tables = [("计算过程", _steps(content))]
    if content.orders:
        tables.append(("列入的订单", _orders(content)))
    if content.excluded:
        tables.append(("未列入的订单及原因", _excluded(content)))
    parts: list[Flowable] = []
    for numeral, (name, table) in zip(_NUMERALS, tables, strict=False):
        parts += [*section(_label(content, name, f"{numeral}、")), table]
    return parts


def _steps(content: StatementContent) -> Flowable:
    columns = [
        Column(_label(content, "序号"), 6),
        Column(_label(content, "计算"), 47),
        Column(_label(content, "依据"), 29),
        Column(_label(content, "金额"), 18, amount=True),
    ]
    rows = [(step.number, step.text, step.citation, step.amount) for step in content.steps]
    return grid(columns, rows[:-1], rows[-1])


def _orders(content: StatementContent) -> Flowable:
    columns = [
        Column(_label(content, "订单编号"), 18),
        Column(_label(content, "企业"), 20),
        Column(_label(content, "服务"), 17),
        Column(_label(content, "合同金额"), 15, amount=True),
        Column(_label(content, "抵扣金额"), 15, amount=True),
        Column(_label(content, "本次补助"), 15, amount=True),
    ]
    orders = content.orders
    rows = [(each.number, each.enterprise, each.service, each.value, each.deducted, each.subsidy) for each in orders]
    value, deducted, subsidy = (sum(amounts) for amounts in zip(*(row[3:] for row in rows), strict=True))
    sums: list[Any] = [f"合计 {len(orders)} 项", "", "", value, deducted, subsidy]
    return grid(columns, rows, sums)


def _excluded(content: StatementContent) -> Flowable:
    columns = [
        Column(_label(content, "订单编号"), 20),
        Column(_label(content, "企业"), 25),
        Column(_label(content, "服务"), 21),
        Column(_label(content, "原因"), 34),
    ]
    return grid(columns, [(each.number, each.enterprise, each.service, each.reason) for each in content.excluded])


def _closing(content: StatementContent, digest: str) -> Flowable:
    day = day_of(content.issued_at).isoformat()
    acted = [
        ("编制（计算）", content.prepared_by),
        ("复核提交", content.reviewed_by),
        ("批准", content.approved_by),
    ]
    if content.red_letter_of is not None:
        acted = [("提出冲减", content.prepared_by), ("复核出具", content.approved_by)]
    names = [
        *acted,
        ("出具单位（盖章）", content.issuer),
        ("出具日期", day),
    ]
    english = (
        "Scan or open the address to check number, amount and content hash" if content.language == "bilingual" else ""
    )
    return closing(
        [(_label(content, name), text) for name, text in names],
        content.verification_url,
        digest,
        Label("扫码或打开网址，可核对本单的编号、金额和内容校验码（SHA-256）", english),
    )
