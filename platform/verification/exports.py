"""The columns of the queue of claims in a spreadsheet."""

from typing import Any, Final

from documents.exports import Column, Listing
from foundation.i18n import N_
from foundation.reading import ReadModel
from verification.presentation import queue_rows

CLAIMS: Final[Listing[Any]] = Listing(
    ReadModel,
    "redemption",
    N_("核销申请"),
    (
        Column(N_("订单编号"), lambda row: row["order"].number),
        Column(N_("服务产品名称"), lambda row: row["order"].offering_version.name),
        Column(N_("服务机构"), lambda row: row["order"].provider.name),
        Column(N_("服务机构统一社会信用代码"), lambda row: row["order"].provider.uscc),
        Column(N_("企业"), lambda row: row["order"].enterprise.name),
        Column(N_("企业统一社会信用代码"), lambda row: row["order"].enterprise.uscc),
        Column(N_("状态"), lambda row: row["state"]["label"]),
        Column(N_("提交时间"), lambda row: row["claim"].submitted_at),
        Column(N_("再次提交时间"), lambda row: row["claim"].resubmitted_at),
        Column(N_("期限"), lambda row: row["deadline"] and row["deadline"]["at"]),
        Column(N_("需判断"), lambda row: row["refers"]),
        Column(N_("发票号码"), lambda row: row["claim"].invoice_number),
        Column(N_("开票日期"), lambda row: row["claim"].invoice_date),
        Column(N_("发票金额"), lambda row: row["claim"].invoice_amount, yuan=True),
        Column(N_("券抵扣"), lambda row: row["claim"].amount, yuan=True),
        Column(N_("决定时间"), lambda row: row["claim"].decided_at),
    ),
    prepare=lambda _session, claims: queue_rows(claims),
)
