"""Statements (结算单): numbered without gaps, hashed, never changed; corrected by red-letter ones."""

import json
from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from accounts.models import Organisation, User
from audit.trail import record
from documents.canonical import canonical_hash, canonical_json
from documents.statement import CalculationStep, ExcludedOrder, IncludedOrder, StatementContent
from files.access import authorise
from foundation.actors import PROVIDER, STAFF, Actor
from foundation.clock import now, today
from foundation.i18n import N_
from foundation.identifiers import new_id
from foundation.money import display_yuan
from orders.models import Order
from settlement.models import Batch, BatchOrder, Statement
from settlement.numbering import take_number
from settlement.rules import scheme_of, worked
from settlement.schemes import Scheme, SchemeResult
from settlement.schemes.authority import title_of
from settlement.schemes.results import Step
from settlement.statement_files import plan
from verification.models import RedemptionClaim
from vouchers.models import Programme

TITLE = N_("财政资金结算单")


def issue(session: Session, actor: Actor, batch: Batch, *, public_url: str) -> list[Statement]:
    """Issue one statement for each provider of a locked batch, by name; ``public_url`` is where it can be checked.

    Writes the series' rows and the statements, and has them printed after the commit; money is the caller's business (settlement/approval.py).
    """
    result = worked(batch)
    rows = _rows(session, batch)
    people = (_name(session, batch.calculated_by_id), _name(session, batch.reviewed_by_id), actor.name)
    providers = sorted({row.order.provider for row in rows}, key=lambda each: (each.name_sort, each.id))
    made = []
    for provider in providers:
        mine = [row for row in rows if row.provider_id == provider.id]
        content = _content(
            batch,
            issuer=batch.programme.bureau,
            provider=provider,
            steps=_steps(result, mine, provider),
            people=people,
            rows=mine,
        )
        made.append(_issue(session, actor, batch, content, public_url=public_url, payee=provider))
    return made


def issue_red_letter(
    session: Session, actor: Actor, original: Statement, *, reason: str, asked_by: str, public_url: str
) -> Statement:
    """Issue the red-letter statement that takes a whole statement back; it names the original, the original stays.

    The actor's own treasury issues it: it names who asked for it and who carried it out, nobody of the first paper.
    """
    batch = original.batch
    text = f"冲减结算单 {original.number} 的全部金额 {display_yuan(original.total)}。原因：{reason}"
    content = _content(
        batch,
        issuer=batch.programme.treasury,
        provider=original.organisation,
        steps=[CalculationStep("1", text, f"结算单 {original.number}", -original.total)],
        people=(asked_by, "", actor.name),
        red_letter_of=original.number,
    )
    return _issue(
        session, actor, batch, content, public_url=public_url, payee=original.organisation, corrects_id=original.id
    )


def verification_address(public_url: str, number: str, digest: str) -> str:
    """The address in the QR code."""
    return f"{public_url}/verify/{number}?hash={digest}"


def _rows(session: Session, batch: Batch) -> Sequence[BatchOrder]:
    return (
        session.scalars(
            select(BatchOrder)
            .join(BatchOrder.order)
            .join(BatchOrder.claim)
            .options(
                joinedload(BatchOrder.claim),
                joinedload(BatchOrder.order).options(
                    joinedload(Order.provider), joinedload(Order.enterprise), joinedload(Order.offering_version)
                ),
            )
            .where(BatchOrder.batch_id == batch.id)
            .order_by(Order.placed_at, Order.id, RedemptionClaim.submitted_at, RedemptionClaim.id)
        )
        .unique()
        .all()
    )


def _steps(result: SchemeResult, rows: Sequence[BatchOrder], provider: Organisation) -> list[CalculationStep]:
    """The scheme's own steps for this provider, word for word; where lines are enterprises, closed by the sum.

    A step about a whole line (a sum, a cap) names the enterprise whose line it is: the paper has several.
    """
    total = sum(row.amount for row in rows)
    mine = {row.claim.number for row in rows}
    names = {row.order.enterprise.uscc: row.order.enterprise.name for row in rows}
    told: list[tuple[str, Step]] = []
    closed = False
    for line in result.lines:
        theirs = mine & set(line.items_fen)
        if not theirs:
            continue
        # A line that holds nothing of others is told whole; of a shared one only the own orders' steps are.
        whole = theirs == set(line.items_fen)
        told += [
            ("" if step.params.get("id") in mine or line.id not in names else f"{names[line.id]}：", step)
            for step in line.steps
            if whole or step.params.get("id") in mine | {line.id}
        ]
        closed = line.id == provider.uscc
    steps = [
        CalculationStep(str(place), whose + step.filled(), step.citation, step.amount_fen)
        for place, (whose, step) in enumerate(told, start=1)
    ]
    if not closed:
        text = f"{provider.name}：{sum(row.amount > 0 for row in rows)} 个订单合计 {display_yuan(total)}"
        steps.append(CalculationStep(str(len(steps) + 1), text, "以上各项之和", total))
    return steps


