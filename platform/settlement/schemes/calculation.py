"""Working a case through a scheme: items, then lines, then the envelope over all lines."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from foundation.i18n import N_
from foundation.money import grouped_yuan, largest_remainder
from settlement.schemes.authority import as_own, follows_notice
from settlement.schemes.case import read_case
from settlement.schemes.definition import Items, Scheme, get_scheme
from settlement.schemes.facts import Fact
from settlement.schemes.programme import CASE_KEY, ITEM_KEY, Counting
from settlement.schemes.results import Line, SchemeResult, Step
from settlement.schemes.steps import Amount, Award, Condition, Difference, Work

_Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Item:
    """An item worked: its steps, what it brings in and what was decided not to pay of it; whether it counts at all."""

    told: Sequence[Step]
    amount: int = 0
    withheld: int = 0
    counts: bool = False


def simulate(scheme_id: str, case: object) -> SchemeResult:
    """Work ``case`` (JSON values, money as yuan text) through the scheme; the order of the input changes no amount.

    Raises NotFound for an unknown scheme, BadInput or Faults for a case that does not have the scheme's shape.
    """
    return calculate(get_scheme(scheme_id), case)


def calculate(scheme: Scheme, case: object) -> SchemeResult:
    """The same for a scheme at hand, such as a draft that is tried before it takes effect."""
    facts = read_case(scheme, case)
    rows: Sequence[_Row] = facts[scheme.lines.key]
    counting = Counting(facts[CASE_KEY]) if facts[CASE_KEY] else None
    told = [_refusals(scheme.lines.conditions, _work(scheme.lines.facts, row, counting), counting) for row in rows]
    items = _items(
        scheme, [[] if why else row[scheme.lines.items.key] for why, row in zip(told, rows, strict=True)], counting
    )
    lines = tuple(
        _refused(scheme, row, why) if why else _line(scheme, row, worked, counting)
        for why, row, worked in zip(told, rows, items, strict=True)
    )
    scale = None
    if scheme.envelope is not None:
        steps, scale = scheme.envelope.scale(facts, lines)
        lines = tuple(_scaled(line, steps.get(line.id), counting) for line in lines)
    if not follows_notice(scheme, case):
        lines = as_own(scheme, lines)
    return SchemeResult(scheme.id, scheme.version, lines, sum(line.total_fen for line in lines), scale)


def _refused(scheme: Scheme, row: _Row, told: Sequence[Step]) -> Line:
    return Line(row["id"], tuple(told), 0, {item["id"]: 0 for item in row[scheme.lines.items.key]})


def _line(scheme: Scheme, row: _Row, items: Mapping[str, _Item], counting: Counting | None) -> Line:
    """One organisation: its items and what is done with their sum."""
    told = [step for item in items.values() for step in item.told]
    counted = {name: item.amount for name, item in items.items() if item.counts}
    work, award = replace(_work(scheme.lines.facts, row, counting), items=counted), 0
    for rule in scheme.lines.steps:
        steps = rule.total(work)
        if isinstance(rule, Award):
            award = steps[0].amount_fen
        told += steps
        work = replace(work, amount_fen=told[-1].amount_fen)
    return Line(
        work.id,
        tuple(told),
        work.amount_fen,
        {name: item.amount for name, item in items.items()},
        award,
        {name: item.withheld for name, item in items.items() if item.withheld},
    )


def _items(scheme: Scheme, lines: Sequence[Sequence[_Row]], counting: Counting | None) -> Sequence[Mapping[str, _Item]]:
    """The items of all lines, worked in order: an enterprise's total runs over the lines of all who served it."""
    worked: list[dict[str, _Item]] = [{} for _ in lines]
    taken = [0] * len(lines)
    for at, row in _in_order(scheme.lines.items, lines, counting):
        item = _item(scheme.lines.items, row, taken[at], counting)
        worked[at][row["id"]] = item
        taken[at] += item.amount
        if counting is not None:
            counting.count(row[ITEM_KEY], item.amount)
    return worked


def _in_order(items: Items, lines: Sequence[Sequence[_Row]], counting: Counting | None) -> Iterator[tuple[int, _Row]]:
    """Each item with its line: by the time of ordering where that is known, else as the scheme and the case say."""
    found = [(at, row) for at, rows in enumerate(lines) for row in rows]
    if counting is not None:
        found.sort(key=lambda each: (each[1][ITEM_KEY]["ordered_at"], each[1]["id"]))
    elif first := items.order_by:
        found.sort(key=lambda each: (each[1][first], each[1]["id"]))
    yield from found


def _item(items: Items, row: _Row, taken: int, counting: Counting | None) -> _Item:
    """One item: every reason against it, or the amount step by step; the programme's caps before the scheme's."""
    work = replace(_work(items.facts, row, counting), taken_fen=taken)
    order = row[ITEM_KEY]
    told = counting.refusals(work.id, order) if counting else []
    told += _refusals(items.conditions, work, counting)
    if told:
        return _Item(told)
    withheld = 0
    if counting is not None:
        told += counting.entitled(work.id, order)
        work = replace(work, amount_fen=told[-1].amount_fen, beside_fen=counting.beside(order))
    steps = [rule for rule in items.steps if not (counting and rule.programme_rule)]
    for rule in steps:
        if isinstance(rule, Amount | Difference):
            work = _told(told, rule.work(work), work)
    if counting is not None:
        part = counting.part(work.id, order, work.amount_fen)
        withheld = work.amount_fen - part.amount_fen if part else 0
        work = _told(told, part, work)
        work = _told(told, counting.capped(work.id, order, work.amount_fen), work)
    for rule in steps:
        if not isinstance(rule, Amount | Difference):
            work = _told(told, rule.work(work), work)
    return _Item(told, work.amount_fen, withheld, counts=True)


def _told(told: list[Step], step: Step | None, work: Work) -> Work:
    """Where the working stands after the step, which is told; a step that says nothing changes nothing."""
    if step is None:
        return work
    told.append(step)
    return replace(work, amount_fen=step.amount_fen)


def _refusals(conditions: Sequence[Condition], work: Work, counting: Counting | None) -> list[Step]:
    """Every reason why this counts for nothing, so that a person sees all of them at once."""
    rules = [rule for rule in conditions if not (counting and rule.programme_rule)]
    return [step for rule in rules if (step := rule.refusal(work)) is not None]


def _work(facts: Mapping[str, Fact], row: _Row, counting: Counting | None) -> Work:
    shown = {name: fact.show(row[name]) for name, fact in facts.items()}
    return Work(row["id"], row, shown, bounded=counting is not None)


def _scaled(line: Line, step: Step | None, counting: Counting | None) -> Line:
    """The line cut by the envelope: over subsidy and award by largest remainder, the subsidy first on ties."""
    if step is None:
        return line
    # The keys decide ties.
    parts = largest_remainder(step.amount_fen, [("1", line.subsidy_fen), ("2", line.award_fen)])
    steps = [*line.steps, step]
    if counting is not None and line.award_fen:
        text = N_("其中服务补助 %(subsidy)s 元、绩效奖励 %(award)s 元（按最大余数法分，余数相同的先补助）")
        facts = {"subsidy": grouped_yuan(parts["1"]), "award": grouped_yuan(parts["2"])}
        steps.append(Step(step.rule, text, facts, step.citation, step.amount_fen))
    return replace(line, steps=tuple(steps), total_fen=step.amount_fen, award_fen=parts["2"])
