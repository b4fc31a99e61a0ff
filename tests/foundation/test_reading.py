"""Read models: strict and frozen, money in yuan, moments with their zone, figures plain."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from foundation.money import MAX_FEN
from foundation.pages import Page
from foundation.reading import Figure, Moment, Money, ReadModel


class Station(StrEnum):
    POOL = "pool"


class Example(ReadModel):
    amount: Money
    at: Moment
    on: date | None
    figure: Figure
    station: Station


EXAMPLE = Example(
    amount=300_000_00,
    at=datetime(2021, 5, 1, 1, 0, tzinfo=UTC),
    on=date(2021, 5, 1),
    figure=Decimal("12.5000"),
    station=Station.POOL,
)
TEXT = '{"amount":"300000.00","at":"2021-05-01T09:00:00+08:00","on":"2021-05-01","figure":"12.5","station":"pool"}'


def test_json_as_the_contract_says() -> None:
    assert EXAMPLE.model_dump_json() == TEXT
    assert Example.model_validate_json(TEXT) == EXAMPLE


@given(
    st.integers(-MAX_FEN, MAX_FEN),
    # Before 1928 the clocks of China differ from the hour by seconds, for which ISO 8601 has no words.
    st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    st.decimals(allow_nan=False, allow_infinity=False, places=4),
)
def test_json_leads_back(amount: int, at: datetime, figure: Decimal) -> None:
    made = Example(amount=amount, at=at, on=None, figure=figure, station=Station.POOL)
    assert Example.model_validate_json(made.model_dump_json()) == made


@pytest.mark.parametrize("amount", ["300000", '"300000"', '"300000.0"', '"¥300000.00"', '"1,000.00"', "3.5", "null"])
def test_an_amount_is_never_guessed(amount: str) -> None:
    with pytest.raises(ValidationError):
        Example.model_validate_json(TEXT.replace('"300000.00"', amount))


@pytest.mark.parametrize(
    "change",
    [{"amount": "300000.00"}, {"at": datetime(2021, 5, 1)}, {"figure": 12.5}, {"station": "pool"}, {"title": "x"}],  # noqa: DTZ001 - the naive one is refused
    ids=["text for fen", "no zone", "float", "text for a state", "unknown"],
)
def test_nothing_of_another_type_is_taken_in(change: dict[str, object]) -> None:
    values = {name: getattr(EXAMPLE, name) for name in Example.model_fields} | change
    with pytest.raises(ValidationError):
        Example(**values)


def test_nothing_is_changed_afterwards() -> None:
    with pytest.raises(ValidationError):
        EXAMPLE.amount = 1  # type: ignore[misc]


def test_a_page_of_read_models_leads_to_the_whole_list() -> None:
    def whole() -> Iterator[Sequence[int]]:
        yield from ([1, 2], [3])

    page = Page([1], 3, 1, 1, whole).through(lambda numbers: [str(number) for number in numbers])
    assert (page.rows, page.total, page.last) == (["1"], 3, 3)
    assert list(page.chunks()) == [["1", "2"], ["3"]]
    assert list(Page([1], 1, 1).through(lambda numbers: [-number for number in numbers]).chunks()) == [[-1]]
