"""Showing with a few hashes that one event is in the tree, and that the tree has grown from an older head."""

from typing import Any
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from audit.merkle import consistency, grown, included, inclusion, root_of
from audit.models import AUDIT_LEAVES, AuditEvent, AuditHead
from audit.sources import EVENTS, digest_of, leaf_data, told
from audit.tree import hash_of, stored_node
from foundation.errors import NotFound
from foundation.i18n import N_

HASHING = "RFC 9162 2.1, SHA-256"


def find(session: Session, event: str) -> AuditEvent:
    """The event with this id or number; NotFound where there is none."""
    found = None
    if event.isdecimal() and len(event) < 19:
        found = session.scalar(select(AuditEvent).where(AuditEvent.sequence == int(event)))
    else:
        try:
            found = session.get(AuditEvent, UUID(event))
        except ValueError:
            found = None
    if found is None:
        raise NotFound(N_("没有这条办理记录"))
    return found


def prove(session: Session, event: AuditEvent) -> dict[str, Any]:
    """That the event is in the newest tree, as JSON values; ``ok`` is whether the path shows it.

    Anybody can follow it: SHA-256 of ``row`` (UTF-8) stands in ``leaf``, whose hash leads over ``path`` to the root of the
    head, which was written out. ``leaf`` is None, and nothing shown, while no seal covers the event.
    """
    columns = (AUDIT_LEAVES.c.source, AUDIT_LEAVES.c.sequence, AUDIT_LEAVES.c.kept, AUDIT_LEAVES.c.digest)
    leaf = session.execute(
        select(AUDIT_LEAVES.c.number, *columns).where(
            AUDIT_LEAVES.c.source == EVENTS, AUDIT_LEAVES.c.sequence == event.sequence
        )
    ).one_or_none()
    head = session.scalar(select(AuditHead).order_by(AuditHead.position.desc()).limit(1))
    row = {column.name: getattr(event, column.name) for column in AuditEvent.__table__.columns}
    answer: dict[str, Any] = {"ok": False, "event": str(event.id), "sequence": event.sequence, "row": told(row)}
    if leaf is None or head is None:
        return answer | {"leaf": None, "number": None, "head": None, "path": []}
    try:
        path = inclusion(leaf.number, head.size, stored_node(session))
    except KeyError:
        path = []
    number, source, sequence, kept, digest = leaf
    same = digest_of(row) == bytes(digest)
    shown = included(hash_of((source, sequence, kept, digest)), number, head.size, path, bytes.fromhex(head.root))
    return answer | {
        "ok": same and shown,
        "leaf": leaf_data(source, sequence, kept=kept, digest=digest).decode(),
        "number": number,
        "hashing": HASHING,
        "head": told_head(head),
        "path": [each.hex() for each in path],
    }


def growth(session: Session, head: str) -> dict[str, Any]:
    """That the newest tree begins with all leaves of an older head, given by its root or position, as JSON values.

    ``ok`` is False where the stored sub-trees do not lead from the one root to the other; NotFound where no such head is
    known.
    """
    known = AuditHead.root == head
    if head.isdecimal() and len(head) < 19:
        known = or_(known, AuditHead.position == int(head))
    old = session.scalar(select(AuditHead).where(known).order_by(AuditHead.position).limit(1))
    new = session.scalar(select(AuditHead).order_by(AuditHead.position.desc()).limit(1))
    if old is None or new is None:
        raise NotFound(N_("没有这个封存校验值"))
    node = stored_node(session)
    try:
        path = consistency(old.size, new.size, node)
        ok = grown(old.size, bytes.fromhex(old.root), new.size, bytes.fromhex(new.root), path)
        ok = ok and root_of(0, new.size, node).hex() == new.root
    except (KeyError, ValueError):
        path, ok = [], False
    return {
        "ok": ok,
        "hashing": HASHING,
        "from": told_head(old),
        "to": told_head(new),
        "path": [each.hex() for each in path],
    }


def told_head(head: AuditHead) -> dict[str, Any]:
    """A head as JSON values."""
    return {
        "position": head.position,
        "size": head.size,
        "root": head.root,
        "at": head.sealed_at.isoformat(),
    }
