"""The table of rules by which something was decided. A trigger refuses UPDATE and DELETE."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from foundation.clock import now
from foundation.database import Base
from policies.shipped import RuleKind


class RuleVersion(Base):
    """A rule set, scheme, target template, check list or preset as it once stood.

    The digest of the content is part of the identity: a file that says something else under the same version number is
    another row, and what was decided before goes on pointing at the old one. ``drafted`` and ``checked`` are the moments at
    which that was done here (for rules that came with the program: when they were entered), ``announced`` the day of the
    notice.
    """

    __tablename__ = "rule_versions"
    __table_args__ = (
        # The same content is entered once, however often the program is installed.
        UniqueConstraint("kind", "key", "sha256", name="uq_rule_versions_content"),
    )

    kind: Mapped[RuleKind]
    key: Mapped[str]
    version: Mapped[str]
    # Not JSONB, which forgets the order in which a notice lists things.
    content: Mapped[dict[str, Any]] = mapped_column(JSON)
    sha256: Mapped[str]
    drafted: Mapped[datetime] = mapped_column(default=now)
    checked: Mapped[datetime | None]
    announced: Mapped[date | None]
