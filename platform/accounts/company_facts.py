"""Where an organisation is paid and who stands behind it (法定代表人、股东、实际控制人), each with its days and its source.

Nothing is changed: what is no longer so ends on a day, what is so from then on is entered anew. So it can be said at any time
which account a payment went to, and who was related to whom on the day of an agreement.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from accounts.current import not_here
from accounts.models import BankAccount, Organisation, OrganisationTie, TieKind
from accounts.uscc import checked_uscc
from audit.trail import record
from foundation.actors import Actor, Role
from foundation.clock import today
from foundation.constraints import as_domain_error
from foundation.errors import BadInput, Conflict, NotAllowed
from foundation.i18n import N_
from foundation.locking import lock_rows

SPEAKERS: Final = frozenset({Role.ENTERPRISE_MANAGER, Role.PROVIDER_MANAGER})
"""Who says these things of the own organisation."""

_DIGITS: Final = range(8, 33)

Fact = TypeVar("Fact", BankAccount, OrganisationTie)


@dataclass(frozen=True, slots=True)
class Tie:
    """Who stands behind an organisation, as what; ``uscc`` where it is an organisation, ``share`` of a shareholder in percent."""

    kind: TieKind
    name: str
    uscc: str | None = None
    share: Decimal | None = None


def enter_bank_account(
    session: Session, actor: Actor, *, holder: str, bank: str, number: str, since: date, source: str
) -> BankAccount:
    """Enter an account of the actor's organisation, in force from ``since`` on; the one before ends on the day before.

    Blanks and hyphens in ``number`` are left out. BadInput by field; Conflict when an account in force begins on that day or later.
    """
    _ensure_speaks(actor)
    digits = number.translate(str.maketrans("", "", " -　"))
    if not digits.isascii() or not digits.isdigit() or len(digits) not in _DIGITS:
        raise BadInput(N_("账号应为 8 至 32 位数字"), field="number", remedy=N_("按开户许可证或银行回单填写"))
    made = BankAccount(
        organisation_id=actor.organisation_id,
        holder=_said(holder, "holder"),
        bank=_said(bank, "bank"),
        number=digits,
        since=since,
        source=_said(source, "source"),
        entered_by_id=actor.user_id,
    )
    for before in _locked_open(session, BankAccount, BankAccount.organisation_id == actor.organisation_id):
        _end(before, since)
    _add(session, made)
    after = {"bank": made.bank, "number": _masked(digits), "valid_from": since.isoformat(), "source": made.source}
    record(session, actor, "organisations.account_entered", _own(session, actor), after=after)
    return made


def enter_tie(session: Session, actor: Actor, tie: Tie, *, since: date, source: str) -> OrganisationTie:
    """Enter who stands behind the actor's organisation from ``since`` on; a new legal representative ends the one before.

    BadInput by field: a share that is not above 0 and at most 100 percent, a share of somebody who is no shareholder.
    """
    _ensure_speaks(actor)
    shares = tie.kind is TieKind.SHAREHOLDER
    if shares != (tie.share is not None) or (tie.share is not None and not 0 < tie.share <= 100):
        raise BadInput(N_("持股比例应大于 0、不超过 100，只有股东填写"), field="share")
    made = OrganisationTie(
        organisation_id=actor.organisation_id,
        kind=tie.kind,
        name=_said(tie.name, "name"),
        uscc=checked_uscc(tie.uscc) if tie.uscc else None,
        share=tie.share,
        since=since,
        source=_said(source, "source"),
        entered_by_id=actor.user_id,
    )
    if tie.kind is TieKind.LEGAL_REPRESENTATIVE:
        own = OrganisationTie.organisation_id == actor.organisation_id
        for before in _locked_open(session, OrganisationTie, own, OrganisationTie.kind == tie.kind):
            _end(before, since)
    _add(session, made)
    after = {"kind": tie.kind.value, "name": made.name, "valid_from": since.isoformat(), "source": made.source}
    record(session, actor, "organisations.tie_entered", _own(session, actor), after=after)
    return made


def end_tie(session: Session, actor: Actor, tie_id: UUID, *, until: date) -> OrganisationTie:
    """Say that somebody stands behind the actor's organisation until this day; Conflict when it has ended before."""
    _ensure_speaks(actor)
    found = lock_rows(session, OrganisationTie, [tie_id])
    if not found or found[0].organisation_id != actor.organisation_id:
        raise not_here()
    (tie,) = found
    if tie.until is not None:
        raise Conflict(N_("这条关系已经结束"))
    if not tie.since <= until <= today():
        raise BadInput(N_("结束日期应在起始日期与今天之间"), field="until")
    tie.until = until
    session.flush()
    record(
        session,
        actor,
        "organisations.tie_ended",
        _own(session, actor),
        after={"name": tie.name, "valid_to": until.isoformat()},
    )
    return tie


def account_on(session: Session, organisation_id: UUID, day: date) -> BankAccount | None:
    """The account to which an organisation is paid on ``day``, or None."""
    query = select(BankAccount).where(BankAccount.organisation_id == organisation_id, *_valid(BankAccount, day))
    return session.scalar(query)


def ties_on(session: Session, organisation_id: UUID, day: date) -> Sequence[OrganisationTie]:
    """Who stands behind an organisation on ``day``: legal representative, shareholders, actual controller, in this order."""
    order = list(TieKind)
    query = select(OrganisationTie).where(
        OrganisationTie.organisation_id == organisation_id, *_valid(OrganisationTie, day)
    )
    return sorted(session.scalars(query), key=lambda tie: (order.index(tie.kind), -(tie.share or 0), tie.name))


def _valid(table: type[BankAccount | OrganisationTie], day: date) -> tuple[ColumnElement[bool], ...]:
    return table.since <= day, or_(table.until.is_(None), table.until >= day)


def _ensure_speaks(actor: Actor) -> None:
    if actor.role not in SPEAKERS:
        raise NotAllowed(N_("您的角色不能进行这一步"), remedy=N_("请由本单位的管理员办理"))


def _said(text: str, field: str) -> str:
    text = text.strip()
    if not text:
        raise BadInput(N_("请填写这一项"), field=field)
    return text


def _locked_open(session: Session, table: type[Fact], *which: ColumnElement[bool]) -> Sequence[Fact]:
    ids = session.scalars(select(table.id).where(table.until.is_(None), *which)).all()
    return [row for row in lock_rows(session, table, ids) if row.until is None]


def _end(before: BankAccount | OrganisationTie, since: date) -> None:
    """What came before ends on the day before ``since``."""
    if before.since >= since:
        raise Conflict(N_("现有的一条自 %(day)s 起有效，新的应晚于这一天"), field="since", day=before.since.isoformat())
    before.until = date.fromordinal(since.toordinal() - 1)


def _own(session: Session, actor: Actor) -> Organisation:
    return session.get_one(Organisation, actor.organisation_id)


def _add(session: Session, made: BankAccount | OrganisationTie) -> None:
    # What ends must have ended in the database before what is new comes: one account is open at a time.
    session.flush()
    try:
        with session.begin_nested():
            session.add(made)
            session.flush()
    except IntegrityError as error:
        raise as_domain_error(error) from error


def _masked(digits: str) -> str:
    """An account number as the trail shows it: its last four digits."""
    return f"…{digits[-4:]}"
