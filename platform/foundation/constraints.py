"""Constraint names to domain errors, so that a rule held by the database reads like one held by the form."""

from sqlalchemy.exc import IntegrityError

from foundation.errors import BadInput, Conflict, DomainError
from foundation.i18n import N_

_explained: dict[str, tuple[str, str | None, str | None]] = {}


def explain(constraint: str, message: str, *, field: str | None = None, remedy: str | None = None) -> None:
    """Say what a broken constraint means to a person; stands beside the model that owns the constraint."""
    _explained[constraint] = (message, field, remedy)


def as_domain_error(error: IntegrityError) -> DomainError:
    """The domain error for a constraint violation; an unexplained one is a conflict in general words."""
    name = name_of(error)
    if name in _explained:
        message, field, remedy = _explained[name]
        return Conflict(message, field=field, remedy=remedy)
    return Conflict(N_("这项操作与已有数据冲突"), remedy=N_("刷新页面，核对后再试"))


def name_of(error: IntegrityError) -> str | None:
    """The name of the broken constraint."""
    name: str | None = getattr(getattr(error.orig, "diag", None), "constraint_name", None)
    return name


def unusable() -> BadInput:
    """What to say when PostgreSQL cannot hold a value at all: a NUL among letters, a number beyond its range."""
    return BadInput(N_("填写的内容含有无法保存的字符，或数字过大"), remedy=N_("检查粘贴进来的内容，删去看不见的字符"))


def explained() -> frozenset[str]:
    """Names of all constraints that have an explanation; a test holds them against the database."""
    return frozenset(_explained)
