"""The two other papers: what they say, and that they hold together on their page."""

from datetime import UTC, date, datetime
from io import BytesIO

import pytest
from pypdf import PdfReader

from documents.canonical import canonical_hash
from documents.certificate import CertificateContent, render_certificate
from documents.confirmation import ConfirmationContent, DeliveredItem, Evidence, Party, render_confirmation

MOMENT = datetime(2026, 11, 20, 2, tzinfo=UTC)


def certificate(**changes):
    facts = {
        "number": "京平台证〔2026〕第0042号",
        "issuer": "北京市经济和信息化局",
        "organisation": "北京𠮷喆服务平台有限公司",
        "uscc": "91110108MA01A2B3C4",
        "level": "市级公共服务示范平台",
        "valid_from": date(2026, 11, 20),
        "valid_to": date(2029, 11, 19),
        "document": "京经信发〔2026〕88号",
        "issued_at": MOMENT,
        "verification_url": "https://huiqi.example/verify/42",
    }
    return CertificateContent(**(facts | changes))


def confirmation(**changes):
    facts = {
        "number": "CXQR-2026-000317",
        "issuer": "北京市经济和信息化局",
        "programme": "中小企业服务券",
        "order": "DD-2026-000127",
        "service": "数字化诊断",
        "enterprise": Party("北京喆镕仪器公司", "91110108MA01A2B3C4", "王喆", MOMENT),
        "provider": Party("中关村服务平台", "91110108MA01A2B3C5", "李镕", MOMENT),
        "value": 48_000_000,
        "deducted": 30_000_000,
        "items": [DeliveredItem("诊断报告", "列出改造项 17 个")],
        "rating": "非常满意",
        "comment": "",
        "evidence": [Evidence("服务协议", "协议.pdf", "9f" * 32)],
        "issued_at": MOMENT,
        "verification_url": "https://huiqi.example/verify/317",
    }
    return ConfirmationContent(**(facts | changes))


def test_certificate_says_everything_on_one_landscape_page(flat):
    pdf = render_certificate(certificate())
    text = flat(pdf)
    for expected in (
        "北京𠮷喆服务平台有限公司",
        "市级公共服务示范平台",
        "2026年11月20日至2029年11月19日",
        "京经信发〔2026〕88号",
        canonical_hash(certificate()),
    ):
        assert expected in text, expected
    (page,) = PdfReader(BytesIO(pdf)).pages
    assert page.mediabox.width > page.mediabox.height


@pytest.mark.parametrize("name", ["长" * 60, "公司\u202e<b>&"])
def test_certificate_keeps_to_one_page_with_awkward_names(name):
    assert len(PdfReader(BytesIO(render_certificate(certificate(organisation=name)))).pages) == 1


def test_certificate_term_runs_forward():
    with pytest.raises(ValueError, match="ends before"):
        certificate(valid_to=date(2026, 1, 1))


def test_confirmation_says_everything(flat):
    text = flat(render_confirmation(confirmation()))
    for expected in (
        "北京喆镕仪器公司",
        "中关村服务平台",
        "¥480,000.00",
        "人民币叁拾万元整",
        "列出改造项17个",
        "非常满意",
        "9f" * 32,
        "王喆2026-11-2010:00".replace(" ", ""),
        canonical_hash(confirmation()),
    ):
        assert expected in text, expected


def test_long_confirmation_runs_over_pages(page_texts):
    many = [Evidence("过程记录", f"照片{n}.jpg", f"{n:064x}") for n in range(120)]
    pages = page_texts(render_confirmation(confirmation(evidence=many)))
    assert len(pages) > 3
    assert all(f"第 {number} 页 共 {len(pages)} 页" in page for number, page in enumerate(pages, start=1))


def test_same_content_same_bytes():
    assert render_certificate(certificate()) == render_certificate(certificate())
    assert render_confirmation(confirmation()) == render_confirmation(confirmation())
