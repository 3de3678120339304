"""Catchments that respect capacity: who is served where, who is left over, what stays unused."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from cockpit.coverage.checks import Minutes, check_minutes, check_reach
from cockpit.coverage.nearest import added, at_most
from geodata.errors import InputError

# The first round offers each cell its nearest facilities and a few ever farther ones. The far ones
# show the way to free places from the middle of a crowded region, so that prices are right early.
_FIRST_RANKS = (0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512)
_NEAR = 0.5  # minutes: what a facility may be worse by and still be offered in the next round
_DROPPING_ROUNDS = 3  # later ones only add, so that the search must end
_FAULT = 1e-6  # minutes a person: a better choice than this is one that was missed


@dataclass(frozen=True)
class CapacityCatchments:
    """Who is served where when no facility takes more than it can."""

    served: NDArray[np.float64]  # (n_cells,) people
    left_over: NDArray[np.float64]  # (n_cells,) people; served + left_over = people
    load: NDArray[np.float64]  # (n_facilities,) people; at most the capacity
    unused: NDArray[np.float64]  # (n_facilities,) people; inf where the capacity is unlimited
    unlimited: NDArray[np.bool_]  # (n_facilities,) capacity is missing, taken as without limit
    flow: Any  # scipy.sparse.csr_array (n_cells, n_facilities): people of a cell at a facility
    person_minutes: float  # minutes of all who are served, added up


@dataclass(frozen=True)
class _Pairs:
    """Cells with people and facilities with room within reach of each other, row by row."""

    cell: NDArray[np.intp]  # (n_pairs,) position among the cells
    site: NDArray[np.intp]  # (n_pairs,) column
    minutes: NDArray[np.float64]  # (n_pairs,)

    def __len__(self) -> int:
        return len(self.cell)


def capacity_catchments(
    minutes: Minutes,
    people: NDArray[np.float64],
    capacity: NDArray[np.float64],
    *,
    reach: float,
) -> CapacityCatchments:
    """
    Give people to facilities: as many as possible, and then in the fewest minutes altogether.

    The people of one cell may be divided among facilities. This is the best plan for all, not what
    everybody would choose: some are sent past a near facility so that others fit in there. There is
    no plan that serves more people, and none of those that serve as many takes fewer minutes (to a
    millionth of a minute a person). People and capacities in whole numbers are divided into whole
    people.

    Parameters
    ----------
    minutes
        Shape ``(n_cells, n_facilities)``; inf: cannot be reached.
    people
        People of each cell who need a place, shape ``(n_cells,)``, 0 or more.
    capacity
        People that each facility can take, shape ``(n_facilities,)``, 0 or more. NaN (missing) and
        inf are taken as unlimited.
    reach
        Minutes; nobody goes further, exactly there is within.

    Returns
    -------
    CapacityCatchments
        Where several plans are equally good it is one of them, the same each time.

    Raises
    ------
    InputError
        If the shapes disagree, values are negative, minutes or people missing, or ``reach`` is not
        a finite number above 0.

    References
    ----------
    The transportation problem: Hitchcock, F. L. (1941), Journal of Mathematics and Physics 20,
    224-230. It is solved with HiGHS on few pairs; prices of the facilities (the duals) tell which
    pairs were missed, until none is: Dantzig, G. B. and Wolfe, P. (1960), Operations Research 8(1),
    101-111, and for the start Bixby, R. E. et al. (1992), Operations Research 40(5), 885-897.
    """
    check_minutes(minutes, people)
    check_reach(reach)
    _check_capacity(capacity, minutes.shape[1])
    unlimited = ~np.isfinite(capacity)
    room = np.where(unlimited, people.sum(), capacity)
    pairs = _pairs(minutes, people, room, reach)
    given = _nearest(pairs, people)
    if (added(pairs.site, given, len(room)) > room).any():
        given = _cheapest(pairs, people, room, reach)
    return _result(pairs, given, people, np.where(unlimited, np.inf, capacity))


def _check_capacity(capacity: NDArray[np.float64], n_facilities: int) -> None:
    if capacity.shape != (n_facilities,):
        raise InputError(
            "{name} has shape {found}; expected ({n},), one value a facility.",
            name="capacity",
            found=capacity.shape,
            n=n_facilities,
        )
    if (capacity < 0).any():  # NaN is allowed: unlimited
        raise InputError("{name} has negative values.", name="capacity")


def _pairs(
    minutes: Minutes, people: NDArray[np.float64], room: NDArray[np.float64], reach: float
) -> _Pairs:
    """Return the pairs within reach, by cell and the nearest first."""
    within = at_most(minutes, reach) & (people > 0)[:, np.newaxis] & (room > 0)
    cell, site = np.nonzero(within)
    far = minutes[cell, site].astype(np.float64)
    order = np.lexsort((far, cell))  # equally far: the first column, as lexsort is stable
    return _Pairs(cell[order], site[order], far[order])


def _ranks(pairs: _Pairs) -> NDArray[np.intp]:
    """Return how many facilities are nearer to the pair's cell."""
    n = len(pairs)
    first = np.flatnonzero(np.diff(pairs.cell, prepend=-1))
    return np.arange(n) - np.repeat(first, np.diff(first, append=n))


