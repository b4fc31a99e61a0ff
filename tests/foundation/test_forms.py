"""The base form: blanks are nothing, secrets of no page, faults by their fields, and always an id to send it with."""

from uuid import UUID

import pytest
from flask import Flask
from werkzeug.datastructures import MultiDict
from wtforms import PasswordField, StringField
from wtforms.validators import InputRequired

from foundation.errors import BadInput, Conflict, Faults
from foundation.forms import Form, YuanField


class Sample(Form):
    name = StringField("name", [InputRequired("missing")])
    price = YuanField("price")
    password = PasswordField("password")


@pytest.fixture(autouse=True)
def request_context(app: Flask):
    with app.test_request_context(method="POST"):
        yield


def sent(**fields: str) -> Sample:
    form = Sample(MultiDict(fields))
    form.validate()
    return form


@pytest.mark.parametrize("name", ["", " ", "\t\n", "　"])
def test_blanks_are_nothing_typed(name: str) -> None:
    assert sent(name=name).name.errors == ["missing"]


def test_white_space_around_goes() -> None:
    assert sent(name=" 厦门 \n").name.data == "厦门"


@pytest.mark.parametrize(("typed", "fen", "faults"), [("1,200.50", 120050, 0), ("", None, 0), ("1.234", None, 1)])
def test_amounts_stay_as_they_were_typed(typed: str, fen: int | None, faults: int) -> None:
    price = sent(name="x", price=typed).price
    assert (price.data, price._value(), len(price.errors)) == (fen, typed, faults)


@pytest.mark.parametrize("given", [None, "", "x", "0" * 31, "01991234-5678-7abc-8def-0123456789ab"])
def test_a_submission_id_is_always_one(given: str | None) -> None:
    data = sent(name="x", **({} if given is None else {"submission_id": given})).submission_id.data
    assert UUID(data)
    if given and len(given) == 36:
        assert data == given


def test_refusals_stand_by_their_fields() -> None:
    form = sent(name="x", price="5")
    form.take(Faults([BadInput("太贵", field="price"), Conflict("变了", field="elsewhere", remedy="刷新")]))
    assert (form.price.errors, form.form_errors) == (["太贵"], ["变了；刷新"])


def test_a_password_is_never_shown_again() -> None:
    assert "hush" not in str(sent(name="x", password="hush-hush").password())
