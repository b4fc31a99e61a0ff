"""Every case says at its head where it stands: the step now marked, with who has it and since when."""

import re
from collections.abc import Callable, Iterator
from datetime import date, datetime
from pathlib import Path

import pytest
from claim_cases import Office, claimed
from order_cases import Scene, person
from sqlalchemy import select
from sqlalchemy.orm import Session

from audit.trail import record
from files.store import FolderStore, using
from foundation.actors import Role
from foundation.clock import CHINA, day_of, now, today, travel
from orders.models import OrderState
from performance import tables
from providers.models import Certification, CertificationState, OfferingState
from verification import deciding
from verification.checks import LABELS
from vouchers.models import ClaimState, VoucherClaim
from web.filters import age, lasting

pytestmark = pytest.mark.clock


@pytest.fixture(autouse=True)
def _store(tmp_path: Path) -> Iterator[None]:
    with using(FolderStore(tmp_path / "files")):
        yield


def _certification(session: Session, scene: Scene) -> str:
    found = session.scalars(select(Certification).where(Certification.organisation_id == scene.provider.id)).one()
    found.state, found.valid_from = CertificationState.SUBMITTED, None
    return f"/certifications/{found.number}"


def _offering(_session: Session, scene: Scene) -> str:
    scene.offered.state = OfferingState.IN_REVIEW
    return f"/offerings/{scene.offering.number}"


def _returned(session: Session, scene: Scene) -> str:
    order = claimed(scene)
    deciding.send_back(session, scene.officer, order.number, marks=[next(iter(LABELS))], reason="incomplete", note=None)
    return f"/claims/{order.number}"


def _batch(session: Session, scene: Scene) -> str:
    order = claimed(scene)
    deciding.verify(session, scene.officer, order.number, note="已核对")
    return f"/batches/{Office(session, scene).batch().number}"


def _table(session: Session, scene: Scene) -> str:
    made = tables.create(session, scene.clerk, template_id="beijing-2021-annex4", year=today().year)
    return f"/targets/{made.id}"


def _programme(session: Session, scene: Scene) -> str:
    record(session, scene.officer, "programme.open", scene.programme)
    return f"/programmes/{scene.programme.number}"


CASES: list[tuple[Role, Callable[[Session, Scene], str], str]] = [
    (Role.OFFICER, lambda _session, scene: f"/orders/{scene.order_in(OrderState.CONTRACTED).number}", "{provider}"),
    (Role.OFFICER, lambda _session, scene: f"/claims/{claimed(scene).number}", "{bureau}"),
    (Role.OFFICER, _returned, "{provider}"),
    (Role.OFFICER, _certification, "主管部门初审"),
    (Role.OFFICER, _offering, "主管部门"),
    (Role.OFFICER, _batch, "{bureau}"),
    (Role.OFFICER, _programme, "{bureau}"),
    (Role.PROVIDER_MEMBER, _table, "{provider}"),
]


def marked(page: str) -> str:
    """The step now marked."""
    found = re.findall(r'<li class="step step-current" aria-current="step">(.*?)</li>', page, re.DOTALL)
    assert len(found) == 1, "one step is marked"
    return str(found[0])


@pytest.mark.parametrize(("role", "make", "holder"), CASES)
def test_the_step_now_marked_has_a_holder_and_an_age(session, sign_in, role, make, holder) -> None:
    scene = Scene(session)
    address = make(session, scene)
    side = scene.provider if role is Role.PROVIDER_MEMBER else scene.bureau
    step = marked(sign_in(person(session, side.id, role)).get(address).text)
    names = {"provider": scene.provider.name, "bureau": scene.bureau.name}
    assert f'<span class="step-holder">{holder.format(**names)}</span>' in step
    assert [day_of(datetime.fromisoformat(moment)) for moment in re.findall(r'datetime="([^"]+)"', step)] == [today()]
    assert '<span class="step-age">今天开始</span>' in step


def test_an_enterprise_sees_where_its_claim_for_a_voucher_stands(session, sign_in) -> None:
    scene = Scene(session)
    voucher = scene.voucher()
    claim = session.get_one(VoucherClaim, voucher.claim_id)
    claim.state, claim.allotted, claim.queued_at = ClaimState.WAITING, 0, now()
    enterprise = sign_in(person(session, voucher.enterprise_id, Role.ENTERPRISE_MANAGER))
    step = marked(enterprise.get(f"/programmes/{scene.programme.number}/claim").text)
    assert f'<span class="step-holder">{scene.bureau.name}</span>' in step
    assert "今天开始" in step


def test_what_began_on_friday_did_not_begin_today_on_a_sunday(app) -> None:
    with travel(datetime(2026, 11, 29, 9, tzinfo=CHINA)), app.test_request_context():
        friday, thursday = date(2026, 11, 27), date(2026, 11, 26)
        assert (lasting(friday), age(friday)) == ("已 2 天，都是休息日", "2 天前")
        assert (lasting(thursday), age(thursday)) == ("已 1 个工作日", "1 个工作日前")
        assert (lasting(today()), age(today())) == ("今天开始", "今天")
