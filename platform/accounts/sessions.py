"""Signed-in browsers: begun, looked up, ended. A session is over after half an hour without a page, and twelve hours after
the password was given whatever is done meanwhile.

All of that is judged by the database's clock: hosts take turns in answering one browser, and theirs may differ.
"""

import hashlib
import secrets
from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial
from typing import Final
from uuid import UUID

from flask import Flask, current_app, has_app_context, request
from flask import session as cookie
from flask_login import LoginManager, UserMixin, current_user, login_user, logout_user
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from accounts import noted
from accounts.models import Membership, MembershipState, OrganisationKind, SignIn, User
from audit.trail import record
from config import Settings, load_settings
from foundation.actors import SYSTEM, Actor
from foundation.clock import moved, now
from foundation.i18n import N_
from foundation.pages import PAGE_SIZE, Page, page_of
from foundation.unit_of_work import afterwards, current_session

_SEEN_EVERY: Final = timedelta(seconds=30)

SECOND_FACTOR_KINDS: Final = frozenset({OrganisationKind.BUREAU, OrganisationKind.TREASURY, OrganisationKind.OPERATOR})
"""Whose people must have a second factor: they decide about other people's money and accounts."""


class Over(StrEnum):
    """Why a session is over although nobody signed out of it."""

    ENDED = "ended"
    IDLE = "idle"
    LIFETIME = "lifetime"


class SignedIn(UserMixin):  # type: ignore[misc]
    """What Flask-Login knows of a signed-in browser: its row, and the token that stands in the signed cookie."""

    def __init__(self, row: SignIn, token: str) -> None:
        self.row = row
        self.token = token

    def get_id(self) -> str:
        """The token, not the user: so a session can be ended without ending the person's others."""
        return self.token


def install(app: Flask) -> None:
    """Flask-Login keeps the token in the signed cookie and asks here whose it is."""
    # Templates know the actor, not Flask-Login: an error page must not ask the database who is there.
    manager = LoginManager(app, add_context_processor=False)
    # Telephones change their address on the way: the token alone says who it is.
    manager.session_protection = None

    @manager.user_loader  # type: ignore[untyped-decorator]
    def load(token: str) -> SignedIn | None:
        row = _living(current_session(), token)
        return SignedIn(row, token) if row is not None else None


def begin(session: Session, user: User, *, ip: str | None, agent: str | None) -> SignIn:
    """A new session for ``user``; its token goes into the signed cookie, only the token's hash is kept.

    Nothing of what the browser had before is worth anything afterwards: a session that it still had ends, and the
    token is new, that of forms too, so that a planted cookie takes nothing over.
    """
    former = current_sign_in()
    if former is not None:
        noted.signed_out(session, former, person_of(former), note=N_("同一浏览器重新登录"))
        end(session, former)
    cookie.pop("csrf_token", None)
    token = secrets.token_urlsafe(32)
    living = living_memberships(session, user.id)
    at = _moment(session)
    row = SignIn(
        token_hash=hash_token(token),
        user_id=user.id,
        membership_id=living[0].id if living else None,
        created_at=at,
        last_seen_at=at,
        ends_at=at + timedelta(hours=_settings().session_hours),
        password_at=now(),
        ip=ip,
        agent=(agent or "")[:200] or None,
    )
    session.add(row)
    session.flush()
    if living:
        noted.signed_in(session, row, person_of(row), awaits_code=awaits_code(row))
    else:
        noted.without_organisation(session, user, ip=ip)
    login_user(SignedIn(row, token))
    return row


def living_memberships(session: Session, user_id: UUID) -> list[Membership]:
    """The active memberships of a person, oldest first."""
    query = select(Membership).where(Membership.user_id == user_id, Membership.state == MembershipState.ACTIVE)
    return list(session.scalars(query.order_by(Membership.created_at)).unique())


def current_sign_in() -> SignIn | None:
    """The living session of this browser; None when there is none, it was ended, or it was idle too long."""
    return current_user.row if current_user.is_authenticated else None


def _living(session: Session, token: str) -> SignIn | None:
    found = _row_and_moment(session, token)
    if found is None:
        return None
    row, at = found
    if _over(row, at) is not None:
        return None
    if at - row.last_seen_at > _SEEN_EVERY:
        # A GET commits nothing, so that the person was here is noted after it.
        afterwards(session, partial(_seen, row_id=row.id, at=at))
    return row


def _row_and_moment(session: Session, token: str) -> tuple[SignIn, datetime] | None:
    """The session of a token, and the database's clock, in one question."""
    query = select(SignIn, func.clock_timestamp()).where(SignIn.token_hash == hash_token(token))
    found = session.execute(query).one_or_none()
    return (found[0], moved(found[1])) if found is not None else None


def _over(row: SignIn, at: datetime) -> Over | None:
    if row.ended_at is not None:
        return Over.ENDED
    if at >= row.ends_at:
        return Over.LIFETIME
    return Over.IDLE if row.last_seen_at < at - _idle() else None


