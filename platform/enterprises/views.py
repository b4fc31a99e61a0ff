"""Pages of the register of titles: the bureau's register, and an enterprise's own titles."""

from datetime import date
from functools import partial
from uuid import UUID

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from accounts.current import actor, not_here, own_organisation
from accounts.queries import bureau_in_charge, organisation_of
from accounts.reading import contact, place
from documents.exports import asked_for, export
from enterprises import titles as register
from enterprises.exports import TITLES
from enterprises.forms import RevokeForm, TitleForm
from enterprises.models import TitleLevel
from enterprises.presentation import standing_of
from enterprises.reading import title_rows
from foundation.actions import submit
from foundation.actors import ENTERPRISE
from foundation.clock import today
from foundation.i18n import N_
from foundation.unit_of_work import current_session

blueprint = Blueprint("enterprises", __name__)


@blueprint.get("/titles")
def titles() -> ResponseReturnValue:
    """The register of the region; for an enterprise its own titles."""
    if actor().role in ENTERPRISE:
        return _own_titles()
    words, chosen = request.args.get("q", "").strip(), request.args.get("level", "")
    level = TitleLevel(chosen) if chosen in {one.value for one in TitleLevel} else None
    session, person = current_session(), actor()
    page = register.page(
        session, person, words=words, level=level, number=request.args.get("page", 1, type=int)
    ).through(partial(title_rows, session))
    if asked_for():
        return export(session, person, TITLES, page, {"level": level, "q": words})
    return render_template(
        "enterprises/titles.html",
        page=page,
        words=words,
        level=chosen,
        labels=register.TITLE_LABELS,
        standing=standing_of,
        decidable=register.decidable(session, person, [row.id for row in page.rows]),
    )


def _own_titles() -> str:
    session = current_session()
    organisation = organisation_of(session, own_organisation())
    return render_template(
        "enterprises/own_titles.html",
        titles=title_rows(session, register.own(session, organisation.id)),
        valid=bool(register.titles_on(session, organisation.id, today())),
        labels=register.TITLE_LABELS,
        standing=standing_of,
        uscc=organisation.uscc,
        place=place(organisation.region),
        bureau=contact(bureau) if (bureau := bureau_in_charge(session, organisation.region)) else None,
    )


@blueprint.route("/titles/new", methods=["GET", "POST"])
def new_title() -> ResponseReturnValue:
    """Enter a title."""
    form = TitleForm()

    def page() -> str:
        return render_template("enterprises/title_form.html", form=form)

    if request.method == "GET":
        return page()
    return submit(
        form,
        lambda: register.register(
            current_session(),
            actor(),
            uscc=form.uscc.data or "",
            level=TitleLevel(form.level.data),
            batch=form.batch.data or "",
            document=form.document.data or "",
            valid_from=form.valid_from.data or date.max,
            valid_to=form.valid_to.data or date.min,
        ),
        then=lambda title: url_for("enterprises.titles", q=title.organisation.uscc),
        page=page,
        done=N_("称号已登记"),
    )


@blueprint.route("/titles/<title_id>/revoke", methods=["GET", "POST"])
def revoke_title(title_id: str) -> ResponseReturnValue:
    """End a title from today on."""
    try:
        title = register.find(current_session(), actor(), UUID(title_id))
    except ValueError:
        raise not_here() from None
    form = RevokeForm()

    def page() -> str:
        (row,) = title_rows(current_session(), [title])
        return render_template("enterprises/revoke_title.html", form=form, title=row, labels=register.TITLE_LABELS)

    if request.method == "GET":
        return page()
    return submit(
        form,
        lambda: register.revoke(current_session(), actor(), title_id=title.id, reason=form.reason.data or ""),
        then=lambda _title: url_for("enterprises.titles", q=title.organisation.uscc),
        page=page,
        done=N_("称号已撤销，从今天起不再有效"),
    )
