"""Every check: a case that passes, one that just fails or is referred, and one in which the fact is unknown."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from providers.certificate_days import Uncertified
from providers.models import BreakKind
from verification.answers import Outcome
from verification.cases import AgreementFacts, BilledFacts, CaseFacts, Party
from verification.checks import CHECKS, LABELS, failing, referred, run
from verification.invoices import Invoice, normal_number, same_party, well_formed

pytestmark = pytest.mark.clock

PROVIDER = Party("厦门服务平台有限公司", "91350200MA31234567")
ENTERPRISE = Party("厦门精密有限公司", "91350200MA37654321")
INVOICE = Invoice("24352000000000000001", date(2021, 12, 1), 10_000_000, PROVIDER.name, ENTERPRISE.uscc, True)
AGREEMENT = AgreementFacts(date(2021, 11, 20), True, True, False)
CLEAN = CaseFacts(
    provider=PROVIDER,
    enterprise=ENTERPRISE,
    list_price=12_000_000,
    charged_price=10_000_000,
    deduction=5_000_000,
    market_price=12_000_000,
    third_party=False,
    agreement=AGREEMENT,
    contracts_from=date(2021, 11, 5),
    contracts_to=date(2021, 12, 31),
    expires_on=date(2022, 6, 30),
    records=2,
    contested=0,
    unconfirmed=0,
    delivered=(date(2021, 11, 20), date(2021, 12, 1)),
    has_process=True,
    has_result=True,
    confirmed=True,
    rating=3,
    today=date(2021, 12, 2),
    invoices=(BilledFacts(INVOICE, used=INVOICE.amount, left=INVOICE.amount),),
)
P, R, F = Outcome.PASS, Outcome.REFER, Outcome.FAIL


def agreed(**changes: Any) -> dict[str, Any]:
    return {"agreement": replace(AGREEMENT, **changes)}


def billed(**changes: Any) -> dict[str, Any]:
    invoice = replace(INVOICE, **changes)
    return {"invoices": (BilledFacts(invoice, used=invoice.amount, left=invoice.amount),)}


def using(used: int, left: int, taken_back: int = 0) -> dict[str, Any]:
    return {"invoices": (BilledFacts(INVOICE, used, left, taken_back),)}


CASES: list[tuple[str, dict[str, Any], Outcome]] = [
    ("certificate", {}, P),
    ("certificate", {"uncertified": (Uncertified(date(2021, 12, 2)),)}, R),
    ("agreement", {}, P),
    ("agreement", agreed(enterprise_confirmed=False), F),
    ("agreement", agreed(provider_confirmed=False), F),
    ("agreement", {"agreement": None}, F),
    ("tripartite", {}, P),
    ("tripartite", {"third_party": True} | agreed(tripartite=True), P),
    ("tripartite", {"third_party": True}, F),
    ("tripartite", {"third_party": True, "agreement": None}, F),
    ("contract_window", agreed(signed_on=date(2021, 11, 5)), P),
    ("contract_window", agreed(signed_on=date(2021, 11, 4)), F),
    ("contract_window", agreed(signed_on=date(2021, 12, 31)), P),
    ("contract_window", agreed(signed_on=date(2022, 1, 1)), F),
    ("contract_window", {"agreement": None}, R),
    ("records", {}, P),
    ("records", {"records": 0}, F),
    ("records", {"contested": 1}, F),
    ("records", {"unconfirmed": 1}, R),
    ("records", {"has_process": False}, F),
    ("records", {"has_result": False}, F),
    ("service_dates", {}, P),
    ("service_dates", {"delivered": (date(2021, 11, 19),)}, F),
    ("service_dates", {"delivered": (date(2022, 6, 30),)}, P),
    ("service_dates", {"delivered": (date(2022, 7, 1),)}, R),
    ("service_dates", {"delivered": ()}, R),
    ("result_confirmed", {}, P),
    ("result_confirmed", {"confirmed": False}, F),
    ("rating", {}, P),
    ("rating", {"rating": 2}, R),
    ("rating", {"rating": None}, F),
    ("price", {}, P),
    ("price", {"list_price": 12_000_001}, F),
    ("price", {"market_price": 0}, R),
    ("invoice_number", {}, P),
    ("invoice_number", billed(number="2435200000000000001"), F),
    ("invoice_number", billed(number="03500210021112345678"), F),
    ("invoice_number", {"invoices": ()}, R),
    ("invoice_unused", {}, P),
    ("invoice_unused", using(10_000_000, 0), F),
    ("invoice_unused", using(6_000_000, 6_000_000), P),
    ("invoice_unused", using(6_000_001, 6_000_000), F),
    ("invoice_unused", using(10_000_000, 0, 10_000_000), F),
    ("invoice_unused", {"invoices": ()}, R),
    ("invoice_seller", {}, P),
    ("invoice_seller", billed(seller="厦门服务平台有限公司分公司"), F),
    ("invoice_seller", {"invoices": ()}, R),
    ("invoice_buyer", {}, P),
    ("invoice_buyer", billed(buyer=PROVIDER.uscc), F),
    ("invoice_buyer", {"invoices": ()}, R),
    ("invoice_amount", {}, P),
    ("invoice_amount", billed(amount=9_999_999), F),
    ("invoice_amount", {"invoices": ()}, R),
    ("invoice_date", billed(day=date(2021, 11, 20)), P),
    ("invoice_date", billed(day=date(2021, 11, 19)), F),
    ("invoice_date", billed(day=date(2021, 12, 2)), P),
    ("invoice_date", billed(day=date(2021, 12, 3)), F),
    ("invoice_date", billed(day=date(2022, 7, 1)) | {"today": date(2022, 8, 1)}, R),
    ("invoice_date", {"agreement": None} | billed(day=date(2021, 11, 4)), F),
    ("invoice_date", {"invoices": ()}, R),
    ("self_checked", {}, P),
    ("self_checked", billed(self_checked=False), F),
    ("self_checked", {"invoices": ()}, R),
    ("files_elsewhere", {}, P),
    ("files_elsewhere", {"files_elsewhere": 1}, R),
]


@pytest.mark.parametrize(("check", "changes", "outcome"), CASES)
def test_check(check: str, changes: dict[str, Any], outcome: Outcome) -> None:
    answers = {answer.id: answer for answer in run(replace(CLEAN, **changes))}
    assert answers[check].outcome is outcome
    assert answers[check].text % answers[check].params
    assert answers[check].rule


def test_a_clean_case_passes_the_whole_list() -> None:
    answers = run(CLEAN)
    assert [answer.id for answer in answers] == [check.id for check in CHECKS] == list(LABELS)
    assert not failing(answers)
    assert not referred(answers)


def test_every_check_is_tried_both_ways() -> None:
    for check in LABELS:
        assert {P} < {outcome for name, _, outcome in CASES if name == check}, check


def test_a_break_of_the_certificate_is_told_with_its_dates() -> None:
    suspended = Uncertified(date(2021, 11, 20), BreakKind.SUSPENDED, date(2021, 11, 19), date(2021, 11, 25))
    revoked = Uncertified(date(2021, 12, 2), BreakKind.REVOKED, date(2021, 12, 1))
    for gone, words in (
        ((suspended,), ("2021-11-20 ", "2021-11-19 – 2021-11-25", "暂停状态")),
        ((revoked,), ("2021-12-02 ", "2021-12-01 –", "已撤销")),
        ((suspended, revoked), ("2021-11-20、2021-12-02 ", "2021-11-19 – 2021-11-25、2021-12-01 –")),
    ):
        (answer,) = [each for each in run(replace(CLEAN, uncertified=gone)) if each.id == "certificate"]
        told = answer.text % answer.params
        assert all(word in told for word in words), told


def test_the_programmes_own_citation_goes_before_the_general_one() -> None:
    answers = {answer.id: answer for answer in run(replace(CLEAN, rules={"records": "方案 三"}))}
    assert answers["records"].rule == "方案 三"


@pytest.mark.parametrize(
    ("number", "good"),
    [
        ("24352000000000000001", True),
        ("1234567890-12345678", True),
        ("123456789012-12345678", True),
        ("12345678901-12345678", False),
        ("1234567890-1234567", False),
        ("2435200000000000000", False),
        ("243520000000000000011", False),
        ("2435200000000000000a", False),
        ("03500210021112345678", False),
        ("243520000000-00000001", False),
        ("34352000000000000001", True),
        ("20352000000000000001", False),
        ("24362000000000000001", True),
        ("24662000000000000001", False),
        ("24952000000000000001", True),
        ("", False),
    ],
)
def test_invoice_numbers(number: str, good: bool) -> None:
    assert well_formed(number) is good


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        (" 2435 2000 0000 0000 0001 ", "24352000000000000001"),
        ("２４３５２００００００００００００００１", "24352000000000000001"),
        ("1234567890—12345678", "1234567890-12345678"),
        ("123456789012345678", "1234567890-12345678"),
        ("1234567890 12345678", "1234567890-12345678"),
        *(
            (typed, "035002100211-12345678")
            for typed in (
                "035002100211-12345678",
                "03500210021112345678",
                "035002100211 12345678",
                "０３５００２１００２１１－１２３４５６７８",
                "0350 0210 0211 1234 5678",
                "035002100211—12345678",
                "035002100211 - 12345678",
                "0350\u200b02100211\ufeff-12345678",
                "\u202d03500210021112345678\u202c",
            )
        ),
        # A dash does not make another invoice of a digital one.
        ("243520000000-00000001", "24352000000000000001"),
        ("24352000-000000000001", "24352000000000000001"),
    ],
)
def test_what_people_paste_is_one_number(typed: str, number: str) -> None:
    assert normal_number(typed) == number
    assert well_formed(number)


@pytest.mark.parametrize(
    "typed",
    [
        "12345678-035002100211",
        "12345678 035002100211",
        "12345678-1234567890",
        "发票123",
        "33000000000000000001",
    ],
)
def test_what_cannot_be_told_is_refused(typed: str) -> None:
    assert not well_formed(normal_number(typed))


def test_parties_are_known_by_name_or_code_whatever_the_width() -> None:
    assert same_party("厦门服务 （平台）公司", "厦门服务(平台)公司", "X")
    assert same_party("91350200ma31234567", "名称", "91350200MA31234567")
    assert not same_party("厦门服务", "厦门服务平台", "X")


@pytest.mark.parametrize("dot", "•‧・･．·⋅∙●")
@pytest.mark.parametrize("zero", "〇○◯")
def test_look_alikes_in_names_are_one_sign(dot: str, zero: str) -> None:
    name = "喀什买买提·吐尔逊二〇商贸有限公司"
    assert same_party(f"喀什买买提{dot}吐尔逊\u200b二{zero}商贸有限公司", name, "X")
    assert not same_party(f"喀什买买提{dot}吐尔逊二十商贸有限公司", name, "X")
