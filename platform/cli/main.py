"""The ``huiqi`` command. Subcommands are imported when they are called, so that rules and sums answer in a second."""

import errno
import sys
from collections.abc import Sequence
from importlib import import_module
from io import TextIOWrapper
from typing import Any, Final, NamedTuple

import click

from cli.inputs import error_line
from foundation.errors import DomainError
from foundation.keeper import end_with_keeper


class Entry(NamedTuple):
    """Where a subcommand is, whether it runs inside a unit of work on the database, and its line of help."""

    target: str
    on_database: bool
    help: str


COMMANDS: Final = {
    "rules": Entry("cli.rules:rules", False, "Rule sets: list, show, check facts against them."),
    "schemes": Entry("cli.schemes:schemes", False, "Subsidy schemes: list, show, simulate a case."),
    "targets": Entry("cli.targets:targets", False, "Templates of performance-target tables: list, show."),
    "uscc": Entry("cli.uscc:uscc", False, "Check a unified social credit code."),
    "sample": Entry("cli.sample:sample", False, "Draw a sample that anyone can recompute."),
    "replay": Entry("cli.replay:replay", True, "Judge a decision again by the rules as they stood then."),
    "ledger": Entry("cli.database:ledger", True, "Prove that the money adds up; count its days anew."),
    "audit": Entry("cli.audit:audit", True, "Prove that the audit trail is whole, or that one event is in it."),
    "search": Entry("cli.search:search", True, "Care of the search indexes."),
    "bench": Entry("cli.bench:bench", False, "Measure this installation."),
    "calendar": Entry("cli.calendar:calendar", True, "Holidays and make-up days: enter a year's notice, show a year."),
    "staff": Entry("cli.staff:staff", True, "Offices and their people."),
    "demo": Entry("cli.demo:demo", True, "Demonstration data."),
    "translations": Entry(
        "cli.translations:translations", False, "The English catalogue: update, list what is missing."
    ),
    "serve": Entry("cli.serve:serve", False, "Everything on this machine: database, pages and worker."),
    "doctor": Entry("cli.doctor:doctor", False, "Look for what is wrong with this installation, and say what to do."),
    "migrate": Entry("cli.run:migrate", False, "Bring the database to the newest version."),
    "web": Entry("cli.run:web", False, "Serve the pages."),
    "worker": Entry("cli.run:worker", False, "Work off the queued jobs."),
}


class Huiqi(click.Group):
    """The group: finds subcommands by the table above, and tells every error in one line on standard error."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Names in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        """Import the subcommand; None when there is none of this name."""
        entry = COMMANDS.get(cmd_name)
        if entry is None:
            return None
        module, _, attribute = entry.target.partition(":")
        command: click.Command = getattr(import_module(module), attribute)
        if entry.on_database:
            # Imported here: it brings SQLAlchemy with it, which the commands without a database do not wait for.
            from cli.opening import run_on_database  # noqa: PLC0415

            return run_on_database(command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """The list in ``--help``, from the table: nothing is imported for it."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry.help) for name, entry in COMMANDS.items()])

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        **extra: Any,
    ) -> Any:
        """Run and exit: 0 done, 1 the answer is no, 2 wrong use or bad input."""
        if not standalone_mode:
            return super().main(args, prog_name, complete_var, standalone_mode=False, **extra)
        _speak_utf8()
        end_with_keeper()
        try:
            code = super().main(args, prog_name, complete_var, standalone_mode=False, **extra)
        except DomainError as error:
            click.echo(error_line(error), err=True)
            code = error.exit_code
        except click.exceptions.NoArgsIsHelpError as error:
            click.echo(_missing_command(error), err=True)
            code = error.exit_code
        except click.ClickException as error:
            told = error.format_message()
            if isinstance(error, click.UsageError) and error.ctx is not None:
                told = f"{told.rstrip('.')}; see {error.ctx.command_path} --help"
            click.echo(" ".join(told.split()), err=True)
            code = error.exit_code
        except click.Abort:
            code = 130
        except BrokenPipeError:
            # Whoever read our output has had enough (``| head``); the interpreter must not flush into it again.
            sys.stdout = None
            code = 1
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise
            click.echo(f"cannot write: {error.strerror}", err=True)
            sys.stdout = None
            code = 1
        sys.exit(code if isinstance(code, int) else 0)


def _speak_utf8() -> None:
    """Chinese comes out whole, whatever the locale or PYTHONIOENCODING says."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")


def _missing_command(error: click.exceptions.NoArgsIsHelpError) -> str:
    """One line where click would print the whole page of help."""
    context = error.ctx
    if context is None or not isinstance(context.command, click.Group):
        return "Missing arguments."
    names = ", ".join(context.command.list_commands(context))
    return f"Missing command, one of: {names}; see {context.command_path} --help"


@click.command(cls=Huiqi, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """惠企 Huiqi: service vouchers, from certified platform to settled subsidy."""
