"""The tree as the database stores it: leaves, complete sub-trees, and writing them in one statement each."""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from audit.merkle import Growing, Node, leaf_hash
from audit.models import AUDIT_LEAVES, AUDIT_NODES
from audit.sources import leaf_data

Leaf = tuple[str, int, bool, bytes]
"""Source, sequence, whether it is kept for ever, digest of the row."""

_LEAVES: Final = text("""
    INSERT INTO audit_leaves (number, source, sequence, kept, digest)
    SELECT :first + place - 1, source, sequence, kept, digest
    FROM unnest(CAST(:sources AS text[]), CAST(:sequences AS bigint[]), CAST(:kept AS boolean[]), CAST(:digests AS bytea[]))
         WITH ORDINALITY AS leaf (source, sequence, kept, digest, place)
""")
_NODES: Final = text("""
    INSERT INTO audit_nodes (level, position, hash)
    SELECT * FROM unnest(CAST(:levels AS smallint[]), CAST(:positions AS bigint[]), CAST(:hashes AS bytea[]))
""")


def stored_node(session: Session) -> Node:
    """What reads the hash of a complete sub-tree; KeyError where it is not stored."""

    def node(level: int, position: int) -> bytes:
        if level == 0:
            columns = (AUDIT_LEAVES.c.source, AUDIT_LEAVES.c.sequence, AUDIT_LEAVES.c.kept, AUDIT_LEAVES.c.digest)
            leaf = session.execute(select(*columns).where(AUDIT_LEAVES.c.number == position)).one_or_none()
            if leaf is not None:
                return hash_of(tuple(leaf))
        else:
            here = (AUDIT_NODES.c.level == level, AUDIT_NODES.c.position == position)
            digest = session.scalar(select(AUDIT_NODES.c.hash).where(*here))
            if digest is not None:
                return bytes(digest)
        raise KeyError(f"sub-tree {position} of level {level}")

    return node


def hash_of(leaf: Sequence[Any]) -> bytes:
    """The leaf's hash in the tree."""
    source, sequence, kept, digest = leaf
    return leaf_hash(leaf_data(source, sequence, kept=kept, digest=digest))


def append(session: Session, tree: Growing, leaves: Sequence[Leaf]) -> None:
    """Add leaves to the tree, and store them with the sub-trees that they complete."""
    first = tree.size
    nodes = [node for leaf in leaves for node in tree.add(hash_of(leaf))]
    sources, sequences, kept, digests = (list(column) for column in zip(*leaves, strict=True))
    session.execute(
        _LEAVES, {"first": first, "sources": sources, "sequences": sequences, "kept": kept, "digests": digests}
    )
    if nodes:
        levels, positions, hashes = (list(column) for column in zip(*nodes, strict=True))
        session.execute(_NODES, {"levels": levels, "positions": positions, "hashes": hashes})
