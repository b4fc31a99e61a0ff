"""A whole order asks little of the server: whoever adds a question to the hot way sees it here."""

from uuid import uuid4

import pytest
from order_cases import Scene
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session, sessionmaker
from wire import statements

from accounts.models import SignIn
from accounts.sessions import hash_token
from config import Settings
from foundation.errors import Busy
from foundation.identifiers import new_id
from foundation.locking import without_locks
from foundation.unit_of_work import unit_of_work
from ledger.verification import verify
from orders import ordering
from orders.models import Order, OrderState
from orders.ordering import Shown, place
from providers.models import OfferingState, OrdersPeriod
from web.app import create_app

AGREED = Shown(10_000_000, 5_000_000)


@pytest.mark.parametrize(
    ("slots", "often"),
    [(None, None), (9, None), (None, 9), (9, 9)],
    ids=["without limit", "with places", "with a frequency", "with both"],
)
def test_a_whole_order_is_twelve_statements_at_most(own_engine: Engine, slots: int | None, often: int | None):
    """With BEGIN and COMMIT, in a process that has placed one before: frozen, held, docking, with its steps and trail."""
    with unit_of_work(own_engine) as session:
        scene = Scene(session, slots=slots)
        scene.offered.orders_per_enterprise = often
        scene.offered.orders_period = OrdersPeriod.EVER if often else None
        voucher = scene.voucher(face=40_000_000)
        facts = {"offering_number": scene.offering.number, "voucher_number": voucher.number, "shown": AGREED}
        buyer = scene.buyer(voucher)
    own_engine.dispose()
    counts = []
    for _ in range(4):
        with statements(own_engine) as told, unit_of_work(own_engine) as session:
            made = place(session, buyer, order_id=uuid4(), **facts)
        counts.append(len(told))
    assert made.state is OrderState.DOCKING
    # A connection that lay idle for a second is asked first whether it is alive, which no busy house does.
    assert 6 <= min(counts) <= 12, counts
    with Session(own_engine) as session:
        order = session.get_one(Order, made.id)
        assert [step.event for step in order.steps] == ["place", "give_slot"]
        assert order.waits_task == "orders.dock"
        assert verify(session).ok


@pytest.mark.concurrency
def test_orders_of_one_offering_without_a_limit_do_not_wait_for_each_other(own_engine: Engine):
    """The second is whole before the first has ended."""
    with unit_of_work(own_engine) as session:
        scene = Scene(session)
        vouchers = [scene.voucher() for _ in range(2)]
        rivals = [(scene.buyer(voucher), voucher.number) for voucher in vouchers]
        number = scene.offering.number

    def order(session: Session, rival: int) -> Order:
        buyer, voucher = rivals[rival]
        return place(session, buyer, order_id=uuid4(), offering_number=number, voucher_number=voucher, shown=AGREED)

    with unit_of_work(own_engine) as first:
        order(first, 0)
        held = text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()")
        assert first.scalar(held) == 0
        with unit_of_work(own_engine) as second:
            assert order(second, 1).state is OrderState.DOCKING


@pytest.mark.concurrency
def test_no_limit_comes_while_an_order_is_on_its_way(own_engine: Engine):
    """Else it would not be counted: whoever changes the offering waits for it, and an order for whoever changes it."""
    with unit_of_work(own_engine) as session:
        scene = Scene(session)
        voucher = scene.voucher()
        buyer, offering, number = scene.buyer(voucher), scene.offering.id, scene.offering.number
        facts = {"offering_number": number, "voucher_number": voucher.number, "shown": AGREED}
    approve = text("SELECT FROM offerings WHERE id = :id FOR NO KEY UPDATE NOWAIT")
    with unit_of_work(own_engine) as ordering:
        place(ordering, buyer, order_id=uuid4(), **facts)
        with Session(own_engine) as approving, pytest.raises(Exception, match="could not obtain lock"):
            approving.execute(approve, {"id": offering})
    with unit_of_work(own_engine) as ordering, without_locks():
        place(ordering, buyer, order_id=uuid4(), **facts)
        with Session(own_engine) as approving:
            approving.execute(approve, {"id": offering})  # so it is the order's lock that the other one meets


@pytest.mark.concurrency
def test_a_limit_that_came_while_an_order_waited_is_seen(own_engine: Engine, monkeypatch: pytest.MonkeyPatch):
    """The order has found no limit; then the version with the first one is there. It is told to try again."""
    with unit_of_work(own_engine) as session:
        scene = Scene(session)
        voucher = scene.voucher()
        buyer, offered, number = scene.buyer(voucher), scene.offered.id, scene.offering.number

    look = ordering._found

    def later(*given: object) -> object:
        with unit_of_work(own_engine) as approving:
            version = approving.get_one(type(scene.offered), offered)
            assert version.state is OfferingState.LISTED
            version.slots = 1
        return look(*given)

    monkeypatch.setattr(ordering, "_found", later)
    with pytest.raises(Busy), unit_of_work(own_engine) as session:
        place(session, buyer, order_id=uuid4(), offering_number=number, voucher_number=voucher.number, shown=AGREED)


def test_sending_the_order_form_is_twenty_statements_at_most(own_engine: Engine, settings: Settings):
    """Who it is, once only, the order itself, the answer: what the form's page shows is not worked out for it."""
    with unit_of_work(own_engine) as session:
        scene = Scene(session)
        voucher = scene.voucher()
        buyer = scene.buyer(voucher)
        token = new_id().hex
        session.get_one(SignIn, buyer.sign_in_id).token_hash = hash_token(token)
        url, fields = f"/catalogue/{scene.offering.number}/order", {"voucher": voucher.number, "under_way": ""}
        fields |= {"charged_price": str(AGREED.charged_price), f"deduction-{voucher.number}": str(AGREED.deduction)}
    app = create_app(settings, sessionmaker(own_engine, expire_on_commit=False))
    app.config["WTF_CSRF_ENABLED"] = False
    browser = app.test_client()
    with browser.session_transaction() as cookie:
        cookie["_user_id"] = token
    own_engine.dispose()
    counts = []
    for _ in range(4):
        with statements(own_engine) as told:
            answer = browser.post(url, data=fields | {"submission_id": str(new_id())})
        assert answer.status_code == 303, answer.get_data(as_text=True)
        counts.append(len(told))
        fields["under_way"] += f" {answer.location.rsplit('/', 1)[1]}"
    assert 9 <= min(counts) <= 20, counts
