"""Where the money of a programme stands, station by station, and the transfers behind each figure."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import Row, or_, select, union
from sqlalchemy.orm import Session, aliased

from accounts.current import not_here
from foundation.i18n import N_
from foundation.many import among
from foundation.pages import CHUNK, PAGE_SIZE, Page, last_page
from ledger.days import Moved
from ledger.days import stations as ledger_stations
from ledger.models import AccountKind, LedgerAccount, Transfer
from vouchers.models import Programme, Voucher

STATIONS: Final = {
    AccountKind.TREASURY: N_("财政拨入"),
    AccountKind.POOL: N_("待发放"),
    AccountKind.VOUCHER: N_("已发券未使用"),
    AccountKind.HOLD: N_("订单占用"),
    AccountKind.PAYABLE: N_("已核销待结算"),
    AccountKind.APPROVED: N_("已批准待支付"),
    AccountKind.PAID: N_("已支付"),
    AccountKind.RECOVERED: N_("已追缴"),
    AccountKind.SHORTFALL: N_("待补足的缺口"),
    AccountKind.RETURNED: N_("已退回财政"),
}

KINDS: Final = {
    "appropriate": N_("拨入"),
    "take_back": N_("更正拨款，退回财政"),
    "return": N_("结余退回财政"),
    "issue": N_("发券"),
    "hold": N_("下单占用"),
    "release": N_("退回服务券"),
    "redeem": N_("核销"),
    "release_part": N_("不予支付的部分退回服务券"),
    "undo_redeem": N_("撤销核销"),
    "undo_release_part": N_("撤销核销，退回的部分重新占用"),
    "undo_reclaim": N_("撤销核销，余额退回服务券"),
    "expire": N_("过期收回"),
    "reclaim": N_("主管部门收回"),
    "revoke": N_("撤销收回"),
    "approve": N_("批准支付"),
    "cut": N_("方案未计的金额退回资金池"),
    "part": N_("按部分额度补助，其余退回资金池"),
    "award": N_("绩效奖励由项目资金支付"),
    "top_up": N_("超出已核销部分，由项目资金补足"),
    "pay": N_("支付"),
    "recover": N_("追缴"),
    "reuse": N_("追缴的资金回到本项目"),
    "reverse_approve": N_("红字冲减批准"),
    "reverse_cut": N_("红字冲减退回"),
    "reverse_part": N_("红字冲减部分额度退回"),
    "reverse_award": N_("红字冲减绩效奖励"),
    "reverse_top_up": N_("红字冲减补足"),
    "shortfall": N_("红字冲减时资金池不足，记为缺口"),
    "cover": N_("补足缺口"),
}
"""Every kind of transfer in words; the upper rooms post some of them and tell them in the same words."""

NOTHING: Final = Moved()


@dataclass(frozen=True, slots=True)
class Station:
    """What lies at a station now, in fen; for the treasury what it has put in, without what it took back as a mistake."""

    kind: AccountKind
    label: str
    amount: int


@dataclass(frozen=True, slots=True)
class Move:
    """A transfer with the kinds of its ends; ``amount`` is negative where it left the station that was asked for."""

    transfer: Transfer
    source: AccountKind
    target: AccountKind
    amount: int
    voucher_number: str | None


def flow(session: Session, programme_id: UUID) -> list[Station]:
    """The stations in the money's order; what the treasury put in equals the sum of the others.

    A shortfall is there only while it is open, below zero: so much was given out again that a correction needs.
    """
    moved = ledger_stations(session, [programme_id])[programme_id]
    net = {kind: moved[kind].net if kind in moved else 0 for kind in STATIONS}
    net[AccountKind.TREASURY] *= -1
    shown = [kind for kind in STATIONS if net[kind] or kind is not AccountKind.SHORTFALL]
    return [Station(kind, STATIONS[kind], net[kind]) for kind in shown]


def pool(session: Session, programme_id: UUID) -> int:
    """Fen that can still be issued."""
    return next(station.amount for station in flow(session, programme_id) if station.kind is AccountKind.POOL)


def remaining(session: Session, programme_ids: Collection[UUID]) -> dict[UUID, int | None]:
    """Fen that each of these programmes can still issue, in two queries; None while the treasury has put nothing in."""
    found: dict[UUID, int | None] = {}
    for programme_id, moved in ledger_stations(session, programme_ids).items():
        put_in = -moved.get(AccountKind.TREASURY, NOTHING).net
        found[programme_id] = moved.get(AccountKind.POOL, NOTHING).net if put_in else None
    return found


def moves(session: Session, programme: Programme, station: str, number: int = 1) -> Page[Move]:
    """The transfers into and out of a station, newest first; NotFound for an unknown station."""
    if station not in {kind.value for kind in STATIONS}:
        raise not_here()
    kind = AccountKind(station)
    source, target = aliased(LedgerAccount), aliased(LedgerAccount)
    query = (
        select(Transfer, source, target)
        .join(source, source.id == Transfer.source_id)
        .join(target, target.id == Transfer.target_id)
        .where(Transfer.programme_id == programme.id, or_(source.kind == kind, target.kind == kind))
    )
    total = ledger_stations(session, [programme.id])[programme.id].get(kind, NOTHING).transfers
    number = min(max(1, number), last_page(total))
    ordered = query.order_by(Transfer.sequence.desc())

    def chunks() -> Iterator[Sequence[Move]]:
        for part in session.execute(ordered.execution_options(yield_per=CHUNK)).partitions():
            yield _moves(session, part, kind)

    rows = session.execute(ordered.limit(PAGE_SIZE).offset((number - 1) * PAGE_SIZE)).all()
    return Page(_moves(session, rows, kind), total, number, source=chunks)


def moves_of(session: Session, voucher: Voucher) -> list[Move]:
    """All transfers of a voucher, those of its orders' holds too, in order."""
    source, target = aliased(LedgerAccount), aliased(LedgerAccount)
    holds = select(Transfer.target_id).where(Transfer.source_id == voucher.account_id, Transfer.kind == "hold")
    # One lookup by index for each; with OR between them the database would read every transfer.
    own = union(
        select(Transfer.id).where(Transfer.source_id == voucher.account_id),
        select(Transfer.id).where(Transfer.target_id == voucher.account_id),
        select(Transfer.id).where(Transfer.source_id.in_(holds)),
        # A redemption that was taken back.
        select(Transfer.id).where(Transfer.target_id.in_(holds)),
    )
    rows = session.execute(
        select(Transfer, source, target)
        .join(source, source.id == Transfer.source_id)
        .join(target, target.id == Transfer.target_id)
        .where(Transfer.id.in_(own))
        .order_by(Transfer.sequence)
    ).all()
    return _moves(session, rows, None)


def _moves(
    session: Session, rows: Sequence[Row[Transfer, LedgerAccount, LedgerAccount]], station: AccountKind | None
) -> list[Move]:
    owners = {account.owner_id for _, *ends in rows for account in ends if account.kind is AccountKind.VOUCHER}
    numbers = {
        row.id: row.number
        for row in session.execute(select(Voucher.id, Voucher.number).where(among(Voucher.id, owners)))
    }
    return [
        Move(
            transfer=transfer,
            source=source.kind,
            target=target.kind,
            # The treasury's figure is what it has put in, so there what goes out counts up.
            amount=transfer.amount
            if station is None or (source.kind is station) == (station is AccountKind.TREASURY)
            else -transfer.amount,
            voucher_number=next(
                (numbers[end.owner_id] for end in (source, target) if end.owner_id in numbers),
                None,
            ),
        )
        for transfer, source, target in rows
    ]
