"""Two hosts whose clocks are minutes apart: money moves in the ledger's own order, and every proof holds."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from datetime import timedelta

import factories as make
import pytest
from claim_cases import PUBLIC, Office, claimed, contradictions, proven, redeem_claim
from factories import PASSWORD
from order_cases import Scene
from races import prepared, race
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session
from voucher_factories import claimant, fund, open_programme

from audit.seals import seal
from audit.verification import verify as verify_audit
from foundation.actors import SYSTEM
from foundation.clock import at, now, today, travel
from foundation.identifiers import new_id
from foundation.unit_of_work import unit_of_work
from ledger.models import Transfer
from ledger.verification import verify
from settlement.approval import approve, outstanding
from settlement.batches import review
from settlement.payments import pay
from vouchers.claiming import allot, claim
from vouchers.models import ClaimState, Voucher, VoucherClaim
from vouchers.redemption import hold, redeem

pytestmark = pytest.mark.clock

APART = timedelta(minutes=4)


@pytest.fixture(autouse=True)
def _noon() -> Iterator[None]:
    """No host is on another day."""
    with travel(at(today(), 12)):
        yield


def right() -> AbstractContextManager[None]:
    """The host whose clock is right."""
    return travel(now())


def slow() -> AbstractContextManager[None]:
    """The host whose clock is minutes behind."""
    return travel(now() - APART)


def ensure_straight(session: Session, kinds: list[str]) -> None:
    """The transfers are numbered as they happened though their clocks say otherwise, and all proofs hold, now and then."""
    session.flush()
    rows = session.execute(select(Transfer.kind, Transfer.posted_at).order_by(Transfer.sequence)).all()
    assert [row.kind for row in rows] == kinds
    moments = [row.posted_at for row in rows]
    assert moments != sorted(moments), "the clocks must tell another order, or nothing is shown"
    assert proven(session)
    for moment in {*moments, min(moments) - APART, *(each + timedelta(seconds=30) for each in moments)}:
        assert verify(session, at=moment).faults == []


def test_a_voucher_is_issued_used_and_redeemed(session: Session) -> None:
    setting, enterprise = open_programme(session, cap_per_enterprise=1000), claimant(session)
    provider = make.provider(session)
    with right():
        fund(session, setting, 5000)
    with slow():
        claim(session, enterprise, programme_id=setting.programme.id)
        allot(session, setting.programme.id)
    voucher = session.scalars(select(Voucher)).one()
    with right():
        facts = {"voucher_id": voucher.id, "order_id": new_id()}
        hold(session, enterprise, amount=400, transfer_id=new_id(), **facts)
    with slow():
        other = {"voucher_id": voucher.id, "order_id": new_id()}
        hold(session, enterprise, amount=600, transfer_id=new_id(), **other)
        redeem(session, SYSTEM, claim_id=facts["order_id"], provider_id=provider.id, transfer_id=new_id(), **facts)
    ensure_straight(session, ["appropriate", "issue", "hold", "hold", "redeem"])


@pytest.mark.parametrize(("odd", "even"), [(right, slow), (slow, right)])
def test_a_claim_is_settled_and_paid(session: Session, odd, even) -> None:
    scene = Scene(session)
    office = Office(session, scene)
    with odd():
        voucher = scene.voucher()
    with even():
        order = claimed(scene, voucher)
    with odd():
        redeem_claim(scene, order)
    with even():
        number = office.batch().number
    with odd():
        batch = review(session, office.maker, number)
    with even():
        approve(session, office.budget_holder, number, password=PASSWORD, public_url=PUBLIC)
    with odd():
        numbers = [one.number for one in outstanding(session, batch)]
        pay(session, office.payer, number, statements=numbers, password=PASSWORD)
    ensure_straight(session, ["appropriate", "issue", "hold", "redeem", "approve", "pay"])
    assert contradictions(session) == []


def test_hosts_that_claim_at_once_give_out_what_is_there(own_engine: Engine) -> None:
    """Twelve enterprises, money for five; half of them come by a host whose clock is behind, and the money by one that is
    ahead.
    """

    def make(session: Session):
        with travel(now() + timedelta(seconds=30)):
            setting = open_programme(session, money=5000, cap_per_enterprise=1000)
            return setting.programme.id, [claimant(session) for _ in range(12)]

    noon = now()
    programme_id, enterprises = prepared(own_engine, make)

    def deed(session: Session, number: int) -> None:
        with travel(noon - (APART if number % 2 else timedelta(0))):
            claim(session, enterprises[number], programme_id=programme_id)
            session.flush()

    outcomes = race(own_engine, deed, threads=12)
    assert set(outcomes) <= {"ok", "Busy"}, outcomes
    for _ in range(3):
        with unit_of_work(own_engine) as session, travel(noon - APART + timedelta(seconds=5)):
            allot(session, programme_id)
    with unit_of_work(own_engine) as session:
        states = session.scalars(select(VoucherClaim.state)).all()
        assert states.count(ClaimState.ALLOTTED) == 5, (states, outcomes)
        moments = session.scalars(select(Transfer.posted_at).order_by(Transfer.sequence)).all()
        assert moments != sorted(moments)
        seal(session)
        assert verify(session).faults == []
        assert verify_audit(session).faults == []
        assert contradictions(session) == []
        for moment in moments:
            assert verify(session, at=moment).faults == []
