"""The guard over what templates are handed finds rows of tables wherever they are put."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from handed_over import rows_in

from accounts.models import Region


@dataclass
class Kept:
    """A value of a view with something in it."""

    within: object


@pytest.mark.parametrize("wrap", [lambda row: row, lambda row: [{"a": row}], lambda row: Kept((row,))])
def test_a_row_is_found_wherever_it_is_put(wrap: Callable[[object], object]) -> None:
    (found,) = rows_in(wrap(Region(code="110000", name="北京市", path="110000")), "thing")
    assert found.startswith("thing")
    assert found.endswith(": Region")
    assert not list(rows_in(wrap("plain"), "thing"))
