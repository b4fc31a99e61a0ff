"""Tables of the web shell itself."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from foundation.clock import now
from foundation.database import Base


class Submission(Base):
    """A form sent once, so that a double click or the back button finds the first answer.

    The id is made of the one that stands in the form, the person and the address (``unit.once``).
    """

    __tablename__ = "submissions"

    user_id: Mapped[UUID | None]
    endpoint: Mapped[str]
    location: Mapped[str | None]
    at: Mapped[datetime] = mapped_column(default=now)


class ParkedForm(Base):
    """What a person had typed when the session had ended; given back after signing in, then forgotten."""

    __tablename__ = "parked_forms"

    path: Mapped[str]
    fields: Mapped[dict[str, Any]]
    user_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    at: Mapped[datetime] = mapped_column(default=now)
