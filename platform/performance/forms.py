"""Forms of target tables; the table itself is a form made from its template, one field a cell."""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Any, Final

from flask_babel import lazy_gettext as _l
from wtforms import SelectField, TextAreaField
from wtforms.validators import DataRequired, InputRequired, Length

from foundation.errors import BadInput, DomainError, Faults
from foundation.fields import CodeField, WholeField
from foundation.forms import Form, choices
from foundation.i18n import N_
from performance.templates import RowValues, Template, list_templates

COLUMNS: Final = ("baseline", "target")
PART: Final = "_part"


class NewTableForm(Form):
    """A new table."""

    template = SelectField(
        _l("目标表"),
        [InputRequired()],
        choices=choices([(each.id, _l(each.title)) for each in list_templates()]),
    )
    year = WholeField(_l("目标年度"), [InputRequired(_l("填写年度"))], least=2020, most=2100)


class PlainForm(Form):
    """A step that needs nothing typed."""


class ReasonForm(Form):
    """A step that needs a reason."""

    reason = TextAreaField(_l("原因"), [DataRequired(_l("写明原因，对方会看到")), Length(max=500)])


@cache
def table_form(template: Template) -> type[Form]:
    """The form class of a template: fields such as ``ind03-srdi.target_part``, as text so that nothing typed is lost."""
    fields: dict[str, Any] = {}
    for row in template.rows:
        for column in COLUMNS:
            fields[f"{row.id}.{column}"] = CodeField(_l(row.indicator.label), [Length(max=20)])
            if row.indicator.of_which is not None:
                fields[f"{row.id}.{column}{PART}"] = CodeField(_l(row.indicator.of_which.label), [Length(max=20)])
    return type("TableForm", (Form,), fields)


def fill(form: Form, values: Mapping[str, RowValues]) -> None:
    """Show what is stored."""
    for row_id, row in values.items():
        for name in ("baseline", "target", "baseline_part", "target_part"):
            value: Decimal | None = getattr(row, name)
            if value is not None and f"{row_id}.{name}" in form:
                form[f"{row_id}.{name}"].data = f"{value.normalize():f}"


def values_of(form: Form, template: Template) -> dict[str, RowValues]:
    """What was filled in, by row; a row that is left empty altogether is dropped.

    Faults by field for what is no number and for a row that is filled in half.
    """
    values: dict[str, RowValues] = {}
    faults: list[DomainError] = []
    for row in template.rows:
        names = [name for name in _names(row.indicator.of_which is not None) if f"{row.id}.{name}" in form]
        typed = {name: (form[f"{row.id}.{name}"].data or "").strip() for name in names}
        if not any(typed.values()):
            continue
        numbers: dict[str, Decimal] = {}
        for name, text in typed.items():
            try:
                numbers[name] = _number(text, f"{row.id}.{name}")
            except BadInput as fault:
                faults.append(fault)
        if len(numbers) == len(names):
            values[row.id] = RowValues(**numbers)
    if faults:
        raise Faults(faults)
    return values


def _names(with_parts: bool) -> list[str]:
    return [column + part for column in COLUMNS for part in (("", PART) if with_parts else ("",))]


def _number(text: str, field: str) -> Decimal:
    if not text:
        raise BadInput(N_("填写数字；不开展的服务整行留空"), field=field)
    try:
        value = Decimal(text.replace(",", "").replace("，", ""))
    except InvalidOperation as error:
        raise BadInput(N_("“%(text)s”不是数字"), field=field, text=text[:20]) from error
    if not value.is_finite():
        raise BadInput(N_("“%(text)s”不是数字"), field=field, text=text[:20])
    return value
