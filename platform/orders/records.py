"""Service records (服务记录): what was delivered, with its evidence and measures; each confirmed or contested."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy.orm import Session

from accounts.current import not_here
from audit.changes import change_state
from files.intake import Upload, Wanted, carry, take_all
from files.kinds import EVIDENCE
from foundation.actors import ENTERPRISE, PROVIDER, Actor
from foundation.clock import now, today
from foundation.errors import BadInput, Conflict, DomainError, Faults
from foundation.i18n import N_
from orders.access import locked
from orders.deadlines import due_in
from orders.events import record_filed
from orders.measures import faults_of
from orders.models import Order, OrderState, RecordState, ServiceRecord
from orders.states import ORDER, RECORD
from orders.steps import take, write
from orders.turns import AMENDING, FILING
from vouchers.terms import terms_of


@dataclass(frozen=True, slots=True)
class Facts:
    """What a record says; ``measures`` by key of ``orders/data/measures.yaml``."""

    delivered_on: date
    channel: str
    place: str
    delivered_by: str
    description: str
    result: str
    measures: Mapping[str, Decimal]


def file(
    session: Session,
    actor: Actor,
    number: str,
    *,
    facts: Facts,
    process: Sequence[Upload] = (),
    result: Sequence[Upload] = (),
    amends: int | None = None,
) -> ServiceRecord:
    """File a record with evidence of the process and of the result; ``amends`` is the line that it replaces.

    The first record starts the service. An amendment keeps the evidence of the version before. BadInput by field:
    a day before the agreement or in the future, foreign measures, no evidence at all, the files' faults.
    """
    order = _mine(session, actor, number, AMENDING if amends else FILING)
    before = of_line(order, amends) if amends else None
    _ensure_facts(order, facts, has_files=bool(process or result or before))
    line = before.line if before else max((one.line for one in order.records), default=0) + 1
    if before is not None:
        change_state(session, actor, before, RECORD, "amend")
    filed = ServiceRecord(
        order=order,
        line=line,
        version=before.version + 1 if before else 1,
        state=RecordState.DRAFT,
        delivered_on=facts.delivered_on,
        place=facts.place,
        channel=facts.channel,
        delivered_by=facts.delivered_by,
        description=facts.description,
        result=facts.result,
        measures={key: str(value) for key, value in facts.measures.items()},
    )
    session.add(filed)
    session.flush()
    if before is not None:
        carry(session, source=before, target=filed)
    files = [Wanted(one, "process", "process_files") for one in process]
    files += [Wanted(one, "result", "result_files") for one in result]
    take_all(session, actor, files, subject=filed, allowed=EVIDENCE)
    filed.filed_at = now()
    change_state(session, actor, filed, RECORD, "file")
    if order.state is OrderState.CONTRACTED:
        terms = terms_of(order.voucher.programme_version)
        take(session, actor, order, "start_service", due_at=due_in(OrderState.IN_SERVICE, terms))
    write(session, actor, order, "amend_record" if amends else "file_record", note=facts.description[:200])
    record_filed.send(filed)
    return filed


def confirm(session: Session, actor: Actor, number: str, line: int) -> ServiceRecord:
    """The enterprise confirms that this was delivered."""
    order, record = _theirs(session, actor, number, line)
    change_state(session, actor, record, RECORD, "confirm")
    write(session, actor, order, "confirm_record", note=record.description[:200])
    return record


def contest(session: Session, actor: Actor, number: str, line: int, *, reason: str) -> ServiceRecord:
    """The enterprise says what is not so; the provider mends the record by a new version."""
    if len(reason.strip()) < 2:
        raise BadInput(N_("写明哪里不符，服务机构会看到并修改"), field="reason")
    order, record = _theirs(session, actor, number, line)
    change_state(session, actor, record, RECORD, "contest", note=reason.strip())
    record.contest_reason = reason.strip()
    write(session, actor, order, "contest_record", note=reason.strip())
    return record


def living(order: Order) -> list[ServiceRecord]:
    """The records that count: the newest version of every line."""
    return [record for record in order.records if record.state is not RecordState.AMENDED]


def of_line(order: Order, line: int) -> ServiceRecord:
    """The newest version of a line; NotFound when there is none."""
    for record in living(order):
        if record.line == line:
            return record
    raise not_here()


def _mine(session: Session, actor: Actor, number: str, states: frozenset[OrderState]) -> Order:
    order = locked(session, actor, number)
    if actor.role not in PROVIDER:
        raise not_here()
    if order.state not in states:
        raise Conflict(
            N_("当前状态为“%(state)s”，不能提交服务记录"),
            remedy=N_("双方确认服务协议以后才能提交；交付以后只能修改有异议的记录"),
            state=ORDER.labels[order.state],
        )
    return order


def _theirs(session: Session, actor: Actor, number: str, line: int) -> tuple[Order, ServiceRecord]:
    order = locked(session, actor, number)
    if actor.role not in ENTERPRISE:
        raise not_here()
    record = of_line(order, line)
    if order.state not in AMENDING:
        raise Conflict(
            N_("当前状态为“%(state)s”，服务记录不能再确认或提出异议"),
            remedy=N_("核销申请提交以前可以逐条确认；此后有不同意见的，请联系主管部门"),
            state=ORDER.labels[order.state],
        )
    return order, record


def _ensure_facts(order: Order, facts: Facts, *, has_files: bool) -> None:
    faults: list[DomainError] = []
    signed_on = order.agreement.signed_on if order.agreement else facts.delivered_on
    if facts.delivered_on < signed_on:
        faults.append(
            BadInput(N_("服务日期早于协议签订日 %(day)s，不能计入"), field="delivered_on", day=signed_on.isoformat())
        )
    if facts.delivered_on > today():
        faults.append(BadInput(N_("服务日期不能晚于今天"), field="delivered_on", remedy=N_("服务完成以后再提交记录")))
    for field, text in (("description", facts.description), ("result", facts.result)):
        if not text.strip():
            faults.append(BadInput(N_("写明服务内容和结果，企业会逐条核对"), field=field))
    if not has_files:
        faults.append(
            BadInput(N_("至少上传一份过程或成果材料"), field="process_files", remedy=N_("现场照片、签到表、报告均可"))
        )
    faults += faults_of(order.offering_version.category, facts.measures)
    if faults:
        raise Faults(faults)
