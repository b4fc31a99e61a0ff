"""Public pages of programmes, the enterprise's claim, and vouchers."""

from collections.abc import Callable
from enum import StrEnum
from functools import partial
from typing import TypeVar
from uuid import UUID

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from accounts.current import actor, actor_or_none, own_organisation
from accounts.delegation import may_act_for
from accounts.reading import SecondPersonAsked, second_person_asked
from audit.queries import history as history_of
from audit.reading import history_events
from documents.exports import asked_for, export
from enterprises.titles import TITLE_LABELS
from foundation.actions import submit
from foundation.actors import ENTERPRISE, STAFF
from foundation.clock import today
from foundation.forms import Form
from foundation.i18n import N_
from foundation.unit_of_work import current_session
from vouchers import claiming, money, queries, revoking
from vouchers.case_reading import claim_in_line, programme_case
from vouchers.claim_line import claim_line
from vouchers.deduction import deduct
from vouchers.eligibility import may_claim
from vouchers.exports import VOUCHERS
from vouchers.forms import AskForm, CarryOutForm, DeclineForm, ReclaimForm
from vouchers.models import Programme, ProgrammeState, Voucher, VoucherState
from vouchers.reading import (
    CLAIM_REASONS,
    claim_rows,
    named_programme,
    programme_rows,
    transfer_rows,
    voucher_rows,
)
from vouchers.states import CLAIM, PROGRAMME, VOUCHER_LABELS
from vouchers.terms import HOUSE_RULES, RULES, current_version, terms_of

blueprint = Blueprint("vouchers", __name__)

State = TypeVar("State", bound=StrEnum)

PROGRAMME_STEPS = {
    "programme.draft": ProgrammeState.DRAFT,
    "programme.check": ProgrammeState.CHECKED,
    "programme.announce": ProgrammeState.ANNOUNCED,
    "programme.open": ProgrammeState.OPEN,
    "programme.close": ProgrammeState.CLOSED,
    "programme.settle": ProgrammeState.SETTLED,
}
"""What brings a programme to each step of its line."""
EXAMPLE_PRICES = (150_000_00, 120_000_00)
"""List and charged price of the worked example on a programme's page."""


@blueprint.get("/programmes")
def programmes() -> ResponseReturnValue:
    """All programmes that the visitor may see."""
    session = current_session()
    state = _state(ProgrammeState, request.args.get("state", ""))
    page = queries.programmes(
        session,
        actor_or_none(),
        words=request.args.get("q", "").strip(),
        state=state,
        number=request.args.get("page", 1, type=int),
    )
    return render_template(
        "vouchers/programmes.html",
        page=page.through(partial(programme_rows, session)),
        labels=PROGRAMME.labels,
    )


@blueprint.get("/programmes/<number>")
def programme(number: str) -> ResponseReturnValue:
    """The rules with their citations, the remaining money and the line; for bureau and treasury what they may do."""
    return programme_page(queries.programme(current_session(), actor_or_none(), number), Form())


def programme_page(found: Programme, form: Form) -> str:
    """The case page; ``form`` carries the refusal of a deed that was tried on it."""
    session, person = current_session(), actor_or_none()
    terms = terms_of(current_version(found))
    listed, charged = EXAMPLE_PRICES
    history = history_events(history_of(session, found))
    return render_template(
        "vouchers/programme.html",
        programme=programme_case(found),
        terms=terms,
        rules={**RULES, **HOUSE_RULES},
        title_labels=TITLE_LABELS,
        stations={one.kind.value: one for one in money.flow(session, found.id)},
        line=queries.line(session, found.id),
        example=deduct(
            terms, category="", list_price=listed, charged_price=charged, available=terms.cap_per_enterprise
        ),
        label=PROGRAMME.labels[found.state],
        states=PROGRAMME.labels,
        reached={PROGRAMME_STEPS[one.action]: one.at for one in history if one.action in PROGRAMME_STEPS},
        history=history if person is not None and person.role in STAFF else (),
        requests=_asked(found.id, found.bureau_id),
        acts=person is not None and may_act_for(session, person, found.bureau_id, found.id),
        form=form,
        forms=_forms(form),
    )


def _asked(subject_id: UUID, bureau_id: UUID) -> dict[str, SecondPersonAsked]:
    """What waits for a second person on a programme or voucher, by deed."""
    requests = queries.requests_on(current_session(), actor_or_none(), subject_id, bureau_id)
    return {deed: second_person_asked(request) for deed, request in requests.items()}


def _forms(form: Form) -> dict[str, Form]:
    """The forms of a deed that needs a second person; the one that was refused with its faults."""
    kinds = {"ask": AskForm, "carry_out": CarryOutForm, "decline": DeclineForm, "reclaim": ReclaimForm}
    return {name: form if type(form) is kind else kind() for name, kind in kinds.items()}


