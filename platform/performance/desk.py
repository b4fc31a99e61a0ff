"""What target tables put on a desk."""

from sqlalchemy.orm import Session

from foundation.actors import PROVIDER, Actor, Role
from foundation.desk import DeskItem, Figure
from foundation.i18n import N_
from performance.models import TargetState, TargetTable
from performance.queries import in_state

_BUREAU = frozenset({Role.OFFICER, Role.REVIEWER})


def waiting(session: Session, actor: Actor) -> list[DeskItem]:
    """For the bureau what was submitted; for the provider what it has begun."""
    if actor.role in _BUREAU:
        submitted = in_state(session, actor, TargetState.SUBMITTED)
        return [_item(table, N_("审批绩效目标表"), N_("批准以前目标没有锁定")) for table in submitted]
    if actor.role in PROVIDER:
        begun = in_state(session, actor, TargetState.DRAFT)
        return [_item(table, N_("填报绩效目标表"), N_("提交以后主管部门才能审批")) for table in begun]
    return []


def others(session: Session, actor: Actor) -> list[DeskItem]:
    """A provider waits for the bureau."""
    if actor.role not in PROVIDER:
        return []
    submitted = in_state(session, actor, TargetState.SUBMITTED)
    return [_item(table, N_("审批绩效目标表"), holder=N_("主管部门")) for table in submitted]


def figures(_session: Session, _actor: Actor) -> list[Figure]:
    """None: attainment belongs to a table, not on the desk."""
    return []


def _item(table: TargetTable, task: str, blocks: str | None = None, *, holder: str | None = None) -> DeskItem:
    return DeskItem(
        task=task,
        title=f"{table.organisation.name} {table.year}",
        endpoint="performance.table",
        arguments={"table_id": table.id},
        since=table.submitted_at or table.created_at,
        blocks=blocks,
        holder=holder,
    )
