"""Bureaus, treasuries and the operator are entered by whoever runs the installation: nobody registers as an office."""

from collections.abc import Collection
from typing import Final
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from accounts.models import Membership, MembershipState, Organisation, OrganisationKind, User
from accounts.passwords import hash_password
from accounts.regions import plant
from accounts.registration import sort_key
from accounts.signing_in import checked_email
from accounts.uscc import checked_uscc
from audit.trail import record
from foundation.actors import BUREAU, SYSTEM, TREASURY, Role
from foundation.errors import BadInput
from foundation.i18n import N_

ROLES: Final = {
    OrganisationKind.BUREAU: BUREAU | {Role.AUDITOR},
    OrganisationKind.TREASURY: TREASURY | {Role.AUDITOR},
    OrganisationKind.OPERATOR: frozenset({Role.ADMINISTRATOR}),
}


def of_both_sides(session: Session, user_ids: Collection[UUID]) -> dict[UUID, list[Membership]]:
    """Who of these people has an active role both in a bureau and in a treasury, with those roles.

    Nobody decides and pays in one programme, so such a person is refused again and again.
    """
    query = select(Membership).where(
        Membership.user_id.in_(user_ids),
        Membership.state == MembershipState.ACTIVE,
        Membership.role.in_(BUREAU | TREASURY),
    )
    found: dict[UUID, list[Membership]] = {}
    for membership in session.scalars(query.order_by(Membership.created_at)).unique():
        found.setdefault(membership.user_id, []).append(membership)
    return {user_id: held for user_id, held in found.items() if {each.role in BUREAU for each in held} == {True, False}}


def appoint(
    session: Session,
    *,
    kind: OrganisationKind,
    organisation: str,
    uscc: str,
    region_code: str,
    role: Role,
    person: str,
    email: str,
    password: str,
) -> Membership:
    """Give a person a role in an office, which is entered when its code is new; the second factor is set up at sign-in.

    BadInput by the field: a role that the kind of office does not have, a code that is not valid or belongs to another
    kind, an unknown region, a weak password; a person who is there already keeps the own password.
    """
    if role not in ROLES.get(kind, frozenset()):
        raise BadInput(N_("这类单位没有这个角色"), field="role")
    region = plant(session).get(region_code)
    if region is None:
        raise BadInput(N_("没有代码为 %(code)s 的地区"), field="region", code=region_code)
    code = checked_uscc(uscc)
    office = session.scalar(select(Organisation).where(Organisation.uscc == code))
    if office is None:
        office = Organisation(
            kind=kind, name=organisation, name_sort=sort_key(organisation), uscc=code, region_id=region.id
        )
        session.add(office)
    elif office.kind is not kind:
        raise BadInput(N_("这个统一社会信用代码已经注册为另一类单位"), field="uscc")
    address = checked_email(email)
    user = session.scalar(select(User).where(func.lower(User.email) == address.lower()))
    if user is None:
        user = User(email=address, name=person, password_hash=hash_password(password, email=address))
        session.add(user)
    session.flush()
    _ensure_not_there(session, user, office)
    membership = Membership(user=user, organisation=office, role=role, state=MembershipState.ACTIVE)
    session.add(membership)
    session.flush()
    record(
        session,
        SYSTEM,
        "memberships.appointed",
        membership,
        after={"organisation": office.name, "role": role.value, "person": user.email},
    )
    return membership


def _ensure_not_there(session: Session, user: User, office: Organisation) -> None:
    living = session.scalar(
        select(Membership).where(
            Membership.user_id == user.id,
            Membership.organisation_id == office.id,
            Membership.state != MembershipState.ENDED,
        )
    )
    if living is not None:
        raise BadInput(
            N_("%(person)s 已在 %(office)s 担任 %(role)s"),
            field="email",
            remedy=N_("一人在一个单位只有一个角色；要更换角色，先由管理员停用原来的角色"),
            person=user.email,
            office=office.name,
            role=living.role.value,
        )
