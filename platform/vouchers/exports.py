"""The columns of the lists of vouchers, claims and transfers in a spreadsheet."""

from typing import Final

from flask_babel import gettext

from documents.exports import Column, Listing
from enterprises.titles import TITLE_LABELS
from foundation.i18n import N_
from vouchers.money import KINDS, STATIONS
from vouchers.reading import CLAIM_REASONS, TransferRow, VoucherClaimRow, VoucherRow
from vouchers.states import CLAIM, VOUCHER_LABELS

VOUCHERS: Final[Listing[VoucherRow]] = Listing(
    VoucherRow,
    "voucher",
    N_("服务券"),
    (
        Column(N_("编号"), lambda row: row.number),
        Column(N_("项目编号"), lambda row: row.programme.number),
        Column(N_("项目"), lambda row: row.programme.name),
        Column(N_("企业"), lambda row: row.holder.name),
        Column(N_("统一社会信用代码"), lambda row: row.holder.uscc),
        Column(N_("状态"), lambda row: gettext(VOUCHER_LABELS[row.state])),
        Column(N_("面额"), lambda row: row.face, yuan=True),
        Column(N_("可使用"), lambda row: row.available, yuan=True),
        Column(N_("已占用"), lambda row: row.held, yuan=True),
        Column(N_("已核销"), lambda row: row.redeemed, yuan=True),
        Column(N_("已退回项目"), lambda row: row.returned, yuan=True),
        Column(N_("发放时间"), lambda row: row.issued_at),
        Column(N_("有效期至"), lambda row: row.expires_on),
    ),
)
CLAIMS: Final[Listing[VoucherClaimRow]] = Listing(
    VoucherClaimRow,
    "voucher_claim",
    N_("申领队列"),
    (
        Column(N_("编号"), lambda row: row.number),
        Column(N_("企业"), lambda row: row.enterprise.name),
        Column(N_("统一社会信用代码"), lambda row: row.enterprise.uscc),
        Column(N_("称号"), lambda row: gettext(TITLE_LABELS[row.title])),
        Column(N_("申领时间"), lambda row: row.queued_at),
        Column(N_("优先"), lambda row: gettext("是") if row.prior else gettext("否")),
        Column(N_("状态"), lambda row: gettext(CLAIM.labels[row.state])),
        Column(N_("申领金额"), lambda row: row.requested, yuan=True),
        Column(N_("发放金额"), lambda row: row.allotted, yuan=True),
        Column(N_("决定时间"), lambda row: row.decided_at),
        Column(N_("说明"), lambda row: gettext(CLAIM_REASONS[row.reason]) if row.reason else None),
    ),
)
TRANSFERS: Final[Listing[TransferRow]] = Listing(
    TransferRow,
    "programme",
    N_("资金变动"),
    (
        Column(N_("时间"), lambda row: row.posted_at),
        Column(N_("事项"), lambda row: gettext(KINDS.get(row.kind, row.kind))),
        Column(N_("从"), lambda row: gettext(STATIONS[row.source])),
        Column(N_("到"), lambda row: gettext(STATIONS[row.target])),
        Column(N_("服务券"), lambda row: row.voucher_number),
        Column(N_("金额"), lambda row: row.amount, yuan=True),
        Column(N_("转账编号"), lambda row: str(row.id)),
    ),
)
