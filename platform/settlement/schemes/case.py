"""Reading a case strictly: the shape follows from the scheme, and each fault names its place in the input."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from types import GenericAlias
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError, create_model
from pydantic_core import ErrorDetails

from foundation.errors import BadInput, DomainError, Faults
from foundation.i18n import N_
from settlement.schemes.definition import NotAbove, Scheme
from settlement.schemes.facts import Fact, TextFact, YesNoFact
from settlement.schemes.programme import CASE_KEY, ITEM_KEY, OrderPart, ProgrammePart, across

_STRICT: Final = ConfigDict(extra="forbid", frozen=True)
_Id = Annotated[str, StringConstraints(strict=True, min_length=1, max_length=200, pattern=r"\S")]

_PROBLEMS: Final = {
    "missing": N_("缺少此项"),
    "extra_forbidden": N_("没有此项，请核对名称"),
    "money": N_('应为以元为单位的金额文本，不为负，最多两位小数，例如 "300000.00"'),
    "money_range": N_("金额超出可处理的范围"),
    "percent": N_("应为 0 至 %(maximum)s 的数字，最多二十位小数，例如 20"),
    "day": N_("应为日期 YYYY-MM-DD"),
    "moment": N_("应为 ISO 时间，例如 2021-11-06T09:00:00+08:00"),
    "bool_type": N_("应为 true 或 false"),
    "literal_error": N_("应为以下之一：%(expected)s"),
    "list_type": N_("应为列表"),
    "model_type": N_("应为对象"),
    "string_type": N_("应为文本"),
    "string_unicode": N_("应为有效的 Unicode 文本"),
    "string_too_short": N_("不得为空"),
    "string_pattern_mismatch": N_("不得为空"),
    "string_too_long": N_("最多 %(max_length)s 个字"),
}


def read_case(scheme: Scheme, case: object) -> dict[str, Any]:
    """The case with money in fen, days and moments as such.

    Raises BadInput, or Faults with all of them, naming places such as ``platforms[0].items[2].charged``.
    """
    try:
        read = _model(scheme).model_validate(case).model_dump()
    except ValidationError as error:
        _refuse([_fault(detail) for detail in error.errors(include_url=False, include_input=False)])
    _refuse(list(_across(scheme, read)))
    return read


def _model(scheme: Scheme) -> type[BaseModel]:
    """The pydantic model of a scheme's input."""
    lines, items = scheme.lines, scheme.lines.items
    item = _row("Item", {ITEM_KEY: (OrderPart | None, None), **_fields(items.facts)})
    line = _row("Line", {items.key: (GenericAlias(list, item), ...), **_fields(lines.facts)})
    case = {lines.key: (GenericAlias(list, line), ...), CASE_KEY: (ProgrammePart | None, None), **_fields(scheme.facts)}
    return _shape("Case", case)


def _row(name: str, fields: Mapping[str, Any]) -> type[BaseModel]:
    return _shape(name, {"id": (_Id, ...), **fields})


def _shape(name: str, fields: Mapping[str, Any]) -> type[BaseModel]:
    return create_model(name, __config__=_STRICT, **fields)


def _fields(facts: Mapping[str, Fact]) -> dict[str, Any]:
    return {name: (fact.annotation(), _absent(fact)) for name, fact in facts.items()}


def _absent(fact: Fact) -> object:
    """What an absent fact means: mostly nothing at all, it has to be given."""
    return fact.otherwise if isinstance(fact, YesNoFact | TextFact) and fact.otherwise is not None else ...


def _across(scheme: Scheme, case: Mapping[str, Any]) -> Iterator[DomainError]:
    """Faults that only several values together show."""
    lines, items = scheme.lines, scheme.lines.items
    yield from _repeated(case[lines.key], lines.key)
    for at, line in enumerate(case[lines.key]):
        place = f"{lines.key}[{at}].{items.key}"
        yield from _repeated(line[items.key], place)
        for number, item in enumerate(line[items.key]):
            yield from _above(item, items.checks, f"{place}[{number}]")
            yield from across(case, f"{place}[{number}]", item)


def _repeated(rows: Sequence[Mapping[str, Any]], place: str) -> Iterator[DomainError]:
    for name, times in Counter(row["id"] for row in rows).items():
        if times > 1:
            yield BadInput(N_("编号 %(id)s 出现 %(times)s 次，应当唯一"), field=place, id=name, times=times)


def _above(item: Mapping[str, Any], checks: Sequence[NotAbove], place: str) -> Iterator[DomainError]:
    for check in checks:
        if item[check.fact] > item[check.other]:
            yield BadInput(N_("不得高于 %(other)s"), field=f"{place}.{check.fact}", other=check.other)


def _fault(detail: ErrorDetails) -> DomainError:
    text = _PROBLEMS.get(detail["type"], N_("内容不符合要求"))
    params = {name: str(value).replace(" or ", ", ") for name, value in detail.get("ctx", {}).items()}
    return BadInput(text, field=_place(detail["loc"]), **params)


def _place(loc: Sequence[str | int]) -> str | None:
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in loc)
    return text.removeprefix(".") or None


def _refuse(faults: Sequence[DomainError]) -> None:
    if len(faults) == 1:
        raise faults[0]
    if faults:
        raise Faults(faults)
