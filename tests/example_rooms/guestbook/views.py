"""Its pages."""

from flask import Blueprint, redirect, render_template_string, url_for
from flask.typing import ResponseReturnValue

from accounts.current import actor
from audit.trail import record
from foundation.unit_of_work import current_session

blueprint = Blueprint("guestbook", __name__)


@blueprint.get("/guestbook")
def index() -> str:
    return render_template_string('{% extends "base.html" %}{% block heading %}<h1>{{ "留言" }}</h1>{% endblock %}')


@blueprint.post("/guestbook")
def sign() -> ResponseReturnValue:
    record(current_session(), actor(), "guestbook.sign", None, after={"words": "你好"})
    return redirect(url_for("guestbook.index"), 303)
