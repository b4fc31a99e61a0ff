"""Self-registration of enterprises and providers by their unified social credit code, and joining one that is there."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.models import Membership, MembershipState, Organisation, OrganisationKind, Region, User
from accounts.passwords import hash_password
from accounts.signing_in import checked_email
from accounts.states import MEMBERSHIP
from accounts.uscc import checked_uscc
from audit.changes import change_state
from audit.trail import record
from foundation.actors import SYSTEM, Actor, Role
from foundation.errors import BadInput, NotAllowed, NotFound
from foundation.i18n import N_
from foundation.locking import lock_rows

MANAGER = {
    OrganisationKind.ENTERPRISE: Role.ENTERPRISE_MANAGER,
    OrganisationKind.PROVIDER: Role.PROVIDER_MANAGER,
}
MEMBER = {
    OrganisationKind.ENTERPRISE: Role.ENTERPRISE_MEMBER,
    OrganisationKind.PROVIDER: Role.PROVIDER_MEMBER,
}


def register(
    session: Session,
    *,
    kind: OrganisationKind,
    name: str,
    uscc: str,
    region_id: UUID,
    person: str,
    email: str,
    password: str,
    ip: str | None = None,
) -> User:
    """A new enterprise or provider with its first person, who is its manager.

    BadInput by the field for a code that is not valid, a weak password or an address that cannot be; a code that is
    registered already is a Conflict that shows the way to join (constraint ``uq_organisations_uscc``).
    """
    if kind not in MANAGER:
        raise BadInput(N_("只有企业和服务机构可以自行注册"), field="kind")
    if session.get(Region, region_id) is None:
        raise BadInput(N_("请选择所在地区"), field="region_id")
    organisation = Organisation(
        kind=kind, name=name, name_sort=sort_key(name), uscc=checked_uscc(uscc), region_id=region_id
    )
    session.add(organisation)
    session.flush()
    user = _new_user(session, person=person, email=email, password=password)
    _add_member(session, user, organisation, MANAGER[kind], state=MembershipState.ACTIVE, ip=ip)
    return user


def join(session: Session, *, uscc: str, person: str, email: str, password: str, ip: str | None = None) -> User:
    """A further person of an organisation that is registered; its manager must admit the person."""
    code = checked_uscc(uscc)
    organisation = session.scalar(select(Organisation).where(Organisation.uscc == code))
    if organisation is None or organisation.kind not in MEMBER:
        raise BadInput(N_("这个代码尚未注册"), field="uscc", remedy=N_("核对代码，或选择“注册新单位”"))
    user = _new_user(session, person=person, email=email, password=password)
    _add_member(session, user, organisation, MEMBER[organisation.kind], state=MembershipState.REQUESTED, ip=ip)
    return user


def admit(session: Session, actor: Actor, membership_id: UUID, *, yes: bool) -> Membership:
    """The manager admits or refuses a person of the own organisation; for anybody else's it is NotFound.

    An administrator steps in only where the organisation has no manager left who could.
    """
    membership = _own(session, actor, membership_id)
    if actor.role is Role.ADMINISTRATOR and managed(session, membership.organisation_id):
        raise NotAllowed(N_("这个单位有管理员，由单位管理员同意或不同意"))
    change_state(session, actor, membership, MEMBERSHIP, "admit" if yes else "refuse")
    return membership


def remove(session: Session, actor: Actor, membership_id: UUID) -> None:
    """End a membership of the own organisation, as administrator of any; not the own, so that one always remains."""
    membership = _own(session, actor, membership_id)
    if membership.user_id == actor.user_id:
        raise BadInput(N_("不能停用自己的账号"), remedy=N_("请由本单位的另一位管理员办理"))
    change_state(session, actor, membership, MEMBERSHIP, "end")


def managed(session: Session, organisation_id: UUID) -> bool:
    """Whether an organisation has a manager who can admit people."""
    query = select(Membership.id).where(
        Membership.organisation_id == organisation_id,
        Membership.role.in_(MANAGER.values()),
        Membership.state == MembershipState.ACTIVE,
    )
    return session.scalar(query.limit(1)) is not None


def sort_key(name: str) -> str:
    """Pinyin of a name: PostgreSQL has no Chinese collation, and lists are read in this order."""
    # Its dictionary takes a third of a second to load, which only those who register anybody wait for.
    from pypinyin import lazy_pinyin  # noqa: PLC0415

    return " ".join(lazy_pinyin(name)).lower()


def _own(session: Session, actor: Actor, membership_id: UUID) -> Membership:
    """A membership of the actor's organisation, for an administrator of any; locked: two may decide at once."""
    found = lock_rows(session, Membership, [membership_id])
    everybody = actor.role is Role.ADMINISTRATOR
    if not found or not (everybody or found[0].organisation_id == actor.organisation_id):
        raise NotFound(N_("没有找到这位成员"))
    return found[0]


def _new_user(session: Session, *, person: str, email: str, password: str) -> User:
    address = checked_email(email)
    user = User(email=address, name=person, password_hash=hash_password(password, email=address))
    session.add(user)
    session.flush()
    return user


def _add_member(
    session: Session, user: User, organisation: Organisation, role: Role, *, state: MembershipState, ip: str | None
) -> None:
    membership = Membership(user=user, organisation=organisation, role=role, state=state)
    session.add(membership)
    session.flush()
    actor = Actor(user.id, user.name, organisation.id, organisation.name, role, organisation.region.path, ip)
    record(
        session,
        actor if state is MembershipState.ACTIVE else SYSTEM,
        "memberships.registered",
        membership,
        after={"organisation": organisation.name, "role": role.value, "state": state.value},
    )
