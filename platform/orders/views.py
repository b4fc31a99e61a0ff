"""Pages of orders: the list, and the case with its steps."""

from collections.abc import Callable
from functools import partial

from flask import Blueprint, Response, current_app, render_template, request, url_for
from flask.typing import ResponseReturnValue

from accounts.current import actor
from documents.exports import asked_for, export
from foundation.actions import submit
from foundation.actors import Actor
from foundation.forms import Form
from foundation.i18n import N_
from foundation.unit_of_work import current_session
from orders import agreements, delivery, docking, ending, records
from orders.case_reading import order_case
from orders.exports import ORDERS
from orders.forms import DecisionForm, PlainForm, ReasonForm
from orders.letter import check, letter
from orders.models import OrderState
from orders.presentation import case_view, list_views, state_choices
from orders.queries import case as found_case
from orders.queries import page as order_page
from orders.reading import order_rows

blueprint = Blueprint("orders", __name__)


@blueprint.get("/orders")
def index() -> ResponseReturnValue:
    """The orders that the person may see, with totals over the filter."""
    given = request.args.get("state", "")
    state = OrderState(given) if given in set(OrderState) else None
    words = request.args.get("q", "").strip()[:100]
    session, person = current_session(), actor()
    orders, totals = order_page(session, person, state=state, words=words, number=request.args.get("page", 1, int))
    found = orders.through(partial(order_rows, session))
    if asked_for():
        return export(session, person, ORDERS, found, {"state": state, "q": words})
    return render_template(
        "orders/index.html",
        page=found,
        rows=list_views(found.rows),
        totals=totals,
        state=given,
        words=words,
        states=state_choices(),
    )


@blueprint.get("/orders/<number>")
def case(number: str) -> ResponseReturnValue:
    """Everything of one order."""
    return _case_page(number)


def _case_page(number: str, form: Form | None = None, deed: str | None = None) -> str:
    person = actor()
    found = order_case(person, found_case(current_session(), person, number))
    return render_template("orders/case.html", form=form, deed=deed, **case_view(found))


def _step(number: str, form: Form, deed: str, verb: Callable[[Actor], object], done: str) -> ResponseReturnValue:
    """One step by a form that stands on the case page; a refusal shows the page again with what was typed."""
    return submit(
        form,
        lambda: verb(actor()),
        then=lambda _: url_for("orders.case", number=number),
        page=lambda: _case_page(number, form, deed),
        done=done,
    )


@blueprint.post("/orders/<number>/docking/success")
def dock(number: str) -> ResponseReturnValue:
    """Docking succeeded."""
    return _step(
        number,
        PlainForm(),
        "dock",
        lambda person: docking.succeed(current_session(), person, number),
        N_("已记录对接成功，下一步上传服务协议"),
    )


@blueprint.post("/orders/<number>/docking/failure")
def fail_docking(number: str) -> ResponseReturnValue:
    """Docking failed: void, money back, the next in line."""
    form = ReasonForm()
    return _step(
        number,
        form,
        "fail_docking",
        lambda person: docking.fail(current_session(), person, number, reason=form.reason.data or ""),
        N_("订单已作废，占用金额已退回；有企业排队的，名额已给下一顺位"),
    )


@blueprint.post("/orders/<number>/agreement/confirm")
def confirm_agreement(number: str) -> ResponseReturnValue:
    """The enterprise confirms the agreement."""
    return _step(
        number,
        PlainForm(),
        "confirm_agreement",
        lambda person: agreements.confirm(current_session(), person, number),
        N_("协议已由双方确认，服务可以开始"),
    )


@blueprint.post("/orders/<number>/agreement/return")
def send_back_agreement(number: str) -> ResponseReturnValue:
    """The enterprise sends the agreement back."""
    form = ReasonForm()
    return _step(
        number,
        form,
        "send_back_agreement",
        lambda person: agreements.send_back(current_session(), person, number, reason=form.reason.data or ""),
        N_("已退回，服务机构会重新上传"),
    )


@blueprint.post("/orders/<number>/records/<int:line>/confirm")
def confirm_record(number: str, line: int) -> ResponseReturnValue:
    """The enterprise confirms one record."""
    return _step(
        number,
        PlainForm(),
        f"confirm_record-{line}",
        lambda person: records.confirm(current_session(), person, number, line),
        N_("已确认这条服务记录"),
    )


@blueprint.post("/orders/<number>/records/<int:line>/contest")
def contest_record(number: str, line: int) -> ResponseReturnValue:
    """The enterprise contests one record."""
    form = ReasonForm()
    return _step(
        number,
        form,
        f"contest_record-{line}",
        lambda person: records.contest(current_session(), person, number, line, reason=form.reason.data or ""),
        N_("异议已提交，服务机构会修改这条记录"),
    )


@blueprint.post("/orders/<number>/delivery")
def deliver(number: str) -> ResponseReturnValue:
    """The provider marks the service as delivered."""
    return _step(
        number,
        PlainForm(),
        "deliver",
        lambda person: delivery.deliver(current_session(), person, number),
        N_("已标记交付，等企业确认成效"),
    )


@blueprint.post("/orders/<number>/cancel")
def cancel(number: str) -> ResponseReturnValue:
    """Either side cancels."""
    form = ReasonForm()
    return _step(
        number,
        form,
        "cancel",
        lambda person: ending.cancel(current_session(), person, number, reason=form.reason.data or ""),
        N_("订单已取消，占用金额已退回服务券"),
    )


@blueprint.post("/orders/<number>/dispute")
def dispute(number: str) -> ResponseReturnValue:
    """Either side asks the bureau to decide."""
    form = ReasonForm()
    return _step(
        number,
        form,
        "dispute",
        lambda person: ending.dispute(current_session(), person, number, reason=form.reason.data or ""),
        N_("争议已提交主管部门，处理完毕前金额保持占用"),
    )


@blueprint.post("/orders/<number>/decision")
def decide(number: str) -> ResponseReturnValue:
    """The bureau decides a dispute."""
    form = DecisionForm()
    return _step(
        number,
        form,
        "decide",
        lambda person: ending.decide(
            current_session(), person, number, resume=form.resume.data == "yes", reason=form.reason.data or ""
        ),
        N_("已作出处理决定，双方在订单页面可以看到"),
    )


@blueprint.post("/orders/<number>/end")
def end_stalled(number: str) -> ResponseReturnValue:
    """The bureau ends what both sides left lying."""
    form = ReasonForm()
    return _step(
        number,
        form,
        "end_stalled",
        lambda person: ending.end_stalled(current_session(), person, number, reason=form.reason.data or ""),
        N_("订单已终止，占用金额已退回"),
    )


@blueprint.get("/orders/<number>/confirmation.pdf")
def confirmation_letter(number: str) -> ResponseReturnValue:
    """The confirmation of results as PDF."""
    content = letter(current_session(), actor(), number, public_url=_public_url())
    return Response(
        content,
        mimetype="application/pdf",
        headers={"Content-Disposition": f'attachment; filename="confirmation-{number}.pdf"'},
    )


@blueprint.get("/confirmations/<number>")
def check_confirmation(number: str) -> ResponseReturnValue:
    """For whoever holds a printed letter: the check value that it must carry."""
    return render_template("orders/check.html", found=check(current_session(), number))


def _public_url() -> str:
    return str(current_app.config["HUIQI_SETTINGS"].public_url)
