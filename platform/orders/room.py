"""Orders, agreements, service records, confirmations."""

from typing import Final

from sqlalchemy import select

from files.models import Attachment
from foundation.actors import DECIDERS, ENTERPRISE, PROVIDER, STAFF
from foundation.i18n import N_
from foundation.rooms import PUBLIC, NavEntry, Room, RoomDesk, ThingKind
from orders import desk
from orders.models import Agreement, Confirmation, Order, ServiceRecord
from orders.proof import PROVES
from orders.states import ORDER, RECORD
from vouchers.regions import of_programme

ROOM: Final = Room(
    name="orders",
    place=100,
    acts=(
        "orders.access",
        "orders.extras",
        "orders.jobs",
        "orders.recounting",
        "orders.revocation",
    ),
    blueprints=("orders.filing:blueprint",),
    access={
        PUBLIC: ("orders.check_confirmation",),
        ENTERPRISE: (
            "orders.order",
            "orders.order_summary",
            "orders.confirm_agreement",
            "orders.send_back_agreement",
            "orders.confirm_record",
            "orders.contest_record",
            "orders.confirm",
        ),
        PROVIDER: (
            "orders.dock",
            "orders.fail_docking",
            "orders.agreement",
            "orders.new_record",
            "orders.amend_record",
            "orders.deliver",
        ),
        ENTERPRISE | PROVIDER: (
            "orders.cancel",
            "orders.dispute",
        ),
        DECIDERS: (
            "orders.decide",
            "orders.end_stalled",
        ),
        ENTERPRISE | PROVIDER | STAFF: (
            "orders.index",
            "orders.case",
            "orders.confirmation_letter",
            "orders.records",
        ),
    },
    deeds={
        "order.place": N_("用服务券下单"),
        "order.give_slot": N_("订单获得名额"),
        "order.cancel": N_("取消已下的订单"),
        "order.lapse": N_("订单逾期失效"),
        "order.dock": N_("对接订单"),
        "order.fail_docking": N_("订单对接不成功"),
        "order.sign": N_("订单签订协议"),
        "order.start_service": N_("订单开始服务"),
        "order.dispute": N_("订单提出争议"),
        "order.deliver": N_("订单交付"),
        "order.confirm": N_("企业确认订单成效"),
        "order.claim": N_("订单申请核销"),
        "order.verify": N_("订单核销"),
        "order.verify_part": N_("订单核销一部分，其余等待申请"),
        "order.rest_confirmed": N_("订单的一份申请不再计入：等待申请其余金额"),
        "order.rest_claimed": N_("订单的一份申请不再计入：其余申请核销审核中"),
        "order.rest_verified": N_("订单的一份申请不再计入：其余已核销"),
        "order.rest_settled": N_("订单的一份申请不再计入：其余已结算"),
        "order.undo_verify": N_("订单退回待核验：核销已撤销"),
        "order.return": N_("订单退回补正"),
        "order.reject": N_("订单不予核销"),
        "order.settle": N_("订单完成结算"),
        "order.resume_contracted": N_("争议后恢复订单：已签协议"),
        "order.resume_in_service": N_("争议后恢复订单：服务中"),
        "order.resume_delivered": N_("争议后恢复订单：已交付"),
        "order.extend": N_("订单期限顺延"),
        "order.end": N_("终止订单"),
        "order.end_stalled": N_("终止长期未推进的订单"),
        "agreement.upload": N_("上传订单的服务协议"),
        "agreement.confirm": N_("一方确认服务协议"),
        "agreement.send_back": N_("退回服务协议"),
        "record.file": N_("提交一条服务记录"),
        "record.confirm": N_("企业确认一条服务记录"),
        "record.contest": N_("企业对服务记录有异议"),
        "record.amend": N_("服务记录由新版本替代"),
        "confirmation.add": N_("填写成效确认和评价"),
    },
    exports={
        "order": N_("导出订单列表"),
        "record": N_("导出服务记录"),
    },
    money={
        "deduction": N_("券抵扣"),
        "own_share": N_("企业自付"),
    },
    changed={
        "comment": N_("评价意见"),
        "offering_version": N_("服务产品版本"),
        "rating": N_("评价（分）"),
        "signed_on": N_("协议签订日"),
        "stalled_on": N_("此后视为长期没有进展"),
    },
    codes={"attachment.kind": {"agreement": N_("服务协议"), "process": N_("过程材料"), "result": N_("成果材料")}},
    states=(
        ORDER,
        RECORD,
    ),
    things=(
        ThingKind(select(Order.id, Order.number), page="orders.case", numbered=True),
        ThingKind(select(Agreement.id, Order.number).join(Agreement.order), page="orders.case", numbered=True),
        ThingKind(select(ServiceRecord.id, Order.number).join(ServiceRecord.order), page="orders.case", numbered=True),
        ThingKind(select(Confirmation.id, Order.number).join(Confirmation.order), page="orders.case", numbered=True),
    ),
    regions=(
        of_programme(Order.id, Order.programme_id),
        *(
            of_programme(kind.id, Order.programme_id, (Order, Order.id == kind.order_id))
            for kind in (Agreement, Confirmation, ServiceRecord)
        ),
        # A file at an order or a record is the programme's too, wherever its provider sits.
        of_programme(Attachment.id, Order.programme_id, (Order, Order.id == Attachment.subject_id)),
        of_programme(
            Attachment.id,
            Order.programme_id,
            (ServiceRecord, ServiceRecord.id == Attachment.subject_id),
            (Order, Order.id == ServiceRecord.order_id),
        ),
    ),
    desk=RoomDesk(desk.waiting, desk.others, desk.figures),
    navigation=(
        NavEntry(
            N_("订单"), "orders.index", "clipboard-check", ("/orders",), weight=60, roles=ENTERPRISE | PROVIDER | STAFF
        ),
        NavEntry(N_("服务记录"), "orders.records", "file-earmark-text", ("/records",), weight=70, roles=PROVIDER),
    ),
    proves=PROVES,
)
