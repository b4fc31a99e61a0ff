"""Where the rule of a check stands: in the programme's own terms or notice, never in another city's."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final

import yaml
from pydantic import BaseModel, ConfigDict

from foundation.i18n import N_
from vouchers.presets import presets
from vouchers.terms import Terms

_FILE: Final = Path(__file__).parent / "data" / "citations.yaml"
_OWN: Final[Mapping[str, str]] = {"contract_window": "contract_window", "records": "service_records"}
"""Checks that hold a rule of the terms, which the terms may cite themselves."""

OF_THE_PROGRAMME: Final = N_("本项目设定")
"""What is said of a check that no notice asks for."""


class Article(BaseModel):
    """A place in a notice."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    article: str


class Cited(BaseModel):
    """A notice's articles by the checks that they ask for, and the region whose notice it is."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    region: str
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
    """The notices that are known, by preset id."""
    raw = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    return {preset_id: Cited.model_validate(each) for preset_id, each in raw.items()}
