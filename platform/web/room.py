"""The shell itself, and the words that several rooms record."""

from typing import Final

from foundation.actors import EVERYBODY, Role
from foundation.i18n import N_
from foundation.rooms import PUBLIC, NavEntry, Room, RoomDesk
from web import auditing

ROOM: Final = Room(
    name="web",
    place=40,
    acts=("web.jobs",),
    blueprints=("web.home:blueprint",),
    access={
        PUBLIC: (
            "static",
            "web.healthz",
            "web.language",
            "web.larger_type",
            "web.home",
            "web.help_page",
            "web.style",
        ),
        EVERYBODY: ("web.search", "web.waiting", "web.following"),
        frozenset({Role.AUDITOR}): ("web.audit", "web.audit_proof"),
    },
    exports={
        "event": N_("导出操作记录"),
    },
    money={
        "amount": N_("金额"),
    },
    changed={
        "document": N_("依据文件"),
        "document_number": N_("文号"),
        "exported": N_("导出条数"),
        "first": N_("日期从"),
        "format": N_("文件格式"),
        "hash": N_("内容校验码"),
        "last": N_("日期到"),
        "name": N_("名称"),
        "number": N_("编号"),
        "order": N_("订单编号"),
        "q": N_("关键词"),
        "sha256": N_("文件校验码"),
        "source": N_("依据"),
        "state": N_("状态"),
        "title": N_("称号或标题"),
        "uscc": N_("统一社会信用代码"),
        "valid_from": N_("有效期自"),
        "valid_to": N_("有效期至"),
        "version": N_("版本号"),
        "voucher": N_("服务券"),
        "year": N_("年度"),
    },
    desk=RoomDesk(auditing.waiting, auditing.others, auditing.figures),
    navigation=(
        NavEntry(N_("审计"), "web.audit", "shield-check", ("/audit",), weight=160, roles=frozenset({Role.AUDITOR})),
    ),
)
