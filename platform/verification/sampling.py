r"""Drawing a sample that anybody can draw again from the published list and the published seed.

Each id draws ``SHA-256(seed + "\n" + id)``, read as a number; the smallest are taken, as many as the rate asks for,
rounded up exactly.
"""

import csv
import hashlib
import io
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import ceil
from typing import Final

from foundation.errors import BadInput
from foundation.i18n import N_

_RATE: Final = re.compile(r"\d{1,3}(\.\d{1,10})?", re.ASCII)
_COLUMN: Final = "id"


@dataclass(frozen=True, slots=True)
class Draw:
    """A draw with all that is needed to repeat it: seed, rate in percent, sizes and the ids taken, sorted."""

    seed: str
    rate: Decimal
    population: int
    take: int
    ids: tuple[str, ...]


def parse_rate(text: str) -> Decimal:
    """The rate in percent, above 0 and at most 100; BadInput otherwise."""
    rate = Decimal(text) if _RATE.fullmatch(text) else Decimal(0)
    if not 0 < rate <= 100:
        raise BadInput(N_("抽取比例应为大于 0、不超过 100 的数字，例如 5 或 2.5"), field="rate")
    return rate


def read_population(text: str) -> list[str]:
    """The ids of a .csv text with a header and a column ``id``, verbatim; other columns are left alone.

    Raises BadInput for a missing or repeated column, a broken row, and an id that is empty or given twice.
    """
    rows = _rows(text)
    _, header = next(rows, (1, []))
    if header.count(_COLUMN) != 1:
        raise BadInput(N_("首行应有且只有一个名为 id 的列"), field="id")
    at = header.index(_COLUMN)
    ids = []
    for number, row in rows:
        if len(row) > len(header):
            raise BadInput(N_("第 %(line)s 行的列数多于首行"), field="id", line=number)
        if at >= len(row) or not row[at].strip():
            raise BadInput(N_("第 %(line)s 行的 id 为空"), field="id", line=number)
        ids.append(row[at])
    _refuse_repeated(ids)
    return ids


def draw(ids: Sequence[str], rate: Decimal, seed: str) -> Draw:
    """Take ⌈rate% of the ids⌉ with the smallest draws; equal draws go by id. The order of ``ids`` does not matter.

    Raises BadInput for a rate outside (0, 100] and for repeated ids.
    """
    if not 0 < rate <= 100:
        raise BadInput(N_("抽取比例应为大于 0、不超过 100 的数字，例如 5 或 2.5"), field="rate")
    _refuse_repeated(ids)
    take = ceil(Fraction(rate) * len(ids) / 100)
    chosen = sorted(ids, key=lambda name: (rank(seed, name), name))[:take]
    return Draw(seed, rate, len(ids), take, tuple(sorted(chosen)))


def rank(seed: str, name: str) -> int:
    """The number that an id draws under a seed."""
    try:
        digest = hashlib.sha256(f"{seed}\n{name}".encode()).digest()
    except UnicodeEncodeError as error:
        raise BadInput(N_("种子不是有效的 UTF-8 文本"), field="seed") from error
    return int.from_bytes(digest, "big")


def _rows(text: str) -> Iterator[tuple[int, list[str]]]:
    """The rows that hold something, each with the number of its last line."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        for row in reader:
            if row:
                yield reader.line_num, row
    except csv.Error as error:
        raise BadInput(N_("第 %(line)s 行不是有效的 CSV"), field="id", line=reader.line_num) from error


def _refuse_repeated(ids: Sequence[str]) -> None:
    if len(set(ids)) == len(ids):
        return
    twice = next(name for name, times in Counter(ids).items() if times > 1)
    raise BadInput(N_("id %(id)s 重复"), field="id", id=twice)
