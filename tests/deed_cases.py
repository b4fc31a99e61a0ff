"""Every deed of a bureau that judges who and what is entitled: who may do it, and on what."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from uuid import uuid4

import factories as make
import provider_cases
import voucher_factories
from claim_cases import Office, claimed, verified
from order_cases import Scene

from accounts.models import Membership, Organisation
from enterprises import titles
from enterprises.models import TitleLevel
from foundation.actors import Actor, Role
from foundation.clock import today
from notices import objections
from notices.models import Objection
from orders import ending
from orders.models import OrderState
from providers import offerings, price_review, review, standing
from providers.models import Certification, OfferingVersion
from settlement import batches
from verification import deciding, undoing
from vouchers import programmes, revoking
from vouchers.models import Programme

Run = Callable[[Actor], object]


@dataclass(frozen=True, slots=True)
class Deed:
    """``prepare`` brings a scene to where the deed may be done and returns it, still to be done by somebody."""

    role: Role
    prepare: Callable[[Scene], Run]


def second_membership(person: Actor, scene: Scene, organisation: Organisation, role: Role) -> Actor:
    """The same person in another office."""
    first = scene.session.query(Membership).filter_by(user_id=person.user_id).first()
    assert first is not None
    membership = Membership(user=first.user, organisation=organisation, role=role, state=first.state)
    scene.session.add(membership)
    scene.session.flush()
    return make.actor_of(membership)


def drafted(scene: Scene) -> Programme:
    """A programme that the scene's officer drafted."""
    return programmes.draft(
        scene.session,
        scene.officer,
        name="第二批",
        summary="测试",
        scheme_id="xiamen-2021",
        treasury_uscc=scene.treasury.uscc,
        terms=voucher_factories.terms(),
    )


def checked(scene: Scene) -> Programme:
    """The same, checked."""
    return programmes.check(scene.session, scene.reviewer, drafted(scene))


def opened(scene: Scene) -> Programme:
    """The same, announced and open."""
    programme = programmes.announce(scene.session, scene.officer, checked(scene))
    return programmes.open_claims(scene.session, scene.officer, programme)


def _edited(scene: Scene) -> Programme:
    programme = opened(scene)
    terms = voucher_factories.terms(cap_per_enterprise=1)
    return programmes.edit(scene.session, scene.officer, programme, name="改", summary="改", terms=terms)


def _edit(scene: Scene) -> Run:
    programme = drafted(scene)
    terms = voucher_factories.terms()
    return lambda actor: programmes.edit(scene.session, actor, programme, name="改", summary="改", terms=terms)


def _announce(scene: Scene) -> Run:
    programme = checked(scene)
    return lambda actor: programmes.announce(scene.session, actor, programme)


def _open(scene: Scene) -> Run:
    programme = programmes.announce(scene.session, scene.officer, checked(scene))
    return lambda actor: programmes.open_claims(scene.session, actor, programme)


def _programme(verb: Callable[..., object], made: Callable[[Scene], Programme], **facts: str) -> Callable[[Scene], Run]:
    def prepare(scene: Scene) -> Run:
        programme = made(scene)
        return lambda actor: verb(scene.session, actor, programme, **facts)

    return prepare


def _claim(verb: Callable[..., object], **facts: object) -> Callable[[Scene], Run]:
    def prepare(scene: Scene) -> Run:
        order = claimed(scene)
        return lambda actor: verb(scene.session, actor, order.number, **facts)

    return prepare


def _dispute(scene: Scene) -> Run:
    order = scene.order_in_any(OrderState.DISPUTED)
    return lambda actor: ending.decide(scene.session, actor, order.number, resume=False, reason="证据不足")


def _resume(scene: Scene) -> Run:
    order = scene.order_in_any(OrderState.DISPUTED)
    return lambda actor: ending.decide(scene.session, actor, order.number, resume=True, reason="继续履约")


def _reclaim(scene: Scene) -> Run:
    voucher = scene.voucher()
    return lambda actor: revoking.reclaim(
        scene.session, actor, voucher_id=voucher.id, reason="发错", transfer_id=uuid4(), password=make.PASSWORD
    )


def _revoke(verb: Callable[..., object], *, asked: bool = True, **facts: object) -> Callable[[Scene], Run]:
    def prepare(scene: Scene) -> Run:
        voucher = scene.voucher()
        if asked:
            revoking.ask_to_revoke(scene.session, scene.officer, voucher_id=voucher.id, reason="发错")
        return lambda actor: verb(scene.session, actor, voucher_id=voucher.id, **facts)

    return prepare


def _asked_to_close(scene: Scene) -> Programme:
    return programmes.ask_to_close(scene.session, scene.officer, opened(scene), reason="资金用完")


def _batch_draft(scene: Scene) -> Run:
    verified(scene)
    return lambda actor: batches.draft(
        scene.session, actor, programme_number=scene.programme.number, period_from=today(), period_to=today()
    )


def _batch(verb: Callable[..., object], **facts: str) -> Callable[[Scene], Run]:
    def prepare(scene: Scene) -> Run:
        verified(scene)
        batch = Office(scene.session, scene).batch()
        return lambda actor: verb(scene.session, actor, batch.number, **facts)

    return prepare


def _undo(verb: Callable[..., object], *, asked: bool, **facts: str) -> Callable[[Scene], Run]:
    def prepare(scene: Scene) -> Run:
        order = verified(scene)
        if asked:
            undoing.ask_undo(scene.session, scene.officer, order.number, reason="核错了企业")
        return lambda actor: verb(scene.session, actor, order.number, **facts)

    return prepare


