"""The tree of RFC 6962: its known roots, its paths, and that no other path passes."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cockpit.access.audit_tree import (
    EMPTY,
    Peaks,
    included,
    leaf_hash,
    node_hash,
    path_of,
    peaks_of,
)

INPUTS = (
    "", "00", "10", "2021", "3031", "40414243", "5051525354555657",
    "606162636465666768696a6b6c6d6e6f",
)  # fmt: skip
ROOTS = (
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)
"""Roots over the first 1 to 8 inputs, as the Certificate Transparency project publishes them."""


@pytest.mark.parametrize("n", range(1, 9))
def test_known_roots(n: int) -> None:
    leaves = [leaf_hash(bytes.fromhex(text)) for text in INPUTS[:n]]
    assert peaks_of(leaves).root.hex() == ROOTS[n - 1]


def test_empty_tree() -> None:
    assert Peaks().root == EMPTY == hashlib.sha256().digest()


def test_path_of_the_rfc_example() -> None:
    # RFC 6962, 2.1.3: seven leaves; the path of d3 is c, g, l: its neighbour is d2.
    d = [leaf_hash(bytes([i])) for i in range(7)]
    a, c = node_hash(d[0], d[1]), d[2]
    right = node_hash(node_hash(d[4], d[5]), d[6])
    assert path_of(d, 3) == [c, a, right]
    assert path_of(d, 6) == [node_hash(d[4], d[5]), node_hash(a, node_hash(d[2], d[3]))]


@given(st.integers(1, 70), st.data())
@settings(max_examples=60, deadline=None)
def test_every_path_proves_its_leaf_alone(n: int, data: st.DataObject) -> None:
    leaves = [leaf_hash(i.to_bytes(2)) for i in range(n)]
    root = peaks_of(leaves).root
    index = data.draw(st.integers(0, n - 1))
    path = path_of(leaves, index)
    assert included(leaves[index], index, n, path, root)
    assert not included(leaf_hash(b"other"), index, n, path, root)
    assert not included(leaves[index], n, n, path, root)
    assert not included(leaves[index], index, n, [*path, root], root)
    if path:
        assert not included(leaves[index], index, n, path[:-1], root)


def test_no_leaf_outside() -> None:
    with pytest.raises(IndexError):
        path_of([leaf_hash(b"")], 1)
