"""The columns of target tables, and of the rows of one of them, in a spreadsheet."""

from dataclasses import replace
from typing import Any, Final

from flask_babel import gettext

from documents.exports import Column, Listing
from foundation.i18n import N_
from performance.states import TARGET
from performance.stored import template_of
from performance.templates import Template

TABLES: Final = Listing(
    "target_table",
    N_("绩效目标表"),
    (
        Column(N_("年度"), lambda table: table.year),
        Column(N_("服务机构"), lambda table: table.organisation.name),
        Column(N_("统一社会信用代码"), lambda table: table.organisation.uscc),
        Column(N_("目标表"), lambda table: gettext(template_of(table).title)),
        Column(N_("版本号"), lambda table: table.version),
        Column(N_("状态"), lambda table: gettext(TARGET.labels[table.state])),
        Column(N_("提交时间"), lambda table: table.submitted_at),
        Column(N_("批准时间"), lambda table: table.approved_at),
    ),
)


def _filled(name: str) -> Any:
    return lambda row: getattr(row["values"], name) if row["values"] else None


ROWS: Final = Listing(
    "target_row",
    N_("目标与实绩"),
    (
        Column(N_("序号"), lambda row: row["number"]),
        Column(N_("指标"), lambda row: row["label"]),
        Column(N_("适用企业"), lambda row: row["tier"]),
        Column(N_("口径"), lambda row: row["kind"]),
        Column(N_("计量单位"), lambda row: row["unit"]),
        Column(N_("基期"), _filled("baseline")),
        Column(N_("目标"), _filled("target")),
        Column(N_("实绩"), lambda row: row["actual"].value),
        Column(N_("达标率（%）"), lambda row: None if row["attainment"] is None else round(row["attainment"], 1)),
        Column(N_("其中项"), lambda row: row["part_label"]),
        Column(N_("其中：基期"), _filled("baseline_part")),
        Column(N_("其中：目标"), _filled("target_part")),
        Column(N_("其中：实绩"), lambda row: row["actual"].part),
    ),
)


def rows_of(template: Template) -> Listing:
    """``ROWS`` with the words that this template has for its columns."""
    words = {"基期": template.columns.baseline.label, "目标": template.columns.target.label}
    return replace(ROWS, columns=[replace(each, head=words.get(each.head, each.head)) for each in ROWS.columns])
