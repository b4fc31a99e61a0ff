"""Target tables."""

from collections.abc import Mapping
from typing import Final

from sqlalchemy import select

from accounts.models import Organisation
from accounts.regions import of_organisation
from foundation.actors import BUREAU, DECIDERS, PROVIDER, STAFF, Role
from foundation.i18n import N_
from foundation.rooms import NavEntry, Room, RoomDesk, ThingKind
from performance import desk
from performance.models import TargetTable
from performance.states import TARGET
from performance.templates import list_templates


def _templates() -> Mapping[str, str]:
    return {template.id: template.title for template in list_templates()}


ROOM: Final = Room(
    name="performance",
    place=120,
    blueprints=("performance.views:blueprint",),
    access={
        PROVIDER: (
            "performance.new",
            "performance.edit",
            "performance.submit_table",
            "performance.change",
        ),
        DECIDERS: (
            "performance.approve",
            "performance.send_back",
        ),
        PROVIDER | STAFF: (
            "performance.index",
            "performance.table",
            "performance.row",
        ),
    },
    deeds={
        "target_table.create": N_("建立绩效目标表"),
        "target_table.save": N_("填写绩效目标表"),
        "target_table.submit": N_("提交绩效目标表"),
        "target_table.approve": N_("批准绩效目标表"),
        "target_table.send_back": N_("退回绩效目标表"),
        "target_table.supersede": N_("绩效目标表由新版本替代"),
    },
    exports={
        "target_table": N_("导出绩效目标表列表"),
        "target_row": N_("导出绩效目标和实绩"),
    },
    changed={
        "rows": N_("填写的行数"),
        "template": N_("目标表模板"),
    },
    codes={"template": _templates},
    states=(TARGET,),
    things=(
        ThingKind(
            select(TargetTable.id, Organisation.name).join(TargetTable.organisation),
            page="performance.table",
            by_id="table_id",
        ),
    ),
    regions=(of_organisation(TargetTable.id, TargetTable.organisation_id),),
    desk=RoomDesk(desk.waiting, desk.others, desk.figures),
    navigation=(
        NavEntry(
            N_("绩效"),
            "performance.index",
            "graph-up",
            ("/targets",),
            weight=90,
            roles=PROVIDER | BUREAU | {Role.AUDITOR},
        ),
    ),
)
