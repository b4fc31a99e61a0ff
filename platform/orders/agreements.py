"""The service agreement (服务协议): filed by the provider, binding once each side has confirmed it itself."""

from datetime import date

from sqlalchemy.orm import Session

from accounts.current import not_here
from audit.trail import record
from files.intake import Upload
from files.intake import take as take_file
from files.kinds import SIGNED
from foundation.actors import ENTERPRISE, PROVIDER, Actor
from foundation.clock import day_of, now
from foundation.errors import BadInput, Conflict, DomainError, Faults
from foundation.i18n import N_
from orders.access import locked
from orders.deadlines import due_in
from orders.models import Agreement, Order, OrderState
from orders.standing import ensure_may_contract
from orders.states import ORDER
from orders.steps import take, write
from vouchers.terms import terms_of

THIRD_PARTY_MODES = frozenset({"integrated", "single_third_party"})
"""How an offering is delivered when somebody else than the provider does the work: the contract is tripartite."""


def upload(
    session: Session,
    actor: Actor,
    number: str,
    *,
    agreement_number: str,
    signed_on: date,
    file: Upload,
    third_party: str | None = None,
) -> Agreement:
    """File the signed agreement for the provider, which confirms it thereby; the enterprise confirms next.

    A faulty agreement is replaced by uploading again until the enterprise has confirmed. BadInput by field: a day
    outside the contract window, before the order or in the future; no third party where one delivers; the file's faults.
    Conflict while the provider holds no certificate.
    """
    order = _docking(session, actor, number)
    ensure_may_contract(session, order)
    _ensure_facts(order, agreement_number.strip(), signed_on, (third_party or "").strip())
    attachment = take_file(session, actor, file, subject=order, kind="agreement", field="file", allowed=SIGNED)
    agreement = order.agreement or Agreement(order=order)
    agreement.number = agreement_number.strip()
    agreement.tripartite = is_tripartite(order)
    agreement.third_party = (third_party or "").strip() or None
    agreement.signed_on = signed_on
    agreement.attachment_id = attachment.id
    agreement.provider_confirmed_at = now()
    agreement.provider_confirmed_by_id = actor.user_id
    agreement.enterprise_confirmed_at = None
    agreement.enterprise_confirmed_by_id = None
    session.add(agreement)
    session.flush()
    record(
        session,
        actor,
        "agreement.upload",
        agreement,
        after={"number": agreement.number, "signed_on": signed_on.isoformat(), "sha256": attachment.blob.sha256},
    )
    write(session, actor, order, "upload_agreement", note=agreement.number)
    return agreement


def confirm(session: Session, actor: Actor, number: str) -> Order:
    """The enterprise confirms the agreement that the provider filed; with both confirmations it binds.

    Conflict while the provider holds no certificate.
    """
    order = locked(session, actor, number)
    agreement = _for_enterprise(actor, order)
    ensure_may_contract(session, order)
    agreement.enterprise_confirmed_at = now()
    agreement.enterprise_confirmed_by_id = actor.user_id
    terms = terms_of(order.voucher.programme_version)
    record(session, actor, "agreement.confirm", agreement, after={"number": agreement.number})
    take(session, actor, order, "sign", note=agreement.number, due_at=due_in(OrderState.CONTRACTED, terms))
    return order


def send_back(session: Session, actor: Actor, number: str, *, reason: str) -> Order:
    """The enterprise does not confirm what was filed and says why; the provider files again."""
    if len(reason.strip()) < 2:
        raise BadInput(N_("写明协议哪里不对，服务机构会看到"), field="reason")
    order = locked(session, actor, number)
    agreement = _for_enterprise(actor, order)
    agreement.provider_confirmed_at = None
    agreement.provider_confirmed_by_id = None
    record(session, actor, "agreement.send_back", agreement, note=reason.strip())
    write(session, actor, order, "send_back_agreement", note=reason.strip())
    return order


def is_tripartite(order: Order) -> bool:
    """Whether a third party delivers, so that it must be a party to the contract."""
    return order.offering_version.mode in THIRD_PARTY_MODES


def _docking(session: Session, actor: Actor, number: str) -> Order:
    order = locked(session, actor, number)
    if actor.role not in PROVIDER:
        raise not_here()
    if order.state is not OrderState.DOCKING:
        raise Conflict(
            N_("当前状态为“%(state)s”，不能上传服务协议"),
            remedy=N_("刷新页面查看最新进度和可以进行的操作"),
            state=ORDER.labels[order.state],
        )
    return order


def _for_enterprise(actor: Actor, order: Order) -> Agreement:
    if actor.role not in ENTERPRISE:
        raise not_here()
    agreement = order.agreement
    if order.state is not OrderState.DOCKING or agreement is None or agreement.provider_confirmed_at is None:
        raise Conflict(N_("现在没有等贵单位确认的协议"), remedy=N_("服务机构上传后会出现在待办中"))
    return agreement


def _ensure_facts(order: Order, agreement_number: str, signed_on: date, third_party: str) -> None:
    faults: list[DomainError] = []
    if not agreement_number:
        faults.append(BadInput(N_("填写协议编号"), field="agreement_number"))
    if is_tripartite(order) and not third_party:
        faults.append(
            BadInput(
                N_("这项服务由第三方提供，应签三方合同并写明第三方名称"),
                field="third_party",
                rule=N_("本项目设定：由第三方提供服务的，须签三方合同"),
            )
        )
    ordered_on = day_of(order.placed_at)
    if signed_on < ordered_on:
        faults.append(
            BadInput(
                N_("协议签订日早于下单日 %(day)s"),
                field="signed_on",
                remedy=N_("先下单、后签协议；核对协议上的日期"),
                day=ordered_on.isoformat(),
            )
        )
    try:
        terms_of(order.voucher.programme_version).ensure_contract_day(signed_on, field="signed_on")
    except BadInput as error:
        faults.append(error)
    if faults:
        raise Faults(faults)
