"""Pages of certifications: list, case, form with live judgement, the bureau's steps, the certificate."""

from collections.abc import Callable
from datetime import date
from functools import partial
from typing import Any

from flask import Blueprint, Response, current_app, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from accounts.current import actor, not_here
from accounts.delegation import may_act_in
from documents.certificate import CertificateContent, render_certificate
from documents.exports import asked_for, export
from files.access import authorise
from foundation.actions import submit
from foundation.clock import at
from foundation.errors import DomainError
from foundation.forms import Form, choices
from foundation.i18n import N_
from foundation.identifiers import new_id
from foundation.pages import Page
from foundation.unit_of_work import commit_anyway, current_session
from policies.facts import vocabulary
from providers import certification as applying
from providers import presentation, queries, review, standing
from providers.case_reading import certification_case, certification_to_fill
from providers.exports import CERTIFICATIONS
from providers.forms import FactsForm, NoteForm, PlainForm, RequestForm, facts_form
from providers.models import Certification, CertificationState, OfferingVersion
from providers.reading import CertificationRow, certification_rows
from providers.rules import rules_for
from providers.states import CERTIFICATION
from providers.terms import LEVELS, rules_of

blueprint = Blueprint("providers", __name__)
authorise(Certification.__tablename__, queries.may_see_certification)
authorise(OfferingVersion.__tablename__, queries.may_see_version)

_DONE = {
    "take": N_("已受理"),
    "recommend": N_("初审意见已提交"),
    "open_notice": N_("公示已开始"),
    "certify": N_("已认定，证书可以下载"),
    "reject": N_("已作出不予认定的决定"),
    "request_information": N_("已要求补充材料"),
    "suspend": N_("资格已暂停，服务产品已从目录撤下"),
    "reinstate": N_("资格已恢复，服务产品重新可见"),
    "revoke": N_("资格已撤销，服务产品已从目录撤下"),
}
_WITHOUT_WORDS = frozenset({"take", "open_notice", "certify"})


@blueprint.get("/certifications")
def certifications() -> ResponseReturnValue:
    """A provider's own applications; the bureau's queue."""
    if asked_for():
        return export(current_session(), actor(), CERTIFICATIONS, *_certifications())
    return _certifications_page()


def _certifications() -> tuple[Page[CertificationRow], dict[str, Any]]:
    """The page that the address asks for, and by which state and words it was found."""
    state, words = request.args.get("state", ""), request.args.get("q", "").strip()[:100]
    wanted = CertificationState(state) if state in set(CertificationState) else None
    number = request.args.get("page", 1, type=int)
    session = current_session()
    page = queries.certifications(session, actor(), state=wanted, words=words, number=number)
    return page.through(partial(certification_rows, session)), {"state": wanted, "q": words}


def _certifications_page() -> str:
    page, filters = _certifications()
    return render_template(
        "providers/certifications.html",
        page=page,
        state=filters["state"] or "",
        words=filters["q"],
        labels=CERTIFICATION.labels,
        tones=presentation.TONES,
        levels=LEVELS,
        form=PlainForm(),
    )


@blueprint.post("/certifications")
def start_certification() -> ResponseReturnValue:
    """Begin an application and go to its form."""
    return submit(
        PlainForm(),
        lambda: applying.start(current_session(), actor()),
        then=lambda made: url_for("providers.certification_form", number=made.number),
        page=_certifications_page,
    )


@blueprint.get("/certifications/<number>")
def certification(number: str) -> str:
    """The whole case."""
    return _case(_found(number), {})


@blueprint.route("/certifications/<number>/form", methods=["GET", "POST"])
def certification_form(number: str) -> ResponseReturnValue:
    """Fill in the facts and see at once how the criteria stand; save, or submit."""
    session, person, found = current_session(), actor(), _found(number)
    form = facts_form(rules_for(found), found.facts)

    def page() -> str:
        return render_template("providers/certification_form.html", **_form_context(found, form))

    if request.method == "GET":
        return page()
    if "submit" not in request.form:
        return submit(
            form,
            lambda: applying.save(session, person, found, form.texts(), form.uploads()),
            then=lambda _saved: url_for("providers.certification_form", number=number) + "#judgement",
            page=page,
            done=N_("草稿已保存"),
        )
    if not form.validate_on_submit():
        return page(), 422
    try:
        with session.begin_nested():
            applying.save(session, person, found, form.texts(), form.uploads())
    except DomainError as error:
        form.take(error)
        return page(), error.status
    answer = submit(
        form,
        lambda: applying.submit(session, person, found),
        then=lambda _nothing: url_for("providers.certification", number=number),
        page=page,
        done=N_("补充材料已提交，主管部门会继续审核")
        if found.state is CertificationState.MORE_INFORMATION
        else N_("申请已提交，主管部门受理后会开始审核"),
    )
    if isinstance(answer, tuple):
        # What was saved stays saved, files too; the corrected form is another sending.
        commit_anyway(session)
        form.submission_id.data = str(new_id())
        return page(), 422
    return answer


