"""Loading the demonstration: the whole history in one transaction, each step at its own moment, told in order."""

from collections.abc import Callable
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

import notices.jobs
import orders.jobs
import providers.jobs
import verification.jobs
import vouchers.jobs
from accounts.models import User
from audit.seals import seal
from demonstration import platforms, programmes, service, settling
from demonstration.accounts import DOMAIN, Account, accounts
from demonstration.people import Cast, enter_titles, gather
from demonstration.script import Script, script
from demonstration.timeline import Calendar, Story, tell
from foundation.clock import today
from foundation.errors import Conflict
from foundation.i18n import N_

Progress = Callable[[int, int], None]
"""Hears how many stories are told, and of how many."""

_JOBS: Final = (
    vouchers.jobs.every_minute,
    vouchers.jobs.every_night,
    vouchers.jobs.lapse_lines,
    notices.jobs.every_night,
    providers.jobs.every_night,
    orders.jobs.every_ten_minutes,
    verification.jobs.every_ten_minutes,
)
"""What the clock does each day, in the order in which the rooms stand."""


def load(session: Session, progress: Progress, *, public_url: str) -> list[Account]:
    """Make the demonstration in an empty database and return its accounts; Conflict when anybody is registered.

    Everything goes through the verbs that the pages call, at moments counted back from today, and is sealed in the end.
    """
    if not is_empty(session):
        raise Conflict(
            N_("数据库中已有数据，演示数据只能载入空的数据库"), remedy=N_("换一个数据文件夹，或清空数据库后再载入")
        )
    cast = Cast(session, script(), Calendar(today()), public_url)
    tell(session, [gather(cast)], new_day=lambda: None, done=lambda: None)
    told = _stories(cast, cast.script)
    done = 0

    def count() -> None:
        nonlocal done
        done += 1
        progress(done, len(told))

    def new_day() -> None:
        for each in _JOBS:
            each(session)

    tell(session, told, new_day=new_day, done=count)
    while seal(session):
        pass
    return accounts()


def is_empty(session: Session) -> bool:
    """Whether nobody is registered yet."""
    return session.scalar(select(User.id).limit(1)) is None


def is_loaded(session: Session) -> bool:
    """Whether the demonstration's people are there."""
    return session.scalar(select(User.id).where(User.email.endswith(f"@{DOMAIN}")).limit(1)) is not None


def _stories(cast: Cast, script: Script) -> list[Story]:
    """All stories; at the same moment the one that stands first goes first."""
    told = [enter_titles(cast)]
    told += [platforms.apply(cast, part) for part in script.certifications]
    told += [platforms.offer(cast, part) for part in script.offerings]
    for part in script.programmes:
        told.append(programmes.announce(cast, part))
        told += [programmes.fund(cast, part, money) for money in part.appropriations]
        told += [programmes.claim(cast, part, said) for said in part.claims]
        if part.returned is not None:
            told.append(programmes.give_back(cast, part, part.returned))
    told += [service.serve(cast, part, invoice_number(place)) for place, part in enumerate(script.orders, start=1)]
    told += [settling.settle(cast, part) for part in script.batches]
    told += [settling.promise(cast, part) for part in script.targets]
    return told


def invoice_number(place: int) -> str:
    """Twenty digits as a digital invoice has them; no real one has the year 00."""
    return f"0035{place:016d}"
