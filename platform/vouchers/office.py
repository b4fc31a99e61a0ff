"""Pages of the offices: the bureau's drafts and decisions, the treasury's appropriation, the money of a programme."""

from collections.abc import Callable
from functools import partial
from uuid import UUID

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from accounts.current import actor
from documents.exports import asked_for, export
from foundation.actions import submit
from foundation.clock import today
from foundation.errors import DomainError
from foundation.forms import Form
from foundation.i18n import N_
from foundation.identifiers import new_id
from foundation.unit_of_work import current_session
from vouchers import money, programmes, queries
from vouchers.appropriation import appropriate as appropriate_money
from vouchers.deduction import Deduction, deduct
from vouchers.exports import CLAIMS, TRANSFERS
from vouchers.forms import (
    AppropriationForm,
    AskForm,
    CarryOutForm,
    DeclineForm,
    NoteForm,
    ProgrammeForm,
    from_preset,
    from_terms,
)
from vouchers.models import ClaimState, Programme
from vouchers.presets import USUAL, Preset, presets
from vouchers.reading import CLAIM_REASONS, claim_rows, named_programme, transfer_rows
from vouchers.states import CLAIM
from vouchers.terms import Terms, terms_of
from vouchers.views import EXAMPLE_PRICES, programme_page

blueprint = Blueprint("programmes", __name__, url_prefix="/programmes")


@blueprint.route("/new", methods=["GET", "POST"])
def draft() -> ResponseReturnValue:
    """A draft that begins with an official notice's rules."""
    session, person = current_session(), actor()
    preset = presets().get(request.args.get("preset", ""), presets()[USUAL])
    base = preset.starting(today())
    form = ProgrammeForm(
        treasuries=queries.treasuries(session, person), data=from_preset(preset, base) | {"example_price": None}
    )

    def page() -> str:
        return _form_page(form, base, preset=preset)

    if request.method == "GET" or "example" in request.form:
        return page()
    return submit(
        form,
        lambda: programmes.draft(
            session,
            person,
            name=form.name.data or "",
            summary=form.summary.data or "",
            scheme_id=preset.scheme_id,
            treasury_uscc=form.treasury.data,
            terms=form.terms(base),
        ),
        then=_case,
        page=page,
        done=N_("草稿已保存，请由另一位工作人员审核"),
    )


@blueprint.route("/<number>/edit", methods=["GET", "POST"])
def edit(number: str) -> ResponseReturnValue:
    """Change a draft, or propose a new version of announced rules."""
    session, person = current_session(), actor()
    found = queries.programme(session, person, number)
    base = terms_of(found.versions[-1])
    form = ProgrammeForm(
        treasuries=[found.treasury],
        data={"name": found.name, "summary": found.summary, "treasury": found.treasury.uscc, **from_terms(base)},
    )

    def page() -> str:
        return _form_page(form, base, programme=found)

    if request.method == "GET" or "example" in request.form:
        return page()
    return submit(
        form,
        lambda: programmes.edit(
            session,
            person,
            found,
            name=form.name.data or "",
            summary=form.summary.data or "",
            terms=form.terms(base),
        ),
        then=_case,
        page=page,
        done=N_("修改已保存，请由另一位工作人员审核"),
    )


@blueprint.post("/<number>/check")
def check(number: str) -> ResponseReturnValue:
    """Confirm a draft as a second person."""
    return _deed(number, lambda found: programmes.check(current_session(), actor(), found), N_("项目已审核"))


@blueprint.post("/<number>/announce")
def announce(number: str) -> ResponseReturnValue:
    """Make the rules public."""
    return _deed(
        number,
        lambda found: programmes.announce(current_session(), actor(), found),
        N_("项目已公布，财政部门可以拨入资金"),
    )


@blueprint.post("/<number>/open")
def open_claims(number: str) -> ResponseReturnValue:
    """Open the claim window."""
    return _deed(number, lambda found: programmes.open_claims(current_session(), actor(), found), N_("已开放申领"))


@blueprint.post("/<number>/approve-version")
def approve_version(number: str) -> ResponseReturnValue:
    """Make proposed rules binding for new claims."""
    return _deed(
        number,
        lambda found: programmes.approve_version(current_session(), actor(), found),
        N_("新规则已生效，只适用于此后的申领"),
    )


@blueprint.post("/<number>/send-back")
def send_back(number: str) -> ResponseReturnValue:
    """Return a checked draft with the reason."""
    form = NoteForm()
    return _deed(
        number,
        lambda found: programmes.send_back(current_session(), actor(), found, note=form.note.data or ""),
        N_("已退回起草人"),
        form,
    )


@blueprint.post("/<number>/close")
def ask_to_close(number: str) -> ResponseReturnValue:
    """Ask a colleague to end the claim window early, with the reason."""
    form = AskForm()
    return _deed(
        number,
        lambda found: programmes.ask_to_close(current_session(), actor(), found, reason=form.note.data or ""),
        N_("已提请另一位工作人员复核，复核前项目照常开放"),
        form,
    )


