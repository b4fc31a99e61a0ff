"""Programmes, claims, vouchers, money of programmes, delegations."""

from typing import Final

from sqlalchemy import select

from accounts.models import Region
from foundation.actors import BUREAU, DECIDERS, ENTERPRISE, STAFF, TREASURY, Role
from foundation.i18n import N_
from foundation.rooms import PUBLIC, NavEntry, Room, RoomDesk, ThingKind
from vouchers import desk
from vouchers.models import Programme, Voucher, VoucherClaim
from vouchers.money import KINDS, STATIONS
from vouchers.proof import PROVES
from vouchers.regions import of_programme
from vouchers.states import CLAIM, PROGRAMME, VOUCHER_LABELS
from vouchers.terms import RULES

_CAPS: Final = frozenset({"cap_per_enterprise", "cap_per_order"})

ROOM: Final = Room(
    name="vouchers",
    place=90,
    acts=("vouchers.jobs",),
    blueprints=(
        "vouchers.views:blueprint",
        "vouchers.office:blueprint",
        "vouchers.delegating:blueprint",
        "vouchers.fund_views:blueprint",
    ),
    access={
        PUBLIC: (
            "vouchers.programmes",
            "vouchers.programme",
        ),
        ENTERPRISE: ("vouchers.claim",),
        frozenset({Role.OFFICER}): (
            "programmes.draft",
            "programmes.edit",
        ),
        frozenset({Role.REVIEWER}): (
            "programmes.check",
            "programmes.send_back",
            "programmes.approve_version",
            "delegations.end",
            "vouchers.revoke",
        ),
        DECIDERS: (
            "programmes.announce",
            "programmes.open_claims",
            "programmes.ask_to_close",
            "programmes.close_claims",
            "programmes.decline_closing",
            "vouchers.reclaim",
            "vouchers.ask_to_revoke",
            "vouchers.decline_revoking",
        ),
        BUREAU: ("delegations.index",),
        frozenset({Role.BUDGET_HOLDER}): (
            "programmes.appropriate",
            "funds.take_back",
            "funds.return_unspent",
        ),
        TREASURY: (
            "funds.carry_out",
            "funds.decline",
        ),
        STAFF: (
            "programmes.flow",
            "programmes.transfers",
            "programmes.claims",
        ),
        ENTERPRISE | STAFF: (
            "vouchers.index",
            "vouchers.voucher",
        ),
    },
    deeds={
        "programme.draft": N_("起草一个服务券项目"),
        "programme.edit": N_("修改服务券项目的规则"),
        "programme.check": N_("审核通过项目"),
        "programme.send_back": N_("项目退回起草人"),
        "programme.announce": N_("公布服务券项目"),
        "programme.open": N_("项目开放申领"),
        "programme.close": N_("项目结束申领"),
        "programme.settle": N_("项目结算完成"),
        "programme.approve_version": N_("批准项目新规则"),
        "programme.appropriate": N_("项目拨入资金"),
        "programme.take_back": N_("更正拨款，退回财政"),
        "programme.return": N_("项目结余退回财政"),
        "voucher_claim.queue": N_("提交服务券申领"),
        "voucher_claim.allot": N_("发放服务券"),
        "voucher_claim.wait": N_("申领转为候补"),
        "voucher_claim.refuse": N_("不予发放服务券"),
        "voucher_claim.lapse": N_("申领失效"),
        "voucher.hold": N_("占用服务券金额"),
        "voucher.release": N_("退回占用的服务券金额"),
        "voucher.redeem": N_("核销服务券金额"),
        "voucher.release_part": N_("不予支付的部分退回服务券"),
        "voucher.undo_release_part": N_("撤销核销，退回的部分重新占用"),
        "voucher.undo_redeem": N_("撤销核销，金额重新占用"),
        "voucher.undo_reclaim": N_("撤销核销，余额退回服务券"),
        "voucher.expire": N_("服务券到期，余额退回项目"),
        "voucher.reclaim": N_("收回服务券余额"),
        "voucher.revoke": N_("撤销企业的服务券"),
        "voucher.expire_reason": N_("服务券到期的说明"),
        "voucher.reclaim_reason": N_("收回服务券的理由"),
        "voucher.revoke_reason": N_("撤销服务券的理由"),
    },
    exports={
        "programme": N_("导出项目的资金变动"),
        "voucher_claim": N_("导出服务券申领队列"),
        "voucher": N_("导出服务券列表"),
    },
    money={
        "allotted": N_("发放金额"),
        "available": N_("可用余额"),
        "cap_per_enterprise": N_("每家企业可享受的总额"),
        "cap_per_order": N_("每个订单的抵扣上限"),
        "held": N_("占用金额"),
        "requested": N_("申领金额"),
    },
    changed={
        "agreement_working_days": N_("签订协议期限（工作日）"),
        "any_region": N_("不限地区"),
        "recovered_to_pool": N_("追缴的资金回到本项目"),
        "citations": N_("各条规则的依据"),
        "claim_working_days": N_("申请核销期限（工作日）"),
        "claims_close_at": N_("申领截止"),
        "claims_open_at": N_("申领开始"),
        "confirmation_working_days": N_("企业确认期限（工作日）"),
        "contracts_from": N_("服务协议签订起始日"),
        "contracts_to": N_("服务协议签订截止日"),
        "correction_working_days": N_("补正期限（工作日）"),
        "docking_working_days": N_("对接期限（工作日）"),
        "passive_working_days": N_("双方长期未推进的期限（工作日）"),
        "record_calendar_days": N_("上传服务记录期限（自然日）"),
        "station": N_("资金位置"),
        "summary": N_("项目说明"),
        "tie_reserve": N_("同一秒申领的预留份数"),
        "transfer": N_("转账编号"),
        "verification_working_days": N_("核验期限（工作日）"),  # A rule that has no amount of its own.
        **{rule: words for rule, words in RULES.items() if rule not in _CAPS},
    },
    codes={
        "transfer.kind": KINDS,
        "station": {kind.value: label for kind, label in STATIONS.items()},
        "voucher.state": {state.value: label for state, label in VOUCHER_LABELS.items()},
    },
    states=(
        PROGRAMME,
        CLAIM,
    ),
    things=(
        ThingKind(select(Programme.id, Programme.number), page="vouchers.programme", numbered=True),
        ThingKind(select(VoucherClaim.id, VoucherClaim.number), numbered=True),
        ThingKind(select(Voucher.id, Voucher.number), page="vouchers.voucher", numbered=True),
    ),
    regions=(
        select(Programme.id, Region.path).join(Region, Region.id == Programme.region_id),
        of_programme(Voucher.id, Voucher.programme_id),
        of_programme(VoucherClaim.id, VoucherClaim.programme_id),
    ),
    desk=RoomDesk(desk.waiting, desk.others, desk.figures),
    navigation=(
        NavEntry(
            N_("服务券项目"),
            "vouchers.programmes",
            "journal-text",
            ("/programmes",),
            weight=40,
            roles=ENTERPRISE | STAFF,
            visitors=True,
        ),
        NavEntry(
            N_("服务券"),
            "vouchers.index",
            "ticket-perforated",
            ("/vouchers",),
            weight=50,
            roles=ENTERPRISE | {Role.AUDITOR},
        ),
    ),
    proves=PROVES,
)
