"""An order that both sides leave lying holds money until the bureau ends it, after a term that everybody is told."""

import importlib.util
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import factories as make
import pytest
from flask.testing import FlaskClient
from order_cases import PNG, Scene, person, terms, upload
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from accounts.models import Membership
from audit.models import AuditEvent
from foundation.actors import Role
from foundation.clock import add_working_days, end_of, now, stopped, today
from foundation.errors import BadInput, Conflict, NotAllowed, NotFound
from ledger.models import AccountKind, LedgerAccount, Transfer
from ledger.verification import verify
from orders import desk, ending, records
from orders.deadlines import stalled, warned
from orders.desk_queries import left_lying
from orders.models import Order, OrderState
from orders.progress import actions
from vouchers.duties import take_duty
from vouchers.models import Duty
from vouchers.wallets import wallet

pytestmark = pytest.mark.clock

_S = OrderState
LYING = (_S.CONTRACTED, _S.IN_SERVICE, _S.DELIVERED, _S.CONFIRMED)
SignIn = Callable[[Membership], FlaskClient]
REASON = "双方均联系不上"


@contextmanager
def past(order: Order) -> Iterator[None]:
    """The first moment at which the order may be ended."""
    assert order.stalled_at is not None
    with stopped(order.stalled_at + timedelta(seconds=1)):
        yield


@pytest.mark.parametrize("state", LYING)
def test_the_bureau_ends_it_after_the_term_and_the_money_goes_back(session: Session, state: OrderState) -> None:
    scene = Scene(session, terms(contracts_to=today() + timedelta(days=300), expires_on=today() + timedelta(days=400)))
    order = scene.order_in(state)
    assert order.stalled_at == end_of(add_working_days(today(), 60)) - timedelta(seconds=1)
    with stopped(order.stalled_at), pytest.raises(Conflict, match="双方仍在期限之内"):
        ending.end_stalled(session, scene.officer, order.number, reason=REASON)
    with past(order):
        assert "end_stalled" in actions(scene.officer, order)
        with pytest.raises(BadInput):
            ending.end_stalled(session, scene.officer, order.number, reason=" ")
        ending.end_stalled(session, scene.officer, order.number, reason=REASON)
    assert (order.state, order.ended_reason, order.stalled_at) == (_S.CANCELLED, REASON, None)
    assert wallet(session, order.voucher).available == order.voucher.face
    told = session.scalars(select(AuditEvent.note).where(AuditEvent.action == "order.end_stalled")).one()
    assert told == REASON
    with pytest.raises(Conflict):
        ending.end_stalled(session, scene.officer, order.number, reason=REASON)
    assert verify(session).ok


def test_on_an_expired_voucher_the_money_goes_on_to_the_pool(session: Session, scene: Scene) -> None:
    order = scene.order_in(_S.IN_SERVICE)
    with stopped(max(order.stalled_at or now(), end_of(order.voucher.expires_on)) + timedelta(days=1)):
        ending.end_stalled(session, scene.officer, order.number, reason=REASON)
    kinds = session.scalars(
        select(LedgerAccount.kind).join(Transfer, Transfer.target_id == LedgerAccount.id).order_by(Transfer.posted_at)
    ).all()
    # Both at the same moment of a stopped clock.
    assert set(kinds[-2:]) == {AccountKind.VOUCHER, AccountKind.POOL}
    assert verify(session).ok


@pytest.mark.parametrize("state", [state for state in OrderState if state not in {*LYING, _S.RETURNED}])
def test_no_other_state_is_left_lying(session: Session, scene: Scene, state: OrderState) -> None:
    if state in {_S.VERIFIED, _S.SETTLED}:
        order = scene.order_in(_S.CLAIMED)
        order.state = state
        session.flush()
    else:
        order = scene.order_in_any(state)
    assert order.stalled_at is None
    with stopped(now() + timedelta(days=300)):
        assert "end_stalled" not in actions(scene.officer, order)
        with pytest.raises(Conflict):
            ending.end_stalled(session, scene.officer, order.number, reason=REASON)


def test_only_the_bureaus_reviewers_end_it_and_none_who_pays(session: Session, scene: Scene) -> None:
    order = scene.order_in(_S.IN_SERVICE)
    payer = scene.reviewer
    take_duty(session, payer, order.programme_id, Duty.PAYMENT)
    with past(order):
        for actor in (scene.clerk, scene.buyer(order.voucher)):
            with pytest.raises(NotFound):
                ending.end_stalled(session, actor, order.number, reason=REASON)
            assert "end_stalled" not in actions(actor, order)
        with pytest.raises(NotAllowed, match="另一项职责"):
            ending.end_stalled(session, payer, order.number, reason=REASON)


def test_each_step_of_either_side_begins_the_term_anew(session: Session, scene: Scene) -> None:
    order = scene.order_in(_S.IN_SERVICE)
    buyer = scene.buyer(order.voucher)
    later = now() + timedelta(days=40)
    first = order.stalled_at
    with stopped(later):
        records.contest(session, buyer, order.number, 1, reason="只诊断了一条产线")
        second = order.stalled_at
    with stopped(later + timedelta(days=40)):
        records.file(session, scene.clerk, order.number, facts=scene.facts(), process=[upload(PNG, "a.png")], amends=1)
        third = order.stalled_at
    assert first is not None
    assert second is not None
    assert third is not None
    assert first < second < third
    with stopped(first + timedelta(seconds=1)), pytest.raises(Conflict):
        ending.end_stalled(session, scene.officer, order.number, reason=REASON)


