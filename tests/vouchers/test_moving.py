"""The hot way: few trips to the server, nothing written beside a repeated transfer, no stale rows in the session."""

import factories
import pytest
from sqlalchemy import Engine, func, inspect, select
from sqlalchemy.orm import Session
from voucher_factories import voucher
from wire import trips

from audit.models import AuditEvent
from audit.trail import record
from foundation import locking
from foundation.actors import SYSTEM
from foundation.errors import Conflict
from foundation.identifiers import new_id
from foundation.unit_of_work import unit_of_work
from ledger.accounts import account
from ledger.models import AccountKind, Transfer
from ledger.verification import verify
from vouchers import redemption
from vouchers.models import Voucher, VoucherState
from vouchers.redemption import hold, redeem, release
from vouchers.wallets import wallet


def test_a_hold_and_a_redemption_are_five_trips_each(own_engine: Engine):
    """Begin, lock, read, write, commit. The first time more: the terms are read, the provider's account is opened."""
    with unit_of_work(own_engine) as session:
        _, enterprise, made = voucher(session)
        provider = factories.provider(session)
    # Appropriating asked for the password on a connection of its own: from here on there is one.
    own_engine.dispose()
    counts = []
    for _ in range(2):
        order = new_id()
        for verb, facts in (
            (hold, {"actor": enterprise, "amount": 100}),
            (redeem, {"actor": SYSTEM, "provider_id": provider.id, "claim_id": new_id()}),
        ):
            with trips(own_engine) as told, unit_of_work(own_engine) as session:
                verb(session, voucher_id=made.id, order_id=order, transfer_id=new_id(), **facts)
            counts.append(len(told))
    assert counts[2:] == [5, 5]


def test_the_row_in_the_callers_hands_follows(session: Session):
    _, enterprise, made = voucher(session)
    facts = {"voucher_id": made.id, "order_id": new_id()}
    hold(session, enterprise, amount=400, transfer_id=new_id(), **facts)
    assert "state" in made.__dict__, "known without asking again"
    assert made.state is VoucherState.HELD
    assert not inspect(made).modified
    release(session, enterprise, transfer_id=new_id(), **facts)
    assert made.state is VoucherState.ISSUED


@pytest.mark.parametrize("looked", [True, False])
def test_the_row_forgets_what_a_savepoint_took_back(session: Session, looked):
    _, enterprise, made = voucher(session)
    with pytest.raises(KeyError), session.begin_nested():  # noqa: PT012 - the block is what fails
        hold(session, enterprise, voucher_id=made.id, order_id=new_id(), amount=400, transfer_id=new_id())
        if looked:
            assert made.state is VoucherState.HELD
        raise KeyError
    assert made.state is VoucherState.ISSUED
    assert wallet(session, made).held == 0


def test_what_was_read_before_the_lock_is_read_anew(own_engine: Engine):
    with unit_of_work(own_engine) as session:
        _, enterprise, made = voucher(session)
    facts = {"voucher_id": made.id, "amount": 600}
    with unit_of_work(own_engine) as session:
        known = session.get_one(Voucher, made.id)
        assert known.state is VoucherState.ISSUED
        with unit_of_work(own_engine) as other:
            hold(other, enterprise, order_id=new_id(), transfer_id=new_id(), **facts)
        with pytest.raises(redemption.Exhausted):
            hold(session, enterprise, order_id=new_id(), transfer_id=new_id(), **facts)
        assert known.state is VoucherState.HELD


def test_what_the_session_has_not_written_yet_is_written_first(session: Session):
    _, enterprise, made = voucher(session)
    made.state = VoucherState.REVOKED
    with pytest.raises(Conflict, match="已撤销"):
        hold(session, enterprise, voucher_id=made.id, order_id=new_id(), amount=400, transfer_id=new_id())


def test_an_id_of_another_transfer_writes_nothing_at_all(session: Session):
    _, enterprise, made = voucher(session)
    before = session.scalar(select(func.count()).select_from(AuditEvent))
    taken = session.scalars(select(Transfer.id).limit(1)).one()
    with pytest.raises(Conflict, match="内容不同"):
        hold(session, enterprise, voucher_id=made.id, order_id=new_id(), amount=400, transfer_id=taken)
    assert made.state is VoucherState.ISSUED
    assert session.scalar(select(func.count()).select_from(AuditEvent)) == before
    assert wallet(session, made).available == 1000
    assert verify(session).ok


def test_an_account_that_was_opened_before_is_used(session: Session):
    setting, enterprise, made = voucher(session)
    order = new_id()
    opened = account(session, AccountKind.HOLD, setting.programme.id, order)
    hold(session, enterprise, voucher_id=made.id, order_id=order, amount=400, transfer_id=new_id())
    assert account(session, AccountKind.HOLD, setting.programme.id, order) == opened
    assert wallet(session, made).held == 400
    assert verify(session).ok


def test_the_event_is_as_complete_as_any_other(session: Session):
    _, enterprise, made = voucher(session)
    hold(session, enterprise, voucher_id=made.id, order_id=new_id(), amount=400, transfer_id=new_id())
    (event,) = session.scalars(select(AuditEvent).where(AuditEvent.action == "voucher.hold"))
    usual = record(session, enterprise, "voucher.hold", made, before=event.before, after=event.after)
    session.flush()
    assert event.before == {"state": "issued", "available": 1000, "held": 0}
    assert event.after is not None
    (named,) = event.after["transfers"]
    assert event.after == {"state": "held", "available": 600, "held": 400, "transfers": [named]}
    assert (named["kind"], named["amount"]) == ("hold", 400)
    own = {"id", "sequence", "at"}
    columns = [column.name for column in AuditEvent.__table__.columns if column.name not in own]
    assert {name: getattr(event, name) for name in columns} == {name: getattr(usual, name) for name in columns}
    assert event.sequence < usual.sequence


@pytest.mark.concurrency
def test_a_lock_that_another_holds_is_told_as_everywhere(own_engine: Engine, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(locking, "_PATIENCE", "set_config('lock_timeout', '50ms', true) IS NOT NULL")
    locking._lock_text.cache_clear()
    with unit_of_work(own_engine) as session:
        _, enterprise, made = voucher(session)
    facts = {"voucher_id": made.id, "order_id": new_id(), "amount": 1, "transfer_id": new_id()}
    with unit_of_work(own_engine) as holder:
        locking.lock_row(holder, Voucher, made.id)
        with unit_of_work(own_engine) as session:
            with pytest.raises(Conflict, match="另一位同事"), session.begin_nested():
                hold(session, enterprise, **facts)
            assert session.get_one(Voucher, made.id).state is VoucherState.ISSUED, "the transaction goes on"
    locking._lock_text.cache_clear()
