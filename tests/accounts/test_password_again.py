"""The password asked for again: counted for good and one by one, apart from signing in, cleared by the right one."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from datetime import timedelta
from threading import Barrier

import pytest
from claim_cases import claimed
from factories import PASSWORD, actor_of, bureau, member, treasury
from flask.testing import FlaskClient
from order_cases import Scene
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from accounts import lockout, passwords
from accounts.models import PasswordAttempts, SignIn, User
from accounts.passwords import confirmed_lately, recently_confirmed, reconfirmed
from audit.models import AuditEvent
from files.store import FolderStore, using
from foundation.actors import Role
from foundation.clock import now, travel
from foundation.errors import DomainError, NotAllowed
from foundation.locking import without_locks
from foundation.unit_of_work import run_afterwards, unit_of_work
from orders.models import OrderState

pytestmark = pytest.mark.clock

WRONG = "not the password"
GUESSES = 12


@pytest.mark.concurrency
@pytest.mark.parametrize("locked", [True, False])
def test_guesses_at_once_are_not_all_looked_at(
    own_engine: Engine, monkeypatch: pytest.MonkeyPatch, *, locked: bool
) -> None:
    """Without the lock each reads the same count before any writes it: that shows that the race is a real one."""
    with unit_of_work(own_engine) as session:
        person = actor_of(member(session, treasury(session), Role.BUDGET_HOLDER))
        # The row is there, so that guesses without the lock count in it rather than stumble over each other's new ones.
        session.add(PasswordAttempts(user_id=person.user_id, failures=0))
    looked_at = []
    monkeypatch.setattr(passwords, "matches", lambda *_: looked_at.append(1))
    if not locked:
        barrier, read = Barrier(GUESSES), lockout.select

        def slow(*columns: object) -> object:
            barrier.wait(20)
            return read(*columns)

        # All wait for each other just before they read the count.
        monkeypatch.setattr(lockout, "select", slow)

    def guess(_number: int) -> None:
        with (
            nullcontext() if locked else without_locks(),
            unit_of_work(own_engine) as session,
            pytest.raises(DomainError),
        ):
            reconfirmed(session, person, WRONG)

    with ThreadPoolExecutor(GUESSES) as pool:
        list(pool.map(guess, range(GUESSES)))
    assert len(looked_at) == lockout.FAILURES if locked else len(looked_at) > lockout.FAILURES


def test_a_right_one_clears_the_count(session: Session) -> None:
    person = actor_of(member(session, treasury(session), Role.BUDGET_HOLDER))
    for _ in range(3):
        for _ in range(lockout.FAILURES - 1):
            with pytest.raises(NotAllowed, match="密码不正确"):
                reconfirmed(session, person, WRONG)
        reconfirmed(session, person, PASSWORD)


def test_the_fifth_locks_for_a_while_and_stands_in_the_trail(session: Session) -> None:
    person = actor_of(member(session, treasury(session), Role.BUDGET_HOLDER))
    for _ in range(lockout.FAILURES):
        with pytest.raises(NotAllowed, match="密码不正确"):
            reconfirmed(session, person, WRONG)
    with pytest.raises(NotAllowed, match="多次不正确"):
        reconfirmed(session, person, PASSWORD)
    run_afterwards(session)
    told = session.scalars(select(AuditEvent.action).where(AuditEvent.subject_id == person.user_id)).all()
    assert told == ["users.password_locked"]
    with travel(now() + lockout.LOCK + timedelta(seconds=1)):
        reconfirmed(session, person, PASSWORD)


def test_a_stranger_who_locks_signing_in_stops_nobody_at_work(session: Session, client: FlaskClient) -> None:
    membership = member(session, treasury(session), Role.BUDGET_HOLDER)
    session.commit()
    for _ in range(lockout.FAILURES):
        client.post("/sign-in", data={"email": membership.user.email, "password": WRONG})
    session.expire_all()
    assert lockout.locked(session.get_one(User, membership.user_id))
    reconfirmed(session, actor_of(membership), PASSWORD)


def test_slips_at_work_lock_no_signing_in(session: Session) -> None:
    membership = member(session, treasury(session), Role.BUDGET_HOLDER)
    for _ in range(lockout.FAILURES):
        with pytest.raises(NotAllowed):
            reconfirmed(session, actor_of(membership), WRONG)
    user = session.get_one(User, membership.user_id)
    assert (user.failed_sign_ins, user.locked_until) == (0, None)


def test_one_of_the_last_ten_minutes_counts_where_many_deeds_follow_each_other(session: Session) -> None:
    person = actor_of(member(session, bureau(session), Role.OFFICER))
    confirmed_lately(session, person, "")
    with travel(now() + timedelta(minutes=11)):
        assert not recently_confirmed(session, person)
        with pytest.raises(NotAllowed):
            confirmed_lately(session, person, "")
        confirmed_lately(session, person, PASSWORD)
        assert recently_confirmed(session, person)
        confirmed_lately(session, person, "")


def test_the_case_asks_only_where_none_was_given_lately(session: Session, sign_in, tmp_path) -> None:
    with using(FolderStore(tmp_path / "files")):
        scene = Scene(session)
        order = claimed(scene)
        membership = member(session, scene.bureau, Role.OFFICER)
        browser = sign_in(membership)
        assert 'name="verify-password"' not in browser.get(f"/claims/{order.number}").text
        row = session.scalars(select(SignIn).where(SignIn.user_id == membership.user_id)).one()
        row.password_at = now() - timedelta(minutes=11)
        session.commit()
        page = browser.get(f"/claims/{order.number}").text
        assert 'name="verify-password"' in page
        assert 'name="reject-password"' in page
        told = browser.post(f"/claims/{order.number}/verify", data={"verify-note": "已核对原件"})
        assert (told.status_code, "密码不正确" in told.text) == (403, True)
        facts = {"verify-note": "已核对原件", "verify-password": PASSWORD}
        assert browser.post(f"/claims/{order.number}/verify", data=facts).status_code == 303
        session.refresh(order)
        assert order.state is OrderState.VERIFIED
        session.refresh(row)
        assert now() - row.password_at < timedelta(minutes=1)
