"""A programme, its line, vouchers and ledger driven at random against a plain Python model that knows nothing of them."""

from contextlib import nullcontext
from datetime import timedelta
from uuid import UUID

import factories
import pytest
from clock_jobs import done
from examples import examples
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import Engine, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from voucher_factories import claimant, fund, open_programme

from enterprises.models import TitleLevel
from foundation.actors import SYSTEM
from foundation.clock import at, day_of, now, stopped, travel
from foundation.errors import DomainError
from foundation.identifiers import new_id
from ledger.verification import verify
from vouchers import jobs, money
from vouchers.claiming import claim
from vouchers.models import Voucher, VoucherClaim
from vouchers.redemption import hold, redeem, release
from vouchers.revoking import reclaim
from vouchers.taking_back import undo_redemption
from vouchers.wallets import wallets

pytestmark = pytest.mark.clock

CAP = 100
ENTERPRISES = 5


class Model:
    """The same rules in the plainest way: pockets of money, a list for the line."""

    def __init__(self) -> None:
        self.pool = self.appropriated = self.payable = 0
        self.line: list[tuple[float, int, int, int, int]] = []
        self.pressed = 0
        self.vouchers: list[dict[str, int]] = []
        self.orders: list[dict[str, int | str]] = []

    def used(self, enterprise: int) -> int:
        return sum(one["face"] - one["returned"] for one in self.vouchers if one["enterprise"] == enterprise)

    def claim(self, enterprise: int, second: float, priority: int) -> bool:
        if self.used(enterprise) >= CAP or any(one[3] == enterprise for one in self.line):
            return False
        self.pressed += 1
        # What is asked for is what the cap leaves at that moment; money that comes back later does not add to it.
        self.line.append((second, priority, self.pressed, enterprise, CAP - self.used(enterprise)))
        self.serve()
        return True

    def serve(self) -> None:
        while self.line and self.pool:
            self.line.sort()
            *_, enterprise, requested = self.line.pop(0)
            amount = min(requested, CAP - self.used(enterprise), self.pool)
            self.pool -= amount
            self.vouchers.append({"enterprise": enterprise, "face": amount, "free": amount, "held": 0, "returned": 0})

    def hold(self, index: int, amount: int) -> bool:
        voucher = self.vouchers[index]
        if amount > voucher["free"]:
            return False
        voucher["free"] -= amount
        voucher["held"] += amount
        self.orders.append({"voucher": index, "amount": amount, "state": "held"})
        return True

    def end(self, index: int, how: str) -> bool:
        order = self.orders[index]
        if order["state"] != "held":
            return False
        voucher = self.vouchers[int(order["voucher"])]
        order["state"] = how
        voucher["held"] -= int(order["amount"])
        if how == "release":
            voucher["free"] += int(order["amount"])
        else:
            self.payable += int(order["amount"])
        return True

    def undo(self, index: int) -> bool:
        order = self.orders[index]
        if order["state"] != "redeem":
            return False
        order["state"] = "held"
        self.vouchers[int(order["voucher"])]["held"] += int(order["amount"])
        self.payable -= int(order["amount"])
        return True

    def give_back(self, index: int) -> bool:
        voucher = self.vouchers[index]
        amount, voucher["free"] = voucher["free"], 0
        voucher["returned"] += amount
        self.pool += amount
        self.serve()
        return amount > 0


