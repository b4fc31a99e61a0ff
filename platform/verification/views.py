"""Pages of claims: the provider's form, the bureau's queue, and the case with its decision."""

from functools import partial

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import FileStorage

from accounts.current import actor
from documents.exports import asked_for, export
from files.intake import Upload
from foundation.actions import submit
from foundation.clock import today
from foundation.forms import Form
from foundation.i18n import N_
from foundation.unit_of_work import current_session
from orders.access import find
from orders.reading import order_row
from verification import deciding, queries, undoing
from verification.billing import billed_of, stated
from verification.case_reading import claim_case, offered_figures
from verification.checks import NO_INVOICE, failing, run
from verification.claiming import claim_of, order_number, to_show
from verification.claiming import submit as submit_claim
from verification.exports import CLAIMS
from verification.facts import facts_of
from verification.forms import ClaimForm, ReasonForm, RejectForm, ReturnForm, UndoForm, VerifyForm
from verification.invoices import Invoice
from verification.models import RedemptionState
from verification.parts import share, unclaimed
from verification.presentation import answer_rows, case_view, marked_of, queue_views, reasons_of
from verification.reading import redemption_row, redemption_rows
from verification.states import REDEMPTION

blueprint = Blueprint("verification", __name__)

# The forms of a case stand on one page, so their fields need names of their own.
_VERIFY, _RETURN, _REJECT, _ASK, _UNDO, _DECLINE = "verify-", "return-", "reject-", "ask-", "undo-", "decline-"


@blueprint.get("/claims")
def index() -> ResponseReturnValue:
    """The queue by age."""
    given = request.args.get("state", "")
    state = RedemptionState(given) if given in set(RedemptionState) else None
    words = request.args.get("q", "").strip()[:100]
    session, person = current_session(), actor()
    found = queries.queue(session, person, state=state, words=words, number=request.args.get("page", 1, int)).through(
        partial(redemption_rows, session)
    )
    if asked_for():
        return export(session, person, CLAIMS, found, {"state": state, "q": words})
    return render_template(
        "verification/index.html",
        page=found,
        rows=queue_views(found.rows),
        state=given,
        words=words,
        states=[(each.value, REDEMPTION.labels[each]) for each in RedemptionState],
    )


@blueprint.route("/orders/<number>/claim", methods=["GET", "POST"])
def claim(number: str) -> ResponseReturnValue:
    """The provider's claim, filled in from the order, with the checks that the reviewer will see."""
    session, person = current_session(), actor()
    order = find(session, person, order_number(session, number))
    present = to_show(claim_of(session, number), order)
    amount = present.amount if present else unclaimed(session, order) or order.deduction
    form = ClaimForm()
    form.file.flags.required = present is None
    invoice = stated(present) if present else None
    if request.method == "GET":
        form.day.data = invoice.day if invoice else today()
        form.number.data = invoice.number if invoice else ""
        form.amount.data = invoice.amount if invoice else share(order, order.charged_price, amount)
        form.seller.data = invoice.seller if invoice else order.provider.name
        form.buyer.data = invoice.buyer if invoice else order.enterprise.name

    def page() -> str:
        offered = offered_figures(order, _invoice(form), amount)
        billed = billed_of(present) if present else []
        facts = facts_of(session, order, billed, amount=amount, number=present.number if present else None)
        answers = [each for each in run(facts) if each.text != NO_INVOICE[1]]
        return render_template(
            "verification/claim.html",
            form=form,
            order=order_row(order),
            claim=redemption_row(present) if present else None,
            note=present.note if present else None,
            amount=amount,
            price=share(order, order.charged_price, amount),
            answers=answer_rows(answers, offered),
            reasons=reasons_of(present.state, present.reasons) if present else [],
            marked=marked_of(present.reasons) if present else [],
            prefilled=offered,
        )

    if request.method == "GET":
        return page()
    return submit(
        form,
        lambda: submit_claim(session, person, number, invoice=_invoice(form), file=_upload(form.file.data)),
        then=lambda filed: url_for("verification.case", number=filed.number),
        page=page,
        done=N_("补正已提交，主管部门会继续核验") if present else N_("核销申请已提交，主管部门会在期限内核验"),
    )


@blueprint.get("/claims/<number>")
def case(number: str) -> ResponseReturnValue:
    """Claim and evidence side by side."""
    return _case_page(number)


