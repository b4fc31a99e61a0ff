"""The terms of certification, as data: which rule set judges whom, and for how long what holds."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict, Field

from foundation.i18n import N_
from foundation.yaml_files import read_yaml
from policies.catalogue import rule_set
from policies.places import Places
from policies.rulesets import RuleSet

_FILE: Final = Path(__file__).parent / "data" / "certification.yaml"

LEVELS: Final[Mapping[str, str]] = {
    "national": N_("国家中小企业公共服务示范平台"),
    "provincial": N_("省级中小企业公共服务示范平台"),
    "municipal": N_("市级中小企业公共服务示范平台"),
}


class Regional(BaseModel):
    """The rule set of a region, and the level that it certifies."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rule_set: str
    level: str


class Terms(BaseModel):
    """Days and years of a certification."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rule_sets: dict[str, Regional]
    notice_working_days: int = Field(ge=1)
    valid_years: int = Field(ge=1)
    valid_years_citation: str
    places: Places
    answer_working_days: int = Field(ge=1)
    renewal_reminder_days: int = Field(ge=1)


@cache
def terms() -> Terms:
    """The terms that stand in the data."""
    return Terms.model_validate(read_yaml(_FILE))


def regional(region_path: str) -> Regional:
    """What holds for a region: its own entry, or the nearest above it."""
    codes = region_path.strip("/").split("/")
    found = next((terms().rule_sets[code] for code in reversed(codes) if code in terms().rule_sets), None)
    return found or terms().rule_sets["100000"]


def rules_of(ruleset_id: str) -> RuleSet:
    """The rule set with that id."""
    return rule_set(ruleset_id)
