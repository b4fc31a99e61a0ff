"""The named steps of which schemes are made: each a pure function of facts, with its own sentence and citation.

An item step looks at one item, a line step at one organisation's items together, a case step at all lines. Adding a
kind of step here makes it available to every scheme; its numbers stay in the scheme's file.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from foundation.i18n import N_
from foundation.money import grouped_yuan, largest_remainder, percent_of
from settlement.schemes.facts import Money
from settlement.schemes.results import Line, Step


@dataclass(frozen=True, slots=True)
class Work:
    """Where the working stands for one item or line, in fen: its facts and the amount so far.

    ``taken_fen`` is what the line's earlier items took, ``beside_fen`` what other parts of the same item did; ``items`` are a line's items that count. ``bounded``: the
    programme's own terms have said the amount already, so a step can only lower it.
    """

    id: str
    facts: Mapping[str, Any]
    shown: Mapping[str, str]
    amount_fen: int = 0
    taken_fen: int = 0
    beside_fen: int = 0
    items: Mapping[str, int] = field(default_factory=dict)
    bounded: bool = False


class _Step(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    rule: str
    citation: str
    # A rule that the terms of a programme set themselves: in a batch theirs takes its place (schemes/programme.py).
    programme_rule: Literal[True] | None = None

    def told(self, text: str, amount_fen: int, **params: str) -> Step:
        return Step(rule=self.rule, text=text, params=params, citation=self.citation, amount_fen=amount_fen)


class _Condition(_Step, ABC):
    """Something that must hold, else the item or line counts for nothing; ``reason`` is the sentence that says so."""

    fact: str
    reason: str
    when: str | None = None

    @abstractmethod
    def holds(self, facts: Mapping[str, Any]) -> bool:
        """Whether the item or line fulfils it."""

    def limits(self) -> Mapping[str, str]:
        """The rule's own numbers, for the sentence."""
        return {}

    def refusal(self, work: Work) -> Step | None:
        """The reason why this counts for nothing, or None where the condition holds or does not apply."""
        if self.when is not None and not work.facts[self.when]:
            return None
        if self.holds(work.facts):
            return None
        return self.told(self.reason, 0, **{**work.shown, **self.limits(), "id": work.id})


class RequireTrue(_Condition):
    """The fact must be yes."""

    step: Literal["require_true"]

    def holds(self, facts: Mapping[str, Any]) -> bool:
        """Whether it is."""
        return facts[self.fact] is True


class RequireOneOf(_Condition):
    """The fact must be one of these words."""

    step: Literal["require_one_of"]
    words: tuple[str, ...]

    def holds(self, facts: Mapping[str, Any]) -> bool:
        """Whether it is."""
        return facts[self.fact] in self.words


class RequireNotAbove(_Condition):
    """The fact must not be above another fact."""

    step: Literal["require_not_above"]
    other: str

    def holds(self, facts: Mapping[str, Any]) -> bool:
        """Whether it is not; equal is allowed."""
        return bool(facts[self.fact] <= facts[self.other])


class RequireWithin(_Condition):
    """The day must be known and lie in the window, both ends included."""

    step: Literal["require_within"]
    first: date
    last: date

    def holds(self, facts: Mapping[str, Any]) -> bool:
        """Whether it does."""
        day = facts[self.fact]
        return day is not None and self.first <= day <= self.last

    def limits(self) -> Mapping[str, str]:
        """Both ends of the window."""
        return {"first": self.first.isoformat(), "last": self.last.isoformat()}


class Amount(_Step):
    """The item's amount is a fact as it stands."""

    step: Literal["amount"]
    fact: str

    def work(self, work: Work) -> Step | None:
        """State the amount."""
        fen = work.facts[self.fact]
        return self.told(N_("%(id)s：价值 %(amount)s 元"), fen, id=work.id, amount=grouped_yuan(fen))


class Difference(_Step):
    """The item's amount is what one fact leaves after another; the input check keeps it from going below zero."""

    step: Literal["difference"]
    fact: str
    less: str

    def work(self, work: Work) -> Step | None:
        """Take one from the other."""
        whole, less = work.facts[self.fact], work.facts[self.less]
        text = N_("%(id)s：服务费用减免额 = 标价 %(whole)s 元 − 实收 %(less)s 元 = %(amount)s 元")
        if work.bounded:
            text = N_("%(id)s：补助不超过企业未付的部分：价税合计 %(whole)s 元 − 企业自付 %(less)s 元 = %(amount)s 元")
        fen = whole - less
        return self.told(
            text,
            min(fen, work.amount_fen) if work.bounded else fen,
            id=work.id,
            whole=grouped_yuan(whole),
            less=grouped_yuan(less),
            amount=grouped_yuan(fen),
        )


