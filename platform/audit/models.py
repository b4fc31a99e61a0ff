"""Tables of the audit trail. A trigger refuses UPDATE, DELETE and TRUNCATE on all of them but ``audit_gaps``
and ``audit_repeats``, which are working notes.
"""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    LargeBinary,
    SmallInteger,
    String,
    Table,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from foundation.clock import now
from foundation.database import Base

TRANSACTION_SECONDS: Final = "ceil(EXTRACT(epoch FROM (clock_timestamp() - transaction_timestamp())))::bigint"


class AuditEvent(Base):
    """Who did what to which thing, when and from where, with the values before and after."""

    __tablename__ = "audit_events"
    __sealed__ = "at"
    __table_args__ = (
        Index("ix_audit_events_subject", "subject_type", "subject_id", "sequence"),
        Index("ix_audit_events_at", "at"),
        Index("ix_audit_events_organisation", "organisation_id", "sequence"),
    )

    sequence: Mapped[int] = mapped_column(BigInteger, Identity(always=True), unique=True)
    at: Mapped[datetime] = mapped_column(default=now)
    user_id: Mapped[UUID | None]
    person: Mapped[str]
    organisation_id: Mapped[UUID | None]
    organisation: Mapped[str]
    role: Mapped[str]
    ip: Mapped[str | None]
    action: Mapped[str]
    subject_type: Mapped[str]
    subject_id: Mapped[UUID | None]
    before: Mapped[dict[str, Any] | None]
    after: Mapped[dict[str, Any] | None]
    note: Mapped[str | None]
    # How old its transaction was by the database's own clock: ``at`` may have been read when that began, not earlier.
    transaction_seconds: Mapped[int | None] = mapped_column(server_default=text(TRANSACTION_SECONDS))


class Decision(Base):
    """What somebody decided about a thing: the event of its state table, reasons as codes, the checks as they were then.

    ``organisation`` is the office as it acted ("…受…委托办理"), as in the trail. Numbered by the database, so that two
    decisions of the same moment keep their order.
    """

    __tablename__ = "decisions"
    __table_args__ = (
        Index("ix_decisions_subject", "subject_type", "subject_id", "sequence"),
        # How the same defect was decided before is found by what the decisions contain.
        Index("ix_decisions_reasons", "reasons", postgresql_using="gin", postgresql_ops={"reasons": "jsonb_path_ops"}),
        Index("ix_decisions_checks", "checks", postgresql_using="gin", postgresql_ops={"checks": "jsonb_path_ops"}),
    )

    sequence: Mapped[int] = mapped_column(BigInteger, Identity(always=True), unique=True)
    subject_type: Mapped[str]
    subject_id: Mapped[UUID]
    event: Mapped[str]
    reasons: Mapped[list[Any]]
    checks: Mapped[list[Any]]
    # The rules on which the thing rested when it was decided and the facts that were judged, where the thing names them.
    rules_id: Mapped[UUID | None] = mapped_column(ForeignKey("rule_versions.id"))
    facts: Mapped[dict[str, Any] | None]
    note: Mapped[str | None]
    by_id: Mapped[UUID | None]
    person: Mapped[str]
    organisation_id: Mapped[UUID | None]
    organisation: Mapped[str]
    role: Mapped[str]
    at: Mapped[datetime] = mapped_column(default=now)


class AuditSeal(Base):
    """A link of the chain by which older versions sealed batches of events; none is added, the tree goes on from its head."""

    __tablename__ = "audit_seals"

    position: Mapped[int] = mapped_column(unique=True)
    sealed_at: Mapped[datetime] = mapped_column(default=now)
    sequences: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))
    # The highest number sealed so far, here or in any earlier seal.
    top: Mapped[int]
    digest: Mapped[str]
    previous_digest: Mapped[str] = mapped_column(unique=True)


AUDIT_LEAVES: Final = Table(
    "audit_leaves",
    Base.metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    # The table and the number of the sealed row.
    Column("source", String, nullable=False),
    Column("sequence", BigInteger, nullable=False),
    # Carries money or a decision: is never removed.
    Column("kept", Boolean, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    # A row is sealed once.
    Index("uq_audit_leaves_row", "source", "sequence", unique=True),
)
"""The leaves of the tree, numbered from 0."""

AUDIT_NODES: Final = Table(
    "audit_nodes",
    Base.metadata,
    Column("level", SmallInteger, primary_key=True, autoincrement=False),
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column("hash", LargeBinary, nullable=False),
)
"""The complete sub-trees from level 1 (two leaves) on: they never change, so paths and growth need only a few of them."""

AUDIT_GAPS: Final = Table(
    "audit_gaps",
    Base.metadata,
    Column("source", String, primary_key=True),
    Column("low", BigInteger, primary_key=True, autoincrement=False),
    Column("high", BigInteger, nullable=False),
    # Whoever was writing when the gap was seen: virtual transactions, as pg_locks names them.
    Column("writers", ARRAY(String), nullable=False),
)
"""Numbers from ``low`` to ``high`` that were given out and not yet to be seen when higher ones were sealed: they are looked
for until all of ``writers`` have ended. Working notes of the sealer, no evidence."""


AUDIT_REPEATS: Final = Table(
    "audit_repeats",
    Base.metadata,
    # The beginning of the quarter of an hour that is counted; first, as quarters that are over are looked for.
    Column("since", DateTime(timezone=True), primary_key=True),
    Column("action", String, primary_key=True),
    # Who or which network address, see ``audit/repeats.py``.
    Column("key", String, primary_key=True),
    # The event that was written at the first time, and from where that was.
    Column("first_id", Uuid, nullable=False),
    Column("ip", String),
    Column("times", BigInteger, nullable=False),
    Column("last_at", DateTime(timezone=True), nullable=False),
    Column("seen", ARRAY(String), nullable=False),
)
"""How often something has happened that may happen without end: the trail gets the first time and, later, the count."""


AUDIT_RETENTION: Final = Table(
    "audit_retention",
    Base.metadata,
    Column("set_at", DateTime(timezone=True), primary_key=True, server_default=text("clock_timestamp()")),
    # None: for ever.
    Column("days", BigInteger),
)
"""How many days the trail is kept: the newest row counts, none is for ever. Only the owner of the tables writes it."""


class AuditHead(Base):
    """A seal: the root of the tree of the first ``size`` leaves. Positions go on from those of the older chain."""

    __tablename__ = "audit_heads"

    position: Mapped[int] = mapped_column(unique=True)
    size: Mapped[int] = mapped_column(unique=True)
    root: Mapped[str] = mapped_column(index=True)
    sealed_at: Mapped[datetime] = mapped_column(default=now)


class AuditPruning(Base):
    """Events of the seals up to ``up_to`` were removed because the installation keeps them no longer."""

    __tablename__ = "audit_prunings"

    at: Mapped[datetime] = mapped_column(default=now)
    up_to: Mapped[int] = mapped_column(unique=True)
    events: Mapped[int]
