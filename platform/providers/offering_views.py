"""Pages of offerings for providers and the bureau: list, case, form, review."""

from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from typing import Any

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from accounts.current import actor, not_here
from accounts.delegation import may_act_in
from documents.exports import asked_for, export
from foundation.actions import submit
from foundation.actors import BUREAU
from foundation.clock import today
from foundation.forms import Form
from foundation.i18n import N_
from foundation.unit_of_work import current_session
from providers import offerings as listing
from providers import presentation, price_review, queries
from providers.categories import categories, kinds
from providers.certification import is_certified
from providers.certification_views import blueprint
from providers.exports import OFFERINGS
from providers.forms import NoteForm, OfferingForm, PlainForm, ReviewNoteForm
from providers.market_price import price_rule
from providers.models import OfferingState, OfferingVersion
from providers.offering_facts import CHANNELS, MODES
from providers.offering_reading import offering_case, offering_deeds, offering_to_change
from providers.reading import offering_rows
from providers.states import OFFERING

__all__ = ["blueprint"]

_DONE = {
    "submit": N_("已提交审核，审核通过前目录里不会显示"),
    "withdraw": N_("已撤回，可以继续修改"),
    "discard": N_("修改稿已放弃"),
    "approve": N_("审核通过，已上架"),
    "request_changes": N_("已要求修改"),
    "delist": N_("已下架"),
}


_SUBMITTED_CHANGE = N_("新版本已提交审核，通过之前目录里仍是现在的版本")


@blueprint.get("/offerings")
def offerings() -> ResponseReturnValue:
    """A provider's own offerings; the bureau's queue."""
    session, person = current_session(), actor()
    state = request.args.get("state", "")
    words = request.args.get("q", "").strip()[:100]
    wanted = OfferingState(state) if state in set(OfferingState) else None
    page = queries.offerings(
        session, person, state=wanted, words=words, number=request.args.get("page", 1, type=int)
    ).through(partial(offering_rows, session))
    if asked_for():
        return export(session, person, OFFERINGS, page, {"state": wanted, "q": words})
    return render_template(
        "providers/offerings.html",
        page=page,
        state=state,
        words=words,
        labels=OFFERING.labels,
        tones=presentation.OFFERING_TONES,
        categories=categories(),
    )


@blueprint.route("/offerings/new", methods=["GET", "POST"])
def new_offering() -> ResponseReturnValue:
    """A new offering, from nothing or like one of one's own."""
    session, person = current_session(), actor()
    like = request.args.get("like")
    start = asdict(listing.facts_of(queries.versions_of(session, person, like)[0])) if like else {}
    form = OfferingForm(data=start)

    def page() -> str:
        return render_template("providers/offering_form.html", form=form, offering=None, categories=categories())

    if request.method == "GET":
        return page()
    return submit(
        form,
        lambda: _kept(lambda: listing.create(session, person, form.facts(), form.upload())),
        then=_case_url,
        page=page,
        done=N_("已提交审核，审核通过前目录里不会显示") if "submit" in request.form else N_("草稿已保存"),
    )


@blueprint.get("/offerings/<number>")
def offering(number: str) -> str:
    """An offering with all its versions."""
    return _case(queries.versions_of(current_session(), actor(), number), {})


@blueprint.route("/offerings/<number>/edit", methods=["GET", "POST"])
def edit_offering(number: str) -> ResponseReturnValue:
    """Change the draft; of a listed offering it becomes a new version, and the old one stays listed until approval."""
    session, person = current_session(), actor()
    versions = queries.versions_of(session, person, number)
    version = queries.current_among(versions)
    form = OfferingForm(data=asdict(listing.facts_of(version)))

    def page() -> str:
        return render_template(
            "providers/offering_form.html",
            form=form,
            offering=offering_to_change(version),
            categories=categories(),
        )

    if request.method == "GET":
        return page()
    return submit(
        form,
        lambda: _kept(lambda: listing.save(session, person, version, form.facts(version), form.upload())),
        then=_case_url,
        page=page,
        done=(_SUBMITTED_CHANGE if queries.listed_among(versions) else _DONE["submit"])
        if "submit" in request.form
        else N_("草稿已保存"),
    )


@blueprint.post("/offerings/<number>/steps/<deed>")
def step_offering(number: str, deed: str) -> ResponseReturnValue:
    """A step of the provider or the bureau; who may take it stands in the state table and in the verb."""
    session, person = current_session(), actor()
    versions = queries.versions_of(session, person, number)
    if deed not in _DONE:
        raise not_here()
    version = versions[0] if deed != "delist" else queries.listed_among(versions) or versions[0]
    form = _step_form(deed)
    note = (form.note.data or "") if isinstance(form, NoteForm | ReviewNoteForm) else ""
    accepted = form.accepted.data if isinstance(form, ReviewNoteForm) else None
    verbs: dict[str, Callable[[], None]] = {
        "submit": lambda: listing.submit(session, person, version),
        "withdraw": lambda: listing.withdraw(session, person, version),
        "discard": lambda: listing.discard(session, person, version),
        "approve": lambda: price_review.approve(session, person, version, note=note, accepted=accepted),
        "request_changes": lambda: price_review.request_changes(session, person, version, note=note),
        "delist": lambda: listing.delist(session, person, version, note=note),
    }
    return submit(
        form,
        verbs[deed],
        then=lambda _nothing: url_for("providers.offering", number=number),
        page=lambda: _case(versions, {deed: form}),
        done=_SUBMITTED_CHANGE if deed == "submit" and queries.listed_among(versions) else _DONE[deed],
    )


def _kept(keep: Callable[[], OfferingVersion]) -> OfferingVersion:
    """Keep the form's content, and send it to review where that button was pressed."""
    version = keep()
    if "submit" in request.form:
        listing.submit(current_session(), actor(), version)
    return version


def _case_url(version: OfferingVersion) -> str:
    return url_for("providers.offering", number=version.offering.number)


def _case(versions: list[OfferingVersion], forms: dict[str, Form]) -> str:
    session, person = current_session(), actor()
    version = queries.current_among(versions)
    provider = version.offering.provider
    deeds = offering_deeds(
        person, versions, acts=person.role not in BUREAU or may_act_in(session, person, provider.region)
    )
    case = offering_case(
        person,
        versions,
        deeds=deeds,
        certified=is_certified(session, provider.id, today()),
        check=price_review.price_check(session, version) if deeds & {"approve", "request_changes"} else None,
        events=queries.history(session, *versions),
        files=queries.attachments(session, version),
    )
    return render_template(
        "providers/offering.html",
        offering=case,
        rule=gettext(price_rule(provider.region.path)),
        forms={deed: forms.get(deed) or _step_form(deed, fresh=True) for deed in deeds},
        labels=OFFERING.labels,
        tones=presentation.OFFERING_TONES,
        category=categories()[case.service.category],
        kind=kinds().get(case.service.kind or ""),
        modes=MODES,
        channels=CHANNELS,
        steps=presentation.offering_steps(case),
        history=presentation.history_rows(case.history),
        files=presentation.file_rows(case.files),
    )


def _step_form(deed: str, *, fresh: bool = False) -> Form:
    options: dict[str, Any] = {"formdata": None} if fresh else {}
    if deed == "approve":
        return ReviewNoteForm(prefix=deed, **options)
    if deed in {"request_changes", "delist"}:
        return NoteForm(prefix=deed, **options)
    return PlainForm(**options)
