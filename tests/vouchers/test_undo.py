"""A wrong redemption is taken back by the linked opposite transfer, and the order's money can then go either way."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import factories
import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from voucher_factories import fund, voucher

from foundation.actors import SYSTEM, Role
from foundation.clock import at, travel
from foundation.errors import Conflict, NotAllowed
from foundation.identifiers import new_id
from ledger.accounts import account
from ledger.models import AccountKind, Transfer
from ledger.posting import Posting, balance, post
from ledger.verification import verify
from vouchers.claiming import claim
from vouchers.eligibility import committed
from vouchers.models import VoucherState
from vouchers.redemption import hold, redeem, release
from vouchers.states import Wallet
from vouchers.taking_back import undo_redemption
from vouchers.wallets import wallet

pytestmark = pytest.mark.clock


class Redeemed:
    """A voucher of 1000 fen of which an order of 400 is redeemed."""

    def __init__(self, session: Session, **changes: Any) -> None:
        self.session = session
        self.setting, self.enterprise, self.voucher = voucher(session, **changes)
        self.order, self.provider = new_id(), factories.provider(session)
        self.facts = {"voucher_id": self.voucher.id, "order_id": self.order}
        hold(session, self.enterprise, amount=400, transfer_id=new_id(), **self.facts)
        self.redeem()

    def redeem(self, transfer_id: UUID | None = None) -> None:
        redeem(
            self.session,
            SYSTEM,
            claim_id=self.order,
            provider_id=self.provider.id,
            transfer_id=transfer_id or new_id(),
            **self.facts,
        )

    def undo(self) -> Wallet:
        return undo_redemption(self.session, self.setting.reviewer, claim_id=self.order, **self.facts)

    def at(self, kind: AccountKind, owner: UUID | None = None) -> int:
        return balance(self.session, account(self.session, kind, self.setting.programme.id, owner))

    @property
    def payable(self) -> int:
        return self.at(AccountKind.PAYABLE, self.provider.id)


def test_the_money_is_held_for_the_order_again(session: Session) -> None:
    case = Redeemed(session)
    assert case.undo() == wallet(session, case.voucher) == Wallet(600, 400, 0, 0)
    assert (case.voucher.state, case.payable) == (VoucherState.HELD, 0)
    undo = session.scalars(select(Transfer).where(Transfer.kind == "undo_redeem")).one()
    assert undo.reverses_id is not None
    assert session.get_one(Transfer, undo.reverses_id).kind == "redeem"
    with pytest.raises(Conflict, match="没有核销"):
        case.undo()
    assert verify(session).ok


def test_it_can_be_redeemed_and_undone_again(session: Session) -> None:
    case = Redeemed(session)
    for _ in range(3):
        case.undo()
        again = new_id()
        case.redeem(again)
        case.redeem(again)
        with pytest.raises(Conflict, match="已经核销"):
            case.redeem()
        assert case.payable == 400
    assert wallet(session, case.voucher) == Wallet(600, 0, 400, 0)
    assert verify(session).ok


def test_it_can_be_released_instead_and_only_once(session: Session) -> None:
    case = Redeemed(session)
    case.undo()
    release(session, case.enterprise, transfer_id=new_id(), **case.facts)
    assert wallet(session, case.voucher) == Wallet(1000, 0, 0, 0)
    for again in (case.redeem, case.undo, lambda: release(session, SYSTEM, transfer_id=new_id(), **case.facts)):
        with pytest.raises(Conflict):
            again()
    assert verify(session).ok


def test_a_whole_voucher_gets_its_rest_back_from_the_pool(session: Session) -> None:
    case = Redeemed(session, partial_use=False)
    assert wallet(session, case.voucher) == Wallet(0, 0, 400, 600)
    assert case.undo() == wallet(session, case.voucher) == Wallet(600, 400, 0, 0)
    assert case.at(AccountKind.POOL) == 0
    case.redeem()
    assert wallet(session, case.voucher) == Wallet(0, 0, 400, 600)
    assert verify(session).ok


def test_the_rest_comes_back_until_the_last_minute_of_the_vouchers_last_day(session: Session) -> None:
    case = Redeemed(session, partial_use=False)
    with travel(at(case.voucher.expires_on, 23, 58)):
        assert case.undo() == wallet(session, case.voucher) == Wallet(600, 400, 0, 0)
    assert case.at(AccountKind.POOL) == 0
    assert verify(session).ok


@pytest.mark.parametrize("why", ["given out again", "expired"])
def test_the_rest_stays_where_it_went_when_it_is_gone_or_the_voucher_is_over(session: Session, why: str) -> None:
    case = Redeemed(session, partial_use=False)
    day = case.voucher.expires_on + timedelta(days=1)
    if why == "given out again":
        pool = account(session, AccountKind.POOL, case.setting.programme.id)
        elsewhere = account(session, AccountKind.VOUCHER, case.setting.programme.id, new_id())
        subject = ("programmes", case.setting.programme.id)
        post(session, SYSTEM, [Posting(new_id(), pool, elsewhere, 1, "issue", case.setting.programme.id, *subject)])
    else:
        fund(session, case.setting, 5)
    with travel(at(day if why == "expired" else day - timedelta(days=1))):
        assert case.undo() == Wallet(0, 400, 0, 600)
    assert verify(session).ok


def test_only_the_bureaus_officers_and_reviewers(session: Session) -> None:
    case = Redeemed(session)
    paying = factories.actor(session, factories.treasury(session), Role.BUDGET_HOLDER)
    for person in (paying, case.setting.budget_holder, SYSTEM):
        with pytest.raises(NotAllowed):
            undo_redemption(session, person, claim_id=case.order, **case.facts)
    assert case.payable == 400


def test_the_database_itself_refuses_a_redemption_that_reverses_nothing(session: Session) -> None:
    case = Redeemed(session)
    case.undo()
    session.flush()
    with pytest.raises(IntegrityError, match="uq_ledger_transfers_once"), session.begin_nested():
        session.execute(
            text(
                "INSERT INTO ledger_transfers (id, source_id, target_id, amount, kind, programme_id, subject_type, "
                "subject_id, posted_at) SELECT gen_random_uuid(), source_id, target_id, amount, kind, programme_id, "
                "subject_type, subject_id, posted_at FROM ledger_transfers WHERE kind = 'redeem'"
            )
        )


def test_what_came_back_onto_the_voucher_counts_against_the_cap(session: Session) -> None:
    """The rest of a whole voucher was in the pool for a while, and is on the voucher again: nothing is left to claim."""
    case = Redeemed(session, partial_use=False)
    programme = case.setting.programme.id
    assert committed(session, programme, [case.voucher.enterprise_id]) == {case.voucher.enterprise_id: 400}
    case.undo()
    assert committed(session, programme, [case.voucher.enterprise_id]) == {case.voucher.enterprise_id: 1000}


def test_the_rest_that_the_enterprise_claimed_again_does_not_come_back_too(session: Session) -> None:
    """Else it would have more of the programme on its vouchers than the cap allows."""
    case = Redeemed(session, partial_use=False)
    programme = case.setting.programme.id
    claim(session, case.enterprise, programme_id=programme)
    fund(session, case.setting, 5000)
    assert case.undo() == Wallet(0, 400, 0, 600)
    assert committed(session, programme, [case.voucher.enterprise_id]) == {case.voucher.enterprise_id: 1000}
    assert verify(session).ok
