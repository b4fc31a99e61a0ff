"""The page of delegations (委托办理): what the own bureau gave, what it was given; a reviewer gives and ends."""

from typing import Any
from uuid import UUID

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from wtforms import SelectField, TextAreaField
from wtforms.validators import InputRequired, Length

from accounts import delegation
from accounts.current import actor
from accounts.reading import delegation_rows
from foundation.actions import submit
from foundation.clock import today
from foundation.fields import DayField, NotBefore
from foundation.forms import Form, choices
from foundation.i18n import N_
from foundation.unit_of_work import current_session
from vouchers import queries

blueprint = Blueprint("delegations", __name__, url_prefix="/delegations")


class DelegationForm(Form):
    """Who acts for the own bureau, for what, and until when."""

    to_bureau = SelectField(_l("受托单位"), [InputRequired(_l("选择受托单位"))])
    programme = SelectField(_l("委托范围"))
    valid_from = DayField(_l("起始日"), [InputRequired(_l("填写起始日"))], years_ahead=10)
    valid_to = DayField(
        _l("截止日"),
        [InputRequired(_l("填写截止日")), NotBefore("valid_from")],
        years_ahead=10,
        description=_l("这一天仍然有效"),
    )
    reason = TextAreaField(_l("委托的原因和范围"), [InputRequired(_l("写明委托的原因和范围")), Length(max=500)])


@blueprint.route("", methods=["GET", "POST"])
def index() -> ResponseReturnValue:
    """Both directions, and the form of whoever may give one."""
    session, person = current_session(), actor()
    form = _form()
    if not form.is_submitted():
        return _page(form)
    return submit(
        form,
        lambda: delegation.give(
            session,
            person,
            to_bureau_id=UUID(form.to_bureau.data),
            programme_id=UUID(form.programme.data) if form.programme.data else None,
            valid_from=form.valid_from.data or today(),
            valid_to=form.valid_to.data or today(),
            reason=form.reason.data or "",
        ),
        then=lambda _given: url_for("delegations.index"),
        page=lambda: _page(form),
        done=N_("已委托，受托单位现在可以代为办理"),
    )


@blueprint.post("/<uuid:delegation_id>/end")
def end(delegation_id: UUID) -> ResponseReturnValue:
    """End one at once."""
    form = Form()
    return submit(
        form,
        lambda: delegation.end(current_session(), actor(), delegation_id),
        then=lambda _ended: url_for("delegations.index"),
        page=lambda: _page(_form(formdata=None), refused=form),
        done=N_("委托已终止"),
    )


def _form(**options: Any) -> DelegationForm:
    """The form with its choices: the bureaus that see the own things, and the own programmes."""
    session, person = current_session(), actor()
    form = DelegationForm(data={"valid_from": today()}, **options)
    offices = [(str(one.id), one.name) for one in delegation.delegates(session, person)]
    own = [(str(one.id), f"{one.name}（{one.number}）") for one in queries.programmes_of(session, person)]
    form.to_bureau.choices = choices([("", _l("请选择")), *offices])
    form.programme.choices = choices([("", _l("本单位的全部事项")), *own])
    return form


def _page(form: DelegationForm, *, refused: Form | None = None) -> str:
    session, person = current_session(), actor()
    given = delegation.given_by(session, person, request.args.get("given", 1, type=int))
    received = delegation.received_by(session, person, request.args.get("received", 1, type=int))
    found = (*given.rows, *received.rows)
    named = queries.programme_names(session, [one.programme_id for one in found if one.programme_id])
    return render_template(
        "vouchers/delegations.html",
        form=form,
        refused=refused,
        plain=Form(formdata=None),
        given=given.through(delegation_rows),
        received=received.through(delegation_rows),
        programmes=named,
        today=today(),
    )
