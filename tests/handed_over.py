"""What views hand to templates: read models and plain values, never rows of tables."""

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from dataclasses import fields, is_dataclass
from typing import Any

from flask import Flask, before_render_template
from jinja2 import Template

from foundation.database import Base
from foundation.pages import Page


def rows_in(value: Any, path: str) -> Iterator[str]:
    """Where in ``value`` a row of a table is, and of which."""
    if isinstance(value, Base):
        yield f"{path}: {type(value).__name__}"
    elif isinstance(value, Page):
        yield from rows_in(value.rows, f"{path}.rows")
    elif isinstance(value, Mapping):
        for key, each in value.items():
            yield from rows_in(key, f"{path}.keys()")
            yield from rows_in(each, f"{path}[{key!r}]")
    elif isinstance(value, Sequence | AbstractSet) and not isinstance(value, str | bytes):
        for each in value:
            yield from rows_in(each, f"{path}[…]")
    elif is_dataclass(value) and not isinstance(value, type):
        for field in fields(value):
            yield from rows_in(getattr(value, field.name), f"{path}.{field.name}")


@contextmanager
def only_read_models(app: Flask) -> Iterator[None]:
    """Fail at the end of the block when a template of ``app`` was handed a row of a table in it."""
    found: set[str] = set()

    def look(_app: Flask, template: Template, context: dict[str, Any], **_rest: object) -> None:
        # The request and its like are put in by Flask itself.
        given = {name: value for name, value in context.items() if name not in {"request", "session", "g"}}
        found.update(f"{template.name}: {row}" for name, each in given.items() for row in rows_in(each, name))

    with before_render_template.connected_to(look, app):
        yield
    assert not found, "templates take read models, not rows:\n" + "\n".join(sorted(found))
