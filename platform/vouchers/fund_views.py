"""Pages of money that goes back to the treasury: a budget holder asks, a second person carries it out or declines."""

from collections.abc import Callable
from typing import Final
from uuid import UUID

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from accounts.current import actor
from foundation.actions import submit
from foundation.clock import local
from foundation.forms import choices
from foundation.i18n import N_
from foundation.money import display_yuan
from foundation.unit_of_work import current_session
from vouchers import money, queries, returning
from vouchers.forms import AskForm, CarryOutForm, DeclineForm, ReturnForm, TakeBackForm
from vouchers.models import Programme
from vouchers.reading import named_programme
from vouchers.views import programme_page

blueprint = Blueprint("funds", __name__, url_prefix="/programmes")

_ASKED: Final = N_("已提请另一位工作人员复核，复核前资金不动")
_DEEDS: Final = {"take-back": returning.TAKE_BACK, "return": returning.RETURN}


@blueprint.route("/<number>/take-back", methods=["GET", "POST"])
def take_back(number: str) -> ResponseReturnValue:
    """Ask to take back an appropriation that was wrong, or a part of it."""
    session, person, form = current_session(), actor(), TakeBackForm()
    found = queries.programme(session, person, number)
    made = [one for one in returning.appropriations(session, found.id) if one.left]
    form.appropriation.choices = choices((str(one.id), _told(one)) for one in made)
    return _ask(
        found,
        form,
        lambda: returning.ask_to_take_back(
            session,
            person,
            programme_id=found.id,
            appropriation_id=UUID(form.appropriation.data),
            amount=form.amount.data or 0,
            reason=form.note.data or "",
        ),
        "vouchers/take_back.html",
    )


@blueprint.route("/<number>/return", methods=["GET", "POST"])
def return_unspent(number: str) -> ResponseReturnValue:
    """Ask to return what a closed programme left unspent."""
    session, person = current_session(), actor()
    found = queries.programme(session, person, number)
    form = ReturnForm(data={"amount": money.pool(session, found.id)})
    return _ask(
        found,
        form,
        lambda: returning.ask_to_return(
            session, person, programme_id=found.id, amount=form.amount.data or 0, reason=form.note.data or ""
        ),
        "vouchers/return.html",
    )


@blueprint.post('/<number>/<any("take-back", "return"):deed>/carry-out')
def carry_out(number: str, deed: str) -> ResponseReturnValue:
    """Carry out what a colleague asked for."""
    session, person, form = current_session(), actor(), CarryOutForm()
    found = queries.programme(session, person, number)
    verb = returning.take_back if deed == "take-back" else returning.return_unspent
    return submit(
        form,
        lambda: verb(
            session,
            person,
            programme_id=found.id,
            transfer_id=UUID(str(form.submission_id.data)),
            password=form.password.data or "",
        ),
        then=lambda _amount: url_for("programmes.flow", number=number),
        page=lambda: programme_page(found, form),
        done=N_("资金已退回财政"),
    )


@blueprint.post('/<number>/<any("take-back", "return"):deed>/decline')
def decline(number: str, deed: str) -> ResponseReturnValue:
    """Decline what a colleague asked for, or take one's own request back."""
    session, person, form = current_session(), actor(), DeclineForm()
    found = queries.programme(session, person, number)
    return submit(
        form,
        lambda: returning.decline(
            session, person, programme_id=found.id, deed=_DEEDS[deed], reason=form.note.data or ""
        ),
        then=lambda _none: url_for("vouchers.programme", number=number),
        page=lambda: programme_page(found, form),
        done=N_("不办理，资金没有变动"),
    )


def _ask(found: Programme, form: AskForm, verb: Callable[[], object], template: str) -> ResponseReturnValue:
    session = current_session()

    def page() -> str:
        return render_template(
            template,
            programme=named_programme(found),
            form=form,
            line=queries.line(session, found.id),
            pool=money.pool(session, found.id),
        )

    if request.method == "GET":
        return page()
    case = url_for("vouchers.programme", number=found.number)
    return submit(form, verb, then=lambda _asked: case, page=page, done=_ASKED)


def _told(made: returning.Appropriation) -> str:
    """An appropriation as the list of the form shows it."""
    day = f"{local(made.at):%Y-%m-%d %H:%M}"
    told: str = gettext(
        "%(day)s 拨入 %(amount)s（%(by)s），未退回 %(left)s",
        day=day,
        amount=display_yuan(made.amount),
        by=made.by,
        left=display_yuan(made.left),
    )
    return told
