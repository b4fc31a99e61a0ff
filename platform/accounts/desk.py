"""What accounts put on a desk: people who ask to join; for the administrator also accounts that are locked."""

from typing import Final

from sqlalchemy.orm import Session

from accounts.lockout import LOCK
from accounts.models import Membership
from accounts.queries import MANAGERS, locked_out, open_requests, people_count, requests_to_join
from foundation.actors import Actor, Role
from foundation.desk import SHOWN, DeskItem, Figure, Lying, task
from foundation.i18n import N_

_ADMIT: Final = task("membership.admit", N_("同意加入单位"), N_("审核"))
_UNLOCK: Final = task("membership.unlock", N_("解除锁定"), N_("查看"))


def waiting(session: Session, actor: Actor, most: int = SHOWN) -> Lying:
    """People who wait to be admitted by this manager, or by the administrator where there is no manager."""
    if actor.role is Role.ADMINISTRATOR:
        asking = open_requests(session, most, managed=False)
        locked = locked_out(session, most)
        return Lying(
            (_request(request, N_("这个单位没有管理员，没有别人能同意")) for request in asking.rows), asking.total
        ).plus(Lying((_locked(membership) for membership in locked.rows), locked.total))
    if actor.role not in MANAGERS:
        return Lying()
    return Lying(_request(request, N_("同意之前，对方不能登录")) for request in requests_to_join(session, actor))


def others(session: Session, actor: Actor, most: int = SHOWN) -> Lying:
    """For the administrator the requests that managers have; who asks to join cannot sign in yet."""
    if actor.role is not Role.ADMINISTRATOR:
        return Lying()
    asking = open_requests(session, most, managed=True)
    return Lying((_request(request, holder=request.organisation.name) for request in asking.rows), asking.total)


def figures(session: Session, actor: Actor) -> list[Figure]:
    """For the administrator: accounts in use, requests, locked accounts."""
    if actor.role is not Role.ADMINISTRATOR:
        return []
    asking = sum(open_requests(session, 1, managed=managed).total for managed in (True, False))
    return [
        Figure(N_("有效账号"), "accounts.members", {"standing": "active"}, count=people_count(session)),
        Figure(N_("待同意加入"), "accounts.members", {"standing": "requested"}, count=asking),
        Figure(N_("已锁定的账号"), "accounts.members", {"standing": "locked"}, count=locked_out(session, 1).total),
    ]


def _request(request: Membership, blocks: str | None = None, *, holder: str | None = None) -> DeskItem:
    return DeskItem(
        task=_ADMIT,
        title=f"{request.user.name} · {request.organisation.name}",
        endpoint="accounts.members",
        arguments={"q": request.user.email},
        since=request.created_at,
        blocks=blocks,
        holder=holder,
    )


def _locked(membership: Membership) -> DeskItem:
    until = membership.user.locked_until
    assert until is not None  # noqa: S101 - the query asked for it
    return DeskItem(
        task=_UNLOCK,
        title=f"{membership.user.name} · {membership.organisation.name}",
        endpoint="accounts.members",
        arguments={"q": membership.user.email},
        since=until - LOCK,
        blocks=N_("连续输错五次，锁定十五分钟；到时自动解除，确认是本人也可以现在解除"),
    )