def test_a_dispute_stops_the_term_and_going_on_begins_it(session: Session, scene: Scene) -> None:
    order = scene.order_in(_S.IN_SERVICE)
    ending.dispute(session, scene.clerk, order.number, reason="与约定不符")
    assert order.stalled_at is None
    ending.decide(session, scene.officer, order.number, resume=True, reason="继续服务")
    assert order.stalled_at is not None


@pytest.mark.parametrize("number", [0, 1, 2])
def test_the_term_is_that_of_the_orders_own_version(session: Session, number: int) -> None:
    scene = Scene(session, terms(passive_working_days=40))
    vouchers = [scene.voucher()]
    for days in (50, 60):
        scene.announce(passive_working_days=days)
        vouchers.append(scene.voucher())
    order = scene.place(vouchers[number])
    scene.agree(order, scene.buyer(vouchers[number]))
    assert order.stalled_at == end_of(add_working_days(today(), 40 + 10 * number)) - timedelta(seconds=1)


def test_the_term_never_ends_before_the_step_is_due(session: Session) -> None:
    order = Scene(session, terms(passive_working_days=1, record_calendar_days=30)).order_in(_S.CONTRACTED)
    assert order.stalled_at == order.due_at


def test_both_sides_are_warned_and_the_bureau_has_it_on_its_desk(session: Session, scene: Scene) -> None:
    order = scene.order_in(_S.DELIVERED)
    buyer = scene.buyer(order.voucher)
    assert not warned(order)
    assert desk.waiting(session, scene.officer) == []
    assert order.due_at is not None
    with stopped(order.due_at + timedelta(hours=1)):
        assert warned(order)
        assert not stalled(order)
        assert [item.blocks for item in desk.waiting(session, buyer)] == [
            "再没有进展，主管部门可以终止订单并退回占用金额"
        ]
        assert left_lying(session, scene.officer, 20).total == 0
    with past(order):
        (item,) = desk.waiting(session, scene.officer)
        assert (item.task.id, item.due, item.amount) == ("orders.left_lying", order.stalled_at, order.deduction)
        assert left_lying(session, scene.officer, 20).total == 1
        assert left_lying(session, make.actor(session, make.bureau(session, "110000"), Role.OFFICER), 20).total == 0


def test_the_desk_reads_them_by_their_index(session: Session, scene: Scene) -> None:
    scene.order_in(_S.IN_SERVICE)
    session.execute(text("SET LOCAL enable_seqscan = off"))
    plan = session.scalars(text("EXPLAIN SELECT id FROM orders WHERE stalled_at < now() ORDER BY stalled_at LIMIT 100"))
    assert "ix_orders_stalled" in "\n".join(plan)


def test_the_pages_warn_before_and_let_the_bureau_end_it(session: Session, scene: Scene, sign_in: SignIn) -> None:
    order = scene.order_in(_S.DELIVERED)
    order.due_at = now() - timedelta(days=1)
    order.stalled_at = end_of(today() + timedelta(days=5))
    session.flush()
    url = f"/orders/{order.number}"
    enterprise = sign_in(person(session, order.enterprise_id, Role.ENTERPRISE_MEMBER))
    provider = sign_in(person(session, order.provider_id, Role.PROVIDER_MEMBER))
    officer = sign_in(person(session, scene.bureau.id, Role.OFFICER))
    for browser in (enterprise, provider, officer):
        page = browser.get(url).get_data(as_text=True)
        assert "仍没有新的进展，主管部门可以终止这份订单" in page
        assert f"{url}/end" not in page
    order.stalled_at = now() - timedelta(seconds=1)
    session.flush()
    page = officer.get(url).get_data(as_text=True)
    assert f'action="{url}/end"' in page
    assert "占用金额退回企业的服务券" in page
    assert f"{url}/end" not in provider.get(url).get_data(as_text=True)
    assert provider.post(f"{url}/end", data={"reason": REASON}).status_code == 403
    assert officer.post(f"{url}/end", data={"reason": ""}).status_code == 422
    assert officer.post(f"{url}/end", data={"reason": REASON}).status_code == 303
    for browser in (enterprise, provider):
        assert REASON in browser.get(url).get_data(as_text=True)
    assert verify(session).ok


def test_orders_of_before_get_a_term_that_is_not_too_short(session: Session, scene: Scene) -> None:
    path = Path(__file__).parents[2] / "migrations" / "versions" / "0008_orders.py"
    spec = importlib.util.spec_from_file_location("migration", path)
    assert spec is not None
    assert spec.loader is not None
    migration = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(migration)
    lying, docking = scene.order_in(_S.CONFIRMED), scene.order_in(_S.DOCKING)
    exact = lying.stalled_at
    session.execute(text("UPDATE orders SET stalled_at = NULL"))
    session.execute(text(migration.START_TERMS))
    session.expire_all()
    assert exact is not None
    assert lying.stalled_at is not None
    assert isinstance(lying.stalled_at, datetime)
    assert lying.stalled_at >= exact
    assert docking.stalled_at is None
