"""Several plans side by side: which is best in what, breaks that all maps share, who wins where."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cockpit.breaks import Breaks
from geodata.errors import InputError

FEWEST, MOST = 2, 8
"""Plans that can be compared at once; today comes on top."""

SAME_MINUTES = 0.05
"""Minutes: a change that reads 0.0 is none. Whole seconds make three of them at most."""

NOTHING = "-"
"""Class of a cell that is not part of the question."""

_SIDE = 3  # classes on either side of "no change"

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Positions = NDArray[np.intp]


def best_of(values: Sequence[float], better: int) -> tuple[bool, ...]:
    """
    Tell which values are the best.

    Parameters
    ----------
    values
        One a plan; NaN: not shown, and never the best.
    better
        1: the largest is best, -1: the smallest, 0: neither.

    Returns
    -------
    tuple
        All that equal the best to nine digits. Nobody where no two values differ: then none is
        better than another.
    """
    known = [value for value in values if not math.isnan(value)]
    if not better or not known:
        return (False,) * len(values)
    best = max(known) if better > 0 else min(known)
    marked = [math.isclose(v, best, rel_tol=1e-9, abs_tol=1e-9) for v in values]
    return tuple(marked) if sum(marked) < len(known) else (False,) * len(values)


# ---------------------------------------------------------------- maps of change


def shared_breaks(changes: Sequence[Floats]) -> Breaks:
    """
    Return classes for several maps of change at once: the same on both sides of zero, on all maps.

    The middle class is "no change" (at most ``SAME_MINUTES``); on either side follow up to three,
    whose limits part the sizes of all changes together into thirds, rounded to a tenth.

    Parameters
    ----------
    changes
        Minutes more (above zero) or less of each cell, one array a map; NaN: not known.

    Returns
    -------
    Breaks
        Of 1, 3, 5 or 7 classes, from most minutes won to most minutes lost; one class where nothing
        changes on any map. ``counts`` are of all maps together.
    """
    all_changes = np.concatenate([np.asarray(c, dtype=float) for c in changes] or [np.empty(0)])
    known = all_changes[~np.isnan(all_changes)]
    if not len(known):
        return Breaks((), (), math.nan, (), len(all_changes), diverging=True)
    sizes = np.abs(known)
    sizes = sizes[sizes > SAME_MINUTES]
    largest = float(sizes.max()) if len(sizes) else SAME_MINUTES
    inner = np.array([SAME_MINUTES, *_thirds(sizes, largest)]) if len(sizes) else np.empty(0)
    uppers = np.concatenate((-inner[::-1], inner, [largest]))
    cuts = np.concatenate((-_moved(inner)[::-1], _moved(inner), _moved(np.array([largest]))))
    classes = np.minimum(np.searchsorted(cuts, known, side="left"), len(cuts) - 1)
    return Breaks(
        tuple(uppers.tolist()),
        tuple(cuts.tolist()),
        float(known.min()),
        tuple(np.bincount(classes, minlength=len(cuts)).tolist()),
        len(all_changes) - len(known),
        diverging=True,
    )


def _thirds(sizes: Floats, largest: float) -> list[float]:
    """Return the limits that part sizes into thirds, each once and between the ends."""
    quantiles = np.quantile(sizes, [k / _SIDE for k in range(1, _SIDE)], method="higher")
    return [q for q in np.unique(quantiles.round(1)).tolist() if SAME_MINUTES < q < largest]


def _moved(limits: Floats) -> Floats:
    return limits + np.abs(limits) * 1e-9 + 1e-12  # as cockpit.breaks: the last digit decides not


def class_text(breaks: Breaks, values: Floats, cells: Positions, n_cells: int) -> str:
    """
    Return one character a cell of the county: its class, 0 and up, or ``NOTHING``.

    Parameters
    ----------
    values
        Shape ``(n,)``, one for each of ``cells``; NaN: not known.
    cells
        Positions among the ``n_cells`` of the county, shape ``(n,)``.
    """
    told = np.full(n_cells, NOTHING)
    classes = breaks.class_of(np.asarray(values, dtype=float))
    told[cells] = [str(k) if k >= 0 else NOTHING for k in classes.tolist()]
    return "".join(told.tolist())


# ---------------------------------------------------------------- winners and losers


@dataclass(frozen=True)
class Shift:
    """
    Who wins and who loses between two plans, part by part.

    Times people are counted in seconds: whole people and whole seconds add up without rounding, so
    the parts make the whole exactly.
    """

    winners: Floats  # (n_parts,) people with a shorter way
    losers: Floats  # (n_parts,) people with a longer way
    unchanged: Floats  # (n_parts,)
    seconds_won: Floats  # (n_parts,) people times seconds, 0 or more
    seconds_lost: Floats  # (n_parts,)
    newly_covered: Floats  # (n_parts,) people
    no_longer: Floats  # (n_parts,) people covered before and not after

    @property
    def net_seconds(self) -> Floats:
        """Return the change of people times seconds of each part; below zero: shorter ways."""
        return self.seconds_lost - self.seconds_won

    def whole(self) -> Shift:
        """Return all parts as one."""
        sums = {name: np.array([math.fsum(part)]) for name, part in vars(self).items()}
        return Shift(**sums)


def shift(
    people: Floats,
    before: NDArray[np.integer],
    after: NDArray[np.integer],
    *,
    limit: float,
    most: float,
    parts: Positions | None = None,
    n_parts: int = 1,
) -> Shift:
    """
    Count who wins and who loses from one plan to another.

    Parameters
    ----------
    people
        Of each cell, shape ``(n,)``, 0 or more.
    before, after
        Whole seconds to the nearest site under the two plans, shape ``(n,)``.
    limit
        Seconds within which somebody is covered; exactly there is covered.
    most
        Seconds that count at most: whoever reaches no site, or only one farther away, is as if so
        far away, and one who stays beyond it neither wins nor loses.
    parts
        Part of each cell, 0 to below ``n_parts``, shape ``(n,)``; None: all are one.

    Raises
    ------
    InputError
        If the shapes disagree, or people are negative or missing.
    """
    shapes = {a.shape for a in (people, before, after, *(() if parts is None else (parts,)))}
    if len(shapes) > 1:
        raise InputError("People and times have different shapes: {found}.", found=sorted(shapes))
    if not (people >= 0).all():
        raise InputError("{name} has negative or missing values.", name="people")
    where = np.zeros(len(people), dtype=np.intp) if parts is None else parts
    change = np.minimum(after, most).astype(float) - np.minimum(before, most).astype(float)
    was, will = before <= limit, after <= limit

    def summed(chosen: Flags, each: Floats | float = 1.0) -> Floats:
        counted = np.where(chosen, people * each, 0.0)
        return np.bincount(where, counted, minlength=n_parts).astype(np.float64, copy=False)

    return Shift(
        winners=summed(change < 0),
        losers=summed(change > 0),
        unchanged=summed(change == 0),
        seconds_won=summed(change < 0, -change),
        seconds_lost=summed(change > 0, change),
        newly_covered=summed(will & ~was),
        no_longer=summed(was & ~will),
    )


@dataclass(frozen=True)
class Dispute:
    """A part that wins under some plans and loses under others."""

    part: int
    wins: tuple[int, ...]  # plans under which its people travel less in all
    loses: tuple[int, ...]


def disputed(net: Floats) -> tuple[Dispute, ...]:
    """
    Return the parts that win in one plan and lose in another, those most at odds first.

    Parameters
    ----------
    net
        Person-minutes more (above zero) or less, shape ``(n_plans, n_parts)``; NaN: not shown, and
        then neither won nor lost.
    """
    found = []
    for part, column in enumerate(np.asarray(net, dtype=float).T):
        wins, loses = np.flatnonzero(column < 0), np.flatnonzero(column > 0)
        if len(wins) and len(loses):
            apart = float(np.nanmax(column) - np.nanmin(column))
            found.append((-apart, part, Dispute(part, tuple(wins.tolist()), tuple(loses.tolist()))))
    return tuple(dispute for _, _, dispute in sorted(found, key=lambda f: f[:2]))
