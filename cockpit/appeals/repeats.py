"""Appeals that say the same thing again: alike in words, near in place, close in time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from cockpit.appeals.grams import different, of_their_own
from cockpit.appeals.likeness import cosines
from cockpit.appeals.phrases import distinct
from geodata.errors import InputError

Floats = NDArray[np.float64]
Rows = NDArray[np.intp]

DAYS, NEAR_M, ALIKE = 14, 300.0, 0.4
"""A repeat comes within two weeks of the last one, from the same village or within 300 m, with a
cosine of at least 0.4 between the short strings of both texts."""
MOST_COMPARED = 400
"""Later appeals of the same place that one is compared with; only a flood of them has more."""
_SHIFTS = ((0, 0), (1, 0), (0, 1), (1, 1), (1, -1))


@dataclass(frozen=True)
class Repeat:
    """One matter that was reported more than once."""

    rows: Rows  # (n,) by time, the first first
    alike: Floats  # (n,) likeness of each to the first; 1 for the first
    days: float  # from first to last
    longest_gap_days: float
    same_village: bool
    farthest_m: float  # from the first; NaN where no positions are known

    @property
    def same_words(self) -> bool:
        """True when all have the very words of the first: duplicates."""
        return bool((self.alike > 1 - 1e-9).all())


@dataclass(frozen=True)
class Repeats:
    """All groups, the largest first, and the group of each appeal."""

    groups: tuple[Repeat, ...]
    group_of: Rows  # (n,) -1: nobody said it before or after

    def first_only(self) -> NDArray[np.bool_]:
        """Return the appeals that count when repeats count once."""
        keep = self.group_of < 0
        keep[[int(group.rows[0]) for group in self.groups]] = True
        return keep


def repeats(
    texts: Sequence[str],
    time: NDArray[np.datetime64],
    *,
    village: NDArray[np.integer],
    x: Floats | None = None,
    y: Floats | None = None,
    days: float = DAYS,
    near_m: float = NEAR_M,
    alike: float = ALIKE,
) -> Repeats:
    """
    Return the groups of appeals that say the same thing of the same place within days.

    Going through time, each appeal joins the group of the earlier one it is most like, when it is
    like the first of that group as well (so that a chain of small changes ends). Who wrote them is
    not known: a group may be one person asking again or many asking the same.

    Parameters
    ----------
    texts
        Cleaned, without the names of places. Texts that are empty never repeat.
    time
        When each came, shape (n,).
    village
        A number for each village, -1 where it is not known, shape (n,).
    x, y
        Metres, NaN where not known; None: only villages count.

    Raises
    ------
    InputError
        If shapes disagree or a limit is not above zero (``alike`` at most 1).
    """
    _check(len(texts), time, village, days, near_m, alike)
    order = np.argsort(time, kind="stable")
    seconds = time.astype("datetime64[s]").astype(np.int64)
    span = round(days * 86_400)
    pairs = [_same_place(village.astype(np.int64), seconds, span)]
    if x is not None and y is not None:
        pairs += _near(x, y, seconds, span, near_m)
    early, late = _in_order(np.concatenate(pairs), order, len(texts))
    texts_once, place = distinct(texts)
    rows = of_their_own(texts_once)
    # Once, not with each of a hundred thousand pairs asked one by one.
    rows.indptr, rows.indices = rows.indptr.astype(np.int64), rows.indices.astype(np.int64)
    like = cosines(rows, place[early], place[late])
    good = like >= alike
    group = _grouped(early[good], late[good], like[good], order, rows, place, alike)
    return _told(group, rows, place, seconds, village, x, y)


def _check(
    n: int, time: NDArray[np.datetime64], village: NDArray[np.integer],
    days: float, near_m: float, alike: float,
) -> None:  # fmt: skip
    if time.shape != (n,) or village.shape != (n,):
        raise InputError("{n} texts have {m} times.", n=n, m=min(len(time), len(village)))
    if not (days > 0 and near_m > 0 and 0 < alike <= 1):
        raise InputError(
            "Repeats need days and metres above 0 and a likeness of up to 1; got {days}, {near}, "
            "{alike}.",
            days=days,
            near=near_m,
            alike=alike,
        )


def _same_place(key: NDArray[np.int64], seconds: NDArray[np.int64], span: int) -> Rows:
    """Return pairs of rows with the same key (0 or above) within a span, shape (m, 2)."""
    known = np.flatnonzero(key >= 0)
    order = known[np.lexsort((seconds[known], key[known]))]
    # One number that sorts by place, then time; the gap between places is longer than any span.
    wide = int(np.ptp(seconds[order])) + span + 1 if len(order) else 1
    line = key[order] * wide + (seconds[order] - seconds[order].min(initial=0))
    until = np.searchsorted(line, line + span, side="right")
    return _spread(order, np.arange(len(order)) + 1, until, order)


def _spread(mine: Rows, start: Rows, until: Rows, theirs: Rows) -> Rows:
    """Return pairs of each of ``mine`` with ``theirs[start:until]``, at most ``MOST_COMPARED``."""
    n = np.clip(until - start, 0, MOST_COMPARED)
    first = np.repeat(mine, n)
    step = np.arange(n.sum()) - np.repeat(np.cumsum(n) - n, n)
    return np.column_stack([first, theirs[np.repeat(start, n) + step]]).astype(np.intp)


def _near(x: Floats, y: Floats, seconds: NDArray[np.int64], span: int, near_m: float) -> list[Rows]:
    """Return pairs within a distance and a span, by squares of that width and their neighbours."""
    known = np.flatnonzero(np.isfinite(x) & np.isfinite(y))
    if not len(known):
        return []
    column = np.floor((x[known] - x[known].min()) / near_m).astype(np.int64) + 1
    line = np.floor((y[known] - y[known].min()) / near_m).astype(np.int64) + 1
    height = int(line.max()) + 3
    wide = int(np.ptp(seconds[known])) + 2 * span + 2
    at = seconds[known] - seconds[known].min() + span
    order = np.lexsort((at, column * height + line))
    key = ((column * height + line) * wide + at)[order]
    parts = []
    for right, up in _SHIFTS:
        base = ((column + right) * height + line + up)[order] * wide
        low = np.searchsorted(key, base + at[order] - span, side="left")
        if (right, up) == (0, 0):  # each pair of a square once
            low = np.arange(len(order)) + 1
        high = np.searchsorted(key, base + at[order] + span, side="right")
        parts.append(_spread(known[order], low, high, known[order]))
    pairs = np.concatenate(parts)
    apart = np.hypot(x[pairs[:, 0]] - x[pairs[:, 1]], y[pairs[:, 0]] - y[pairs[:, 1]])
    return [pairs[apart <= near_m]]


def _in_order(pairs: Rows, order: Rows, n: int) -> tuple[Rows, Rows]:
    """Return each pair once, the earlier appeal first; sorted by the later one."""
    rank = np.empty(n, dtype=np.int64)
    rank[order] = np.arange(n)
    ranks = np.sort(rank[pairs], axis=1)
    both = different(ranks[:, 1] * max(n, 1) + ranks[:, 0])
    return order[both % max(n, 1)].astype(np.intp), order[both // max(n, 1)].astype(np.intp)


def _grouped(
    early: Rows, late: Rows, like: Floats, order: Rows, rows: csr_array, place: Rows, alike: float
) -> Rows:
    """Return for each appeal the first of its group, itself when it is the first."""
    first = np.arange(len(order), dtype=np.intp)
    if not len(late):
        return first
    # By the later appeal in time (as they come), then the likest earlier one.
    starts = np.flatnonzero(np.concatenate([[True], late[1:] != late[:-1]]))
    for start, end in zip(starts.tolist(), [*starts[1:].tolist(), len(late)], strict=True):
        mine = int(late[start])
        tried: set[int] = set()
        for k in (start + np.argsort(-like[start:end], kind="stable")).tolist():
            head = int(first[early[k]])
            if head in tried:
                continue
            tried.add(head)
            if place[head] == place[mine] or _cosine(rows, place[head], place[mine]) >= alike:
                first[mine] = head
                break
    return first


def _cosine(rows: csr_array, one: np.intp, other: np.intp) -> float:
    return float(cosines(rows, np.array([one]), np.array([other]))[0])


def _told(
    first: Rows, rows: csr_array, place: Rows, seconds: NDArray[np.int64],
    village: NDArray[np.integer], x: Floats | None, y: Floats | None,
) -> Repeats:  # fmt: skip
    sizes = np.bincount(first, minlength=len(first))
    members = np.flatnonzero(sizes[first] > 1)
    members = members[np.lexsort((seconds[members], first[members]))]
    several = np.split(members, np.flatnonzero(np.diff(first[members])) + 1) if len(members) else []
    groups = [_group(part, rows, place, seconds, village, x, y) for part in several]
    groups.sort(key=lambda group: (-len(group.rows), -seconds[group.rows[-1]]))
    group_of = np.full(len(first), -1, dtype=np.intp)
    for number, group in enumerate(groups):
        group_of[group.rows] = number
    return Repeats(tuple(groups), group_of)


def _group(
    members: Rows, rows: csr_array, place: Rows, seconds: NDArray[np.int64],
    village: NDArray[np.integer], x: Floats | None, y: Floats | None,
) -> Repeat:  # fmt: skip
    head = int(members[0])
    like = np.minimum(cosines(rows, np.full(len(members), place[head]), place[members]), 1.0)
    like[place[members] == place[head]] = 1.0
    when = seconds[members] / 86_400
    farthest = float("nan")
    if x is not None and y is not None:
        apart = np.hypot(x[members] - x[head], y[members] - y[head])
        farthest = float(np.nanmax(apart)) if np.isfinite(apart).any() else farthest
    homes = village[members]
    return Repeat(
        members,
        like,
        float(when[-1] - when[0]),
        float(np.diff(when).max()),
        bool(homes[0] >= 0 and (homes == homes[0]).all()),
        farthest,
    )