class Machine(RuleBasedStateMachine):
    """Each step is done by the verbs and by the model; both must agree on yes or no, and on every pocket."""

    engine: Engine

    @initialize()
    def start(self) -> None:
        self.connection = self.engine.connect()
        self.transaction = self.connection.begin()
        self.session = Session(self.connection, join_transaction_mode="create_savepoint", expire_on_commit=False)
        self.model, self.ticks, self.vouchers, self.orders = Model(), 0, [], []
        self.began = now().replace(microsecond=0)
        self.setting = open_programme(self.session, cap_per_enterprise=CAP)
        titles = [TitleLevel.LITTLE_GIANT, *[TitleLevel.SRDI] * (ENTERPRISES - 1)]
        self.enterprises = [claimant(self.session, title) for title in titles]
        self.provider = factories.provider(self.session)

    def teardown(self) -> None:
        if not hasattr(self, "session"):
            return
        moments = self.session.scalars(text("SELECT DISTINCT posted_at FROM ledger_transfers ORDER BY 1")).all()
        assert verify(self.session).ok
        for moment in moments[:: max(1, len(moments) // 20)]:
            report = verify(self.session, at=moment)
            assert report.ok, report.faults
        self.give_back_the_connection()

    def give_back_the_connection(self) -> None:
        self.session.close()
        self.transaction.rollback()
        self.connection.close()

    def agree(self, expected: bool, deed) -> None:
        """Do it a tick later; the verb must succeed exactly when the model does."""
        self.ticks += 1
        done = True
        try:
            with stopped(self.began + timedelta(seconds=self.ticks / 4)), self.session.begin_nested():
                deed()
        except DomainError:
            done = False
        assert done is expected
        self.vouchers.extend(
            self.session.query(Voucher)
            .join(VoucherClaim)
            .filter(Voucher.id.not_in([one.id for one in self.vouchers]))
            .order_by(VoucherClaim.decided_at, VoucherClaim.queued_at, VoucherClaim.priority, VoucherClaim.id)
        )

    @rule(amount=st.integers(1, 250))
    def appropriate(self, amount: int) -> None:
        self.model.pool += amount
        self.model.appropriated += amount
        self.model.serve()
        self.agree(expected=True, deed=lambda: fund(self.session, self.setting, amount))

    @rule(who=st.integers(0, ENTERPRISES - 1))
    def claim(self, who: int) -> None:
        moment = self.began + timedelta(seconds=(self.ticks + 1) / 4)
        expected = self.model.claim(who, moment.replace(microsecond=0).timestamp(), 0 if who == 0 else 1)
        programme = self.setting.programme.id
        self.agree(expected, lambda: claim(self.session, self.enterprises[who], programme_id=programme))

    @precondition(lambda self: self.vouchers)
    @rule(pick=st.integers(0, 99), amount=st.integers(1, 120), times=st.integers(1, 2))
    def hold(self, pick: int, amount: int, times: int) -> None:
        index = pick % len(self.vouchers)
        voucher, order, transfer = self.vouchers[index], new_id(), new_id()
        expected = self.model.hold(index, amount)
        if expected:
            self.orders.append(order)
        owner = self.enterprises[self.model.vouchers[index]["enterprise"]]
        facts = {"voucher_id": voucher.id, "order_id": order, "amount": amount, "transfer_id": transfer}
        for _ in range(times):
            self.agree(expected, lambda: hold(self.session, owner, **facts))

    @precondition(lambda self: self.orders)
    @rule(pick=st.integers(0, 99), how=st.sampled_from(["release", "redeem"]))
    def end(self, pick: int, how: str) -> None:
        index = pick % len(self.orders)
        voucher: UUID = self.vouchers[int(self.model.orders[index]["voucher"])].id
        facts = {"voucher_id": voucher, "order_id": self.orders[index], "transfer_id": new_id()}
        expected = self.model.end(index, how)
        if how == "release":
            self.agree(expected, lambda: release(self.session, SYSTEM, **facts))
        else:
            self.agree(
                expected,
                lambda: redeem(self.session, SYSTEM, claim_id=facts["order_id"], provider_id=self.provider.id, **facts),
            )

    @precondition(lambda self: self.orders)
    @rule(pick=st.integers(0, 99))
    def undo(self, pick: int) -> None:
        index = pick % len(self.orders)
        voucher: UUID = self.vouchers[int(self.model.orders[index]["voucher"])].id
        expected = self.model.undo(index)
        facts = {"voucher_id": voucher, "order_id": self.orders[index]}
        self.agree(
            expected, lambda: undo_redemption(self.session, self.setting.reviewer, claim_id=facts["order_id"], **facts)
        )

    @precondition(lambda self: self.vouchers)
    @rule(pick=st.integers(0, 99))
    def take_back(self, pick: int) -> None:
        index = pick % len(self.vouchers)
        voucher = self.vouchers[index]
        expected = self.model.give_back(index)
        facts = {"voucher_id": voucher.id, "reason": "收回", "transfer_id": new_id(), "password": factories.PASSWORD}
        self.agree(expected, lambda: reclaim(self.session, self.setting.officer, **facts))

    @invariant()
    def every_pocket_agrees(self) -> None:
        if not hasattr(self, "session"):
            return
        assert len(self.vouchers) == len(self.model.vouchers)
        found = wallets(self.session, self.vouchers)
        for voucher, expected in zip(self.vouchers, self.model.vouchers, strict=True):
            amounts = found[voucher.id]
            assert voucher.enterprise_id == self.enterprises[expected["enterprise"]].organisation_id
            assert (amounts.available, amounts.held, amounts.returned, amounts.face) == (
                expected["free"],
                expected["held"],
                expected["returned"],
                expected["face"],
            )
        stations = {one.kind.value: one.amount for one in money.flow(self.session, self.setting.programme.id)}
        assert (stations["treasury"], stations["pool"], stations["payable"]) == (
            self.model.appropriated,
            self.model.pool,
            self.model.payable,
        )


def test_a_claim_gets_what_it_asked_for_and_not_what_came_back_meanwhile(engine: Engine) -> None:
    """Found by the machine on a long walk: 94 of 100 claimed, five more, the last one waits while 72 come back."""
    machine = type("Machine", (Machine,), {"engine": engine})()
    machine.start()
    try:
        for step in (
            lambda: machine.appropriate(amount=94),
            lambda: machine.claim(who=0),
            lambda: machine.hold(pick=0, amount=22, times=1),
            lambda: machine.appropriate(amount=5),
            lambda: machine.claim(who=0),
            lambda: machine.claim(who=0),
            lambda: machine.take_back(pick=0),
        ):
            step()
            machine.every_pocket_agrees()
        assert [one["face"] for one in machine.model.vouchers] == [94, 5, 1]
    finally:
        machine.give_back_the_connection()


def test_the_verbs_agree_with_the_model(engine: Engine):
    machine = type("Machine", (Machine,), {"engine": engine})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples(25), stateful_step_count=50, database=None, suppress_health_check=list(HealthCheck)
        ),
    )


