"""Offerings from the provider's side: draft, edit, submit, withdraw, a new version while the old stays listed, delist."""

from dataclasses import asdict, fields
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.duties import decides_in
from accounts.models import Organisation
from audit.changes import change_state
from audit.trail import record
from files.intake import Upload, carry, take
from foundation.actors import PROVIDER, Actor
from foundation.clock import today
from foundation.errors import BadInput, Conflict, NotAllowed
from foundation.i18n import N_
from foundation.identifiers import new_number
from providers.access import ensure_own, hold_version
from providers.catalogue_source import OFFERINGS
from providers.certification import is_certified
from providers.market_price import ensure_not_above
from providers.models import Offering, OfferingState, OfferingVersion
from providers.offering_facts import OfferingFacts, check, with_limit
from providers.states import OFFERING
from search.jobs import queue_indexing

_OPEN: Final = (OfferingState.DRAFT, OfferingState.IN_REVIEW, OfferingState.CHANGES_REQUESTED)
_WRITABLE: Final = (OfferingState.DRAFT, OfferingState.CHANGES_REQUESTED)


def create(session: Session, actor: Actor, facts: OfferingFacts, evidence: Upload | None = None) -> OfferingVersion:
    """Begin an offering with its first version as a draft. Faults by field."""
    if actor.role not in PROVIDER or actor.organisation_id is None:
        raise NotAllowed(N_("只有服务机构可以发布服务产品"))
    facts = with_limit(facts)
    check(facts)
    offering = Offering(number=new_number("FW", today()), provider=session.get_one(Organisation, actor.organisation_id))
    session.add(offering)
    session.flush()
    return _add_version(session, actor, offering, facts, evidence, number=1)


def save(
    session: Session, actor: Actor, version: OfferingVersion, facts: OfferingFacts, evidence: Upload | None = None
) -> OfferingVersion:
    """Keep what the form says: in the draft itself, or for a listed version as a new version beside it."""
    ensure_own(actor, version.offering.provider_id)
    hold_version(session, version)
    facts = with_limit(facts)
    check(facts)
    if version.state is OfferingState.LISTED:
        return _revise(session, actor, version, facts, evidence)
    if version.state not in _WRITABLE:
        raise Conflict(N_("这一版已提交或已结束，不能修改"), remedy=N_("撤回后再修改，或在上架后提交新版本"))
    before = facts_of(version)
    for name, value in asdict(facts).items():
        setattr(version, name, value)
    session.flush()
    changed = [field.name for field in fields(facts) if getattr(before, field.name) != getattr(facts, field.name)]
    if changed:
        record(
            session,
            actor,
            "offering.save",
            version,
            before={name: getattr(before, name) for name in changed},
            after={name: getattr(facts, name) for name in changed},
        )
    _attach(session, actor, version, evidence)
    return version


def submit(session: Session, actor: Actor, version: OfferingVersion) -> None:
    """Send a version to the bureau; only a certified provider may, and only at a price that is not above the market's."""
    ensure_own(actor, version.offering.provider_id)
    if not is_certified(session, version.offering.provider_id, today()):
        raise Conflict(N_("贵单位还没有有效的认定，不能提交服务产品审核"), remedy=N_("先在“认定”页面申请；草稿会保留"))
    hold_version(session, version)
    ensure_not_above(
        version.list_price,
        version.market_price,
        region_path=version.offering.provider.region.path,
        field="list_price",
        remedy=N_("降低标准价格；市场同类价格填得偏低的，改填同类产品的价格，写明价格依据并上传佐证材料"),
    )
    change_state(session, actor, version, OFFERING, "submit")


def withdraw(session: Session, actor: Actor, version: OfferingVersion) -> None:
    """Take a version back from review to change it."""
    ensure_own(actor, version.offering.provider_id)
    hold_version(session, version)
    change_state(session, actor, version, OFFERING, "withdraw")


def discard(session: Session, actor: Actor, version: OfferingVersion) -> None:
    """Give up a draft; what is listed stays listed."""
    ensure_own(actor, version.offering.provider_id)
    hold_version(session, version)
    change_state(session, actor, version, OFFERING, "discard")


def delist(session: Session, actor: Actor, version: OfferingVersion, *, note: str) -> None:
    """Take a listed version out of the catalogue, by the provider or its bureau; orders that stand keep theirs."""
    offering = version.offering
    if actor.role in PROVIDER:
        ensure_own(actor, offering.provider_id)
    else:
        actor = decides_in(session, actor, offering.provider.region)
    if not note.strip():
        raise BadInput(N_("请写明下架原因"), field="note")
    hold_version(session, version)
    change_state(session, actor, version, OFFERING, "delist", note=note)
    version.review_note = note
    announce(session, offering)


def announce(session: Session, offering: Offering) -> None:
    """What the public sees has changed: a higher revision, and an index job in the same transaction."""
    offering.revision += 1
    session.flush()
    queue_indexing(session, OFFERINGS, [offering.id])


def facts_of(version: OfferingVersion) -> OfferingFacts:
    """What a version says, for a form, a new version or an offering like it."""
    values: dict[str, Any] = {field.name: getattr(version, field.name) for field in fields(OfferingFacts)}
    return OfferingFacts(**values)


def _revise(
    session: Session, actor: Actor, listed: OfferingVersion, facts: OfferingFacts, evidence: Upload | None
) -> OfferingVersion:
    offering = listed.offering
    versions = session.scalars(select(OfferingVersion).where(OfferingVersion.offering_id == offering.id)).all()
    if any(one.state in _OPEN for one in versions):
        raise Conflict(N_("这项服务已有一个修改稿"), remedy=N_("打开已有的修改稿继续填写"))
    if facts == facts_of(listed):
        raise BadInput(N_("内容和已上架的版本完全相同"), field="name", remedy=N_("改动后再保存新版本"))
    made = _add_version(session, actor, offering, facts, evidence, number=max(one.version for one in versions) + 1)
    carry(session, source=listed, target=made)
    return made


def _add_version(
    session: Session, actor: Actor, offering: Offering, facts: OfferingFacts, evidence: Upload | None, *, number: int
) -> OfferingVersion:
    made = OfferingVersion(offering=offering, version=number, state=OfferingState.DRAFT, **asdict(facts))
    session.add(made)
    session.flush()
    record(session, actor, "offering.start", made, after={"number": offering.number, "version": number})
    _attach(session, actor, made, evidence)
    return made


def _attach(session: Session, actor: Actor, version: OfferingVersion, evidence: Upload | None) -> None:
    if evidence is not None:
        take(session, actor, evidence, subject=version, kind="market_price", field="evidence")
