"""The columns of the lists of vouchers, claims and transfers in a spreadsheet."""

from collections.abc import Sequence
from typing import Any, Final

from flask_babel import gettext
from sqlalchemy.orm import Session

from documents.exports import Column, Listing
from enterprises.models import TitleLevel
from enterprises.titles import TITLE_LABELS
from foundation.i18n import N_
from vouchers.models import Voucher
from vouchers.money import KINDS, STATIONS
from vouchers.queries import organisations
from vouchers.states import CLAIM, VOUCHER_LABELS
from vouchers.wallets import wallets


def _with_amounts(session: Session, vouchers: Sequence[Voucher]) -> list[dict[str, Any]]:
    amounts = wallets(session, vouchers)
    holders = organisations(session, {voucher.enterprise_id for voucher in vouchers})
    return [
        {
            "voucher": voucher,
            "state": gettext(VOUCHER_LABELS[voucher.state]),
            "holder": holders[voucher.enterprise_id],
            "amounts": amounts[voucher.id],
        }
        for voucher in vouchers
    ]


VOUCHERS: Final = Listing(
    "voucher",
    N_("服务券"),
    (
        Column(N_("编号"), lambda row: row["voucher"].number),
        Column(N_("项目编号"), lambda row: row["voucher"].programme.number),
        Column(N_("项目"), lambda row: row["voucher"].programme.name),
        Column(N_("企业"), lambda row: row["holder"].name),
        Column(N_("统一社会信用代码"), lambda row: row["holder"].uscc),
        Column(N_("状态"), lambda row: row["state"]),
        Column(N_("面额"), lambda row: row["voucher"].face, yuan=True),
        Column(N_("可使用"), lambda row: row["amounts"].available, yuan=True),
        Column(N_("已占用"), lambda row: row["amounts"].held, yuan=True),
        Column(N_("已核销"), lambda row: row["amounts"].redeemed, yuan=True),
        Column(N_("已退回项目"), lambda row: row["amounts"].returned, yuan=True),
        Column(N_("发放时间"), lambda row: row["voucher"].issued_at),
        Column(N_("有效期至"), lambda row: row["voucher"].expires_on),
    ),
    prepare=_with_amounts,
)
CLAIMS: Final = Listing(
    "voucher_claim",
    N_("申领队列"),
    (
        Column(N_("编号"), lambda claim: claim.number),
        Column(N_("企业"), lambda claim: claim.enterprise.name),
        Column(N_("统一社会信用代码"), lambda claim: claim.enterprise.uscc),
        Column(N_("称号"), lambda claim: gettext(TITLE_LABELS[TitleLevel(claim.title)])),
        Column(N_("申领时间"), lambda claim: claim.queued_at),
        Column(N_("优先"), lambda claim: gettext("是") if claim.priority == 0 else gettext("否")),
        Column(N_("状态"), lambda claim: gettext(CLAIM.labels[claim.state])),
        Column(N_("申领金额"), lambda claim: claim.requested, yuan=True),
        Column(N_("发放金额"), lambda claim: claim.allotted, yuan=True),
        Column(N_("决定时间"), lambda claim: claim.decided_at),
        Column(N_("说明"), lambda claim: gettext(claim.reason) if claim.reason else None),
    ),
)
TRANSFERS: Final = Listing(
    "programme",
    N_("资金变动"),
    (
        Column(N_("时间"), lambda move: move.transfer.posted_at),
        Column(N_("事项"), lambda move: gettext(KINDS.get(move.transfer.kind, move.transfer.kind))),
        Column(N_("从"), lambda move: gettext(STATIONS[move.source])),
        Column(N_("到"), lambda move: gettext(STATIONS[move.target])),
        Column(N_("服务券"), lambda move: move.voucher_number),
        Column(N_("金额"), lambda move: move.amount, yuan=True),
        Column(N_("转账编号"), lambda move: str(move.transfer.id)),
    ),
)
