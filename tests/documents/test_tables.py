"""Spreadsheets: numbers add up, text never runs."""

import csv
from datetime import UTC, date, datetime
from decimal import Decimal
from io import BytesIO, StringIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from documents.tables import Yuan, write_csv, write_xlsx

ATTACKS = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    " =1",
    "＝1",
    '=HYPERLINK("http://x","y")',
    "=cmd|' /C calc'!A0",
]


def read_xlsx(data: bytes):
    return load_workbook(BytesIO(data)).active


def read_csv(data: bytes, encoding: str = "utf-8-sig"):
    return list(csv.reader(StringIO(data.decode(encoding), newline="")))


@pytest.mark.parametrize("attack", ATTACKS)
def test_no_text_becomes_a_formula(attack):
    for cell in (row[0] for row in read_xlsx(write_xlsx([attack], [[attack]])).iter_rows()):
        assert cell.data_type == "s"
        assert cell.quotePrefix
    assert all(row[0].startswith("'") for row in read_csv(write_csv([attack], [[attack]])))


def test_values_keep_their_kind():
    moment = datetime(2026, 11, 20, 2, 30, tzinfo=UTC)
    row = ["甲𠮷", 3, Decimal("0.5"), Yuan(-12_345), date(2026, 1, 2), moment, None, "", 10**20, "001"]
    headers = [f"列{n}" for n in range(len(row))]
    cells = read_xlsx(write_xlsx(headers, [row], title="a/b:c"))[2]
    values = [cell.value for cell in cells]
    assert values[:4] == ["甲𠮷", 3, 0.5, -123.45]
    assert values[4:6] == [datetime(2026, 1, 2), datetime(2026, 11, 20, 10, 30)]  # noqa: DTZ001 - cells know no zone
    assert values[6:] == [None, None, str(10**20), "001"]
    assert "0.00" in cells[3].number_format
    assert read_csv(write_csv(headers, [row]))[1] == [
        "甲𠮷", "3", "0.5", "-123.45", "2026-01-02", "2026-11-20 10:30", "", "", str(10**20), "001",
    ]  # fmt: skip


def test_each_cell_has_its_own_value_and_a_word_is_no_error():
    rows = [[Yuan(100), Yuan(200), "#N/A", date(2026, 1, n)] for n in (1, 2)]
    sheet = read_xlsx(write_xlsx(["甲", "乙", "丙", "丁"], rows))
    assert [[cell.value for cell in row[:3]] for row in sheet.iter_rows(min_row=2)] == [[1, 2, "#N/A"]] * 2
    assert [row[3].value.day for row in sheet.iter_rows(min_row=2)] == [1, 2]
    assert sheet["C2"].data_type == "s"


def test_csv_opens_as_chinese_in_spreadsheets():
    assert write_csv(["名称"], []).startswith(b"\xef\xbb\xbf")
    assert read_csv(write_csv(["名称"], [["喆𠮷"]], encoding="gb18030"), "gb18030") == [["名称"], ["喆𠮷"]]


def test_too_long_a_text_is_cut_visibly():
    cell = read_xlsx(write_xlsx(["x"], [["长" * 40_000]]))["A2"].value
    assert len(cell) == 32_767
    assert cell.endswith("〔共 40000 字，此处截断〕")


def test_head_is_fixed_and_filtered():
    sheet = read_xlsx(write_xlsx(["甲", "乙"], [["1", 2]] * 300))
    assert sheet.freeze_panes == "A2"
    assert sheet.auto_filter.ref == "A1:B301"
    assert sheet["A1"].font.bold


def test_a_moment_needs_its_zone():
    with pytest.raises(ValueError, match="time zone"):
        write_csv(["x"], [[datetime(2026, 1, 1)]])  # noqa: DTZ001 - the point of the test


@settings(max_examples=50)
@given(st.lists(st.text(), min_size=1, max_size=3))
def test_any_text_survives(texts):
    rows = [texts]
    assert read_xlsx(write_xlsx(texts, rows, title=texts[0])).max_row in {1, 2}
    assert len(read_csv(write_csv(texts, rows))) == 2
