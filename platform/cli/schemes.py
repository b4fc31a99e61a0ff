"""``huiqi schemes``: the subsidy schemes and their worked calculations; needs no database."""

from pathlib import Path

import click
import yaml

from cli.inputs import command_errors, print_json, read_json
from settlement.schemes import get_scheme, list_schemes, simulate
from settlement.schemes.results import SchemeResult


@click.group()
def schemes() -> None:
    """Subsidy schemes: list, show, simulate."""


@schemes.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_command(*, as_json: bool) -> None:
    """List the schemes."""
    rows = [
        {"id": scheme.id, "version": scheme.version, "region": scheme.region, "title": scheme.title}
        for scheme in list_schemes()
    ]
    if as_json:
        print_json(rows)
        return
    for row in rows:
        click.echo(f"{row['id']:<24}{row['version']:<14}{row['region']}  {row['title']}")


@schemes.command()
@click.argument("scheme_id", metavar="ID")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@command_errors()
def show(*, scheme_id: str, as_json: bool) -> None:
    """Show what a scheme asks for, its steps, their parameters and citations."""
    definition = get_scheme(scheme_id).model_dump(mode="json", exclude_none=True)
    if as_json:
        print_json(definition)
    else:
        click.echo(yaml.safe_dump(definition, allow_unicode=True, sort_keys=False, width=120), nl=False)


@schemes.command("simulate")
@click.argument("scheme_id", metavar="ID")
@click.option("--input", "file", required=True, type=click.Path(path_type=Path), help="The case, a JSON file.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def simulate_command(*, scheme_id: str, file: Path, as_json: bool) -> None:
    """Work a case through a scheme, line by line."""
    with command_errors():
        get_scheme(scheme_id)
    with command_errors(file):
        result = simulate(scheme_id, read_json(file))
    if as_json:
        print_json(result.as_json())
    else:
        click.echo(_table(result))


def _table(result: SchemeResult) -> str:
    answer = result.as_json()
    told = [f"{answer['scheme']}  {answer['version']}"]
    for line in answer["lines"]:
        told.append(f"{line['id']}  {line['total']}")
        told += [f"  {step['amount']:>16}  {step['text']}  [{step['citation']}]" for step in line["steps"]]
    told.append(f"total  {answer['total']}")
    if answer["scale"]:
        told.append(f"scale  {answer['scale']}")
    return "\n".join(told)