def _name(session: Session, user_id: UUID | None) -> str:
    person = session.get(User, user_id) if user_id else None
    return person.name if person else ""


def _content(
    batch: Batch,
    *,
    issuer: Organisation,
    provider: Organisation,
    steps: Sequence[CalculationStep],
    people: tuple[str, str, str],
    rows: Sequence[BatchOrder] = (),
    red_letter_of: str | None = None,
) -> StatementContent:
    """What the paper says; ``people``: who prepared it, who looked it over and handed it on, who approved it."""
    scheme = scheme_of(batch)
    why = {each["order"]: each["reason"] for each in batch.left_out}
    prepared_by, reviewed_by, approved_by = people
    return StatementContent(
        number="",
        issuer=issuer.name,
        title=TITLE,
        programme=f"{batch.programme.name}（{batch.programme.number}）",
        batch=batch.number,
        organisation=provider.name,
        uscc=provider.uscc,
        period_start=batch.period_from,
        period_end=batch.period_to,
        scheme_title=title_of(scheme, batch.case),
        scheme_version=scheme.version,
        scheme_citation=_authority(batch, scheme),
        steps=tuple(steps),
        total=steps[-1].amount,
        issued_at=now(),
        prepared_by=prepared_by,
        reviewed_by=reviewed_by,
        approved_by=approved_by,
        verification_url="",
        red_letter_of=red_letter_of,
        orders=tuple(
            IncludedOrder(
                row.claim.number,
                row.order.enterprise.name,
                row.order.offering_version.name,
                row.order.charged_price,
                row.claim.redeemed or 0,
                row.amount,
            )
            for row in rows
            if row.amount
        ),
        excluded=tuple(
            ExcludedOrder(
                row.claim.number,
                row.order.enterprise.name,
                row.order.offering_version.name,
                why.get(row.claim.number, ""),
            )
            for row in rows
            if not row.amount
        ),
    )


def _authority(batch: Batch, scheme: Scheme) -> str:
    """The programme's own documents, of every version that the orders were made under; else the scheme's notice."""
    documents = batch.case.get("programme", {}).get("documents", [])
    if documents:
        return f"{batch.programme.bureau.name}：{'；'.join(documents)}"
    document = scheme.document
    number = f"（{document.number}）" if document.number else ""
    return f"{document.issuer}《{document.title}》{number}，{document.issued.isoformat()}"


def _issue(
    session: Session,
    actor: Actor,
    batch: Batch,
    content: StatementContent,
    *,
    public_url: str,
    payee: Organisation,
    corrects_id: UUID | None = None,
) -> Statement:
    issuer = batch.programme.bureau if corrects_id is None else batch.programme.treasury
    year = today().year
    number, sequence = take_number(session, issuer, year)
    content = replace(content, number=number)
    digest = canonical_hash(content)
    statement = Statement(
        id=new_id(),
        number=content.number,
        issuer_id=issuer.id,
        year=year,
        sequence=sequence,
        batch_id=batch.id,
        organisation_id=payee.id,
        corrects_id=corrects_id,
        total=content.total,
        content=json.loads(canonical_json(content)),
        content_hash=digest,
        issued_at=content.issued_at,
    )
    session.add(statement)
    session.flush()
    plan(session, statement, address=verification_address(public_url, statement.number, digest))
    record(
        session,
        actor,
        "statement.issue",
        statement,
        after={"number": statement.number, "total": statement.total, "hash": digest},
    )
    return statement


def may_see(actor: Actor, statement: Statement) -> bool:
    """The payee and the authorities of the programme's region."""
    if actor.role in PROVIDER:
        return statement.organisation_id == actor.organisation_id
    return actor.role in STAFF and actor.sees_region(statement.batch.programme.region.path)


def _sees_file(session: Session, actor: Actor, statement_id: UUID) -> bool:
    statement = session.scalar(
        select(Statement)
        .options(joinedload(Statement.batch).joinedload(Batch.programme).joinedload(Programme.region))
        .where(Statement.id == statement_id)
    )
    return statement is not None and may_see(actor, statement)


authorise("statements", _sees_file)
