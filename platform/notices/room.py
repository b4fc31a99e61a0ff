"""Public notices and objections."""

from typing import Final

from sqlalchemy import select

from foundation.actors import DECIDERS
from foundation.i18n import N_
from foundation.rooms import PUBLIC, NavEntry, Room, RoomDesk, ThingKind
from notices import desk
from notices.models import PublicNotice
from notices.states import NOTICE

ROOM: Final = Room(
    name="notices",
    place=70,
    acts=(
        "notices.jobs",
        "notices.publishing",
    ),
    blueprints=("notices.views:make_blueprint",),
    access={
        PUBLIC: (
            "notices.index",
            "notices.notice",
        ),
        DECIDERS: ("notices.answer",),
    },
    files_of_visitors=("notices.notice",),
    deeds={
        "notice.publish": N_("发布公示"),
        "notice.extend": N_("公示截止日顺延"),
        "notice.close": N_("公示期满"),
        "notice.object": N_("对公示提出异议"),
        "notice.answer": N_("答复对公示的异议"),
    },
    changed={
        "closes_on": N_("公示截止"),
        "objection": N_("异议"),
        "upheld": N_("异议成立"),
    },
    codes={"attachment.kind": {"objection": N_("异议材料")}},
    states=(NOTICE,),
    things=(ThingKind(select(PublicNotice.id, PublicNotice.number), page="notices.notice", numbered=True),),
    regions=(select(PublicNotice.id, PublicNotice.region_path),),
    desk=RoomDesk(desk.waiting, desk.others, desk.figures),
    navigation=(NavEntry(N_("公示"), "notices.index", "megaphone", ("/notices",), weight=120, visitors=True),),
)
