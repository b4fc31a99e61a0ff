"""Taking a statement back in red: one person of the treasury asks, another one carries it out."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID, uuid5

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from accounts.current import not_here
from accounts.models import SecondPersonRequest
from accounts.passwords import reconfirmed
from accounts.second_person import ask, asked_for, carry_out, decline
from audit.changes import change_state
from audit.decisions import decide
from foundation.actors import TREASURY, Actor, Role
from foundation.errors import Conflict, NotAllowed
from foundation.i18n import N_
from ledger.accounts import account
from ledger.models import AccountKind, Transfer
from ledger.posting import Posting, ensure_covers, post, reverse
from settlement.approval import outstanding, transfers_of
from settlement.batches import ensure_own_treasury, locked
from settlement.models import Batch, BatchOrder, Statement
from settlement.statements import issue_red_letter
from settlement.states import BATCH
from vouchers.claiming import allot
from vouchers.duties import take_duty
from vouchers.models import Duty
from vouchers.terms import current_terms

DEED: Final = "statement.correct"


def ask_correction(session: Session, actor: Actor, statement_number: str, *, reason: str) -> SecondPersonRequest:
    """Ask a colleague of the treasury to take a statement back, and say why; nothing happens to it yet.

    Anybody of the programme's own treasury. Conflict when there is nothing to take back, or it is asked for already.
    """
    original, batch = _own(session, actor, statement_number)
    take_duty(session, actor, batch.programme_id, Duty.PAYMENT)
    facts = {"number": original.number, "total": original.total}
    return ask(session, actor, original, DEED, reason=reason, facts=facts)


def decline_correction(session: Session, actor: Actor, statement_number: str, *, reason: str) -> SecondPersonRequest:
    """Say no to what a colleague asked for; whoever asked takes it back."""
    original, batch = _own(session, actor, statement_number)
    take_duty(session, actor, batch.programme_id, Duty.PAYMENT)
    return decline(session, actor, original, DEED, reason=reason)


def correct(session: Session, actor: Actor, statement_number: str, *, password: str, public_url: str) -> Statement:
    """Take a statement back, as a colleague asked: a linked red-letter statement, and linked opposite transfers.

    Another person than who asked, a budget holder, with the password given again. Before payment the orders become free
    for another batch. After payment the money is to be recovered from the provider (paid → recovered); it stays with the
    treasury, or goes into the pool again where the programme's terms say so.
    """
    original, batch = _own(session, actor, statement_number)
    if actor.role is not Role.BUDGET_HOLDER:
        raise NotAllowed(N_("您的角色不能进行这一步"), remedy=N_("请由有权限的同事办理"))
    reconfirmed(session, actor, password)
    take_duty(session, actor, batch.programme_id, Duty.PAYMENT)
    request = carry_out(session, actor, original, DEED)
    red = issue_red_letter(
        session, actor, original, reason=request.reason, asked_by=request.asked_by.name, public_url=public_url
    )
    transfers = transfers_of(session, [original.id])
    paid = next((move for move in transfers if move.kind == "pay"), None)
    if paid is not None:
        _recover(session, actor, batch, red, paid)
    else:
        _put_back(session, actor, red, transfers)
        session.execute(
            delete(BatchOrder).where(
                BatchOrder.batch_id == batch.id, BatchOrder.provider_id == original.organisation_id
            )
        )
        if not outstanding(session, batch):
            change_state(session, actor, batch, BATCH, "close", note=red.number)
    decide(session, actor, "statement.correct", original, after={"by": red.number}, note=request.reason)
    return red


def correction_asked(session: Session, statement: Statement) -> SecondPersonRequest | None:
    """The open request to take a statement back, or None."""
    return asked_for(session, statement, DEED)


def _own(session: Session, actor: Actor, statement_number: str) -> tuple[Statement, Batch]:
    """A statement of the own treasury that can be taken back, and its locked batch."""
    original = session.scalar(select(Statement).where(Statement.number == statement_number))
    if original is None:
        raise not_here()
    batch = locked(session, actor, original.batch.number)
    ensure_own_treasury(actor, batch)
    if actor.role not in TREASURY:
        raise NotAllowed(N_("您的角色不能进行这一步"), remedy=N_("请由有权限的同事办理"))
    if original.corrects_id is not None or original.total <= 0:
        raise Conflict(N_("这张结算单没有可以冲减的金额"))
    taken_back = session.scalar(select(Statement.number).where(Statement.corrects_id == original.id))
    if taken_back is not None:
        raise Conflict(N_("这张结算单已由 %(number)s 冲减"), number=taken_back)
    return original, batch


def _put_back(session: Session, actor: Actor, red: Statement, transfers: Sequence[Transfer]) -> None:
    """Reverse an approval. What the pool has given out again since then becomes an open shortfall of the provider."""
    # The last first, so that no account is asked for what has not come back yet; the pool gives last.
    first = ("approve", "award", "top_up")
    pools = [move for move in transfers if move.kind not in first]
    for move in sorted((each for each in transfers if each.kind in first), key=lambda each: each.kind != "approve"):
        reverse(session, actor, move.id, kind=f"reverse_{move.kind}")
    if pools:
        needed = sum(move.amount for move in pools)
        pool = pools[0].target_id
        missing = needed - min(needed, ensure_covers(session, pool, 0))
        if missing:
            _note_shortfall(session, actor, red, pool, missing)
    for move in pools:
        reverse(session, actor, move.id, kind=f"reverse_{move.kind}")


def _note_shortfall(session: Session, actor: Actor, red: Statement, pool: UUID, missing: int) -> None:
    programme_id = red.batch.programme_id
    source = account(session, AccountKind.SHORTFALL, programme_id, red.organisation_id)
    post(
        session,
        actor,
        [
            Posting(
                id=uuid5(red.id, "shortfall"),
                source=source,
                target=pool,
                amount=missing,
                kind="shortfall",
                programme_id=programme_id,
                subject_type="statements",
                subject_id=red.id,
            )
        ],
    )


def _recover(session: Session, actor: Actor, batch: Batch, red: Statement, paid: Transfer) -> None:
    """What was paid goes to ``recovered``, and on to the pool where the terms that bind today give it to the programme."""
    recovered = account(session, AccountKind.RECOVERED, batch.programme_id)
    to_pool = current_terms(batch.programme).recovered_to_pool
    postings = [_back(red, paid, "recover", (paid.target_id, recovered), reverses=paid.id)]
    if to_pool:
        pool = account(session, AccountKind.POOL, batch.programme_id)
        postings.append(_back(red, paid, "reuse", (recovered, pool)))
    post(session, actor, postings)
    if to_pool:
        allot(session, batch.programme_id)


def _back(
    red: Statement, paid: Transfer, kind: str, way: tuple[UUID, UUID], *, reverses: UUID | None = None
) -> Posting:
    return Posting(
        id=uuid5(red.id, kind),
        source=way[0],
        target=way[1],
        amount=paid.amount,
        kind=kind,
        programme_id=paid.programme_id,
        subject_type="statements",
        subject_id=red.id,
        reverses_id=reverses,
    )
