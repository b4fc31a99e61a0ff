"""Programmes with their people and money, made through the verbs."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import factories
from sqlalchemy.orm import Session

from enterprises.models import TitleLevel
from foundation.actors import Actor, Role
from foundation.clock import now, today
from foundation.identifiers import new_id
from vouchers import programmes
from vouchers.appropriation import appropriate
from vouchers.claiming import claim
from vouchers.models import Programme, Voucher
from vouchers.queries import vouchers_of
from vouchers.terms import Terms

CAP = 500_000_00


def terms(**changes: Any) -> Terms:
    """Terms like Xiamen's, with windows around today."""
    facts: dict[str, Any] = {
        "document": "测试方案",
        "titles": [TitleLevel.LITTLE_GIANT, TitleLevel.SRDI],
        "priority_titles": [TitleLevel.LITTLE_GIANT],
        "cap_per_enterprise": CAP,
        "excluded_categories": ["listing_and_finance"],
        "claims_open_at": now() - timedelta(days=1),
        "claims_close_at": now() + timedelta(days=30),
        "contracts_from": today() - timedelta(days=1),
        "contracts_to": today() + timedelta(days=30),
        "expires_on": today() + timedelta(days=90),
        "tie_reserve": 0,
    }
    return Terms.model_validate(facts | changes)


@dataclass(frozen=True, slots=True)
class Setting:
    """A programme and the people around it."""

    programme: Programme
    officer: Actor
    reviewer: Actor
    budget_holder: Actor


def open_programme(session: Session, *, money: int = 0, **changes: Any) -> Setting:
    """An open programme of Xiamen with ``money`` fen appropriated."""
    bureau, treasury = factories.bureau(session), factories.treasury(session)
    officer = factories.actor(session, bureau, Role.OFFICER)
    reviewer = factories.actor(session, bureau, Role.REVIEWER)
    budget_holder = factories.actor(session, treasury, Role.BUDGET_HOLDER)
    programme = programmes.draft(
        session,
        officer,
        name="服务券项目",
        summary="测试",
        scheme_id="xiamen-2021",
        treasury_uscc=treasury.uscc,
        terms=terms(**changes),
    )
    programmes.check(session, reviewer, programme)
    programmes.announce(session, officer, programme)
    programmes.open_claims(session, officer, programme)
    setting = Setting(programme, officer, reviewer, budget_holder)
    if money:
        fund(session, setting, money)
    return setting


def fund(session: Session, setting: Setting, amount: int) -> int:
    """Appropriate money."""
    return appropriate(
        session,
        setting.budget_holder,
        programme_id=setting.programme.id,
        amount=amount,
        transfer_id=new_id(),
        password=factories.PASSWORD,
    )


def close(session: Session, setting: Setting, reason: str = "资金用完") -> None:
    """End the claims before their day: asked by the officer, carried out by the reviewer."""
    programmes.ask_to_close(session, setting.officer, setting.programme, reason=reason)
    programmes.close_claims(session, setting.reviewer, setting.programme, password=factories.PASSWORD)


def claimant(session: Session, title: TitleLevel | None = TitleLevel.SRDI) -> Actor:
    """The manager of a new enterprise."""
    return factories.actor(session, factories.enterprise(session, title), Role.ENTERPRISE_MANAGER)


def voucher(session: Session, *, face: int = 1000, **changes: Any) -> tuple[Setting, Actor, Voucher]:
    """A voucher of ``face`` fen that a new enterprise claimed."""
    setting = open_programme(session, money=face, cap_per_enterprise=face, **changes)
    enterprise = claimant(session)
    claim(session, enterprise, programme_id=setting.programme.id)
    (made,) = vouchers_of(session, enterprise).rows
    return setting, enterprise, made
