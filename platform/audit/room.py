"""The audit trail: its jobs, and what the trail says of itself."""

from typing import Final

from foundation.i18n import N_
from foundation.rooms import Room

ROOM: Final = Room(
    name="audit",
    place=10,
    acts=("audit.jobs",),
    deeds={
        "audit.pruned": N_("删去超过保存期限的办理记录"),
        "audit.restored": N_("说明数据库恢复后缺失的封存记录"),
    },
    changed={
        "counted_from": N_("统计时段自"),
        "events": N_("记录条数"),
        "last_time": N_("最后一次"),
        "seen": N_("涉及的网络地址或页面"),
        "times": N_("一刻钟内次数（含首次）"),
        "up_to": N_("封存批次止于"),
        "heads_from": N_("缺失批次自"),
        "heads_to": N_("缺失批次至"),
        "lost_at": N_("最后缺失批次的封存时间"),
        "root": N_("封存校验值"),
        "asked_by": N_("提出人"),
    },
)
