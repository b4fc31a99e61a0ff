"""Home (a desk, not a dashboard), search over everything, language, help and health."""

from datetime import date
from functools import partial

from flask import Blueprint, current_app, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from werkzeug.exceptions import NotFound

from accounts.current import actor, actor_or_none
from accounts.noted import COMING_AND_GOING
from audit.proofs import prove
from config import Environment
from documents.exports import asked_for, export
from foundation.paths import safe_next
from foundation.unit_of_work import current_session
from providers.categories import categories
from search.current import engine_name
from vouchers.queries import open_programmes
from vouchers.reading import programme_rows
from web import desks, finding, health
from web.auditing import event_of, trail_of
from web.exports import EVENTS
from web.house import house
from web.language import LANGUAGES
from web.reading import event_rows
from web.style_samples import style_context
from web.things import ids_of
from web.trail import deed, deeds, trail_views

blueprint = Blueprint("web", __name__)


@blueprint.get("/")
def home() -> ResponseReturnValue:
    """The desk of a signed-in person; the front page for a visitor."""
    person = actor_or_none()
    if person is None:
        return _front_page()
    return render_template("web/home.html", **desks.shown(desks.desk(current_session(), person)))


@blueprint.get("/desk/waiting")
def waiting() -> str:
    """Everything that waits for the person, page by page."""
    number = request.args.get("page", 1, type=int)
    page = desks.page(current_session(), actor(), desks.mine, number)
    return render_template(
        "web/desk_list.html",
        name=gettext("等我办理"),
        rows=desks.mine_rows(page.rows),
        page=page,
        following_others=False,
    )


@blueprint.get("/desk/following")
def following() -> str:
    """Everything that the person waits for, page by page."""
    number = request.args.get("page", 1, type=int)
    page = desks.page(current_session(), actor(), desks.others, number)
    rows = desks.others_rows(page.rows)
    return render_template("web/desk_list.html", name=gettext("我在等待"), rows=rows, page=page, following_others=True)


def _front_page() -> str:
    session = current_session()
    programmes = open_programmes(session)
    return render_template(
        "web/front.html",
        demonstration=_is_demonstration(),
        programmes=[one for one in programme_rows(session, programmes) if one.claims_last_day is not None],
        categories=categories().values(),
    )


def _is_demonstration() -> bool:
    return bool(current_app.config["HUIQI_SETTINGS"].environment is Environment.DEMONSTRATION)


@blueprint.get("/search")
def search() -> ResponseReturnValue:
    """Orders by number, organisations by name or code, offerings: whatever the person may see."""
    words = request.args.get("q", "").strip()
    found, cut = finding.find(current_session(), actor(), words)
    return render_template("web/search.html", words=words, found=found, cut=cut)


@blueprint.get("/language/<picked>")
def language(picked: str) -> ResponseReturnValue:
    """Switch the language; a cookie keeps the choice."""
    return _prefer("language", picked if picked in LANGUAGES else None)


@blueprint.get("/larger-type")
def larger_type() -> ResponseReturnValue:
    """Switch the larger-type mode (适老版) on or off."""
    return _prefer("large_type", None if request.cookies.get("large_type") == "1" else "1")


def _prefer(name: str, value: str | None) -> ResponseReturnValue:
    response = redirect(safe_next(request.args.get("next")) or "/", 303)
    if value is None:
        response.delete_cookie(name)
    else:
        secure = bool(current_app.config["SESSION_COOKIE_SECURE"])
        response.set_cookie(name, value, max_age=31_536_000, samesite="Lax", secure=secure, httponly=True)
    return response


@blueprint.get("/help")
def help_page() -> ResponseReturnValue:
    """What each role does here, step by step."""
    return render_template("web/help.html")


@blueprint.get("/audit")
def audit() -> ResponseReturnValue:
    """The audit trail of the auditor's region, filtered by who, what, when and thing; the address keeps the filter."""
    asked = {
        name: request.args.get(name, "").strip()[:100] for name in ("q", "deed", "about", "number", "first", "last")
    }
    session = current_session()
    page = trail_of(
        session,
        actor(),
        words=asked["q"],
        action=asked["deed"] if asked["deed"] in house().deeds else "",
        only=COMING_AND_GOING if asked["about"] == "access" else (),
        without=COMING_AND_GOING if asked["about"] == "deeds" else (),
        subjects=ids_of(asked["number"].upper()) if asked["number"] else None,
        first=_day(asked["first"]),
        last=_day(asked["last"]),
        number=request.args.get("page", 1, type=int),
    ).through(partial(event_rows, session))
    if asked_for():
        return export(session, actor(), EVENTS, page, asked)
    return render_template("web/audit.html", page=page, rows=trail_views(page.rows), asked=asked, deeds=deeds())


@blueprint.get("/audit/<int:number>/proof")
def audit_proof(number: int) -> ResponseReturnValue:
    """The path that shows that one event of the auditor's region is in the sealed tree."""
    session = current_session()
    event = event_of(session, actor(), number)
    (row,) = event_rows(session, [event])
    return render_template("web/audit_proof.html", row=row, deed=deed(row.action), proof=prove(session, event))


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


@blueprint.get("/style")
def style() -> ResponseReturnValue:
    """Every component once, for whoever builds pages; only while developing and testing."""
    if current_app.config["HUIQI_SETTINGS"].environment not in {Environment.DEVELOPMENT, Environment.TEST}:
        raise NotFound
    return render_template("style.html", **style_context())


@blueprint.get("/healthz")
def healthz() -> ResponseReturnValue:
    """For the machine that watches this one (CONTRACTS.md)."""
    answer, status = health.check(current_session(), engine_name())
    return answer, status
