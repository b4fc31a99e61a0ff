"""What all commands share: strict reading of JSON files, printing of JSON, and one clear line for an error.

The command line speaks plain English on standard error and UTF-8 on standard output, whatever the locale says.
"""

import json
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, NoReturn

import click

from foundation.errors import BadInput, DomainError, Faults, NotFound

_CATALOGUE: Final = Path(__file__).parents[2] / "translations" / "en" / "LC_MESSAGES" / "messages.po"

_SHOWN: Final = 3
"""As many faults of one input are told; more would bury the first."""

_NAMELESS: Final = '""'
"""How a field whose name has no letters is shown; JSON allows it as a key."""

_OUR_WORDS: Final = ("label", "unit")
"""Parameters of an error that are words of the interface themselves, not what somebody typed."""


@contextmanager
def command_errors(source: str | Path | None = None, *, option: str | None = None) -> Iterator[None]:
    """Turn a domain error into one line on standard error and its exit code: 2 for bad input or an unknown id, else 1.

    Usable as ``with command_errors(path):`` or as a decorator; ``source`` names the file that the error is about,
    ``option`` the option whose value it is about, in place of the field that the domain knows it by.
    """
    try:
        yield
    except DomainError as error:
        if option is not None:
            error.field = option
        click.echo(error_line(error, source), err=True)
        raise click.exceptions.Exit(_exit_code(error)) from None


def error_line(error: DomainError, source: str | Path | None = None) -> str:
    """``file: field: what is wrong`` on a single line, in English where the catalogue has the sentence."""
    translate = _english()
    faults: Sequence[DomainError] = error.faults if isinstance(error, Faults) else [error]
    told = "; ".join(_told(fault, translate) for fault in faults[:_SHOWN])
    if len(faults) > _SHOWN:
        told += f"; and {len(faults) - _SHOWN} more"
    line = " ".join((f"{source}: {told}" if source is not None else told).split())
    # What an input calls itself may hold what no terminal should be sent, such as half characters and escapes.
    return "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in line)


def typed(argument: str, *, errors: str = "surrogateescape") -> str:
    """A command's argument as the UTF-8 that was typed, whatever encoding the locale made Python read it by."""
    return os.fsencode(argument).decode("utf-8", errors)


def read_bytes(path: str | Path) -> bytes:
    """The bytes of an input file; a file that cannot be read is BadInput."""
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise BadInput("cannot be read: %(why)s", why=error.strerror or type(error).__name__) from error


def read_text(path: str | Path) -> str:
    """The text of a UTF-8 file, with or without a byte order mark; other encodings are BadInput."""
    try:
        return read_bytes(path).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadInput("is not UTF-8 (byte %(place)s)", place=error.start) from error


def read_json(path: str | Path) -> Any:
    """The value in a JSON file: numbers with a point become Decimal, a key given twice is refused.

    Raises BadInput for a file that cannot be read, is not UTF-8 or is not JSON (NaN and Infinity are not).
    """
    text = read_text(path)
    try:
        return json.loads(text, parse_float=Decimal, parse_constant=_no_constant, object_pairs_hook=_unique)
    except json.JSONDecodeError as error:
        raise BadInput(
            "is not valid JSON: %(why)s at line %(line)s column %(column)s",
            why=error.msg,
            line=error.lineno,
            column=error.colno,
        ) from error
    except (ValueError, RecursionError) as error:
        raise BadInput("is not usable JSON: a number is too long or the nesting too deep") from error


def print_json(value: Any) -> None:
    """Print ``value`` as UTF-8 JSON, readable, with Decimals as plain numbers."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2, default=_plain).encode())


def _told(fault: DomainError, translate: Callable[[str], str]) -> str:
    words = {name: translate(fault.params[name]) for name in _OUR_WORDS if fault.params.get(name)}
    text = DomainError(fault.message, **{**fault.params, **words}).text(translate)
    if fault.field is None:
        return text
    return f"{fault.field or _NAMELESS}: {text}"


def _exit_code(error: DomainError) -> int:
    faults: Sequence[DomainError] = error.faults if isinstance(error, Faults) else [error]
    return max(2 if isinstance(fault, NotFound) else fault.exit_code for fault in faults)


def _english() -> Callable[[str], str]:
    """Sentences of the domain are Chinese msgids; those that the catalogue lacks stay as they are.

    Reads the source of the catalogue, not its compiled form, which may be stale or missing; babel is slow to import and
    loaded only when there is an error to tell.
    """
    from babel.messages.pofile import read_po  # noqa: PLC0415

    try:
        with _CATALOGUE.open("rb") as file:
            catalogue = read_po(file, locale="en")
    except (OSError, ValueError):
        return str
    return lambda text: str(getattr(catalogue.get(text), "string", "") or text)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise BadInput("the key is given twice in one object", field=key)
        found[key] = value
    return found


def _no_constant(name: str) -> NoReturn:
    raise BadInput("%(name)s is not a JSON number", name=name)


def _plain(value: object) -> int | float:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    raise TypeError(f"{type(value).__name__} cannot be printed as JSON")
