"""The read models of all rooms: facts and codes alone, the same again from their JSON, and all that lists take."""

import ast
import importlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from babel.messages.pofile import read_po
from factories import member
from flask import Flask, template_rendered
from flask.testing import FlaskClient as Browser
from listed_cases import House
from order_cases import person
from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.people_reading import MemberRow
from accounts.reading import DelegationRow, SecondPersonAsked
from audit.reading import HistoryEvent
from documents.exports import Listing
from foundation.actors import Role
from foundation.database import Base
from foundation.pages import Page
from foundation.reading import ReadModel
from notices.case_reading import ObjectionOfNotice, Objector
from notices.publishing import publish
from orders.case_reading import OrderCase, StepTaken
from orders.models import Order
from orders.reading import EarlierOrder
from providers.case_reading import CertificationCase, CertificationToFill, NoticeOfCertification
from providers.models import Certification
from providers.offering_reading import CheckedPrice, OfferingCase, OfferingToChange, PeerService
from settlement.calculation_reading import WorkedLine, WorkedStep
from settlement.case_reading import AwardToDecide, BatchOfCase, LeftOut, RedLetter
from settlement.models import Statement
from settlement.reading import ReadyRow
from settlement.statement_reading import (
    CorrectionAsked,
    PaperExcluded,
    PaperStep,
    StatementOfCase,
    StatementPaper,
    TakenBackBy,
)
from verification.case_reading import ClaimCase, EarlierDecision, LastUndone, UndoAsked
from vouchers.case_reading import ClaimInLine
from web.reading import EventRow
from working_days.year_reading import EnteredYear

ROOT = Path(__file__).resolve().parents[2]
PLATFORM = ROOT / "platform"
ROOMS = sorted(path.parent.name for path in PLATFORM.glob("*/reading.py") if path.parent.name != "foundation")
EXPORTS = sorted(path.parent.name for path in PLATFORM.glob("*/exports.py") if path.parent.name != "documents")

PAGES = (
    *(
        "/titles",
        "/programmes",
        "/programmes/{programme}",
        "/programmes/{programme}/claims",
        "/programmes/{programme}/money/pool",
    ),
    *("/vouchers", "/vouchers/{voucher}", "/certifications", "/offerings", "/notices", "/targets", "/targets/{table}"),
    *("/orders/{order}", "/claims/{order}"),
    *("/notices/{notice}", "/targets/{table}/rows/ind05-srdi", "/account"),
    *("/batches/{batch}", "/batches/{batch}/orders/{order}", "/statements/{statement}", "/verify/{statement}"),
    *("/certifications/{certification}", "/offerings/{offering}"),
    *("/catalogue/{offering}", "/catalogue/{offering}/order", "/providers/{provider}"),
    *("/orders", "/records", "/claims", "/batches", "/statements", "/audit"),
)


def models_of(room: str) -> list[type[ReadModel]]:
    """The read models that a room declares."""
    names = sorted(path.stem for path in (PLATFORM / room).glob("*reading.py"))
    return [
        each
        for module in (importlib.import_module(f"{room}.{name}") for name in names)
        for each in vars(module).values()
        if isinstance(each, type) and issubclass(each, ReadModel) and each.__module__ == module.__name__
    ]


SELDOM = {
    *(EarlierDecision, LastUndone, UndoAsked, ClaimInLine, DelegationRow, SecondPersonAsked),
    *(EnteredYear, MemberRow, ObjectionOfNotice, Objector),
    *(CertificationToFill, CheckedPrice, EarlierOrder, NoticeOfCertification, OfferingToChange, PeerService),
    *(AwardToDecide, CorrectionAsked, LeftOut, PaperExcluded, ReadyRow, RedLetter, TakenBackBy),
}
"""What only things in doubt, taken back or still to be decided show; the pages' own tests have those."""
WRITTEN: dict[type[ReadModel], tuple[str, ...]] = {
    CertificationCase: ("history",),
    OfferingCase: ("history",),
    BatchOfCase: ("history", "left_out", "lines", "scheme_title"),
    StatementOfCase: ("content",),
    StatementPaper: ("scheme_title", "steps"),
    PaperStep: ("citation",),
    WorkedLine: ("steps",),
    WorkedStep: ("citation",),
}
"""What rules and papers said when they were applied or issued; it stays as it was written."""
MODELS = [model for room in ROOMS for model in models_of(room)]


