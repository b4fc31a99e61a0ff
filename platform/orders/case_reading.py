"""The read model of one order with everything of it, as its case page shows it."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Literal
from uuid import UUID

from accounts.models import Organisation, User
from enterprises.models import TitleLevel
from files.models import Attachment
from files.reading import AttachedFile, attached
from foundation.actors import Actor
from foundation.clock import day_of
from foundation.reading import Moment, Money, ReadModel
from foundation.waiting import Party
from orders.deadlines import filed_late, stalled, warned
from orders.models import Order, OrderState, RecordState
from orders.progress import actions, line, side_of
from orders.queries import Case
from orders.reading import Measured, OrderTurn, measured_of, turn_of
from vouchers.reading import NamedProgramme, named_programme
from vouchers.terms import Terms, terms_of


class PersonToAsk(ReadModel):
    """Whom to ask at an organisation."""

    name: str
    email: str


class CaseParty(ReadModel):
    """A side of an order and how to reach it."""

    uscc: str
    name: str
    phone: str | None
    contact: PersonToAsk | None


class OrderStage(ReadModel):
    """One step of the line; ``key`` is a key of ``orders.progress.STAGES``, or the state in which the order ended."""

    key: str
    state: Literal["done", "current", "todo", "failed"]
    at: Moment | None
    holder: str | None


class AgreementOfCase(ReadModel):
    """The agreement of an order with its files."""

    number: str
    signed_on: date
    tripartite: bool
    third_party: str | None
    provider_confirmed_at: Moment | None
    enterprise_confirmed_at: Moment | None
    files: tuple[AttachedFile, ...]


class RecordOfCase(ReadModel):
    """A version of a service record with its files; ``late`` by the order's own version of the terms."""

    line: int
    version: int
    state: RecordState
    delivered_on: date
    channel: str
    place: str
    delivered_by: str
    description: str
    result: str
    measures: tuple[Measured, ...]
    late: bool
    contest_reason: str | None
    files: tuple[AttachedFile, ...]


class ConfirmationOfCase(ReadModel):
    """The enterprise's confirmation; ``rating`` is one of ``orders.models.RATINGS``."""

    rating: int
    comment: str | None
    at: Moment


class HoldTransfer(ReadModel):
    """A transfer to or from what the order holds."""

    id: UUID
    posted_at: Moment
    kind: str
    amount: Money


class StepTaken(ReadModel):
    """A step that was taken, with what was said."""

    event: str
    at: Moment
    person: str
    organisation: str
    note: str | None


class OrderCase(ReadModel):
    """Everything of one order for one reader: ``side`` is the reader's, ``deeds`` are what the reader can do now.

    ``stalled_on`` is from when the bureau may end an order that both sides leave lying, once both are to be told so;
    ``stalled`` says whether that has come.
    """

    number: str
    offering: str
    content: str
    programme: NamedProgramme
    voucher: str
    enterprise: CaseParty
    title: TitleLevel
    provider: CaseParty
    needs: str | None
    placed_at: Moment
    state: OrderState
    ended_reason: str | None
    turn: OrderTurn | None
    due_at: Moment | None
    stalled_on: date | None
    stalled: bool
    place_in_line: int | None
    may_contract: bool
    side: Party | None
    deeds: frozenset[str]
    list_price: Money
    charged_price: Money
    deduction: Money
    own_share: Money
    stages: tuple[OrderStage, ...]
    transfers: tuple[HoldTransfer, ...]
    agreement: AgreementOfCase | None
    records: tuple[RecordOfCase, ...]
    confirmation: ConfirmationOfCase | None
    steps: tuple[StepTaken, ...]


def order_case(actor: Actor, found: Case) -> OrderCase:
    """One order as ``actor`` sees it, from what ``queries.case`` has read; asks for nothing more by the row."""
    order = found.order
    withheld = frozenset[str]() if found.acts else {"decide", "end_stalled"}
    lying = order.stalled_at if warned(order) else None
    return OrderCase(
        number=order.number,
        offering=order.offering_version.name,
        content=order.offering_version.content,
        programme=named_programme(order.programme),
        voucher=order.voucher.number,
        enterprise=_party(order.enterprise, found.contacts),
        title=TitleLevel(order.enterprise_title),
        provider=_party(order.provider, found.contacts),
        needs=order.needs,
        placed_at=order.placed_at,
        state=order.state,
        ended_reason=order.ended_reason,
        turn=turn_of(order),
        due_at=order.due_at,
        stalled_on=None if lying is None else day_of(lying),
        stalled=stalled(order),
        place_in_line=found.place_in_line,
        may_contract=found.may_contract,
        side=side_of(actor),
        deeds=actions(actor, order, may_contract=found.may_contract) - withheld,
        list_price=order.list_price,
        charged_price=order.charged_price,
        deduction=order.deduction,
        own_share=order.own_share,
        stages=tuple(
            OrderStage(key=each.key, state=each.state, at=each.at, holder=each.holder) for each in line(order)
        ),
        transfers=tuple(
            HoldTransfer(id=each.id, posted_at=each.posted_at, kind=each.kind, amount=each.amount)
            for each in found.transfers
        ),
        agreement=_agreement(found),
        records=_records(found, terms_of(order.voucher.programme_version)),
        confirmation=_confirmation(order),
        steps=tuple(
            StepTaken(event=each.event, at=each.at, person=each.person, organisation=each.organisation, note=each.note)
            for each in order.steps
        ),
    )


def party_names(order: Order) -> dict[UUID, str]:
    """Who may have filed something for the order."""
    return {order.enterprise_id: order.enterprise.name, order.provider_id: order.provider.name}


def _party(organisation: Organisation, contacts: Mapping[UUID, User]) -> CaseParty:
    who = contacts.get(organisation.id)
    return CaseParty(
        uscc=organisation.uscc,
        name=organisation.name,
        phone=organisation.phone,
        contact=None if who is None else PersonToAsk(name=who.name, email=who.email),
    )


def _files(found: Case, files: Iterable[Attachment]) -> tuple[AttachedFile, ...]:
    names = party_names(found.order)
    return tuple(attached(file, names=names, elsewhere=found.elsewhere) for file in files)


def _agreement(found: Case) -> AgreementOfCase | None:
    made = found.order.agreement
    if made is None:
        return None
    return AgreementOfCase(
        number=made.number,
        signed_on=made.signed_on,
        tripartite=made.tripartite,
        third_party=made.third_party,
        provider_confirmed_at=made.provider_confirmed_at,
        enterprise_confirmed_at=made.enterprise_confirmed_at,
        files=_files(found, [file for file in found.files if file.id == made.attachment_id]),
    )


def _records(found: Case, terms: Terms) -> tuple[RecordOfCase, ...]:
    """By line, the newest version of each first."""
    return tuple(
        RecordOfCase(
            line=one.line,
            version=one.version,
            state=one.state,
            delivered_on=one.delivered_on,
            channel=one.channel,
            place=one.place,
            delivered_by=one.delivered_by,
            description=one.description,
            result=one.result,
            measures=measured_of(one),
            late=one.filed_at is not None and filed_late(one.delivered_on, day_of(one.filed_at), terms),
            contest_reason=one.contest_reason,
            files=_files(found, found.record_files[one.id]),
        )
        for one in sorted(found.order.records, key=lambda each: (each.line, -each.version))
    )


def _confirmation(order: Order) -> ConfirmationOfCase | None:
    made = order.confirmation
    return None if made is None else ConfirmationOfCase(rating=made.rating, comment=made.comment, at=made.created_at)
