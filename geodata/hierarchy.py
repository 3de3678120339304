"""The tree of regions: county, township, village, grid; its codes and its sums."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geodata.errors import InputError

LEVELS = ("county", "township", "village", "grid")
CODE_DIGITS = {"county": 6, "township": 9, "village": 12, "grid": 15}

Scheme = Literal["cn", "free"]
FaultKind = Literal["code.missing", "code.duplicate", "code.orphan", "tree.cycle", "tree.level"]


@dataclass(frozen=True)
class TreeFault:
    """One region that has no right place in the tree."""

    kind: FaultKind
    row: int  # position in the table that was given, from 0
    code: str
    parent: str


@dataclass(frozen=True, eq=False)
class Hierarchy:
    """
    A checked tree of regions, in the row order of the table it was built from.

    ``order`` lists the rows so that every region stands before all that lies in it and these follow
    it without a gap; ``start`` and ``size`` say where the run of a region begins in ``order`` and
    how long it is, itself included.
    """

    codes: tuple[str, ...]
    levels: tuple[str, ...]
    parents: NDArray[np.int64]  # (n_regions,) row of the parent, -1 for a root
    depth: NDArray[np.int64]  # (n_regions,) steps from the root
    order: NDArray[np.int64]  # (n_regions,) rows, parents first
    start: NDArray[np.int64]  # (n_regions,) place of the region in ``order``
    size: NDArray[np.int64]  # (n_regions,) regions in its run

    @cached_property
    def index(self) -> dict[str, int]:
        """Code to row."""
        return {code: row for row, code in enumerate(self.codes)}

    @cached_property
    def is_leaf(self) -> NDArray[np.bool_]:
        """Whether a region has no children, shape ``(n_regions,)``."""
        return np.asarray(self.size == 1)

    @property
    def roots(self) -> tuple[str, ...]:
        """Codes of the regions without parent."""
        return self._codes(np.flatnonzero(self.parents < 0))

    def row(self, code: str) -> int:
        """Return the row of a code; ``InputError`` when no region has it."""
        try:
            return self.index[code]
        except KeyError:
            raise InputError("No region has the code {code}.", code=code) from None

    def parent(self, code: str) -> str | None:
        """Return the code of the region above, or None for a root."""
        above = int(self.parents[self.row(code)])
        return None if above < 0 else self.codes[above]

    def children(self, code: str) -> tuple[str, ...]:
        """Return the codes directly below, in table order."""
        return self._codes(np.flatnonzero(self.parents == self.row(code)))

    def path(self, code: str) -> tuple[str, ...]:
        """Return the codes from the root down to this region, itself included."""
        found = [self.row(code)]
        while (above := int(self.parents[found[-1]])) >= 0:
            found.append(above)
        return tuple(self.codes[row] for row in reversed(found))

    def rows_under(self, code: str) -> NDArray[np.int64]:
        """Return the rows of a region and of everything in it."""
        row = self.row(code)
        return self.order[self.start[row] : self.start[row] + self.size[row]]

    def descendants(self, code: str) -> tuple[str, ...]:
        """Return the codes of everything below a region, itself not included."""
        return self._codes(self.rows_under(code)[1:])

    def leaves(self, code: str) -> tuple[str, ...]:
        """Return the leaves under a region; a leaf has itself."""
        rows = self.rows_under(code)
        return self._codes(rows[self.is_leaf[rows]])

    def ancestor_at(self, level: str) -> NDArray[np.int64]:
        """Return for each region the row of its ancestor (or itself) of a level, -1 for none."""
        own = np.array([at == level for at in self.levels], dtype=bool)
        found = np.where(own, np.arange(len(self.codes)), -1)
        for step in range(1, self._deepest + 1):
            rows = np.flatnonzero((self.depth == step) & (found < 0))
            found[rows] = found[self.parents[rows]]
        return found

    def sum_up(self, leaf_values: NDArray[Any]) -> NDArray[Any]:
        """
        Add the values of the leaves up the tree.

        Parameters
        ----------
        leaf_values
            Shape ``(n_regions,)`` or ``(n_regions, k)``, rows as in ``codes``, zero in every region
            that has children. Whole numbers stay whole, so the sums are exact.

        Returns
        -------
        NDArray
            The same shape and type: every region's total; a leaf keeps its value.

        Raises
        ------
        InputError
            If the number of rows is another, or a region with children has a value of its own.
        """
        if leaf_values.ndim not in (1, 2) or len(leaf_values) != len(self.codes):
            raise InputError(
                "The values have shape {shape}; expected one row for each of {n} regions.",
                shape=leaf_values.shape,
                n=len(self.codes),
            )
        filled = leaf_values.any(axis=1) if leaf_values.ndim == 2 else leaf_values != 0
        own = np.flatnonzero(filled & ~self.is_leaf)
        if len(own):
            raise InputError(
                "Region {code} has children and a value of its own; values stand at leaves only.",
                code=self.codes[own[0]],
            )
        totals = leaf_values.copy()
        for step in range(self._deepest, 0, -1):
            rows = np.flatnonzero(self.depth == step)
            np.add.at(totals, self.parents[rows], totals[rows])
        return totals

    @property
    def _deepest(self) -> int:
        return int(self.depth.max()) if len(self.depth) else 0

    def _codes(self, rows: NDArray[np.int64]) -> tuple[str, ...]:
        return tuple(self.codes[row] for row in rows)


def normalise_code(code: str, scheme: Scheme = "cn") -> str:
    """
    Return a code as the store writes it.

    Full-width digits, blanks and the ``.0`` of a spreadsheet go in both schemes. In scheme ``cn``
    a county has 6 digits, a township 9, a village 12, a grid 15, and the zeros that fill a longer
    code go: 529901101000 is the township 529901101, 529901000000 the county 529901. What is no
    run of digits (the code of a made cell) stays as it is.

    >>> normalise_code("529901101000")
    '529901101'
    """
    text = unicodedata.normalize("NFKC", code).strip()
    text = re.sub(r"\s+", "", text) if scheme == "cn" else text
    if text.endswith(".0") and text[:-2].isdecimal():
        text = text[:-2]
    if scheme == "free" or not text.isdecimal():
        return text
    for tail, lengths in (("000000", (12,)), ("000", (9, 12))):
        if len(text) in lengths and text.endswith(tail):
            return text[: -len(tail)]
    return text


def parent_by_prefix(code: str, known: Container[str]) -> str:
    """
    Return the longest known code that is the beginning of this one, or "".

    Levels may be skipped: a grid of 15 digits whose village is unknown belongs to its township.
    The parent of a made cell is what stands before its last hyphen.
    """
    if "-" in code:
        stem = code.rpartition("-")[0]
        return stem if stem in known else ""
    for length in (12, 9, 6):
        if length < len(code) and code[:length] in known:
            return code[:length]
    return ""


def level_of_code(code: str) -> str:
    """Return the level that the length of a ``cn`` code tells, or "" for another length."""
    for level, digits in CODE_DIGITS.items():
        if len(code) == digits and code.isdecimal():
            return level
    return ""


def faults(regions: pd.DataFrame, *, scheme: Scheme = "cn") -> list[TreeFault]:
    """
    List every region that cannot stand in the tree; see ``build`` for the columns.

    Kinds: ``code.missing``, ``code.duplicate`` (the second and later ones), ``code.orphan`` (its
    parent is not in the table, or no parent can be told although its level is not the highest),
    ``tree.cycle`` (it lies in itself), ``tree.level`` (its parent is of no higher level).
    """
    tree = _columns(regions, scheme)
    top = min((_rank(level) for level in tree.levels), default=0)
    found = {row: kind for row in range(len(tree.codes)) if (kind := _fault_of(row, tree, top))}
    for row in np.flatnonzero(_depth(tree.above) < 0):
        found.setdefault(int(row), "tree.cycle")
    return [
        TreeFault(kind, row, tree.codes[row], tree.parents[row])
        for row, kind in sorted(found.items())
    ]


_SENTENCES: dict[FaultKind, str] = {
    "code.missing": "Region in row {row} has no code.",
    "code.duplicate": "Region {code} stands twice.",
    "code.orphan": "Region {code} has no known parent ({parent}).",
    "tree.cycle": "Region {code} lies in itself.",
    "tree.level": "Region {code} lies in {parent}, which is not of a higher level.",
}


def build(regions: pd.DataFrame, *, scheme: Scheme = "cn") -> Hierarchy:
    """
    Build the tree of regions and check it.

    Parameters
    ----------
    regions
        One row a region: ``code`` (text), ``level`` (one of ``LEVELS``), optional ``parent`` (its
        code), and where parents are not told by codes ``geometry`` or ``lon`` and ``lat``. A
        missing parent is taken from the code (scheme ``cn``, and cells of both), then from the
        place: the region of the next higher level present that the region's inner point lies in.
        Levels may be skipped.
    scheme
        How codes are written, see ``normalise_code``.

    Raises
    ------
    InputError
        At the first fault that ``faults`` would list.
    """
    wrong = faults(regions, scheme=scheme)
    if wrong:
        first = wrong[0]
        raise InputError(
            _SENTENCES[first.kind], code=first.code, parent=first.parent or "?", row=first.row + 1
        )
    tree = _columns(regions, scheme)
    depth = _depth(tree.above)
    order, start, size = _runs(tree.above, depth)
    return Hierarchy(tuple(tree.codes), tuple(tree.levels), tree.above, depth, order, start, size)


def parents_by_place(
    points: NDArray[np.object_], areas: Sequence[Any] | NDArray[np.object_]
) -> NDArray[np.int64]:
    """
    Return for each point the first area that holds it (border included), -1 for none.

    Both in the same reference system; missing points and areas hold nothing.
    """
    found = np.full(len(points), -1, dtype=np.int64)
    tree = shapely.STRtree(areas)
    point, area = tree.query(points, predicate="intersects")
    order = np.lexsort((-area, point))  # the first area is written last and stays
    found[point[order]] = area[order]
    return found


class _Columns(NamedTuple):
    codes: list[str]
    parents: list[str]
    levels: list[str]
    first: dict[str, int]  # code to the first row that has it
    above: NDArray[np.int64]  # row of the parent, -1 for none


def _columns(regions: pd.DataFrame, scheme: Scheme) -> _Columns:
    for name in ("code", "level"):
        if name not in regions:
            raise InputError("The table of regions has no column {column}.", column=name)
    codes = [normalise_code(code, scheme) for code in _texts(regions["code"])]
    levels = _texts(regions["level"])
    unknown = sorted(set(levels) - set(LEVELS))
    if unknown:
        raise InputError(
            "Unknown level {level}; expected one of {levels}.",
            level=unknown[0] or "?",
            levels=", ".join(LEVELS),
        )
    parents = [""] * len(codes)
    if "parent" in regions:
        parents = [normalise_code(code, scheme) for code in _texts(regions["parent"])]
    known = _first_rows(codes)
    parents = [
        given or (parent_by_prefix(code, known) if scheme == "cn" or "-" in code else "")
        for given, code in zip(parents, codes, strict=True)
    ]
    parents = _parents_by_level(regions, codes, parents, levels)
    above = np.array([known.get(parent, -1) for parent in parents], dtype=np.int64)
    return _Columns(codes, parents, levels, known, above)


def _parents_by_level(
    regions: pd.DataFrame, codes: list[str], parents: list[str], levels: list[str]
) -> list[str]:
    """Fill parents that are still open by place, or by the one region of the level above."""
    parents = list(parents)
    ranks = np.array([_rank(level) for level in levels], dtype=np.int64)
    missing = np.array([not parent for parent in parents], dtype=bool)
    for rank in sorted(set(ranks[missing].tolist())):
        higher = ranks[ranks < rank]
        if not len(higher):
            continue
        above = np.flatnonzero(ranks == higher.max())
        rows = np.flatnonzero(missing & (ranks == rank))
        if len(above) == 1:
            place = np.zeros(len(rows), dtype=np.int64)
        elif "geometry" in regions:
            shapes = np.asarray(regions["geometry"], dtype=object)
            place = parents_by_place(_points(regions)[rows], shapes[above])
        else:
            continue
        for row, at in zip(rows, place, strict=True):
            parents[row] = codes[above[at]] if at >= 0 else ""
    return parents


def _points(regions: pd.DataFrame) -> NDArray[np.object_]:
    """Return a point inside each region: its ``lon`` and ``lat``, else a point of its shape."""
    points = np.full(len(regions), None, dtype=object)
    if "geometry" in regions:
        shapes = np.asarray(regions["geometry"], dtype=object)
        points = np.asarray(shapely.point_on_surface(shapes), dtype=object)
    if {"lon", "lat"} <= set(regions.columns):
        lon = pd.to_numeric(regions["lon"], errors="coerce").to_numpy(dtype=float)
        lat = pd.to_numeric(regions["lat"], errors="coerce").to_numpy(dtype=float)
        given = np.isfinite(lon) & np.isfinite(lat) & np.array([p is None for p in points])
        points[given] = shapely.points(lon[given], lat[given])
    return points


def _fault_of(row: int, tree: _Columns, top: int) -> FaultKind | None:
    above = tree.above[row]
    rank = _rank(tree.levels[row])
    if not tree.codes[row]:
        return "code.missing"
    if tree.first[tree.codes[row]] != row:
        return "code.duplicate"
    if above < 0:
        # What a county belongs to lies outside the tree, so its parent need not be known.
        orphan = rank > top or (bool(tree.parents[row]) and rank > 0)
        return "code.orphan" if orphan else None
    if above == row:
        return "tree.cycle"
    return "tree.level" if _rank(tree.levels[above]) >= rank else None


def _depth(above: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the steps from the root; -1 where a region never reaches one."""
    depth = np.where(above < 0, 0, -1)
    while True:
        open_rows = np.flatnonzero((depth < 0) & (depth[above] >= 0))
        if not len(open_rows):
            return depth
        depth[open_rows] = depth[above[open_rows]] + 1


