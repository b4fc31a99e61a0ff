"""What a record of each category may measure."""

from decimal import Decimal

import pytest

from foundation.errors import NotFound
from orders.measures import categories, faults_of, measures, measures_for


def test_ten_categories_carry_every_measure_once() -> None:
    carried = [measure.key for category in categories() for measure in measures_for(category.key)]
    assert len(categories()) == 10
    assert sorted(carried) == sorted(measures())


def test_an_unknown_category_is_not_found() -> None:
    with pytest.raises(NotFound):
        measures_for("catering")


@pytest.mark.parametrize(
    ("category", "values", "fields"),
    [
        ("innovation", {"patents": "2", "invention_patents": "2"}, []),
        ("innovation", {"patents": "2", "invention_patents": "3"}, ["invention_patents"]),
        ("innovation", {"invention_patents": "1"}, ["invention_patents"]),
        ("digital", {"cloud_enterprises": "1"}, []),
        ("digital", {"cloud_enterprises": "2"}, ["cloud_enterprises"]),
        ("listing_and_finance", {"financing_wan": "0.0001"}, []),
        ("listing_and_finance", {"financing_wan": "0.00001"}, ["financing_wan"]),
        ("training", {"training_sessions": "1.5"}, ["training_sessions"]),
        ("training", {"training_sessions": "-1"}, ["training_sessions"]),
        ("training", {"training_sessions": "NaN"}, ["training_sessions"]),
        ("policy", {"patents": "1"}, ["patents"]),
    ],
)
def test_faults_name_the_measure(category: str, values: dict[str, str], fields: list[str]) -> None:
    faults = faults_of(category, {key: Decimal(value) for key, value in values.items()})
    assert [fault.field for fault in faults] == fields
