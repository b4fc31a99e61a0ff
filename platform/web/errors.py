"""Error pages: each says what happened and what to do next, and none needs the database to say it."""

import errno
from http import HTTPStatus
from typing import Final

from flask import Flask, current_app, make_response, render_template, request
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from jinja2 import TemplateNotFound
from sqlalchemy.exc import DataError, IntegrityError, InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as NoConnectionFree
from werkzeug.exceptions import HTTPException

from foundation.constraints import as_domain_error, name_of, unusable
from foundation.errors import DomainError
from foundation.locking import as_busy
from web.refusals import note_refusal
from web.request_id import request_id

# The disk is full (a large form is put there while it is read), or its owner's share of it.
_NO_ROOM: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS})


def install(app: Flask) -> None:
    """One handler a kind of failure."""
    app.register_error_handler(DomainError, _refused)
    app.register_error_handler(IntegrityError, _constraint)
    app.register_error_handler(DataError, _cannot_be_stored)
    for kind in (OperationalError, InterfaceError, NoConnectionFree):
        app.register_error_handler(kind, _database_away)
    app.register_error_handler(OSError, _system)
    app.register_error_handler(CSRFError, _form_expired)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _unexpected)


def _refused(error: DomainError) -> ResponseReturnValue:
    note_refusal(error.status)
    return _page(error.status, error)


def _constraint(error: IntegrityError) -> ResponseReturnValue:
    # Only the name: the database's own sentence repeats the row, and with it password hashes and addresses.
    current_app.logger.warning("constraint broken at %s: %s", request.endpoint, name_of(error))
    return _refused(as_domain_error(error))


def _cannot_be_stored(error: DataError) -> ResponseReturnValue:
    current_app.logger.warning("unusable value at %s: %s", request.endpoint, type(error.orig).__name__)
    return _refused(unusable())


def _database_away(error: SQLAlchemyError) -> ResponseReturnValue:
    busy = as_busy(error)
    if busy is not None:
        return _refused(busy)
    current_app.logger.error("database: %s", getattr(error, "orig", None) or error)
    return _page(503)


def _system(error: OSError) -> ResponseReturnValue:
    if error.errno not in _NO_ROOM:
        return _unexpected(error)
    current_app.logger.error("no room at %s: %s", request.endpoint, error)
    return _page(503)


def _form_expired(_error: CSRFError) -> ResponseReturnValue:
    return _page(400)


def _http(error: HTTPException) -> ResponseReturnValue:
    # A redirect (a missing slash) is an HTTPException too, and so is an answer that somebody made.
    if error.response is not None or (error.code is not None and error.code < 400):
        return error
    note_refusal(error.code or 500)
    response = make_response(_page(error.code or 500))
    # Which methods there are, when to try again.
    response.headers.extend((name, value) for name, value in error.get_headers() if name != "Content-Type")
    return response


def _unexpected(error: Exception) -> ResponseReturnValue:
    if current_app.config["PROPAGATE_EXCEPTIONS"] or current_app.testing:
        raise error
    current_app.logger.error("unexpected at %s", request.endpoint, exc_info=error)
    return _page(500)


def _page(status: int, error: DomainError | None = None) -> ResponseReturnValue:
    reference = request_id(request.environ)
    try:
        return render_template(f"errors/{status}.html", error=error, status=status, reference=reference), status
    except TemplateNotFound:
        phrase = HTTPStatus(status).phrase if status in set(HTTPStatus) else ""
        page = render_template("errors/500.html", error=error, status=status, phrase=phrase, reference=reference)
        return page, status
