"""The page of the proofs."""

from flask import Blueprint, render_template, request

from foundation.unit_of_work import current_session
from proofs.presentation import SUBJECTS
from proofs.queries import runs
from proofs.reading import proof_rows

blueprint = Blueprint("proofs", __name__)


@blueprint.get("/proofs")
def index() -> str:
    """Each proof that the clock has run, newest first."""
    page = runs(current_session(), request.args.get("page", 1, type=int)).through(proof_rows)
    return render_template("proofs/index.html", page=page, subjects=SUBJECTS)
