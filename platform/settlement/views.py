"""Pages of settlement batches; those of statements stand in statement_views."""

from decimal import Decimal
from functools import partial

from flask import Blueprint, current_app, render_template, request, url_for
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
from settlement.case_reading import (
    BatchOfCase,
    StatementInBatch,
    award_to_decide,
    batch_of_case,
    part_to_decide,
)
from settlement.exports import BATCHES
from settlement.forms import (
    ApproveForm,
    PartForm,
    PayForm,
    PlainForm,
    ReasonForm,
    award_form,
    batch_form,
)
from settlement.models import BatchState
from settlement.presentation import batch_view, batch_views
from settlement.reading import StatementStanding, batch_rows, ready_rows
from settlement.schemes import get_scheme
from settlement.states import BATCH

blueprint = Blueprint("settlement", __name__)


@blueprint.get("/batches")
def index() -> ResponseReturnValue:
    """Batches of the region."""
    given = request.args.get("state", "")
    state = BatchState(given) if given in set(BatchState) else None
    words = request.args.get("q", "").strip()[:100]
    session, person = current_session(), actor()
    found = queries.batches(session, person, state=state, words=words, number=request.args.get("page", 1, int)).through(
        partial(batch_rows, session)
    )
    if asked_for():
        return export(session, person, BATCHES, found, {"state": state, "q": words})
    return render_template(
        "settlement/index.html",
        page=found,
        rows=batch_views(found.rows),
        state=given,
        words=words,
        states=[(each.value, BATCH.labels[each]) for each in BatchState],
        ready=ready_rows(queries.ready(session, person)),
        making=person.role in batches.MAKERS,
    )


@blueprint.route("/batches/new", methods=["GET", "POST"])
def new() -> ResponseReturnValue:
    """A new batch: programme and period."""
    session, person = current_session(), actor()
    waiting = ready_rows(queries.ready(session, person))
    wanted = request.form.get("programme") or request.args.get("programme")
    chosen = [each for each in waiting if each.programme.number == wanted] or waiting
    asked = get_scheme(chosen[0].scheme).asks.facts if chosen else {}
    form = batch_form(asked)
    form.programme.choices = choices(
        (each.programme.number, f"{each.programme.name}（{each.programme.number}）") for each in waiting
    )
    if request.method == "GET":
        form.programme.data = wanted or form.programme.data
        # From the longest waiting order on, so that nobody is left out by a date that was not looked at.
        form.period_from.data = min((day_of(each.since) for each in chosen), default=today())
        form.period_to.data = today()

    def page() -> str:
        return render_template("settlement/new.html", form=form, ready=waiting, asked=[form[name] for name in asked])

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
            inputs={name: format_yuan(form[name].data or 0) for name in asked},
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


@blueprint.route("/batches/<number>/awards/<uscc>", methods=["GET", "POST"])
def award(number: str, uscc: str) -> ResponseReturnValue:
    """Decide a provider's award."""
    found = award_to_decide(queries.batch_case(current_session(), actor(), number), uscc)
    form = award_form(found.most, {"share": found.share, "reason": found.reason})

    def page() -> str:
        return render_template("settlement/award.html", form=form, award=found)

    if request.method == "GET":
        return page()
    return submit(
        form,
        lambda: batches.set_award(
            current_session(),
            actor(),
            number,
            provider=uscc,
            share=form["share"].data or Decimal(0),
            reason=form["reason"].data or "",
        ),
        then=lambda _: url_for("settlement.batch", number=number),
        page=page,
        done=N_("绩效奖励已记录，批次已重新计算"),
    )


@blueprint.route("/batches/<number>/orders/<order>", methods=["GET", "POST"])
def part(number: str, order: str) -> ResponseReturnValue:
    """Decide whether all or a part of an order is paid."""
    found = part_to_decide(queries.batch_case(current_session(), actor(), number), order)
    form = PartForm(data={"amount": found.amount, "reason": found.reason})

    def page() -> str:
        return render_template("settlement/part.html", form=form, part=found)

    if request.method == "GET":
        return page()
    return submit(
        form,
        lambda: batches.decide_part(
            current_session(), actor(), number, order=order, amount=form.amount.data, reason=form.reason.data or ""
        ),
        then=lambda _: url_for("settlement.batch", number=number),
        page=page,
        done=N_("补助额度已记录，批次已重新计算"),
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
            current_session(), actor(), number, password=form.password.data or "", public_url=public_url()
        ),
        then=lambda _: url_for("settlement.batch", number=number),
        page=lambda: _batch_page(number, approve_form=form),
        done=N_("已批准，结算单已出具"),
    )


@blueprint.post("/batches/<number>/payment")
def pay(number: str) -> ResponseReturnValue:
    """The payer says what was paid."""
    form = PayForm(prefix="pay-")
    _offer(form, _case(number))
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


def _batch_page(
    number: str,
    *,
    plain: PlainForm | None = None,
    withdraw_form: ReasonForm | None = None,
    return_form: ReasonForm | None = None,
    approve_form: ApproveForm | None = None,
    pay_form: PayForm | None = None,
) -> str:
    found = _case(number)
    pay_shown = pay_form or PayForm(formdata=None, prefix="pay-")
    if pay_form is None:
        _offer(pay_shown, found)
        pay_shown.statements.data = [each.number for each in _due(found)]
    return render_template(
        "settlement/batch.html",
        sent=plain or withdraw_form or return_form or approve_form or pay_form,
        withdraw_form=withdraw_form or ReasonForm(formdata=None, prefix="withdraw-"),
        return_form=return_form or ReasonForm(formdata=None, prefix="return-"),
        approve_form=approve_form or ApproveForm(formdata=None, prefix="approve-"),
        pay_form=pay_shown,
        blank=PlainForm(formdata=None),
        **batch_view(found),
    )


def _case(number: str) -> BatchOfCase:
    person = actor()
    return batch_of_case(person, queries.batch_case(current_session(), person, number))


def _due(found: BatchOfCase) -> list[StatementInBatch]:
    return [each for each in found.statements if each.standing is StatementStanding.DUE]


def _offer(form: PayForm, found: BatchOfCase) -> None:
    """The statements that are still to be paid."""
    form.statements.choices = choices(
        (each.number, f"{each.number} · {each.payee} · {display_yuan(each.total)}") for each in _due(found)
    )


def public_url() -> str:
    """Where visitors reach this service."""
    return str(current_app.config["HUIQI_SETTINGS"].public_url)
