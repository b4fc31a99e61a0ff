"""Constraint names to domain errors, so that a rule held by the database reads like one held by the form."""

from sqlalchemy.exc import IntegrityError

from foundation.errors import Conflict, DomainError
from foundation.i18n import N_

_explained: dict[str, tuple[str, str | None, str | None]] = {}


def explain(constraint: str, message: str, *, field: str | None = None, remedy: str | None = None) -> None:
    """Say what a broken constraint means to a person; stands beside the model that owns the constraint."""
    _explained[constraint] = (message, field, remedy)


def as_domain_error(error: IntegrityError) -> DomainError:
    """The domain error for a constraint violation; an unexplained one is a conflict in general words."""
    name = getattr(getattr(error.orig, "diag", None), "constraint_name", None)
    if name in _explained:
        message, field, remedy = _explained[name]
        return Conflict(message, field=field, remedy=remedy)
    return Conflict(N_("这项操作与已有数据冲突"), remedy=N_("刷新页面，核对后再试"))


def explained() -> frozenset[str]:
    """Names of all constraints that have an explanation; a test holds them against the database."""
    return frozenset(_explained)
