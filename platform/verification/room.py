"""Claims for redemption."""

from typing import Final

from sqlalchemy import select

from foundation.actors import BUREAU, DECIDERS, PROVIDER, STAFF, Role
from foundation.i18n import N_
from foundation.rooms import NavEntry, Room, RoomDesk, ThingKind
from orders.models import Order
from verification import desk
from verification.models import ClaimInvoice, InvoiceRow, RedemptionClaim
from verification.proof import PROVES
from verification.states import REDEMPTION
from vouchers.regions import of_programme

ROOM: Final = Room(
    name="verification",
    place=110,
    acts=(
        "verification.deciding",
        "verification.jobs",
    ),
    blueprints=("verification.views:blueprint",),
    access={
        PROVIDER: ("verification.claim",),
        frozenset({Role.OFFICER}): (
            "verification.verify",
            "verification.send_back",
            "verification.reject",
        ),
        DECIDERS: (
            "verification.ask_undo",
            "verification.undo",
            "verification.decline_undo",
        ),
        STAFF: ("verification.index",),
        PROVIDER | STAFF: ("verification.case",),
    },
    deeds={
        "redemption.submit": N_("服务机构提交核销申请"),
        "redemption.resubmit": N_("补正后再次提交核销申请"),
        "redemption.verify": N_("核验通过核销申请"),
        "redemption.undo": N_("撤销核销"),
        "redemption.return": N_("退回核销申请补正"),
        "redemption.reject": N_("不予核销申请"),
        "redemption.settle": N_("核销申请完成结算"),
        "redemption.lapse": N_("核销申请逾期作废"),
        "invoice.red_letter": N_("服务机构登记红字发票"),
    },
    exports={
        "redemption": N_("导出核销申请列表"),
    },
    money={"claimed": N_("申请金额")},
    changed={
        "claim": N_("核销申请"),
        "checks": N_("逐项核对"),
        "invoice": N_("发票号码"),
        "takes_back": N_("被冲销的发票"),
    },
    codes={"attachment.kind": {"invoice": N_("发票")}},
    states=(REDEMPTION,),
    things=(
        ThingKind(
            select(RedemptionClaim.id, RedemptionClaim.number),
            page="verification.case",
            numbered=True,
            # Only the first claim of an order has the order's number.
            also=select(RedemptionClaim.id, Order.number).join(RedemptionClaim.order),
        ),
        ThingKind(select(InvoiceRow.id, InvoiceRow.number), numbered=True),
    ),
    regions=(
        of_programme(RedemptionClaim.id, RedemptionClaim.programme_id),
        of_programme(
            InvoiceRow.id,
            RedemptionClaim.programme_id,
            (ClaimInvoice, ClaimInvoice.invoice_id == InvoiceRow.id),
            (RedemptionClaim, RedemptionClaim.id == ClaimInvoice.claim_id),
        ),
    ),
    desk=RoomDesk(desk.waiting, desk.others, desk.figures),
    navigation=(
        NavEntry(
            N_("核验"), "verification.index", "patch-check", ("/claims",), weight=80, roles=BUREAU | {Role.AUDITOR}
        ),
    ),
    proves=PROVES,
)
