"""The app factory."""

from pathlib import Path

from flask import Flask
from flask_wtf.csrf import CSRFProtect
from jinja2 import StrictUndefined
from sqlalchemy.orm import Session, sessionmaker

from accounts import sessions as sign_ins
from accounts.current import actor, actor_or_none
from config import Settings
from foundation import kept
from foundation.rooms import WhoAsks
from search.current import configure_search, settle
from web import errors, filters, guard, language, navigation, security, unit, visitors
from web.head import head_as_get
from web.house import furnish
from web.received import ReceivedRequest
from web.request_id import with_request_id
from web.rooms import House, blueprints, let_act, whole_house

ROOT = Path(__file__).resolve().parents[2]


def create_app(settings: Settings, sessions: sessionmaker[Session], house: House | None = None) -> Flask:
    """The web program for ``settings`` over ``sessions`` of its database, with all rooms of this installation or ``house``."""
    house = house or whole_house()
    let_act(house.rooms)
    app = Flask("huiqi", root_path=str(ROOT), template_folder="templates", static_folder="static")
    app.request_class = ReceivedRequest
    app.config.update(
        HUIQI_ROOT=ROOT,
        HUIQI_SETTINGS=settings,
        SECRET_KEY=settings.secret_key,
        SESSION_COOKIE_NAME="huiqi",
        SESSION_COOKIE_SECURE=settings.cookie_secure,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        # One file may have 20 MB (checked by the field that takes it); this is the limit of a whole form.
        MAX_CONTENT_LENGTH=4 * settings.upload_limit_bytes,
        MAX_FORM_MEMORY_SIZE=2 * 1024 * 1024,
        # The token is valid as long as the session, so that an hour at a form does not lose what was typed.
        WTF_CSRF_TIME_LIMIT=None,
        DEBUG=settings.debug,
        TESTING=settings.environment == "test",
        PROPAGATE_EXCEPTIONS=settings.debug,
        SEND_FILE_MAX_AGE_DEFAULT=3600,
    )
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.extensions["huiqi_sessions"] = sessions
    furnish(app, house)
    configure_search(
        settings.search_folder,
        elasticsearch_url=settings.elasticsearch_url,
        elasticsearch_index=settings.elasticsearch_index,
    )
    settle()
    language.install(app)
    security.install(app, settings)
    kept.install(app, settings.public_page_seconds)
    visitors.install(app)
    unit.install(app, sessions)
    sign_ins.install(app)
    guard.install(app)
    CSRFProtect(app)
    filters.install(app)
    navigation.install(app)
    errors.install(app)
    for blueprint in blueprints(house.rooms, WhoAsks(actor, actor_or_none)):
        app.register_blueprint(blueprint)
    numbered = with_request_id(head_as_get(app.wsgi_app), trusted=settings.trusted_proxies > 0)
    app.wsgi_app = numbered  # type: ignore[method-assign, assignment]
    return app
