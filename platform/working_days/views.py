"""Pages of the calendar, for the administrator: the years, one year, and entering a notice with a preview."""

from hashlib import sha256

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from foundation.actions import submit
from foundation.actors import Actor
from foundation.clock import year_without_notice
from foundation.errors import BadInput, DomainError, Faults, NotFound
from foundation.i18n import N_
from foundation.rooms import WhoAsks
from foundation.unit_of_work import current_session
from working_days import entering, queries
from working_days.forms import YearForm
from working_days.models import DayKind
from working_days.reading import Notice, decode, read, written
from working_days.year_reading import entered

_YEARS = range(2004, 2101)


def make_blueprint(who: WhoAsks) -> Blueprint:
    """The routes; ``who`` says who asks (accounts stand above, so the shell hands it in)."""
    blueprint = Blueprint("working_days", __name__)

    @blueprint.get("/calendar")
    def index() -> str:
        """The years, and where the days of each come from."""
        rows = [
            {
                "year": year,
                "source": queries.SOURCES[source],
                "entered": entered(stored),
                "count": queries.working_days_in(year),
            }
            for year, source, stored in queries.years(current_session())
        ]
        return render_template("working_days/index.html", rows=rows, missing=year_without_notice())

    @blueprint.get("/calendar/<int:year>")
    def year(year: int) -> str:
        """The days of one year with their sources."""
        session = current_session()
        return render_template(
            "working_days/year.html",
            year=_known(year),
            entered=entered(queries.entered_year(session, year)),
            lines=queries.lines_of(session, year),
            sources=queries.SOURCES,
        )

    @blueprint.route("/calendar/<int:year>/enter", methods=["GET", "POST"])
    def enter(year: int) -> ResponseReturnValue:
        """Enter the year's notice: first what it would change, then for good."""
        return _enter(who.person(), _known(year))

    return blueprint


def _known(year: int) -> int:
    if year not in _YEARS:
        raise NotFound(N_("没有这一年"))
    return year


def _enter(person: Actor, year: int) -> ResponseReturnValue:
    session = current_session()
    form = YearForm()
    if request.method == "GET":
        form.days.data = written(queries.days_to_edit(session, year))
        stored = queries.entered_year(session, year)
        form.document.data = stored.document if stored else None
        return _page(form, year)
    notice, refusal = _checked(form, year)
    if notice is None:
        return refusal
    if "preview" in request.form or form.seen.data != _digest(notice):
        # The days of a file now stand in the text, ready to be entered.
        form.days.data, form.seen.data = written(notice.days), _digest(notice)
        return _page(form, year, notice)
    return submit(
        form,
        lambda: entering.enter(session, person, notice, document=form.document.data),
        then=lambda done: url_for("working_days.year", year=done.year),
        page=lambda: _page(form, year),
        done=N_("放假安排已录入，尚未到期的期限正在重新计算"),
    )


def _checked(form: YearForm, year: int) -> tuple[Notice | None, ResponseReturnValue]:
    """The notice that the form gives, else the page with its faults."""
    if not form.validate_on_submit():
        return None, (_page(form, year), 422)
    try:
        return _given(form, year), ""
    except DomainError as error:
        form.take(error)
        return None, (_page(form, year), error.status)


def _digest(notice: Notice) -> str:
    return sha256(written(notice.days).encode()).hexdigest()


def _page(form: YearForm, year: int, notice: Notice | None = None) -> str:
    return render_template(
        "working_days/enter.html",
        form=form,
        year=year,
        found=entering.outcome(current_session(), notice) if notice else None,
        holidays=[one for one in notice.days if one.kind is DayKind.HOLIDAY] if notice else [],
        workdays=[one for one in notice.days if one.kind is DayKind.WORKDAY] if notice else [],
    )


def _given(form: YearForm, year: int) -> Notice:
    """What was uploaded, else what was typed; a fault is told by the field that it came from."""
    chosen = form.file.data
    from_file = bool(getattr(chosen, "filename", ""))
    try:
        text = decode(chosen.stream.read()) if from_file else form.days.data or ""
        if not text.strip():
            raise BadInput(N_("选择文件，或填写日期"))
        return read(text, year=year)
    except DomainError as error:
        for fault in error.faults if isinstance(error, Faults) else [error]:
            fault.field = "file" if from_file else "days"
        raise
