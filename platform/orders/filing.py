"""Pages with files: the agreement, service records, and the confirmation with its rating."""

from functools import partial

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from accounts.current import actor
from documents.exports import asked_for, export
from files.intake import Upload
from foundation.actions import submit
from foundation.clock import today
from foundation.i18n import N_
from foundation.unit_of_work import current_session
from orders import agreements, confirmation, records
from orders.access import find
from orders.exports import RECORDS
from orders.forms import AgreementForm, ConfirmationForm, RecordForm, given, record_form, uploads
from orders.measures import Kind, measures_for
from orders.models import Order, ServiceRecord
from orders.ordering_views import blueprint
from orders.presentation import register_views
from orders.progress import actions
from orders.queries import records_page
from orders.reading import order_row, record_rows
from orders.standing import may_contract

__all__ = ["blueprint"]


@blueprint.route("/orders/<number>/agreement", methods=["GET", "POST"])
def agreement(number: str) -> ResponseReturnValue:
    """The provider files the signed agreement."""
    session, person = current_session(), actor()
    order = find(session, person, number)
    form = AgreementForm(signed_on=today())

    def page() -> str:
        return render_template(
            "orders/agreement.html", form=form, order=order_row(order), tripartite=agreements.is_tripartite(order)
        )

    if request.method == "GET":
        can = actions(person, order, may_contract=may_contract(session, order))
        return page() if "upload_agreement" in can else _over(number)
    return submit(
        form,
        lambda: agreements.upload(
            session,
            person,
            number,
            agreement_number=form.agreement_number.data or "",
            signed_on=given(form.signed_on.data),
            third_party=form.third_party.data,
            file=Upload(form.file.data.stream, form.file.data.filename),
        ),
        then=lambda _: url_for("orders.case", number=number),
        page=page,
        done=N_("协议已上传，等企业确认"),
    )


@blueprint.route("/orders/<number>/records/new", methods=["GET", "POST"])
def new_record(number: str) -> ResponseReturnValue:
    """The provider files a service record."""
    return _record_page(number, None)


@blueprint.route("/orders/<number>/records/<int:line>/amend", methods=["GET", "POST"])
def amend_record(number: str, line: int) -> ResponseReturnValue:
    """The provider amends a record by a new version."""
    return _record_page(number, line)


def _over(number: str) -> ResponseReturnValue:
    """To the case, when the form's time has not come or is over: by the back button, or in a second tab."""
    flash(gettext("这一步现在不能办理，或已经办完；这里是订单的最新进度"), "info")
    return redirect(url_for("orders.case", number=number), 303)


def _record_page(number: str, amends: int | None) -> ResponseReturnValue:
    session, person = current_session(), actor()
    order = find(session, person, number)
    category = order.offering_version.category
    before = records.of_line(order, amends) if amends is not None else None
    form = record_form(category)(data=_known(order, before, person.name))

    def page() -> str:
        return render_template(
            "orders/record.html",
            form=form,
            order=order_row(order),
            content=order.offering_version.content,
            amends=amends,
            contest_reason=before.contest_reason if before else None,
            measures=measures_for(category),
        )

    if request.method == "GET":
        deed = "file_record" if amends is None else "amend_record"
        return page() if deed in actions(person, order) else _over(number)
    return submit(
        form,
        lambda: records.file(
            session,
            person,
            number,
            facts=_facts(form, category),
            process=uploads(form.process_files.data),
            result=uploads(form.result_files.data),
            amends=amends,
        ),
        then=lambda _: url_for("orders.case", number=number),
        page=page,
        done=N_("服务记录已提交，等企业确认"),
    )


def _known(order: Order, before: ServiceRecord | None, person: str) -> dict[str, object]:
    """What is filled in already: nothing that the system knows is typed."""
    if before is None:
        return {
            "delivered_on": today(),
            "channel": order.offering_version.channel,
            "place": order.enterprise.address or order.enterprise.name,
            "delivered_by": person,
        }
    known: dict[str, object] = {
        name: getattr(before, name)
        for name in ("delivered_on", "channel", "place", "delivered_by", "description", "result")
    }
    for measure in measures_for(order.offering_version.category):
        value = before.measures.get(measure.key)
        known[measure.key] = value == "1" if measure.kind is Kind.YES_NO else value
    return known


def _facts(form: RecordForm, category: str) -> records.Facts:
    return records.Facts(
        delivered_on=given(form.delivered_on.data),
        channel=form.channel.data,
        place=form.place.data or "",
        delivered_by=form.delivered_by.data or "",
        description=form.description.data or "",
        result=form.result.data or "",
        measures=form.measured(category),
    )


@blueprint.route("/orders/<number>/confirmation", methods=["GET", "POST"])
def confirm(number: str) -> ResponseReturnValue:
    """The enterprise confirms the result and rates it."""
    session, person = current_session(), actor()
    order = find(session, person, number)
    form = ConfirmationForm()

    def page() -> str:
        delivered = record_rows(session, records.living(order))
        return render_template("orders/confirmation.html", form=form, order=order_row(order), records=delivered)

    if request.method == "GET":
        return page() if "confirm" in actions(person, order) else _over(number)
    return submit(
        form,
        lambda: confirmation.confirm(session, person, number, rating=int(form.rating.data), comment=form.comment.data),
        then=lambda _: url_for("orders.case", number=number),
        page=page,
        done=N_("已确认成效，感谢评价"),
    )


@blueprint.get("/records", endpoint="records")
def register() -> ResponseReturnValue:
    """The register (台账) of service records."""
    session, person = current_session(), actor()
    found = records_page(session, person, number=request.args.get("page", 1, int)).through(
        partial(record_rows, session)
    )
    if asked_for():
        return export(session, person, RECORDS, found, {})
    return render_template("orders/records.html", page=found, rows=register_views(found.rows))