def _nearest(pairs: _Pairs, people: NDArray[np.float64]) -> NDArray[np.float64]:
    """Send everybody to the nearest: the best plan wherever it fits."""
    return np.where(_ranks(pairs) == 0, people[pairs.cell], 0.0)


def _cheapest(
    pairs: _Pairs, people: NDArray[np.float64], room: NDArray[np.float64], reach: float
) -> NDArray[np.float64]:
    """Return the people of each pair in the best plan."""
    # Serving one person more moves at most one person at each facility, by less than the reach:
    # a reward above that puts the number served before all minutes.
    reward = (len(room) + 1) * reach
    offered = np.isin(_ranks(pairs), _FIRST_RANKS)
    rounds = 0
    while True:
        # The inner point method is the fastest where prices are unknown, the simplex afterwards.
        # Both end in a corner of the plan's space: there, whole numbers stay whole.
        method = "highs-ds" if rounds else "highs-ipm"
        given, worse = _solve(pairs, offered, people, room, reward, method)
        missed = (worse < -_FAULT) & ~offered
        if not missed.any():
            return given
        rounds += 1
        if rounds <= _DROPPING_ROUNDS:
            best = np.zeros(len(people))
            np.minimum.at(best, pairs.cell, worse)
            offered = (given > 0) | (worse <= best[pairs.cell] + _NEAR)
        else:
            offered |= missed


def _solve(
    pairs: _Pairs,
    offered: NDArray[np.bool_],
    people: NDArray[np.float64],
    room: NDArray[np.float64],
    reward: float,
    method: str,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the best plan over the offered pairs, and how much worse than it each pair is."""
    from scipy.optimize import linprog  # heavy: only who asks for a plan waits for it

    cells, row = np.unique(pairs.cell, return_inverse=True)
    n, used = len(cells), np.flatnonzero(offered)
    rules = sparse.csc_array(
        (
            np.ones(2 * len(used)),
            (np.concatenate((row[used], n + pairs.site[used])), np.tile(np.arange(len(used)), 2)),
        ),
        shape=(n + len(room), len(used)),
    )
    options = {} if method == "highs-ipm" else {"simplex_dual_edge_weight_strategy": "devex"}
    answer = linprog(
        pairs.minutes[used] - reward,
        A_ub=rules,
        b_ub=np.concatenate((people[cells], room)),
        method=method,
        options=options,
    )
    if answer.status != 0:  # a plan always exists: to serve nobody
        raise RuntimeError(answer.message)
    given = np.zeros(len(pairs))
    given[used] = np.maximum(answer.x, 0)
    prices = answer.ineqlin.marginals
    worse = pairs.minutes - reward - prices[:n][row] - prices[n:][pairs.site]
    return given, worse


def _result(
    pairs: _Pairs,
    given: NDArray[np.float64],
    people: NDArray[np.float64],
    capacity: NDArray[np.float64],
) -> CapacityCatchments:
    """Add the plan up, without the last digits that a solver leaves."""
    shape = (len(people), len(capacity))
    given = _clean(pairs, given, people, capacity)
    flow = sparse.csr_array((given, (pairs.cell, pairs.site)), shape=shape)
    flow.eliminate_zeros()
    left_over = np.maximum(people - added(pairs.cell, given, shape[0]), 0)
    left_over[left_over < 1e-9 * people] = 0
    load = added(pairs.site, given, shape[1])
    load = np.minimum(load, capacity)
    return CapacityCatchments(
        served=people - left_over,
        left_over=left_over,
        load=load,
        unused=capacity - load,
        unlimited=np.isinf(capacity),
        flow=flow,
        person_minutes=float(given @ pairs.minutes),
    )


def _clean(
    pairs: _Pairs,
    given: NDArray[np.float64],
    people: NDArray[np.float64],
    capacity: NDArray[np.float64],
) -> NDArray[np.float64]:
    limits = capacity[np.isfinite(capacity)]
    if np.array_equal(people, np.rint(people)) and np.array_equal(limits, np.rint(limits)):
        return np.rint(given)
    given = np.where(given < 1e-9, 0, given)
    for where, most in ((pairs.cell, people), (pairs.site, capacity)):
        total = added(where, given, len(most))
        over = total > most
        shrunk = np.divide(most, total, out=np.ones_like(total), where=over)
        given = given * shrunk[where]
    return given
