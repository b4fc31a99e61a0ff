"""Reading batches and statements, each for whoever may see them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import IO, Any
from uuid import UUID

from sqlalchemy import ColumnElement, exists, false, func, or_, select
from sqlalchemy.orm import Session, joinedload

from accounts.current import not_here
from accounts.delegation import acts_for, may_act_for
from accounts.models import Organisation, Region, SecondPersonRequest, User
from accounts.second_person import waiting_for_second_person
from audit.models import AuditEvent
from audit.queries import history
from audit.trail import record
from files.store import answering, current_store
from foundation.actors import PROVIDER, STAFF, Actor
from foundation.errors import Conflict
from foundation.i18n import N_
from foundation.many import among
from foundation.pages import Page, page_of
from foundation.unit_of_work import commit_anyway
from ledger.models import LedgerAccount, Transfer
from orders.models import Order
from settlement.approval import transfers_of
from settlement.batches import find
from settlement.corrections import DEED, correction_asked
from settlement.models import Batch, BatchAward, BatchOrder, BatchState, Statement, StatementFile
from settlement.statement_files import file_of
from settlement.statements import may_see
from verification.models import RedemptionClaim, RedemptionState
from vouchers.models import Programme


@dataclass(frozen=True, slots=True)
class Move:
    """A transfer and the kinds of accounts between which it went."""

    transfer: Transfer
    source: str
    target: str


@dataclass(frozen=True, slots=True)
class BatchCase:
    """Everything of one batch; ``rows`` by the claim's number, ``names`` of the organisations by unified social credit code,
    ``awards`` by provider, ``paid``: which of its statements were paid.
    """

    batch: Batch
    rows: Mapping[str, BatchOrder]
    names: Mapping[str, str]
    statements: Sequence[Statement]
    awards: Mapping[UUID, BatchAward]
    paid: frozenset[UUID]
    moves: Sequence[Move]
    calculator: str | None
    reviewer: str | None
    checker: str | None
    payer: str | None
    history: Sequence[AuditEvent]
    acts: bool


@dataclass(frozen=True, slots=True)
class StatementCase:
    """Everything of one statement."""

    statement: Statement
    corrects: Statement | None
    corrected_by: Statement | None
    paid: bool
    moves: Sequence[Move]
    asked: SecondPersonRequest | None
    file: StatementFile | None


def batches(
    session: Session, actor: Actor, *, state: BatchState | None = None, words: str = "", number: int = 1
) -> Page[Batch]:
    """Batches of the region, newest first."""
    query = select(Batch).join(Batch.programme).options(joinedload(Batch.programme)).where(_in_region(actor))
    if state is not None:
        query = query.where(Batch.state == state)
    if words:
        query = query.where(
            Batch.number.contains(words.upper(), autoescape=True) | Programme.name.contains(words, autoescape=True)
        )
    return page_of(session, query.order_by(Batch.created_at.desc(), Batch.id.desc()), number)


def batch_case(session: Session, actor: Actor, number: str) -> BatchCase:
    """One batch with its worked calculation, statements and transfers."""
    batch = find(session, actor, number)
    rows = (
        session.scalars(
            select(BatchOrder)
            .options(
                joinedload(BatchOrder.claim),
                joinedload(BatchOrder.order).options(
                    joinedload(Order.provider), joinedload(Order.enterprise), joinedload(Order.offering_version)
                ),
            )
            .where(BatchOrder.batch_id == batch.id)
        )
        .unique()
        .all()
    )
    statements = session.scalars(
        select(Statement)
        .options(joinedload(Statement.organisation))
        .where(Statement.batch_id == batch.id)
        .order_by(Statement.number)
    ).all()
    people: dict[UUID | None, str] = {user.id: user.name for user in _people(session, batch)}
    lines = [line["id"] for line in batch.result.get("lines", [])]
    return BatchCase(
        batch=batch,
        rows={row.claim.number: row for row in rows},
        names={
            row.uscc: row.name
            for row in session.execute(
                select(Organisation.uscc, Organisation.name).where(among(Organisation.uscc, lines))
            )
        },
        statements=statements,
        awards={
            award.provider_id: award
            for award in session.scalars(select(BatchAward).where(BatchAward.batch_id == batch.id))
        },
        paid=paid_of(session, statements),
        moves=_moves(session, [statement.id for statement in statements]),
        calculator=people.get(batch.calculated_by_id),
        reviewer=people.get(batch.reviewed_by_id),
        checker=people.get(batch.checker_id),
        payer=people.get(batch.payer_id),
        history=history(session, batch),
        acts=may_act_for(session, actor, batch.programme.bureau_id, batch.programme_id),
    )


def statements(session: Session, actor: Actor, *, words: str = "", number: int = 1) -> Page[Statement]:
    """A provider's own statements; for the authorities those of their region. Newest first. ``words``: number or payee."""
    query = (
        select(Statement)
        .join(Statement.batch)
        .join(Batch.programme)
        .options(joinedload(Statement.organisation), joinedload(Statement.batch).joinedload(Batch.programme))
    )
    own = Statement.organisation_id == actor.organisation_id if actor.role in PROVIDER else _in_region(actor)
    query = query.where(own)
    if words:
        payees = select(Organisation.id).where(Organisation.name.contains(words, autoescape=True))
        query = query.where(
            or_(Statement.number.contains(words.upper(), autoescape=True), Statement.organisation_id.in_(payees))
        )
    return page_of(session, query.order_by(Statement.issued_at.desc(), Statement.number.desc()), number)


