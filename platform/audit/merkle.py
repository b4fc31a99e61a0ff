"""A Merkle tree as RFC 9162 (Certificate Transparency) section 2.1 has it: pure functions over SHA-256.

``node(level, position)`` answers the hash of a complete sub-tree: that of the ``2 ** level`` leaves from
``position << level`` on. Such a hash never changes while the tree grows, so it can be stored.
"""

from collections.abc import Callable, Sequence
from hashlib import sha256
from typing import Final

Node = Callable[[int, int], bytes]
EMPTY_ROOT: Final = sha256().digest()


def leaf_hash(data: bytes) -> bytes:
    """The hash of a leaf: the byte 0 before the data, so that no leaf can pass for a node."""
    return sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of two sub-trees: the byte 1 before theirs."""
    return sha256(b"\x01" + left + right).digest()


class Growing:
    """A tree that grows leaf by leaf and holds only the complete sub-trees of its right edge, largest first."""

    def __init__(self, size: int = 0, edge: Sequence[tuple[int, bytes]] = ()) -> None:
        self.size = size
        self._edge = list(edge)

    @classmethod
    def at(cls, size: int, node: Node) -> "Growing":
        """The tree of ``size`` leaves, from its stored sub-trees."""
        return cls(size, [(level, node(level, position)) for level, position in edge_of(size)])

    def add(self, leaf: bytes) -> list[tuple[int, int, bytes]]:
        """Add the hash of a leaf; returns the sub-trees that it completes: level (from 1), position, hash."""
        made, level, digest = [], 0, leaf
        while self._edge and self._edge[-1][0] == level:
            digest = node_hash(self._edge.pop()[1], digest)
            level += 1
            made.append((level, self.size >> level, digest))
        self._edge.append((level, digest))
        self.size += 1
        return made

    def root(self) -> bytes:
        """The root hash of all leaves so far."""
        if not self._edge:
            return EMPTY_ROOT
        digest = self._edge[-1][1]
        for _, left in reversed(self._edge[:-1]):
            digest = node_hash(left, digest)
        return digest


def edge_of(size: int) -> list[tuple[int, int]]:
    """Level and position of the complete sub-trees of which a tree of ``size`` leaves is made, largest first."""
    levels = [level for level in range(size.bit_length() - 1, -1, -1) if size >> level & 1]
    return [(level, (size >> level) - 1) for level in levels]


def root_of(start: int, end: int, node: Node) -> bytes:
    """The root over the leaves from ``start`` to before ``end``; ``start`` is where a sub-tree of that size begins."""
    count = end - start
    if count & (count - 1) == 0:
        level = count.bit_length() - 1
        return node(level, start >> level)
    middle = start + _split(count)
    return node_hash(root_of(start, middle, node), root_of(middle, end, node))


def inclusion(number: int, size: int, node: Node) -> list[bytes]:
    """The path that shows that the leaf ``number`` (from 0) is in the tree of ``size`` leaves: RFC 9162, 2.1.3.1."""
    start, end, path = 0, size, []
    while end - start > 1:
        middle = start + _split(end - start)
        if number < middle:
            path.append(root_of(middle, end, node))
            end = middle
        else:
            path.append(root_of(start, middle, node))
            start = middle
    return path[::-1]


def consistency(old: int, size: int, node: Node) -> list[bytes]:
    """The path that shows that the tree of ``size`` leaves grew from that of ``old`` leaves (from 1): 2.1.4.1."""
    start, end, path, whole = 0, size, [], True
    while old != end:
        middle = start + _split(end - start)
        if old <= middle:
            path.append(root_of(middle, end, node))
            end = middle
        else:
            path.append(root_of(start, middle, node))
            start, whole = middle, False
    if not whole:
        path.append(root_of(start, end, node))
    return path[::-1]


def included(leaf: bytes, number: int, size: int, path: Sequence[bytes], root: bytes) -> bool:
    """Whether the path shows that the leaf is in the tree with this root: RFC 9162, 2.1.3.2."""
    if not 0 <= number < size:
        return False
    place, last, digest = number, size - 1, leaf
    for each in path:
        if last == 0:
            return False
        if place & 1 or place == last:
            digest = node_hash(each, digest)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            digest = node_hash(digest, each)
        place, last = place >> 1, last >> 1
    return last == 0 and digest == root


def grown(old: int, old_root: bytes, size: int, root: bytes, path: Sequence[bytes]) -> bool:
    """Whether the path shows that the second tree begins with all leaves of the first: RFC 9162, 2.1.4.2."""
    if old == size:
        return not path and old_root == root
    if not 0 < old < size or not path:
        return False
    steps = [old_root, *path] if old & (old - 1) == 0 else list(path)
    place, last = old - 1, size - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    first = second = steps[0]
    for each in steps[1:]:
        if last == 0:
            return False
        if place & 1 or place == last:
            first, second = node_hash(each, first), node_hash(each, second)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            second = node_hash(second, each)
        place, last = place >> 1, last >> 1
    return last == 0 and first == old_root and second == root


def _split(count: int) -> int:
    """The largest power of two below ``count``."""
    return 1 << (count - 1).bit_length() - 1
