"""The administrator: sees what waits, unlocks accounts, ends memberships, and admits only where nobody else could."""

from datetime import timedelta

import factories as make
import pytest
from factories import actor_of, enterprise, member, organisation
from sqlalchemy.orm import Session

from accounts.lockout import unlock
from accounts.models import Membership, MembershipState, OrganisationKind
from accounts.registration import admit, remove
from foundation.actors import Role
from foundation.clock import now
from foundation.errors import Conflict, NotAllowed, NotFound

pytestmark = pytest.mark.clock


@pytest.fixture
def administrator(session: Session) -> Membership:
    return member(session, organisation(session, OrganisationKind.OPERATOR, "运营方"), Role.ADMINISTRATOR)


def asking(session: Session, *, managed: bool) -> Membership:
    """Somebody who asks to join an enterprise that has a manager or none."""
    firm = enterprise(session)
    if managed:
        member(session, firm, Role.ENTERPRISE_MANAGER)
    found = member(session, firm, Role.ENTERPRISE_MEMBER)
    found.state = MembershipState.REQUESTED
    session.flush()
    return found


def locked(session: Session) -> Membership:
    found = member(session, enterprise(session), Role.ENTERPRISE_MANAGER)
    found.user.locked_until = now() + timedelta(minutes=10)
    session.flush()
    return found


def test_home_says_what_waits_and_what_others_have(session, sign_in, administrator: Membership) -> None:
    alone, waiting, shut = asking(session, managed=False), asking(session, managed=True), locked(session)
    page = sign_in(administrator).get("/").text
    mine, _, others = page.partition("我在等待")
    for found in (alone, shut):
        assert f"{found.user.name} · {found.organisation.name}" in mine
    assert f"{waiting.user.name} · {waiting.organisation.name}" in others
    assert "解除锁定" in mine
    assert "有效账号" in mine
    assert "待同意加入" in mine
    assert "已锁定的账号" in mine


def test_admits_only_where_there_is_no_manager(session: Session, administrator: Membership) -> None:
    actor = actor_of(administrator)
    alone, waiting = asking(session, managed=False), asking(session, managed=True)
    assert admit(session, actor, alone.id, yes=True).state is MembershipState.ACTIVE
    with pytest.raises(NotAllowed):
        admit(session, actor, waiting.id, yes=True)
    assert waiting.state is MembershipState.REQUESTED


def test_unlocks_and_is_recorded(session, sign_in, administrator: Membership) -> None:
    shut = locked(session)
    browser = sign_in(administrator)
    assert "已锁定" in browser.get("/members?standing=locked").text
    assert browser.post(f"/members/{shut.id}/unlock", data={}).status_code == 303
    session.expire_all()
    assert shut.user.locked_until is None
    assert browser.post(f"/members/{shut.id}/unlock", data={}).status_code == 409
    with pytest.raises(Conflict):
        unlock(session, actor_of(administrator), shut.id)
    manager = make.actor(session, shut.organisation, Role.ENTERPRISE_MANAGER)
    with pytest.raises(NotFound):
        unlock(session, manager, shut.id)


def test_ends_memberships_of_any_organisation_but_not_the_own(session: Session, administrator: Membership) -> None:
    other = member(session, enterprise(session), Role.ENTERPRISE_MANAGER)
    remove(session, actor_of(administrator), other.id)
    assert other.state is MembershipState.ENDED
    stranger = member(session, enterprise(session), Role.ENTERPRISE_MANAGER)
    with pytest.raises(NotFound):
        remove(session, actor_of(member(session, enterprise(session), Role.ENTERPRISE_MANAGER)), stranger.id)


def test_people_are_found_by_name_organisation_and_standing(session, sign_in, administrator: Membership) -> None:
    waiting, other = asking(session, managed=True), locked(session)
    browser = sign_in(administrator)
    by_firm = browser.get("/members", query_string={"q": waiting.organisation.name}).text
    assert waiting.user.email in by_firm
    assert other.user.email not in by_firm
    assert "等单位管理员同意" in by_firm
    assert other.user.email in browser.get("/members?standing=locked").text
    assert "没有符合条件" in browser.get("/members?q=nobody-at-all").text
