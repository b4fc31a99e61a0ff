"""What comes out when stored facts are judged again by the stored rules: the same, or where it differs."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from policies.models import RuleVersion
from policies.shipped import digest


@dataclass(frozen=True, slots=True)
class Difference:
    """A place in the answer, what stands there and what comes out again; both None where what is needed was not stored."""

    where: str
    stored: Any
    again: Any


@dataclass(frozen=True, slots=True)
class Replay:
    """The outcome for one decision."""

    kind: str
    number: str
    differences: tuple[Difference, ...]

    @property
    def same(self) -> bool:
        """Whether the stored answer came out again."""
        return not self.differences

    def as_json(self) -> dict[str, Any]:
        """The shape that the command promises."""
        return {
            "kind": self.kind,
            "number": self.number,
            "same": self.same,
            "differences": [
                {"where": each.where, "stored": each.stored, "again": each.again} for each in self.differences
            ],
        }


def lacking(*names: str) -> Iterator[Difference]:
    """What a decision from before such things were kept has not got."""
    for name in names:
        yield Difference(name, None, None)


def altered(row: RuleVersion) -> Iterator[Difference]:
    """A difference where the row's content is no longer that of its digest."""
    again = digest(row.content)
    if again != row.sha256:
        yield Difference("rules.sha256", row.sha256, again)


def differences(where: str, stored: Any, again: Any) -> Iterator[Difference]:
    """Every place in which two answers differ; things with an ``id`` are compared by it."""
    if isinstance(stored, Mapping) and isinstance(again, Mapping):
        for key in dict.fromkeys([*stored, *again]):
            yield from differences(f"{where}.{key}" if where else key, stored.get(key), again.get(key))
    elif isinstance(stored, Sequence) and isinstance(again, Sequence) and not isinstance(stored, str):
        ours, theirs = _named(stored), _named(again)
        for name in dict.fromkeys([*ours, *theirs]):
            yield from differences(f"{where}[{name}]", ours.get(name), theirs.get(name))
    elif stored != again or isinstance(stored, bool) != isinstance(again, bool):
        yield Difference(where, stored, again)


def _named(rows: Sequence[Any]) -> dict[str, Any]:
    names = [str(row["id"]) if isinstance(row, Mapping) and "id" in row else str(at) for at, row in enumerate(rows)]
    # Two of one name would hide each other.
    return dict(zip(names if len(set(names)) == len(names) else map(str, range(len(rows))), rows, strict=True))
