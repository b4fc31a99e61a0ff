"""Titles of enterprises."""

from typing import Final

from sqlalchemy import select

from accounts.models import Organisation
from accounts.regions import of_organisation
from enterprises.models import Title
from enterprises.titles import TITLE_LABELS
from foundation.actors import DECIDERS, ENTERPRISE, STAFF, Role
from foundation.i18n import N_
from foundation.rooms import Room, ThingKind

_LEVELS: Final = {level.value: label for level, label in TITLE_LABELS.items()}

ROOM: Final = Room(
    name="enterprises",
    place=60,
    blueprints=("enterprises.views:blueprint",),
    access={
        frozenset({Role.REVIEWER}): ("enterprises.revoke_title",),
        DECIDERS: ("enterprises.new_title",),
        ENTERPRISE | STAFF: ("enterprises.titles",),
    },
    deeds={
        "title.register": N_("登记企业称号"),
        "title.revoke": N_("撤销企业称号"),
    },
    exports={
        "title": N_("导出企业称号"),
    },
    changed={
        "level": N_("称号"),
        "revoked_on": N_("撤销日期"),
    },
    codes={"level": _LEVELS, "title": _LEVELS},
    things=(ThingKind(select(Title.id, Organisation.name).join(Title.organisation)),),
    regions=(of_organisation(Title.id, Title.organisation_id),),
)
