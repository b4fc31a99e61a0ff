"""Evidence; who may download a file depends on the thing it is attached to (``files/access.py``)."""

from typing import Final

from sqlalchemy import select

from files.models import Attachment
from foundation.actors import EVERYBODY
from foundation.i18n import N_
from foundation.rooms import Room, ThingKind

ROOM: Final = Room(
    name="files",
    place=50,
    blueprints=("files.views:make_blueprint",),
    access={
        EVERYBODY: ("files.file",),
    },
    deeds={
        "attachment.add": N_("上传文件"),
        "attachment.download": N_("下载文件"),
    },
    changed={
        "copy_sha256": N_("供查看副本的校验码"),
        "filename": N_("文件名"),
        "kind": N_("类别"),
        "size": N_("大小"),
    },
    codes={"attachment.kind": {"evidence": N_("证明材料")}},
    things=(ThingKind(select(Attachment.id, Attachment.filename)),),
)
