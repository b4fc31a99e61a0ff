"""A character that no font draws is told where it is typed: which one, where, and how it will be printed."""

import pytest
from flask import Flask
from werkzeug.datastructures import MultiDict
from wtforms import TextAreaField
from wtforms.validators import Optional

from accounts.forms import JoinForm, RegisterForm
from documents.printed import Printed
from foundation.fields import LineField
from foundation.forms import Form


class Sample(Form):
    name = LineField("name", [Printed()])
    text = TextAreaField("text", [Optional(), Printed()])


@pytest.fixture(autouse=True)
def request_context(app: Flask):
    with app.test_request_context(method="POST"):
        yield


def faults(**typed: str) -> list[str]:
    form = Sample(MultiDict(typed))
    form.validate()
    return [fault for field in form for fault in field.errors]


@pytest.mark.parametrize(
    ("character", "code"),
    [("\U0002ebf0", "〔U+2EBF0〕"), ("\U00031350", "〔U+31350〕"), ("\ue81e", "〔U+E81E〕"), ("😀", "〔U+1F600〕")],
)
def test_it_is_told_once_with_its_place_and_taken_the_second_time(character: str, code: str) -> None:
    name = f"厦门{character}记"
    (fault,) = faults(name=name)
    assert f"第 3 个字“{character}”没有可用的字形，PDF 文件上会印成{code}" in fault
    assert faults(name=name) == []
    assert len(faults(name=f"{name}号")) == 1


@pytest.mark.parametrize("name", ["喆镕䶮𠮷公司", "𬎆𰻝鿿", "厦门（集团）ABC ①№～", ""])
def test_what_the_fonts_have_is_not_spoken_of(name: str) -> None:
    assert faults(name=name, text=f"{name}\r\n\t{name}") == []


def test_a_long_text_is_looked_at_too() -> None:
    assert "第 2 个字" in faults(name="x", text="甲\ue81e\n乙")[0]


def test_names_are_looked_at_when_somebody_registers() -> None:
    for form, field in ((RegisterForm, "name"), (RegisterForm, "person"), (JoinForm, "person")):
        assert any(isinstance(one, Printed) for one in getattr(form, field).args[1])
