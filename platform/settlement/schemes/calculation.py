"""Working a case through a scheme: items, then lines, then the envelope over all lines."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from settlement.schemes.case import read_case
from settlement.schemes.definition import Items, Scheme, get_scheme
from settlement.schemes.facts import Fact
from settlement.schemes.results import Line, SchemeResult, Step
from settlement.schemes.steps import Condition, Work


def simulate(scheme_id: str, case: object) -> SchemeResult:
    """Work ``case`` (JSON values, money as yuan text) through the scheme; the order of the input changes no amount.

    Raises NotFound for an unknown scheme, BadInput or Faults for a case that does not have the scheme's shape.
    """
    return calculate(get_scheme(scheme_id), case)


def calculate(scheme: Scheme, case: object) -> SchemeResult:
    """The same for a scheme at hand, such as a draft that is tried before it takes effect."""
    facts = read_case(scheme, case)
    lines = tuple(_line(scheme, row) for row in facts[scheme.lines.key])
    scale = None
    if scheme.envelope is not None:
        told, scale = scheme.envelope.scale(facts, lines)
        lines = tuple(_scaled(line, told.get(line.id)) for line in lines)
    return SchemeResult(scheme.id, scheme.version, lines, sum(line.total_fen for line in lines), scale)


def _line(scheme: Scheme, row: Mapping[str, Any]) -> Line:
    """One organisation: why nothing counts, or its items and what is done with their sum."""
    lines = scheme.lines
    work = Work(row["id"], row, _shown(lines.facts, row))
    told = _refusals(lines.conditions, work)
    if told:
        return Line(work.id, tuple(told), 0, {item["id"]: 0 for item in row[lines.items.key]})
    told, counted, paid = _items(lines.items, row[lines.items.key])
    work = replace(work, items=counted)
    for step in lines.steps:
        told += step.total(work)
        work = replace(work, amount_fen=told[-1].amount_fen)
    return Line(work.id, tuple(told), work.amount_fen, paid)


def _items(items: Items, rows: Sequence[Mapping[str, Any]]) -> tuple[list[Step], dict[str, int], dict[str, int]]:
    """The steps of all items, the amounts of those that count, and the amounts of all."""
    told: list[Step] = []
    counted: dict[str, int] = {}
    paid: dict[str, int] = {}
    taken = 0
    if first := items.order_by:
        rows = sorted(rows, key=lambda row: (row[first], row["id"]))
    for row in rows:
        work = Work(row["id"], row, _shown(items.facts, row), taken_fen=taken)
        refusals = _refusals(items.conditions, work)
        told += refusals
        paid[work.id] = 0
        if refusals:
            continue
        for rule in items.steps:
            step = rule.work(work)
            if step is not None:
                told.append(step)
                work = replace(work, amount_fen=step.amount_fen)
        counted[work.id] = paid[work.id] = work.amount_fen
        taken += work.amount_fen
    return told, counted, paid


def _refusals(conditions: Sequence[Condition], work: Work) -> list[Step]:
    """Every reason why this counts for nothing, so that a person sees all of them at once."""
    return [step for condition in conditions if (step := condition.refusal(work)) is not None]


def _shown(facts: Mapping[str, Fact], row: Mapping[str, Any]) -> dict[str, str]:
    return {name: fact.show(row[name]) for name, fact in facts.items()}


def _scaled(line: Line, step: Step | None) -> Line:
    if step is None:
        return line
    return replace(line, steps=(*line.steps, step), total_fen=step.amount_fen)
