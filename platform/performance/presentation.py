"""Target tables as the templates take them: words translated, links made."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from flask import url_for
from flask_babel import gettext
from sqlalchemy.orm import Session

from audit.models import AuditEvent
from foundation.actors import PROVIDER, Actor, Role
from performance.actuals import Behind, attainment
from performance.measures import RowActual
from performance.models import TargetState, TargetTable
from performance.reading import TargetRowFigures, TargetTableRow, figure_rows, table_rows
from performance.states import TARGET, TONES
from performance.stored import template_of
from performance.tables import IN_FORCE, values_of
from performance.templates import Row, Template


def state_of(table: TargetTable | TargetTableRow) -> dict[str, str]:
    """The state as a word with its tone."""
    return {"label": gettext(TARGET.labels[table.state]), "tone": TONES[table.state]}


def row_words(row: Row) -> dict[str, Any]:
    """What a row is called."""
    indicator = row.indicator
    return {
        "id": row.id,
        "number": indicator.number,
        "label": gettext(indicator.label),
        "tier": gettext(row.tier_label) if row.tier_label else gettext("全部企业"),
        "unit": gettext(indicator.unit),
        "kind": gettext("累计") if indicator.cumulative else gettext("当年"),
        "part_label": gettext(indicator.of_which.label) if indicator.of_which else None,
    }


def table_view(
    session: Session,
    actor: Actor,
    table: TargetTable,
    actual: Mapping[str, RowActual],
    versions: Sequence[TargetTable],
    *,
    acts: bool,
) -> dict[str, Any]:
    """Everything that ``templates/performance/table.html`` shows; ``acts``: the bureau is in charge, not above it."""
    template = template_of(table)
    own = actor.role in PROVIDER
    deciding = acts and actor.role in {Role.OFFICER, Role.REVIEWER} and table.state is TargetState.SUBMITTED
    return {
        "table": table_rows(session, [table])[0],
        "filled": bool(table.rows),
        "template": template,
        "state": state_of(table),
        "rows": figure_views(template, figure_rows(table, actual)),
        "versions": [
            {"table": each, "state": state_of(each), "here": each.id == table.id}
            for each in table_rows(session, versions)
            if own or each.state is not TargetState.DRAFT
        ],
        "editing": own and table.state is TargetState.DRAFT,
        "changing": own and table.state in IN_FORCE,
        "deciding": deciding,
    }


def figure_views(template: Template, rows: Iterable[TargetRowFigures]) -> list[dict[str, Any]]:
    """The rows of a table with the words of its template, and with the address of the records behind a figure."""
    return [
        row_words(template.row(row.row))
        | {
            "figures": row,
            "url": url_for("performance.row", table_id=row.table_id, row_id=row.row) if row.records else None,
        }
        for row in rows
    ]


def stages_of(table: TargetTable, events: Sequence[AuditEvent]) -> list[dict[str, Any]]:
    """The step line: filled, approved, in force; ``events`` newest first."""
    draft, waiting = table.state is TargetState.DRAFT, table.state is TargetState.SUBMITTED
    approved = not draft and not waiting
    # A table that was handed back waits since then.
    begun = next((one.at for one in events if one.action.endswith(".send_back")), table.created_at)
    return [
        {
            "label": gettext("填报"),
            "state": "current" if draft else "done",
            "at": begun if draft else table.submitted_at,
            "holder": table.organisation.name if draft else None,
        },
        {
            "label": gettext("审批"),
            "state": "current" if waiting else "done" if approved else "todo",
            "at": table.submitted_at if waiting else table.approved_at if approved else None,
            "holder": gettext("主管部门") if waiting else None,
        },
        {"label": gettext("目标锁定"), "state": "done" if approved else "todo", "at": table.approved_at},
    ]


def behind_view(table: TargetTable, found: Behind) -> dict[str, Any]:
    """Everything that ``templates/performance/row.html`` shows."""
    indicator = found.row.indicator
    target = values_of(table).get(found.row.id)
    return {
        "table": table,
        "template": template_of(table),
        "row": row_words(found.row),
        "actual": found.actual,
        "target": target,
        "attainment": attainment(found.actual.value, target.target) if target else None,
        "records": [
            {
                "record": record,
                "order": record.order,
                "url": url_for("orders.case", number=record.order.number) + f"#record-{record.line}",
                "files": [
                    {"name": file.filename, "url": url_for("files.file", attachment_id=file.id)}
                    for file in found.files[record.id]
                ],
                "value": Decimal(record.measures.get(indicator.measure, 0)),
                "part": Decimal(record.measures.get(indicator.of_which.measure, 0)) if indicator.of_which else None,
            }
            for record in found.records
        ],
    }
