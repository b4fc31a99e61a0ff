"""Tables of the ground: how each job of the clock last ran, and what the job queue's tables have had."""

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from foundation.clock import now
from foundation.database import Base


class JobRun(Base):
    """The last run of a job: one row a job, overwritten by the next run, so that the table stays as small as the list of jobs.

    ``cron`` is None for a job that is queued by a change; such a row only keeps why it last failed. An item is ``busy``
    when somebody else was working on it: no fault, it is tried again.
    """

    __tablename__ = "job_runs"

    name: Mapped[str] = mapped_column(unique=True)
    cron: Mapped[str | None]
    # When a worker first knew this job: before that it cannot be late.
    known_since: Mapped[datetime] = mapped_column(default=now)
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    done_items: Mapped[int] = mapped_column(default=0)
    busy_items: Mapped[int] = mapped_column(default=0)
    failed_items: Mapped[int] = mapped_column(default=0)
    last_error: Mapped[str | None]
    failing_since: Mapped[datetime | None]


class QueueScript(Base):
    """A migration script of procrastinate that the queue's tables have had; those that sort before it are in them, too."""

    __tablename__ = "job_queue_scripts"

    name: Mapped[str] = mapped_column(unique=True)
    applied_at: Mapped[datetime] = mapped_column(default=now)
