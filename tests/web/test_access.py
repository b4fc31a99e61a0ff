"""Every route stands in exactly one access list, and every list holds for every role."""

import pytest
from factories import member, organisation
from flask import Flask
from route_addresses import address_of
from sqlalchemy.orm import sessionmaker
from werkzeug.routing import Rule

from accounts.models import OrganisationKind
from config import Settings
from foundation.actors import EVERYBODY, PROVIDER, TREASURY, Role
from foundation.rooms import PUBLIC, Room
from web.app import create_app
from web.guard import refuse
from web.rooms import collect, whole_house

_KIND_OF = {
    **dict.fromkeys((Role.OFFICER, Role.REVIEWER, Role.INSPECTOR, Role.AUDITOR), OrganisationKind.BUREAU),
    **dict.fromkeys(TREASURY, OrganisationKind.TREASURY),
    **dict.fromkeys(PROVIDER, OrganisationKind.PROVIDER),
    Role.ENTERPRISE_MEMBER: OrganisationKind.ENTERPRISE,
    Role.ENTERPRISE_MANAGER: OrganisationKind.ENTERPRISE,
    Role.ADMINISTRATOR: OrganisationKind.OPERATOR,
}


def routes() -> list[Rule]:
    """All routes of the program."""
    app = create_app(Settings(environment="test"), sessionmaker())
    return sorted(app.url_map.iter_rules(), key=lambda rule: (rule.endpoint, rule.rule))


def test_every_route_stands_in_exactly_one_list() -> None:
    """That none stands in two is asked when the rooms are collected."""
    assert {rule.endpoint for rule in routes()} - whole_house().access.keys() == set()


def test_no_list_names_a_route_that_is_gone() -> None:
    assert whole_house().access.keys() - {rule.endpoint for rule in routes()} == set()


def test_a_route_in_two_lists_is_refused_at_the_start() -> None:
    one, other = (
        Room(name=name, place=1, access={roles: ("web.home",)}) for name, roles in (("a", PUBLIC), ("b", EVERYBODY))
    )
    with pytest.raises(ValueError, match=r"two rooms decide about web\.home"):
        collect([one, other])
    twice = Room(name="c", place=1, access={PUBLIC: ("c.page",), EVERYBODY: ("c.page",)})
    with pytest.raises(ValueError, match=r"c\.page"):
        collect([twice])


def test_a_route_in_no_list_is_refused(app: Flask) -> None:
    app.add_url_rule("/forgotten", "forgotten", lambda: "open to everybody")
    assert app.test_client().get("/forgotten").status_code == 404


@pytest.mark.parametrize("role", [None, *sorted(EVERYBODY)])
def test_every_route_as_every_role(app: Flask, session, sign_in, role: Role | None) -> None:
    """A visitor is sent to sign in, a wrong role gets 403; whoever may gets neither, and nothing breaks."""
    client = app.test_client()
    if role is not None:
        client = sign_in(member(session, organisation(session, _KIND_OF[role]), role))
    wrong = {}
    for rule in app.url_map.iter_rules():
        if rule.endpoint in {"static", "accounts.sign_out"}:
            continue
        roles = whole_house().access[rule.endpoint]
        for method in sorted((rule.methods or set()) & {"GET", "POST"}):
            answer = client.open(address_of(app, rule), method=method)
            refused = answer.status_code == 403 or answer.headers.get("Location", "").startswith("/sign-in?next=")
            may = roles is None or role in roles
            if refused is may and not (may and method == "POST"):
                wrong[f"{method} {rule.rule}"] = answer.status_code
            if answer.status_code >= 500:
                wrong[f"{method} {rule.rule}"] = answer.status_code
    assert wrong == {}


@pytest.mark.parametrize("role", [None, Role.ENTERPRISE_MEMBER, Role.PROVIDER_MEMBER, Role.PAYER, Role.ADMINISTRATOR])
def test_a_file_opens_no_door(app: Flask, session, sign_in, role: Role | None) -> None:
    """Where a role may not see the page, asking for its rows as a file is refused in the same way."""
    client = app.test_client()
    if role is not None:
        client = sign_in(member(session, organisation(session, _KIND_OF[role]), role))
    closed = 0
    for rule in app.url_map.iter_rules():
        roles = whole_house().access[rule.endpoint]
        if roles is None or role in roles or "GET" not in (rule.methods or set()):
            continue
        answer = client.get(address_of(app, rule), query_string={"format": "xlsx"})
        assert answer.status_code == 403 or answer.headers.get("Location", "").startswith("/sign-in?next="), rule.rule
        closed += 1
    assert closed > 10


@pytest.mark.parametrize("role", [None, Role.ENTERPRISE_MANAGER, Role.PROVIDER_MANAGER, Role.OFFICER, Role.REVIEWER])
def test_head_is_get_without_the_body(app: Flask, session, sign_in, role: Role | None) -> None:
    client = app.test_client()
    if role is not None:
        client = sign_in(member(session, organisation(session, _KIND_OF[role]), role))
    for rule in app.url_map.iter_rules():
        if "GET" not in (rule.methods or set()) or rule.endpoint in {"static", "web.larger_type"}:
            continue
        address = address_of(app, rule)
        head, get = client.head(address), client.get(address)
        assert (head.status_code, head.data) == (get.status_code, b""), rule.rule
        assert head.headers.get("Location") == get.headers.get("Location")


def test_guard_refuses_what_nobody_decided(app: Flask) -> None:
    with app.test_request_context(), pytest.raises(Exception, match="404"):
        refuse("nobody.decided")