def why_over(session: Session) -> Over | None:
    """Why the session that this browser held is over; None where it held none, is in one, or has signed out."""
    token = last_token()
    found = _row_and_moment(session, token) if token is not None else None
    return _over(*found) if found is not None else None


def _moment(session: Session) -> datetime:
    return moved(session.scalars(select(func.clock_timestamp())).one())


def _settings() -> Settings:
    if not has_app_context():
        # A command ends sessions too.
        return load_settings()
    settings: Settings = current_app.config["HUIQI_SETTINGS"]
    return settings


def _idle() -> timedelta:
    return timedelta(minutes=_settings().session_idle_minutes)


def _seen(session: Session, *, row_id: UUID, at: datetime) -> None:
    # Two requests at once may end in either order.
    mine = update(SignIn).where(SignIn.id == row_id, SignIn.last_seen_at < at)
    session.execute(mine.values(last_seen_at=at))


def open_sign_ins(session: Session, user_id: UUID) -> Page[SignIn]:
    """Where a person is signed in now, the most recently seen first."""
    at = _moment(session)
    query = select(SignIn).where(
        SignIn.user_id == user_id, SignIn.ended_at.is_(None), SignIn.ends_at > at, SignIn.last_seen_at >= at - _idle()
    )
    return page_of(session, query.order_by(SignIn.last_seen_at.desc(), SignIn.id), 1, PAGE_SIZE)


def last_token() -> str | None:
    """The token of the session that this browser has or had last; None when there was none, or it signed out."""
    token = cookie.get("_user_id")
    return token if isinstance(token, str) else None


def last_person(session: Session) -> UUID | None:
    """Whose session this browser held last, also when it has ended meanwhile; None after signing out."""
    token = last_token()
    if token is None:
        return None
    return session.scalar(select(SignIn.user_id).where(SignIn.token_hash == hash_token(token)))


def signed_in_actor() -> Actor | None:
    """The actor of this request: signed in, second factor given where it must be, member of an organisation."""
    row = current_sign_in()
    if row is None or row.membership is None or row.membership.state is not MembershipState.ACTIVE:
        return None
    if needs_second_factor(row) and row.second_factor_at is None:
        return None
    return person_of(row)


def person_of(row: SignIn) -> Actor:
    """Who a session is, for the trail also before the code was given; without an organisation the system, with the address."""
    if row.membership is None:
        return replace(SYSTEM, ip=request.remote_addr)
    organisation = row.membership.organisation
    return Actor(
        user_id=row.user_id,
        name=row.user.name,
        organisation_id=organisation.id,
        organisation_name=organisation.name,
        role=row.membership.role,
        region_path=organisation.region.path,
        ip=request.remote_addr,
        sign_in_id=row.id,
    )


def awaits_code(row: SignIn | None) -> bool:
    """Whether only the code is missing."""
    return row is not None and row.second_factor_at is None and needs_second_factor(row)


def needs_second_factor(row: SignIn) -> bool:
    """Whether this person must give a code: set up already, or compulsory for the organisation's kind."""
    if row.user.totp_confirmed_at is not None:
        return True
    return row.membership is not None and row.membership.organisation.kind in SECOND_FACTOR_KINDS


def end(session: Session, row: SignIn) -> None:
    """End this browser's session at once."""
    row.ended_at = _moment(session)
    session.flush()
    logout_user()


def end_all(session: Session, user_id: UUID, *, but: UUID | None = None) -> int:
    """End all sessions of a person (a lost telephone, a changed password), except perhaps the present one.

    Says how many could still be used: those that were idle too long end as well and are not counted.
    """
    at = _moment(session)
    query = update(SignIn).where(SignIn.user_id == user_id, SignIn.ended_at.is_(None), SignIn.ends_at > at)
    query = query.where(SignIn.id != but) if but else query
    ended = session.execute(query.values(ended_at=at).returning(SignIn.last_seen_at)).scalars()
    return sum(last_seen_at >= at - _idle() for last_seen_at in ended)


def switch(session: Session, row: SignIn, membership_id: UUID) -> bool:
    """Act for another organisation of the person's own; False when it is not one of them.

    The second factor is asked for anew where the other organisation needs one and none was given.
    """
    if membership_id not in {membership.id for membership in living_memberships(session, row.user_id)}:
        return False
    before = person_of(row)
    row.membership_id = membership_id
    session.flush()
    session.expire(row, ["membership"])
    organisation = {"organisation": before.organisation_name}, {"organisation": person_of(row).organisation_name}
    record(session, before, "users.organisation_switched", row.user, before=organisation[0], after=organisation[1])
    return True


def hash_token(token: str) -> str:
    """What is kept of a token: whoever reads the table cannot sign in with it."""
    return hashlib.sha256(token.encode()).hexdigest()
