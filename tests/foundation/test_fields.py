"""The fields of every form: invisible signs go, days and numbers have a span, and each refusal says its reason."""

from datetime import date
from typing import Any

import pytest
from flask import Flask
from werkzeug.datastructures import MultiDict
from wtforms.validators import InputRequired, Optional

from foundation.clock import today
from foundation.fields import CodeField, DayField, LineField, NotBefore, NumberField, SolidField, WholeField
from foundation.forms import Form, YuanField

pytestmark = pytest.mark.clock


class Sample(Form):
    name = LineField("name", [InputRequired("missing")])
    phone = CodeField("phone", [Optional()])
    uscc = SolidField("uscc", [Optional()])
    start = DayField("start", [Optional()], years_ahead=10)
    end = DayField("end", [Optional(), NotBefore("start")], years_ahead=10, open_end=True)
    count = WholeField("count", [Optional()], least=1, most=1000)
    share = NumberField("share", [Optional()], least=0, most=100, places=None)
    price = YuanField("price", [Optional()])


@pytest.fixture(autouse=True)
def request_context(app: Flask):
    with app.test_request_context(method="POST"):
        yield


def sent(**fields: str) -> Sample:
    form = Sample(MultiDict({"name": "x", **fields}))
    form.validate()
    return form


def faults(name: str, typed: str) -> str:
    return "；".join(sent(**{name: typed})[name].errors)


@pytest.mark.parametrize("name", ["\u200b\u200b", "\ufeff", " \u202e\u202c ", "\u3164"])
def test_a_name_of_signs_that_nobody_sees_is_missing(name: str) -> None:
    assert sent(name=name).name.errors == ["missing"]


def test_an_invisible_sign_is_no_part_of_what_is_stored_or_shown_again() -> None:
    name = sent(name="厦门\u200b（集团）  公司\ufeff").name
    assert (name.data, name.errors) == ("厦门（集团） 公司", [])
    assert "\u200b" not in str(name())


def test_a_control_character_is_refused_in_words_and_gone_when_shown_again() -> None:
    name = sent(name="厦门\x1b公司").name
    assert "第 3 个字符是控制字符（U+001B）" in name.errors[0]
    assert "\x1b" not in str(name())
    assert "厦门公司" in str(name())


def test_codes_fold_widths_and_solid_ones_lose_blanks() -> None:
    form = sent(phone="（０５９２）７７０３７００", uscc="9135 0200 ＭＡ\u202d")
    assert (form.phone.data, form.uscc.data) == ("(0592)7703700", "91350200MA")


@pytest.mark.parametrize(
    "typed", ["2026-11-20", "２０２６-11-20", "2026/11/20", "2026.11.20", "2026年11月20日", "\u200b2026-11-20"]
)
def test_days_are_read_as_people_write_them(typed: str) -> None:
    form = sent(start=typed)
    assert (form.start.data, form.start.errors) == (date(2026, 11, 20), [])
    assert form.start._value() == typed


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("12026-01-01", "应为四位数字"),
        ("202-01-01", "应为四位数字"),
        ("0000-01-01", "应为四位数字"),
        ("0001-01-01", "日期应在 1949-10-01 至"),
        ("0202-01-01", "日期应在"),
        ("1949-09-30", "日期应在"),
        ("9999-12-31", "不能填长期"),
        ("9999-12-30", "日期应在"),
        ("2026-02-30", "没有“2026-02-30”这一天"),
        ("昨天", "不是日期"),
    ],
)
def test_a_day_that_cannot_be_is_refused_in_words(typed: str, words: str) -> None:
    form = sent(start=typed)
    assert words in form.start.errors[0]
    assert len(form.start.errors) == 1
    assert form.start._value() == typed


def test_the_horizon_is_included_and_moves_with_the_years() -> None:
    last = today().year + 10
    assert sent(start=f"{last}-12-31").start.errors == []
    assert sent(start=f"{last + 1}-01-01").start.errors


def test_an_end_may_be_open_where_the_form_says_so() -> None:
    assert sent(start="2026-01-01", end="9999-12-31").end.data == date.max


def test_two_days_of_a_window_fit_with_the_same_day_included() -> None:
    assert sent(start="2026-01-02", end="2026-01-02").end.errors == []
    assert "应不早于“start”（2026-01-02）" in sent(start="2026-01-02", end="2026-01-01").end.errors[0]


@pytest.mark.parametrize("typed", ["NaN", "sNaN", "Infinity", "-inf", "1e400", "1e2", "1_0", "一", "9" * 5000])
@pytest.mark.parametrize("name", ["count", "share"])
def test_only_digits_make_a_number(name: str, typed: str) -> None:
    assert "不是" in faults(name, typed)


@pytest.mark.parametrize(("name", "typed"), [("count", "0"), ("count", "1001"), ("share", "-0.1"), ("share", "100.01")])
def test_a_number_out_of_its_range_is_told_the_range(name: str, typed: str) -> None:
    assert "请填写" in faults(name, typed)


@pytest.mark.parametrize(
    ("name", "typed", "value"),
    [("count", "１０００", 1000), ("share", "12．5\u200b", 12.5), ("price", "１０００．５", 100050)],
)
def test_full_width_digits_are_digits(name: str, typed: str, value: Any) -> None:
    form = sent(**{name: typed})
    assert (form[name].data, list(form[name].errors)) == (value, [])
