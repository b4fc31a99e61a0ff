"""Whose turn a target table is: the provider fills it in, the bureau in charge of its region approves it."""

from collections.abc import Mapping
from typing import Final

from foundation.desk import Task, task
from foundation.i18n import N_
from foundation.waiting import Party, Turn, id_of, turns
from performance.models import TargetState, TargetTable

_T = TargetState

FILL_IN: Final = task("target_table.fill_in", N_("填报绩效目标表"), N_("填报"))
APPROVE: Final = task("target_table.approve", N_("审批绩效目标表"), N_("批准"))

TABLES: Final[Mapping[TargetState, tuple[Party, Task] | None]] = {
    _T.DRAFT: (Party.PROVIDER, FILL_IN),
    _T.SUBMITTED: (Party.BUREAU, APPROVE),
    _T.APPROVED: None,
    _T.ACTUALS_FILED: None,
    _T.ASSESSED: None,
    _T.SUPERSEDED: None,
}


def turn_of(table: TargetTable) -> Turn | None:
    """By the state alone; several offices of a region may be in charge, so a bureau is not named."""
    found = TABLES[table.state]
    if found is None:
        return None
    return Turn(*found, id_of(table, "organisation") if found[0] is Party.PROVIDER else None)


turns(TargetTable, turn_of)
