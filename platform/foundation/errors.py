"""Domain errors: what was wrong, in which field, by which rule, and what to do next.

Messages are Chinese msgids with ``%(name)s`` places, so a shell can translate first and fill afterwards.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from foundation.i18n import N_

Translate = Callable[[str], str]
_ABOUT = N_("“%(name)s”：%(fault)s")


class DomainError(Exception):
    """A refusal that a person can understand and act upon; shells show it, they never hide it.

    ``field`` names the form field or input path, ``rule`` cites the document and article, ``remedy`` says the way out.
    ``about`` is the name of the one thing among several that the field holds, such as a file.
    """

    status = 422
    exit_code = 1

    def __init__(
        self,
        message: str,
        *,
        field: str | None = None,
        rule: str | None = None,
        remedy: str | None = None,
        **params: Any,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        self.rule = rule
        self.remedy = remedy
        self.about: str | None = None
        self.params: Mapping[str, Any] = params

    def __str__(self) -> str:
        return self.text()

    def text(self, translate: Translate = str) -> str:
        """The message, translated and filled."""
        said = _fill(translate(self.message), self.params)
        return said if self.about is None else _fill(translate(_ABOUT), {"name": self.about, "fault": said})

    def way_out(self, translate: Translate = str) -> str | None:
        """What to do next, translated and filled; None where the message says it already."""
        return None if self.remedy is None else _fill(translate(self.remedy), self.params)


class BadInput(DomainError):
    """What was typed or sent cannot be used as it is."""

    exit_code = 2


class NotAllowed(DomainError):
    """The person may see the thing but may not do this."""

    status = 403


class NotFound(DomainError):
    """There is no such thing for this person; another organisation's record looks the same."""

    status = 404


class Conflict(DomainError):
    """The thing has moved on: wrong state, lost race or a stale form."""

    status = 409


class Busy(Conflict):
    """Somebody else is working on the same thing: a while later it may succeed."""


class Exhausted(Conflict):
    """The money or the places are gone."""


class Faults(DomainError):
    """Several refusals found in one go, so that a person mends all of them at once."""

    def __init__(self, faults: Sequence[DomainError]) -> None:
        super().__init__(faults[0].message, field=faults[0].field)
        self.faults = tuple(faults)

    def text(self, translate: Translate = str) -> str:
        return "；".join(fault.text(translate) for fault in self.faults)


def _fill(text: str, params: Mapping[str, Any]) -> str:
    return text % params if params else text
