"""What a person decides in a region bars them from releasing money there: titles, prices, certificates."""

from typing import Final
from uuid import UUID

from sqlalchemy.dialects.postgresql import Insert, insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from accounts.delegation import acts_for, ensure_acts_for, ensure_acts_in
from accounts.models import Organisation, Region, RegionalDuty
from foundation.actors import Actor
from foundation.constraints import explain, name_of
from foundation.errors import NotAllowed
from foundation.i18n import N_
from foundation.identifiers import new_id
from notices import office

_ONE_SIDE: Final = ("regional_duties_one_side", "programme_duties_one_side")
_REFUSED: Final = N_("认定称号、价格或机构资格的人，不能在同一地区的项目中拨款、批准付款或付款，反之亦然")
_REMEDY: Final = N_("请由另一位工作人员办理")


def decides_in(session: Session, actor: Actor, region: Region) -> Actor:
    """Note that the person decides about something of this region; returns the actor as the deed records it.

    Refused for another bureau (``ensure_acts_in``) and for whoever releases money in an open programme there.
    """
    acting = ensure_acts_in(session, actor, region)
    take_regional_duty(session, acting, region.id)
    return acting


def decides_for(session: Session, actor: Actor, bureau_id: UUID) -> Actor:
    """As ``decides_in``, for a thing that is a bureau's own: its public notice."""
    acting = ensure_acts_for(session, actor, bureau_id)
    take_regional_duty(session, acting, session.get_one(Organisation, bureau_id).region_id)
    return acting


def take_regional_duty(session: Session, actor: Actor, region_id: UUID) -> None:
    """Note that the person decides in the region; NotAllowed for whoever releases money in an open programme there.

    Decisions refer to the row by foreign key, so the database refuses what forgot to call this.
    """
    row = insert(RegionalDuty).values(id=new_id(), user_id=actor.user_id, region_id=region_id)
    note_duty(session, row.on_conflict_do_nothing(constraint="uq_regional_duties_person"))


def note_duty(session: Session, row: Insert) -> None:
    """Insert a duty; NotAllowed where the person stands on the other side.

    The database alone judges it, by its triggers: a check here could not see what another transaction is about to write.
    """
    try:
        with session.begin_nested():
            session.execute(row)
    except IntegrityError as error:
        if name_of(error) not in _ONE_SIDE:
            raise
        raise NotAllowed(_REFUSED, remedy=_REMEDY) from error


for _name in _ONE_SIDE:
    explain(_name, _REFUSED, remedy=_REMEDY)

office.fill(decides_for, acts_for)
