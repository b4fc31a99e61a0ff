"""The statement as a reader meets it: text, figures, fonts, pages, bytes."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from io import BytesIO
from threading import Thread
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from documents.canonical import canonical_hash, canonical_json
from documents.statement import CalculationStep, ExcludedOrder, IncludedOrder, render_statement
from foundation.money import MAX_FEN
from settlement.checking import recomputed_hash


def test_says_everything_and_can_be_searched(make_statement, flat):
    content = make_statement()
    text = flat(render_statement(content))
    for expected in (
        content.number,
        content.issuer,
        content.title,
        content.organisation,
        content.uscc,
        "2026-01-01至2026-06-30",
        "¥600,100.53",
        "人民币陆拾万零壹佰元伍角叁分",
        "京经信发〔2021〕34号",
        "融资类服务不列入",
        "王喆",
        "李镕",
        "出具日期2026-11-20",
        content.verification_url,
        canonical_hash(content),
        "第1页共1页",
    ):
        assert expected in text, expected


@pytest.mark.parametrize("name", ["喆", "镕", "䶮", "𬭸", "𠮷", "𪚥", "㛃", "豈"])
def test_rare_characters_are_drawn_and_found(make_statement, flat, name):
    assert f"一{name}公司" in flat(render_statement(make_statement(organisation=f"一{name}公司")))


@pytest.mark.parametrize(
    ("typed", "printed"),
    [
        ("甲😀乙", "甲〔U+1F600〕乙"),
        ("甲\u202e乙", "甲〔U+202E〕乙"),
        ("甲\u200f乙", "甲〔U+200F〕乙"),
        ("甲\x07乙", "甲〔U+0007〕乙"),
        ("甲\x00乙", "甲〔U+0000〕乙"),
        ("甲\ud800乙", "甲〔U+D800〕乙"),
        ("</font><b>&amp;&#65;<a href='x'>", "</font><b>&amp;&#65;<ahref='x'>"),
        ("9" * 40, "9" * 40),
        ("a" * 300, "a" * 300),
    ],
)
def test_what_people_type_is_printed_harmlessly(make_statement, flat, typed, printed):
    content = make_statement(
        organisation=typed, steps=[CalculationStep("1", typed, typed, 5)], total=5, prepared_by=typed, number=typed
    )
    assert flat(render_statement(content)).count(printed) >= 4


def test_text_stays_inside_the_margins(make_statement):
    long = "长" * 120 + "9" * 120
    content = make_statement(
        organisation=long,
        excluded=[ExcludedOrder(long, long, long, long)],
        orders=[IncludedOrder(long, long, long, MAX_FEN, MAX_FEN, MAX_FEN)],
    )
    starts = []

    def note(text, cm, tm, _font, _size):
        if text.strip():
            starts.append((cm[0] * tm[4] + cm[2] * tm[5] + cm[4], cm[1] * tm[4] + cm[3] * tm[5] + cm[5]))

    for page in PdfReader(BytesIO(render_statement(content))).pages:
        page.extract_text(visitor_text=note)
    assert len(starts) > 30
    assert all(56 <= x < 595 - 56 and 30 < y < 842 - 30 for x, y in starts)


def test_long_tables_repeat_their_head_on_every_page(make_statement, page_texts):
    pages = page_texts(render_statement(make_statement(lines=300, order_count=0, excluded=())))
    assert len(pages) > 6
    assert all("计算" in page and "依据" in page for page in pages)
    assert all(f"第 {number} 页 共 {len(pages)} 页" in page for number, page in enumerate(pages, start=1))
    assert all("京经信结〔2026〕第000127号" in page and "¥90,000,100.53" in page for page in pages)
    numbers = [f"第{n}项" for n in range(1, 301)]
    assert all(number in "".join(pages) for number in numbers)


@pytest.mark.parametrize("lower", range(5))
def test_rows_stay_whole_and_no_page_has_a_second_head(make_statement, page_texts, lower):
    steps = [CalculationStep(str(n), f"起{n}" + "长" * 80 + f"止{n}完", "条", 5) for n in range(18)]
    name = "\n".join(["甲"] * (lower + 1))
    pages = page_texts(
        render_statement(make_statement(organisation=name, steps=steps, total=5, orders=(), excluded=()))
    )
    assert len(pages) > 1
    assert all(page.count("序号 计算 依据 金额") <= 1 for page in pages)
    assert all(any(f"起{n}长" in page and f"止{n}完" in page for page in pages) for n in range(18))


def test_a_cell_longer_than_a_page_goes_on(make_statement, flat):
    reason = "".join(chr(0x4E00 + n) for n in range(6000))
    text = flat(render_statement(make_statement(excluded=[ExcludedOrder("1", "甲", "乙", reason)])))
    assert all(character in text for character in reason)


def test_red_letter_names_the_original_and_goes_below_zero(make_statement, flat):
    text = flat(render_statement(make_statement(sign=-1, red_letter_of="京经信结〔2026〕第000100号")))
    assert "服务补助结算单（红字）" in text
    assert "冲减结算单京经信结〔2026〕第000100号" in text
    assert "−¥600,100.53" in text
    assert "人民币负陆拾万零壹佰元伍角叁分" in text


def test_negative_amounts_are_red(make_statement):
    red = "0.701961 0.14902 0.117647 rg"
    drawn = [
        PdfReader(BytesIO(render_statement(content))).pages[0].get_contents().get_data().decode("latin-1")
        for content in (make_statement(), make_statement(sign=-1, red_letter_of="1"))
    ]
    assert [red.replace("0.", ".") in page.replace("0.", ".") for page in drawn] == [False, True]


def test_bilingual_headings(make_statement, flat):
    text = flat(render_statement(make_statement(language="bilingual")))
    assert "Settlementstatement" in text
    assert "Workedcalculation" in text
    assert "Settlement" not in flat(render_statement(make_statement()))


@pytest.mark.parametrize(
    "changes",
    [
        {"total": 1},
        {"steps": []},
        {"red_letter_of": "1"},
        {"period_end": date(2025, 12, 31)},
    ],
)
def test_contradictions_are_not_printed(make_statement, changes):
    with pytest.raises(ValueError, match=r"must be the total|red-letter|ends before"):
        make_statement(**changes)


def test_money_goes_back_only_by_red_letter(make_statement):
    with pytest.raises(ValueError, match="red-letter"):
        make_statement(sign=-1)


def test_same_content_same_bytes(make_statement, monkeypatch):
    content = make_statement(order_count=40)
    first = render_statement(content)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1")
    assert render_statement(content) == first
    assert render_statement(replace(content, prepared_by="赵六")) != first


def test_threads_do_not_disturb_each_other(make_statement):
    contents = [make_statement(organisation=f"公司{n}𠮷", lines=n + 1) for n in range(6)]
    expected = [render_statement(content) for content in contents]
    printed: dict[int, bytes] = {}
    threads = [
        Thread(target=lambda n=n: printed.update({n: render_statement(contents[n])})) for n in range(len(contents))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [printed[n] for n in range(len(contents))] == expected


def test_fonts_are_embedded_subsets(make_statement):
    pdf = render_statement(make_statement(organisation="𠮷𪚥公司"))
    fonts = {}
    for page in PdfReader(BytesIO(pdf)).pages:
        for font in page["/Resources"]["/Font"].values():
            fonts[font["/BaseFont"].lstrip("/")] = font
    assert {name.split("+")[1] for name in fonts} == {"NotoSansSC-Regular", "NotoSansSC-Bold", "BabelStoneHanRare"}
    for name, font in fonts.items():
        assert len(name.split("+")[0]) == 6
        assert len(font["/FontDescriptor"]["/FontFile2"].get_data()) < 400_000
    assert len(pdf) < 200_000


def test_metadata(make_statement):
    reader = PdfReader(BytesIO(render_statement(make_statement())))
    assert reader.metadata.title == "服务补助结算单 京经信结〔2026〕第000127号"
    assert reader.metadata.author == "北京市经济和信息化局"
    assert "北京喆镕服务平台有限公司" in reader.metadata.subject
    assert reader.metadata.creation_date == datetime(2026, 11, 20, 10, 30, tzinfo=ZoneInfo("Asia/Shanghai"))
    assert reader.trailer["/Root"]["/Lang"] == "zh-CN"


def test_hash_is_of_what_is_said_not_of_how_it_is_shown(make_statement):
    content = make_statement()
    same = replace(
        content,
        language="bilingual",
        verification_url="https://elsewhere.example",
        issued_at=content.issued_at.astimezone(ZoneInfo("Asia/Shanghai")),
        steps=tuple(content.steps),
    )
    assert canonical_hash(same) == canonical_hash(content)
    assert canonical_hash(replace(content, uscc="91110108MA01A2B3C5")) != canonical_hash(content)
    # Pinned: statements that are out must stay verifiable, those from before some of the content was there too.
    assert canonical_hash(content) == "b0f29bc63ec8de9565660a0edb999a5261dac3c936b3657bfe607dd20aced5a2"
    older = json.loads(canonical_json(content))
    del older["reviewed_by"], older["orders"][0]["subsidy"]
    assert recomputed_hash(older) == "0e01b4a570ed5e43f54be8de367dc2c4b97e2897628c16077570922ac8055f6e"
    assert '"issued_at":"2026-11-20T02:30:00+00:00"' in canonical_json(content)


def test_a_moment_needs_its_zone(make_statement):
    with pytest.raises(ValueError, match="time zone"):
        canonical_hash(make_statement(issued_at=datetime(2026, 11, 20)))  # noqa: DTZ001 - the point of the test


@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])
@given(text=st.text(max_size=80), other=st.text(max_size=400))
def test_any_text_at_all_can_be_printed(make_statement, text, other):
    content = make_statement(
        number=text,
        issuer=text,
        title=other,
        organisation=other,
        uscc=text,
        prepared_by=text,
        verification_url="https://huiqi.example/" + text,
        steps=[CalculationStep(text, other, text, 0)],
        total=0,
        orders=[IncludedOrder(text, other, text, 1, 1, 1)],
        excluded=[ExcludedOrder(text, text, other, text)],
        issued_at=datetime(2026, 1, 1, tzinfo=UTC),
    )
    assert render_statement(content).startswith(b"%PDF-")


@pytest.mark.parametrize("count", range(1, 30))
def test_a_sum_never_stands_alone_on_a_page(make_statement, count):
    """Wherever the page ends, what is summed up ends on the page of the sum."""
    orders = tuple(IncludedOrder(f"DD-{place:04d}", "企业", "服务", 100, 50, 50) for place in range(count))
    pages = [page.extract_text() for page in PdfReader(BytesIO(render_statement(make_statement(orders=orders)))).pages]
    (last,) = [page for page in pages if f"合计 {count} 项" in page]
    assert f"DD-{count - 1:04d}" in last
