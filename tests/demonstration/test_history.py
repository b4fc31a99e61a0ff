"""The demonstration: every state is there, the money adds up at every moment, and nothing real is in it."""

import re
from collections import Counter
from datetime import timedelta

import pytest
from demonstration_loaded import PUBLIC_URL, Loaded
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session
from stdnum.cn import uscc

from accounts.models import Organisation, User
from accounts.passwords import matches
from audit import verification as trail_verification
from audit.models import AuditEvent
from demonstration.accounts import PASSWORD
from demonstration.history import is_loaded, load
from demonstration.script import script
from foundation.clock import now
from foundation.errors import Conflict
from ledger import verification
from ledger.models import Transfer
from orders.models import Confirmation, Order, OrderState
from performance.actuals import of_table
from performance.models import TargetState, TargetTable
from policies.uscc import check_uscc
from providers.categories import categories
from providers.models import Certification, CertificationState, OfferingState, OfferingVersion
from settlement.checking import check
from settlement.models import Batch, BatchOrder, BatchState, Statement
from vouchers.models import ClaimState, Programme, ProgrammeState, Voucher, VoucherClaim, VoucherState

pytestmark = pytest.mark.clock


def states(session: Session, column) -> Counter:
    return Counter(session.scalars(select(column)))


def test_an_order_stands_in_every_state(told: Session) -> None:
    assert set(states(told, Order.state)) == set(OrderState)


def test_certifications_stand_in_many_states(told: Session) -> None:
    found = states(told, Certification.state)
    assert found[CertificationState.CERTIFIED] == 4
    assert {
        CertificationState.DRAFT,
        CertificationState.SUBMITTED,
        CertificationState.IN_REVIEW,
        CertificationState.MORE_INFORMATION,
        CertificationState.PUBLIC_NOTICE,
        CertificationState.RENEWAL_DUE,
        CertificationState.EXPIRED,
    } <= set(found)
    assert told.scalar(text("SELECT count(*) FROM objections WHERE answer IS NULL")) == 1


def test_programmes_claims_and_vouchers_show_their_ways(told: Session) -> None:
    assert states(told, Programme.state) == {
        ProgrammeState.CLOSED: 2,
        ProgrammeState.OPEN: 1,
        ProgrammeState.ANNOUNCED: 1,
    }
    assert {ClaimState.ALLOTTED, ClaimState.WAITING, ClaimState.LAPSED} <= set(states(told, VoucherClaim.state))
    assert {VoucherState.ISSUED, VoucherState.HELD, VoucherState.USED_EXPIRED} <= set(states(told, Voucher.state))


def test_the_open_programme_has_five_million(told: Session) -> None:
    programme = told.scalars(select(Programme).where(Programme.state == ProgrammeState.OPEN)).one()
    amounts = select(Transfer.amount).where(Transfer.programme_id == programme.id, Transfer.kind == "appropriate")
    assert sorted(told.scalars(amounts)) == [200_000_000, 300_000_000]


def test_offerings_fill_every_category(told: Session) -> None:
    listed = told.scalars(select(OfferingVersion).where(OfferingVersion.state == OfferingState.LISTED)).all()
    assert len(listed) >= 45
    assert {each.category for each in listed} == set(categories())
    assert all(each.source for each in listed)
    assert all(each.charged_price <= each.list_price <= each.market_price for each in listed)
    assert set(OfferingState) - {OfferingState.DRAFT} == set(states(told, OfferingVersion.state))


def test_the_twenty_four_bank_products_and_the_five_online_services_are_there(told: Session) -> None:
    sources = Counter(told.scalars(select(OfferingVersion.source)))
    assert sum(count for source, count in sources.items() if "银行信贷精准对接" in source) == 24
    assert sum(count for source, count in sources.items() if "线上服务有关工作" in source) == 5


def test_the_money_adds_up_and_nothing_was_ever_below_zero(told: Session) -> None:
    report = verification.verify(told)
    assert report.faults == []
    assert report.transfers > 50
    for moment in told.scalars(select(Transfer.posted_at).order_by(Transfer.posted_at)).all()[::7]:
        assert verification.verify(told, at=moment).faults == []


