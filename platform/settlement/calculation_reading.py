"""The read model of what was worked out for each organisation of a batch, step by step."""

from collections.abc import Iterator, Mapping, Sequence

from foundation.money import parse_yuan
from foundation.reading import Money, ReadModel
from settlement.models import BatchOrder
from settlement.queries import BatchCase


class WorkedStep(ReadModel):
    """A step of the calculation as it was worked out; ``order`` is the number of the order that it is about."""

    text: str
    citation: str
    amount: Money
    order: str | None


class WorkedLine(ReadModel):
    """What was worked out for one organisation."""

    uscc: str
    name: str
    total: Money
    steps: tuple[WorkedStep, ...]


def worked_lines(found: BatchCase) -> tuple[WorkedLine, ...]:
    """The worked calculation of a batch, line by line."""
    return tuple(_lines(found))


def _lines(found: BatchCase) -> Iterator[WorkedLine]:
    """The worked calculation; a step of an item leads to its order."""
    items: dict[str, Sequence[str]] = {}
    for rows in found.batch.case.values():
        for row in rows if isinstance(rows, list) else []:
            items[row["id"]] = [item["id"] for inner in row.values() if isinstance(inner, list) for item in inner]
    for line in found.batch.result.get("lines", []):
        yield WorkedLine(
            uscc=line["id"],
            name=found.names.get(line["id"], line["id"]),
            total=parse_yuan(line["total"]),
            steps=tuple(
                WorkedStep(
                    text=step["text"],
                    citation=step["citation"],
                    amount=parse_yuan(step["amount"], negative=True),
                    order=_about(step["text"], items.get(line["id"], []), found.rows),
                )
                for step in line["steps"]
            ),
        )


def _about(text: str, numbers: Sequence[str], rows: Mapping[str, BatchOrder]) -> str | None:
    """A step of an item begins with the claim's number; the longest is meant, as a further claim begins like the first."""
    number = max((number for number in numbers if text.startswith(number)), key=len, default=None)
    return rows[number].order.number if number is not None and number in rows else number
