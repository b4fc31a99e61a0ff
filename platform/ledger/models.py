"""Tables of the ledger. A trigger refuses UPDATE, DELETE and TRUNCATE on transfers."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from foundation.clock import now
from foundation.constraints import explain
from foundation.database import Base
from foundation.i18n import N_


class AccountKind(StrEnum):
    """The stations of the money, in its order (docs/architecture.md, ledger)."""

    TREASURY = "treasury"
    POOL = "pool"
    VOUCHER = "voucher"
    HOLD = "hold"
    PAYABLE = "payable"
    APPROVED = "approved"
    PAID = "paid"
    RECOVERED = "recovered"
    SHORTFALL = "shortfall"
    RETURNED = "returned"


SUMMED = frozenset(
    {
        AccountKind.TREASURY,
        AccountKind.POOL,
        AccountKind.PAYABLE,
        AccountKind.PAID,
        AccountKind.RECOVERED,
        AccountKind.SHORTFALL,
        AccountKind.RETURNED,
    }
)
"""Accounts that many writers share keep no stored balance, so that they are no hot row: theirs is the sum of their
transfers, checked under a lock where money leaves them."""


class LedgerAccount(Base):
    """A station for one programme and, where there is one, one owner (voucher, order, provider or batch).

    The ledger stands below programmes and orders, so both are plain identifiers here.
    """

    __tablename__ = "ledger_accounts"
    __table_args__ = (
        # One account for a station, programme and owner: get-or-create may race.
        UniqueConstraint(
            "kind", "programme_id", "owner_id", name="uq_ledger_accounts_station", postgresql_nulls_not_distinct=True
        ),
        # What a transfer's two ends refer to.
        UniqueConstraint("id", "programme_id"),
        # The last guard against overspending: whatever the code does, a stored balance cannot go below zero.
        CheckConstraint("balance >= 0", name="balance_not_negative"),
    )

    kind: Mapped[AccountKind]
    programme_id: Mapped[UUID]
    owner_id: Mapped[UUID | None]
    balance: Mapped[int | None]


class Transfer(Base):
    """Money moved from one account to another: ``amount`` fen, never edited; corrected by a linked opposite one.

    ``id`` is made by the caller, so that a repeated request finds its own transfer and moves nothing twice. ``sequence`` is
    the order of transfers: what an account's holder could see under its lock was numbered before what came of it.
    ``posted_at`` is the house's clock, which several machines keep, and it may be set back.
    """

    __tablename__ = "ledger_transfers"
    # Sealed together with the trail's events.
    __sealed__ = "posted_at"
    __table_args__ = (
        CheckConstraint("amount > 0", name="amount_positive"),
        CheckConstraint("source_id <> target_id", name="two_accounts"),
        # Money stays in its programme: the database refuses a transfer between accounts of two, or under a third.
        ForeignKeyConstraint(["source_id", "programme_id"], ["ledger_accounts.id", "ledger_accounts.programme_id"]),
        ForeignKeyConstraint(["target_id", "programme_id"], ["ledger_accounts.id", "ledger_accounts.programme_id"]),
        Index("ix_ledger_transfers_source_id", "source_id", "sequence", postgresql_include=["amount"]),
        Index("ix_ledger_transfers_target_id", "target_id", "sequence", postgresql_include=["amount"]),
        Index("ix_ledger_transfers_programme_id", "programme_id", "sequence"),
        Index("ix_ledger_transfers_subject", "subject_type", "subject_id"),
        # What a programme was given: a few among all its transfers.
        Index(
            "ix_ledger_transfers_appropriated",
            "programme_id",
            "sequence",
            postgresql_where=text("kind = 'appropriate'"),
        ),
        # An order is held, released and redeemed once each, whatever the code does; redeemed again only by reversing the
        # transfer that took the redemption back, and a transfer is reversed once.
        Index(
            "uq_ledger_transfers_once",
            "subject_id",
            "kind",
            unique=True,
            postgresql_where=text("kind IN ('hold', 'release', 'redeem') AND reverses_id IS NULL"),
        ),
    )

    sequence: Mapped[int] = mapped_column(BigInteger, Identity(always=True), unique=True)
    source_id: Mapped[UUID]
    target_id: Mapped[UUID]
    amount: Mapped[int]
    kind: Mapped[str]
    programme_id: Mapped[UUID]
    subject_type: Mapped[str]
    subject_id: Mapped[UUID]
    reverses_id: Mapped[UUID | None] = mapped_column(ForeignKey("ledger_transfers.id"), unique=True)
    posted_at: Mapped[datetime] = mapped_column(default=now)
    user_id: Mapped[UUID | None]


class LedgerDay(Base):
    """What moved at a station of a programme on a day of China, in fen: a fact that is counted once, from the transfers.

    A shared account (``SUMMED``) has rows of its own, so that its balance need not be summed from all its transfers;
    vouchers, holds and batches have one row a day together, as each of their accounts stores its balance. The rows hold the
    transfers up to the last fold, whatever day they were posted on; ``ledger/days.py`` writes and reads them.
    """

    __tablename__ = "ledger_days"
    __table_args__ = (
        UniqueConstraint(
            "programme_id",
            "kind",
            "account_id",
            "day",
            name="uq_ledger_days_station",
            postgresql_nulls_not_distinct=True,
        ),
        ForeignKeyConstraint(["account_id", "programme_id"], ["ledger_accounts.id", "ledger_accounts.programme_id"]),
        Index("ix_ledger_days_account_id", "account_id", postgresql_include=["incoming", "outgoing"]),
    )

    programme_id: Mapped[UUID]
    kind: Mapped[AccountKind]
    account_id: Mapped[UUID | None]
    day: Mapped[date]
    incoming: Mapped[int]
    outgoing: Mapped[int]
    transfers: Mapped[int]


class LedgerUnnamed(Base):
    """Transfers up to the number ``through`` are from before events of the trail named them; one row, written by the upgrade."""

    __tablename__ = "ledger_unnamed"

    through: Mapped[int] = mapped_column(unique=True)


class RowMark(Base):
    """What a row of a marked table said when the program last wrote it: ``id`` is the row's, ``digest`` a hash of its columns.

    Written by triggers with the row itself (migration 0023), whoever writes it; read by ``ledger/marks.py``.
    """

    __tablename__ = "row_marks"

    of_table: Mapped[str]
    digest: Mapped[int]


class LedgerFold(Base):
    """The days hold every transfer up to the number ``through`` (of the newest row), and none after it."""

    __tablename__ = "ledger_folds"

    through: Mapped[int] = mapped_column(unique=True)
    folded_at: Mapped[datetime] = mapped_column(default=now)


explain("ck_ledger_accounts_balance_not_negative", N_("余额不足，这笔金额已被占用"), remedy=N_("刷新页面查看最新余额"))
explain("uq_ledger_transfers_reverses_id", N_("这笔转账已经冲正过一次"))
explain("uq_ledger_transfers_once", N_("这个订单的金额已经处理过一次"), remedy=N_("刷新页面查看最新进度"))