def read_models_in(value: Any) -> Iterator[ReadModel]:
    """All read models in what a template is given, those within others too."""
    if isinstance(value, ReadModel):
        yield value
        for name in type(value).model_fields:
            yield from read_models_in(getattr(value, name))
    elif isinstance(value, Page):
        yield from read_models_in(value.rows)
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from read_models_in(each)
    elif isinstance(value, Sequence) and not isinstance(value, str | bytes):
        for each in value:
            yield from read_models_in(each)


def texts_in(value: Any) -> Iterator[str]:
    """All strings of a JSON value, keys not."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from texts_in(each)


@pytest.fixture
def shown(app: Flask, session: Session, sign_in: Callable[..., Browser]) -> list[ReadModel]:
    """What the pages of a house with one of everything give their templates, for its officer and an enterprise."""
    house = House(session)
    order = session.scalars(select(Order)).first()
    assert order is not None
    statement = session.scalars(select(Statement)).one()
    certificate = session.scalars(
        select(Certification).where(Certification.organisation_id == house.scene.provider.id)
    ).one()
    notice = publish(
        session,
        house.scene.officer,
        subject=house.scene.offering,
        title=house.scene.provider.name,
        body=house.scene.provider.name,
        working_days=5,
    )
    found: list[ReadModel] = []

    def note(_app: Flask, context: dict[str, Any], **_rest: object) -> None:
        found.extend(read_models_in(context))

    people = (
        member(session, house.scene.bureau, Role.OFFICER),
        member(session, house.scene.bureau, Role.AUDITOR),
        person(session, order.enterprise_id, Role.ENTERPRISE_MEMBER),
    )
    with template_rendered.connected_to(note, app):
        for each in people:
            browser = sign_in(each)
            for pattern in PAGES:
                browser.get(
                    pattern.format(
                        programme=house.scene.programme.number,
                        table=house.table.id,
                        voucher=order.voucher.number,
                        order=order.number,
                        notice=notice.number,
                        batch=statement.batch.number,
                        certification=certificate.number,
                        offering=house.scene.offering.number,
                        provider=house.scene.provider.uscc,
                        statement=statement.number,
                    )
                )
    return found


def test_read_models_on_pages_are_facts_and_lead_back_from_json(shown: list[ReadModel]) -> None:
    with (ROOT / "translations/en/LC_MESSAGES/messages.po").open("rb") as file:
        words = {message.id for message in read_po(file) if isinstance(message.id, str) and message.id}
    for row in shown:
        told = json.loads(row.model_dump_json())
        assert type(row).model_validate_json(json.dumps(told)) == row
        if isinstance(row, EventRow | HistoryEvent | StepTaken | OrderCase | ClaimCase):
            # Who it was, also the system, and what was said stays as it was written into the trail.
            told.pop("steps", None)
            told.pop("history", None)
            told = {name: value for name, value in told.items() if name not in {"person", "organisation", "note"}}
        for written in WRITTEN.get(type(row), ()):
            told.pop(written)
        assert not words & set(texts_in(told)), "a read model says codes; words are put on where it is shown"
    assert {type(row) for row in shown} == set(MODELS) - SELDOM


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_read_models_are_strict_frozen_and_know_no_tables(model: type[ReadModel]) -> None:
    assert model.model_config["strict"]
    assert model.model_config["frozen"]
    assert model.model_config["extra"] == "forbid"
    schema = json.dumps(model.model_json_schema(mode="serialization"))
    assert '"type": "number"' not in schema, "figures and amounts are strings"
    for name, field in model.model_fields.items():
        assert "Any" not in str(field.annotation), f"{model.__name__}.{name}"


@pytest.mark.parametrize("room", EXPORTS)
def test_columns_of_files_read_a_read_model_and_nothing_of_the_tables(room: str) -> None:
    module = importlib.import_module(f"{room}.exports")
    known = vars(module).values()
    assert not [each for each in known if isinstance(each, type) and issubclass(each, Base | Session)]
    listings = [each for each in known if isinstance(each, Listing)]
    assert listings
    assert [each.of for each in listings if each.of not in MODELS] == []
    # The annotation is what lets mypy hold each column against the read model.
    tree = ast.parse((PLATFORM / room / "exports.py").read_text(encoding="utf8"))
    annotated = {
        ast.unparse(node.annotation)
        for node in tree.body
        if isinstance(node, ast.AnnAssign) and "Listing" in ast.unparse(node.annotation)
    }
    assert annotated == {f"Final[Listing[{each.of.__name__}]]" for each in listings}
