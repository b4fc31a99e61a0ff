"""Certifications and offerings in the states that tests need, made through the verbs that the pages call."""

import io
from datetime import timedelta
from typing import Any

import factories as make
from papers import PDF
from sqlalchemy.orm import Session

import notices.jobs
from accounts.models import Membership, Organisation
from files.intake import Upload
from foundation.actors import Actor, Role
from foundation.clock import end_of, travel
from notices.models import PublicNotice
from providers import certification, offerings, price_review, review
from providers.models import Certification, OfferingVersion
from providers.offering_facts import OfferingFacts

NATIONAL_FACTS = {
    "independent_legal_person": "true",
    "years_operating": "3",
    "total_assets": "300",
    "smes_served_y1": "150",
    "satisfaction": "80",
    "smes_served_growing_2y": "true",
    "fixed_premises": "true",
    "partners": "5",
    "certification": "provincial",
    "quality_procedures": "true",
    "fee_discount_rules": "true",
    "low_fee_share": "20",
    "service_staff": "20",
    "qualified_staff_share": "80",
}
"""Exactly at every threshold of platform-national-2017."""


def upload(content: bytes = PDF, filename: str = "证据.pdf") -> Upload:
    """A file as a person sends it."""
    return Upload(io.BytesIO(content), filename)


def facts(**changes: Any) -> OfferingFacts:
    """An offering that can be listed."""
    values: dict[str, Any] = {
        "name": "数字化转型诊断",
        "category": "digital",
        "kind": "digital",
        "content": "上门诊断生产环节，给出改造路线图和投入测算。",
        "mode": "own",
        "channel": "both",
        "frequency": "每企一次，三次上门",
        "list_price": 12_000_000,
        "charged_price": 8_000_000,
        "market_price": 12_000_000,
        "price_basis": "三份同类合同的平均价",
        "effect": "一份诊断报告，一张路线图",
        "delivery_days": 60,
    }
    return OfferingFacts(**values | changes)


class People:
    """A provider and its bureau, with a person for each role."""

    def __init__(self, session: Session, *, code: str = "350200", certified: bool = False) -> None:
        self.session = session
        self.provider: Organisation = make.provider(session, certified=certified, code=code)
        self.bureau: Organisation = make.bureau(session, code)
        self.clerk_membership: Membership = make.member(session, self.provider, Role.PROVIDER_MANAGER)
        self.officer_membership: Membership = make.member(session, self.bureau, Role.OFFICER)
        self.reviewer_membership: Membership = make.member(session, self.bureau, Role.REVIEWER)
        self.clerk: Actor = make.actor_of(self.clerk_membership)
        self.officer: Actor = make.actor_of(self.officer_membership)
        self.reviewer: Actor = make.actor_of(self.reviewer_membership)

    def submitted(self) -> Certification:
        """An application with all facts, filed."""
        made = certification.start(self.session, self.clerk)
        certification.save(self.session, self.clerk, made, NATIONAL_FACTS)
        certification.submit(self.session, self.clerk, made)
        return made

    def recommended(self) -> Certification:
        """An application that the officer has recommended."""
        made = self.submitted()
        review.take_up(self.session, self.officer, made)
        review.recommend(self.session, self.officer, made, note="材料齐全，建议认定")
        return made

    def on_notice(self) -> tuple[Certification, PublicNotice]:
        """An application whose public notice runs."""
        made = self.recommended()
        return made, review.open_notice(self.session, self.reviewer, made)

    def certified(self) -> Certification:
        """A certificate, given after the notice has ended."""
        made, notice = self.on_notice()
        with travel(end_of(notice.closes_on) + timedelta(hours=1)):
            notices.jobs.every_night(self.session)
            review.certify(self.session, self.reviewer, made)
        return made

    def in_review(self, **changes: Any) -> OfferingVersion:
        """An offering that waits for the bureau."""
        made = offerings.create(self.session, self.clerk, facts(**changes))
        offerings.submit(self.session, self.clerk, made)
        return made

    def listed(self, **changes: Any) -> OfferingVersion:
        """An offering in the catalogue."""
        made = self.in_review(**changes)
        price_review.approve(self.session, self.officer, made)
        return made
