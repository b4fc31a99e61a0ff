"""The shape of a rule set: where it comes from, when and where it is in force, and its criteria."""

from datetime import date
from typing import Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from foundation.errors import BadInput
from foundation.i18n import N_
from policies.conditions import Condition, facts_of
from policies.facts import Subject, vocabulary
from policies.places import Places

_SLUG: Final = r"^[a-z0-9]+(-[a-z0-9]+)*$"


class Criterion(BaseModel):
    """One thing a notice demands, in our own words, with the place where it stands and what would mend it.

    ``waived`` says why the criterion does not count here (a batch that lifts it, points that only rank applicants);
    it is then listed as not applicable. ``suffices`` marks a short cut of the notice: once it is shown to be met, all
    other criteria are not applicable; until then it is not applicable itself and the others decide.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(pattern=_SLUG)
    text: str = Field(min_length=1)
    citation: str = Field(min_length=1)
    condition: Condition
    mend: str = Field(min_length=1)
    waived: str | None = Field(default=None, min_length=1)
    suffices: bool = False

    @property
    def facts(self) -> tuple[str, ...]:
        """The facts it looks at, each once."""
        return tuple(dict.fromkeys(facts_of(self.condition)))


class RuleSet(BaseModel):
    """One notice's conditions as data. A changed criterion is a new version; decisions keep the version they used."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(pattern=_SLUG)
    version: str = Field(min_length=1)
    title: str = Field(min_length=1)
    subject: Subject
    region: str = Field(pattern=r"^\d{6}$", description="GB/T 2260; 000000 is the whole country")
    batch: int | None = Field(default=None, ge=1)
    document: str = Field(min_length=1)
    issuer: str = Field(min_length=1)
    issued: date
    valid_from: date
    valid_to: date | None = None
    apply_by: date | None = Field(default=None, description="last day for applications; the rules outlive it")
    source: Literal["notice", "secondary"]
    notes: tuple[str, ...] = ()
    places: Places = Field(default_factory=dict)
    criteria: tuple[Criterion, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _hangs_together(self) -> Self:
        ids = [criterion.id for criterion in self.criteria]
        if len(set(ids)) < len(ids):
            raise ValueError("two criteria have the same id")
        if self.valid_to is not None and self.valid_to < self.valid_from:
            raise ValueError("valid_to lies before valid_from")
        if all(criterion.waived or criterion.suffices for criterion in self.criteria):
            raise ValueError("no criterion counts")
        for key in self.facts:
            if self.subject not in vocabulary()[key].subjects:
                raise ValueError(f"{key} is no {self.subject} fact")
        return self

    @property
    def facts(self) -> tuple[str, ...]:
        """The facts that the criteria look at, each once, in the order of the criteria."""
        return tuple(dict.fromkeys(key for criterion in self.criteria for key in criterion.facts))

    def day_in_force(self, today: date) -> date:
        """``today``, or the day of validity nearest to it: a closed batch is judged as on its last day."""
        day = max(today, self.valid_from)
        return day if self.valid_to is None else min(day, self.valid_to)

    def require_in_force(self, on: date) -> None:
        """Raise BadInput where the rules were not in force on that day."""
        if self.day_in_force(on) == on:
            return
        if self.valid_to is None:
            raise BadInput(
                N_("%(on)s 不在规则集有效期内：自 %(valid_from)s 起"), field="on", on=on, valid_from=self.valid_from
            )
        raise BadInput(
            N_("%(on)s 不在规则集有效期内：%(valid_from)s 至 %(valid_to)s"),
            field="on",
            on=on,
            valid_from=self.valid_from,
            valid_to=self.valid_to,
        )
