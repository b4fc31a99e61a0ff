"""The columns of the lists of orders and of service records in a spreadsheet."""

from typing import Final

from flask_babel import gettext

from documents.exports import Column, Listing
from enterprises.titles import TITLE_LABELS
from foundation.clock import day_of
from foundation.i18n import N_
from orders.presentation import CHANNEL_WORDS, measured, state_of, turn_of
from orders.reading import OrderRow, RecordRow
from orders.states import RECORD


def _measures(row: RecordRow) -> str:
    words = measured({each.measure: each.value for each in row.measures})
    return str(gettext("；")).join(f"{label} {value}" for label, value in words)


ORDERS: Final[Listing[OrderRow]] = Listing(
    OrderRow,
    "order",
    N_("订单"),
    (
        Column(N_("订单编号"), lambda row: row.number),
        Column(N_("服务产品名称"), lambda row: row.offering),
        Column(N_("项目"), lambda row: row.programme.name),
        Column(N_("企业"), lambda row: row.enterprise.name),
        Column(N_("企业统一社会信用代码"), lambda row: row.enterprise.uscc),
        Column(N_("称号"), lambda row: gettext(TITLE_LABELS[row.title])),
        Column(N_("服务机构"), lambda row: row.provider.name),
        Column(N_("服务机构统一社会信用代码"), lambda row: row.provider.uscc),
        Column(N_("下单时间"), lambda row: row.placed_at),
        Column(N_("状态"), lambda row: state_of(row.state)["label"]),
        Column(N_("由谁办理"), turn_of),
        Column(N_("期限"), lambda row: day_of(row.due_at) if row.due_at else None),
        Column(N_("标准价格"), lambda row: row.list_price, yuan=True),
        Column(N_("服务价格"), lambda row: row.charged_price, yuan=True),
        Column(N_("券抵扣"), lambda row: row.deduction, yuan=True),
        Column(N_("企业自付"), lambda row: row.own_share, yuan=True),
    ),
)
RECORDS: Final[Listing[RecordRow]] = Listing(
    RecordRow,
    "record",
    N_("服务记录"),
    (
        Column(N_("订单编号"), lambda row: row.order),
        Column(N_("服务产品名称"), lambda row: row.offering),
        Column(N_("企业"), lambda row: row.enterprise.name),
        Column(N_("企业统一社会信用代码"), lambda row: row.enterprise.uscc),
        Column(N_("服务机构"), lambda row: row.provider.name),
        Column(N_("服务日期"), lambda row: row.delivered_on),
        Column(N_("服务形式"), lambda row: gettext(CHANNEL_WORDS.get(row.channel, row.channel))),
        Column(N_("服务地点"), lambda row: row.place),
        Column(N_("服务人员"), lambda row: row.delivered_by),
        Column(N_("服务内容"), lambda row: row.description),
        Column(N_("服务成果"), lambda row: row.result),
        Column(N_("指标"), _measures),
        Column(N_("提交时间"), lambda row: row.filed_at),
        Column(N_("状态"), lambda row: gettext(RECORD.labels[row.state])),
    ),
)
