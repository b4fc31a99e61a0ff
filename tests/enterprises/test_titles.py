"""The register of titles: whose, from which day to which, and what a revocation takes back."""

from datetime import date, timedelta

import factories
import pytest
from sqlalchemy.exc import IntegrityError

from audit.models import AuditEvent
from enterprises import titles
from enterprises.models import TitleLevel
from foundation.actors import Role
from foundation.clock import at, today, travel
from foundation.constraints import as_domain_error
from foundation.errors import BadInput, Conflict, NotFound

pytestmark = pytest.mark.clock


@pytest.fixture
def officer(session):
    return factories.actor(session, factories.bureau(session), Role.OFFICER)


@pytest.fixture
def enterprise(session):
    return factories.enterprise(session, title=None)


def entered(session, actor, enterprise, **changes):
    facts = {
        "uscc": enterprise.uscc,
        "level": TitleLevel.SRDI,
        "batch": "第三批",
        "document": "工信部企业函〔2021〕197号",
        "valid_from": date(2024, 3, 1),
        "valid_to": date(2027, 2, 28),
    }
    return titles.register(session, actor, **facts | changes)


def test_a_mistyped_code_is_told_as_such(session, officer, enterprise):
    wrong = enterprise.uscc[:-1] + ("0" if enterprise.uscc[-1] != "0" else "1")
    with pytest.raises(BadInput) as refused:
        entered(session, officer, enterprise, uscc=wrong)
    assert (refused.value.field, refused.value.rule) == ("uscc", "GB 32100-2015")


def levels(session, enterprise, day):
    return [title.level for title in titles.titles_on(session, enterprise.id, day)]


@pytest.mark.parametrize(
    "typed",
    [
        str.lower,
        lambda code: f"  {code} ",
        lambda code: "".join(chr(ord(letter) + 0xFEE0) for letter in code),
        lambda code: "".join(chr(ord(letter) + 0xFEE0) for letter in code.lower()),
    ],
    ids=["small letters", "blanks", "full width", "full width and small"],
)
def test_the_code_counts_however_it_was_typed(session, officer, enterprise, typed):
    assert entered(session, officer, enterprise, uscc=typed(enterprise.uscc)).organisation is enterprise
    assert [title.organisation for title in titles.page(session, officer, words=typed(enterprise.uscc)).rows] == [
        enterprise
    ]


@pytest.mark.parametrize("code", ["110000", "350000"])
def test_a_bureau_enters_nothing_outside_its_region(session, officer, code):
    """Another region's and the one above it; a bureau above enters for the regions below."""
    stranger = factories.enterprise(session, title=None, code=code)
    with pytest.raises(BadInput) as refusal:
        entered(session, officer, stranger)
    assert refusal.value.field == "uscc"
    nation = factories.actor(session, factories.bureau(session, "100000"), Role.OFFICER)
    title = entered(session, nation, stranger)
    with pytest.raises(NotFound):
        titles.revoke(session, officer, title_id=title.id, reason="不归我管")
    assert title not in titles.page(session, officer).rows


def test_only_enterprises_hold_titles(session, officer):
    with pytest.raises(BadInput) as refusal:
        entered(session, officer, factories.provider(session))
    assert refusal.value.field == "uscc"


def test_first_and_last_day_count(session, officer, enterprise):
    entered(session, officer, enterprise)
    days = [date(2024, 2, 29), date(2024, 3, 1), date(2027, 2, 28), date(2027, 3, 1)]
    assert [bool(levels(session, enterprise, day)) for day in days] == [False, True, True, False]


def test_a_period_does_not_end_before_it_begins(session, officer, enterprise):
    with pytest.raises(BadInput) as refusal:
        entered(session, officer, enterprise, valid_to=date(2024, 2, 29))
    assert refusal.value.field == "valid_to"
    one_day = entered(session, officer, enterprise, valid_to=date(2024, 3, 1))
    assert levels(session, enterprise, date(2024, 3, 1)) == [one_day.level]


def test_where_periods_overlap_the_highest_title_comes_first(session, officer, enterprise):
    entered(session, officer, enterprise)
    entered(session, officer, enterprise, level=TitleLevel.LITTLE_GIANT, valid_from=date(2025, 1, 1))
    # Renewed early: the same title twice for some days.
    entered(session, officer, enterprise, valid_from=date(2027, 1, 1), valid_to=date(2029, 12, 31))
    assert levels(session, enterprise, date(2024, 12, 31)) == [TitleLevel.SRDI]
    assert levels(session, enterprise, date(2027, 1, 15)) == [
        TitleLevel.LITTLE_GIANT,
        TitleLevel.SRDI,
        TitleLevel.SRDI,
    ]
    assert titles.title_on(session, enterprise.id, date(2028, 2, 29)) is TitleLevel.SRDI
    held = titles.levels_on(session, [enterprise.id, officer.organisation_id], date(2027, 1, 15))
    assert held == {enterprise.id: {TitleLevel.LITTLE_GIANT, TitleLevel.SRDI}}


def test_the_same_grant_is_entered_once(session, officer, enterprise):
    entered(session, officer, enterprise)
    with pytest.raises(IntegrityError) as broken, session.begin_nested():
        entered(session, officer, enterprise, document="另一份文件")
    assert as_domain_error(broken.value).field == "valid_from"


def test_a_revocation_counts_from_its_day_on(session, officer, enterprise):
    title = entered(session, officer, enterprise)
    with travel(at(date(2025, 6, 1), 0, 0)):
        titles.revoke(session, officer, title_id=title.id, reason="复核不合格")
        assert levels(session, enterprise, today()) == []
        assert levels(session, enterprise, today() - timedelta(days=1)) == [TitleLevel.SRDI]
        with pytest.raises(Conflict):
            titles.revoke(session, officer, title_id=title.id, reason="再来一次")
    noted = session.query(AuditEvent).filter_by(subject_id=title.id, action="title.revoke").one()
    assert (noted.note, noted.after) == ("复核不合格", {"revoked_on": "2025-06-01"})


def test_what_has_ended_is_not_revoked(session, officer, enterprise):
    title = entered(session, officer, enterprise)
    with travel(at(date(2027, 3, 1), 0, 0)), pytest.raises(Conflict):
        titles.revoke(session, officer, title_id=title.id, reason="太晚")


def test_two_officers_revoke_once(sessions, session, officer, enterprise):
    title = entered(session, officer, enterprise, valid_to=today() + timedelta(days=1))
    session.commit()
    with sessions() as other:
        stale = titles.find(other, officer, title.id)
        assert stale.revoked_on is None
        other.commit()
        titles.revoke(session, officer, title_id=title.id, reason="复核不合格")
        session.commit()
        with pytest.raises(Conflict):
            titles.revoke(other, officer, title_id=title.id, reason="复核不合格")