def _runs(
    above: NDArray[np.int64], depth: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Lay the tree out so that each region is followed by everything in it."""
    size = np.ones(len(above), dtype=np.int64)
    steps = range(1, int(depth.max(initial=0)) + 1)
    for step in reversed(steps):
        rows = np.flatnonzero(depth == step)
        np.add.at(size, above[rows], size[rows])
    start = np.zeros(len(above), dtype=np.int64)
    for step in range(int(depth.max(initial=0)) + 1):
        rows = np.flatnonzero(depth == step)
        rows = rows[np.argsort(above[rows], kind="stable")]
        before = np.cumsum(size[rows]) - size[rows]  # sizes of everything ahead on this step
        first = np.r_[True, above[rows][1:] != above[rows][:-1]] if len(rows) else np.zeros(0, bool)
        base = np.maximum.accumulate(np.where(first, before, 0)) if len(rows) else before
        start[rows] = before - base + np.where(above[rows] < 0, 0, start[above[rows]] + 1)
    order = np.empty(len(above), dtype=np.int64)
    order[start] = np.arange(len(above))
    return order, start, size


def _first_rows(codes: Iterable[str]) -> dict[str, int]:
    index: dict[str, int] = {}
    for row, code in enumerate(codes):
        if code:
            index.setdefault(code, row)
    return index


def _rank(level: str) -> int:
    return LEVELS.index(level)


def _texts(column: pd.Series[Any]) -> list[str]:
    return ["" if value is None or value != value else str(value) for value in column]  # noqa: PLR0124
