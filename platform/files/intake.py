"""Taking a file in: bounded, recognised by its content, stored once, and attached to what it proves."""

import tempfile
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import IO, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from audit.trail import record
from files.models import Attachment, Blob
from files.recognition import (
    DOCX,
    JPEG,
    OFD,
    PDF,
    PNG,
    XLSX,
    XML,
    FileType,
    clean_filename,
    foreign,
    recognise,
    type_of_name,
)
from files.store import CHUNK, answering, current_store, digest
from foundation.actors import Actor
from foundation.clock import now
from foundation.database import Base
from foundation.errors import BadInput, DomainError, Faults
from foundation.i18n import N_
from foundation.identifiers import new_id

LIMIT: Final = 20 * 1024 * 1024
"""Bytes of one file."""

SIGNED: Final = (PDF, PNG, JPEG, OFD)
"""What a signed paper may come as: a scan, a photo or a fixed-layout document."""
EVIDENCE: Final = (PDF, PNG, JPEG, OFD, DOCX, XLSX)
"""What may show how a service went and what came of it."""
INVOICE: Final = (PDF, OFD, XML, PNG, JPEG)
"""What an invoice may come as; the XML of a digital invoice can be read by machine."""


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

    The same file sent again for the same purpose gives the attachment that is there. Raises BadInput by ``field`` and
    with the file's name: nothing chosen, empty, above ``limit`` bytes, a type that is not ``allowed``, a name that says something else than
    the content, broken, encrypted, or two files in one.
    """
    filename = clean_filename(upload.filename)
    try:
        blob = _stored(session, upload, filename, field=field, allowed=allowed, limit=limit)
    except DomainError as error:
        # Of several files in one field a person must know which.
        error.field, error.about = field, filename
        raise
    return _attach(session, actor, blob, subject, kind=kind, filename=filename)


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
    """``take`` for several files; all that cannot be used are told at once."""
    faults: list[DomainError] = []
    for one in wanted:
        try:
            take(session, actor, one.upload, subject=subject, kind=one.kind, field=one.field, allowed=allowed)
        except BadInput as error:
            faults.append(error)
    if faults:
        raise faults[0] if len(faults) == 1 else Faults(faults)


def _stored(
    session: Session, upload: Upload, filename: str, *, field: str, allowed: Collection[FileType], limit: int
) -> Blob:
    with answering(field), tempfile.SpooledTemporaryFile(max_size=2 * 1024 * 1024) as copy:
        size = _copy(upload.stream, copy, limit, field)
        if size == 0:
            raise BadInput(N_("是空文件"), field=field, remedy=N_("选择有内容的文件"))
        media_type = _accepted(copy, size, filename, allowed, field).media_type
        copy.seek(0)
        sha256 = digest(copy)
        copy.seek(0)
        # The bytes first: a row that points to nothing would be worse than bytes without a row.
        current_store().put(sha256, copy)
    return _blob(session, sha256, size, media_type)


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


def _copy(stream: IO[bytes], copy: IO[bytes], limit: int, field: str) -> int:
    size = 0
    while chunk := stream.read(CHUNK):
        size += len(chunk)
        if size > limit:
            raise BadInput(
                N_("文件超过 %(limit)s MB"),
                field=field,
                remedy=N_("压缩图片或分成几个文件后再上传"),
                limit=limit // (1024 * 1024),
            )
        copy.write(chunk)
    return size


def _accepted(copy: IO[bytes], size: int, filename: str, allowed: Collection[FileType], field: str) -> FileType:
    words = "、".join(kind.word for kind in allowed)
    found = recognise(copy, size, filename)
    said = type_of_name(filename)
    if found is not None and said is not None and said is not found:
        raise BadInput(
            N_("文件名写的是 %(said)s，内容却是 %(found)s"),
            field=field,
            remedy=N_("改正扩展名，或选择正确的文件"),
            said=said.word,
            found=found.word,
        )
    if found is None or found not in allowed:
        copy.seek(0)
        what = found.word if found else foreign(copy.read(CHUNK)) or N_("无法识别的格式")
        raise BadInput(
            N_("这里不能上传“%(what)s”类型的文件"),
            field=field,
            remedy=N_("可以上传 %(kinds)s"),
            what=what,
            kinds=words,
        )
    return found


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
            after={"kind": kind, "filename": filename, "sha256": blob.sha256, "size": blob.size},
        )
    return attachment
