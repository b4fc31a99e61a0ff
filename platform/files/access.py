"""Who may see a file: whoever may see the thing that it belongs to. The room of the thing says who that is."""

from collections.abc import Callable, Collection, Mapping
from typing import IO
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from audit.trail import record
from files.copies import ensure_copy
from files.models import Attachment
from files.store import answering, current_store
from foundation.actors import Actor
from foundation.errors import NotFound
from foundation.i18n import N_
from foundation.many import among, not_among
from foundation.unit_of_work import commit_anyway

Authoriser = Callable[[Session, Actor, UUID], bool]

_authorisers: dict[str, Authoriser] = {}


def authorise(subject_type: str, authoriser: Authoriser) -> None:
    """Register who may see files of ``subject_type`` (a table's name); what nobody registered, nobody sees."""
    _authorisers[subject_type] = authoriser


def may_see(session: Session, actor: Actor, attachment: Attachment) -> bool:
    """Whether ``actor`` may read the file."""
    authoriser = _authorisers.get(attachment.subject_type)
    return authoriser is not None and authoriser(session, actor, attachment.subject_id)


def download(session: Session, actor: Actor, attachment_id: UUID) -> tuple[Attachment, IO[bytes]]:
    """The attachment and its bytes (of a picture the copy's), written into the audit trail; NotFound for whoever may not see it."""
    attachment = session.get(Attachment, attachment_id)
    if attachment is None or not may_see(session, actor, attachment):
        raise NotFound(N_("没有找到这份文件"), remedy=N_("回到文件所属的事项，从那里打开"))
    commit_anyway(session)
    with answering():
        ensure_copy(session, attachment.blob)
        sha256 = attachment.blob.shown_sha256
        record(session, actor, "attachment.download", attachment, after={"sha256": sha256})
        return attachment, current_store().open(sha256)


def files_of(session: Session, subject_type: str, subject_ids: list[UUID]) -> dict[UUID, list[Attachment]]:
    """The files of several things of one kind in one query, oldest first."""
    found: dict[UUID, list[Attachment]] = {subject_id: [] for subject_id in subject_ids}
    query = (
        select(Attachment)
        .where(Attachment.subject_type == subject_type, among(Attachment.subject_id, subject_ids))
        .order_by(Attachment.created_at, Attachment.id)
    )
    for attachment in session.scalars(query):
        found[attachment.subject_id].append(attachment)
    return found


def elsewhere(session: Session, files: Collection[Attachment], own: Collection[UUID]) -> Mapping[UUID, int]:
    """Blob id → to how many things other than ``own`` the same bytes are attached: what a reviewer should know."""
    query = (
        select(Attachment.blob_id, func.count(Attachment.subject_id.distinct()))
        .where(among(Attachment.blob_id, {file.blob_id for file in files}), not_among(Attachment.subject_id, own))
        .group_by(Attachment.blob_id)
    )
    return dict(session.execute(query).all())
