"""Stored rules of another release: what is unknown is left out, what cannot be read stops its own programme only."""

import pytest
from flask.testing import FlaskClient
from order_cases import Scene
from pydantic import ValidationError
from sqlalchemy.orm import Session
from voucher_factories import open_programme, terms

from vouchers.sources import public_sources
from vouchers.terms import Terms, UnreadableTerms, current_terms, readable


def test_what_a_later_release_added_is_left_out_on_reading_and_refused_on_input(session: Session) -> None:
    programme = open_programme(session).programme
    known = current_terms(programme)
    later = {
        "from_a_later_release": 1,
        "citations": {
            "titles": {"article": "第一条", "says": "…", "page": 3},
            "a_later_rule": {"article": "", "says": ""},
        },
    }
    programme.versions[0].terms = programme.versions[0].terms | later
    read = current_terms(programme)
    assert read.model_copy(update={"citations": {}}) == known.model_copy(update={"citations": {}})
    assert read.cited("titles") == "测试方案 第一条"
    for key, value in later.items():
        with pytest.raises(ValidationError):
            Terms.model_validate(terms().for_storage() | {key: value})


def test_rules_that_cannot_be_read_take_no_other_programme_off_the_pages(session: Session, client: FlaskClient) -> None:
    sick, well = open_programme(session).programme, open_programme(session).programme
    offering = Scene(session).offering.number
    sick.versions[0].terms = sick.versions[0].terms | {"titles": ["unheard_of"]}
    session.flush()
    assert readable(sick) is None
    with pytest.raises(UnreadableTerms):
        current_terms(sick)
    assert well.id in {source.programme_id for source in public_sources(session)}
    assert sick.id not in {source.programme_id for source in public_sources(session)}
    for address in ("/", "/programmes", "/catalogue", f"/catalogue/{offering}", f"/programmes/{well.number}"):
        page = client.get(address)
        assert page.status_code == 200, address
    assert client.get(f"/programmes/{sick.number}").status_code == 409
    assert client.get("/programmes").text.count(sick.number) > 0
