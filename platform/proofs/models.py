"""The table of the proofs that the clock has run."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped

from foundation.database import Base


class Subject(StrEnum):
    """What is proven."""

    LEDGER = "ledger"
    TRAIL = "trail"


class ProofRun(Base):
    """One proof: whether it was of the whole or of what came since the last good one, and what it found.

    ``through`` is the highest number (of a transfer or of a head of the trail) that the proof saw. ``faults`` holds the first lines of
    what was found, ``fault_count`` says how many there were.
    """

    __tablename__ = "proof_runs"
    __table_args__ = (
        Index("ix_proof_runs_subject", "subject", "finished_at"),
        CheckConstraint("fault_count >= 0 AND jsonb_array_length(faults) <= fault_count", name="faults_counted"),
        CheckConstraint("started_at <= finished_at", name="ends_after_its_beginning"),
    )

    subject: Mapped[Subject]
    whole: Mapped[bool]
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime]
    through: Mapped[int]
    fault_count: Mapped[int]
    faults: Mapped[list[Any]]

    @property
    def ok(self) -> bool:
        """Whether nothing was found."""
        return self.fault_count == 0
