"""One session and one commit for each request; a form sent twice is done once."""

from contextlib import ExitStack
from uuid import UUID, uuid5

from flask import Flask, Response, current_app, flash, g, redirect, request, url_for
from flask import session as cookie
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from sqlalchemy import delete, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session, sessionmaker

from accounts.current import actor_or_none
from foundation.i18n import N_
from foundation.unit_of_work import bound, must_commit, prepare, run_afterwards
from web.models import Submission

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
SENT_BEFORE = N_("这份表单已经提交过，没有再办一次；这里是那一次的结果")


def install(app: Flask, sessions: sessionmaker[Session]) -> None:
    """Open the session before, and commit or roll back after each request."""

    @app.before_request
    def open_session() -> None:
        g.stack = ExitStack()
        g.db = g.stack.enter_context(sessions())
        if request.endpoint != "static":
            prepare(g.db.get_bind())
        g.stack.enter_context(bound(g.db))

    @app.after_request
    def end_transaction(response: Response) -> Response:
        session: Session | None = g.get("db")
        if session is None:
            return response
        try:
            _end(session, response)
        except SQLAlchemyError as error:
            session.rollback()
            # Nothing was saved, so the next page must not show the message that it was.
            cookie.pop("_flashes", None)
            response = current_app.make_response(current_app.handle_user_exception(error))
        if response.status_code != 503:
            run_afterwards(session)
        return response

    @app.teardown_request
    def close_session(_error: BaseException | None) -> None:
        stack: ExitStack | None = g.pop("stack", None)
        g.pop("db", None)
        if stack is not None:
            stack.close()


def _end(session: Session, response: Response) -> None:
    """Commit what a redirect answers: a form that is shown again, tried out or refused has done nothing."""
    submission = g.pop("submission", None)
    done = request.method not in SAFE and 300 <= response.status_code < 400
    if not done and (response.status_code >= 500 or not must_commit(session)):
        session.rollback()
        return
    if submission is not None:
        mine = Submission.id == submission
        # 303 tells where the answer of this form is: the second sending goes there too.
        location = response.headers.get("Location")
        session.execute(
            update(Submission).where(mine).values(location=location) if done else delete(Submission).where(mine)
        )
    session.commit()


def once() -> ResponseReturnValue | None:
    """Before a form is handled: take its submission id, or answer as the first sending was answered.

    The row is inserted first, so that a second request of the same form waits for the first one's commit right here
    and then finds its answer. A form that was refused leaves no row: it is corrected and sent with the same id.
    The id counts for one person and address, because several forms of a page may carry the same one.
    """
    # A draft that saves itself is not the sending of its form, although it carries the same id.
    if request.method in SAFE or request.headers.get("X-Requested-With") == "autosave":
        return None
    person = actor_or_none()
    user_id = person.user_id if person else None
    try:
        submission = uuid5(UUID(request.form.get("submission_id", "")), f"{user_id} {request.path}")
    except ValueError:
        return None
    session: Session = g.db
    row = {"id": submission, "user_id": user_id, "endpoint": request.endpoint or ""}
    taken = session.scalar(
        insert(Submission).values(row).on_conflict_do_nothing(index_elements=["id"]).returning(Submission.id)
    )
    if taken is not None:
        g.submission = taken
        return None
    flash(gettext(SENT_BEFORE), "info")
    return redirect(session.get_one(Submission, submission).location or url_for("web.home"), 303)
