"""The columns of target tables, and of the rows of one of them, in a spreadsheet."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any, Final

from flask_babel import gettext

from documents.exports import Column, Listing
from foundation.i18n import N_
from performance.presentation import row_words
from performance.reading import TargetFigures, TargetRowFigures, TargetTableRow
from performance.states import TARGET
from performance.templates import Template, get_template

TABLES: Final[Listing[TargetTableRow]] = Listing(
    TargetTableRow,
    "target_table",
    N_("绩效目标表"),
    (
        Column(N_("年度"), lambda row: row.year),
        Column(N_("服务机构"), lambda row: row.provider.name),
        Column(N_("统一社会信用代码"), lambda row: row.provider.uscc),
        Column(N_("目标表"), lambda row: gettext(get_template(row.template).title)),
        Column(N_("版本号"), lambda row: row.version),
        Column(N_("状态"), lambda row: gettext(TARGET.labels[row.state])),
        Column(N_("提交时间"), lambda row: row.submitted_at),
        Column(N_("批准时间"), lambda row: row.approved_at),
    ),
)
# Its columns speak the words of a table's own template (``rows_of``).
ROWS: Final[Listing[TargetRowFigures]] = Listing(TargetRowFigures, "target_row", N_("目标与实绩"), ())


def _promised(figure: Callable[[TargetFigures], Decimal | None]) -> Callable[[TargetRowFigures], Decimal | None]:
    return lambda row: figure(row.promised) if row.promised else None


def rows_of(template: Template) -> Listing[TargetRowFigures]:
    """The rows of a table in the words of its template."""

    def said(name: str) -> Callable[[TargetRowFigures], Any]:
        return lambda row: row_words(template.row(row.row))[name]

    columns: tuple[Column[TargetRowFigures], ...] = (
        Column(N_("序号"), said("number")),
        Column(N_("指标"), said("label")),
        Column(N_("适用企业"), said("tier")),
        Column(N_("口径"), said("kind")),
        Column(N_("计量单位"), said("unit")),
        Column(template.columns.baseline.label, _promised(lambda figures: figures.baseline)),
        Column(template.columns.target.label, _promised(lambda figures: figures.target)),
        Column(N_("实绩"), lambda row: row.actual),
        Column(N_("达标率（%）"), lambda row: None if row.attainment is None else round(row.attainment, 1)),
        Column(N_("其中项"), said("part_label")),
        Column(N_("其中：基期"), _promised(lambda figures: figures.baseline_part)),
        Column(N_("其中：目标"), _promised(lambda figures: figures.target_part)),
        Column(N_("其中：实绩"), lambda row: row.actual_part),
    )
    return replace(ROWS, columns=columns)
