"""Things that many tests need: regions, organisations, people."""

from collections.abc import Mapping
from datetime import date, timedelta
from itertools import count
from typing import Final

import pyotp
from sqlalchemy import select
from sqlalchemy.orm import Session, object_session
from stdnum.cn import uscc

from accounts.models import Membership, MembershipState, Organisation, OrganisationKind, Region, SignIn, User
from accounts.registration import sort_key
from accounts.sealed_secrets import keys_of
from config import Settings
from enterprises.models import Title, TitleLevel
from foundation.actors import Actor, Role
from foundation.clock import now, today
from foundation.identifiers import new_id
from providers.models import Certification, CertificationState

PASSWORD: Final = "correct horse battery"
# argon2id of PASSWORD with the lightest parameters: hashing is not what these tests are about.
PASSWORD_HASH: Final = "$argon2id$v=19$m=8,t=1,p=1$QqsPuTw3Rf1Q8Ia+$WtA6PoPVSVnC4PMlWr80NQ"

KEYS: Final = keys_of(Settings())
"""What second factors are encrypted under in tests, as everywhere outside of production."""

_numbers = count(1)

_REGIONS: Final[Mapping[str, tuple[str, str, str | None]]] = {
    "100000": ("全国", "nation", None),
    "110000": ("北京市", "province", "100000"),
    "350000": ("福建省", "province", "100000"),
    "350200": ("厦门市", "city", "350000"),
    "430000": ("湖南省", "province", "100000"),
}


def region(session: Session, code: str = "350200") -> Region:
    """A region and all above it; made once."""
    found = session.scalar(select(Region).where(Region.code == code))
    if found is not None:
        return found
    name, level, parent_code = _REGIONS[code]
    parent = region(session, parent_code) if parent_code else None
    made = Region(
        code=code,
        name=name,
        level=level,
        parent_id=parent.id if parent else None,
        path=(parent.path if parent else "") + f"{code}/",
    )
    session.add(made)
    session.flush()
    return made


def new_uscc(code: str = "350200") -> str:
    """A valid code that no other test uses."""
    body = f"91{code}{next(_numbers):09d}"
    return body + uscc.calc_check_digit(body)


def organisation(
    session: Session, kind: OrganisationKind, name: str | None = None, code: str = "350200"
) -> Organisation:
    """An organisation of any kind."""
    number = next(_numbers)
    name = name or f"{kind.value}{number}有限公司"
    made = Organisation(
        kind=kind, name=name, name_sort=sort_key(name), uscc=new_uscc(code), region=region(session, code)
    )
    session.add(made)
    session.flush()
    return made


def enterprise(
    session: Session, title: TitleLevel | None = TitleLevel.SRDI, name: str | None = None, code: str = "350200"
) -> Organisation:
    """An enterprise, with a valid title unless ``title`` is None."""
    made = organisation(session, OrganisationKind.ENTERPRISE, name, code)
    if title is not None:
        give_title(session, made, title)
    return made


def give_title(
    session: Session, enterprise: Organisation, level: TitleLevel, valid_from: date | None = None, days: int = 1095
) -> Title:
    """A title in the register, valid now unless told otherwise."""
    start = valid_from or today() - timedelta(days=100)
    made = Title(
        organisation=enterprise,
        level=level,
        batch="第三批",
        document="工信部企业函〔2021〕197号",
        valid_from=start,
        valid_to=start + timedelta(days=days),
    )
    session.add(made)
    session.flush()
    return made


def provider(
    session: Session, *, certified: bool = True, name: str | None = None, code: str = "350200"
) -> Organisation:
    """A provider, certified unless told otherwise."""
    made = organisation(session, OrganisationKind.PROVIDER, name, code)
    if certified:
        session.add(
            Certification(
                number=f"RD{next(_numbers):08d}",
                organisation=made,
                level="provincial",
                ruleset_id="platform-national-2017",
                state=CertificationState.CERTIFIED,
                facts={},
                valid_from=today() - timedelta(days=30),
                valid_to=today() + timedelta(days=1065),
            )
        )
        session.flush()
    return made


def bureau(session: Session, code: str = "350200") -> Organisation:
    """A bureau of a region."""
    return organisation(session, OrganisationKind.BUREAU, f"{region(session, code).name}工业和信息化局", code)


def treasury(session: Session, code: str = "350200") -> Organisation:
    """A treasury of a region."""
    return organisation(session, OrganisationKind.TREASURY, f"{region(session, code).name}财政局", code)


def member(session: Session, organisation: Organisation, role: Role, name: str | None = None) -> Membership:
    """A person in a role of an organisation; the password is ``PASSWORD``."""
    number = next(_numbers)
    user = User(email=f"person{number}@example.cn", name=name or f"测试人员{number}", password_hash=PASSWORD_HASH)
    made = Membership(user=user, organisation=organisation, role=role, state=MembershipState.ACTIVE)
    session.add(made)
    session.flush()
    return made


def authenticator(user: User) -> str:
    """Set the second factor of a person up; returns the secret."""
    secret = pyotp.random_base32()
    user.totp_secret, user.totp_confirmed_at = KEYS.seal(user.id, secret), now()
    return secret


def code_of(user: User, steps: int = 0) -> str:
    """What the person's authenticator shows now, or so many steps later."""
    return pyotp.TOTP(KEYS.open(user.id, user.totp_secret or "")).at(now() + timedelta(seconds=30 * steps))


def actor_of(membership: Membership) -> Actor:
    """The actor that the person of a membership is, signed in just now."""
    organisation = membership.organisation
    row = SignIn(
        token_hash=new_id().hex,
        user_id=membership.user_id,
        membership_id=membership.id,
        created_at=now(),
        last_seen_at=now(),
        ends_at=now() + timedelta(hours=12),
        password_at=now(),
    )
    session = object_session(membership)
    if session is not None:
        session.add(row)
        session.flush()
    return Actor(
        user_id=membership.user_id,
        name=membership.user.name,
        organisation_id=organisation.id,
        organisation_name=organisation.name,
        role=membership.role,
        region_path=organisation.region.path,
        ip="127.0.0.1",
        sign_in_id=row.id if session is not None else None,
    )


def actor(session: Session, organisation: Organisation, role: Role) -> Actor:
    """A new person in a role of an organisation, as actor."""
    return actor_of(member(session, organisation, role))