@blueprint.route("/programmes/<number>/claim", methods=["GET", "POST"])
def claim(number: str) -> ResponseReturnValue:
    """May we claim, how much, why not: and the button that claims."""
    session, person, form = current_session(), actor(), Form()
    found = queries.programme(session, person, number)

    def page() -> str:
        answer = may_claim(session, own_organisation(), found)
        claims = queries.claims_of(session, own_organisation(), found.id)
        return render_template(
            "vouchers/claim.html",
            programme=named_programme(found),
            findings=answer.findings,
            used=answer.used,
            claimable=answer.amount if answer.may_claim else 0,
            waiting=claim_in_line(answer.open_claim) if answer.open_claim else None,
            form=form,
            claims=claim_rows(session, claims),
            reasons=CLAIM_REASONS,
            steps=claim_line(claims[0]) if claims else (),
            position=queries.position(session, answer.open_claim) if answer.open_claim else None,
            queued_terms=terms_of(answer.open_claim.programme_version) if answer.open_claim else None,
            today=today(),
            line=queries.line(session, found.id),
            pool=money.pool(session, found.id),
            labels=CLAIM.labels,
        )

    if request.method == "GET":
        return page()
    return submit(
        form,
        lambda: claiming.claim(session, person, programme_id=found.id),
        then=lambda made: url_for("vouchers.index") if made.allotted else url_for("vouchers.claim", number=number),
        page=page,
        done=N_("申领已提交，结果见下"),
    )


@blueprint.get("/vouchers")
def index() -> ResponseReturnValue:
    """The enterprise's vouchers with what is free on each; for staff those of the region."""
    session, person = current_session(), actor()
    state = _state(VoucherState, request.args.get("state", ""))
    programme_number = request.args.get("programme", "").strip()[:100]
    page = queries.vouchers_of(
        session,
        person,
        state=state,
        programme_number=programme_number,
        number=request.args.get("page", 1, type=int),
    ).through(partial(voucher_rows, session))
    if asked_for():
        return export(session, person, VOUCHERS, page, {"state": state, "programme": programme_number})
    own = person.role in ENTERPRISE
    claims = [one for one in queries.claims_of(session, own_organisation()) if not one.allotted] if own else []
    return render_template(
        "vouchers/vouchers.html",
        page=page,
        labels=VOUCHER_LABELS,
        own=own,
        claims=claim_rows(session, claims),
        reasons=CLAIM_REASONS,
        claim_labels=CLAIM.labels,
    )


@blueprint.get("/vouchers/<number>")
def voucher(number: str) -> ResponseReturnValue:
    """One voucher: its amounts, each opening to the transfers behind it."""
    found = queries.voucher(current_session(), actor(), number)
    return _voucher_page(found, Form())


@blueprint.post("/vouchers/<number>/reclaim")
def reclaim(number: str) -> ResponseReturnValue:
    """The bureau takes back what is free."""
    form = ReclaimForm()
    return _deed(
        number,
        form,
        lambda found: revoking.reclaim(
            current_session(),
            actor(),
            voucher_id=found.id,
            reason=form.note.data or "",
            transfer_id=UUID(str(form.submission_id.data)),
            password=form.password.data or "",
        ),
        N_("余额已退回项目资金"),
    )


@blueprint.post("/vouchers/<number>/revoke")
def ask_to_revoke(number: str) -> ResponseReturnValue:
    """Ask a reviewer to revoke a voucher that should not have been issued."""
    form = AskForm()
    return _deed(
        number,
        form,
        lambda found: revoking.ask_to_revoke(
            current_session(), actor(), voucher_id=found.id, reason=form.note.data or ""
        ),
        N_("已提请另一位工作人员复核，复核前企业仍可用券"),
    )


@blueprint.post("/vouchers/<number>/revoke/carry-out")
def revoke(number: str) -> ResponseReturnValue:
    """Revoke a voucher as the second person."""
    form = CarryOutForm()
    return _deed(
        number,
        form,
        lambda found: revoking.revoke(
            current_session(),
            actor(),
            voucher_id=found.id,
            transfer_id=UUID(str(form.submission_id.data)),
            password=form.password.data or "",
        ),
        N_("服务券已撤销，余额已退回项目资金"),
    )


@blueprint.post("/vouchers/<number>/revoke/decline")
def decline_revoking(number: str) -> ResponseReturnValue:
    """Keep a voucher that a colleague wants revoked, or take one's own request back."""
    form = DeclineForm()
    return _deed(
        number,
        form,
        lambda found: revoking.decline_revoking(
            current_session(), actor(), voucher_id=found.id, reason=form.note.data or ""
        ),
        N_("不撤销，服务券照常使用"),
    )


def _deed(number: str, form: Form, verb: Callable[[Voucher], object], done: str) -> ResponseReturnValue:
    found = queries.voucher(current_session(), actor(), number)
    return submit(
        form,
        lambda: verb(found),
        then=lambda _result: url_for("vouchers.voucher", number=number),
        page=lambda: _voucher_page(found, form),
        done=done,
    )


def _voucher_page(found: Voucher, form: Form) -> str:
    session = current_session()
    return render_template(
        "vouchers/voucher.html",
        voucher=voucher_rows(session, [found])[0],
        terms=terms_of(found.programme_version),
        moves=transfer_rows(session, money.moves_of(session, found)),
        kinds=money.KINDS,
        stations=money.STATIONS,
        labels=VOUCHER_LABELS,
        acts=may_act_for(session, actor(), found.programme.bureau_id, found.programme_id),
        requests=_asked(found.id, found.programme.bureau_id),
        form=form,
        forms=_forms(form),
    )


def _state(states: type[State], word: str) -> State | None:
    return states(word) if word in {one.value for one in states} else None
