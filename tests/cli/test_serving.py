"""Behind reverse proxies: what they say of a visitor is believed as far as there are any of ours, and no further."""

import pytest
from factories import PASSWORD, enterprise, member
from sqlalchemy import select

from accounts.models import SignIn
from cli.serving import make_app
from foundation.actors import Role
from foundation.unit_of_work import unit_of_work


@pytest.fixture
def program(own_engine, monkeypatch, tmp_path):
    """Makes the program as a process of the server does, for so many proxies."""
    made = []

    def make(proxies: str):
        monkeypatch.setenv("DATABASE_URL", own_engine.url.render_as_string(hide_password=False))
        monkeypatch.setenv("HUIQI_DATA", str(tmp_path))
        monkeypatch.setenv("HUIQI_TRUSTED_PROXIES", proxies)
        made.append(make_app())
        return made[0]

    yield make
    for app in made:
        app.extensions["huiqi_sessions"].kw["bind"].dispose()


@pytest.mark.parametrize(
    ("proxies", "forwarded", "seen"),
    [
        ("0", "203.0.113.7", "127.0.0.1"),
        ("1", "203.0.113.7", "203.0.113.7"),
        # What the visitor wrote itself stands first, what our proxy added stands last.
        ("1", "6.6.6.6, 203.0.113.7", "203.0.113.7"),
        ("2", "6.6.6.6, 203.0.113.7, 10.0.0.1", "203.0.113.7"),
        ("2", "203.0.113.7", "127.0.0.1"),
    ],
)
def test_where_a_visitor_comes_from(own_engine, program, proxies, forwarded, seen) -> None:
    app = program(proxies)
    app.config["WTF_CSRF_ENABLED"] = False
    with unit_of_work(own_engine) as session:
        person = member(session, enterprise(session), Role.ENTERPRISE_MANAGER)
    form = {"email": person.user.email, "password": PASSWORD}
    headers = {"X-Forwarded-For": forwarded, "X-Forwarded-Proto": "https", "X-Forwarded-Prefix": "/evil"}
    answer = app.test_client().post("/sign-in", data=form, headers=headers)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    with unit_of_work(own_engine) as session:
        assert session.scalars(select(SignIn.ip)).all() == [seen]


@pytest.mark.parametrize(("proxies", "scheme"), [("0", "http"), ("1", "https")])
def test_https_is_believed_from_our_proxy_only(program, proxies, scheme) -> None:
    app = program(proxies)
    seen: list[str] = []
    answer = app.wsgi_app

    def spy(environ, start_response):
        result = answer(environ, start_response)
        seen.append(environ["wsgi.url_scheme"])
        return result

    app.wsgi_app = spy  # type: ignore[method-assign]
    app.test_client().get("/healthz", headers={"X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.7"})
    assert seen == [scheme]