@blueprint.post("/<number>/close/carry-out")
def close_claims(number: str) -> ResponseReturnValue:
    """End the claim window early as the second person."""
    form = CarryOutForm()
    return _deed(
        number,
        lambda found: programmes.close_claims(current_session(), actor(), found, password=form.password.data or ""),
        N_("申领已结束，候补顺位保留"),
        form,
    )


@blueprint.post("/<number>/close/decline")
def decline_closing(number: str) -> ResponseReturnValue:
    """Keep the claim window open, or take one's own request back."""
    form = DeclineForm()
    return _deed(
        number,
        lambda found: programmes.decline_closing(current_session(), actor(), found, reason=form.note.data or ""),
        N_("不结束申领，项目照常开放"),
        form,
    )


@blueprint.route("/<number>/appropriate", methods=["GET", "POST"])
def appropriate(number: str) -> ResponseReturnValue:
    """The treasury puts money in."""
    session, person, form = current_session(), actor(), AppropriationForm()
    found = queries.programme(session, person, number)

    def page() -> str:
        return render_template(
            "vouchers/appropriate.html",
            programme=named_programme(found),
            form=form,
            line=queries.line(session, found.id),
            pool=money.pool(session, found.id),
        )

    if request.method == "GET":
        return page()
    return submit(
        form,
        lambda: appropriate_money(
            session,
            person,
            programme_id=found.id,
            amount=form.amount.data or 0,
            transfer_id=UUID(str(form.submission_id.data)),
            password=form.password.data or "",
        ),
        then=lambda _moved: url_for("programmes.flow", number=number),
        page=page,
        done=N_("资金已拨入项目"),
    )


@blueprint.get("/<number>/money")
def flow(number: str) -> ResponseReturnValue:
    """Where the money stands."""
    session = current_session()
    found = queries.programme(session, actor(), number)
    return render_template(
        "vouchers/money.html", programme=named_programme(found), stations=money.flow(session, found.id), chosen=None
    )


@blueprint.get("/<number>/money/<station>")
def transfers(number: str, station: str) -> ResponseReturnValue:
    """The transfers behind one figure."""
    session = current_session()
    found = queries.programme(session, actor(), number)
    page = money.moves(session, found, station, request.args.get("page", 1, type=int)).through(
        partial(transfer_rows, session)
    )
    if asked_for():
        return export(session, actor(), TRANSFERS, page, {"station": station}, subject=found)
    stations = money.flow(session, found.id)
    return render_template(
        "vouchers/money.html",
        programme=named_programme(found),
        stations=stations,
        chosen=next(one for one in stations if one.kind == station),
        page=page,
        kinds=money.KINDS,
        labels=money.STATIONS,
    )


@blueprint.get("/<number>/claims")
def claims(number: str) -> ResponseReturnValue:
    """The line of a programme, in its order."""
    session = current_session()
    found = queries.programme(session, actor(), number)
    word = request.args.get("state", "")
    state = ClaimState(word) if word in {one.value for one in ClaimState} else None
    page = queries.claims_in(session, found, state=state, number=request.args.get("page", 1, type=int)).through(
        partial(claim_rows, session)
    )
    if asked_for():
        return export(session, actor(), CLAIMS, page, {"programme": found.number, "state": state})
    return render_template(
        "vouchers/claims.html", programme=named_programme(found), page=page, labels=CLAIM.labels, reasons=CLAIM_REASONS
    )


def _form_page(
    form: ProgrammeForm, base: Terms, *, preset: Preset | None = None, programme: Programme | None = None
) -> str:
    """The form with a worked example of the rules as they are typed now."""
    example: Deduction | None = None
    if "example" in request.form:
        # Trying out saves nothing, so the form that comes back can still be submitted once.
        form.submission_id.data = str(new_id())
    price = form.example_price.data or EXAMPLE_PRICES[1]
    try:
        terms = form.terms(base) if request.method == "POST" else base
        example = deduct(terms, category="", list_price=price, charged_price=price, available=terms.cap_per_enterprise)
    except DomainError as error:
        if "example" in request.form:
            form.take(error)
    return render_template(
        "vouchers/programme_form.html",
        form=form,
        base=base,
        state=programme.state if programme else None,
        example=example,
        preset=preset,
        presets=presets().values(),
    )


def _deed(
    number: str, verb: Callable[[Programme], Programme], done: str, form: Form | None = None
) -> ResponseReturnValue:
    """One button of the case page; a refusal is told on the case page."""
    found, form = queries.programme(current_session(), actor(), number), form or Form()
    return submit(form, lambda: verb(found), then=_case, page=lambda: programme_page(found, form), done=done)


def _case(programme: Programme) -> str:
    return url_for("vouchers.programme", number=programme.number)
