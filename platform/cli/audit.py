"""``huiqi audit``: the trail is whole, one event is in it, it has grown from an older head, what a restore has lost."""

import click

from accounts.restored import sign_for_restore, signer
from audit import heads, proofs, verification
from cli.inputs import command_errors, print_json
from config import load_settings
from foundation.unit_of_work import current_session, one_snapshot

_as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.group()
def audit() -> None:
    """The audit trail: append-only, sealed into a tree together with the transfers."""


@audit.command("verify")
@click.option("--head", metavar="DIGEST", help="A head that was kept elsewhere: it must still be one of the tree's.")
@_as_json
def verify_audit(*, head: str | None, as_json: bool) -> None:
    """Make the whole tree again and hold it against all heads that were written out; exit 1 if a row does not fit."""
    session = current_session()
    one_snapshot(session)
    report = verification.verify(session, head=head)
    heads.check(session, report, load_settings())
    answer = report.as_json()
    if as_json:
        print_json(answer)
    else:
        for name, value in answer.items():
            if name not in {"ok", "faults", "restored"}:
                click.echo(f"{name:<20}{value}")
        for note in answer["restored"]:
            click.echo(
                f"restored before head {note['from']}: heads {note['from']} to {note['to']} were lost,"
                f" signed by {note['asked_by']} and {note['second']} at {note['at']}: {note['note']}"
            )
        for fault in answer["faults"]:
            click.echo(f"fault: {fault}")
        click.echo("ok" if report.ok else f"{len(answer['faults'])} faults")
    _exit(ok=report.ok)


@audit.command("prove")
@click.argument("event")
@_as_json
@command_errors()
def prove_event(*, event: str, as_json: bool) -> None:
    """Show with a few hashes that EVENT (id or number) is in the newest tree; exit 1 if that cannot be shown."""
    session = current_session()
    _tell(proofs.prove(session, proofs.find(session, event)), as_json=as_json)


@audit.command("grown")
@click.argument("head")
@_as_json
@command_errors()
def show_growth(*, head: str, as_json: bool) -> None:
    """Show with a few hashes that the newest tree has grown from HEAD (its root or position); exit 1 if it has not."""
    _tell(proofs.growth(current_session(), head), as_json=as_json)


@audit.command("restored")
@click.option("--email", required=True, help="The address with which the person who signs signs in.")
@click.option("--reason", required=True, help="Why the database was restored.")
@click.option("--password", envvar="HUIQI_STAFF_PASSWORD", prompt=True, hide_input=True, help="The person's password.")
@command_errors()
def sign_restore(*, email: str, reason: str, password: str) -> None:
    """After a restore: sign that the heads that are missing were lost by it; twice, by two people of one office."""
    session = current_session()
    done = sign_for_restore(session, signer(session, email), load_settings(), reason=reason, password=password)
    click.echo(
        "signed by both, the trail tells of it" if done else "signed; another person of the same office signs next"
    )


def _tell(answer: dict[str, object], *, as_json: bool) -> None:
    if as_json:
        print_json(answer)
    else:
        for name, value in answer.items():
            for each in value if isinstance(value, list) else [value]:
                click.echo(f"{name:<12}{each}")
    _exit(ok=bool(answer["ok"]))


def _exit(*, ok: bool) -> None:
    if not ok:
        raise click.exceptions.Exit(1)
