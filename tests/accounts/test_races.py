"""Threads against real PostgreSQL: guesses at once are counted one by one, a code at once lets one browser in."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from datetime import timedelta
from threading import Barrier
from uuid import UUID

import pytest
from factories import KEYS, authenticator, bureau, code_of, enterprise, member
from sqlalchemy import Engine

from accounts import second_factor, signing_in
from accounts.models import Membership, SignIn, User
from accounts.sealed_secrets import SecretKeys
from foundation.actors import Role
from foundation.clock import now
from foundation.errors import DomainError
from foundation.locking import without_locks
from foundation.unit_of_work import unit_of_work

pytestmark = [pytest.mark.concurrency, pytest.mark.clock]

GUESSES = 4


def person_in(engine: Engine, role: Role) -> Membership:
    with unit_of_work(engine) as session:
        return member(session, bureau(session) if role is Role.OFFICER else enterprise(session), role)


@pytest.mark.parametrize("locked", [True, False])
def test_guesses_at_once_are_all_counted(own_engine: Engine, monkeypatch: pytest.MonkeyPatch, locked: bool) -> None:
    """Without the lock each would read the same count before any writes it: that shows that the race is a real one."""
    person = person_in(own_engine, Role.ENTERPRISE_MANAGER)
    barrier = Barrier(GUESSES)

    def slow(_user: User | None, _password: str) -> bool:
        if not locked:
            barrier.wait(10)
        return False

    monkeypatch.setattr(signing_in, "matches", slow)

    def guess(number: int) -> None:
        with (
            nullcontext() if locked else without_locks(),
            unit_of_work(own_engine) as session,
            pytest.raises(DomainError, match="不正确"),
        ):
            signing_in.check(session, email=person.user.email, password=f"guess {number}")

    with ThreadPoolExecutor(GUESSES) as pool:
        list(pool.map(guess, range(GUESSES)))
    with unit_of_work(own_engine) as session:
        counted = session.get_one(User, person.user_id).failed_sign_ins
    assert counted == GUESSES if locked else counted < GUESSES


@pytest.mark.parametrize("locked", [True, False])
def test_a_code_at_once_lets_one_in(own_engine: Engine, monkeypatch: pytest.MonkeyPatch, locked: bool) -> None:
    person = person_in(own_engine, Role.OFFICER)
    with unit_of_work(own_engine) as session:
        user = session.get_one(User, person.user_id)
        authenticator(user)
        rows = [
            SignIn(
                token_hash=str(number),
                user_id=user.id,
                membership_id=person.id,
                created_at=now(),
                last_seen_at=now(),
                ends_at=now() + timedelta(hours=12),
                password_at=now(),
            )
            for number in range(GUESSES)
        ]
        session.add_all(rows)
    barrier = Barrier(GUESSES)
    find_step = second_factor._matching_step

    def slow(user: User, code: str, keys: SecretKeys) -> int | None:
        found = find_step(user, code, keys)
        if not locked:
            barrier.wait(10)
        return found

    monkeypatch.setattr(second_factor, "_matching_step", slow)
    code = code_of(user)

    def enter(row_id: UUID) -> bool:
        with nullcontext() if locked else without_locks(), unit_of_work(own_engine) as session:
            try:
                second_factor.confirm(session, session.get_one(SignIn, row_id), code, KEYS)
            except DomainError:
                return False
            return True

    with ThreadPoolExecutor(GUESSES) as pool:
        let_in = list(pool.map(enter, [row.id for row in rows])).count(True)
    assert let_in == 1 if locked else let_in > 1