@blueprint.post("/certifications/<number>/draft")
def save_certification(number: str) -> Response:
    """The draft that saves itself while one types; the answer is what the page then says."""
    found = _found(number)
    form = facts_form(rules_for(found), found.facts)
    try:
        applying.save(current_session(), actor(), found, form.texts())
        # Only a redirect commits by itself, and this answer is a line of text.
        commit_anyway(current_session())
    except DomainError as error:
        return Response(gettext("尚未保存：%(why)s", why=error.text(gettext)), mimetype="text/plain")
    return Response(gettext("草稿已自动保存"), mimetype="text/plain")


@blueprint.get("/certifications/<number>/judgement")
def judgement(number: str) -> str:
    """How the criteria would stand with what is typed; nothing is kept."""
    found = _found(number)
    form = facts_form(rules_for(found), found.facts)
    form.process(request.args)
    return render_template("providers/_judgement_live.html", **_form_context(found, form))


@blueprint.post("/certifications/<number>/review/<deed>")
def review_certification(number: str, deed: str) -> ResponseReturnValue:
    """A step of the bureau; who may take it stands in the state table and in the verb."""
    found = _found(number)
    if deed not in _DONE:
        raise not_here()
    form = _review_form(found, deed)
    return submit(
        form,
        _verb(found, deed, form),
        then=lambda _nothing: url_for("providers.certification", number=number),
        page=lambda: _case(found, {deed: form}),
        done=_DONE[deed],
    )


@blueprint.get("/certifications/<number>/certificate.pdf")
def certificate(number: str) -> Response:
    """The certificate as PDF."""
    found = _found(number)
    notice = queries.notice_of(current_session(), found)
    if found.valid_from is None or found.valid_to is None or notice is None:
        raise not_here()
    public_url = current_app.config["HUIQI_SETTINGS"].public_url
    content = CertificateContent(
        number=found.number,
        issuer=notice.issuer,
        organisation=found.organisation.name,
        uscc=found.organisation.uscc,
        level=LEVELS[found.level],
        valid_from=found.valid_from,
        valid_to=found.valid_to,
        document=f"认定公示 {notice.number}",
        issued_at=at(found.valid_from),
        verification_url=public_url + url_for("catalogue.provider", uscc=found.organisation.uscc),
    )
    response = Response(render_certificate(content), mimetype="application/pdf")
    response.headers["Content-Disposition"] = f'inline; filename="{found.number}.pdf"'
    return response


def _found(number: str) -> Certification:
    return queries.certification_by_number(current_session(), actor(), number)


def _form_context(found: Certification, form: FactsForm) -> dict[str, Any]:
    rules = rules_for(found)
    facts, _faults = applying.read_facts(rules, form.texts())
    answer = applying.judge(rules, facts)
    shown = certification_to_fill(found, queries.attachments(current_session(), found))
    return {
        "certification": shown,
        "form": form,
        "rules": rules,
        "answer": answer,
        "rows": presentation.criteria_rows(answer),
        "counts": presentation.counts(answer),
        "files": presentation.file_rows(shown.files),
        "facts": {key: vocabulary()[key] for key in rules.facts},
    }


def _case(found: Certification, forms: dict[str, Form]) -> str:
    session, person = current_session(), actor()
    case = certification_case(
        person,
        found,
        acts=may_act_in(session, person, found.organisation.region),
        notice=queries.notice_of(session, found),
        events=queries.history(session, found),
        files=queries.attachments(session, found),
    )
    answer = applying.judge(rules_for(found), applying.facts_of(found))
    return render_template(
        "providers/certification.html",
        forms={deed: forms.get(deed) or _review_form(found, deed, fresh=True) for deed in case.deeds},
        rules=rules_for(found),
        rows=presentation.stored_rows(found) if found.answer else presentation.criteria_rows(answer),
        counts=presentation.counts(answer),
        **presentation.certification_view(case),
    )


def _review_form(found: Certification, deed: str, *, fresh: bool = False) -> Form:
    options: dict[str, Any] = {"formdata": None} if fresh else {}
    if deed in _WITHOUT_WORDS:
        return PlainForm(**options)
    if deed != "request_information":
        return NoteForm(prefix=deed, **options)
    form = RequestForm(prefix=deed, data={"due_on": review.answer_by()}, **options)
    keys = rules_of(found.ruleset_id).facts
    form.facts.choices = choices([(key, gettext(vocabulary()[key].label)) for key in keys])
    return form


def _verb(found: Certification, deed: str, form: Form) -> Callable[[], Any]:
    session, person = current_session(), actor()
    note: str = form.note.data or "" if isinstance(form, NoteForm) else ""
    if isinstance(form, RequestForm):
        due_on: date = form.due_on.data or date.min
        return lambda: review.request_information(
            session, person, found, note=note, facts=form.facts.data or [], due_on=due_on
        )
    verbs: dict[str, Callable[[], Any]] = {
        "take": lambda: review.take_up(session, person, found),
        "recommend": lambda: review.recommend(session, person, found, note=note),
        "open_notice": lambda: review.open_notice(session, person, found),
        "certify": lambda: review.certify(session, person, found),
        "reject": lambda: review.reject(session, person, found, note=note),
        "suspend": lambda: standing.suspend(session, person, found, note=note),
        "reinstate": lambda: standing.reinstate(session, person, found, note=note),
        "revoke": lambda: standing.revoke(session, person, found, note=note),
    }
    return verbs[deed]
