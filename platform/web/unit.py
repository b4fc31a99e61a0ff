"""One session and one commit for each request; a form sent twice is done once."""

from contextlib import ExitStack
from uuid import UUID

from flask import Flask, Response, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, sessionmaker

from accounts.current import actor_or_none
from foundation.unit_of_work import bound, must_commit
from web.models import Submission

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


def install(app: Flask, sessions: sessionmaker[Session]) -> None:
    """Open the session before, and commit or roll back after each request."""

    @app.before_request
    def open_session() -> None:
        g.stack = ExitStack()
        g.db = g.stack.enter_context(sessions())
        g.stack.enter_context(bound(g.db))

    @app.after_request
    def end_transaction(response: Response) -> Response:
        session: Session | None = g.get("db")
        if session is None:
            return response
        done = request.method not in SAFE and response.status_code < 400
        if done and g.get("submission") is not None:
            # 303 tells where the answer of this form is: the second sending goes there too.
            session.execute(
                update(Submission)
                .where(Submission.id == g.submission)
                .values(location=response.headers.get("Location"))
            )
        if done or must_commit(session):
            session.commit()
        else:
            session.rollback()
        return response

    @app.teardown_request
    def close_session(_error: BaseException | None) -> None:
        stack: ExitStack | None = g.pop("stack", None)
        g.pop("db", None)
        if stack is not None:
            stack.close()


def once() -> ResponseReturnValue | None:
    """Before a form is handled: take its submission id, or answer as the first sending was answered.

    The row is inserted first, so that a second request of the same form waits for the first one's commit right here
    and then finds its answer. A form that was refused leaves no row: it is corrected and sent with the same id.
    """
    # A draft that saves itself is not the sending of its form, although it carries the same id.
    if request.method in SAFE or request.headers.get("X-Requested-With") == "autosave":
        return None
    try:
        submission = UUID(request.form.get("submission_id", ""))
    except ValueError:
        return None
    session: Session = g.db
    person = actor_or_none()
    row = {"id": submission, "user_id": person.user_id if person else None, "endpoint": request.endpoint or ""}
    taken = session.scalar(
        insert(Submission).values(row).on_conflict_do_nothing(index_elements=["id"]).returning(Submission.id)
    )
    if taken is not None:
        g.submission = taken
        return None
    first = session.get_one(Submission, submission)
    if first.user_id != row["user_id"] or first.location is None:
        return redirect(url_for("web.home"), 303)
    return redirect(first.location, 303)
