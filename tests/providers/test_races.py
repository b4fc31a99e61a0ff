"""Two people with the same page before them: one decides, the other is told."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from threading import Barrier

import pytest
from provider_cases import People
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from audit.models import AuditEvent
from foundation.errors import Conflict
from foundation.locking import without_locks
from foundation.unit_of_work import unit_of_work
from providers import price_review
from providers.models import OfferingVersion

pytestmark = pytest.mark.concurrency


def approvals(engine, switch) -> int:
    """How often one version is approved by two people at once."""
    with unit_of_work(engine) as session:
        people = People(session, certified=True)
        version_id = people.in_review().id
    start = Barrier(2)

    def approve(actor) -> None:
        with Session(engine) as session, switch():
            version = session.get_one(OfferingVersion, version_id)
            start.wait(10)
            try:
                price_review.approve(session, actor, version)
            except Conflict:
                return
            session.commit()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(approve, (people.officer, people.reviewer)))
    with unit_of_work(engine) as session:
        query = select(func.count()).where(AuditEvent.subject_id == version_id, AuditEvent.action == "offering.approve")
        return session.scalar(query) or 0


def test_one_version_is_approved_once(own_engine):
    assert approvals(own_engine, nullcontext) == 1


def test_positive_control_without_locks_it_is_approved_twice(own_engine, monkeypatch):
    # Both have read the state before either of them writes.
    both_have_read = Barrier(2)
    certified = price_review.is_certified

    def wait(*arguments) -> bool:
        both_have_read.wait(10)
        return certified(*arguments)

    monkeypatch.setattr(price_review, "is_certified", wait)
    assert approvals(own_engine, without_locks) == 2
