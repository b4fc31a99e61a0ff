"""How a room proves what it says about money: checks as data, each a query for what contradicts something.

The ledger stands below the rooms whose money it moves. Each of them says in its ``proof.py`` whose a transfer's subject is,
what its rows must agree with, and which of its tables are marked; ``ledger/verification.py`` runs all of it.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class Proof:
    """A check over all rows at once: ``query`` selects ``thing`` (whose row is wrong) and ``told`` (what is found there).

    ``says`` is what must be true, in one line. The query joins whole tables by hash and asks nothing row by row. It is a function
    where only the program can compute it, as a hash of a canonical form.
    """

    name: str
    says: str
    query: str | Callable[[Session], Iterable[tuple[UUID, str]]]


@dataclass(frozen=True, slots=True)
class Proving:
    """What the rooms prove together.

    ``parties`` select, for each thing that a transfer can be about: ``subject_type``, ``subject_id``, ``programme_id``, and the
    ``voucher``, ``"order"``, ``provider`` and ``batch`` whose accounts may be moved for it, and a ``matter``, under which the trail
    may tell of it besides. ``marked`` names the tables whose rows
    are marked (``ledger/marks.py``) and, of each, the columns that carry neither money nor a decision, with the reason.
    """

    parties: tuple[str, ...] = ()
    proofs: tuple[Proof, ...] = ()
    marked: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


_known: list[Proving] = [Proving()]


def know(proving: Proving) -> None:
    """Keep what the rooms of this process prove, for whoever proves by the clock and lies below the shell."""
    _known[0] = proving


def known() -> Proving:
    """What the rooms of this process prove."""
    return _known[0]