def nothing(*_facts: object) -> None:
    """A check that was forgotten."""


PLANTED = {
    # The second phase twice: only the ledger's unique index still stands in the way.
    "second phase twice": (
        ["_ensure_undecided", "_repeated"],
        [
            lambda machine: machine.appropriate(amount=100),
            lambda machine: machine.claim(who=1),
            lambda machine: machine.hold(pick=0, amount=40, times=1),
            # A second order keeps the voucher held, so that its state lets another release through.
            lambda machine: machine.hold(pick=0, amount=50, times=1),
            lambda machine: machine.end(pick=0, how="release"),
            lambda machine: machine.end(pick=0, how="release"),
        ],
    ),
    # Money comes back, and whoever waits in line is forgotten: the model's line has moved up.
    "nobody moves up": (
        ["allot"],
        [
            lambda machine: machine.appropriate(amount=100),
            lambda machine: machine.claim(who=1),
            lambda machine: machine.claim(who=2),
            lambda machine: machine.take_back(pick=0),
        ],
    ),
}


@pytest.mark.parametrize("bug", PLANTED)
@pytest.mark.parametrize("planted", [True, False])
def test_the_machine_finds_a_planted_bug(engine: Engine, bug, planted, monkeypatch):
    """The machine is itself tested: steps on which it agrees must fail with a mistake planted."""
    names, steps = PLANTED[bug]
    machine = type("Machine", (Machine,), {"engine": engine})()
    machine.start()
    try:
        for step in steps[:-1]:
            step(machine)
            machine.every_pocket_agrees()
        for name in names if planted else []:
            monkeypatch.setattr(f"vouchers.redemption.{name}", nothing)
        with pytest.raises((AssertionError, IntegrityError)) if planted else nullcontext():
            steps[-1](machine)
            machine.every_pocket_agrees()
    finally:
        machine.give_back_the_connection()


def test_expiry_ends_the_machines_world(engine: Engine):
    """After the last day all that is free goes back, whatever happened before."""
    with engine.connect() as connection:
        transaction = connection.begin()
        session = Session(connection, join_transaction_mode="create_savepoint", expire_on_commit=False)
        setting = open_programme(session, money=450, cap_per_enterprise=CAP)
        enterprises = [claimant(session) for _ in range(ENTERPRISES)]
        for one in enterprises:
            claim(session, one, programme_id=setting.programme.id)
        with travel(at(day_of(setting.programme.versions[-1].created_at) + timedelta(days=91))):
            assert done(session, jobs.every_night) == ENTERPRISES
        assert money.pool(session, setting.programme.id) == 450
        assert verify(session).ok
        session.close()
        transaction.rollback()
