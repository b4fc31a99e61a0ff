"""The columns of the queue of claims in a spreadsheet."""

from datetime import date
from typing import Final

from documents.exports import Column, Listing
from foundation.i18n import N_
from verification.presentation import state_of
from verification.reading import RedemptionRow


def _issued_on(row: RedemptionRow) -> date | str:
    """The day of the one invoice; of several all days, in the order of their numbers."""
    days = [each.issued_on for each in row.invoices]
    return days[0] if len(days) == 1 else "、".join(day.isoformat() for day in days)


CLAIMS: Final[Listing[RedemptionRow]] = Listing(
    RedemptionRow,
    "redemption",
    N_("核销申请"),
    (
        Column(N_("订单编号"), lambda row: row.order),
        Column(N_("服务产品名称"), lambda row: row.offering),
        Column(N_("服务机构"), lambda row: row.provider.name),
        Column(N_("服务机构统一社会信用代码"), lambda row: row.provider.uscc),
        Column(N_("企业"), lambda row: row.enterprise.name),
        Column(N_("企业统一社会信用代码"), lambda row: row.enterprise.uscc),
        Column(N_("状态"), lambda row: state_of(row.state)["label"]),
        Column(N_("提交时间"), lambda row: row.submitted_at),
        Column(N_("再次提交时间"), lambda row: row.resubmitted_at),
        Column(N_("期限"), lambda row: row.due_on),
        Column(N_("需判断"), lambda row: row.refers),
        Column(N_("发票号码"), lambda row: "、".join(each.number for each in row.invoices)),
        Column(N_("开票日期"), _issued_on),
        Column(N_("发票金额"), lambda row: sum(each.used for each in row.invoices), yuan=True),
        Column(N_("券抵扣"), lambda row: row.deduction, yuan=True),
        Column(N_("决定时间"), lambda row: row.decided_at),
    ),
)
