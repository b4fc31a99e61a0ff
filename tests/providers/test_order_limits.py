"""How often an enterprise may order: a number beside the words of 服务频次, which must agree with them."""

import importlib.util
from pathlib import Path
from typing import Any

import pytest
from provider_cases import People, facts
from sqlalchemy import text, update

from foundation.errors import Faults
from providers import offerings
from providers.models import OfferingVersion, OrdersPeriod
from providers.offering_facts import announced_limit

EVER, YEAR = OrdersPeriod.EVER, OrdersPeriod.YEAR
WORDS = [
    ("每家企业一次", (1, EVER)),
    ("每企一次", (1, EVER)),
    (" 每家企业限2次 ", (2, EVER)),
    ("每企业每年两次", (2, YEAR)),
    ("每家企业一年最多三次，上门", (3, YEAR)),
    ("每企一次，三次上门", (1, EVER)),
    ("每家企业一次对接，放款前持续跟进", None),
    ("一次", None),
    ("按年订阅，全年可用", None),
    ("每期四场", None),
    ("", None),
]


@pytest.fixture
def people(session):
    return People(session, certified=True)


@pytest.mark.parametrize(("words", "limit"), WORDS)
def test_only_words_beyond_doubt_are_a_limit(words: str, limit: Any) -> None:
    assert announced_limit(words) == limit


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ({"frequency": "每家企业一次"}, (1, EVER)),
        ({"frequency": "每家企业每年两次"}, (2, YEAR)),
        ({"frequency": "按需"}, (None, None)),
        ({"frequency": "按需", "orders_per_enterprise": 3}, (3, EVER)),
        ({"frequency": "按需", "orders_per_enterprise": 3, "orders_period": YEAR}, (3, YEAR)),
        # A period alone limits nothing.
        ({"frequency": "按需", "orders_period": YEAR}, (None, None)),
    ],
)
def test_the_limit_follows_the_words_where_none_is_given(session, people, given, kept) -> None:
    made = offerings.create(session, people.clerk, facts(**given))
    assert (made.orders_per_enterprise, made.orders_period) == kept
    saved = offerings.save(session, people.clerk, made, facts(**given))
    assert (saved.orders_per_enterprise, saved.orders_period) == kept


@pytest.mark.parametrize(
    "given",
    [
        {"frequency": "每家企业一次", "orders_per_enterprise": 2},
        {"frequency": "每家企业一次", "orders_per_enterprise": 1, "orders_period": YEAR},
        {"frequency": "按需", "orders_per_enterprise": 0},
    ],
)
def test_a_limit_against_the_words_is_refused_at_its_field(session, people, given) -> None:
    with pytest.raises(Faults) as refusal:
        offerings.create(session, people.clerk, facts(**given))
    assert {fault.field for fault in refusal.value.faults} == {"orders_per_enterprise"}


def test_offerings_of_before_get_the_limit_that_they_announce(session, people) -> None:
    """The statement of the migration reads the words as the forms do."""
    path = Path(__file__).parents[2] / "migrations" / "versions" / "0008_orders.py"
    spec = importlib.util.spec_from_file_location("migration", path)
    assert spec is not None
    assert spec.loader is not None
    migration = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(migration)
    made = [offerings.create(session, people.clerk, facts(frequency=words or "随时")) for words, _ in WORDS]
    session.execute(update(OfferingVersion).values(orders_per_enterprise=None, orders_period=None))
    session.execute(text(migration.READ_FREQUENCIES))
    session.expire_all()
    found = [(one.orders_per_enterprise, one.orders_period) for one in made]
    assert found == [limit or (None, None) for _, limit in WORDS]
