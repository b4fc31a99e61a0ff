"""One duty a person and programme: who judges eligibility never releases money, and the other way round."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from foundation.actors import Actor
from foundation.errors import NotAllowed
from foundation.i18n import N_
from foundation.identifiers import new_id
from vouchers.models import Duty, ProgrammeDuty


def take_duty(session: Session, actor: Actor, programme_id: UUID, duty: Duty) -> None:
    """Note that the person acts in this duty here; NotAllowed when the person has the other one in the programme.

    Decisions refer to the row by foreign key, so the database refuses what forgot to call this.
    """
    session.execute(
        insert(ProgrammeDuty)
        .values(id=new_id(), user_id=actor.user_id, programme_id=programme_id, duty=duty)
        .on_conflict_do_nothing(constraint="uq_programme_duties_one_duty")
    )
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
