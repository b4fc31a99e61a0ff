"""The tree of RFC 9162, held against the vectors of Certificate Transparency's reference implementation."""

import pytest

from audit.merkle import EMPTY_ROOT, Growing, consistency, edge_of, grown, included, inclusion, leaf_hash, root_of

# certificate-transparency, merkletree/merkle_tree_test.cc: the leaves and the roots of the first one to eight of them.
LEAVES = [
    bytes.fromhex(each)
    for each in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def tree(count):
    """The stored sub-trees of the first leaves, and the tree."""
    grows, nodes = Growing(), {}
    for number in range(count):
        leaf = leaf_hash(LEAVES[number] if number < len(LEAVES) else b"%d" % number)
        nodes[0, number] = leaf
        nodes |= {(level, position): digest for level, position, digest in grows.add(leaf)}
    return grows, lambda level, position: nodes[level, position]


def test_the_roots_are_those_of_the_reference():
    assert Growing().root() == EMPTY_ROOT
    assert [tree(size)[0].root().hex() for size in range(1, 9)] == ROOTS


@pytest.mark.parametrize(
    ("number", "size", "path"),
    [
        (0, 1, []),
        (
            0,
            8,
            [
                "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
                "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
            ],
        ),
        (
            5,
            8,
            [
                "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
                "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            ],
        ),
        (2, 3, ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"]),
    ],
)
def test_a_path_is_that_of_the_reference(number, size, path):
    assert [each.hex() for each in inclusion(number, size, tree(size)[1])] == path


@pytest.mark.parametrize(
    ("old", "size", "path"),
    [
        (1, 1, []),
        (
            6,
            8,
            [
                "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
                "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            ],
        ),
    ],
)
def test_growth_is_shown_as_by_the_reference(old, size, path):
    assert [each.hex() for each in consistency(old, size, tree(size)[1])] == path


def test_every_leaf_and_every_growth_is_shown_and_no_other():
    for size in range(1, 40):
        grows, node = tree(size)
        root = grows.root()
        assert root == root_of(0, size, node) == Growing.at(size, node).root()
        assert sum(1 << level for level, _ in edge_of(size)) == size
        for number in range(size):
            path = inclusion(number, size, node)
            assert included(node(0, number), number, size, path, root)
            assert not included(leaf_hash(b"other"), number, size, path, root)
            assert not included(node(0, number), (number + 1) % (size + 1), size, path, root)
        for old in range(1, size + 1):
            path, before = consistency(old, size, node), root_of(0, old, node)
            assert grown(old, before, size, root, path)
            assert not grown(old, leaf_hash(b"other"), size, root, path)
            assert len(path) <= size.bit_length() + 1
