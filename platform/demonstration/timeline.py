"""Telling stories in the order of time: each is a generator that yields the moment of its next step.

The ledger is proved at every moment of the past, so the steps of all stories are taken strictly one after another.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from heapq import heappop, heappush
from typing import Final

from sqlalchemy.orm import Session

from foundation.clock import at, is_working_day, local, now, today, travel

Story = Iterator[datetime]

_INSTANT: Final = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Calendar:
    """Days counted back from ``today``: a step has a today of its own, so this one is kept."""

    today: date

    def day(self, ago: int) -> date:
        """The day so many days before today; below zero it lies ahead."""
        return self.today - timedelta(days=ago)

    def moment(self, ago: int, hour: int = 9, minute: int = 0) -> datetime:
        """An office hour so many days before today, or on the last working day before that."""
        day = self.day(ago)
        while not is_working_day(day):
            day -= timedelta(days=1)
        return at(day, hour, minute)


def tell(session: Session, stories: Sequence[Story], *, new_day: Callable[[], None], done: Callable[[], None]) -> None:
    """Take every step at its moment; ``new_day`` runs before the first step of each day, ``done`` after each story.

    A story that asks for a moment that is over goes on at once: its own order always holds.
    """
    line: list[tuple[datetime, int, Story]] = []
    for place, story in enumerate(stories):
        _queue(line, place, story, done)
    last = datetime.min.replace(tzinfo=UTC)
    day = None
    while line:
        moment, place, story = heappop(line)
        with travel(max(moment, last)):
            if today() != day:
                new_day()
                day = today()
            _queue(line, place, story, done)
            # Rows take their time when they are written: not in the next step, which is another day.
            session.flush()
            last = now() + _INSTANT
    if last > now():
        raise ValueError(f"the history runs into the future: {local(last)}")


def _queue(line: list[tuple[datetime, int, Story]], place: int, story: Story, done: Callable[[], None]) -> None:
    following = next(story, None)
    if following is None:
        done()
    else:
        heappush(line, (following, place, story))
