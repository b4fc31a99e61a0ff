"""Every form of every room takes its one-line texts, days and numbers from one place, with a span or a range each."""

import ast
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask_wtf import FlaskForm
from wtforms import Field, HiddenField, PasswordField, StringField, TextAreaField
from wtforms.fields import DateField, DateTimeField, DecimalField, FloatField, IntegerField
from wtforms.fields.core import UnboundField

from enterprises.forms import TitleForm
from foundation.fields import DayField, LineField, NumberField, WholeField
from orders.forms import record_form
from orders.measures import categories
from performance.forms import table_form
from performance.templates import list_templates
from policies.facts import vocabulary
from providers.forms import _fact_field

PLATFORM = Path(__file__).parents[2] / "platform"
PLAIN = [
    "StringField",
    "DateField",
    "DateTimeField",
    "DateTimeLocalField",
    "MonthField",
    "TimeField",
    "WeekField",
    "IntegerField",
    "DecimalField",
    "FloatField",
    "IntegerRangeField",
    "DecimalRangeField",
    "EmailField",
    "TelField",
    "URLField",
    "SearchField",
    "ColorField",
]


def _forms() -> list[type[Any]]:
    for path in sorted(PLATFORM.glob("*/*.py")):
        if "Form" in path.read_text("utf-8") and path.stem != "__init__":
            import_module(f"{path.parent.name}.{path.stem}")
    for category in categories():
        record_form(category.key)
    for template in list_templates():
        table_form(template)
    found, left = [], [FlaskForm]
    while left:
        below = left.pop().__subclasses__()
        found += below
        left += below
    return [form for form in found if form.__module__.partition(".")[0] in {one.name for one in PLATFORM.iterdir()}]


def _fields() -> Iterator[tuple[str, type[Field], dict[str, Any]]]:
    for form in _forms():
        for name in dir(form):
            field = getattr(form, name, None)
            if isinstance(field, UnboundField):
                yield f"{form.__name__}.{name}", field.field_class, field.kwargs
    for fact in vocabulary().values():
        field = _fact_field(fact)
        yield f"fact {fact.label}", field.field_class, field.kwargs


def test_every_text_of_one_line_is_a_line_field() -> None:
    lines = [(name, kind) for name, kind, _ in _fields() if issubclass(kind, StringField)]
    lines = [one for one in lines if not issubclass(one[1], (TextAreaField, PasswordField, HiddenField))]
    assert len(lines) > 30
    assert [name for name, kind in lines if not issubclass(kind, LineField)] == []


def test_every_day_has_a_horizon() -> None:
    days = [one for one in _fields() if issubclass(one[1], DateTimeField | DateField)]
    assert len(days) > 10
    assert [
        name for name, kind, options in days if not issubclass(kind, DayField) or "years_ahead" not in options
    ] == []


def test_only_the_end_of_a_title_may_be_open() -> None:
    assert {name for name, _, options in _fields() if options.get("open_end")} == {"TitleForm.valid_to"}


def test_every_number_has_a_range() -> None:
    numbers = [one for one in _fields() if issubclass(one[1], (IntegerField, DecimalField, FloatField))]
    assert len(numbers) > 10
    for name, kind, options in numbers:
        assert issubclass(kind, (WholeField, NumberField)), name
        assert options["least"] < options["most"], name


def test_no_room_takes_the_plain_fields() -> None:
    taken = {
        (path.relative_to(PLATFORM).as_posix(), alias.name)
        for path in PLATFORM.glob("**/*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("wtforms")
        for alias in node.names
        if alias.name in PLAIN
    }
    assert {path for path, _ in taken} == {"foundation/fields.py"}


@pytest.mark.parametrize(("valid_to", "fine"), [("9999-12-31", True), ("9999-12-30", False), ("2025-12-31", False)])
def test_a_title_may_hold_for_ever(app: Flask, valid_to: str, fine: bool) -> None:
    sent = {"valid_from": "2026-01-01", "valid_to": valid_to}
    with app.test_request_context(method="POST", data=sent):
        form = TitleForm()
        form.validate()
        assert (not form.valid_to.errors) is fine