class Cap(_Step):
    """At most so much for one item; says something only where it bites."""

    step: Literal["cap"]
    limit: Money

    def work(self, work: Work) -> Step | None:
        """Cut the amount to what other parts of the same item left of the limit."""
        left = max(0, self.limit - work.beside_fen)
        if work.amount_fen <= left:
            return None
        facts = {"amount": grouped_yuan(work.amount_fen), "limit": grouped_yuan(self.limit)}
        text = N_("%(id)s：%(amount)s 元超过单项上限，按 %(limit)s 元计")
        if work.beside_fen:
            text = N_(
                "%(id)s：同一订单此前已计 %(taken)s 元，单项上限 %(limit)s 元，本项 %(amount)s 元只计 %(left)s 元"
            )
            facts |= {"taken": grouped_yuan(work.beside_fen), "left": grouped_yuan(left)}
        return self.told(text, left, id=work.id, **facts)


class RunningCap(_Step):
    """At most so much for all items of a line, in their order: the one that crosses the limit is paid up to it."""

    step: Literal["running_cap"]
    limit: Money

    def work(self, work: Work) -> Step | None:
        """Cut the amount to what the earlier items left."""
        left = self.limit - work.taken_fen
        if work.amount_fen <= left:
            return None
        text = N_("%(id)s：此前已计 %(taken)s 元，总上限 %(limit)s 元，本项 %(amount)s 元只计 %(left)s 元")
        return self.told(
            text,
            left,
            id=work.id,
            taken=grouped_yuan(work.taken_fen),
            limit=grouped_yuan(self.limit),
            amount=grouped_yuan(work.amount_fen),
            left=grouped_yuan(left),
        )


class Total(_Step):
    """The sum over the items that count, under the name that the scheme gives it."""

    step: Literal["total"]
    label: str

    def total(self, work: Work) -> Sequence[Step]:
        """Add up."""
        fen = sum(work.items.values())
        text = N_("%(label)s：%(count)s 项合计 %(amount)s 元")
        if work.bounded and self.programme_rule:
            text = N_("%(count)s 项抵扣金额合计 %(amount)s 元")
            params = {"count": str(len(work.items)), "amount": grouped_yuan(fen)}
            return [Step(self.rule, text, params, N_("以上各项之和"), fen)]
        return [self.told(text, fen, label=self.label, count=str(len(work.items)), amount=grouped_yuan(fen))]


class Award(_Step):
    """A share of the amount so far, rounded down to the fen, put on top of it; ``because`` is the fact that says why."""

    step: Literal["award"]
    share: str
    sum_rule: str
    because: str | None = None

    def total(self, work: Work) -> Sequence[Step]:
        """Work out the award, then the sum."""
        base, share = work.amount_fen, work.facts[self.share]
        award = percent_of(base, share)
        because = work.facts[self.because] if self.because else ""
        text = N_("绩效奖励：%(base)s 元 × %(share)s%% = %(award)s 元（不足一分舍去）")
        if because:
            text = N_("绩效奖励：%(base)s 元 × %(share)s%% = %(award)s 元（不足一分舍去）。理由：%(reason)s")
        first = self.told(
            text,
            award,
            base=grouped_yuan(base),
            share=work.shown[self.share],
            award=grouped_yuan(award),
            reason=because,
        )
        whole = base + award
        text = N_("服务补助 %(base)s 元 + 绩效奖励 %(award)s 元 = %(sum)s 元")
        params = {"base": grouped_yuan(base), "award": grouped_yuan(award), "sum": grouped_yuan(whole)}
        return [first, Step(self.sum_rule, text, params, self.citation, whole)]


class Envelope(_Step):
    """No more than the envelope in all: beyond it every line is cut in proportion, by largest remainder, ties by id."""

    step: Literal["envelope"]
    fact: str

    def scale(
        self, facts: Mapping[str, Any], lines: Sequence[Line]
    ) -> tuple[Mapping[str, Step], tuple[int, int] | None]:
        """The step to add to each line by its id, and the ratio; nothing where the envelope suffices."""
        envelope, whole = facts[self.fact], sum(line.total_fen for line in lines)
        if whole <= envelope:
            return {}, None
        parts = largest_remainder(envelope, [(line.id, line.total_fen) for line in lines])
        text = N_(
            "合计 %(whole)s 元超过总额 %(envelope)s 元：%(amount)s 元 × %(envelope)s ÷ %(whole)s = %(part)s 元"
            "（按最大余数法取整到分）"
        )
        told = {
            line.id: self.told(
                text,
                parts[line.id],
                whole=grouped_yuan(whole),
                envelope=grouped_yuan(envelope),
                amount=grouped_yuan(line.total_fen),
                part=grouped_yuan(parts[line.id]),
            )
            for line in lines
        }
        return told, (envelope, whole)


Condition = Annotated[RequireTrue | RequireOneOf | RequireNotAbove | RequireWithin, Field(discriminator="step")]
ItemStep = Annotated[Amount | Difference | Cap | RunningCap, Field(discriminator="step")]
LineStep = Annotated[Total | Award, Field(discriminator="step")]
