"""What waits on a desk for a second person: programmes to close, vouchers to revoke, money to go back to the treasury."""

from collections.abc import Mapping
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from accounts.second_person import waiting_for_second_person
from foundation.actors import TREASURY, Actor, Role
from foundation.desk import DeskItem, Task, task
from foundation.i18n import N_
from vouchers.models import Programme, ProgrammeState, Voucher
from vouchers.programmes import CLOSE
from vouchers.returning import RETURN, TAKE_BACK
from vouchers.revoking import REVOKE
from vouchers.states import USABLE

_TASKS: Final[Mapping[str, Task]] = {
    CLOSE: task("programme.close.second_person", N_("复核提前结束申领"), N_("复核")),
    REVOKE: task("voucher.revoke.second_person", N_("复核撤销服务券"), N_("复核")),
    TAKE_BACK: task("programme.take_back.second_person", N_("复核更正拨款"), N_("复核")),
    RETURN: task("programme.return.second_person", N_("复核退回结余"), N_("复核")),
}
_DEEDS: Final[Mapping[Role, tuple[str, ...]]] = {
    Role.OFFICER: (CLOSE,),
    Role.REVIEWER: (CLOSE, REVOKE),
    **dict.fromkeys(TREASURY, (TAKE_BACK, RETURN)),
}


def to_look_at(session: Session, actor: Actor) -> list[DeskItem]:
    """What colleagues asked for and this person may carry out; nothing that has become pointless meanwhile."""
    asked = waiting_for_second_person(session, actor, _DEEDS.get(actor.role, ()))
    if not asked:
        return []
    ids = {request.subject_id for request in asked}
    programmes = {one.id: one for one in session.scalars(select(Programme).where(Programme.id.in_(ids)))}
    vouchers = {
        one.id: one
        for one in session.scalars(
            select(Voucher).where(Voucher.id.in_(ids), Voucher.state.in_(USABLE)).options(joinedload(Voucher.programme))
        )
    }
    items = []
    for request in asked:
        thing = programmes.get(request.subject_id) or vouchers.get(request.subject_id)
        # The clock may have closed the programme, and the voucher may have ended, before anybody looked.
        if thing is None or (request.deed == CLOSE and thing.state is not ProgrammeState.OPEN):
            continue
        named = thing if isinstance(thing, Programme) else thing.programme
        items.append(
            DeskItem(
                task=_TASKS[request.deed],
                title=named.name,
                endpoint="vouchers.programme" if isinstance(thing, Programme) else "vouchers.voucher",
                arguments={"number": thing.number, "_anchor": "second-person"},
                since=request.created_at,
                blocks=N_("%(person)s提出：%(reason)s"),
                params={"person": request.asked_by.name, "reason": request.reason},
                amount=request.facts.get("amount"),
            )
        )
    return items
