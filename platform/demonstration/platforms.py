"""Certifications and offerings of the demonstration's providers, from the first draft on."""

from dataclasses import replace

from demonstration.papers import paper
from demonstration.people import Cast
from demonstration.script import CertificationPart, OfferingPart
from demonstration.timeline import Story
from foundation.actors import Actor, Role
from foundation.clock import add_working_days, today
from foundation.money import parse_yuan
from notices.models import PublicNotice
from notices.objections import object_to
from providers import certification, offerings, price_review, review
from providers.models import Certification, OfferingVersion
from providers.offering_facts import OfferingFacts

# Five full working days are over by then, whatever holidays lie among them or cut off the end.
_NOTICE_DAYS = 30


def apply(cast: Cast, part: CertificationPart) -> Story:
    """An application: facts, submission, review, public notice, certificate; as far as the script says."""
    session, calendar = cast.session, cast.calendar
    day = part.started
    yield calendar.moment(day, 10)
    manager, officer = cast.person(part.provider, Role.PROVIDER_MANAGER), cast.office(part.provider, Role.OFFICER)
    made = certification.start(session, manager)
    name = cast.organisations[part.provider].name
    evidence = paper("认定申请证明材料", [f"单位：{name}", f"申请编号：{made.number}"], "证明材料.pdf")
    certification.save(session, manager, made, cast.script.facts, [evidence])
    if part.until == "draft":
        return
    yield calendar.moment(day, 16)
    certification.submit(session, manager, made)
    if part.until == "submitted":
        return
    day -= part.pace
    yield calendar.moment(day)
    review.take_up(session, officer, made)
    if part.until == "in_review":
        return
    if part.until == "more_information":
        due_on = add_working_days(today(), 10)
        review.request_information(session, officer, made, note=part.note, facts=part.asked, due_on=due_on)
        return
    review.recommend(session, officer, made, note="材料齐全，逐条核对符合条件，建议公示。")
    day -= part.pace
    yield calendar.moment(day, 15)
    yield from _publish(cast, part, made, day)


def _publish(cast: Cast, part: CertificationPart, made: Certification, day: int) -> Story:
    session = cast.session
    reviewer = cast.office(part.provider, Role.REVIEWER)
    notice = review.open_notice(session, reviewer, made)
    if part.until == "public_notice":
        yield cast.calendar.moment(day - part.pace, 11)
        _object(cast, part, notice)
        return
    yield cast.calendar.moment(day - _NOTICE_DAYS)
    review.certify(session, reviewer, made)


def _object(cast: Cast, part: CertificationPart, notice: PublicNotice) -> None:
    said = part.objection
    if said is not None:
        evidence = paper("异议证据材料", [f"公示编号：{notice.number}", f"提出人：{said.name}"], "异议证据.pdf")
        object_to(
            cast.session,
            None,
            notice,
            name=said.name,
            contact=said.contact,
            text=said.text,
            evidence=evidence,
            ip=None,
        )


def offer(cast: Cast, part: OfferingPart) -> Story:
    """An offering: drafted, reviewed, listed, and what became of it afterwards."""
    session, calendar = cast.session, cast.calendar
    yield calendar.moment(part.started, 10)
    clerk, officer = cast.clerk(part.provider), cast.office(part.provider, Role.OFFICER)
    facts = _facts(part)
    if part.charged_before is not None:
        facts = replace(facts, charged_price=parse_yuan(part.charged_before))
    evidence = paper("市场同类价格依据", [f"服务产品：{part.name}", f"市场价格：{part.market} 元"], "价格依据.pdf")
    version = offerings.create(session, clerk, facts, evidence)
    cast.offerings[part.key] = version.offering.number
    offerings.submit(session, clerk, version)
    if part.until == "in_review":
        return
    yield calendar.moment(part.started - 2, 14)
    if part.until == "changes_requested":
        price_review.request_changes(session, officer, version, note=part.note)
        return
    price_review.approve(session, officer, version)
    yield from _afterwards(cast, part, version, clerk, officer)


def _afterwards(cast: Cast, part: OfferingPart, version: OfferingVersion, clerk: Actor, officer: Actor) -> Story:
    session, calendar = cast.session, cast.calendar
    if part.then == "superseded":
        yield calendar.moment(part.started - 60)
        newer = offerings.save(session, clerk, version, _facts(part))
        offerings.submit(session, clerk, newer)
        yield calendar.moment(part.started - 63)
        price_review.approve(session, officer, newer)
    elif part.then == "in_review":
        yield calendar.moment(2)
        cheaper = replace(_facts(part), charged_price=parse_yuan(part.charged_next or part.charged))
        offerings.submit(session, clerk, offerings.save(session, clerk, version, cheaper))
    elif part.then == "delisted":
        yield calendar.moment(60)
        offerings.delist(session, clerk, version, note=part.note)


def _facts(part: OfferingPart) -> OfferingFacts:
    return OfferingFacts(
        name=part.name,
        category=part.category,
        kind=part.kind,
        supplier=part.supplier,
        content=part.content,
        mode=part.mode,
        channel=part.channel,
        frequency=part.frequency,
        list_price=parse_yuan(part.list),
        charged_price=parse_yuan(part.charged),
        market_price=parse_yuan(part.market),
        price_basis=part.price_basis,
        effect=part.effect,
        remark=part.remark,
        website=part.website,
        delivery_days=part.delivery_days,
        slots=part.slots,
        source=part.source,
    )
