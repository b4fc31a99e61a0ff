"""``huiqi ledger verify`` and ``huiqi ledger rebuild``: proofs from what the database holds."""

from datetime import UTC, datetime

import click

from cli.inputs import print_json
from foundation.clock import CHINA
from foundation.unit_of_work import current_session
from ledger import days, verification
from web.rooms import import_tables, whole_house


def _moment(_context: click.Context, _option: click.Parameter, given: str | None) -> datetime | None:
    """Read --at while options are read: a wrong time is told before any database is started."""
    if given is None:
        return None
    try:
        moment = datetime.fromisoformat(given)
        moment = moment if moment.tzinfo else moment.replace(tzinfo=CHINA)
        moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise click.BadParameter(f"{given!r} is not an ISO 8601 time such as 2026-03-31T18:00") from None
    return moment


@click.group()
def ledger() -> None:
    """The money: every movement is a transfer, and they must add up."""


@ledger.command("verify")
@click.option(
    "--at", metavar="TIMESTAMP", callback=_moment, help="As it stood then (ISO 8601; without a zone: China's time)."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def verify_ledger(*, at: datetime | None, as_json: bool) -> None:
    """Prove that the money adds up, now and at every moment before, and that rows and trail say the same; exit 1 if not.

    With --at from the transfers alone: rows say what is true now.
    """
    import_tables()
    report = verification.verify(current_session(), at=at, proving=whole_house().proves)
    answer = report.as_json()
    if as_json:
        print_json(answer)
    else:
        click.echo(f"transfers  {answer['transfers']}")
        for programme in answer["programmes"]:
            name, *stations = programme.items()
            click.echo(f"programme {name[1]}")
            for station, amount in stations:
                click.echo(f"  {station:<12}{amount:>20}")
        _tell(ok=report.ok, faults=answer["faults"])
    _exit(ok=report.ok)


@ledger.command("rebuild")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def rebuild_ledger(*, as_json: bool) -> None:
    """Count the facts of each day anew from the transfers; says whether they were the same, exit 1 if they were not.

    What was wrong is right afterwards. Pages and people go on working meanwhile.
    """
    session = current_session()
    faults = [verification.told_difference(each) for each in days.rebuild(session)]
    session.commit()
    counted = days.extent(session)
    answer = {"ok": not faults, "same": not faults, **counted, "faults": faults}
    if as_json:
        print_json(answer)
    else:
        click.echo(f"{'transfers':<18}{counted['transfers']}\n{'facts':<18}{counted['facts']}")
        for fault in faults:
            click.echo(f"was different: {fault}")
        click.echo("the same" if not faults else f"{len(faults)} facts were different and are right now")
    _exit(ok=not faults)


def _tell(*, ok: bool, faults: list[str]) -> None:
    for fault in faults:
        click.echo(f"fault: {fault}")
    click.echo("ok" if ok else f"{len(faults)} faults")


def _exit(*, ok: bool) -> None:
    if not ok:
        raise click.exceptions.Exit(1)
