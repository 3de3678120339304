"""Which further figures to hide so that the small ones stay hidden."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog
from scipy.sparse import csr_array, hstack

from cockpit.release.attack import AttackError, Sums

SLOW, IDLE = 0.9, 3
"""A round that leaves more than this share open was idle; after so many, figures are hidden."""

Flags = NDArray[np.bool_]
Integers = NDArray[np.int64]


def complement(sums: Sums, primary: Flags, *, width: int) -> Flags:
    """
    Return the figures to hide: ``primary`` and what protects them.

    First, tables are sought that move among the hidden figures alone; each proves for every hidden
    figure how far it can go. What is not yet proven to have room of ``width`` is then moved by
    linear programs that may move published figures too, at a price; what they move is hidden. It
    ends, since each round hides more or proves all, and a table with everything above 0 hidden has
    room without end.

    Returns
    -------
    array
        Shape ``(n,)``. Every hidden figure has two tables of whole numbers, 1 or more where
        hidden, with all published figures and sums, that are ``width`` or more apart there.
    """
    hidden = primary.copy()
    room = _Room(sums, width)
    while hidden.any():
        open_ = room.prove(hidden)
        if not open_.size:
            break
        moved = _protect(sums, hidden, open_[_one_a_family(sums, open_)], room)
        room.see(moved)
        hidden |= moved != 0
    return hidden


class _Room:
    """How far each figure has been seen to move, both ways, in tables with the same public sums."""

    def __init__(self, sums: Sums, width: int) -> None:
        self.sums, self.width = sums, width
        self.up = np.zeros(len(sums.values), dtype=np.int64)
        self.down = np.zeros(len(sums.values), dtype=np.int64)

    def see(self, moved: Integers) -> None:
        """Take a table into the proof, after checking that it is one."""
        if (self.sums.relations @ moved).any() or (self.sums.values + moved < (moved != 0)).any():
            raise AttackError("A table that should prove what is hidden does not add up.")
        np.maximum(self.up, moved, out=self.up)
        np.minimum(self.down, moved, out=self.down)

    def open(self, hidden: Flags) -> NDArray[np.intp]:
        """Return the hidden figures that are not yet proven to have room."""
        return np.flatnonzero(hidden & (self.up - self.down < self.width))

    def prove(self, hidden: Flags) -> NDArray[np.intp]:
        """Look for tables that move among hidden figures; return what stays open."""
        open_, idle, round_ = self.open(hidden), 0, 0
        while open_.size and idle < IDLE:
            self.see(_among(self.sums, hidden, open_, self.width, round_))
            left = self.open(hidden)
            idle = idle + 1 if len(left) > SLOW * len(open_) else 0
            open_, round_ = left, round_ + 1
        return open_


def _among(sums: Sums, hidden: Flags, open_: NDArray[np.intp], width: int, round_: int) -> Integers:
    """Return the table that moves the open figures farthest, half of them up and half down."""
    places = np.flatnonzero(hidden & _near(sums, open_))
    used = _relations(sums, places)
    aim = np.zeros(len(sums.values))
    aim[open_] = _signs(sums, open_, round_)
    low = -np.minimum(sums.values[places] - 1, width)
    result = linprog(
        -aim[places],
        A_eq=used,
        b_eq=np.zeros(used.shape[0]),
        bounds=np.column_stack([low, np.full(len(places), width)]),
        method="highs-ds",
    )
    return _whole(result, places, len(sums.values))


def _near(sums: Sums, open_: NDArray[np.intp]) -> Flags:
    """Return the figures of families with an open figure, and of all regions with children."""
    family = np.zeros(sums.shape[0] + 1, dtype=np.bool_)
    family[sums.family[open_]] = True
    inner = np.zeros(sums.shape[0] + 1, dtype=np.bool_)
    inner[sums.family] = True
    near: Flags = family[sums.family] | np.repeat(inner[:-1], sums.shape[1])
    return near


def _relations(sums: Sums, places: NDArray[np.intp]) -> csr_array:
    """Return the sums that hold among some figures when all others stay."""
    used = sums.relations[:, places]
    return used[np.unique(used.indices)].tocsr()


def _signs(sums: Sums, cells: NDArray[np.intp], round_: int) -> NDArray[np.float64]:
    """Return 1 or -1 for each figure: in turns within a family, all alike, or by bits of place."""
    if round_ % 4 == 0:
        row, column = cells // sums.shape[1], cells % sums.shape[1]
        odd = row + column + round_ // 4
    elif round_ % 4 == 1:
        odd = np.full(len(cells), round_ // 4)
    else:
        odd = (cells * 2654435761 >> (5 + round_)) & 1
    return np.where(odd % 2 == 0, 1.0, -1.0)


def _one_a_family(sums: Sums, cells: NDArray[np.intp]) -> NDArray[np.intp]:
    """
    Return positions in ``cells`` of the smallest figure of each family.

    It needs the largest move, and what that hides often proves its siblings as well: all at once
    would hide a tenth more of the county's figures.
    """
    order = np.argsort(sums.values[cells], kind="stable")
    _, first = np.unique(sums.family[cells][order], return_index=True)
    return order[first]


def _protect(sums: Sums, hidden: Flags, targets: NDArray[np.intp], room: _Room) -> Integers:
    """Return the cheapest table that moves every target up far enough; it may move any figure."""
    places = np.flatnonzero(sums.values > 0)
    values = sums.values[places]
    need = np.zeros(len(sums.values))
    need[targets] = room.width + room.down[targets]
    cost = np.where(hidden[places], 0.01, sums.weight[places])
    used = _relations(sums, places)
    n = len(places)
    result = linprog(
        np.concatenate([cost, cost]),
        A_eq=hstack([used, -used], format="csr"),
        b_eq=np.zeros(used.shape[0]),
        bounds=np.column_stack(
            [
                np.concatenate([need[places], np.zeros(n)]),
                np.concatenate([np.full(n, np.inf), np.where(need[places] > 0, 0, values - 1)]),
            ]
        ),
        method="highs-ds",
    )
    if result.status == 0:
        result.x = result.x[:n] - result.x[n:]
    return _whole(result, places, len(sums.values))


def _whole(result: object, places: NDArray[np.intp], n: int) -> Integers:
    """Return a solution as whole movements of all figures."""
    if getattr(result, "status", -1) != 0:
        raise AttackError("The figures that protect small counts could not be found.")
    moved = np.zeros(n, dtype=np.int64)
    moved[places] = np.rint(result.x).astype(np.int64)  # type: ignore[attr-defined]
    return moved
