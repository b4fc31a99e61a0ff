"""One way for a form to become a deed: parse, call one verb, then redirect, or show the form again with its faults."""

from collections.abc import Callable
from typing import Any, Final, TypeVar

from flask import flash, redirect
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from sqlalchemy.exc import DataError, IntegrityError, OperationalError

from foundation.constraints import as_domain_error, unusable
from foundation.errors import DomainError, NotFound
from foundation.forms import Form
from foundation.locking import as_busy
from foundation.unit_of_work import current_session

Result = TypeVar("Result")

when_refused: Final[list[Callable[[DomainError], Any]]] = []
"""What an upper room wants done with a refusal that is shown in its form, such as telling it in the trail."""


def submit(
    form: Form,
    verb: Callable[[], Result],
    *,
    then: Callable[[Result], str],
    page: Callable[[], str],
    done: str | None = None,
) -> ResponseReturnValue:
    """Validate ``form`` and call ``verb`` in a savepoint.

    On success flash ``done`` (a msgid) and redirect to ``then(result)``; on a refusal nothing of the verb stays and
    ``page()`` shows the form with everything typed, the faults by their fields, and the refusal's status.
    """
    if not form.validate_on_submit():
        return page(), 422
    session = current_session()
    try:
        with session.begin_nested():
            result = verb()
            session.flush()
    except NotFound:
        raise
    except DomainError as error:
        form.take(error)
        for action in when_refused:
            action(error)
        return page(), error.status
    except (IntegrityError, DataError, OperationalError) as error:
        refusal = _refusal(error)
        if refusal is None:
            raise
        form.take(refusal)
        return page(), refusal.status
    if done:
        flash(gettext(done), "success")
    return redirect(then(result), 303)


def _refusal(error: IntegrityError | DataError | OperationalError) -> DomainError | None:
    if isinstance(error, IntegrityError):
        return as_domain_error(error)
    return unusable() if isinstance(error, DataError) else as_busy(error)
