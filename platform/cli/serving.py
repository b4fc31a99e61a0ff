"""What the web server's processes load: the program over its own connections to the database."""

import signal
from typing import Final

from flask import Flask
from sqlalchemy.orm import sessionmaker
from werkzeug.middleware.proxy_fix import ProxyFix

from cli.opening import open_rooms
from config import load_settings
from foundation.database import make_engine
from foundation.keeper import end_with_keeper
from foundation.logs import log_to_standard_error
from web.app import create_app

TARGET: Final = "cli.serving:make_process"


def make_process() -> Flask:
    """The program in a process of the server, which ends with the server also when that was killed."""
    # Until the server has its own: what the parent does on SIGTERM is of no use here, and would swallow one.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    end_with_keeper()
    log_to_standard_error()
    return make_app()


def make_app() -> Flask:
    """The program for the settings of this process; ``DATABASE_URL`` is set by whoever starts the server."""
    settings = load_settings()
    if settings.database_url is None:
        raise RuntimeError("DATABASE_URL is not set in a process of the web server")
    open_rooms(settings)
    engine = make_engine(
        settings.database_url,
        pool_size=settings.web_threads,
        statement_seconds=settings.web_statement_seconds,
        lock_seconds=settings.lock_seconds,
    )
    app = create_app(settings, sessionmaker(engine, expire_on_commit=False))
    if settings.trusted_proxies:
        count = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=count, x_proto=count, x_host=count)  # type: ignore[method-assign]
    return app
