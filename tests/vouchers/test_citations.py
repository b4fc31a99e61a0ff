"""A programme cites what it really stands on: a changed rule is the programme's own, and so are all under another document."""

import factories
import pytest
from sqlalchemy.orm import Session
from voucher_factories import open_programme, terms

from foundation.actors import Role
from foundation.clock import today
from vouchers import programmes
from vouchers.deduction import deduct
from vouchers.forms import ProgrammeForm, from_preset
from vouchers.models import Programme
from vouchers.presets import presets
from vouchers.terms import Terms

pytestmark = pytest.mark.clock

PRESET = presets()["xiamen-2021"]


def drawn(base: Terms, **changes) -> Terms:
    return Terms.model_validate(base.model_dump() | changes).drawn_from(base)


@pytest.mark.parametrize(
    ("changes", "lost"),
    [
        ({}, set()),
        ({"titles": tuple(reversed(PRESET.starting(today()).titles))}, set()),
        ({"deduction_percent": 37}, {"deduction_percent"}),
        ({"cap_per_enterprise": 33_333_33}, {"cap_per_enterprise"}),
        ({"record_calendar_days": 10}, {"service_records"}),
        ({"contracts_to": PRESET.starting(today()).expires_on}, {"contract_window"}),
        ({"excluded_categories": (), "partial_use": False}, {"excluded_categories", "partial_use"}),
        ({"document": "关于发放2026年第七批服务券的通知"}, set(PRESET.terms["citations"])),
        ({"document_number": "厦工信企业〔2026〕77号"}, set(PRESET.terms["citations"])),
    ],
)
def test_what_was_changed_is_the_programmes_own(changes, lost):
    base = PRESET.starting(today())
    made = drawn(base, **changes)
    assert set(base.citations) - set(made.citations) == lost
    assert all(made.cited(rule) is None for rule in lost)


def test_the_worked_deduction_cites_nothing_for_a_changed_share():
    made = drawn(PRESET.starting(today()), deduction_percent=37)
    prices = {"list_price": 1000, "charged_price": 1000, "available": 1000}
    assert deduct(made, category="cloud", **prices).rule is None


@pytest.mark.parametrize("name", presets())
def test_a_form_sent_as_it_came_keeps_all_citations(app, session: Session, name):
    """Whatever the form does to values on the way: an unchanged rule stands in the notice."""
    base = presets()[name].starting(today())
    with app.test_request_context():
        form = ProgrammeForm(data=from_preset(presets()[name], base))
        assert form.terms(base).citations == base.citations


def test_an_own_programme_shows_its_own_document_and_number(session: Session, sign_in, client):
    bureau, treasury = factories.bureau(session), factories.treasury(session)
    officer, reviewer = (factories.member(session, bureau, role) for role in (Role.OFFICER, Role.REVIEWER))
    base = PRESET.starting(today())
    with client.application.test_request_context():
        form = ProgrammeForm(
            data=from_preset(PRESET, base)
            | {"document": "关于发放2026年第七批服务券的通知", "document_number": "厦工信企业〔2026〕77号"}
        )
        rules = form.terms(base)
    facts = {"name": "第七批", "summary": "s", "scheme_id": "xiamen-2021", "treasury_uscc": treasury.uscc}
    made = programmes.draft(session, factories.actor_of(officer), terms=rules, **facts)
    programmes.check(session, factories.actor_of(reviewer), made)
    programmes.announce(session, factories.actor_of(officer), made)
    page = client.get(f"/programmes/{made.number}").text
    assert "关于发放2026年第七批服务券的通知（厦工信企业〔2026〕77号）" in page
    assert "一（三）" not in page
    assert "原方案" not in page
    assert 'name="document_number"' in sign_in(officer).get(f"/programmes/{made.number}/edit").text
    assert session.get_one(Programme, made.id).versions[0].terms["document_number"] == "厦工信企业〔2026〕77号"


def test_a_later_version_drops_what_it_changes(session: Session):
    cited = {"partial_use": {"article": "三", "says": "可用于多个订单"}, "titles": {"article": "一", "says": "称号"}}
    first = terms(citations=cited)
    second = drawn(first, partial_use=False)
    assert set(second.citations) == {"titles"}
    assert set(drawn(second, partial_use=True).citations) == {"titles"}, "nothing comes back by itself"


def test_what_differs_from_the_notice_is_called_the_programmes_own(session: Session, client):
    """Every programme pays after verification and begins with a claim, although Xiamen's notice knows neither."""
    page = client.get(f"/programmes/{open_programme(session).programme.number}").text
    for rule, value in {
        "怎样开始": "先申领服务券，再用服务券下单",
        "哪些机构可以提供服务": "本平台上认定有效的服务机构",
        "不同称号可选的服务": "不按称号区分",
        "总额怎样计算": "按服务券抵扣的金额计",
        "服务价款何时支付": "核销并经财政批准以后支付，不预付",
    }.items():
        row = next(part for part in page.split("<tr>") if rule in part)
        assert value in row
        assert "本项目设定" in row
