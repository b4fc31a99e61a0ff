"""The audit trail as people read it: deeds and changes in words, amounts in yuan, each thing by its number."""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from flask_babel import gettext, ngettext

from audit.presentation import office_told
from foundation.i18n import N_, retold
from policies.facts import Fact, Kind, vocabulary
from web.filters import moment, number, yuan
from web.house import house
from web.reading import EventRow
from web.things import page_of

_FOUND: Final[Mapping[str, str]] = {"pass": N_("符合"), "refer": N_("需判断"), "fail": N_("不符合")}

# The row already shows this by the number of its thing.
_SAID_BY_THE_THING: Final = frozenset(
    {"transfer", "voucher", "offering_version", "objection", "order", "number", "filename"}
)
_DIGESTS: Final = frozenset({"sha256", "hash", "pdf"})
_DIGITS: Final = 12
_MOMENT: Final = re.compile(r"^\d{4}-\d\d-\d\dT")


def trail_views(rows: Iterable[EventRow]) -> list[dict[str, Any]]:
    """What the audit page shows of each event, in words."""
    return [
        {
            "event": row,
            "organisation": office_told(row.organisation),
            "deed": deed(row.action),
            "url": page_of(row.thing.kind, row.thing.id, row.thing.name) if row.thing else None,
            "changes": changes(row),
            "note": note_of(row),
        }
        for row in rows
    ]


def deed(action: str) -> str:
    """The deed in words; what an older program recorded under another name stays as it is."""
    words = house().deeds.get(action)
    return str(gettext(words)) if words else action


def deeds() -> list[tuple[str, str]]:
    """All deeds for a select, in the order of the rooms."""
    return [(action, str(gettext(words))) for action, words in house().deeds.items()]


def changes(row: EventRow) -> list[dict[str, Any]]:
    """What changed: label, value before (None where there was none) and after."""
    before = row.before
    return [
        {
            "key": key,
            "label": label_of(key),
            "before": value_of(row.action, key, before[key]) if before.get(key) is not None else None,
            "after": value_of(row.action, key, value),
        }
        for key, value in row.after.items()
        if row.thing is None or key not in _SAID_BY_THE_THING
    ]


def label_of(key: str) -> str:
    """The word for a key of before and after."""
    words = house().money.get(key) or house().changed.get(key)
    if words is None and key in vocabulary():
        words = vocabulary()[key].label
    return str(gettext(words)) if words else key


def value_of(action: str, key: str, value: Any) -> str:
    """A recorded JSON value as a person reads it."""
    if value is None or value == "":
        return "—"
    words = _word(action, key, value)
    if words is not None:
        return str(gettext(words))
    if key in house().money and isinstance(value, int):
        return yuan(value)
    if action.startswith("certification.") and key in vocabulary():
        return _fact(vocabulary()[key], value)
    special = _SPECIAL.get(key, _plain)
    return special(key, value)


def _word(action: str, key: str, value: Any) -> str | None:
    """The msgid for a value that is a code."""
    if not isinstance(value, str):
        return None
    if key == "deed":
        return house().deeds.get(value)
    return _code(f"{action.partition('.')[0]}.{key}", value) or _code(key, value)


def _code(key: str, value: str) -> str | None:
    for codes in house().codes.get(key, ()):
        word = (codes() if callable(codes) else codes).get(value)
        if word is not None:
            return word
    return None


def _fact(fact: Fact, value: Any) -> str:
    if fact.kind is Kind.LIST and isinstance(value, list):
        return str(gettext("、")).join(str(gettext(fact.choices.get(one, one))) for one in value)
    if fact.kind is Kind.CHOICE:
        return str(gettext(fact.choices.get(value, value)))
    told = _plain(fact.key, value)
    if fact.unit == "%":
        return f"{told}%"
    return f"{told} {gettext(fact.unit)}" if fact.unit else told


def _counted(_key: str, outcomes: Mapping[str, str]) -> str:
    counts = {word: sum(each == outcome for each in outcomes.values()) for outcome, word in _FOUND.items()}
    return str(gettext("、")).join(f"{gettext(word)} {count}" for word, count in counts.items() if count)


def _size(_key: str, count: int) -> str:
    return f"{-(-count // 1024):,} KB"


def _transfers(_key: str, value: Any) -> str:
    """Each transfer that the event covers, by its kind and amount."""
    told = [(_code("transfer.kind", each["kind"]) or each["kind"], yuan(each["amount"])) for each in value]
    return str(gettext("、")).join(f"{gettext(kind)} {amount}" for kind, amount in told)


_SPECIAL: Final[Mapping[str, Callable[[str, Any], str]]] = {
    "checks": _counted,
    "size": _size,
    "transfers": _transfers,
}


def _plain(key: str, value: Any) -> str:
    if isinstance(value, bool):
        return str(gettext("是") if value else gettext("否"))
    if isinstance(value, int):
        # Years and versions are written without a thousands separator.
        return str(value) if key in {"year", "version"} else number(value)
    if isinstance(value, dict):
        return str(ngettext("%(num)s 项", "%(num)s 项", len(value)))
    if isinstance(value, list):
        return str(gettext("、")).join(str(gettext(_code("level", str(each)) or str(each))) for each in value) or "—"
    text = str(value)
    if key in _DIGESTS:
        return text[:_DIGITS] + "…"
    return moment(datetime.fromisoformat(text)) if _MOMENT.match(text) else text


def note_of(row: EventRow) -> str | None:
    """The note in words."""
    if row.action == "batch.calculate" and row.note:
        return str(gettext("%(count)s 个订单", count=row.note))
    return retold(row.note, gettext) if row.note else row.note