def statement(session: Session, actor: Actor, number: str) -> Statement:
    """One statement; NotFound for somebody else's."""
    found = session.scalar(
        select(Statement)
        .options(
            joinedload(Statement.organisation),
            joinedload(Statement.issuer),
            joinedload(Statement.batch).joinedload(Batch.programme),
        )
        .where(Statement.number == number)
    )
    if found is None or not may_see(actor, found):
        raise not_here()
    return found


def statement_case(session: Session, actor: Actor, number: str) -> StatementCase:
    """One statement with what corrects it and how its money moved."""
    found = statement(session, actor, number)
    corrects = session.get(Statement, found.corrects_id) if found.corrects_id else None
    by = session.scalar(select(Statement).where(Statement.corrects_id == found.id))
    moves = _moves(session, [found.id])
    paid = any(move.transfer.kind == "pay" for move in moves)
    return StatementCase(found, corrects, by, paid, moves, correction_asked(session, found), file_of(session, found))


def asked_corrections(session: Session, actor: Actor) -> Sequence[tuple[SecondPersonRequest, Statement]]:
    """Statements that a colleague of the actor's treasury asks to take back, the longest waiting first."""
    requests = waiting_for_second_person(session, actor, {DEED})
    ids = [request.subject_id for request in requests]
    found = {each.id: each for each in session.scalars(select(Statement).where(Statement.id.in_(ids)))}
    return [(request, found[request.subject_id]) for request in requests]


def paid_of(session: Session, found: Sequence[Statement]) -> frozenset[UUID]:
    """Which of these statements were paid."""
    query = select(Transfer.subject_id).where(
        Transfer.subject_type == "statements",
        Transfer.kind == "pay",
        among(Transfer.subject_id, [each.id for each in found]),
    )
    return frozenset(session.scalars(query))


def corrected_of(session: Session, found: Sequence[Statement]) -> frozenset[UUID]:
    """Which of these statements were taken back by a red-letter one."""
    query = select(Statement.corrects_id).where(among(Statement.corrects_id, [each.id for each in found]))
    return frozenset(each for each in session.scalars(query) if each is not None)


def taken_back_of(session: Session, found: Sequence[Batch]) -> Mapping[UUID, int]:
    """What red-letter statements took back of these batches, in fen."""
    query = select(Statement.batch_id, func.sum(Statement.total)).where(
        Statement.batch_id.in_([each.id for each in found]), Statement.corrects_id.is_not(None)
    )
    return {batch_id: -int(total) for batch_id, total in session.execute(query.group_by(Statement.batch_id))}


def pdf(session: Session, actor: Actor, number: str) -> tuple[Statement, IO[bytes]]:
    """The statement's file as it was issued; the download is written into the trail."""
    found = statement(session, actor, number)
    file = file_of(session, found)
    if file is None:
        raise Conflict(N_("结算单的 PDF 文件正在生成"), remedy=N_("稍后再下载；结算单的内容和校验码已经生效"))
    commit_anyway(session)
    record(session, actor, "statement.download", found, after={"sha256": file.sha256})
    with answering():
        return found, current_store().open(str(file.sha256))


@dataclass(frozen=True, slots=True)
class Ready:
    """A programme with verified claims that no batch holds yet: of how many orders, what was redeemed, since when."""

    programme: Programme
    orders: int
    amount: int
    since: Any


def ready(session: Session, actor: Actor) -> Sequence[Ready]:
    """Programmes on which the bureau acts and whose verified orders wait for a batch, the longest waiting first."""
    since = func.min(RedemptionClaim.decided_at)
    counted = session.execute(
        select(
            RedemptionClaim.programme_id,
            func.count(RedemptionClaim.order_id.distinct()),
            func.sum(RedemptionClaim.redeemed),
            since,
        )
        .join(Programme, Programme.id == RedemptionClaim.programme_id)
        .where(
            RedemptionClaim.state == RedemptionState.VERIFIED,
            ~exists().where(BatchOrder.claim_id == RedemptionClaim.id),
            acts_for(actor, Programme.bureau_id, Programme.id),
        )
        .group_by(RedemptionClaim.programme_id)
        .order_by(since)
    ).all()
    programmes = {
        each.id: each
        for each in session.scalars(select(Programme).where(Programme.id.in_([row[0] for row in counted]))).unique()
    }
    return [Ready(programmes[row[0]], row[1], int(row[2] or 0), row[3]) for row in counted]


def count(session: Session, actor: Actor, states: Sequence[BatchState]) -> int:
    """How many batches of the own treasury's programmes are in these states."""
    query = select(func.count()).select_from(Batch).join(Batch.programme)
    own = Programme.treasury_id == actor.organisation_id
    return session.scalar(query.where(Batch.state.in_(states), own)) or 0


def _in_region(actor: Actor) -> ColumnElement[bool]:
    """Of programmes in the region of an authority; nobody else has a region in their care."""
    if actor.role not in STAFF:
        return false()
    regions = select(Region.id).where(Region.path.startswith(actor.region_path, autoescape=True))
    return Programme.region_id.in_(regions)


def _people(session: Session, batch: Batch) -> Sequence[User]:
    acted = (batch.calculated_by_id, batch.reviewed_by_id, batch.checker_id, batch.payer_id)
    ids = [each for each in acted if each is not None]
    return session.scalars(select(User).where(User.id.in_(ids))).all()


def _moves(session: Session, statement_ids: Sequence[UUID]) -> list[Move]:
    transfers = transfers_of(session, statement_ids)
    ids = {each for transfer in transfers for each in (transfer.source_id, transfer.target_id)}
    kinds = {
        each.id: each.kind.value for each in session.scalars(select(LedgerAccount).where(among(LedgerAccount.id, ids)))
    }
    return [Move(transfer, kinds[transfer.source_id], kinds[transfer.target_id]) for transfer in transfers]
