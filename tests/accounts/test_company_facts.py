"""Where an organisation is paid and who stands behind it: dated, with a source, never rewritten."""

from datetime import date, timedelta
from decimal import Decimal

import factories as make
import pytest
from races import prepared, race
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from accounts.company_facts import Tie, account_on, end_tie, enter_bank_account, enter_tie, ties_on
from accounts.models import BankAccount, TieKind
from audit.models import AuditEvent
from foundation.actors import Actor, Role
from foundation.clock import today
from foundation.errors import BadInput, Conflict, NotAllowed, NotFound

pytestmark = pytest.mark.clock

LICENCE = "营业执照"


@pytest.fixture
def manager(session: Session) -> Actor:
    return make.actor(session, make.provider(session), Role.PROVIDER_MANAGER)


def account(session: Session, actor: Actor, number: str, since: date, **facts: str) -> BankAccount:
    facts = {"holder": "样例公司", "bank": "样例银行", "source": "开户许可证", **facts}
    return enter_bank_account(session, actor, number=number, since=since, **facts)


def test_a_new_account_ends_the_one_before_and_both_can_be_asked_for(session: Session, manager: Actor) -> None:
    first = account(session, manager, "3500 1234-5678", today() - timedelta(days=30))
    second = account(session, manager, "350099998888", today())
    assert (first.number, first.until) == ("350012345678", today() - timedelta(days=1))
    assert account_on(session, manager.organisation_id, today() - timedelta(days=1)) is first
    assert account_on(session, manager.organisation_id, today()) is second
    assert account_on(session, manager.organisation_id, today() - timedelta(days=31)) is None
    noted = session.scalars(select(AuditEvent).where(AuditEvent.action == "organisations.account_entered")).all()
    assert [event.after["number"] for event in noted if event.after] == ["…5678", "…8888"]


@pytest.mark.parametrize(
    ("field", "facts"),
    [
        ("number", {"number": "1234567"}),
        ("number", {"number": "三五〇〇一二三四五六七八"}),
        ("number", {"number": "1" * 33}),
        ("holder", {"holder": " "}),
        ("bank", {"bank": ""}),
        ("source", {"source": ""}),
    ],
)
def test_bad_input_is_told_by_its_field(session: Session, manager: Actor, field: str, facts: dict[str, str]) -> None:
    with pytest.raises(BadInput) as refused:
        account(session, manager, **{"number": "350012345678", "since": today(), **facts})  # type: ignore[arg-type]
    assert refused.value.field == field


def test_a_new_account_begins_after_the_one_in_force(session: Session, manager: Actor) -> None:
    account(session, manager, "350012345678", today())
    with pytest.raises(Conflict, match="应晚于这一天"):
        account(session, manager, "350099998888", today())


def test_only_the_organisations_own_manager_says_so(session: Session, manager: Actor) -> None:
    clerk = make.actor(session, make.provider(session), Role.PROVIDER_MEMBER)
    with pytest.raises(NotAllowed):
        account(session, clerk, "350012345678", today())
    tie = enter_tie(session, manager, Tie(TieKind.ACTUAL_CONTROLLER, "样例人"), since=today(), source=LICENCE)
    stranger = make.actor(session, make.provider(session), Role.PROVIDER_MANAGER)
    with pytest.raises(NotFound):
        end_tie(session, stranger, tie.id, until=today())


def test_who_stands_behind_on_a_day(session: Session, manager: Actor) -> None:
    then, later = today() - timedelta(days=30), today() - timedelta(days=10)
    ties = [
        (Tie(TieKind.ACTUAL_CONTROLLER, "样例甲"), then),
        (Tie(TieKind.SHAREHOLDER, "样例乙", share=Decimal(30)), then),
        (Tie(TieKind.SHAREHOLDER, "样例丙公司", uscc=make.new_uscc(), share=Decimal(70)), then),
        (Tie(TieKind.LEGAL_REPRESENTATIVE, "样例甲"), then),
        (Tie(TieKind.LEGAL_REPRESENTATIVE, "样例丁"), later),
    ]
    made = [enter_tie(session, manager, tie, since=since, source=LICENCE) for tie, since in ties]
    assert [tie.name for tie in ties_on(session, manager.organisation_id, then)] == [
        "样例甲",
        "样例丙公司",
        "样例乙",
        "样例甲",
    ]
    assert next(tie.name for tie in ties_on(session, manager.organisation_id, later)) == "样例丁"
    end_tie(session, manager, made[1].id, until=today())
    assert "样例乙" in {tie.name for tie in ties_on(session, manager.organisation_id, today())}
    assert "样例乙" not in {tie.name for tie in ties_on(session, manager.organisation_id, today() + timedelta(days=1))}
    with pytest.raises(Conflict):
        end_tie(session, manager, made[1].id, until=today())
    with pytest.raises(BadInput):
        end_tie(session, manager, made[0].id, until=today() + timedelta(days=1))


@pytest.mark.parametrize(
    "tie",
    [
        Tie(TieKind.SHAREHOLDER, "样例乙"),
        Tie(TieKind.SHAREHOLDER, "样例乙", share=Decimal(0)),
        Tie(TieKind.SHAREHOLDER, "样例乙", share=Decimal("100.01")),
        Tie(TieKind.ACTUAL_CONTROLLER, "样例甲", share=Decimal(50)),
    ],
)
def test_a_share_is_a_shareholders_and_a_percentage(session: Session, manager: Actor, tie: Tie) -> None:
    with pytest.raises(BadInput) as refused:
        enter_tie(session, manager, tie, since=today(), source=LICENCE)
    assert refused.value.field == "share"


@pytest.mark.concurrency
def test_two_accounts_at_once_leave_one_in_force(own_engine: Engine) -> None:
    """No row is there to be locked the first time: the index is what refuses the second."""
    who = prepared(own_engine, lambda session: make.actor(session, make.provider(session), Role.PROVIDER_MANAGER))
    outcomes = race(
        own_engine, lambda session, number: account(session, who, f"35001234567{number}", today()), threads=2
    )
    assert sorted(outcomes) == ["Conflict", "ok"]
    with Session(own_engine) as session:
        assert len(session.scalars(select(BankAccount).where(BankAccount.until.is_(None))).all()) == 1
