"""The public check of a statement: is it ours, is it unchanged, does it still count."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from settlement.models import Batch, Statement, StatementFile
from settlement.statement_files import file_of


@dataclass(frozen=True, slots=True)
class Check:
    """What the public page says of a number: the statement, whether what is stored of it is still what was issued, and
    the statement that took it back and its printed form, where there are any.
    """

    statement: Statement
    intact: bool
    file: StatementFile | None
    corrected_by: Statement | None


def check(session: Session, number: str) -> Check | None:
    """Look a statement up by its number, for anybody; None when there is none."""
    statement = session.scalar(
        select(Statement)
        .options(
            joinedload(Statement.organisation),
            joinedload(Statement.issuer),
            joinedload(Statement.batch).joinedload(Batch.programme),
        )
        .where(Statement.number == number.strip().upper())
    )
    if statement is None:
        return None
    by = session.scalar(select(Statement).where(Statement.corrects_id == statement.id))
    return Check(statement, _intact(statement), file_of(session, statement), by)


def _intact(statement: Statement) -> bool:
    """Whether the content has its hash, and the columns that pages show and add up say the same as the content."""
    content = statement.content
    return (
        recomputed_hash(content) == statement.content_hash
        and content["number"] == statement.number
        and content["total"] == statement.total
    )


def recomputed_hash(content: Mapping[str, Any]) -> str:
    """The hash of stored content, as ``documents.canonical`` makes it."""
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
