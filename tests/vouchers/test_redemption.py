"""Hold, release, redeem: each exactly once, on one's own voucher, never more than there is."""

from datetime import timedelta

import factories
import pytest
from clock_jobs import done
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from voucher_factories import claimant, fund, open_programme, voucher

from foundation.actors import SYSTEM, Role
from foundation.clock import at, end_of, travel
from foundation.errors import BadInput, Conflict, Exhausted, NotAllowed, NotFound
from foundation.identifiers import new_id
from ledger.accounts import account
from ledger.models import AccountKind
from ledger.posting import balance
from ledger.verification import verify
from vouchers import jobs
from vouchers.claiming import claim
from vouchers.expiry import expire, expiring
from vouchers.models import VoucherState
from vouchers.queries import vouchers_of
from vouchers.redemption import hold, redeem, release
from vouchers.revoking import reclaim
from vouchers.states import Wallet
from vouchers.wallets import wallet

pytestmark = pytest.mark.clock


@pytest.fixture(scope="module")
def engine(limited_engine):
    """Everything here runs as the database role of web and worker."""
    return limited_engine


def held(session, enterprise, made, amount=400):
    order = new_id()
    hold(session, enterprise, voucher_id=made.id, order_id=order, amount=amount, transfer_id=new_id())
    return order


def test_two_phases_to_the_provider(session: Session):
    setting, enterprise, made = voucher(session)
    provider = factories.provider(session)
    order = held(session, enterprise, made)
    assert made.state is VoucherState.HELD
    assert wallet(session, made) == Wallet(600, 400, 0, 0)
    after = redeem(
        session,
        setting.reviewer,
        claim_id=order,
        voucher_id=made.id,
        order_id=order,
        provider_id=provider.id,
        transfer_id=new_id(),
    )
    assert after == wallet(session, made) == Wallet(600, 0, 400, 0)
    assert made.state is VoucherState.PARTLY_REDEEMED
    payable = account(session, AccountKind.PAYABLE, setting.programme.id, provider.id)
    assert balance(session, payable) == 400
    assert verify(session).ok


def test_release_gives_all_back(session: Session):
    _, enterprise, made = voucher(session)
    order = held(session, enterprise, made, 1000)
    release(session, enterprise, voucher_id=made.id, order_id=order, transfer_id=new_id())
    assert made.state is VoucherState.ISSUED
    assert wallet(session, made) == Wallet(1000, 0, 0, 0)


def test_the_same_call_again_moves_nothing(session: Session):
    setting, enterprise, made = voucher(session)
    order, provider, first, last = new_id(), factories.provider(session), new_id(), new_id()
    for _ in range(5):
        hold(session, enterprise, voucher_id=made.id, order_id=order, amount=400, transfer_id=first)
    for _ in range(5):
        redeem(
            session,
            setting.reviewer,
            claim_id=order,
            voucher_id=made.id,
            order_id=order,
            provider_id=provider.id,
            transfer_id=last,
        )
    assert wallet(session, made) == Wallet(600, 0, 400, 0)


@pytest.mark.parametrize("amount", [400, 399])
def test_an_order_is_held_once(session: Session, amount):
    _, enterprise, made = voucher(session)
    order = held(session, enterprise, made)
    with pytest.raises(Conflict, match="已经占用过"):
        hold(session, enterprise, voucher_id=made.id, order_id=order, amount=amount, transfer_id=new_id())


def test_a_released_order_cannot_take_money_again(session: Session):
    _, enterprise, made = voucher(session)
    order = held(session, enterprise, made)
    release(session, enterprise, voucher_id=made.id, order_id=order, transfer_id=new_id())
    with pytest.raises(Conflict):
        hold(session, enterprise, voucher_id=made.id, order_id=order, amount=400, transfer_id=new_id())


