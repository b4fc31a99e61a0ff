"""The columns of the lists of batches and statements in a spreadsheet."""

from typing import Any, Final

from documents.exports import Column, Listing
from foundation.clock import day_of
from foundation.i18n import N_
from foundation.reading import ReadModel
from settlement.presentation import batch_rows, statement_rows

BATCHES: Final[Listing[Any]] = Listing(
    ReadModel,
    "batch",
    N_("结算批次"),
    (
        Column(N_("编号"), lambda row: row["batch"].number),
        Column(N_("项目编号"), lambda row: row["batch"].programme.number),
        Column(N_("项目"), lambda row: row["batch"].programme.name),
        Column(N_("期间自"), lambda row: row["batch"].period_from),
        Column(N_("期间至"), lambda row: row["batch"].period_to),
        Column(N_("状态"), lambda row: row["state"]["label"]),
        Column(N_("结算金额"), lambda row: row["batch"].total, yuan=True),
        Column(N_("已冲减金额"), lambda row: row["taken_back"], yuan=True),
        Column(N_("批准时间"), lambda row: row["batch"].approved_at),
        Column(N_("付款时间"), lambda row: row["batch"].paid_at),
    ),
    prepare=batch_rows,
)
STATEMENTS: Final[Listing[Any]] = Listing(
    ReadModel,
    "statement",
    N_("结算单"),
    (
        Column(N_("编号"), lambda row: row["statement"].number),
        Column(N_("批次编号"), lambda row: row["statement"].batch.number),
        Column(N_("收款单位"), lambda row: row["statement"].organisation.name),
        Column(N_("统一社会信用代码"), lambda row: row["statement"].organisation.uscc),
        Column(N_("项目"), lambda row: row["statement"].batch.programme.name),
        Column(N_("出具日期"), lambda row: day_of(row["statement"].issued_at)),
        Column(N_("状态"), lambda row: row["state"]["label"]),
        Column(N_("金额"), lambda row: row["statement"].total, yuan=True),
    ),
    prepare=statement_rows,
)
