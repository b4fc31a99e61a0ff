"""The note after a restore: two people of one office sign which seals of the trail were lost with it.

The heads that the worker wrote out are ahead of a restored database, so the trail is not whole until somebody answers for
that. The note is an event of the trail, and every later report shows it.
"""

from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.models import Membership, MembershipState, User
from accounts.passwords import reconfirmed
from accounts.second_person import ask, asked_for, carry_out
from audit import heads
from audit.models import AuditHead
from audit.trail import record
from config import Settings
from foundation.actors import Actor, Role
from foundation.errors import Conflict, NotAllowed, NotFound
from foundation.i18n import N_

SIGNERS: Final = frozenset({Role.ADMINISTRATOR, Role.AUDITOR})


def signer(session: Session, email: str) -> Actor:
    """Who signs, by the address of signing in; NotAllowed for people who look after no installation."""
    membership = session.scalar(
        select(Membership)
        .join(User, User.id == Membership.user_id)
        .where(
            User.email == email.strip().lower(),
            Membership.state == MembershipState.ACTIVE,
            Membership.role.in_(SIGNERS),
        )
        .order_by(Membership.id)
        .limit(1)
    )
    if membership is None:
        raise NotAllowed(N_("只有系统管理员或审计人员可以说明恢复后缺失的记录"), field="email")
    office = membership.organisation
    return Actor(
        membership.user_id, membership.user.name, office.id, office.name, membership.role, office.region.path, None
    )


def sign_for_restore(session: Session, actor: Actor, settings: Settings, *, reason: str, password: str) -> bool:
    """Sign that the heads that are not in the database were lost by a restore; True when both have signed.

    The first signature asks, the second, by another person of the same office, records the note. Conflict when nothing is
    missing, or when more is missing than the first one has signed.
    """
    if actor.role not in SIGNERS:
        raise NotAllowed(N_("只有系统管理员或审计人员可以说明恢复后缺失的记录"))
    reconfirmed(session, actor, password)
    lost = heads.missing(session, settings)
    if lost is None:
        raise Conflict(N_("没有缺失的封存记录，不需要说明"))
    subject = session.scalar(select(AuditHead).order_by(AuditHead.position).limit(1))
    if subject is None:
        raise NotFound(N_("数据库中还没有封存记录，请待工作进程封存后再说明"))
    facts = {"heads_from": lost.low, "heads_to": lost.high, "lost_at": lost.at, "root": lost.root}
    if asked_for(session, subject, heads.RESTORED) is None:
        ask(session, actor, subject, heads.RESTORED, reason=reason, facts=facts)
        return False
    request = carry_out(session, actor, subject, heads.RESTORED)
    if request.facts != facts:
        raise Conflict(N_("缺失的封存记录与提出时不同"), remedy=N_("请由提出人撤回后重新提出"))
    first = session.get_one(User, request.asked_by_id)
    record(session, actor, "audit.restored", subject, after=facts | {"asked_by": first.name}, note=request.reason)
    session.flush()
    return True
