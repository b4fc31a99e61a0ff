"""Batches and statements."""

from typing import Final

from sqlalchemy import select

from foundation.actors import DECIDERS, PROVIDER, STAFF, TREASURY, Role
from foundation.i18n import N_
from foundation.rooms import PUBLIC, NavEntry, Room, RoomDesk, ThingKind
from settlement import desk
from settlement.models import Batch, Statement
from settlement.proof import PROVES
from settlement.states import BATCH
from vouchers.regions import of_programme

ROOM: Final = Room(
    name="settlement",
    place=130,
    acts=(
        "settlement.jobs",
        "settlement.statements",
        "settlement.undoing",
    ),
    blueprints=("settlement.statement_views:blueprint",),
    access={
        PUBLIC: (
            "settlement.verify",
            "settlement.verify_statement",
        ),
        DECIDERS: (
            "settlement.new",
            "settlement.calculate",
            "settlement.award",
            "settlement.part",
            "settlement.review",
            "settlement.withdraw",
        ),
        frozenset({Role.BUDGET_HOLDER}): (
            "settlement.approve",
            "settlement.send_back",
            "settlement.correct",
        ),
        frozenset({Role.PAYER}): ("settlement.pay",),
        TREASURY: (
            "settlement.ask_correction",
            "settlement.decline_correction",
        ),
        STAFF: (
            "settlement.index",
            "settlement.batch",
        ),
        PROVIDER | STAFF: (
            "settlement.statements",
            "settlement.statement",
            "settlement.statement_pdf",
        ),
    },
    deeds={
        "batch.draft": N_("起草结算批次"),
        "batch.calculate": N_("计算结算批次"),
        "batch.award": N_("决定绩效奖励"),
        "batch.part": N_("决定补助额度"),
        "batch.review": N_("结算批次提交财政审批"),
        "batch.withdraw": N_("撤回结算批次"),
        "batch.send_back": N_("结算批次退回主管部门"),
        "batch.approve": N_("批准结算批次"),
        "batch.pay_part": N_("结算批次部分付款"),
        "batch.pay_rest": N_("结算批次全部付款"),
        "payment.reject": N_("登记银行退回的付款"),
        "batch.close": N_("结算批次办结"),
        "statement.issue": N_("出具结算单"),
        "statement.correct": N_("红字冲减结算单"),
        "statement.download": N_("下载结算单"),
    },
    exports={
        "batch": N_("导出结算批次列表"),
        "statement": N_("导出结算单列表"),
    },
    money={
        "part": N_("部分补助额度"),
        "total": N_("结算金额"),
    },
    changed={
        "attempt": N_("第几次付款"),
        "by": N_("红字结算单"),
        "pdf": N_("PDF 校验码"),
        "programme": N_("项目"),
        "share": N_("绩效奖励比例（%）"),
    },
    codes={"attachment.kind": {"statement": N_("结算单")}},
    states=(BATCH,),
    things=(
        ThingKind(select(Batch.id, Batch.number), page="settlement.batch", numbered=True),
        ThingKind(select(Statement.id, Statement.number), page="settlement.statement", numbered=True),
    ),
    regions=(
        of_programme(Batch.id, Batch.programme_id),
        of_programme(Statement.id, Batch.programme_id, (Batch, Batch.id == Statement.batch_id)),
    ),
    desk=RoomDesk(desk.waiting, desk.others, desk.figures),
    navigation=(
        NavEntry(
            N_("结算"),
            "settlement.index",
            "receipt",
            (
                "/batches",
                "/statements",
            ),
            weight=100,
            roles=STAFF,
        ),
        NavEntry(
            N_("结算单"),
            "settlement.statements",
            "receipt",
            ("/statements",),
            weight=110,
            roles=PROVIDER,
        ),
        NavEntry(N_("核验结算单"), "settlement.verify", "qr-code", ("/verify",), weight=130, visitors=True),
    ),
    proves=PROVES,
)
