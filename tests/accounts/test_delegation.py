"""A bureau acts for itself: one above sees, and acts only by delegation, which stands at each deed."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import factories as make
import pytest
from claim_cases import claimed
from deed_cases import ALL_DEEDS, BATCH_DEEDS, PROGRAMME_DEEDS
from order_cases import Scene
from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts import delegation
from accounts.models import Delegation, Organisation
from audit.models import AuditEvent
from files.store import FolderStore, using
from foundation.actors import Actor, Role
from foundation.clock import now, today, travel
from foundation.errors import BadInput, Conflict, DomainError, NotAllowed, NotFound

pytestmark = pytest.mark.clock


@pytest.fixture(autouse=True)
def _store(tmp_path: Path) -> Iterator[None]:
    with using(FolderStore(tmp_path / "files")):
        yield


@pytest.fixture
def scene(session: Session) -> Scene:
    return Scene(session)


def delegate(scene: Scene, to: Organisation, **changes: object) -> Delegation:
    facts = {
        "to_bureau_id": to.id,
        "programme_id": None,
        "valid_from": today(),
        "valid_to": today() + timedelta(days=30),
        "reason": "人手不足",
    }
    return delegation.give(scene.session, scene.reviewer, **(facts | changes))  # type: ignore[arg-type]


OF_THE_ASKING_OFFICE = {"close", "revoke a voucher", "undo"}


@pytest.mark.parametrize("name", ALL_DEEDS)
@pytest.mark.parametrize("code", ["350000", "100000"])
def test_an_upper_bureau_acts_only_by_delegation(session: Session, scene: Scene, name: str, code: str) -> None:
    upper = make.bureau(session, code)
    deed = ALL_DEEDS[name]
    run = deed.prepare(scene)
    person = make.actor(session, upper, deed.role)
    with pytest.raises(NotAllowed, match="只能查看"), session.begin_nested():
        run(person)
    given = delegate(scene, upper)
    delegation.end(session, scene.reviewer, given.id)
    with pytest.raises(NotAllowed, match="只能查看"), session.begin_nested():
        run(person)
    delegate(scene, upper)
    if name in OF_THE_ASKING_OFFICE:
        # What the bureau's own first person asked is carried out by its own second person; others may only decline it.
        with pytest.raises(NotAllowed, match="提出单位"):
            run(person)
        return
    run(person)
    told = session.scalars(select(AuditEvent).where(AuditEvent.user_id == person.user_id)).all()
    office = f"{upper.name}（受{scene.bureau.name}委托办理）"
    assert told
    assert {event.organisation for event in told} == {office}
    assert {event.organisation_id for event in told} == {upper.id}


@pytest.mark.parametrize("name", [*PROGRAMME_DEEDS, *BATCH_DEEDS])
def test_another_bureau_of_the_same_city_does_not_act_in_its_programmes(
    session: Session, scene: Scene, name: str
) -> None:
    deed = ALL_DEEDS[name]
    run = deed.prepare(scene)
    person = make.actor(session, make.bureau(session), deed.role)
    with pytest.raises(NotAllowed, match="只能查看"):
        run(person)


def test_whoever_does_not_see_it_is_told_nothing(session: Session, scene: Scene) -> None:
    run = ALL_DEEDS["verify"].prepare(scene)
    stranger = make.actor(session, make.bureau(session, "110000"), Role.OFFICER)
    with pytest.raises(NotFound):
        run(stranger)


def test_a_region_without_a_bureau_is_in_the_care_of_the_nearest_above(session: Session) -> None:
    province, nation = make.bureau(session, "350000"), make.bureau(session, "100000")
    enterprise = make.enterprise(session)
    region = enterprise.region
    above = make.actor(session, nation, Role.OFFICER)
    nearest = make.actor(session, province, Role.OFFICER)
    assert delegation.may_act_in(session, nearest, region)
    assert delegation.ensure_acts_in(session, nearest, region) is nearest
    assert not delegation.may_act_in(session, above, region)
    city = make.actor(session, make.bureau(session), Role.OFFICER)
    assert delegation.may_act_in(session, city, region)
    assert not delegation.may_act_in(session, nearest, region)


def test_a_delegation_for_one_programme_covers_nothing_else(session: Session, scene: Scene) -> None:
    upper = make.bureau(session, "350000")
    person = make.actor(session, upper, Role.OFFICER)
    other = Scene(session)
    other.programme.bureau_id = scene.bureau.id
    session.flush()
    delegate(scene, upper, programme_id=scene.programme.id)
    assert delegation.may_act_for(session, person, scene.bureau.id, scene.programme.id)
    assert not delegation.may_act_for(session, person, scene.bureau.id, other.programme.id)
    assert not delegation.may_act_for(session, person, scene.bureau.id)
    assert not delegation.may_act_in(session, person, scene.bureau.region)


def test_it_holds_from_its_first_to_its_last_day(session: Session, scene: Scene) -> None:
    upper = make.bureau(session, "350000")
    person = make.actor(session, upper, Role.OFFICER)
    delegate(scene, upper, valid_from=today() + timedelta(days=2), valid_to=today() + timedelta(days=3))
    held = []
    for days in range(5):
        with travel(now() + timedelta(days=days)):
            held.append(delegation.may_act_for(session, person, scene.bureau.id))
    assert held == [False, False, True, True, False]


def reviewer_of(scene: Scene, code: str) -> Actor:
    return make.actor(scene.session, make.bureau(scene.session, code), Role.REVIEWER)


def test_who_gives_and_to_whom(session: Session, scene: Scene) -> None:
    upper, far = make.bureau(session, "350000"), make.bureau(session, "430000")
    refused: list[tuple[DomainError, str | None]] = []
    for to, changes in (
        (far, {}),
        (scene.bureau, {}),
        (scene.treasury, {}),
        (upper, {"valid_to": today() - timedelta(days=1)}),
        (upper, {"reason": " "}),
    ):
        with pytest.raises(BadInput) as refusal:
            delegate(scene, to, **changes)
        refused.append((refusal.value, refusal.value.field))
    assert [field for _, field in refused] == ["to_bureau", "to_bureau", "to_bureau", "valid_to", "reason"]
    given = delegate(scene, upper)
    scene.reviewer, reviewer = scene.officer, scene.reviewer
    with pytest.raises(NotAllowed, match="复审"):
        delegate(scene, upper)
    with pytest.raises(NotAllowed, match="复审"):
        delegation.end(session, scene.officer, given.id)
    with pytest.raises(NotFound):
        delegation.end(session, reviewer_of(scene, "350000"), given.id)
    delegation.end(session, reviewer, given.id)
    with pytest.raises(Conflict, match="已经终止"):
        delegation.end(session, reviewer, given.id)


def test_desks_list_what_one_may_act_on(session: Session, scene: Scene, sign_in) -> None:
    upper = make.bureau(session, "350000")
    order = claimed(scene)
    browser = sign_in(make.member(session, upper, Role.OFFICER))
    address = f"/claims/{order.number}"
    assert address not in browser.get("/").text
    assert address in browser.get("/claims").text, "an upper bureau sees it in its lists"
    assert f'action="{address}/verify"' not in browser.get(address).text
    delegate(scene, upper)
    session.commit()
    assert address in browser.get("/").text
    assert f'action="{address}/verify"' in browser.get(address).text


def test_the_page_gives_lists_and_ends(session: Session, scene: Scene, sign_in) -> None:
    upper = make.bureau(session, "350000")
    own = sign_in(make.member(session, scene.bureau, Role.REVIEWER))
    page = own.get("/delegations").text
    assert f'<option value="{upper.id}">' in page
    assert scene.programme.number in page
    facts = {
        "to_bureau": str(upper.id),
        "programme": str(scene.programme.id),
        "valid_from": today().isoformat(),
        "valid_to": "",
        "reason": "人手不足",
    }
    refused = own.post("/delegations", data=facts)
    assert (refused.status_code, "人手不足" in refused.text) == (422, True)
    assert own.post("/delegations", data=facts | {"valid_to": today().isoformat()}).status_code == 303
    given = session.scalars(select(Delegation)).one()
    received = sign_in(make.member(session, upper, Role.OFFICER)).get("/delegations").text
    for text in (own.get("/delegations").text, received):
        assert scene.programme.name in text
        assert "人手不足" in text
    assert f'action="/delegations/{given.id}/end"' not in received
    officer = sign_in(make.member(session, scene.bureau, Role.OFFICER))
    assert officer.post("/delegations", data=facts | {"valid_to": today().isoformat()}).status_code == 403
    assert own.post(f"/delegations/{given.id}/end").status_code == 303
    session.refresh(given)
    assert given.ended_at is not None
    assert "已终止" in own.get("/delegations").text
    trail = sign_in(make.member(session, scene.bureau, Role.AUDITOR)).get("/audit").text
    assert "委托其他主管部门办理" in trail
    assert "终止委托办理" in trail
