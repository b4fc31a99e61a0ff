"""Log lines that say to which request or job they belong."""

import logging
from contextvars import ContextVar
from typing import TextIO

_work: ContextVar[str] = ContextVar("log_work", default="-")


def belongs_to(work: str) -> None:
    """From here on, until the next call, the lines of this thread belong to ``work``: a request's id, or a job."""
    _work.set(work)


def handler(stream: TextIO | None = None) -> logging.Handler:
    """Writes lines with time, level, what they belong to, and who says it; to standard error unless given."""
    made = logging.StreamHandler(stream)
    made.addFilter(_mark)
    made.setFormatter(logging.Formatter("%(asctime)s %(levelname)s [%(work)s] %(name)s: %(message)s"))
    return made


def log_to_standard_error() -> None:
    """Let all that this process has to say from a warning on go to standard error, where a service manager keeps it."""
    logging.basicConfig(level=logging.WARNING, handlers=[handler()])


def _mark(record: logging.LogRecord) -> bool:
    record.work = _work.get()
    return True