PROGRAMME_DEEDS: dict[str, Deed] = {
    "edit": Deed(Role.OFFICER, _edit),
    "check": Deed(Role.REVIEWER, _programme(programmes.check, drafted)),
    "send back": Deed(Role.REVIEWER, _programme(programmes.send_back, checked, note="金额不对")),
    "announce": Deed(Role.OFFICER, _announce),
    "open": Deed(Role.OFFICER, _open),
    "ask to close": Deed(Role.OFFICER, _programme(programmes.ask_to_close, opened, reason="资金用完")),
    "close": Deed(Role.REVIEWER, _programme(programmes.close_claims, _asked_to_close, password=make.PASSWORD)),
    "keep open": Deed(Role.REVIEWER, _programme(programmes.decline_closing, _asked_to_close, reason="还有资金")),
    "approve version": Deed(Role.REVIEWER, _programme(programmes.approve_version, _edited)),
    "verify": Deed(Role.OFFICER, _claim(deciding.verify, note="已核对原件")),
    "return": Deed(Role.OFFICER, _claim(deciding.send_back, marks=["invoice_amount"], reason="illegible", note="重拍")),
    "reject": Deed(Role.OFFICER, _claim(deciding.reject, reason="not_delivered", note="现场核查没有服务")),
    "ask to undo": Deed(Role.OFFICER, _undo(undoing.ask_undo, asked=False, reason="核错了企业")),
    "undo": Deed(Role.REVIEWER, _undo(undoing.undo, asked=True, password=make.PASSWORD)),
    "keep redeemed": Deed(Role.REVIEWER, _undo(undoing.decline_undo, asked=True, reason="没有核错")),
    "end a dispute": Deed(Role.OFFICER, _dispute),
    "resume a dispute": Deed(Role.REVIEWER, _resume),
    "reclaim": Deed(Role.REVIEWER, _reclaim),
    "ask to revoke": Deed(Role.OFFICER, _revoke(revoking.ask_to_revoke, asked=False, reason="发错")),
    "revoke a voucher": Deed(Role.REVIEWER, _revoke(revoking.revoke, transfer_id=uuid4(), password=make.PASSWORD)),
    "keep a voucher": Deed(Role.REVIEWER, _revoke(revoking.decline_revoking, reason="没有发错")),
}
"""Deeds that take the duty of eligibility in the programme."""

BATCH_DEEDS: dict[str, Deed] = {
    "draft a batch": Deed(Role.OFFICER, _batch_draft),
    "calculate": Deed(Role.OFFICER, _batch(batches.calculate)),
    "submit": Deed(Role.REVIEWER, _batch(batches.review)),
    "withdraw": Deed(Role.REVIEWER, _batch(batches.withdraw, reason="期间不对")),
}


def _register(scene: Scene) -> Run:
    enterprise = make.enterprise(scene.session, title=None)
    return lambda actor: titles.register(
        scene.session,
        actor,
        uscc=enterprise.uscc,
        level=TitleLevel.SRDI,
        batch="第六批",
        document="测试文件",
        valid_from=today(),
        valid_to=today() + timedelta(days=1000),
    )


def _revoke_title(scene: Scene) -> Run:
    title = make.give_title(scene.session, make.enterprise(scene.session, title=None), TitleLevel.SRDI)
    return lambda actor: titles.revoke(scene.session, actor, title_id=title.id, reason="复核不符")


def _applied(verb: Callable[..., object], state: str, **facts: object) -> Callable[[Scene], Run]:
    def prepare(scene: Scene) -> Run:
        made: Certification = getattr(provider_cases.People(scene.session), state)()
        return lambda actor: verb(scene.session, actor, made, **facts)

    return prepare


def _version(verb: Callable[..., object], state: str, note: str) -> Callable[[Scene], Run]:
    def prepare(scene: Scene) -> Run:
        people = provider_cases.People(scene.session, certified=True)
        made: OfferingVersion = getattr(people, state)()
        return lambda actor: verb(scene.session, actor, made, note=note)

    return prepare


def objection(scene: Scene) -> Run:
    """An objection of the scene's region that waits for an answer."""
    _application, notice = provider_cases.People(scene.session).on_notice()
    notice.bureau_id = scene.bureau.id
    filed = Objection(notice=notice, name="李四", contact="li@example.cn", text="不实")
    scene.session.add(filed)
    scene.session.flush()
    return lambda actor: objections.answer(scene.session, actor, filed, text="已核查", upheld=False)


REGIONAL_DEEDS: dict[str, Deed] = {
    "register a title": Deed(Role.OFFICER, _register),
    "revoke a title": Deed(Role.REVIEWER, _revoke_title),
    "take up": Deed(Role.OFFICER, _applied(review.take_up, "submitted")),
    "recommend": Deed(Role.OFFICER, _applied(review.recommend, "recommended", note="同意")),
    "open a notice": Deed(Role.REVIEWER, _applied(review.open_notice, "recommended")),
    "refuse": Deed(Role.REVIEWER, _applied(review.reject, "recommended", note="不符合")),
    "suspend": Deed(Role.REVIEWER, _applied(standing.suspend, "certified", note="核查")),
    "revoke": Deed(Role.REVIEWER, _applied(standing.revoke, "certified", note="失实")),
    "approve an offering": Deed(Role.OFFICER, _version(price_review.approve, "in_review", "")),
    "ask for changes": Deed(Role.OFFICER, _version(price_review.request_changes, "in_review", "改价格")),
    "delist": Deed(Role.OFFICER, _version(offerings.delist, "listed", "下架")),
    "answer an objection": Deed(Role.OFFICER, objection),
}
"""Decisions about organisations of a region, which take a duty there."""


ALL_DEEDS = PROGRAMME_DEEDS | BATCH_DEEDS | REGIONAL_DEEDS
