"""The states of an order and of a service record: every step, and who may take it."""

from typing import Final

from foundation.actors import ENTERPRISE, PROVIDER, TREASURY, Role
from foundation.i18n import N_
from foundation.states import StateTable
from orders.models import OrderState, RecordState

EITHER: Final = ENTERPRISE | PROVIDER
SYSTEM: Final = frozenset({Role.SYSTEM})
REVIEW: Final = frozenset({Role.OFFICER, Role.REVIEWER})
STALLING: Final = (OrderState.CONTRACTED, OrderState.IN_SERVICE, OrderState.DELIVERED, OrderState.CONFIRMED)
"""States that no clock ends, because work may have been done: money would be held in them for ever."""
CLAIMING: Final = (
    OrderState.RETURNED,
    OrderState.CLAIMED,
    OrderState.CONFIRMED,
    OrderState.VERIFIED,
    OrderState.SETTLED,
)
"""Where claims can stand, the least advanced first; in between the money that is held and not claimed yet (confirmed)."""

ORDER: Final = StateTable(
    "order",
    {
        OrderState.PLACED: N_("已下单，排队中"),
        OrderState.DOCKING: N_("对接中"),
        OrderState.CONTRACTED: N_("已签协议"),
        OrderState.IN_SERVICE: N_("服务中"),
        OrderState.DELIVERED: N_("已交付"),
        OrderState.CONFIRMED: N_("已确认成效"),
        OrderState.CLAIMED: N_("核销审核中"),
        OrderState.VERIFIED: N_("已核销"),
        OrderState.SETTLED: N_("已结算"),
        OrderState.RETURNED: N_("退回补正"),
        OrderState.DISPUTED: N_("争议处理中"),
        OrderState.VOIDED: N_("已作废"),
        OrderState.CANCELLED: N_("已取消"),
    },
    {
        # Both sides left it lying for longer than the terms allow; the bureau need not end it.
        **{(state, "end_stalled"): (OrderState.CANCELLED, REVIEW) for state in STALLING},
        # The queue gives out slots; no person hands one to somebody else.
        (OrderState.PLACED, "give_slot"): (OrderState.DOCKING, SYSTEM),
        (OrderState.PLACED, "cancel"): (OrderState.CANCELLED, EITHER),
        (OrderState.PLACED, "lapse"): (OrderState.VOIDED, SYSTEM),
        (OrderState.DOCKING, "dock"): (OrderState.DOCKING, PROVIDER),
        (OrderState.DOCKING, "fail_docking"): (OrderState.VOIDED, PROVIDER),
        (OrderState.DOCKING, "cancel"): (OrderState.CANCELLED, EITHER),
        (OrderState.DOCKING, "lapse"): (OrderState.VOIDED, SYSTEM),
        # Whichever side confirms the agreement last makes it bind.
        (OrderState.DOCKING, "sign"): (OrderState.CONTRACTED, EITHER),
        (OrderState.CONTRACTED, "start_service"): (OrderState.IN_SERVICE, PROVIDER),
        (OrderState.CONTRACTED, "cancel"): (OrderState.CANCELLED, EITHER),
        (OrderState.CONTRACTED, "dispute"): (OrderState.DISPUTED, EITHER),
        # Work has been done from here on: nobody walks away alone, the bureau decides a dispute.
        (OrderState.IN_SERVICE, "deliver"): (OrderState.DELIVERED, PROVIDER),
        (OrderState.IN_SERVICE, "dispute"): (OrderState.DISPUTED, EITHER),
        (OrderState.DELIVERED, "confirm"): (OrderState.CONFIRMED, ENTERPRISE),
        (OrderState.DELIVERED, "dispute"): (OrderState.DISPUTED, EITHER),
        (OrderState.CONFIRMED, "claim"): (OrderState.CLAIMED, PROVIDER),
        (OrderState.CLAIMED, "verify"): (OrderState.VERIFIED, REVIEW),
        # An order may have several claims and stands where the least advanced of them stands (verification/standing.py).
        # A part was redeemed and the rest stays held for a claim yet to come.
        (OrderState.CLAIMED, "verify_part"): (OrderState.CONFIRMED, REVIEW),
        # One claim, or the wait for another one, has fallen away; the order goes on to where the rest stand.
        **{
            (state, f"rest_{to.value}"): (to, REVIEW | SYSTEM)
            for place, state in enumerate(CLAIMING)
            for to in CLAIMING[place + 1 :]
            if state is not OrderState.VERIFIED
        },
        (OrderState.CLAIMED, "return"): (OrderState.RETURNED, REVIEW),
        (OrderState.CLAIMED, "reject"): (OrderState.VOIDED, REVIEW),
        # A wrong redemption is taken back by two people of the bureau, before a batch holds the order.
        (OrderState.VERIFIED, "undo_verify"): (OrderState.CLAIMED, REVIEW),
        (OrderState.CONFIRMED, "undo_verify"): (OrderState.CLAIMED, REVIEW),
        (OrderState.RETURNED, "claim"): (OrderState.CLAIMED, PROVIDER),
        (OrderState.RETURNED, "lapse"): (OrderState.VOIDED, SYSTEM),
        (OrderState.VERIFIED, "settle"): (OrderState.SETTLED, TREASURY | SYSTEM),
        (OrderState.DISPUTED, "resume_contracted"): (OrderState.CONTRACTED, REVIEW),
        (OrderState.DISPUTED, "resume_in_service"): (OrderState.IN_SERVICE, REVIEW),
        (OrderState.DISPUTED, "resume_delivered"): (OrderState.DELIVERED, REVIEW),
        (OrderState.DISPUTED, "end"): (OrderState.CANCELLED, REVIEW),
    },
    decisions=("end_stalled", "resume_contracted", "resume_in_service", "resume_delivered", "end"),
)

