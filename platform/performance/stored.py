"""The template by which a target table was made, as it stood then."""

from performance.models import TargetTable
from performance.templates import Template, get_template, stored
from policies.versions import loaded


def template_of(table: TargetTable) -> Template:
    """The template that the table points at; for a table of a version that nobody kept, the one of today."""
    return get_template(table.template_id) if table.rules is None else loaded(table.rules, stored)
