"""``huiqi targets``: the templates of performance-target tables; needs no database."""

from typing import Any

import click

from cli.inputs import command_errors, print_json
from performance.templates import Row, get_template, list_templates


@click.group()
def targets() -> None:
    """Target-table templates: list, show."""


@targets.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_command(*, as_json: bool) -> None:
    """List the templates."""
    rows = [
        {"id": template.id, "version": template.version, "region": template.region, "title": template.title}
        for template in list_templates()
    ]
    if as_json:
        print_json(rows)
        return
    for row in rows:
        click.echo(f"{row['id']:<24}{row['version']:<14}{row['region']}  {row['title']}")


@targets.command()
@click.argument("template_id", metavar="ID")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@command_errors()
def show(*, template_id: str, as_json: bool) -> None:
    """Show the rows of a template."""
    template = get_template(template_id)
    rows = [_row(row) for row in template.rows]
    if as_json:
        head = template.model_dump(
            mode="json", include={"id", "version", "title", "region", "document", "citation", "columns", "notes"}
        )
        print_json(head | {"rows": rows})
        return
    click.echo(f"{template.title}  [{template.citation}]")
    columns = (template.columns.baseline, template.columns.target)
    click.echo("  ".join(f"{column.label}（{column.year}）" for column in columns))
    for row in rows:
        mark = "＊" if row["cumulative"] else "  "
        click.echo(f"{row['id']:<12}{mark}{row['label']}（{row['unit']}）{row['tier'] or ''}")
    for note in template.notes:
        click.echo(f"- {note}")


def _row(row: Row) -> dict[str, Any]:
    fields = row.indicator.model_dump(mode="json", exclude={"by_tier"})
    return {"id": row.id, **fields, "tier": row.tier_label, "titles": list(row.titles), "optional": row.optional}
