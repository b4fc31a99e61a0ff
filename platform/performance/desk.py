"""What target tables put on a desk."""

from sqlalchemy.orm import Session

from foundation.actors import PROVIDER, Actor, Role
from foundation.desk import SHOWN, DeskItem, Figure, Lying, Task
from foundation.i18n import N_
from performance import turns
from performance.models import TargetTable
from performance.queries import in_turn

_BUREAU = frozenset({Role.OFFICER, Role.REVIEWER})


def waiting(session: Session, actor: Actor, most: int = SHOWN) -> Lying:
    """For the bureau what was submitted; for the provider what it has begun."""
    if actor.role in _BUREAU:
        return _lying(session, actor, turns.APPROVE, most, blocks=N_("批准以前目标没有锁定"))
    if actor.role in PROVIDER:
        return _lying(session, actor, turns.FILL_IN, most, blocks=N_("提交以后主管部门才能审批"))
    return Lying()


def others(session: Session, actor: Actor, most: int = SHOWN) -> Lying:
    """A provider waits for the bureau."""
    if actor.role not in PROVIDER:
        return Lying()
    return _lying(session, actor, turns.APPROVE, most, holder=N_("主管部门"))


def figures(_session: Session, _actor: Actor) -> list[Figure]:
    """None: attainment belongs to a table, not on the desk."""
    return []


def _lying(
    session: Session, actor: Actor, task: Task, most: int, *, blocks: str | None = None, holder: str | None = None
) -> Lying:
    found = in_turn(session, actor, task, most)
    return Lying([_item(table, task, blocks, holder) for table in found.rows], found.total)


def _item(table: TargetTable, task: Task, blocks: str | None, holder: str | None) -> DeskItem:
    return DeskItem(
        task=task,
        title=f"{table.organisation.name} {table.year}",
        endpoint="performance.table",
        arguments={"table_id": table.id},
        since=table.waits_since or table.created_at,
        due=table.due_at,
        blocks=blocks,
        holder=holder,
    )
