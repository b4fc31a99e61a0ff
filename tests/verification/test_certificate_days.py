"""A claim of a provider whose certificate does not hold, or did not on the days that matter, goes to a person."""

from datetime import timedelta

import factories as make
import pytest
from claim_cases import claim, claimed
from order_cases import Scene
from sqlalchemy import select
from sqlalchemy.orm import Session

from foundation.clock import end_of, now, today, travel
from foundation.errors import BadInput
from orders.models import OrderState
from providers import standing
from providers.certificate_days import uncertified
from providers.models import BreakKind, Certification
from verification import deciding
from verification.answers import Answer, Outcome
from verification.queries import case

pytestmark = pytest.mark.clock


@pytest.fixture
def certificate(session: Session, scene: Scene) -> Certification:
    """The certificate of the scene's provider."""
    return session.scalars(select(Certification).where(Certification.organisation_id == scene.provider.id)).one()


def answer(session: Session, scene: Scene, number: str) -> Answer:
    """What the officer's page says of the certificate."""
    (found,) = [each for each in case(session, scene.officer, number).answers if each.id == "certificate"]
    return found


def test_a_certified_provider_passes(session: Session, scene: Scene) -> None:
    assert answer(session, scene, claimed(scene).number).outcome is Outcome.PASS


@pytest.mark.parametrize("end", [standing.suspend, standing.revoke])
def test_a_provider_may_claim_but_is_never_passed_silently(
    session: Session, scene: Scene, certificate: Certification, end
) -> None:
    order = scene.order_in(OrderState.CONFIRMED)
    end(session, scene.reviewer, certificate, note="抽查发现材料不实")
    claim(scene, order)
    found = answer(session, scene, order.number)
    assert found.outcome is Outcome.REFER
    assert today().isoformat() in found.text % found.params
    with pytest.raises(BadInput) as refused:
        deciding.verify(session, scene.officer, order.number)
    assert refused.value.field == "note"
    deciding.verify(session, scene.officer, order.number, note="服务在暂停之前完成")
    assert order.state is OrderState.VERIFIED


def test_a_suspension_that_is_over_is_still_told(session: Session, scene: Scene, certificate: Certification) -> None:
    standing.suspend(session, scene.reviewer, certificate, note="核查")
    standing.reinstate(session, scene.reviewer, certificate, note="核查完毕")
    order = claimed(scene)
    assert answer(session, scene, order.number).outcome is Outcome.REFER


def test_a_lapsed_certificate(session: Session, scene: Scene, certificate: Certification) -> None:
    order = claimed(scene)
    certificate.valid_to = today() - timedelta(days=1)
    session.flush()
    found = answer(session, scene, order.number)
    assert (found.outcome, "没有有效的认定" in found.text) == (Outcome.REFER, True)


def test_days_before_between_and_after(session: Session, scene: Scene, certificate: Certification) -> None:
    begun = now()
    with travel(begun + timedelta(days=10)):
        standing.suspend(session, scene.reviewer, certificate, note="核查")
        suspended = today()
    with travel(begun + timedelta(days=20)):
        standing.reinstate(session, scene.reviewer, certificate, note="核查完毕")
        reinstated = today()
    with travel(begun + timedelta(days=30)):
        standing.revoke(session, scene.reviewer, certificate, note="核查")
        revoked = today()
    day = timedelta(days=1)
    assert certificate.valid_from is not None
    with travel(begun + timedelta(days=40)):
        looked = [
            certificate.valid_from - day,
            certificate.valid_from,
            suspended - day,
            suspended,
            reinstated,
            reinstated + day,
            revoked - day,
            revoked,
            today(),
        ]
        found = {each.day: each.kind for each in uncertified(session, scene.provider.id, looked)}
    assert found == {
        looked[0]: None,
        suspended: BreakKind.SUSPENDED,
        reinstated: BreakKind.SUSPENDED,
        revoked: BreakKind.REVOKED,
        looked[-1]: BreakKind.REVOKED,
    }


def test_suspended_and_then_revoked_is_one_break_after_the_other(
    session: Session, scene: Scene, certificate: Certification
) -> None:
    standing.suspend(session, scene.reviewer, certificate, note="核查")
    with travel(end_of(today() + timedelta(days=4))):
        standing.revoke(session, scene.reviewer, certificate, note="属实")
        (found,) = uncertified(session, scene.provider.id, [today() + timedelta(days=9)])
    assert found.kind is BreakKind.REVOKED


def test_a_provider_that_never_had_one(session: Session) -> None:
    provider = make.provider(session, certified=False)
    assert [each.kind for each in uncertified(session, provider.id, [today(), today()])] == [None]


def test_the_officer_has_no_key_for_a_claim_of_a_suspended_provider(
    session: Session, scene: Scene, certificate: Certification
) -> None:
    order = claimed(scene)
    standing.suspend(session, scene.reviewer, certificate, note="核查")
    found = case(session, scene.officer, order.number)
    assert [each.id for each in found.answers if each.outcome is not Outcome.PASS] == ["certificate"]