@blueprint.post("/claims/<number>/verify")
def verify(number: str) -> ResponseReturnValue:
    """Redeem."""
    form = VerifyForm(prefix=_VERIFY)
    return submit(
        form,
        lambda: deciding.verify(
            current_session(), actor(), number, note=form.note.data or "", password=form.password.data or ""
        ),
        then=lambda _: url_for("verification.case", number=number),
        page=lambda: _case_page(number, verify_form=form),
        done=N_("已核销，金额转为应付服务机构，等待结算"),
    )


@blueprint.post("/claims/<number>/return")
def send_back(number: str) -> ResponseReturnValue:
    """Return for correction."""
    form = ReturnForm(prefix=_RETURN)
    return submit(
        form,
        lambda: deciding.send_back(
            current_session(),
            actor(),
            number,
            marks=form.marks.data or [],
            reason=form.reason.data or "",
            note=form.note.data,
        ),
        then=lambda _: url_for("verification.case", number=number),
        page=lambda: _case_page(number, return_form=form),
        done=N_("已退回补正，服务机构会在期限内修改后再次提交"),
    )


@blueprint.post("/claims/<number>/reject")
def reject(number: str) -> ResponseReturnValue:
    """Refuse for good."""
    form = RejectForm(prefix=_REJECT)
    return submit(
        form,
        lambda: deciding.reject(
            current_session(),
            actor(),
            number,
            reason=form.reason.data,
            note=form.note.data or "",
            password=form.password.data or "",
        ),
        then=lambda _: url_for("verification.case", number=number),
        page=lambda: _case_page(number, reject_form=form),
        done=N_("已不予核销，占用金额已退回企业的服务券"),
    )


@blueprint.post("/claims/<number>/undo/ask")
def ask_undo(number: str) -> ResponseReturnValue:
    """Ask another person to take the redemption back."""
    form = ReasonForm(prefix=_ASK)
    return submit(
        form,
        lambda: undoing.ask_undo(current_session(), actor(), number, reason=form.reason.data or ""),
        then=lambda _: url_for("verification.case", number=number),
        page=lambda: _case_page(number, ask_form=form),
        done=N_("已提请复核，由另一位工作人员撤销核销"),
    )


@blueprint.post("/claims/<number>/undo")
def undo(number: str) -> ResponseReturnValue:
    """Take the redemption back that somebody else asked to."""
    form = UndoForm(prefix=_UNDO)
    return submit(
        form,
        lambda: undoing.undo(current_session(), actor(), number, password=form.password.data or ""),
        then=lambda _: url_for("verification.case", number=number),
        page=lambda: _case_page(number, undo_form=form),
        done=N_("已撤销核销，金额重新占用，申请回到待核验"),
    )


@blueprint.post("/claims/<number>/undo/decline")
def decline_undo(number: str) -> ResponseReturnValue:
    """Say no, or take back one's own request."""
    form = ReasonForm(prefix=_DECLINE)
    return submit(
        form,
        lambda: undoing.decline_undo(current_session(), actor(), number, reason=form.reason.data or ""),
        then=lambda _: url_for("verification.case", number=number),
        page=lambda: _case_page(number, decline_form=form),
        done=N_("核销保持不变"),
    )


def _case_page(number: str, **sent: Form) -> str:
    """The case; ``sent`` is the form that came back with faults, by its name in the template."""
    person = actor()
    found = queries.case(current_session(), person, number)
    shown = claim_case(person, found)
    forms: dict[str, Form] = {
        "verify_form": VerifyForm(formdata=None, prefix=_VERIFY),
        # What fails is marked already; the officer adds what the machine cannot see.
        "return_form": ReturnForm(
            formdata=None, prefix=_RETURN, data={"marks": [each.id for each in failing(found.answers)]}
        ),
        "reject_form": RejectForm(formdata=None, prefix=_REJECT),
        "ask_form": ReasonForm(formdata=None, prefix=_ASK),
        "undo_form": UndoForm(formdata=None, prefix=_UNDO),
        "decline_form": ReasonForm(formdata=None, prefix=_DECLINE),
    } | sent
    for asking in ("verify_form", "reject_form"):
        forms[asking]["password"].flags.required = not found.confirmed
    return render_template(
        "verification/case.html",
        sent=next(iter(sent.values()), None),
        **forms,
        **case_view(shown, found.answers),
    )


def _invoice(form: ClaimForm) -> Invoice:
    return Invoice(
        number=form.number.data or "",
        day=form.day.data or today(),
        amount=form.amount.data or 0,
        seller=form.seller.data or "",
        buyer=form.buyer.data or "",
        self_checked=bool(form.self_checked.data),
    )


def _upload(file: FileStorage | None) -> Upload | None:
    return Upload(file.stream, file.filename) if file is not None and file.filename else None
