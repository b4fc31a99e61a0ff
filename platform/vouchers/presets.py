"""Programmes of official notices as data, to begin a draft from: the rules are theirs, the days are the bureau's own."""

from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel, ConfigDict

from foundation.clock import at, end_of
from policies.places import Places
from policies.shipped import RuleKind, Shipped, read
from vouchers.terms import Terms

_FOLDER: Final = Path(__file__).parent / "data"

USUAL: Final = "xiamen-2021"
"""The preset with which a draft begins when none was chosen."""


class Preset(BaseModel):
    """A notice's rules without days; ``starting`` gives them days."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    version: str
    name: str
    summary: str
    scheme_id: str
    original_start: date
    days: int
    expires_after_days: int
    places: Places
    terms: dict[str, Any]

    def starting(self, first: date) -> Terms:
        """The terms with claim and contract window from ``first`` on, as long as the notice's own (last day included)."""
        last = first + timedelta(days=self.days)
        return Terms.model_validate(
            {
                **self.terms,
                "claims_open_at": at(first, 0),
                "claims_close_at": end_of(last),
                "contracts_from": first,
                "contracts_to": last,
                "expires_on": last + timedelta(days=self.expires_after_days),
            }
        )


@cache
def presets() -> dict[str, Preset]:
    """All presets by id; a fault in a file stops the program with its name."""
    found = {}
    for each in all_shipped():
        preset = Preset.model_validate(each.content)
        preset.starting(preset.original_start)
        found[preset.id] = preset
    return found


@cache
def all_shipped() -> tuple[Shipped, ...]:
    """Every preset as its file says it."""
    contents = [read(path) for path in sorted(_FOLDER.glob("*.yaml"))]
    return tuple(
        Shipped(
            RuleKind.PRESET,
            content["id"],
            content["version"],
            content,
            date.fromisoformat(content["original_start"]),
        )
        for content in contents
    )
