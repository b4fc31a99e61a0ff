"""What comes out of an evaluation: a finding per criterion, the outcome, and their JSON shape."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, Final

from foundation.i18n import N_
from policies.facts import FactValue, to_json
from policies.rulesets import Criterion
from policies.wording import Translate, describe, show_observed


class Status(StrEnum):
    """What is known about one criterion."""

    MET = "met"
    UNMET = "unmet"
    UNKNOWN = "unknown"
    MANUAL_REVIEW = "manual_review"
    NOT_APPLICABLE = "not_applicable"

    @property
    def label(self) -> str:
        """The status in words (a msgid)."""
        return _STATUS_LABELS[self]


class Outcome(StrEnum):
    """What follows: ``refer`` sends the case to a person or asks for the facts that are missing."""

    ELIGIBLE = "eligible"
    INELIGIBLE = "ineligible"
    REFER = "refer"

    @property
    def label(self) -> str:
        """The outcome in words (a msgid)."""
        return _OUTCOME_LABELS[self]


_STATUS_LABELS: Final = {
    Status.MET: N_("符合"),
    Status.UNMET: N_("不符合"),
    Status.UNKNOWN: N_("缺少信息"),
    Status.MANUAL_REVIEW: N_("需人工判断"),
    Status.NOT_APPLICABLE: N_("不适用"),
}
_OUTCOME_LABELS: Final = {
    Outcome.ELIGIBLE: N_("符合条件"),
    Outcome.INELIGIBLE: N_("不符合条件"),
    Outcome.REFER: N_("转人工审核"),
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One criterion judged. ``observed`` holds each fact it looked at, None where that is unknown."""

    criterion: Criterion
    status: Status
    observed: Mapping[str, FactValue | None]

    def required_text(self, translate: Translate = str) -> str:
        """What the criterion requires, in words."""
        return describe(self.criterion, translate)

    def observed_text(self, translate: Translate = str) -> str:
        """What was seen, in words: with units and labels, 未知 where nothing is known."""
        return show_observed(self.observed, translate)

    def as_json(self) -> dict[str, Any]:
        """The contract's shape: one fact stands alone, several stand under their keys, a judgement has none."""
        seen = {key: to_json(value) for key, value in self.observed.items()}
        return {
            "id": self.criterion.id,
            "text": self.criterion.text,
            "citation": self.criterion.citation,
            "status": self.status.value,
            "required": self.required_text(),
            "observed": seen if len(seen) > 1 else next(iter(seen.values()), None),
        }


@dataclass(frozen=True, slots=True)
class Answer:
    """The judgement of a rule set on one day, criterion by criterion."""

    ruleset: str
    version: str
    on: date
    outcome: Outcome
    criteria: tuple[Finding, ...]

    def as_json(self) -> dict[str, Any]:
        """The contract's shape of ``rules check``; a decision stores it with the facts."""
        return {
            "ruleset": self.ruleset,
            "version": self.version,
            "on": self.on.isoformat(),
            "outcome": self.outcome.value,
            "criteria": [finding.as_json() for finding in self.criteria],
        }
