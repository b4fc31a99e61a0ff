"""Whose money a programme is: enterprises of its own region and below, unless its terms admit any region."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from accounts.models import Organisation, Region
from foundation.errors import BadInput
from foundation.i18n import N_
from vouchers.models import Programme, ProgrammeVersion
from vouchers.terms import Terms


def admits(terms: Terms, programme: Programme, enterprise: Organisation) -> bool:
    """Whether the enterprise's place lets it take part."""
    return terms.any_region or enterprise.region.path.startswith(programme.region.path)


def refusal(terms: Terms, programme: Programme, enterprise: Organisation) -> BadInput | None:
    """What an enterprise of another region is told when it orders with a voucher of the programme; else None."""
    if admits(terms, programme, enterprise):
        return None
    return BadInput(
        N_("本项目只支持%(region)s的企业，贵单位登记在%(place)s"),
        field="voucher",
        rule=terms.cited("region"),
        remedy=N_("可以使用所在地项目的服务券"),
        region=programme.region.name,
        place=enterprise.region.name,
    )


def at_home(session: Session, programme_id: UUID, enterprises: Collection[UUID]) -> set[UUID]:
    """Those of the enterprises that lie in the programme's region."""
    own = aliased(Region)
    return set(
        session.scalars(
            select(Organisation.id)
            .join(Region, Region.id == Organisation.region_id)
            .join(Programme, Programme.id == programme_id)
            .join(own, own.id == Programme.region_id)
            .where(Organisation.id.in_(enterprises), func.starts_with(Region.path, own.path))
        )
    )


def open_to(enterprise: Organisation) -> ColumnElement[bool]:
    """Programmes of the enterprise's region or of one above it, and those that admit any region in some version."""
    codes = enterprise.region.path.strip("/").split("/")
    above = ["/".join(codes[: count + 1]) + "/" for count in range(len(codes))]
    anywhere = select(ProgrammeVersion.programme_id).where(
        ProgrammeVersion.announced_at.is_not(None), ProgrammeVersion.terms["any_region"].as_boolean()
    )
    here = select(Region.id).where(Region.path.in_(above))
    return or_(Programme.region_id.in_(here), Programme.id.in_(anywhere))


def of_programme(
    subject: InstrumentedAttribute[UUID],
    programme: InstrumentedAttribute[UUID],
    *way: tuple[type[Any], ColumnElement[bool]],
) -> Select[UUID, str]:
    """``subject`` with the path of the region of its programme; ``way`` are the joins that lead to ``programme``."""
    query: Select[UUID, str] = select(subject, Region.path)
    for table, condition in way:
        query = query.join(table, condition)
    return query.join(Programme, Programme.id == programme).join(Region, Region.id == Programme.region_id)
