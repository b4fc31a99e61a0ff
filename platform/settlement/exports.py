"""The columns of the lists of batches and statements in a spreadsheet."""

from typing import Final

from documents.exports import Column, Listing
from foundation.clock import day_of
from foundation.i18n import N_
from settlement.presentation import state_of, statement_state
from settlement.reading import BatchRow, StatementRow

BATCHES: Final[Listing[BatchRow]] = Listing(
    BatchRow,
    "batch",
    N_("结算批次"),
    (
        Column(N_("编号"), lambda row: row.number),
        Column(N_("项目编号"), lambda row: row.programme.number),
        Column(N_("项目"), lambda row: row.programme.name),
        Column(N_("期间自"), lambda row: row.period_from),
        Column(N_("期间至"), lambda row: row.period_to),
        Column(N_("状态"), lambda row: state_of(row.state, row.total, row.taken_back)["label"]),
        Column(N_("结算金额"), lambda row: row.total, yuan=True),
        Column(N_("已冲减金额"), lambda row: row.taken_back, yuan=True),
        Column(N_("批准时间"), lambda row: row.approved_at),
        Column(N_("付款时间"), lambda row: row.paid_at),
    ),
)
STATEMENTS: Final[Listing[StatementRow]] = Listing(
    StatementRow,
    "statement",
    N_("结算单"),
    (
        Column(N_("编号"), lambda row: row.number),
        Column(N_("批次编号"), lambda row: row.batch),
        Column(N_("收款单位"), lambda row: row.payee.name),
        Column(N_("统一社会信用代码"), lambda row: row.payee.uscc),
        Column(N_("项目"), lambda row: row.programme.name),
        Column(N_("出具日期"), lambda row: day_of(row.issued_at)),
        Column(N_("状态"), lambda row: statement_state(row.standing)["label"]),
        Column(N_("金额"), lambda row: row.total, yuan=True),
    ),
)
