"""Tables of the evidence store."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Numeric, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from foundation.database import Base, Timestamped


class Blob(Timestamped, Base):
    """The bytes of a file as they were sent, once, under their SHA-256; two files are the same when these bytes are.

    ``media_type`` is found from the content, never from the name. Of a picture people get the copy in ``picture``.
    """

    __tablename__ = "blobs"

    sha256: Mapped[str] = mapped_column(unique=True)
    size: Mapped[int]
    media_type: Mapped[str]
    picture: Mapped["PictureCopy | None"] = relationship(lazy="joined")

    @property
    def shown_sha256(self) -> str:
        """The SHA-256 of the bytes that people get."""
        return self.picture.sha256 if self.picture else self.sha256

    @property
    def shown_size(self) -> int:
        """How many bytes people get."""
        return self.picture.size if self.picture else self.size

    @property
    def shown_media_type(self) -> str:
        """What people get is of this type."""
        return self.picture.media_type if self.picture else self.media_type


class PictureCopy(Timestamped, Base):
    """What people get of a picture, and what was taken out of it: when and where it was taken.

    ``sha256``, ``size`` and ``media_type`` are the copy's. The place (degrees of WGS 84) and the time tell of a person:
    they are read for checks and go to nobody with the file.
    """

    __tablename__ = "picture_copies"
    __table_args__ = (
        UniqueConstraint("blob_id", name="uq_picture_copies_blob"),
        # Half a place is none, and what is no place on earth was misread.
        CheckConstraint(
            "(latitude IS NULL) = (longitude IS NULL) AND abs(latitude) <= 90 AND abs(longitude) <= 180",
            name="place_on_earth",
        ),
    )

    blob_id: Mapped[UUID] = mapped_column(ForeignKey("blobs.id"))
    sha256: Mapped[str]
    size: Mapped[int]
    media_type: Mapped[str]
    taken_at: Mapped[datetime | None]
    latitude: Mapped[Decimal | None] = mapped_column(Numeric(8, 6))
    longitude: Mapped[Decimal | None] = mapped_column(Numeric(9, 6))


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
