"""``huiqi sample``: draws that anybody can repeat; needs no database."""

from pathlib import Path

import click

from cli.inputs import command_errors, print_json, read_text, typed
from verification.sampling import draw, parse_rate, read_population


@click.group()
def sample() -> None:
    """Sampling inspections."""


@sample.command("draw")
@click.option("--population", "file", required=True, type=click.Path(path_type=Path), help="A UTF-8 .csv, column id.")
@click.option("--rate", required=True, help="Percent of the population, above 0 and at most 100.")
@click.option("--seed", required=True, help="The published seed, taken verbatim.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def draw_command(*, file: Path, rate: str, seed: str, as_json: bool) -> None:
    """Draw a sample: the smallest SHA-256(seed, newline, id), rounded up."""
    with command_errors(option="--rate"):
        percent = parse_rate(rate)
    with command_errors(file):
        ids = read_population(read_text(file))
    with command_errors(option="--seed"):
        result = draw(ids, percent, typed(seed))
    if as_json:
        print_json(
            {
                "seed": result.seed,
                "rate": result.rate,
                "population": result.population,
                "take": result.take,
                "ids": list(result.ids),
            }
        )
        return
    click.echo(f"{result.take} of {result.population} (rate {result.rate}%, seed {result.seed})")
    for name in result.ids:
        click.echo(name)
