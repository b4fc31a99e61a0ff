"""Where the rule of a check stands: in the programme's own terms or notice, never in another city's."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final

import yaml
from pydantic import BaseModel, ConfigDict

from foundation.i18n import N_
from policies.places import Places
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

    region: str
    places: Places
    checks: dict[str, Article]


def citations(terms: Terms, region_path: str) -> dict[str, str]:
    """Document and article by check id, for the checks that the programme's own notice asks for."""
    found: dict[str, str] = {}
    for preset_id, cited in notices().items():
        if presets()[preset_id].terms["document"] == terms.document and cited.region in region_path.split("/"):
            found |= {check: f"{terms.document} {place.article}" for check, place in cited.checks.items()}
    own = {check: terms.cited(rule) for check, rule in _OWN.items()}
    return found | {check: text for check, text in own.items() if text is not None}


@cache
def notices() -> Mapping[str, Cited]:
    """The notices that are known, by preset id, which is the file's name."""
    return {
        path.stem: Cited.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
        for path in sorted(_FOLDER.glob("*.yaml"))
    }
