"""Headers and cookies of every kind of answer."""

import re

import pytest
from factories import PASSWORD, enterprise, member
from flask import Flask
from flask.testing import FlaskClient
from html5lib import parse
from sqlalchemy.orm import Session, sessionmaker

from config import Settings
from foundation.actors import Role
from foundation.paths import safe_next
from web.app import create_app

ADDRESSES = [
    "/",
    "/sign-in",
    "/register",
    "/catalogue",
    "/help",
    "/nothing-here",
    "/account",
    "/static/huiqi.css",
    "/healthz",
]


@pytest.mark.parametrize("address", ADDRESSES)
def test_every_answer_has_them(client: FlaskClient, address: str) -> None:
    with client.get(address) as answer:
        headers = answer.headers
    policy = dict(part.strip().split(" ", 1) for part in headers["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert policy["form-action"] == "'self'"
    assert not re.search(r"unsafe|\*|http", headers["Content-Security-Policy"])
    assert re.fullmatch(r"'self' 'nonce-[\w-]{20,}'", policy["script-src"])
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert "Strict-Transport-Security" not in headers
    assert (headers["Cache-Control"] == "no-store") == (not address.startswith("/static"))


def test_each_answer_has_a_nonce_of_its_own_and_pages_use_it(client: FlaskClient) -> None:
    first, second = client.get("/"), client.get("/")
    assert first.headers["Content-Security-Policy"] != second.headers["Content-Security-Policy"]
    page = parse(first.text, namespaceHTMLElements=False)
    scripts = page.findall(".//script")
    assert scripts
    assert all(f"'nonce-{script.get('nonce')}'" in first.headers["Content-Security-Policy"] for script in scripts)
    for element in page.iter():
        assert not {"style", "onclick", "onload", "onsubmit"} & set(element.keys())


def test_production_only_over_https(sessions: sessionmaker[Session], session: Session, tmp_path) -> None:
    settings = Settings(
        environment="production",
        secret_key="k" * 40,
        public_url="https://huiqi.example.cn",
        second_factor_keys=("k" * 43 + "=",),
        data_folder=tmp_path,
    )
    app = create_app(settings, sessions)
    app.config["WTF_CSRF_ENABLED"] = False
    person = member(session, enterprise(session), Role.ENTERPRISE_MANAGER)
    session.commit()
    client = app.test_client()
    assert "max-age=31536000" in client.get("/").headers["Strict-Transport-Security"]
    form = {"email": person.user.email, "password": PASSWORD}
    cookies = client.post("/sign-in", data=form, base_url="https://huiqi.example.cn").headers.getlist("Set-Cookie")
    cookies += client.get("/language/en").headers.getlist("Set-Cookie")
    assert [cookie.partition("=")[0] for cookie in cookies] == ["huiqi", "language"]
    for cookie in cookies:
        assert {"Secure", "HttpOnly", "SameSite=Lax"} <= set(cookie.split("; "))
    assert client.get("/style").status_code == 404


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("en-US,en;q=0.9", "en"),
        ("zh-TW", "zh-Hans"),
        ("fr,en;q=0.5", "en"),
        ("fr", "zh-Hans"),
        ("", "zh-Hans"),
        ("*;q=x", "zh-Hans"),
    ],
)
def test_the_browsers_language(client: FlaskClient, header: str, language: str) -> None:
    assert f'<html lang="{language}"' in client.get("/help", headers={"Accept-Language": header}).text


def test_the_installations_language_where_the_browser_says_none(sessions: sessionmaker[Session], tmp_path) -> None:
    client = create_app(
        Settings(environment="test", default_language="en", data_folder=tmp_path), sessions
    ).test_client()
    assert '<html lang="en"' in client.get("/help").text
    assert '<html lang="zh-Hans"' in client.get("/help", headers={"Accept-Language": "zh-CN"}).text


def test_cookies_with_strange_values_are_ignored(client: FlaskClient) -> None:
    for name in ("language", "large_type", "theme"):
        client.set_cookie(name, '"><script>')
    page = client.get("/help")
    assert page.status_code == 200
    assert "><script>" not in page.text


def test_larger_type_goes_on_and_off(client: FlaskClient) -> None:
    for shown in (True, False):
        assert client.get("/larger-type?next=/help").headers["Location"] == "/help"
        assert ('class="large"' in client.get("/help").text) is shown


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8000", "a@evil.example"])
def test_the_host_header_leads_nobody_away(app: Flask, session: Session, host: str) -> None:
    client = app.test_client()
    for answer in (client.get("/account", headers={"Host": host}), client.get("/language/en", headers={"Host": host})):
        assert "evil" not in answer.headers.get("Location", "") + answer.text


@pytest.mark.parametrize(
    "target", ["/", "/orders?page=2", "/catalogue/产品", "/a//b", "/a?next=//evil.example", "/%09/evil"]
)
def test_paths_of_this_site(target: str) -> None:
    assert safe_next(target) == target


@pytest.mark.parametrize(
    "target",
    [
        *(None, "", "//evil.example", "///evil.example", "/\\evil.example", "\\\\evil", "https://evil.example", "//["),
        *(
            "http://[",
            "javascript:alert(1)",
            "/\t/evil.example",
            "/\n/evil",
            " /",
            "evil.example",
            "\x00/",
            "/\x7f",
            "/a\\b",
        ),
    ],
)
def test_other_places(target: str | None) -> None:
    assert safe_next(target) is None
