"""``huiqi uscc CODE``: checks a unified social credit code, without a database."""

from dataclasses import asdict

import click

from cli.inputs import print_json, typed
from policies.uscc import check_uscc


@click.command()
@click.argument("code")
@click.option("--json", "as_json", is_flag=True, help="Accepted for symmetry: the answer is always JSON.")
def uscc(code: str, *, as_json: bool) -> None:  # noqa: ARG001 - one shape, with the flag or without
    """Check CODE by GB 32100-2015. Exit 0 if it is valid, 1 if it is not."""
    # A terminal may hand over bytes that are no text; they are shown as replacement characters.
    result = check_uscc(typed(code, errors="replace"))
    print_json(asdict(result))
    if not result.valid:
        raise click.exceptions.Exit(1)
