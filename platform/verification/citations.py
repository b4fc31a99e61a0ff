"""Where the rule of a check stands: in the programme's own terms or notice, never in another city's."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel, ConfigDict

from foundation.i18n import N_
from policies.places import Places
from policies.shipped import read
from vouchers.presets import presets
from vouchers.terms import Terms

_FOLDER: Final = Path(__file__).parent / "data"
_OWN: Final[Mapping[str, str]] = {"contract_window": "contract_window", "records": "service_records"}
"""Checks that hold a rule of the terms, which the terms may cite themselves."""

OF_THE_PROGRAMME: Final = N_("本项目设定")
"""What is said of a check that no notice asks for."""


class Article(BaseModel):
    """A place in a notice."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    article: str


class Cited(BaseModel):
    """A notice's articles by the checks that they ask for, the region whose notice it is, and where it all stands."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: str
    region: str
    places: Places
    checks: dict[str, Article]


def citations(terms: Terms, region_path: str) -> dict[str, str]:
    """Document and article by check id, for the checks that the programme's own notice asks for."""
    return cited_by(notice_of(terms, region_path), terms)


def notice_of(terms: Terms, region_path: str) -> str | None:
    """The known notice on which a programme of these terms in this region stands, by preset id."""
    return next(
        (
            preset_id
            for preset_id, cited in notices().items()
            if presets()[preset_id].terms["document"] == terms.document and cited.region in region_path.split("/")
        ),
        None,
    )


def cited_by(notice: str | Cited | None, terms: Terms) -> dict[str, str]:
    """The citations by check id that a notice (by preset id, or as it was stored) and the terms themselves give."""
    cited = notices()[notice] if isinstance(notice, str) else notice
    places = cited.checks if cited is not None else {}
    found = {check: f"{terms.document} {place.article}" for check, place in places.items()}
    own = {check: terms.cited(rule) for check, rule in _OWN.items()}
    return found | {check: text for check, text in own.items() if text is not None}


@cache
def notices() -> Mapping[str, Cited]:
    """The notices that are known, by preset id, which is the file's name."""
    return {preset_id: Cited.model_validate(content) for preset_id, content in notice_files().items()}


@cache
def notice_files() -> Mapping[str, dict[str, Any]]:
    """What the files of the known notices say, by preset id."""
    return {path.stem: read(path) for path in sorted(_FOLDER.glob("*.yaml"))}
