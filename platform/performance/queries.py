"""Reading target tables."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, false, or_, select
from sqlalchemy.orm import Session

from accounts.delegation import acts_in
from accounts.models import Organisation, Region
from foundation.actors import BUREAU, PROVIDER, STAFF, Actor, Role
from foundation.desk import Task
from foundation.pages import Page, page_of
from foundation.waiting import urgency
from performance.models import TargetState, TargetTable


def tables(
    session: Session, actor: Actor, *, state: TargetState | None = None, words: str = "", number: int = 1
) -> Page[TargetTable]:
    """A provider's own tables; for the authorities what was submitted in their region, for its auditor drafts too."""
    query = select(TargetTable).join(TargetTable.organisation).where(_seen(actor))
    if state is not None:
        query = query.where(TargetTable.state == state)
    if words:
        query = query.where(or_(Organisation.name.contains(words, autoescape=True), Organisation.uscc == words.upper()))
    return page_of(session, query.order_by(TargetTable.year.desc(), TargetTable.created_at.desc()), number)


def in_turn(session: Session, actor: Actor, task: Task, most: int) -> Page[TargetTable]:
    """Tables that wait for this task and that the person acts on, the most urgent first; for the desk."""
    query = select(TargetTable).where(TargetTable.waits_task == task.id, _seen(actor))
    if actor.role in BUREAU:
        # A bureau sees its region and below; what waits for it is what it is in charge of.
        query = query.join(TargetTable.organisation).join(Organisation.region).where(acts_in(actor, Region.path))
    return page_of(session, query.order_by(urgency(TargetTable), TargetTable.id), 1, most)


def versions(session: Session, table: TargetTable) -> Sequence[TargetTable]:
    """All versions of a table, newest first."""
    query = select(TargetTable).where(
        TargetTable.organisation_id == table.organisation_id,
        TargetTable.template_id == table.template_id,
        TargetTable.year == table.year,
    )
    return session.scalars(query.order_by(TargetTable.version.desc())).unique().all()


def _seen(actor: Actor) -> ColumnElement[bool]:
    if actor.role in PROVIDER:
        return TargetTable.organisation_id == actor.organisation_id
    if actor.role not in STAFF:
        return false()
    inside = (
        select(Organisation.id)
        .join(Organisation.region)
        .where(Region.path.startswith(actor.region_path, autoescape=True))
    )
    everywhere = TargetTable.organisation_id.in_(inside)
    return everywhere if actor.role is Role.AUDITOR else everywhere & (TargetTable.state != TargetState.DRAFT)
