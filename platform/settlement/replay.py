"""A batch judged again: its stored case by its stored scheme, against everything that was written down from it."""

from collections import defaultdict
from collections.abc import Iterator
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from foundation.errors import NotFound
from foundation.i18n import N_
from foundation.money import format_yuan
from orders.models import Order
from policies.replays import Difference, Replay, altered, differences, lacking
from settlement.cases import amounts
from settlement.models import Batch, BatchAward, BatchOrder, Statement
from settlement.rules import figures
from settlement.schemes import SchemeResult, calculate
from settlement.schemes.definition import stored


def replay(session: Session, number: str) -> Replay:
    """What comes out for the batch with this number; NotFound for none."""
    batch = session.scalar(select(Batch).where(Batch.number == number))
    if batch is None:
        raise NotFound(N_("没有编号为 %(number)s 的结算批次"), field="NUMBER", number=number)
    return Replay("batch", number, tuple(_differences(session, batch)))


def _differences(session: Session, batch: Batch) -> Iterator[Difference]:
    if batch.rules is None:
        yield from lacking("rules")
        return
    yield from altered(batch.rules)
    result = calculate(stored(batch.rules.content), batch.case)
    yield from differences("", figures(batch.result), figures(result.as_json()))
    yield from differences("batch.total", format_yuan(batch.total), format_yuan(result.total_fen))
    yield from _postings(session, batch, result)


def _postings(session: Session, batch: Batch, result: SchemeResult) -> Iterator[Difference]:
    """Each order, award and statement of the batch against what follows for it; a withdrawn batch holds none any more."""
    paid = amounts(result)
    withheld = {number: fen for line in result.lines for number, fen in line.withheld_fen.items()}
    awarded = {line.id: line.award_fen for line in result.lines}
    totals: dict[UUID, int] = defaultdict(int)
    rows = session.scalars(
        select(BatchOrder)
        .options(joinedload(BatchOrder.claim), joinedload(BatchOrder.order).joinedload(Order.provider))
        .where(BatchOrder.batch_id == batch.id)
        .order_by(BatchOrder.claim_id)
    ).all()
    for row in rows:
        number = row.claim.number
        totals[row.provider_id] += paid.get(number, 0)
        yield from _amount(f"orders[{number}].amount", row.amount, paid.get(number, 0))
        yield from _amount(f"orders[{number}].withheld", row.withheld, withheld.get(number, 0))
    codes = {row.provider_id: row.order.provider.uscc for row in rows}
    for award in session.scalars(select(BatchAward).where(BatchAward.batch_id == batch.id)):
        code = codes.get(award.provider_id, "")
        yield from _amount(f"awards[{code}].amount", award.amount, awarded.get(code, 0))
    statements = select(Statement).where(Statement.batch_id == batch.id, Statement.corrects_id.is_(None))
    for each in session.scalars(statements.order_by(Statement.number)):
        total = totals[each.organisation_id] + awarded.get(codes.get(each.organisation_id, ""), 0)
        yield from _amount(f"statements[{each.number}].total", each.total, total)


def _amount(where: str, stored_fen: int, again_fen: int) -> Iterator[Difference]:
    return differences(where, format_yuan(stored_fen), format_yuan(again_fen))
