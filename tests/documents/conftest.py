"""A statement that adds up, to be varied, and the text of a PDF as a reader's search finds it."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from io import BytesIO
from typing import Any

import pytest
from pypdf import PdfReader

from documents.statement import CalculationStep, ExcludedOrder, IncludedOrder, StatementContent

MakeStatement = Callable[..., StatementContent]


def build_statement(*, lines: int = 2, order_count: int = 1, sign: int = 1, **changes: Any) -> StatementContent:
    steps = [
        CalculationStep(str(n + 1), f"第{n + 1}项 标价减实收", "京经信发〔2021〕34号", sign * 30_000_000)
        for n in range(lines)
    ]
    total = sign * (lines * 30_000_000 + 10_053)
    steps.append(CalculationStep(str(lines + 1), "各项之和", "第八条", total))
    facts: dict[str, Any] = {
        "number": "京经信结〔2026〕第000127号",
        "issuer": "北京市经济和信息化局",
        "title": "服务补助结算单",
        "programme": "中小企业服务券",
        "batch": "2026-B03",
        "organisation": "北京喆镕服务平台有限公司",
        "uscc": "91110108MA01A2B3C4",
        "period_start": date(2026, 1, 1),
        "period_end": date(2026, 6, 30),
        "scheme_title": "第一批服务补助",
        "scheme_version": "1",
        "scheme_citation": "京经信发〔2021〕34号 第七条",
        "steps": steps,
        "total": total,
        "issued_at": datetime(2026, 11, 20, 2, 30, tzinfo=UTC),
        "prepared_by": "王喆",
        "approved_by": "李镕",
        "verification_url": "https://huiqi.example/verify/127",
        "orders": [
            IncludedOrder(f"DD-{n:06d}", "天津一方公司", "诊断", 48_000_000, 30_000_000, 30_000_000)
            for n in range(order_count)
        ],
        "excluded": [ExcludedOrder("DD-900001", "吉林一方公司", "融资", "融资类服务不列入")],
    }
    return StatementContent(**(facts | changes))


@pytest.fixture(scope="session")
def make_statement() -> MakeStatement:
    return build_statement


def page_texts(pdf: bytes) -> list[str]:
    return [page.extract_text() for page in PdfReader(BytesIO(pdf)).pages]


def flat(pdf: bytes) -> str:
    """All text without white space: where a line breaks is not what a test asks."""
    return "".join("".join(page_texts(pdf)).split())


@pytest.fixture(scope="session", name="page_texts")
def page_texts_fixture() -> Callable[[bytes], list[str]]:
    return page_texts


@pytest.fixture(scope="session", name="flat")
def flat_fixture() -> Callable[[bytes], str]:
    return flat
