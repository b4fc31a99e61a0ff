"""Target tables as the templates take them: words translated, links made."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from flask import url_for
from flask_babel import gettext
from sqlalchemy.orm import Session

from audit.models import AuditEvent
from files.presentation import file_row
from foundation.actors import PROVIDER, Actor, Role
from performance.figure_reading import OpenedFigure
from performance.measures import RowActual
from performance.models import TargetState, TargetTable
from performance.reading import TargetRowFigures, TargetTableRow, figure_rows, table_rows
from performance.states import TARGET, TONES
from performance.stored import template_of
from performance.tables import IN_FORCE
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


def behind_view(row: Row, figure: OpenedFigure) -> dict[str, Any]:
    """Everything that ``templates/performance/row.html`` shows; ``row`` is the template's of the figure."""
    return {
        "figure": figure,
        "row": row_words(row),
        "records": [
            {
                "record": each,
                "url": url_for("orders.case", number=each.order) + f"#record-{each.line}",
                "files": [file_row(file) for file in each.files],
            }
            for each in figure.records
        ],
    }
