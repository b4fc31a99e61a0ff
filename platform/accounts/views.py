"""Pages of signing in, registering, joining, the own account and the people of the own organisation."""

from functools import partial
from typing import Final
from uuid import UUID

import segno
from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask import session as cookie
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from werkzeug.exceptions import NotFound as PageNotFound

from accounts import lockout, noted, queries, registration, second_factor, sessions, signing_in
from accounts.current import actor
from accounts.devices import told_of
from accounts.forms import CodeForm, ContactForm, JoinForm, PasswordForm, RegisterForm, SignInForm
from accounts.models import OrganisationKind, SignIn
from accounts.own_account import SPEAKERS, change_contact, change_password
from accounts.people_reading import open_sign_ins, own_memberships, own_organisation, people_seen_by
from accounts.presentation import why_again
from accounts.sealed_secrets import SecretKeys, keys_of
from audit.trail import record
from foundation.actions import submit
from foundation.actors import Role
from foundation.errors import DomainError
from foundation.forms import Form, choices
from foundation.i18n import N_
from foundation.paths import safe_next
from foundation.unit_of_work import commit_anyway, current_session

blueprint = Blueprint("accounts", __name__)

_DONE: Final = {
    "admit": N_("已同意，对方现在可以登录"),
    "refuse": N_("已不同意，申请结束"),
    "remove": N_("已停用，对方不能再为这个单位办事"),
    "unlock": N_("已解除锁定，对方现在可以登录"),
}


@blueprint.route("/sign-in", methods=["GET", "POST"])
def sign_in() -> ResponseReturnValue:
    """E-mail and password; then the code where one is needed."""
    form = SignInForm()
    session = current_session()
    target = safe_next(request.args.get("next")) or url_for("web.home")
    if request.method == "GET":
        why = why_again(sessions.why_over(session), current_app.config["HUIQI_SETTINGS"])
        return render_template("accounts/sign_in.html", form=form, target=target, why=why)
    if not form.validate_on_submit():
        return render_template("accounts/sign_in.html", form=form, target=target, why=None), 422
    try:
        user = signing_in.check(
            session, email=form.email.data or "", password=form.password.data or "", ip=request.remote_addr
        )
    except DomainError as error:
        commit_anyway(session)
        form.take(error)
        return render_template("accounts/sign_in.html", form=form, target=target, why=None), error.status
    row = sessions.begin(session, user, ip=request.remote_addr, agent=request.user_agent.string)
    if row.membership is None:
        flash(gettext("您的加入申请还在等待单位管理员同意，同意后即可登录"), "info")
        sessions.end(session, row)
        return redirect(url_for("accounts.sign_in"), 303)
    if sessions.needs_second_factor(row):
        return redirect(url_for("accounts.code", next=target), 303)
    return redirect(target, 303)


@blueprint.route("/sign-in/code", methods=["GET", "POST"])
def code() -> ResponseReturnValue:
    """The second factor; the first time with its set-up."""
    session = current_session()
    row = sessions.current_sign_in()
    if row is None:
        return redirect(url_for("accounts.sign_in"), 303)
    target = safe_next(request.args.get("next")) or url_for("web.home")
    form = CodeForm()
    if request.method == "GET" or not form.validate_on_submit():
        status = 200 if request.method == "GET" else 422
        return _code_page(form, row), status
    try:
        second_factor.confirm(session, row, form.code.data or "", _keys(), actor=sessions.person_of(row))
    except DomainError as error:
        commit_anyway(session)
        form.take(error)
        return _code_page(form, row), error.status
    return redirect(target, 303)


def _keys() -> SecretKeys:
    return keys_of(current_app.config["HUIQI_SETTINGS"])


def _code_page(form: CodeForm, row: SignIn) -> str:
    secret = qr = None
    if row.user.totp_confirmed_at is None:
        secret = second_factor.begin_set_up(current_session(), row.user, _keys())
        qr = segno.make(second_factor.address(row.user, secret), error="m").svg_inline(scale=4, border=2)
        # The secret is kept although this is a GET: the next request checks the code against it.
        commit_anyway(current_session())
    return render_template("accounts/code.html", form=form, secret=secret, qr=qr)


@blueprint.post("/sign-out")
def sign_out() -> ResponseReturnValue:
    """End this session."""
    row = sessions.current_sign_in()
    if row is not None:
        noted.signed_out(current_session(), row, sessions.person_of(row))
        sessions.end(current_session(), row)
    # Whoever sits down here next finds nothing of this person, and pages that are still open can send nothing.
    cookie.clear()
    flash(gettext("您已退出登录"), "info")
    return redirect(url_for("web.home"), 303)


@blueprint.route("/register", methods=["GET", "POST"])
def register() -> ResponseReturnValue:
    """A new enterprise or provider."""
    form = RegisterForm()
    session = current_session()
    form.region_id.choices = choices([("", gettext("请选择")), *queries.region_choices(session)])

    def page() -> str:
        return render_template("accounts/register.html", form=form)

    if request.method == "GET":
        return page()
    return submit(
        form,
        lambda: registration.register(
            session,
            kind=OrganisationKind(form.kind.data),
            name=form.name.data or "",
            uscc=form.uscc.data or "",
            region_id=UUID(form.region_id.data),
            person=form.person.data or "",
            email=form.email.data or "",
            password=form.password.data or "",
            ip=request.remote_addr,
        ),
        then=lambda _user: url_for("accounts.sign_in"),
        page=page,
        done=N_("注册完成，请登录"),
    )


