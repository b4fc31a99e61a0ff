"""The copies of pictures that people get: made when a picture comes in, or at the first download of an older one."""

import hashlib
import io
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from files.conversion import drawn_anew
from files.kinds import PICTURES
from files.models import Blob, PictureCopy
from files.photos import taken
from files.pictures import Picture
from files.recognition import recognise
from files.store import current_store
from foundation.clock import now
from foundation.errors import BadInput, Conflict
from foundation.i18n import N_
from foundation.identifiers import new_id

_PICTURES = frozenset(kind.media_type for kind in PICTURES)


def keep_copy(session: Session, blob: Blob, picture: Picture) -> None:
    """Store the copy of a picture and what was taken out of it; a picture that has its copy keeps it.

    Raises OSError when the store does not answer.
    """
    if blob.picture is not None:
        return
    sha256 = hashlib.sha256(picture.copy).hexdigest()
    current_store().put(sha256, io.BytesIO(picture.copy))
    _insert(session, blob.id, sha256, picture)
    session.refresh(blob, ["picture"])


def ensure_copy(session: Session, blob: Blob) -> None:
    """Make the copy of a picture that came before copies were made; of a damaged one, of what can still be seen of it.

    Raises Conflict where nothing can: what was sent may say where and when it was taken, so it is not handed out instead.
    Raises OSError when the store does not answer or the bytes are gone.
    """
    if blob.picture is not None or blob.media_type not in _PICTURES:
        return
    with current_store().open(blob.sha256) as stream:
        original = stream.read()
    keep_copy(session, blob, _as_well_as_possible(original))


def _as_well_as_possible(original: bytes) -> Picture:
    try:
        found = recognise(io.BytesIO(original), "")
        if found is not None and found.picture is not None:
            return found.picture
    except BadInput:
        pass
    try:
        return drawn_anew(original)
    except BadInput as error:
        raise Conflict(
            N_("这张图片已损坏，无法去掉其中的拍摄时间和地点，不能下载"),
            remedy=N_("请上传人重新拍照或扫描后再上传"),
        ) from error


def _insert(session: Session, blob_id: UUID, sha256: str, picture: Picture) -> None:
    """Two people may send or fetch the same picture at once: one writes the row, the other reads it."""
    of = taken(picture.exif)
    session.execute(
        insert(PictureCopy)
        .values(
            id=new_id(),
            blob_id=blob_id,
            sha256=sha256,
            size=len(picture.copy),
            media_type=picture.kind.media_type,
            taken_at=of.at,
            latitude=of.latitude,
            longitude=of.longitude,
            created_at=now(),
        )
        .on_conflict_do_nothing(constraint="uq_picture_copies_blob")
    )
