"""The read model of a file that is attached to something."""

from collections.abc import Mapping
from uuid import UUID

from files.models import Attachment
from foundation.reading import Moment, ReadModel


class AttachedFile(ReadModel):
    """A file: ``kind`` is what it is to its thing, ``size`` is in bytes, ``filed_by`` an organisation's name.

    ``elsewhere`` counts the other things that carry the same file; it is 0 for readers who need not know.
    """

    id: UUID
    kind: str
    name: str
    media_type: str
    size: int
    filed_at: Moment
    filed_by: str | None
    elsewhere: int


def attached(
    file: Attachment, *, names: Mapping[UUID, str] | None = None, elsewhere: Mapping[UUID, int] | None = None
) -> AttachedFile:
    """The read model of a file; ``names`` are those of organisations that may have filed it, ``elsewhere`` is by blob."""
    return AttachedFile(
        id=file.id,
        kind=file.kind,
        name=file.filename,
        media_type=file.blob.shown_media_type,
        size=file.blob.shown_size,
        filed_at=file.created_at,
        filed_by=(names or {}).get(file.organisation_id) if file.organisation_id else None,
        elsewhere=(elsewhere or {}).get(file.blob_id, 0),
    )
