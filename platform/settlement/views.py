"""Pages of settlement: batches, statements, and the public check of a statement."""

from flask import Blueprint, Response, current_app, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue

from accounts.current import actor
from documents.exports import asked_for, export
from foundation.actions import submit
from foundation.clock import day_of, today
from foundation.forms import choices
from foundation.i18n import N_
from foundation.money import display_yuan, format_yuan
from foundation.unit_of_work import current_session
from settlement import approval, batches, payments, queries
from settlement.cases import ASKING
from settlement.checking import check
from settlement.exports import BATCHES, STATEMENTS
from settlement.forms import ApproveForm, BatchForm, CorrectForm, PayForm, PlainForm, ReasonForm
from settlement.models import BatchState
from settlement.presentation import batch_rows, batch_view, statement_rows, statement_view
from settlement.states import BATCH

blueprint = Blueprint("settlement", __name__)


@blueprint.get("/batches")
def index() -> ResponseReturnValue:
    """Batches of the region."""
    given = request.args.get("state", "")
    state = BatchState(given) if given in set(BatchState) else None
    words = request.args.get("q", "").strip()[:100]
    found = queries.batches(
        current_session(), actor(), state=state, words=words, number=request.args.get("page", 1, int)
    )
    if asked_for():
        return export(current_session(), actor(), BATCHES, found, {"state": state, "q": words})
    return render_template(
        "settlement/index.html",
        page=found,
        rows=batch_rows(found.rows),
        state=given,
        words=words,
        states=[(each.value, BATCH.labels[each]) for each in BatchState],
        ready=queries.ready(current_session(), actor()),
        making=actor().role in batches.MAKERS,
    )


@blueprint.route("/batches/new", methods=["GET", "POST"])
def new() -> ResponseReturnValue:
    """A new batch: programme and period."""
    session, person = current_session(), actor()
    waiting = queries.ready(session, person)
    form = BatchForm()
    form.programme.choices = choices(
        (each.programme.number, f"{each.programme.name}（{each.programme.number}）") for each in waiting
    )
    if request.method == "GET":
        form.programme.data = request.args.get("programme") or form.programme.data
        # From the longest waiting order on, so that nobody is left out by a date that was not looked at.
        chosen = [each for each in waiting if each.programme.number == form.programme.data] or waiting
        form.period_from.data = min((day_of(each.since) for each in chosen), default=today())
        form.period_to.data = today()

    def page() -> str:
        asking = any(each.programme.scheme_id in ASKING for each in waiting)
        return render_template("settlement/new.html", form=form, ready=waiting, asking=asking)

    if request.method == "GET":
        return page()
    return submit(
        form,
        lambda: batches.draft(
            session,
            person,
            programme_number=form.programme.data,
            period_from=form.period_from.data or today(),
            period_to=form.period_to.data or today(),
            inputs={
                "envelope": None if form.envelope.data is None else format_yuan(form.envelope.data),
                "award_share": None if form.award_share.data is None else float(form.award_share.data),
            },
        ),
        then=lambda batch: url_for("settlement.batch", number=batch.number),
        page=page,
        done=N_("批次已计算，核对后提交财政审批"),
    )


@blueprint.get("/batches/<number>")
def batch(number: str) -> ResponseReturnValue:
    """Everything of one batch."""
    return _batch_page(number)


@blueprint.post("/batches/<number>/calculation")
def calculate(number: str) -> ResponseReturnValue:
    """Calculate again."""
    form = PlainForm()
    return submit(
        form,
        lambda: batches.calculate(current_session(), actor(), number),
        then=lambda _: url_for("settlement.batch", number=number),
        page=lambda: _batch_page(number, plain=form),
        done=N_("已重新计算"),
    )


@blueprint.post("/batches/<number>/review")
def review(number: str) -> ResponseReturnValue:
    """Hand it to the treasury."""
    form = PlainForm()
    return submit(
        form,
        lambda: batches.review(current_session(), actor(), number),
        then=lambda _: url_for("settlement.batch", number=number),
        page=lambda: _batch_page(number, plain=form),
        done=N_("已提交财政部门审批"),
    )


@blueprint.post("/batches/<number>/withdrawal")
def withdraw(number: str) -> ResponseReturnValue:
    """Take it back."""
    form = ReasonForm(prefix="withdraw-")
    return submit(
        form,
        lambda: batches.withdraw(current_session(), actor(), number, reason=form.reason.data or ""),
        then=lambda _: url_for("settlement.batch", number=number),
        page=lambda: _batch_page(number, withdraw_form=form),
        done=N_("批次已撤回，其中的订单可以列入其他批次"),
    )