@pytest.mark.parametrize("first", ["release", "redeem"])
@pytest.mark.parametrize("second", ["release", "redeem"])
def test_the_second_phase_happens_once(session: Session, first, second):
    setting, enterprise, made = voucher(session)
    provider = factories.provider(session)
    order = held(session, enterprise, made)
    held(session, enterprise, made, 100)
    deeds = {
        "release": lambda: release(session, setting.officer, voucher_id=made.id, order_id=order, transfer_id=new_id()),
        "redeem": lambda: redeem(
            session,
            setting.officer,
            claim_id=order,
            voucher_id=made.id,
            order_id=order,
            provider_id=provider.id,
            transfer_id=new_id(),
        ),
    }
    deeds[first]()
    with pytest.raises(Conflict):
        deeds[second]()
    assert verify(session).ok


@pytest.mark.parametrize(("amount", "refusal"), [(1001, Exhausted), (0, BadInput), (-5, BadInput), (10**17, Exhausted)])
def test_amounts_that_cannot_be_held(session: Session, amount, refusal):
    _, enterprise, made = voucher(session)
    with pytest.raises(refusal):
        held(session, enterprise, made, amount)
    assert wallet(session, made) == Wallet(1000, 0, 0, 0)


def test_the_last_fen_can_be_held_and_then_nothing(session: Session):
    _, enterprise, made = voucher(session)
    held(session, enterprise, made, 999)
    held(session, enterprise, made, 1)
    with pytest.raises(Exhausted):
        held(session, enterprise, made, 1)


def test_somebody_elses_voucher_is_not_there(session: Session):
    _, _, made = voucher(session)
    with pytest.raises(NotFound):
        held(session, claimant(session), made)


def test_the_order_of_another_voucher_is_not_there(session: Session):
    setting, enterprise, made = voucher(session)
    order = held(session, enterprise, made)
    _, other, another = voucher(session)
    with pytest.raises(NotFound):
        release(session, other, voucher_id=another.id, order_id=order, transfer_id=new_id())
    assert setting.programme.id != another.programme_id


@pytest.mark.parametrize("role", [Role.OFFICER, Role.PROVIDER_MANAGER, Role.PAYER])
def test_nobody_orders_for_an_enterprise(session: Session, role):
    _, _, made = voucher(session)
    with pytest.raises(NotAllowed):
        held(session, factories.actor(session, factories.bureau(session), role), made)


@pytest.mark.parametrize("days", [0, 1])
def test_the_last_day_counts_until_midnight(session: Session, days):
    _, enterprise, made = voucher(session)
    with travel(at(made.expires_on + timedelta(days=days), 23 if days == 0 else 0, 59 if days == 0 else 0)):
        if days:
            with pytest.raises(Conflict, match="过期"):
                held(session, enterprise, made)
        else:
            held(session, enterprise, made)


def test_what_was_held_in_time_is_redeemed_later(session: Session):
    setting, enterprise, made = voucher(session)
    order = held(session, enterprise, made)
    provider = factories.provider(session)
    with travel(at(made.expires_on + timedelta(days=40))):
        redeem(
            session,
            setting.reviewer,
            claim_id=order,
            voucher_id=made.id,
            order_id=order,
            provider_id=provider.id,
            transfer_id=new_id(),
        )
    assert wallet(session, made) == Wallet(600, 0, 400, 0)


def test_what_is_released_on_the_last_day_can_be_used_until_midnight(session: Session):
    setting, enterprise, made = voucher(session)
    order = held(session, enterprise, made, 1000)
    with travel(at(made.expires_on, 23, 59)):
        release(session, SYSTEM, voucher_id=made.id, order_id=order, transfer_id=new_id())
        held(session, enterprise, made, 1000)
    assert wallet(session, made) == Wallet(0, 1000, 0, 0)
    assert balance(session, account(session, AccountKind.POOL, setting.programme.id)) == 0
    assert verify(session).ok


def test_the_clock_takes_nothing_from_a_voucher_on_its_last_day(session: Session):
    """Neither does its list name the voucher, nor does the look under the lock let it go."""
    setting, _, made = voucher(session)
    for moment, taken in ((at(made.expires_on, 23, 59), False), (end_of(made.expires_on), True)):
        with travel(moment):
            assert (session.execute(expiring()).all() == [(setting.programme.id, made.id)]) is taken
            assert expire(session, setting.programme.id, made.id) is taken
    assert wallet(session, made) == Wallet(0, 0, 0, 1000)
    assert verify(session).ok


