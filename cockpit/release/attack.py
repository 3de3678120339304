"""What an attacker makes of published sums: bounds of every hidden figure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog
from scipy.sparse import coo_array, csc_array

from cockpit.release.tree import Tree
from geodata.errors import CockpitError


class AttackError(CockpitError):
    """A linear program that the solver did not finish: nothing is known, nothing is published."""


@dataclass(frozen=True, eq=False)
class Sums:
    """
    Figures of a table and every sum that holds among them.

    ``relations @ values`` is 0: each region's children in every column, and each region's classes.
    """

    values: NDArray[np.int64]  # (n,) the table, row after row
    relations: Any  # sparse (m, n) of -1, 0, 1
    weight: NDArray[np.float64]  # (n,) what hiding a figure costs the reader
    family: NDArray[np.intp]  # (n,) parent's row, -1 at the top
    shape: tuple[int, int]  # regions, columns


COST = (60.0, 12.0, 3.0, 1.0)
"""What hiding a figure of the county, a township, a village, a grid costs; a total, three times."""


def sums_of(counts: NDArray[np.int64], tree: Tree) -> Sums:
    """Return all figures of a tree, classes and their total, with their relations."""
    table = tree.from_leaves(counts)
    several = counts.shape[1] > 1
    if several:
        table = np.column_stack([table, table.sum(axis=1)])
    n_columns = table.shape[1]
    weight = np.repeat(np.array(COST)[tree.level, None], n_columns, axis=1)
    if several:
        weight[:, -1] *= 3
    weight *= 1 + table / (table + 100)  # of two alike, hide the one that says less
    return Sums(
        table.ravel(),
        _relations(tree, n_columns, several=several),
        weight.ravel(),
        np.repeat(tree.parent, n_columns),
        table.shape,
    )


def _relations(tree: Tree, n_columns: int, *, several: bool) -> csc_array:
    """Return one row for each inner region and column, then one for each region's total."""
    n = len(tree)
    cell = np.arange(n * n_columns).reshape(n, n_columns)
    inner = np.flatnonzero(~tree.is_leaf)
    place = np.full(n, -1)
    place[inner] = np.arange(len(inner))
    of_family = place[:, None] * n_columns + np.arange(n_columns)
    parents, children = of_family[inner], of_family[tree.parent[1:]]
    rows = [parents.ravel(), children.ravel()]
    columns = [cell[inner].ravel(), cell[1:].ravel()]
    signs = [np.ones(parents.size), -np.ones(children.size)]
    m = len(inner) * n_columns
    if several:
        total = m + np.arange(n)
        rows += [total, np.repeat(total, n_columns - 1)]
        columns += [cell[:, -1], cell[:, :-1].ravel()]
        signs += [np.ones(n), -np.ones(n * (n_columns - 1))]
        m += n
    where = (np.concatenate(rows), np.concatenate(columns))
    return csc_array(coo_array((np.concatenate(signs), where), shape=(m, n * n_columns)))


def bounds(
    sums: Sums, hidden: NDArray[np.bool_], cell: int, *, least: int = 0
) -> tuple[float, float]:
    """
    Return the smallest and largest value that a hidden figure can have, given all that is shown.

    Parameters
    ----------
    hidden
        Which figures are not published, shape ``(n,)``.
    cell
        The hidden figure that is attacked.
    least
        What the attacker knows of every hidden figure: 0 or more, or 1 or more.
    """
    places = np.flatnonzero(hidden)
    known = -(sums.relations @ np.where(hidden, 0, sums.values))
    used = sums.relations[:, places]
    aim = (places == cell).astype(np.float64)
    found = []
    for sign in (1.0, -1.0):
        result = linprog(sign * aim, A_eq=used, b_eq=known, bounds=(least, None), method="highs-ds")
        if result.status == 3:  # without end
            found.append(-sign * np.inf)
        elif result.status == 0:
            found.append(sign * float(result.fun))
        else:
            raise AttackError("The bounds of a hidden figure could not be found.")
    return found[0], found[1]
