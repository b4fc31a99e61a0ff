"""Tables of regions, organisations and people."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, func, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from foundation.actors import Role
from foundation.constraints import explain
from foundation.database import Base, Timestamped
from foundation.i18n import N_


class Region(Base):
    """A place in the tree nation → province → city → district; ``path`` is the codes from the top, ``100000/350000/``."""

    __tablename__ = "regions"

    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    level: Mapped[str]
    parent_id: Mapped[UUID | None] = mapped_column(ForeignKey("regions.id"))
    path: Mapped[str] = mapped_column(unique=True)


class OrganisationKind(StrEnum):
    """What an organisation is here; it decides which roles its people may hold."""

    ENTERPRISE = "enterprise"
    PROVIDER = "provider"
    BUREAU = "bureau"
    TREASURY = "treasury"
    OPERATOR = "operator"


class Organisation(Timestamped, Base):
    """An enterprise, provider, bureau or treasury, known by its unified social credit code."""

    __tablename__ = "organisations"

    kind: Mapped[OrganisationKind]
    name: Mapped[str]
    name_sort: Mapped[str]
    uscc: Mapped[str] = mapped_column(unique=True)
    region_id: Mapped[UUID] = mapped_column(ForeignKey("regions.id"), index=True)
    address: Mapped[str | None]
    phone: Mapped[str | None]
    region: Mapped[Region] = relationship(lazy="joined")


class User(Timestamped, Base):
    """A person who signs in by e-mail address."""

    __tablename__ = "users"
    __table_args__ = (Index("uq_users_email", func.lower(text("email")), unique=True),)

    email: Mapped[str]
    name: Mapped[str]
    password_hash: Mapped[str]
    language: Mapped[str] = mapped_column(default="zh_Hans_CN")
    failed_sign_ins: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None]
    totp_secret: Mapped[str | None]
    totp_confirmed_at: Mapped[datetime | None]
    # The last time step accepted: a code that was read over the shoulder does not work a second time.
    totp_last_step: Mapped[int | None]
    memberships: Mapped[list["Membership"]] = relationship(back_populates="user")


class MembershipState(StrEnum):
    """Whether a person acts for the organisation yet."""

    REQUESTED = "requested"
    ACTIVE = "active"
    ENDED = "ended"


class Membership(Timestamped, Base):
    """A person's role in an organisation."""

    __tablename__ = "memberships"
    __table_args__ = (
        # One living membership for a person and organisation; ended ones stay as history.
        Index(
            "uq_memberships_living",
            "user_id",
            "organisation_id",
            unique=True,
            postgresql_where=text("state <> 'ended'"),
        ),
    )

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"), index=True)
    role: Mapped[Role]
    state: Mapped[MembershipState]
    user: Mapped[User] = relationship(back_populates="memberships", lazy="joined")
    organisation: Mapped[Organisation] = relationship(lazy="joined")


class SignIn(Timestamped, Base):
    """A signed-in browser: only the hash of its token is kept, and ending the row ends the session at once."""

    __tablename__ = "sign_ins"
    __table_args__ = (CheckConstraint("last_seen_at >= created_at", name="seen_after_start"),)

    token_hash: Mapped[str] = mapped_column(unique=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), index=True)
    membership_id: Mapped[UUID | None] = mapped_column(ForeignKey("memberships.id"))
    last_seen_at: Mapped[datetime]
    second_factor_at: Mapped[datetime | None]
    password_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    ip: Mapped[str | None]
    agent: Mapped[str | None]
    user: Mapped[User] = relationship(lazy="joined")
    membership: Mapped[Membership | None] = relationship(lazy="joined")


explain(
    "uq_organisations_uscc",
    N_("这个统一社会信用代码已经注册"),
    field="uscc",
    remedy=N_("选择“加入已有单位”，由该单位的管理员同意后即可使用"),
)
explain("uq_users_email", N_("这个邮箱已经注册"), field="email", remedy=N_("直接登录，或换一个邮箱"))
explain("uq_memberships_living", N_("您已是该单位的成员，或已提交过加入申请"), field="uscc")