def test_release_after_the_last_day_goes_on_to_the_pool(session: Session):
    setting, enterprise, made = voucher(session)
    order = held(session, enterprise, made, 1000)
    again = new_id()
    with travel(at(made.expires_on + timedelta(days=1))):
        for _ in range(2):
            release(session, SYSTEM, voucher_id=made.id, order_id=order, transfer_id=again)
    assert made.state is VoucherState.EXPIRED
    assert wallet(session, made) == Wallet(0, 0, 0, 1000)
    assert balance(session, account(session, AccountKind.POOL, setting.programme.id)) == 1000


def test_a_whole_voucher_serves_one_order_and_gives_no_change(session: Session):
    setting, enterprise, made = voucher(session, partial_use=False)
    order = held(session, enterprise, made)
    with pytest.raises(Conflict, match="只能用于一个订单"):
        held(session, enterprise, made, 1)
    provider = factories.provider(session)
    redeem(
        session,
        setting.reviewer,
        claim_id=order,
        voucher_id=made.id,
        order_id=order,
        provider_id=provider.id,
        transfer_id=new_id(),
    )
    assert made.state is VoucherState.USED_RECLAIMED
    assert wallet(session, made) == Wallet(0, 0, 400, 600)
    assert balance(session, account(session, AccountKind.POOL, setting.programme.id)) == 600


@pytest.mark.parametrize("kind", ["hold", "release", "redeem"])
def test_the_database_itself_refuses_a_second_time(session: Session, kind):
    _, enterprise, made = voucher(session)
    order = held(session, enterprise, made)
    provider = factories.provider(session)
    if kind == "release":
        release(session, enterprise, voucher_id=made.id, order_id=order, transfer_id=new_id())
    if kind == "redeem":
        redeem(
            session,
            SYSTEM,
            claim_id=order,
            voucher_id=made.id,
            order_id=order,
            provider_id=provider.id,
            transfer_id=new_id(),
        )
    with pytest.raises(IntegrityError, match="uq_ledger_transfers_once"), session.begin_nested():
        session.execute(
            text(
                "INSERT INTO ledger_transfers (id, source_id, target_id, amount, kind, programme_id, subject_type, "
                "subject_id, posted_at) SELECT gen_random_uuid(), source_id, target_id, amount, kind, programme_id, "
                "subject_type, subject_id, posted_at FROM ledger_transfers WHERE kind = :k"
            ),
            {"k": kind},
        )


@pytest.mark.parametrize(("used", "state"), [(True, VoucherState.USED_EXPIRED), (False, VoucherState.EXPIRED)])
def test_a_voucher_that_ended_while_an_order_held_a_part_says_how(session: Session, used, state):
    """The rest expired first; what the order does afterwards does not turn that into something else."""
    setting, enterprise, made = voucher(session)
    order = held(session, enterprise, made)
    with travel(at(made.expires_on + timedelta(days=1))):
        assert done(session, jobs.every_night) == 1
        assert made.state is VoucherState.HELD
        facts = {"voucher_id": made.id, "order_id": order, "transfer_id": new_id()}
        if used:
            redeem(session, setting.officer, claim_id=order, provider_id=factories.provider(session).id, **facts)
        else:
            release(session, SYSTEM, **facts)
    assert made.state is state


def test_a_return_lets_the_line_move_up(session: Session):
    setting = open_programme(session, money=1000, cap_per_enterprise=1000)
    first, second = claimant(session), claimant(session)
    claim(session, first, programme_id=setting.programme.id)
    waiting = claim(session, second, programme_id=setting.programme.id)
    assert waiting.state.value == "waiting"
    (made,) = vouchers_of(session, first).rows
    reclaim(
        session, setting.officer, voucher_id=made.id, reason="停产", transfer_id=new_id(), password=factories.PASSWORD
    )
    assert made.state is VoucherState.RECLAIMED
    assert waiting.state.value == "allotted"
    assert fund(session, setting, 1) == 0
    assert verify(session).ok
