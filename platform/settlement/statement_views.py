"""Pages of statements: lists, one statement, its red letter by two people, and the public check."""

from functools import partial

from flask import Response, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue

from accounts.current import actor
from documents.exports import asked_for, export
from foundation.actions import submit
from foundation.i18n import N_
from foundation.unit_of_work import current_session
from settlement import corrections, queries
from settlement.checking import check
from settlement.exports import STATEMENTS
from settlement.forms import ApproveForm, ReasonForm
from settlement.presentation import statement_view, statement_views
from settlement.reading import statement_rows
from settlement.statement_reading import checked_statement, statement_of_case
from settlement.views import blueprint, public_url

__all__ = ["blueprint"]


@blueprint.get("/statements")
def statements() -> ResponseReturnValue:
    """A provider's statements, or those of the region."""
    words = request.args.get("q", "").strip()[:100]
    session = current_session()
    found = queries.statements(session, actor(), words=words, number=request.args.get("page", 1, int)).through(
        partial(statement_rows, session)
    )
    if asked_for():
        return export(session, actor(), STATEMENTS, found, {"q": words})
    return render_template("settlement/statements.html", page=found, rows=statement_views(found.rows), words=words)


@blueprint.get("/statements/<number>")
def statement(number: str) -> ResponseReturnValue:
    """One statement."""
    return _statement_page(number)


@blueprint.get("/statements/<number>/statement.pdf")
def statement_pdf(number: str) -> ResponseReturnValue:
    """The file as it was issued."""
    found, stream = queries.pdf(current_session(), actor(), number)
    response: Response = send_file(
        stream, mimetype="application/pdf", as_attachment=True, download_name=f"{found.number}.pdf", max_age=0
    )
    response.headers["Cache-Control"] = "private, no-store"
    return response


@blueprint.post("/statements/<number>/correction/request")
def ask_correction(number: str) -> ResponseReturnValue:
    """Ask a colleague to take a statement back."""
    form = ReasonForm(prefix="ask-")
    return submit(
        form,
        lambda: corrections.ask_correction(current_session(), actor(), number, reason=form.reason.data or ""),
        then=lambda _: url_for("settlement.statement", number=number),
        page=lambda: _statement_page(number, ask_form=form),
        done=N_("已提请复核，等待另一位同事办理；目前没有任何变动"),
    )


@blueprint.post("/statements/<number>/correction/refusal")
def decline_correction(number: str) -> ResponseReturnValue:
    """Say no to it, or take the own request back."""
    form = ReasonForm(prefix="decline-")
    return submit(
        form,
        lambda: corrections.decline_correction(current_session(), actor(), number, reason=form.reason.data or ""),
        then=lambda _: url_for("settlement.statement", number=number),
        page=lambda: _statement_page(number, decline_form=form),
        done=N_("冲减申请已结束，结算单仍然有效"),
    )


@blueprint.post("/statements/<number>/correction")
def correct(number: str) -> ResponseReturnValue:
    """Take a statement back in red, as a colleague asked."""
    form = ApproveForm(prefix="correct-")
    return submit(
        form,
        lambda: corrections.correct(
            current_session(), actor(), number, password=form.password.data or "", public_url=public_url()
        ),
        then=lambda red: url_for("settlement.statement", number=red.number),
        page=lambda: _statement_page(number, correct_form=form),
        done=N_("红字结算单已出具，金额已冲减"),
    )


@blueprint.get("/verify")
def verify() -> ResponseReturnValue:
    """For whoever holds a statement: type its number."""
    number = request.args.get("number", "").strip().upper()[:60]
    if number:
        digest = request.args.get("hash", "").strip().lower()[:64] or None
        return redirect(url_for("settlement.verify_statement", number=number, hash=digest), 303)
    return render_template("settlement/verify.html", number="", given=None, found=None, asked=False)


@blueprint.get("/verify/<number>")
def verify_statement(number: str) -> ResponseReturnValue:
    """Where the QR code leads: whether number and check value are those of an issued statement."""
    given = request.args.get("hash", "").strip().lower()[:64] or None
    found = check(current_session(), number)
    shown = checked_statement(found) if found else None
    page = render_template("settlement/verify.html", number=number[:60], given=given, found=shown, asked=True)
    return page, 200 if found else 404


def _statement_page(
    number: str,
    *,
    ask_form: ReasonForm | None = None,
    decline_form: ReasonForm | None = None,
    correct_form: ApproveForm | None = None,
) -> str:
    person = actor()
    found = statement_of_case(person, queries.statement_case(current_session(), person, number))
    return render_template(
        "settlement/statement.html",
        sent=ask_form or decline_form or correct_form,
        ask_form=ask_form or ReasonForm(formdata=None, prefix="ask-"),
        decline_form=decline_form or ReasonForm(formdata=None, prefix="decline-"),
        correct_form=correct_form or ApproveForm(formdata=None, prefix="correct-"),
        **statement_view(found),
    )
