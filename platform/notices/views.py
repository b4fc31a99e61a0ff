"""Pages of public notices: the public list, a notice with its objections, objecting and answering."""

from collections.abc import Mapping
from functools import partial
from uuid import UUID

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from files.access import authorise
from files.intake import Upload
from foundation.actions import submit
from foundation.actors import Actor
from foundation.errors import NotAllowed
from foundation.i18n import N_
from foundation.rooms import WhoAsks
from foundation.unit_of_work import current_session
from notices import objections, queries
from notices.case_reading import notice_of_case
from notices.forms import AnswerForm, ObjectionForm
from notices.models import NoticeState, Objection, PublicNotice
from notices.reading import notice_rows
from notices.states import NOTICE

authorise(Objection.__tablename__, queries.may_see_evidence)


def make_blueprint(who: WhoAsks) -> Blueprint:
    """The routes; ``who`` says who asks (accounts stand above notices, so the shell hands it in)."""
    blueprint = Blueprint("notices", __name__)

    @blueprint.get("/notices")
    def index() -> str:
        """All public notices."""
        return _list()

    @blueprint.route("/notices/<number>", methods=["GET", "POST"])
    def notice(number: str) -> ResponseReturnValue:
        """One notice; whoever objects does it here."""
        return _notice(who.person_or_none(), number)

    @blueprint.post("/notices/<number>/objections/<uuid:objection_id>")
    def answer(number: str, objection_id: UUID) -> ResponseReturnValue:
        """The bureau answers an objection."""
        return _answer(who.person_or_none(), number, objection_id)

    return blueprint


def _list() -> str:
    state = request.args.get("state", "")
    wanted = NoticeState(state) if state in set(NoticeState) else None
    session = current_session()
    page = queries.notices(session, state=wanted, number=request.args.get("page", 1, type=int)).through(
        partial(notice_rows, session)
    )
    return render_template("notices/index.html", page=page, labels=NOTICE.labels, state=state)


def _notice(person: Actor | None, number: str) -> ResponseReturnValue:
    session = current_session()
    found = queries.notice_by_number(session, number)
    form = ObjectionForm()

    def page() -> str:
        return _case(person, found, form)

    if request.method == "GET":
        return page()
    return submit(
        form,
        lambda: objections.object_to(
            session,
            person,
            found,
            name=form.name.data or "",
            contact=form.contact.data or "",
            text=form.text.data or "",
            evidence=_upload(form.evidence.data),
            ip=request.remote_addr,
        ),
        then=lambda _objection: url_for("notices.notice", number=number),
        page=page,
        done=N_("异议已收到，公示单位核查后会按您留下的方式答复"),
    )


def _answer(person: Actor | None, number: str, objection_id: UUID) -> ResponseReturnValue:
    session = current_session()
    found = queries.notice_by_number(session, number)
    objection = queries.objection_of(session, found, objection_id)
    form = AnswerForm(prefix=str(objection_id))

    def verb() -> None:
        if person is None:
            raise NotAllowed(N_("异议由公示单位答复"))
        objections.answer(session, person, objection, text=form.answer.data or "", upheld=form.upheld.data == "yes")

    return submit(
        form,
        verb,
        then=lambda _nothing: url_for("notices.notice", number=number),
        page=lambda: _case(person, found, ObjectionForm(formdata=None), {objection_id: form}),
        done=N_("答复已保存"),
    )


def _case(
    person: Actor | None, notice: PublicNotice, form: ObjectionForm, sent: Mapping[UUID, AnswerForm] | None = None
) -> str:
    """The page; ``sent`` is the form of the answer that was just given."""
    session = current_session()
    inside = queries.may_read_objections(person, notice)
    shown = notice_of_case(
        notice,
        inside=inside,
        answering=inside and queries.may_answer(session, person, notice),
        evidence=queries.evidence_of(session, notice) if inside else {},
    )
    # A form for each objection without an answer; the prefix keeps the ids of their fields apart.
    answers = {
        each.id: AnswerForm(prefix=str(each.id), formdata=None) for each in shown.objections if each.answer is None
    }
    return render_template(
        "notices/notice.html", notice=shown, form=form, answers=answers | dict(sent or {}), labels=NOTICE.labels
    )


def _upload(chosen: object) -> Upload | None:
    name = getattr(chosen, "filename", "")
    return Upload(chosen.stream, name) if name else None  # type: ignore[attr-defined]
