"""Target tables (绩效目标表): filled in, submitted, approved by somebody else, frozen; a change is a new version."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from accounts.current import not_here
from accounts.delegation import ensure_acts_in
from audit.changes import change_state
from audit.trail import record
from foundation.actors import PROVIDER, STAFF, Actor, Role
from foundation.clock import now, today
from foundation.errors import BadInput, Conflict, Faults, NotAllowed
from foundation.i18n import N_
from foundation.locking import lock_key, lock_row
from performance.models import TargetRow, TargetState, TargetTable
from performance.states import TARGET
from performance.stored import template_of
from performance.templates import RowValues, faults_of, shipped
from policies.models import RuleVersion
from policies.versions import row_of

IN_FORCE = (TargetState.APPROVED, TargetState.ACTUALS_FILED, TargetState.ASSESSED)
OPEN = (TargetState.DRAFT, TargetState.SUBMITTED)
_YEARS_AHEAD = 3
_FIRST_YEAR = 2020


def create(session: Session, actor: Actor, *, template_id: str, year: int) -> TargetTable:
    """Begin a table of the provider for a year; Conflict when one is open or in force (then it is changed)."""
    if actor.role not in PROVIDER or actor.organisation_id is None:
        raise not_here()
    rules = row_of(session, shipped(template_id))
    if not _FIRST_YEAR <= year <= today().year + _YEARS_AHEAD:
        raise BadInput(N_("年度应在 2020 年与今后三年之间"), field="year")
    lock_key(session, "target-table", f"{actor.organisation_id}:{template_id}:{year}")
    present = _present(session, actor.organisation_id, template_id, year)
    if present is not None:
        raise Conflict(
            N_("%(year)s 年度的目标表已经有了"),
            field="year",
            remedy=N_("打开已有的表；已批准的可以申请变更"),
            year=year,
        )
    return _new(session, actor, template_id, rules.version, year, rules=rules)


def change(session: Session, actor: Actor, table_id: UUID, *, reason: str) -> TargetTable:
    """Begin a new version of the table in force, with its figures and the reason; the old one stays until approval."""
    if len(reason.strip()) < 2:
        raise BadInput(N_("写明变更原因，主管部门会看到"), field="reason")
    table = _own(session, actor, table_id)
    lock_key(session, "target-table", f"{table.organisation_id}:{table.template_id}:{table.year}")
    if table.state not in IN_FORCE:
        raise Conflict(
            N_("当前状态为“%(state)s”，不能变更"),
            remedy=N_("只有已批准的目标表需要变更"),
            state=TARGET.labels[table.state],
        )
    present = _present(session, table.organisation_id, table.template_id, table.year)
    if present is not None and present.state in OPEN:
        raise Conflict(N_("已有一个变更稿"), remedy=N_("打开变更稿继续填写"))
    changed = _new(
        session,
        actor,
        table.template_id,
        table.template_version,
        table.year,
        rules=table.rules,
        reason=reason.strip(),
    )
    changed.rows = [
        TargetRow(
            row_id=row.row_id,
            baseline=row.baseline,
            target=row.target,
            baseline_part=row.baseline_part,
            target_part=row.target_part,
        )
        for row in table.rows
    ]
    session.flush()
    return changed


def save(session: Session, actor: Actor, table_id: UUID, values: Mapping[str, RowValues]) -> TargetTable:
    """Keep what was filled in; Faults by field such as ``ind03-srdi.target_part`` when the template says no."""
    table = lock_row(session, TargetTable, _own(session, actor, table_id).id)
    if table.state is not TargetState.DRAFT:
        raise Conflict(
            N_("当前状态为“%(state)s”，内容已锁定"),
            remedy=N_("已批准的目标表可以申请变更"),
            state=TARGET.labels[table.state],
        )
    faults = faults_of(template_of(table), values)
    if faults:
        raise Faults(faults)
    for row in list(table.rows):
        if row.row_id not in values:
            session.delete(row)
    known = {row.row_id: row for row in table.rows}
    for row_id, filled in values.items():
        row = known.get(row_id) or TargetRow(table=table, row_id=row_id)
        row.baseline, row.target = filled.baseline, filled.target
        row.baseline_part, row.target_part = filled.baseline_part, filled.target_part
        session.add(row)
    session.flush()
    session.refresh(table, ["rows"])
    record(session, actor, "target_table.save", table, after={"rows": len(values)})
    return table


def submit(session: Session, actor: Actor, table_id: UUID) -> TargetTable:
    """Hand the table to the bureau; Faults when it is not complete."""
    table = lock_row(session, TargetTable, _own(session, actor, table_id).id)
    faults = faults_of(template_of(table), values_of(table))
    if table.state is TargetState.DRAFT and faults:
        raise Faults(faults)
    change_state(session, actor, table, TARGET, "submit")
    table.submitted_at = now()
    table.submitted_by_id = actor.user_id
    session.flush()
    return table


def approve(session: Session, actor: Actor, table_id: UUID) -> TargetTable:
    """Approve a submitted table: from now on it is in force and frozen; the version before is superseded."""
    actor, found = _in_charge(session, actor, table_id)
    lock_key(session, "target-table", f"{found.organisation_id}:{found.template_id}:{found.year}")
    table = lock_row(session, TargetTable, found.id)
    TARGET.next(table.state, "approve", actor.role)
    if table.submitted_by_id == actor.user_id:
        raise NotAllowed(N_("填报人不能审批自己填报的目标表"), remedy=N_("请由另一位工作人员审批"))
    before = session.scalar(
        select(TargetTable).where(
            TargetTable.organisation_id == table.organisation_id,
            TargetTable.template_id == table.template_id,
            TargetTable.year == table.year,
            TargetTable.state.in_(IN_FORCE),
        )
    )
    if before is not None:
        change_state(session, actor, before, TARGET, "supersede", note=table.change_reason)
    table.approved_at = now()
    table.approved_by_id = actor.user_id
    change_state(session, actor, table, TARGET, "approve")
    return table


def send_back(session: Session, actor: Actor, table_id: UUID, *, reason: str) -> TargetTable:
    """Hand a submitted table back to the provider and say what to mend."""
    if len(reason.strip()) < 2:
        raise BadInput(N_("写明需要修改的内容，服务机构会看到"), field="reason")
    actor, found = _in_charge(session, actor, table_id)
    table = lock_row(session, TargetTable, found.id)
    change_state(session, actor, table, TARGET, "send_back", note=reason.strip())
    table.submitted_at = None
    table.submitted_by_id = None
    session.flush()
    return table


def find(session: Session, actor: Actor, table_id: UUID) -> TargetTable:
    """The table, for its provider and for the authorities of its region; NotFound otherwise.

    A draft is the provider's own business until it is submitted; only the auditor reads everything of a region.
    """
    table = session.get(TargetTable, table_id)
    if table is None:
        raise not_here()
    own = actor.role in PROVIDER and table.organisation_id == actor.organisation_id
    seen = actor.role in STAFF and actor.sees_region(table.organisation.region.path)
    if not own and not (seen and (table.state is not TargetState.DRAFT or actor.role is Role.AUDITOR)):
        raise not_here()
    return table


def values_of(table: TargetTable) -> dict[str, RowValues]:
    """What is filled in, by row."""
    return {row.row_id: RowValues(row.baseline, row.target, row.baseline_part, row.target_part) for row in table.rows}


def _own(session: Session, actor: Actor, table_id: UUID) -> TargetTable:
    if actor.role not in PROVIDER:
        raise not_here()
    return find(session, actor, table_id)


def _in_charge(session: Session, actor: Actor, table_id: UUID) -> tuple[Actor, TargetTable]:
    """The table, and the actor as the deed records it; NotAllowed for a bureau that only sees it."""
    table = find(session, actor, table_id)
    return ensure_acts_in(session, actor, table.organisation.region), table


def _present(session: Session, organisation_id: UUID, template_id: str, year: int) -> TargetTable | None:
    """The newest version that is not superseded."""
    return session.scalar(
        select(TargetTable)
        .where(
            TargetTable.organisation_id == organisation_id,
            TargetTable.template_id == template_id,
            TargetTable.year == year,
            TargetTable.state != TargetState.SUPERSEDED,
        )
        .order_by(TargetTable.version.desc())
        .limit(1)
    )


def _new(
    session: Session,
    actor: Actor,
    template_id: str,
    template_version: str,
    year: int,
    *,
    rules: RuleVersion | None,
    reason: str | None = None,
) -> TargetTable:
    last = session.scalar(
        select(func.max(TargetTable.version)).where(
            TargetTable.organisation_id == actor.organisation_id,
            TargetTable.template_id == template_id,
            TargetTable.year == year,
        )
    )
    table = TargetTable(
        organisation_id=actor.organisation_id,
        template_id=template_id,
        template_version=template_version,
        rules=rules,
        year=year,
        version=(last or 0) + 1,
        state=TargetState.DRAFT,
        change_reason=reason,
    )
    session.add(table)
    session.flush()
    record(
        session,
        actor,
        "target_table.create",
        table,
        after={"template": template_id, "year": year, "version": table.version},
        note=reason,
    )
    return table