@blueprint.post("/batches/<number>/return")
def send_back(number: str) -> ResponseReturnValue:
    """The treasury hands it back."""
    form = ReasonForm(prefix="return-")
    return submit(
        form,
        lambda: batches.send_back(current_session(), actor(), number, reason=form.reason.data or ""),
        then=lambda _: url_for("settlement.batch", number=number),
        page=lambda: _batch_page(number, return_form=form),
        done=N_("已退回主管部门"),
    )


@blueprint.post("/batches/<number>/approval")
def approve(number: str) -> ResponseReturnValue:
    """The treasury approves."""
    form = ApproveForm(prefix="approve-")
    return submit(
        form,
        lambda: approval.approve(
            current_session(), actor(), number, password=form.password.data or "", public_url=_public_url()
        ),
        then=lambda _: url_for("settlement.batch", number=number),
        page=lambda: _batch_page(number, approve_form=form),
        done=N_("已批准，结算单已出具"),
    )


@blueprint.post("/batches/<number>/payment")
def pay(number: str) -> ResponseReturnValue:
    """The payer says what was paid."""
    form = PayForm(prefix="pay-")
    _waiting(form, number)
    return submit(
        form,
        lambda: payments.pay(
            current_session(),
            actor(),
            number,
            statements=form.statements.data or [],
            password=form.password.data or "",
        ),
        then=lambda _: url_for("settlement.batch", number=number),
        page=lambda: _batch_page(number, pay_form=form),
        done=N_("已记录付款，订单已结算"),
    )


@blueprint.get("/statements")
def statements() -> ResponseReturnValue:
    """A provider's statements, or those of the region."""
    words = request.args.get("q", "").strip()[:100]
    session = current_session()
    found = queries.statements(session, actor(), words=words, number=request.args.get("page", 1, int))
    if asked_for():
        return export(session, actor(), STATEMENTS, found, {"q": words})
    rows = statement_rows(session, found.rows)
    return render_template("settlement/statements.html", page=found, rows=rows, words=words)


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


@blueprint.post("/statements/<number>/correction")
def correct(number: str) -> ResponseReturnValue:
    """Take a statement back in red."""
    form = CorrectForm(prefix="correct-")
    return submit(
        form,
        lambda: approval.correct(
            current_session(),
            actor(),
            number,
            reason=form.reason.data or "",
            password=form.password.data or "",
            public_url=_public_url(),
        ),
        then=lambda red: url_for("settlement.statement", number=red.number),
        page=lambda: _statement_page(number, form),
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
    page = render_template("settlement/verify.html", number=number[:60], given=given, found=found, asked=True)
    return page, 200 if found else 404


def _batch_page(
    number: str,
    *,
    plain: PlainForm | None = None,
    withdraw_form: ReasonForm | None = None,
    return_form: ReasonForm | None = None,
    approve_form: ApproveForm | None = None,
    pay_form: PayForm | None = None,
) -> str:
    person = actor()
    found = queries.batch_case(current_session(), person, number)
    pay_shown = pay_form or PayForm(formdata=None, prefix="pay-")
    if pay_form is None:
        _waiting(pay_shown, number)
        pay_shown.statements.data = [each.number for each in found.outstanding]
    return render_template(
        "settlement/batch.html",
        sent=plain or withdraw_form or return_form or approve_form or pay_form,
        withdraw_form=withdraw_form or ReasonForm(formdata=None, prefix="withdraw-"),
        return_form=return_form or ReasonForm(formdata=None, prefix="return-"),
        approve_form=approve_form or ApproveForm(formdata=None, prefix="approve-"),
        pay_form=pay_shown,
        blank=PlainForm(formdata=None),
        **batch_view(person, found),
    )


def _waiting(form: PayForm, number: str) -> None:
    found = queries.batch_case(current_session(), actor(), number)
    form.statements.choices = choices(
        (each.number, f"{each.number} · {each.organisation.name} · {display_yuan(each.total)}")
        for each in found.outstanding
    )


def _statement_page(number: str, form: CorrectForm | None = None) -> str:
    person = actor()
    found = queries.statement_case(current_session(), person, number)
    return render_template(
        "settlement/statement.html",
        form=form or CorrectForm(formdata=None, prefix="correct-"),
        sent=form,
        **statement_view(person, found),
    )


def _public_url() -> str:
    return str(current_app.config["HUIQI_SETTINGS"].public_url)
