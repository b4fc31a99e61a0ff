"""One duty a person and programme: who judges eligibility never releases money, and the other way round."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from accounts.delegation import ensure_acts_for
from accounts.duties import note_duty
from foundation.actors import Actor
from foundation.errors import NotAllowed
from foundation.i18n import N_
from foundation.identifiers import new_id
from vouchers.models import Duty, Programme, ProgrammeDuty


def judges(session: Session, actor: Actor, programme: Programme, *, has: Duty | None = None) -> Actor:
    """Note that the person judges in this programme who and what is entitled; returns the actor as the deed records it.

    ``has`` is the person's duty in the programme, where the caller has read that there is one: it never changes.
    Refused for another bureau's programme without a delegation, and for whoever releases its money.
    """
    acting = ensure_acts_for(session, actor, programme.bureau_id, programme_id=programme.id)
    if has is not Duty.ELIGIBILITY:
        take_duty(session, acting, programme.id, Duty.ELIGIBILITY)
    return acting


def take_duty(session: Session, actor: Actor, programme_id: UUID, duty: Duty) -> None:
    """Note that the person acts in this duty here; NotAllowed when the person has the other one in the programme.

    Who decides in the region about titles, prices or certificates takes no payment either (``accounts.duties``).

    Decisions refer to the row by foreign key, so the database refuses what forgot to call this.
    """
    row = insert(ProgrammeDuty).values(id=new_id(), user_id=actor.user_id, programme_id=programme_id, duty=duty)
    note_duty(session, row.on_conflict_do_nothing(constraint="uq_programme_duties_one_duty"))
    held = session.scalars(
        select(ProgrammeDuty.duty).where(
            ProgrammeDuty.user_id == actor.user_id, ProgrammeDuty.programme_id == programme_id
        )
    ).one()
    if held is not duty:
        raise NotAllowed(
            N_("您在这个项目中已承担另一项职责：审核资格的人不能批准付款，反之亦然"),
            remedy=N_("请由另一位工作人员办理"),
        )
