"""What was to be expected: the usual rate of each kind of place, times its people.

A street of the county seat calls the hotline more often than a mountain village; a map that
compares both with one rate calls every town a hot spot. Places are compared with their own kind.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cockpit.risk.discoveries import false_discovery
from cockpit.risk.poisson import LocalPoisson, dispersion, poisson_local
from cockpit.risk.weights import Weights
from geodata.errors import InputError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
DENSITIES = (300.0, 1500.0)
"""People per km² that part country, town and dense town (degree of urbanisation, UN 2020)."""
_LEAST_CELLS = 10
_ROUNDS = 5
# The last number of each range of codes, and what it is.
_TOWNSHIPS = np.array([0, 99, 199, 399, 599])  # unknown, street 街道, town 镇, rural 乡, other
_VILLAGES = np.array([0, 199, 399, 499, 599])
_VILLAGE_KINDS = np.array(
    [0, 1, 2, 1, 2, 0]
)  # community 居委会 or alike 1, village 村委会 or alike 2


@dataclass(frozen=True)
class Unusual:
    """Neighbourhoods beside what is usual for their kind of place."""

    local: LocalPoisson
    expected: Floats  # (n_cells,) of each cell alone
    dispersion: float  # variance over mean beyond hot spots, 1 or more


def strata_of(codes: Sequence[str] | NDArray[Any], people: Floats, area_km2: Floats) -> Ints:
    """
    Sort cells by what kind of place they are: kind of township, kind of village, how dense.

    Digits 7 to 9 of a code tell a street (001-099), town (100-199), rural township (200-399) or
    another unit (400-599); digits 10 to 12 a residents' committee (001-199, 400-499) or a village
    committee (200-399, 500-599). Codes do not tell a town's core from the farms that belong to its
    committee, so each kind is divided at 300 and 1,500 people per km²; a class of fewer than 10
    cells joins the next one of its kind. Where a code tells nothing, density alone divides.

    Parameters
    ----------
    codes
        Codes of the cells, 9 to any number of digits, shape ``(n_cells,)``.
    people, area_km2
        People and area of each cell, 0 or more; without area a cell counts as country.

    Returns
    -------
    array
        A number for each cell, shape ``(n_cells,)``: 100 x township + 10 x village + density; the
        same number means the same kind.

    References
    ----------
    GB/T 10114, "Rules for the codes of administrative divisions below county level"; national rules
    for statistical codes of villages; European Union et al. (2021), "Applying the degree of
    urbanisation".
    """
    people, area = np.asarray(people, np.float64), np.asarray(area_km2, np.float64)
    if not len(codes) == len(people) == len(area):
        raise InputError(
            "{codes} codes, {people} figures of people, {areas} areas; expected as many of each.",
            codes=len(codes),
            people=len(people),
            areas=len(area),
        )
    township, village = _numbers(codes, 6), _numbers(codes, 9)
    kind = np.digitize(township, _TOWNSHIPS, right=True) % 5 * 10
    kind += _VILLAGE_KINDS[np.digitize(village, _VILLAGES, right=True)]
    per_km2 = np.divide(people, area, out=np.zeros(len(people)), where=area > 0)
    dense = np.digitize(per_km2, DENSITIES).astype(np.int64)
    for one in np.unique(kind):
        members = kind == one
        dense[members] = _joined(dense[members])
    return kind.astype(np.int64) * 10 + dense


def _numbers(codes: Sequence[str] | NDArray[Any], first: int) -> Ints:
    """Return the three digits that begin at ``first``; 0 where there are none."""
    parts = [str(code)[first : first + 3] for code in codes]
    digits = (p if len(p) == 3 and p.isascii() and p.isdigit() else "0" for p in parts)
    return np.array([int(d) for d in digits], dtype=np.int64)


def _joined(dense: Ints) -> Ints:
    """Join density classes of few cells with the next one below, the lowest with the one above."""
    found = dense.copy()
    while True:
        classes, sizes = np.unique(found, return_counts=True)
        small = np.flatnonzero(sizes < _LEAST_CELLS)
        if len(classes) == 1 or not len(classes) or not len(small):
            return found
        at = small[-1]
        found[found == classes[at]] = classes[at - 1 if at else 1]


def expected_counts(
    events: Floats, people: Floats, strata: Ints, *, apart: NDArray[np.bool_] | None = None
) -> Floats:
    """
    Return the events each cell would have at the usual rate of its stratum.

    Indirect standardisation: people of the cell x events of the stratum / people of the stratum, so
    the expected events of a stratum sum to its events.

    Parameters
    ----------
    events, people
        Figures of each cell, 0 or more, shape ``(n_cells,)``.
    strata
        Kind of each cell (``strata_of``).
    apart
        Cells that do not tell what is usual: the rate of a stratum is that of its other cells, and
        sums no longer agree. A stratum that is apart as a whole keeps its rate.

    Returns
    -------
    array
        Expected events. In a stratum without people its events are spread evenly over its cells.

    Raises
    ------
    InputError
        If shapes disagree or a figure is negative or missing.
    """
    events, people = _checked(events, people, strata)
    names, at = np.unique(strata, return_inverse=True)
    n = len(names)
    weight = np.where(np.bincount(at, weights=people, minlength=n)[at] > 0, people, 1.0)
    telling = np.ones(len(events)) if apart is None else 1.0 - apart
    some = np.bincount(at, weights=weight * telling, minlength=n) > 0
    telling = np.where(some[at], telling, 1.0)
    happened = np.bincount(at, weights=events * telling, minlength=n)
    living = np.bincount(at, weights=weight * telling, minlength=n)
    expected: Floats = weight * (happened / np.where(living > 0, living, 1.0))[at]
    return expected


def usual_counts(
    events: Floats, people: Floats, strata: Ints, weights: Weights, *, alpha: float = 0.05
) -> Floats:
    """
    Return expected counts that a hot spot does not raise for the rest of its kind.

    A kind of place with few cells learns its rate from its hot spot too; the others then look
    strangely quiet. So neighbourhoods that are significantly high (exact tails, dispersion,
    Benjamini-Hochberg) are set apart and the rates told by the others, until no more join; five
    rounds at most. Without hot spots it is ``expected_counts``. Parameters and errors as there.
    """
    return unusual(events, people, strata, weights, alpha=alpha).expected


def unusual(
    events: Floats, people: Floats, strata: Ints, weights: Weights, *, alpha: float = 0.05
) -> Unusual:
    """
    Compare all neighbourhoods with what is usual for their kind: ``usual_counts``, then tails.

    ``local.two_sided`` under ``false_discovery`` tells the hot and the cold places. Parameters and
    errors as of ``usual_counts`` and ``poisson_local``.
    """
    apart = np.zeros(len(events), dtype=np.bool_)
    for _ in range(_ROUNDS):
        expected = expected_counts(events, people, strata, apart=apart)
        scatter = dispersion(events, expected, weights)
        local = poisson_local(events, expected, weights, dispersion=scatter)
        hot = false_discovery(local.p_high, alpha)
        if not (hot & ~apart).any():
            break
        apart |= hot
    return Unusual(local, expected, scatter)


def _checked(events: Floats, people: Floats, strata: Ints) -> tuple[Floats, Floats]:
    events, people = np.asarray(events, np.float64), np.asarray(people, np.float64)
    if events.ndim != 1 or not events.shape == people.shape == np.shape(strata):
        raise InputError(
            "events has shape {events}, people {people} and strata {strata}; expected (n_cells,) "
            "for all.",
            events=events.shape,
            people=people.shape,
            strata=np.shape(strata),
        )
    for name, found in (("events", events), ("people", people)):
        if not (found >= 0).all():  # also catches NaN
            raise InputError("{name} has negative or missing values.", name=name)
        if np.isinf(found).any():
            raise InputError("{name} has values without end.", name=name)
    return events, people