def test_the_trail_is_sealed_and_whole(told: Session) -> None:
    report = trail_verification.verify(told)
    assert report.faults == []
    assert (report.unsealed, report.sealed) == (0, report.events + report.transfers)


def test_the_trail_is_in_the_order_of_time(told: Session) -> None:
    moments = told.scalars(select(AuditEvent.at).order_by(AuditEvent.sequence)).all()
    assert list(moments) == sorted(moments)
    assert moments[-1] < now()


def test_every_row_of_the_trail_has_the_moment_of_its_deed(told: Session) -> None:
    for batch in told.scalars(select(Batch).where(Batch.approved_at.is_not(None))):
        events = select(AuditEvent.at).where(AuditEvent.subject_id == batch.id, AuditEvent.action == "batch.approve")
        assert abs(told.scalars(events).one() - batch.approved_at) < timedelta(minutes=1)
    (table,) = told.scalars(select(TargetTable).where(TargetTable.state == TargetState.APPROVED))
    last = told.scalar(select(func.max(AuditEvent.at)).where(AuditEvent.subject_id == table.id))
    assert abs(last - table.approved_at) < timedelta(minutes=1)


def test_batches_and_statements(told: Session) -> None:
    assert states(told, Batch.state) == {BatchState.PAID: 2, BatchState.REVIEWED: 1, BatchState.CALCULATED: 1}
    statements = told.scalars(select(Statement)).all()
    assert statements
    assert sum(each.total for each in statements if each.corrects_id is None) == told.scalar(
        select(func.sum(Transfer.amount)).where(Transfer.kind == "pay")
    )
    # One was taken back, by one person who asked and another who carried it out.
    (red,) = [each for each in statements if each.corrects_id]
    assert red.content["prepared_by"] != red.content["approved_by"]
    # A batch that waits for the treasury pays only a part of an order, with a reason.
    (part,) = told.scalars(select(BatchOrder).where(BatchOrder.withheld > 0))
    assert part.batch.state is BatchState.REVIEWED
    for each in statements:
        found = check(told, each.number)
        assert found is not None
        assert found.intact


def test_the_target_table_shows_figures_from_records(told: Session) -> None:
    table = told.scalars(select(TargetTable).where(TargetTable.state == TargetState.APPROVED)).one()
    figures = {row_id: actual.value for row_id, actual in of_table(told, table).items()}
    assert sum(1 for value in figures.values() if value) >= 4
    assert told.scalar(select(func.count()).where(TargetTable.state == TargetState.DRAFT)) == 1


def test_ratings_differ(told: Session) -> None:
    assert {2, 3, 4, 5} <= set(told.scalars(select(Confirmation.rating)))


def test_codes_are_valid_and_evidently_invented(told: Session) -> None:
    for organisation in told.scalars(select(Organisation)):
        assert check_uscc(organisation.uscc).valid
        assert organisation.uscc[8:15] == "0000000"
        assert re.search("演示|样例|虚构", organisation.name)


def test_no_other_text_holds_a_code(told: Session) -> None:
    known = set(told.scalars(select(Organisation.uscc)))
    texts = script().model_dump_json()
    for found in re.findall(r"[0-9A-HJ-NPQRTUWXY]{18}", texts):
        assert found in known or uscc.calc_check_digit(found[:-1]) != found[-1]


def test_every_account_has_the_password(told: Session, loaded: Loaded) -> None:
    users = {user.email: user for user in told.scalars(select(User))}
    assert set(users) == {account.email for account in loaded.accounts}
    for account in loaded.accounts[:2] + loaded.accounts[-2:]:
        assert matches(users[account.email], PASSWORD)


def test_it_says_how_far_it_is(loaded: Loaded) -> None:
    done, total = loaded.heard[-1]
    assert done == total == len(loaded.heard)


def test_it_is_loaded_once(told: Session) -> None:
    assert is_loaded(told)
    with pytest.raises(Conflict):
        load(told, lambda *_: None, public_url=PUBLIC_URL)


def test_an_empty_database_holds_no_demonstration(session: Session) -> None:
    assert not is_loaded(session)
