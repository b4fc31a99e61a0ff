"""The whole proof holds on the demonstration, and each manipulation past the triggers is found."""

import pytest
from sqlalchemy.orm import Session

from ledger.verification import verify
from web.rooms import whole_house

pytestmark = pytest.mark.clock


def test_all_that_is_proven_holds(told: Session) -> None:
    assert verify(told, proving=whole_house().proves).faults == []
