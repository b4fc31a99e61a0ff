"""Tables of regions, organisations and people."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Numeric, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from foundation.actors import Role
from foundation.constraints import explain
from foundation.database import Base, Timestamped
from foundation.i18n import N_
from foundation.waiting import Waits, waits_rules


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
    # Lists of a region join what lies in it, from the index alone; offices are few among many.
    __table_args__ = (
        Index("ix_organisations_region_id", "region_id", postgresql_include=["id"]),
        Index("ix_organisations_kind", "kind", "region_id", postgresql_include=["id"]),
    )

    kind: Mapped[OrganisationKind]
    name: Mapped[str]
    name_sort: Mapped[str]
    uscc: Mapped[str] = mapped_column(unique=True)
    region_id: Mapped[UUID] = mapped_column(ForeignKey("regions.id"))
    address: Mapped[str | None]
    phone: Mapped[str | None]
    region: Mapped[Region] = relationship(lazy="joined")


class User(Timestamped, Base):
    """A person who signs in by e-mail address."""

    __tablename__ = "users"
    __table_args__ = (
        Index("uq_users_email", func.lower(text("email")), unique=True),
        Index("ix_users_locked_until", "locked_until", postgresql_where=text("locked_until IS NOT NULL")),
        # Whoever reads the table must not be able to make codes; every token of the encryption begins like this. What an
        # older version stored in clear is marked until `huiqi migrate`, which brings the newer one, has encrypted it.
        CheckConstraint("totp_secret LIKE 'gAAAAA%' OR totp_secret LIKE 'clear:%'", name="totp_secret_encrypted"),
    )

    email: Mapped[str]
    name: Mapped[str]
    password_hash: Mapped[str]
    language: Mapped[str] = mapped_column(default="zh_Hans_CN")
    failed_sign_ins: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None]
    # Encrypted under HUIQI_SECOND_FACTOR_KEYS (``accounts/sealed_secrets.py``).
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
        Index("uq_memberships_living", "user_id", "organisation_id", unique=True, postgresql_where="state <> 'ended'"),
        # How many people there are, from the index alone; who asks to join, and the administrator's list, those first.
        Index("ix_memberships_state", "state", "created_at", postgresql_include=["user_id"]),
        Index("ix_memberships_requested_first", text("(state <> 'requested')"), "created_at", "id"),
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
    __table_args__ = (
        CheckConstraint("last_seen_at >= created_at", name="seen_after_start"),
        CheckConstraint("ends_at > created_at", name="ends_after_start"),
    )

    token_hash: Mapped[str] = mapped_column(unique=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), index=True)
    membership_id: Mapped[UUID | None] = mapped_column(ForeignKey("memberships.id"))
    last_seen_at: Mapped[datetime]
    # By the database's clock, as the other two: however busy the browser is, it is over then.
    ends_at: Mapped[datetime]
    second_factor_at: Mapped[datetime | None]
    password_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    ip: Mapped[str | None]
    agent: Mapped[str | None]
    user: Mapped[User] = relationship(lazy="joined")
    membership: Mapped[Membership | None] = relationship(lazy="joined")


class SecondPersonOutcome(StrEnum):
    """How a request for a second person ended."""

    CARRIED_OUT = "carried_out"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


class SecondPersonRequest(Waits, Timestamped, Base):
    """A deed that one person asked for and another person of the same office carries out or declines (复核)."""

    __tablename__ = "second_person_requests"
    __table_args__ = (
        # Whoever asks never carries it out, whatever the code does; only taking it back is the asker's own.
        CheckConstraint("(outcome = 'withdrawn') = (decided_by_id = asked_by_id)", name="two_people"),
        CheckConstraint("(outcome IS NULL) = (decided_by_id IS NULL)", name="decided_by_somebody"),
        # A double click asks once.
        Index("uq_second_person_requests_open", "subject_id", "deed", unique=True, postgresql_where="outcome IS NULL"),
        *waits_rules("second_person_requests"),
    )

    deed: Mapped[str]
    subject_type: Mapped[str]
    subject_id: Mapped[UUID]
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"))
    reason: Mapped[str]
    facts: Mapped[dict[str, Any]]
    asked_by_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    decided_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    decided_at: Mapped[datetime | None]
    outcome: Mapped[SecondPersonOutcome | None]
    asked_by: Mapped[User] = relationship(foreign_keys=[asked_by_id], lazy="joined")


class BankAccount(Timestamped, Base):
    """An account to which an organisation is paid (收款账户), from ``since`` to ``until``, both included.

    Entered by the organisation itself; ``source`` says what it stands on, such as a bank's certificate.
    """

    __tablename__ = "bank_accounts"
    __table_args__ = (
        CheckConstraint("number ~ '^[0-9]{8,32}$'", name="number_of_digits"),
        CheckConstraint("until >= since", name="period"),
        # Money must not have a choice of two.
        Index("uq_bank_accounts_open", "organisation_id", unique=True, postgresql_where=text("until IS NULL")),
    )

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"), index=True)
    holder: Mapped[str]
    bank: Mapped[str]
    number: Mapped[str]
    since: Mapped[date]
    until: Mapped[date | None]
    source: Mapped[str]
    entered_by_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))


class TieKind(StrEnum):
    """As what somebody stands behind an organisation, in the order of the business licence."""

    LEGAL_REPRESENTATIVE = "legal_representative"
    SHAREHOLDER = "shareholder"
    ACTUAL_CONTROLLER = "actual_controller"


class OrganisationTie(Timestamped, Base):
    """Who stands behind an organisation, from ``since`` to ``until``, both included; ``share`` in percent.

    Of persons the name alone is kept; an organisation is known by its unified social credit code.
    """

    __tablename__ = "organisation_ties"
    __table_args__ = (
        CheckConstraint("(share IS NOT NULL) = (kind = 'shareholder')", name="share_of_shareholders"),
        CheckConstraint("share > 0 AND share <= 100", name="share_allowed"),
        CheckConstraint("until >= since", name="period"),
        Index(
            "uq_organisation_ties_legal_representative",
            "organisation_id",
            unique=True,
            postgresql_where=text("kind = 'legal_representative' AND until IS NULL"),
        ),
        # Related parties are found by who stands behind both.
        Index("ix_organisation_ties_name", "name"),
        Index("ix_organisation_ties_uscc", "uscc"),
    )

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"), index=True)
    kind: Mapped[TieKind]
    name: Mapped[str]
    uscc: Mapped[str | None]
    share: Mapped[Decimal | None] = mapped_column(Numeric(7, 4))
    since: Mapped[date]
    until: Mapped[date | None]
    source: Mapped[str]
    entered_by_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))


class PasswordAttempts(Base):
    """How often in a row a signed-in person gave a wrong password when asked for it again, and until when that is locked.

    Apart from the count of signing in: a stranger who locks that must not stop whoever is signed in. No foreign key: the
    row is written at once on a connection of its own, which sees nothing of the transaction that asks.
    """

    __tablename__ = "password_attempts"
    __table_args__ = (UniqueConstraint("user_id", name="uq_password_attempts_user_id"),)

    user_id: Mapped[UUID]
    failures: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None]


class RegionalDuty(Timestamped, Base):
    """That a person decides in a region who and what is entitled: titles, prices, certificates.

    Those decisions refer to (person, region) by foreign key. The constraint triggers ``regional_duties_one_side`` and
    ``programme_duties_one_side`` refuse whoever has a row here and releases money in a programme of an overlapping region
    that is not settled, whichever came first and whatever organisation the person acts for.
    """

    __tablename__ = "regional_duties"
    __table_args__ = (UniqueConstraint("user_id", "region_id", name="uq_regional_duties_person"),)

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    region_id: Mapped[UUID] = mapped_column(ForeignKey("regions.id"))


class Delegation(Timestamped, Base):
    """A bureau has another one, of its own region or above, act for it (委托办理) until it ends this or the time is over.

    ``programme_id`` None is everything, titles and certificates too; else only what belongs to that programme.
    """

    __tablename__ = "delegations"
    __table_args__ = (
        CheckConstraint("valid_to >= valid_from", name="period"),
        CheckConstraint("from_bureau_id <> to_bureau_id", name="two_bureaus"),
        CheckConstraint("(ended_at IS NULL) = (ended_by_id IS NULL)", name="ended_by_somebody"),
        Index("ix_delegations_to", "to_bureau_id", "from_bureau_id", postgresql_where=text("ended_at IS NULL")),
    )

    from_bureau_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"), index=True)
    to_bureau_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"))
    programme_id: Mapped[UUID | None] = mapped_column(ForeignKey("programmes.id"))
    valid_from: Mapped[date]
    valid_to: Mapped[date]
    reason: Mapped[str]
    given_by_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    ended_at: Mapped[datetime | None]
    ended_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    from_bureau: Mapped[Organisation] = relationship(foreign_keys=[from_bureau_id], lazy="joined")
    to_bureau: Mapped[Organisation] = relationship(foreign_keys=[to_bureau_id], lazy="joined")


explain(
    "uq_bank_accounts_open",
    N_("本单位已有一个有效的收款账户"),
    field="number",
    remedy=N_("刷新页面，核对现有的账户"),
)
explain("ck_second_person_requests_two_people", N_("提出人不能自己复核"), remedy=N_("请由另一位工作人员复核"))
explain("uq_second_person_requests_open", N_("已提请复核，等待另一位工作人员办理"))
explain(
    "uq_organisations_uscc",
    N_("这个统一社会信用代码已经注册"),
    field="uscc",
    remedy=N_("选择“加入已有单位”，由该单位的管理员同意后即可使用"),
)
explain("uq_users_email", N_("这个邮箱已经注册"), field="email", remedy=N_("直接登录，或换一个邮箱"))
explain("uq_memberships_living", N_("您已是该单位的成员，或已提交过加入申请"), field="uscc")
explain("ck_delegations_period", N_("委托的截止日应不早于起始日"), field="valid_to")
explain("ck_delegations_two_bureaus", N_("不能委托给本单位"), field="to_bureau")
