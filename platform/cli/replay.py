"""``huiqi replay``: the stored facts of a decision judged again by the stored rules."""

import json
from typing import Any, Final

import click

from cli.inputs import command_errors, print_json
from foundation.unit_of_work import current_session
from policies.replays import Difference, Replay
from providers.replay import replay as replay_application
from settlement.replay import replay as replay_batch
from verification.replay import replay as replay_claim

KINDS: Final = {"application": replay_application, "claim": replay_claim, "batch": replay_batch}


@click.command()
@click.argument("kind", type=click.Choice(list(KINDS)))
@click.argument("number", metavar="NUMBER")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def replay(*, kind: str, number: str, as_json: bool) -> None:
    """Judge the stored facts of a decision again by the rules as they stood then.

    NUMBER is that of a certification application, of a claim for redemption (the first of an order has the order's), or of
    a settlement batch. Exit 0 for the same answer, 1 where it differs or not everything was stored, 2 for an unknown number.
    """
    with command_errors():
        found = KINDS[kind](current_session(), number)
    if as_json:
        print_json(found.as_json())
    else:
        click.echo(_told(found))
    if not found.same:
        raise click.exceptions.Exit(1)


def _told(found: Replay) -> str:
    if found.same:
        return f"{found.kind} {found.number}: the same answer"
    return "\n".join([f"{found.kind} {found.number}: not the same", *map(_line, found.differences)])


def _line(one: Difference) -> str:
    if one.stored is None and one.again is None:
        return f"  {one.where}: was not stored when this was decided, so it cannot be judged again"
    return f"  {one.where}: stored {_shown(one.stored)}, now {_shown(one.again)}"


def _shown(value: Any) -> str:
    return "nothing" if value is None else json.dumps(value, ensure_ascii=False, sort_keys=True)
