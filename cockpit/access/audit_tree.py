"""Merkle trees over the trail's entries, as RFC 6962 and RFC 9162 define them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

EMPTY = hashlib.sha256(b"").digest()
"""Root of a tree without leaves (RFC 9162, 2.1.1)."""


def leaf_hash(data: bytes) -> bytes:
    """Return the hash of a leaf; its first byte keeps leaves and nodes apart."""
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of a node over two subtrees."""
    return hashlib.sha256(b"\x01" + left + right).digest()


class Peaks:
    """
    The roots of the full subtrees of a growing tree, largest first: all that adding a leaf needs.

    A tree of n leaves has as many peaks as n has bits set.
    """

    def __init__(self, size: int = 0, roots: Iterable[bytes] = ()) -> None:
        self.size = size
        self.roots = list(roots)

    def add(self, leaf: bytes) -> None:
        """Add the hash of a leaf at the right."""
        size, roots = self.size, self.roots
        while size & 1:  # two subtrees of one height become one
            leaf = hashlib.sha256(b"\x01" + roots.pop() + leaf).digest()
            size >>= 1
        roots.append(leaf)
        self.size += 1

    @property
    def root(self) -> bytes:
        """The tree's root."""
        if not self.roots:
            return EMPTY
        folded = self.roots[-1]
        for peak in reversed(self.roots[:-1]):
            folded = node_hash(peak, folded)
        return folded


def peaks_of(leaves: Iterable[bytes]) -> Peaks:
    """Return the peaks over hashes of leaves."""
    peaks = Peaks()
    for leaf in leaves:
        peaks.add(leaf)
    return peaks


def path_of(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """
    Return the inclusion path of a leaf, from the bottom to the top (RFC 9162, 2.1.3.1).

    Parameters
    ----------
    leaves
        Hashes of the leaves, n of them.
    index
        0 to n - 1; IndexError outside of it.
    """
    if not 0 <= index < len(leaves):
        raise IndexError(index)
    level, path = list(leaves), []
    while len(level) > 1:
        beside = index ^ 1
        if beside < len(level):  # the last of an odd level goes up as it is
            path.append(level[beside])
        level = [
            node_hash(level[i], level[i + 1]) if i + 1 < len(level) else level[i]
            for i in range(0, len(level), 2)
        ]
        index >>= 1
    return path


def included(leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> bool:
    """Tell whether a path proves a leaf in a tree of ``size`` leaves (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    at, last, found = index, size - 1, leaf
    for beside in path:
        if last == 0:
            return False
        if at & 1 or at == last:
            found = node_hash(beside, found)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            found = node_hash(found, beside)
        at, last = at >> 1, last >> 1
    return last == 0 and found == root
