"""Taking a file in: bounded, recognised by its content, stored once, and attached to what it proves."""

import tempfile
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import IO
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from audit.trail import record
from files.copies import keep_copy
from files.kinds import EVIDENCE, LIMIT, MOST_FILES, FileType, foreign, way_out_of
from files.models import Attachment, Blob
from files.names import clean_filename, honest_name, type_of_media
from files.recognition import HEAD, Found, recognise
from files.store import CHUNK, answering, current_store, digest
from foundation.actors import Actor
from foundation.clock import now
from foundation.database import Base
from foundation.errors import BadInput, DomainError, Faults
from foundation.i18n import N_
from foundation.identifiers import new_id


@dataclass(frozen=True, slots=True)
class Upload:
    """What a person sent: a stream, and the name that they gave it."""

    stream: IO[bytes]
    filename: str


def take(
    session: Session,
    actor: Actor,
    upload: Upload,
    *,
    subject: Base,
    kind: str,
    field: str,
    allowed: Collection[FileType] = EVIDENCE,
    limit: int = LIMIT,
) -> Attachment:
    """Attach ``upload`` to ``subject`` as ``kind`` (``agreement``, ``process`` …) and return the attachment.

    The same file sent again for the same purpose gives the attachment that is there. It is kept under the extension of what
    it is. Raises BadInput by ``field`` and with the file's name: nothing chosen, empty, above ``limit`` bytes, a type that is
    not ``allowed``, broken, encrypted, acting when it is opened, or two files in one.
    """
    filename = clean_filename(upload.filename)
    try:
        blob = _stored(session, upload, filename, allowed=allowed, limit=limit)
    except DomainError as error:
        # Of several files in one field a person must know which.
        error.field, error.about = field, filename
        raise
    shown = type_of_media(blob.shown_media_type)
    return _attach(
        session, actor, blob, subject, kind=kind, filename=honest_name(filename, shown) if shown else filename
    )


@dataclass(frozen=True, slots=True)
class Wanted:
    """A file that is to be attached, as what, and the field that it came from."""

    upload: Upload
    kind: str
    field: str


def take_all(
    session: Session,
    actor: Actor,
    wanted: Iterable[Wanted],
    *,
    subject: Base,
    allowed: Collection[FileType] = EVIDENCE,
) -> None:
    """``take`` for several files; all that cannot be used are told at once, and where a field has more than ``MOST_FILES``."""
    wanted = list(wanted)
    faults: list[DomainError] = [
        BadInput(
            N_("一次选了 %(count)s 个文件，最多 %(most)s 个"),
            field=field,
            remedy=N_("分几次提交，或把几页合成一个 PDF"),
            count=count,
            most=MOST_FILES,
        )
        for field, count in Counter(one.field for one in wanted).items()
        if count > MOST_FILES
    ]
    if faults:
        raise faults[0] if len(faults) == 1 else Faults(faults)
    for one in wanted:
        try:
            take(session, actor, one.upload, subject=subject, kind=one.kind, field=one.field, allowed=allowed)
        except BadInput as error:
            faults.append(error)
    if faults:
        raise faults[0] if len(faults) == 1 else Faults(faults)


def _stored(session: Session, upload: Upload, filename: str, *, allowed: Collection[FileType], limit: int) -> Blob:
    with answering(), tempfile.SpooledTemporaryFile(max_size=2 * 1024 * 1024) as copy:
        size = _copy(upload.stream, copy, limit)
        if size == 0:
            raise BadInput(N_("是空文件"), remedy=N_("选择有内容的文件"))
        found = _accepted(copy, filename, allowed)
        copy.seek(0)
        sha256 = digest(copy)
        copy.seek(0)
        # The bytes first: a row that points to nothing would be worse than bytes without a row.
        current_store().put(sha256, copy)
        blob = _blob(session, sha256, size, found.kind.media_type)
        if found.picture is not None:
            keep_copy(session, blob, found.picture)
    return blob


def carry(session: Session, *, source: Base, target: Base) -> None:
    """Attach the files of ``source`` to ``target`` too: a new version keeps the evidence of the one before."""
    files = session.scalars(
        select(Attachment).where(Attachment.subject_type == source.__tablename__, Attachment.subject_id == source.id)
    )
    for file in files:
        session.add(
            Attachment(
                blob_id=file.blob_id,
                subject_type=target.__tablename__,
                subject_id=target.id,
                kind=file.kind,
                filename=file.filename,
                organisation_id=file.organisation_id,
                user_id=file.user_id,
            )
        )
    session.flush()


def _copy(stream: IO[bytes], copy: IO[bytes], limit: int) -> int:
    size = 0
    while chunk := stream.read(CHUNK):
        size += len(chunk)
        if size > limit:
            raise BadInput(
                N_("文件超过 %(limit)s MB"),
                remedy=N_("压缩图片或分成几个文件后再上传"),
                limit=limit // (1024 * 1024),
            )
        copy.write(chunk)
    return size


def _accepted(copy: IO[bytes], filename: str, allowed: Collection[FileType]) -> Found:
    """What the file is; a refusal says what to do with it, not what else may come: that stands beside the field."""
    found = recognise(copy, filename)
    if found is not None and found.kind in allowed:
        return found
    copy.seek(0)
    what, remedy = (found.kind.word, way_out_of(found.kind)) if found else foreign(copy.read(HEAD))
    if not what:
        raise BadInput(N_("认不出这是什么文件"), remedy=remedy)
    raise BadInput(N_("这里不收 %(what)s 文件"), remedy=remedy, what=what)


def _blob(session: Session, sha256: str, size: int, media_type: str) -> Blob:
    """Two people may send the same bytes at once: one writes the row, the other reads it."""
    session.execute(
        insert(Blob)
        .values(id=new_id(), sha256=sha256, size=size, media_type=media_type, created_at=now())
        .on_conflict_do_nothing(index_elements=["sha256"])
    )
    return session.scalars(select(Blob).where(Blob.sha256 == sha256)).one()


def _attach(session: Session, actor: Actor, blob: Blob, subject: Base, *, kind: str, filename: str) -> Attachment:
    found = insert(Attachment).values(
        id=new_id(),
        blob_id=blob.id,
        subject_type=subject.__tablename__,
        subject_id=subject.id,
        kind=kind,
        filename=filename,
        organisation_id=actor.organisation_id,
        user_id=actor.user_id,
        created_at=now(),
    )
    made: UUID | None = session.scalar(
        found.on_conflict_do_nothing(constraint="uq_attachments_once").returning(Attachment.id)
    )
    attachment = session.scalars(
        select(Attachment).where(
            Attachment.subject_type == subject.__tablename__,
            Attachment.subject_id == subject.id,
            Attachment.kind == kind,
            Attachment.blob_id == blob.id,
        )
    ).one()
    if made is not None:
        record(
            session,
            actor,
            "attachment.add",
            attachment,
            after={"kind": kind, "filename": filename, "sha256": blob.sha256, "size": blob.size} | _copied(blob),
        )
    return attachment


def _copied(blob: Blob) -> dict[str, str]:
    """The copy's digest where people get other bytes than were sent."""
    return {"copy_sha256": blob.shown_sha256} if blob.shown_sha256 != blob.sha256 else {}
