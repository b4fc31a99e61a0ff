"""The demonstration's page, and signing in with what it says."""

import re
from collections.abc import Iterator

import pytest
from demonstration_loaded import Loaded
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session, sessionmaker
from strict_client import StrictClient

from config import Settings
from demonstration.accounts import PASSWORD, Account, accounts
from foundation.actors import EVERYBODY
from web.app import create_app

ONE_OF_EACH_ROLE = list({account.role: account for account in reversed(accounts())}.values())


@pytest.fixture
def shown(loaded: Loaded, settings: Settings) -> Iterator[Flask]:
    """The program over the demonstration; what a test commits is rolled back."""
    with loaded.engine.connect() as connection:
        transaction = connection.begin()
        sessions = sessionmaker(connection, join_transaction_mode="create_savepoint", expire_on_commit=False)
        app = create_app(settings, sessions)
        app.config["WTF_CSRF_ENABLED"] = False
        app.test_client_class = StrictClient
        yield app
        transaction.rollback()


def sign_in(browser: FlaskClient, account: Account) -> None:
    answer = browser.post("/sign-in", data={"email": account.email, "password": PASSWORD, "submission_id": ""})
    if account.secret is not None:
        answer = browser.post(answer.location, data={"code": account.code(), "submission_id": ""})
    assert answer.status_code == 303, answer.text


def test_there_is_somebody_in_every_role() -> None:
    assert {account.role for account in accounts()} == EVERYBODY


@pytest.mark.parametrize("account", ONE_OF_EACH_ROLE, ids=lambda account: account.role)
def test_every_role_comes_in(shown: Flask, account: Account) -> None:
    browser = shown.test_client()
    sign_in(browser, account)
    home = browser.get("/")
    assert home.status_code == 200
    assert account.name in home.text


def test_the_page_says_what_is_invented_and_lists_the_accounts(shown: Flask) -> None:
    page = shown.test_client().get("/demonstration")
    assert page.status_code == 200
    assert "虚构" in page.text
    assert PASSWORD in page.text
    for account in accounts():
        assert account.email in page.text
        assert account.spelled() in page.text
    assert len(re.findall(r"<code>\d{6}</code>", page.text)) == sum(
        account.secret is not None for account in accounts()
    )


def test_without_the_data_the_page_names_nobody(client: FlaskClient) -> None:
    page = client.get("/demonstration")
    assert page.status_code == 200
    assert PASSWORD not in page.text
    assert "demo load" in page.text


def test_production_has_no_such_page(sessions: sessionmaker[Session]) -> None:
    settings = Settings(
        environment="production",
        secret_key="x" * 40,
        public_url="https://huiqi.example.cn",
        second_factor_keys=("k" * 43 + "=",),
        cookie_secure=True,
    )
    browser = create_app(settings, sessions).test_client()
    assert browser.get("/demonstration", base_url="https://huiqi.example.cn").status_code == 404
