"""The page that says what is real in the demonstration and what is not, and how to come in."""

from flask import Blueprint, current_app, render_template
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import NotFound

from config import Environment
from demonstration.accounts import PASSWORD, accounts, seconds_left
from demonstration.history import is_loaded
from demonstration.rules import RULES
from foundation.unit_of_work import current_session

blueprint = Blueprint("demonstration", __name__)


@blueprint.get("/demonstration")
def page() -> ResponseReturnValue:
    """Whose rules, which accounts; there is no such page in production."""
    if current_app.config["HUIQI_SETTINGS"].environment is Environment.PRODUCTION:
        raise NotFound
    return render_template(
        "demonstration/page.html",
        loaded=is_loaded(current_session()),
        rules=RULES,
        accounts=accounts(),
        password=PASSWORD,
        seconds=seconds_left(),
    )
