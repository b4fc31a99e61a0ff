"""The register of titles: what counts on a day is what stands here, never what somebody ticks."""

from collections.abc import Collection, Iterable, Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, ScalarSelect, Select, SQLColumnExpression, func, or_, select
from sqlalchemy.orm import Session, contains_eager

from accounts.current import not_here
from accounts.delegation import acts_in
from accounts.duties import decides_in
from accounts.models import Organisation, OrganisationKind, Region
from accounts.uscc import checked_uscc
from audit.decisions import decide
from enterprises.models import Title, TitleLevel
from foundation.actors import Actor
from foundation.clock import today
from foundation.errors import BadInput, Conflict
from foundation.i18n import N_
from foundation.locking import lock_row
from foundation.many import among
from foundation.pages import Page, page_of
from policies.uscc import normalise_uscc

TITLE_LABELS: Final = {
    TitleLevel.KEY_LITTLE_GIANT: N_("重点“小巨人”企业"),
    TitleLevel.LITTLE_GIANT: N_("专精特新“小巨人”企业"),
    TitleLevel.SRDI: N_("专精特新中小企业"),
    TitleLevel.INNOVATIVE: N_("创新型中小企业"),
}
"""The titles in their order, highest first."""

_RANK: Final = {level: rank for rank, level in enumerate(TITLE_LABELS)}


def titles_on(session: Session, organisation_id: UUID, day: date) -> list[Title]:
    """The titles that are valid on ``day`` (first and last day included, a revoked one up to the day before), highest first."""
    found = session.scalars(select(Title).where(Title.organisation_id == organisation_id, *_valid(day)))
    return sorted(found, key=lambda title: (_RANK[title.level], title.valid_to))


def held_levels(organisation_id: SQLColumnExpression[UUID], day: date) -> ScalarSelect[Any]:
    """The levels of the titles that are valid on ``day``, as part of a larger query; NULL where there are none."""
    return (
        select(func.array_agg(Title.level))
        .where(Title.organisation_id == organisation_id, *_valid(day))
        .scalar_subquery()
    )


def highest_first(levels: Iterable[TitleLevel]) -> list[TitleLevel]:
    """The levels in their order."""
    return sorted(levels, key=_RANK.__getitem__)


def levels_on(session: Session, organisation_ids: Collection[UUID], day: date) -> dict[UUID, set[TitleLevel]]:
    """The levels that each of these organisations holds on ``day``, in one query; who holds none is missing."""
    held: dict[UUID, set[TitleLevel]] = {}
    for organisation_id, level in session.execute(
        select(Title.organisation_id, Title.level).where(among(Title.organisation_id, organisation_ids), *_valid(day))
    ):
        held.setdefault(organisation_id, set()).add(level)
    return held


def _valid(day: date) -> tuple[ColumnElement[bool], ...]:
    return (
        Title.valid_from <= day,
        Title.valid_to >= day,
        or_(Title.revoked_on.is_(None), Title.revoked_on > day),
    )


def title_on(session: Session, organisation_id: UUID, day: date) -> TitleLevel | None:
    """The highest title on ``day``, or None."""
    return next((title.level for title in titles_on(session, organisation_id, day)), None)


def register(
    session: Session,
    actor: Actor,
    *,
    uscc: str,
    level: TitleLevel,
    batch: str,
    document: str,
    valid_from: date,
    valid_to: date,
) -> Title:
    """Enter a title granted to the enterprise with this USCC, with the document that grants it.

    BadInput for an unknown USCC, one outside the bureau's region, or a period that ends before it begins; refused where
    another bureau is in charge, and for whoever releases money in the region.
    """
    organisation = session.scalar(select(Organisation).where(Organisation.uscc == checked_uscc(uscc)))
    if (
        organisation is None
        or organisation.kind is not OrganisationKind.ENTERPRISE
        or not actor.sees_region(organisation.region.path)
    ):
        raise BadInput(
            N_("本地区没有以这个统一社会信用代码注册的企业"),
            field="uscc",
            remedy=N_("请核对代码；企业注册以后才能登记称号"),
        )
    if valid_to < valid_from:
        raise BadInput(N_("有效期的截止日应不早于起始日"), field="valid_to")
    actor = decides_in(session, actor, organisation.region)
    title = Title(
        organisation=organisation,
        registered_by_id=actor.user_id,
        region_id=organisation.region_id,
        level=level,
        batch=batch,
        document=document,
        valid_from=valid_from,
        valid_to=valid_to,
    )
    session.add(title)
    session.flush()
    decide(
        session,
        actor,
        "title.register",
        title,
        after={
            "uscc": organisation.uscc,
            "level": level.value,
            "document": document,
            "valid_from": valid_from.isoformat(),
            "valid_to": valid_to.isoformat(),
        },
    )
    return title


def revoke(session: Session, actor: Actor, *, title_id: UUID, reason: str) -> Title:
    """End a title from today on; what was claimed with it before stays. Conflict when it has ended already."""
    title = find(session, actor, title_id)
    region = title.organisation.region
    actor = decides_in(session, actor, region)
    title = lock_row(session, Title, title.id)
    if title.revoked_on is not None or title.valid_to < today():
        raise Conflict(N_("这个称号已经失效"))
    title.revoked_on, title.revoked_by_id, title.region_id = today(), actor.user_id, region.id
    session.flush()
    decide(session, actor, "title.revoke", title, after={"revoked_on": title.revoked_on.isoformat()}, note=reason)
    return title


def find(session: Session, actor: Actor, title_id: UUID) -> Title:
    """A title of the actor's region; NotFound otherwise."""
    title = session.get(Title, title_id)
    if title is None or not actor.sees_region(title.organisation.region.path):
        raise not_here()
    return title


def decidable(session: Session, actor: Actor, title_ids: Collection[UUID]) -> frozenset[UUID]:
    """Which of these titles are the own bureau's to decide about, itself or by delegation."""
    query = (
        select(Title.id)
        .join(Title.organisation)
        .join(Organisation.region)
        .where(among(Title.id, title_ids), acts_in(actor, Region.path))
    )
    return frozenset(session.scalars(query))


def page(
    session: Session, actor: Actor, *, words: str = "", level: TitleLevel | None = None, number: int = 1
) -> Page[Title]:
    """Titles of the actor's region by organisation name or USCC, newest first."""
    query = _with_organisation().where(Region.path.startswith(actor.region_path, autoescape=True))
    if words:
        query = query.where(
            or_(Organisation.name.contains(words, autoescape=True), Organisation.uscc == normalise_uscc(words))
        )
    if level is not None:
        query = query.where(Title.level == level)
    return page_of(session, query, number)


def own(session: Session, organisation_id: UUID) -> Sequence[Title]:
    """All titles of an organisation, newest first, ended ones too."""
    return session.scalars(_with_organisation().where(Title.organisation_id == organisation_id)).unique().all()


def _with_organisation() -> Select[Any]:
    return (
        select(Title)
        .join(Title.organisation)
        .join(Organisation.region)
        .options(contains_eager(Title.organisation).contains_eager(Organisation.region))
        .order_by(Title.valid_from.desc(), Title.id.desc())
    )
