"""Versions of rules in the database: entering what is shipped, and reading a row."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, TypeVar

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from foundation.clock import now
from policies.models import RuleVersion
from policies.shipped import Shipped

Model = TypeVar("Model")
_loaded: Final[dict[tuple[Any, str], Any]] = {}


def seed(session: Session, shipped: Iterable[Shipped]) -> None:
    """Enter the rules that are not there yet; run after each migration. What is there stays as it is."""
    for each in shipped:
        row_of(session, each)


def row_of(session: Session, shipped: Shipped) -> RuleVersion:
    """The row of exactly these rules, entered now where a file was changed after the last ``huiqi migrate``."""
    query = select(RuleVersion).where(
        RuleVersion.kind == shipped.kind, RuleVersion.key == shipped.key, RuleVersion.sha256 == shipped.sha256
    )
    found = session.scalar(query)
    if found is not None:
        return found
    moment = now()
    session.execute(
        insert(RuleVersion)
        .values(
            kind=shipped.kind,
            key=shipped.key,
            version=shipped.version,
            content=dict(shipped.content),
            sha256=shipped.sha256,
            drafted=moment,
            checked=moment,
            announced=shipped.announced,
        )
        .on_conflict_do_nothing(constraint="uq_rule_versions_content")
    )
    return session.scalars(query).one()


def loaded(row: RuleVersion, load: Callable[[Mapping[str, Any]], Model]) -> Model:
    """What a row says, read once by this process: a row never changes, so neither does what is read from it."""
    key = (load, row.sha256)
    if key not in _loaded:
        _loaded[key] = load(row.content)
    model: Model = _loaded[key]
    return model
