"""Where more happens than chance explains: three tests, false discoveries held down."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cockpit.answers.happenings import Happenings
from cockpit.answers.risk_places import Floats, Places
from cockpit.answers.risk_question import ENOUGH, Counted, Question, counted
from cockpit.risk.hotspots import getis_ord, local_moran, q_values
from cockpit.risk.poisson import dispersion, poisson_local
from cockpit.risk.rates import empirical_bayes
from cockpit.risk.strata import usual_counts

TESTS = ("poisson", "gi", "moran")
ALPHA = 0.05
"""Share of false ones among the places called hot or cold."""
PERMUTATIONS = 999
_SEED = 20250101
NO_SIGN, HOT, MAYBE_HOT, COLD, MAYBE_COLD, TOO_LITTLE, ISLAND_HIGH, ISLAND_LOW = range(8)
"""Classes of the map. A high place among low ones (and the other way round) is no hot spot."""


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
    values: Floats  # what is tested: events here, or rates drawn towards the county's
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
    (Getis-Ord Gi*) and "moran" (local Moran) ask whether rates drawn towards the county's own by
    empirical Bayes lie together more than by chance, by the normal distribution and, besides, in
    999 permutations. Of the places called hot or cold at most 5 % are expected to be false
    (Benjamini-Hochberg); those that pass alone but not together are "maybe".

    A place where fewer than ``ENOUGH`` events are expected here and beside, and that is not hot,
    is none of both: no count would show that it is quiet.
    """
    found = counted(known, places, q)
    people = places.required_people()
    spread = 1.0
    expected = usual_counts(found.counts, people, places.strata, places.weights)
    observed_near = places.weights.around(found.counts)
    expected_near = places.weights.around(expected)
    if test == "poisson":
        values = found.counts
        spread = dispersion(found.counts, expected, places.weights)
        high, p = _poisson(found.counts, expected, places, spread)
        apart = np.zeros(len(places), dtype=np.intp)
    else:
        values = np.where(people > 0, empirical_bayes(found.counts, people), np.nan)
        high, p, apart = _lies_together(values, places, test)
    shares = q_values(p)
    codes = _classes(high, p, shares, expected_near, apart)
    return Signs(
        test, codes, observed_near, expected_near, p, shares, expected, values, spread, found
    )


def _poisson(
    counts: Floats, expected: Floats, places: Places, spread: float
) -> tuple[NDArray[np.bool_], Floats]:
    local = poisson_local(counts, expected, places.weights, dispersion=spread)
    return np.asarray(local.p_high <= local.p_low), local.two_sided


def _lies_together(
    rates: Floats, places: Places, test: str
) -> tuple[NDArray[np.bool_], Floats, NDArray[np.intp]]:
    rng = np.random.default_rng(_SEED)
    apart = np.zeros(len(places), dtype=np.intp)
    if test == "gi":
        found = getis_ord(rates, places.weights, permutations=PERMUTATIONS, rng=rng)
        return np.asarray(found.z > 0), _confirmed(found.two_sided, found.p_sim), apart
    moran = local_moran(rates, places.weights, permutations=PERMUTATIONS, rng=rng)
    apart[moran.quadrant == 4] = ISLAND_HIGH
    apart[moran.quadrant == 2] = ISLAND_LOW
    return np.isin(moran.quadrant, (1, 4)), _confirmed(moran.two_sided, moran.p_sim), apart


def _confirmed(p: Floats, simulated: Floats) -> Floats:
    """
    Return p-values, no smaller than what permutations confirm.

    Permutations alone cannot be corrected for thousands of places: one in a thousand is their
    least. The normal distribution alone trusts skewed rates too much.
    """
    doubt = ~(simulated <= ALPHA)
    return np.where(np.isfinite(p) & doubt, np.maximum(p, np.minimum(1.0, 2 * simulated)), p)


def _classes(
    high: NDArray[np.bool_],
    p: Floats,
    shares: Floats,
    expected_near: Floats,
    apart: NDArray[np.intp],
) -> NDArray[np.uint8]:
    alone, together = np.nan_to_num(p, nan=1) <= ALPHA, np.nan_to_num(shares, nan=1) <= ALPHA
    code = np.full(len(p), NO_SIGN)
    code[alone] = np.where(high[alone], MAYBE_HOT, MAYBE_COLD)
    code[together] = np.where(high[together], HOT, COLD)
    lone = together & (apart > 0)
    code[lone] = apart[lone]
    code[alone & ~together & (apart > 0)] = NO_SIGN
    hot = np.isin(code, (HOT, MAYBE_HOT, ISLAND_HIGH))
    little = (np.nan_to_num(expected_near) < ENOUGH) | ~np.isfinite(p)
    code[little & ~hot] = TOO_LITTLE
    return code.astype(np.uint8)
