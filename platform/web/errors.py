"""Error pages: each says what happened and what to do next."""

from http import HTTPStatus

from flask import Flask, render_template, request
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from jinja2 import TemplateNotFound
from sqlalchemy.exc import IntegrityError, OperationalError
from werkzeug.exceptions import HTTPException

from foundation.constraints import as_domain_error
from foundation.errors import DomainError


def install(app: Flask) -> None:
    """One handler a kind of failure."""

    @app.errorhandler(DomainError)
    def refused(error: DomainError) -> ResponseReturnValue:
        return _page(error.status, error)

    @app.errorhandler(IntegrityError)
    def constraint(error: IntegrityError) -> ResponseReturnValue:
        app.logger.warning("constraint broken at %s: %s", request.endpoint, error.orig)
        refusal = as_domain_error(error)
        return _page(refusal.status, refusal)

    @app.errorhandler(OperationalError)
    def database_away(error: OperationalError) -> ResponseReturnValue:
        app.logger.error("database: %s", error.orig)
        return _page(503)

    @app.errorhandler(CSRFError)
    def form_expired(_error: CSRFError) -> ResponseReturnValue:
        return _page(400)

    @app.errorhandler(HTTPException)
    def http(error: HTTPException) -> ResponseReturnValue:
        # A redirect (a missing slash) is an HTTPException too.
        if error.code is not None and error.code < 400:
            return error
        return _page(error.code or 500)

    @app.errorhandler(Exception)
    def unexpected(error: Exception) -> ResponseReturnValue:
        if app.config["PROPAGATE_EXCEPTIONS"] or app.testing:
            raise error
        app.logger.error("unexpected at %s", request.endpoint, exc_info=error)
        return _page(500)


def _page(status: int, error: DomainError | None = None) -> ResponseReturnValue:
    try:
        return render_template(f"errors/{status}.html", error=error, status=status), status
    except TemplateNotFound:
        phrase = HTTPStatus(status).phrase if status in set(HTTPStatus) else ""
        return render_template("errors/500.html", error=error, status=status, phrase=phrase), status
