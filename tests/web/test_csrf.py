"""Every address that takes a POST refuses one without this browser's token, whoever sends it."""

import pytest
from factories import bureau, enterprise, member, organisation, provider, treasury
from flask import Flask
from route_addresses import address_of
from sqlalchemy.orm import Session
from tokens_on_pages import token_on

from accounts.models import OrganisationKind
from foundation.actors import Role
from web.rooms import whole_house

_MAKERS = {
    Role.ENTERPRISE_MANAGER: enterprise,
    Role.PROVIDER_MANAGER: provider,
    Role.OFFICER: bureau,
    Role.REVIEWER: bureau,
    Role.BUDGET_HOLDER: treasury,
    Role.PAYER: treasury,
    Role.ADMINISTRATOR: lambda session: organisation(session, OrganisationKind.OPERATOR),
}


@pytest.mark.parametrize("token", [None, "", "not-a-token"])
def test_no_post_without_token(app: Flask, session: Session, sign_in, token: str | None) -> None:
    app.config["WTF_CSRF_ENABLED"] = True
    people = {role: sign_in(member(session, make(session), role)) for role, make in _MAKERS.items()}
    taken, tried = {}, 0
    for rule in app.url_map.iter_rules():
        access = whole_house().access
        if "POST" not in (rule.methods or set()) or rule.endpoint not in access:
            continue
        roles = access[rule.endpoint]
        browser = next(people[role] for role in people if roles is None or role in roles)
        tried += 1
        answer = browser.post(address_of(app, rule), data={} if token is None else {"csrf_token": token})
        if answer.status_code != 400:
            taken[rule.rule] = answer.status_code
    assert taken == {}
    assert tried > 40
    assert all(browser.get("/account").status_code == 200 for browser in people.values()), "all are signed in still"


def test_with_its_token_a_form_is_taken(app: Flask, session: Session, sign_in) -> None:
    app.config["WTF_CSRF_ENABLED"] = True
    mine, other = (sign_in(member(session, enterprise(session), Role.ENTERPRISE_MANAGER)) for _ in range(2))
    token = token_on(mine, "/account")
    assert other.post("/sign-out", data={"csrf_token": token}).status_code == 400
    assert mine.post("/sign-out", data={"csrf_token": token}).status_code == 303


def test_the_token_changes_with_signing_out(app: Flask, session: Session, sign_in) -> None:
    app.config["WTF_CSRF_ENABLED"] = True
    browser = sign_in(member(session, enterprise(session), Role.ENTERPRISE_MANAGER))
    token = token_on(browser, "/account")
    browser.post("/sign-out", data={"csrf_token": token})
    assert browser.post("/sign-in", data={"csrf_token": token}).status_code == 400
