"""The read model of a transfer of the ledger, as the pages of a batch and of a statement show it."""

from collections.abc import Iterable
from uuid import UUID

from foundation.reading import Moment, Money, ReadModel
from ledger.models import AccountKind
from settlement.queries import Move


class LedgerMove(ReadModel):
    """A transfer and the kinds of accounts between which it went."""

    id: UUID
    posted_at: Moment
    kind: str
    source: AccountKind
    target: AccountKind
    amount: Money


def ledger_moves(moves: Iterable[Move]) -> tuple[LedgerMove, ...]:
    """Transfers in the order given."""
    return tuple(
        LedgerMove(
            id=each.transfer.id,
            posted_at=each.transfer.posted_at,
            kind=each.transfer.kind,
            source=AccountKind(each.source),
            target=AccountKind(each.target),
            amount=each.transfer.amount,
        )
        for each in moves
    )