@blueprint.route("/join", methods=["GET", "POST"])
def join() -> ResponseReturnValue:
    """A further person of an organisation that is registered."""
    form = JoinForm()

    def page() -> str:
        return render_template("accounts/join.html", form=form)

    if request.method == "GET":
        return page()
    return submit(
        form,
        lambda: registration.join(
            current_session(),
            uscc=form.uscc.data or "",
            person=form.person.data or "",
            email=form.email.data or "",
            password=form.password.data or "",
            ip=request.remote_addr,
        ),
        then=lambda _user: url_for("accounts.sign_in"),
        page=page,
        done=N_("申请已提交，单位管理员同意后即可登录"),
    )


@blueprint.get("/account")
def account() -> ResponseReturnValue:
    """The own account: organisations, open sessions, password."""
    return _account_page(PasswordForm())


def _account_page(form: PasswordForm, contact: ContactForm | None = None) -> str:
    session = current_session()
    person = actor()
    assert person.user_id is not None  # noqa: S101 - the access list lets only people in
    present = sessions.current_sign_in()
    own = present.membership if present else None
    return render_template(
        "accounts/account.html",
        form=form,
        plain=Form(),
        own=own_organisation(own),
        contact=contact or ContactForm(None, obj=own.organisation if own else None),
        speaks=person.role in SPEAKERS,
        told_of=lambda agent: told_of(agent, gettext),
        open_sign_ins=sessions.open_sign_ins(session, person.user_id).through(
            lambda rows: open_sign_ins(rows, present)
        ),
        memberships=own_memberships(sessions.living_memberships(session, person.user_id), present),
    )


@blueprint.post("/account/contact")
def contact() -> ResponseReturnValue:
    """How the own organisation is reached."""
    form = ContactForm()
    return submit(
        form,
        lambda: change_contact(
            current_session(), actor(), phone=form.phone.data or "", address=form.address.data or ""
        ),
        then=lambda _done: url_for("accounts.account"),
        page=lambda: _account_page(PasswordForm(None), form),
        done=N_("联系方式已保存"),
    )


@blueprint.post("/account/password")
def password() -> ResponseReturnValue:
    """Change the own password; all other sessions end."""
    form = PasswordForm()
    return submit(
        form,
        lambda: change_password(
            current_session(), actor(), present=form.present_password.data or "", password=form.password.data or ""
        ),
        then=lambda _done: url_for("accounts.account"),
        page=lambda: _account_page(form),
        done=N_("密码已修改，其他设备上的登录已结束"),
    )


@blueprint.post("/account/end-others")
def end_others() -> ResponseReturnValue:
    """End all other sessions of the person."""
    session = current_session()
    row = sessions.current_sign_in()
    if row is not None:
        ended = sessions.end_all(session, row.user_id, but=row.id)
        record(session, actor(), "users.sessions_ended", row.user, after={"sessions": ended})
    flash(gettext("其他设备上的登录已结束"), "success")
    return redirect(url_for("accounts.account"), 303)


@blueprint.post("/account/organisation")
def switch() -> ResponseReturnValue:
    """Act for another organisation of the person's own."""
    session = current_session()
    row = sessions.current_sign_in()
    try:
        chosen = UUID(request.form.get("membership_id", ""))
    except ValueError as error:
        raise PageNotFound from error
    if row is None or not sessions.switch(session, row, chosen):
        raise PageNotFound
    return redirect(url_for("accounts.code" if sessions.awaits_code(row) else "web.home"), 303)


@blueprint.get("/members")
def members() -> ResponseReturnValue:
    """The people of the own organisation, and who asks to join."""
    words, standing = (request.args.get(name, "").strip()[:100] for name in ("q", "standing"))
    session, person = current_session(), actor()
    administrator = person.role is Role.ADMINISTRATOR
    page = queries.members(
        session, person, request.args.get("page", 1, type=int), words=words, standing=standing
    ).through(partial(people_seen_by, session, person))
    return render_template(
        "accounts/members.html",
        page=page,
        plain=Form(),
        words=words,
        standing=standing,
        standings=queries.STANDINGS,
        administrator=administrator,
    )


@blueprint.post("/members/<uuid:membership_id>/<any(admit,refuse,remove,unlock):deed>")
def change_member(membership_id: UUID, deed: str) -> ResponseReturnValue:
    """Admit or refuse a person who asked to join, end a membership, or unlock an account."""
    session = current_session()
    if deed == "unlock":
        lockout.unlock(session, actor(), membership_id)
    elif deed == "remove":
        registration.remove(session, actor(), membership_id)
    else:
        registration.admit(session, actor(), membership_id, yes=deed == "admit")
    flash(gettext(_DONE[deed]), "success")
    return redirect(url_for("accounts.members"), 303)
