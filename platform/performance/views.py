"""Pages of performance: target tables, their form, and each figure opened to its records."""

from functools import partial
from uuid import UUID

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from accounts.current import actor
from accounts.delegation import may_act_in
from audit.presentation import history_rows
from audit.queries import history
from audit.reading import history_events
from documents.exports import asked_for, export
from foundation.actions import submit
from foundation.actors import PROVIDER
from foundation.clock import today
from foundation.i18n import N_
from foundation.pages import Page
from foundation.unit_of_work import current_session
from performance import queries, tables
from performance.actuals import behind, of_table
from performance.exports import TABLES, rows_of
from performance.figure_reading import opened_figure
from performance.forms import NewTableForm, PlainForm, ReasonForm, fill, table_form, values_of
from performance.models import TargetState
from performance.presentation import behind_view, row_words, stages_of, state_of, table_view
from performance.reading import figure_rows, table_rows
from performance.states import EVENTS, TARGET
from performance.stored import template_of
from performance.templates import get_template

blueprint = Blueprint("performance", __name__)


@blueprint.get("/targets")
def index() -> ResponseReturnValue:
    """Tables that the person may see."""
    given = request.args.get("state", "")
    state = TargetState(given) if given in set(TargetState) else None
    words = request.args.get("q", "").strip()[:100]
    session, person = current_session(), actor()
    found = queries.tables(session, person, state=state, words=words, number=request.args.get("page", 1, int)).through(
        partial(table_rows, session)
    )
    if asked_for():
        return export(session, person, TABLES, found, {"state": state, "q": words})
    return render_template(
        "performance/index.html",
        page=found,
        rows=[
            {"table": each, "state": state_of(each), "title": get_template(each.template).title} for each in found.rows
        ],
        state=given,
        words=words,
        states=[(each.value, TARGET.labels[each]) for each in TargetState],
        filing=person.role in PROVIDER,
    )


@blueprint.route("/targets/new", methods=["GET", "POST"])
def new() -> ResponseReturnValue:
    """A new table: which and for which year."""
    form = NewTableForm()
    if request.method == "GET":
        form.year.data = today().year

    def page() -> str:
        return render_template("performance/new.html", form=form)

    if request.method == "GET":
        return page()
    return submit(
        form,
        lambda: tables.create(
            current_session(), actor(), template_id=form.template.data, year=form.year.data or today().year
        ),
        then=lambda table: url_for("performance.edit", table_id=table.id),
        page=page,
    )


@blueprint.get("/targets/<uuid:table_id>")
def table(table_id: UUID) -> ResponseReturnValue:
    """Baseline, target and actual of every row."""
    if not asked_for():
        return _table_page(table_id)
    session, person = current_session(), actor()
    found = tables.find(session, person, table_id)
    rows = figure_rows(found, of_table(session, found))
    return export(session, person, rows_of(template_of(found)), Page(rows, len(rows), 1), {}, subject=found)


@blueprint.route("/targets/<uuid:table_id>/edit", methods=["GET", "POST"])
def edit(table_id: UUID) -> ResponseReturnValue:
    """The table as a form."""
    session, person = current_session(), actor()
    found = tables.find(session, person, table_id)
    template = template_of(found)
    form = table_form(template)()
    if request.method == "GET":
        fill(form, tables.values_of(found))

    def page() -> str:
        rows = [row_words(row) for row in template.rows]
        (shown,) = table_rows(session, [found])
        return render_template("performance/edit.html", form=form, table=shown, template=template, rows=rows)

    if request.method == "GET":
        return page()
    return submit(
        form,
        lambda: tables.save(session, person, table_id, values_of(form, template)),
        then=lambda _: url_for("performance.table", table_id=table_id),
        page=page,
        done=N_("已保存，核对后提交审批"),
    )


@blueprint.post("/targets/<uuid:table_id>/submission")
def submit_table(table_id: UUID) -> ResponseReturnValue:
    """Hand it to the bureau."""
    form = PlainForm()
    return submit(
        form,
        lambda: tables.submit(current_session(), actor(), table_id),
        then=lambda _: url_for("performance.table", table_id=table_id),
        page=lambda: _table_page(table_id, form),
        done=N_("已提交主管部门审批"),
    )


@blueprint.post("/targets/<uuid:table_id>/approval")
def approve(table_id: UUID) -> ResponseReturnValue:
    """The bureau approves."""
    form = PlainForm()
    return submit(
        form,
        lambda: tables.approve(current_session(), actor(), table_id),
        then=lambda _: url_for("performance.table", table_id=table_id),
        page=lambda: _table_page(table_id, form),
        done=N_("已批准，这一版目标已锁定"),
    )


@blueprint.post("/targets/<uuid:table_id>/return")
def send_back(table_id: UUID) -> ResponseReturnValue:
    """The bureau hands it back."""
    form = ReasonForm()
    return submit(
        form,
        lambda: tables.send_back(current_session(), actor(), table_id, reason=form.reason.data or ""),
        then=lambda _: url_for("performance.index"),
        page=lambda: _table_page(table_id, form),
        done=N_("已退回服务机构修改"),
    )


@blueprint.post("/targets/<uuid:table_id>/change")
def change(table_id: UUID) -> ResponseReturnValue:
    """The provider begins a new version."""
    form = ReasonForm()
    return submit(
        form,
        lambda: tables.change(current_session(), actor(), table_id, reason=form.reason.data or ""),
        then=lambda changed: url_for("performance.edit", table_id=changed.id),
        page=lambda: _table_page(table_id, form),
        done=N_("已建立变更稿，原来的版本在批准前继续有效"),
    )


@blueprint.get("/targets/<uuid:table_id>/rows/<row_id>")
def row(table_id: UUID, row_id: str) -> ResponseReturnValue:
    """A figure opened to the records that it counts."""
    session = current_session()
    found = tables.find(session, actor(), table_id)
    opened = behind(session, found, row_id)
    return render_template("performance/row.html", **behind_view(opened.row, opened_figure(found, opened)))


def _table_page(table_id: UUID, form: PlainForm | ReasonForm | None = None) -> str:
    session, person = current_session(), actor()
    found = tables.find(session, person, table_id)
    events = history(session, found)
    return render_template(
        "performance/table.html",
        sent=form,
        blank=PlainForm(formdata=None),
        reason_form=form if isinstance(form, ReasonForm) else ReasonForm(formdata=None),
        stages=stages_of(found, events),
        history=history_rows(history_events(events), EVENTS),
        **table_view(
            session,
            person,
            found,
            of_table(session, found),
            queries.versions(session, found),
            acts=may_act_in(session, person, found.organisation.region),
        ),
    )