RECORD: Final = StateTable(
    "record",
    {
        RecordState.DRAFT: N_("草稿"),
        RecordState.FILED: N_("已提交，待企业确认"),
        RecordState.CONFIRMED: N_("企业已确认"),
        RecordState.CONTESTED: N_("企业有异议"),
        RecordState.AMENDED: N_("已被新版本替代"),
    },
    {
        (RecordState.DRAFT, "file"): (RecordState.FILED, PROVIDER),
        (RecordState.FILED, "confirm"): (RecordState.CONFIRMED, ENTERPRISE),
        (RecordState.FILED, "contest"): (RecordState.CONTESTED, ENTERPRISE),
        (RecordState.FILED, "amend"): (RecordState.AMENDED, PROVIDER),
        (RecordState.CONTESTED, "amend"): (RecordState.AMENDED, PROVIDER),
    },
)

NORMAL_WAY: Final = (
    OrderState.PLACED,
    OrderState.DOCKING,
    OrderState.CONTRACTED,
    OrderState.IN_SERVICE,
    OrderState.DELIVERED,
    OrderState.CONFIRMED,
    OrderState.CLAIMED,
    OrderState.VERIFIED,
    OrderState.SETTLED,
)
ENDED: Final = frozenset({OrderState.VOIDED, OrderState.CANCELLED})
"""Exits: the held money has gone back."""
OCCUPYING: Final = frozenset(OrderState) - ENDED - {OrderState.PLACED}
"""States in which an order takes one of the offering's places."""

TONES: Final = {
    OrderState.SETTLED: "ok",
    OrderState.VERIFIED: "ok",
    OrderState.CONFIRMED: "ok",
    OrderState.RETURNED: "act",
    OrderState.DISPUTED: "act",
    OrderState.VOIDED: "bad",
    OrderState.CANCELLED: "neutral",
}
"""Colour and sign of a state for templates/components/badges.html; the others are on their way ("wait")."""

EVENTS: Final = {
    "place": N_("企业下单"),
    "give_slot": N_("取得名额，开始对接"),
    "dock": N_("对接成功"),
    "fail_docking": N_("对接未成功，订单作废，占用金额已退回"),
    "upload_agreement": N_("服务机构上传服务协议"),
    "send_back_agreement": N_("企业退回协议"),
    "confirm_agreement": N_("企业确认服务协议"),
    "sign": N_("双方确认协议，协议生效"),
    "start_service": N_("开始服务"),
    "file_record": N_("服务机构提交服务记录"),
    "amend_record": N_("服务机构修改服务记录"),
    "confirm_record": N_("企业确认服务记录"),
    "contest_record": N_("企业对服务记录提出异议"),
    "deliver": N_("服务机构标记交付完成"),
    "confirm": N_("企业确认成效并评价"),
    "claim": N_("服务机构申请核销"),
    "verify": N_("主管部门核销"),
    "verify_part": N_("主管部门核销一部分，其余金额等待申请"),
    "rest_confirmed": N_("一份申请不再计入，其余金额等待申请"),
    "rest_claimed": N_("一份申请不再计入，其余申请继续审核"),
    "rest_verified": N_("未核销的金额已退回，其余已核销"),
    "rest_settled": N_("未核销的金额已退回，其余已结算"),
    "undo_verify": N_("主管部门撤销核销，重新核验"),
    "return": N_("主管部门退回补正"),
    "reject": N_("主管部门不予核销，占用金额已退回"),
    "settle": N_("结算完成"),
    "cancel": N_("订单取消，占用金额已退回"),
    "lapse": N_("逾期作废，占用金额已退回"),
    "dispute": N_("提出争议"),
    "resume_contracted": N_("争议处理完毕，继续履约"),
    "resume_in_service": N_("争议处理完毕，继续服务"),
    "resume_delivered": N_("争议处理完毕，等待确认成效"),
    "end": N_("争议处理完毕，订单终止，占用金额已退回"),
    "end_stalled": N_("双方长期未推进，主管部门终止订单，占用金额已退回"),
}
"""What the history says of each event; some are lines of the progress without a change of state."""
