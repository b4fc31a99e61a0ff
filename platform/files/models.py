"""Tables of the evidence store."""

from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from foundation.database import Base, Timestamped


class Blob(Timestamped, Base):
    """The bytes of a file, once, under their SHA-256; ``media_type`` is found from the content, never from the name."""

    __tablename__ = "blobs"

    sha256: Mapped[str] = mapped_column(unique=True)
    size: Mapped[int]
    media_type: Mapped[str]


class Attachment(Timestamped, Base):
    """A file at a thing (order, certification, objection …), as one organisation filed it."""

    __tablename__ = "attachments"
    __table_args__ = (
        Index("ix_attachments_subject", "subject_type", "subject_id"),
        # The same file twice at one thing and for one purpose is the same upload sent again.
        UniqueConstraint("subject_type", "subject_id", "kind", "blob_id", name="uq_attachments_once"),
    )

    blob_id: Mapped[UUID] = mapped_column(ForeignKey("blobs.id"), index=True)
    subject_type: Mapped[str]
    subject_id: Mapped[UUID]
    kind: Mapped[str]
    filename: Mapped[str]
    organisation_id: Mapped[UUID | None]
    user_id: Mapped[UUID | None]
    blob: Mapped[Blob] = relationship(lazy="joined")
