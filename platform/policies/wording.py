"""Puts conditions and fact values into words, in Chinese or through a translation.

Without a translation these are the words that are stored and sent as data, with plain numbers; a page gives one, and its
numbers have their thousands separated.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Final, TypeAlias

from foundation.i18n import N_
from policies.conditions import Condition, FactTest, Judgement, Op
from policies.facts import FactValue, vocabulary
from policies.rulesets import Criterion

Translate: TypeAlias = Callable[[str], str]

_SIGN: Final = {Op.GE: "≥", Op.GT: ">", Op.LE: "≤", Op.LT: "<", Op.EQ: "="}
_LABELLED: Final = N_("%(label)s：%(value)s")
_OF_LIST: Final = {
    Op.IN: N_("为下列之一：%(choices)s"),
    Op.CONTAINS_ANY: N_("至少含一项：%(choices)s"),
    Op.CONTAINS_ALL: N_("须全部具备：%(choices)s"),
    Op.CONTAINS_NONE: N_("不得含：%(choices)s"),
}


def describe(criterion: Criterion, translate: Translate = str) -> str:
    """What a criterion requires, with its numbers and units; for a waived one, why it does not count."""
    if criterion.waived:
        return translate(criterion.waived)
    if isinstance(criterion.condition, FactTest):
        return _threshold(criterion.condition, translate)
    return _phrase(criterion.condition, translate)


def show(key: str, value: FactValue | None, translate: Translate = str) -> str:
    """A fact's value as a person reads it: with its unit, 是/否, the labels of choices, 未知 for None."""
    fact = vocabulary()[key]
    if value is None:
        return translate(N_("未知"))
    if isinstance(value, bool):
        return translate(N_("是")) if value else translate(N_("否"))
    if isinstance(value, Decimal):
        return _amount(value, fact.unit, translate)
    if isinstance(value, tuple):
        return "、".join(translate(fact.choices[one]) for one in value) or translate(N_("无"))
    return translate(fact.choices[value]) if value in fact.choices else value


def show_observed(observed: Mapping[str, FactValue | None], translate: Translate = str) -> str:
    """What was seen of a criterion's facts: one value alone, several each with its label, none as a dash."""
    if len(observed) == 1:
        return "".join(show(key, value, translate) for key, value in observed.items())
    pair = translate(_LABELLED)
    labels = ((translate(vocabulary()[key].label), show(key, value, translate)) for key, value in observed.items())
    return "；".join(pair % {"label": label, "value": shown} for label, shown in labels) or "—"


def _phrase(condition: Condition, translate: Translate) -> str:
    if isinstance(condition, Judgement):
        return translate(N_("由人判断：%(question)s")) % {"question": translate(condition.ask)}
    if isinstance(condition, FactTest):
        parts = {"label": translate(vocabulary()[condition.fact].label), "value": _threshold(condition, translate)}
        return translate(_LABELLED) % parts
    members = "；".join(_phrase(member, translate) for member in condition.members)
    if condition.needed == len(condition.members):
        return translate(N_("同时满足（%(members)s）")) % {"members": members}
    if condition.needed == 1:
        return translate(N_("满足其一（%(members)s）")) % {"members": members}
    return translate(N_("至少满足 %(count)s 项（%(members)s）")) % {"count": condition.needed, "members": members}


def _threshold(test: FactTest, translate: Translate) -> str:
    fact = vocabulary()[test.fact]
    if isinstance(test.value, Decimal):
        return f"{_SIGN[test.op]} {_amount(test.value, fact.unit, translate)}"
    if isinstance(test.value, tuple):
        choices = "、".join(translate(fact.choices[one]) for one in test.value)
        return translate(_OF_LIST[test.op]) % {"choices": choices}
    return show(test.fact, test.op is Op.IS_TRUE, translate)


def _amount(number: Decimal, unit: str, translate: Translate) -> str:
    # 2,021 would be no year.
    text = format(number, "f" if translate is str or unit == "年" else ",f")
    return f"{text}{unit}" if unit == "%" else f"{text} {translate(unit)}"
