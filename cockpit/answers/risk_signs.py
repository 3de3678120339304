"""Where more happens than chance explains: three tests, false discoveries held down."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from cockpit.answers.happenings import Happenings
from cockpit.answers.risk_places import Floats, Places, cells_below
from cockpit.answers.risk_question import ENOUGH, Counted, Question, counted
from cockpit.risk.discoveries import confirmed, q_values
from cockpit.risk.hotspots import getis_ord, local_moran
from cockpit.risk.poisson import dispersion, poisson_local, quantile_scores
from cockpit.risk.strata import usual_counts

TESTS = ("poisson", "gi", "moran")
ALPHA = 0.05
"""Share of false ones among the places called hot or cold."""
PERMUTATIONS = 999
_SEED = 20250101
NO_SIGN, HOT, MAYBE_HOT, COLD, MAYBE_COLD, TOO_LITTLE, ISLAND_HIGH, ISLAND_LOW = range(8)
"""Classes of the map. A high place among low ones (and the other way round) is no hot spot."""
LEAST_SEEN = 3.0
"""Events seen here and beside before a place is called high: one or two are no pattern, however
few were to be expected."""
LEAST_USUAL = 0.5
"""Events expected here and beside before a place is called "maybe hot": below, a single event is
striking by its rate and tells nothing. Hot places need no such floor: theirs is the q value."""


@dataclass(frozen=True)
class Signs:
    """What a test says of each place."""

    test: str
    classes: NDArray[np.uint8]  # (n_places,)
    observed: Floats  # events here and beside
    expected: Floats  # the same, had each kind of village its usual rate; NaN: cannot be told
    p: Floats  # two-sided; NaN: not tested
    q: Floats  # the share of false ones among all places at least as striking
    usual: Floats  # events expected here alone
    values: Floats  # what is tested: events here, or scores of how unusual they are
    spread: float  # how much more counts scatter here than by Poisson; 1: no more
    counted: Counted

    def of(self, *codes: int) -> NDArray[np.intp]:
        """Return the places of some classes."""
        return np.flatnonzero(np.isin(self.classes, codes))


def signs(known: Happenings, places: Places, q: Question, test: str) -> Signs:
    """
    Return where significantly more or less happens than expected.

    "poisson" compares the events here and beside with those expected from residents and the usual
    rate of that kind of village (indirect standardisation), as widely as counts scatter here; "gi"
    (Getis-Ord Gi*) and "moran" (local Moran) ask whether scores of how unusual each count is lie
    together more than by chance, by the normal distribution and, besides, in 999 permutations. Of
    the places called hot or cold at most 5 % are expected to be false (Benjamini-Hochberg); those
    that pass alone but not together are "maybe".

    A place where fewer than ``ENOUGH`` events are expected here and beside, and that is not hot,
    is none of both: no count would show that it is quiet. Nor is a place high with fewer than
    ``LEAST_SEEN`` events seen, or maybe high with fewer than ``LEAST_USUAL`` expected.
    """
    found = counted(known, places, q)
    expected = usual_at(known, places, q, found.counts)
    spread = dispersion(found.counts, expected, places.weights)
    local = poisson_local(found.counts, expected, places.weights, dispersion=spread)
    apart = np.zeros(len(places), dtype=np.intp)
    if test == "poisson":
        values = found.counts
        high, p = np.asarray(local.p_high <= local.p_low), local.two_sided
    else:
        rng = np.random.default_rng(_SEED)
        values = quantile_scores(found.counts, expected, dispersion=spread, rng=rng)
        high, p, apart = _lies_together(values, places, test, rng)
    shares = q_values(p)
    codes = classes_of(high, p, shares, local.observed_near, local.expected_near, apart)
    return Signs(
        test, codes, local.observed_near, local.expected_near, p, shares, expected, values, spread,
        found,
    )  # fmt: skip


def usual_at(known: Happenings, places: Places, q: Question, counts: Floats) -> Floats:
    """
    Return the events to be expected of each place.

    Villages hold cells of several kinds, a core and its farms: what is usual is worked out for the
    cells and added up, then scaled to what villages count, which is more where events are known by
    village only.
    """
    people = places.required_people()
    if places.level == "cell":
        return usual_counts(counts, people, places.strata, places.weights)
    cells = cells_below(places)
    below = counted(known, cells, replace(q, level="cell")).counts
    usual = usual_counts(below, cells.required_people(), cells.strata, cells.weights)
    at = places.position[cells.rows]
    summed = np.bincount(at[at >= 0], usual[at >= 0], minlength=len(places))
    scale = counts.sum() / below.sum() if below.sum() else 0.0
    return np.asarray(summed * scale, dtype=np.float64)


def _lies_together(
    scores: Floats, places: Places, test: str, rng: np.random.Generator
) -> tuple[NDArray[np.bool_], Floats, NDArray[np.intp]]:
    apart = np.zeros(len(places), dtype=np.intp)
    if test == "gi":
        found = getis_ord(scores, places.weights, permutations=PERMUTATIONS, rng=rng)
        return np.asarray(found.z > 0), confirmed(found.two_sided, found.p_sim, ALPHA), apart
    moran = local_moran(scores, places.weights, permutations=PERMUTATIONS, rng=rng)
    apart[moran.quadrant == 4] = ISLAND_HIGH
    apart[moran.quadrant == 2] = ISLAND_LOW
    return np.isin(moran.quadrant, (1, 4)), confirmed(moran.two_sided, moran.p_sim, ALPHA), apart


def classes_of(
    high: NDArray[np.bool_],
    p: Floats,
    shares: Floats,
    observed_near: Floats,
    expected_near: Floats,
    apart: NDArray[np.intp],
) -> NDArray[np.uint8]:
    """
    Return the class of each place, all arrays of shape ``(n_places,)``.

    ``shares`` are the q values; ``apart`` is the class of a place unlike its neighbours, 0 for one
    that is not.
    """
    alone, together = np.nan_to_num(p, nan=1) <= ALPHA, np.nan_to_num(shares, nan=1) <= ALPHA
    code = np.full(len(p), NO_SIGN)
    code[alone] = np.where(high[alone], MAYBE_HOT, MAYBE_COLD)
    code[together] = np.where(high[together], HOT, COLD)
    lone = together & (apart > 0)
    code[lone] = apart[lone]
    code[alone & ~together & (apart > 0)] = NO_SIGN
    usual = np.nan_to_num(expected_near)
    hot = np.isin(code, (HOT, MAYBE_HOT, ISLAND_HIGH)) & (observed_near >= LEAST_SEEN)
    hot &= (code != MAYBE_HOT) | (usual >= LEAST_USUAL)
    little = (usual < ENOUGH) | ~np.isfinite(p)
    code[little & ~hot] = TOO_LITTLE
    return code.astype(np.uint8)
