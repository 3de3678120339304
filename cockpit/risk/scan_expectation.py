"""What to expect in each region and period: rates of strata such as age and sex, applied."""

import numpy as np
from numpy.typing import NDArray

from geodata.errors import InputError

Floats = NDArray[np.float64]


def people_between(at: Floats, people: Floats, wanted: Floats) -> Floats:
    """
    Return the people at wanted times, on straight lines between counts.

    Before the first count and after the last one the nearest count is taken, as SaTScan does.

    Parameters
    ----------
    at
        Times of the counts, rising, shape ``(counts,)``.
    people
        People counted, shape ``(regions, counts, strata)``.
    wanted
        Times, in the unit of ``at``, shape ``(periods,)``.

    Returns
    -------
    Floats
        Shape ``(regions, periods, strata)``.

    Raises
    ------
    InputError
        If the times do not rise or are not as many as the counts.
    """
    at, people = np.asarray(at, dtype=np.float64), np.asarray(people, dtype=np.float64)
    if people.ndim != 3 or people.shape[1] != len(at) or not (np.diff(at) > 0).all():
        raise InputError(
            "Counts of people have shape {people} for {times} times; "
            "expected (regions, times, strata) and rising times.",
            people=people.shape, times=len(at),
        )  # fmt: skip
    weight = np.array([np.interp(wanted, at, unit) for unit in np.eye(len(at))])
    return np.asarray(np.einsum("cp,rcs->rps", weight, people), dtype=np.float64)


def adjusted_expectation(cases: NDArray[np.integer], people: Floats) -> Floats:
    """
    Return the cases to expect if the strata of a place were all that mattered.

    Indirect standardisation: each stratum (a group of age and sex, for example) has one rate, its
    cases over its people in all regions and periods; a region's expectation is the sum of its
    people times these rates.

    Parameters
    ----------
    cases
        Cases, shape ``(regions, periods, strata)``.
    people
        People, same shape.

    Returns
    -------
    Floats
        Shape ``(regions, periods)``; sums to all cases.

    Raises
    ------
    InputError
        If the shapes disagree or a stratum has cases but no people.
    """
    cases, people = np.asarray(cases), np.asarray(people, dtype=np.float64)
    if cases.shape != people.shape or cases.ndim != 3:
        raise InputError(
            "Cases have shape {cases} and people {people}; expected (regions, periods, strata).",
            cases=cases.shape, people=people.shape,
        )  # fmt: skip
    sick, all_people = cases.sum(axis=(0, 1)), people.sum(axis=(0, 1))
    if sick[all_people == 0].any():
        raise InputError("A stratum has cases but no people.")
    rate = np.divide(sick, all_people, out=np.zeros(len(sick)), where=all_people > 0)
    return np.asarray(people @ rate)


def over_time(expected: Floats, counts: NDArray[np.integer], *, window: int = 1) -> Floats:
    """
    Spread what is expected in each region over the periods as the whole area's season goes.

    A season common to all regions is then no finding, and a cluster is what a place has beyond
    it.

    Parameters
    ----------
    expected
        Expected cases of each region in all periods together, shape ``(regions,)``.
    counts
        Cases of all regions together in each period, shape ``(periods,)``.
    window
        Periods, an odd number, over which the counts are averaged first (fewer at both ends). With
        1 the counts are taken as they are: chance ups and downs of single periods, and an
        outbreak itself, count in part as season, and a scan finds somewhat too little rather than
        too much. With more it is less cautious: in 200 quiet years of the sample county, villages
        by weeks at the level of 0.05, 6 had a finding with 1 and 10 with 5.

    Returns
    -------
    Floats
        Shape ``(regions, periods)``; a region's sum is its expectation. Without any case, even.

    Raises
    ------
    InputError
        If the window is no odd number from 1 or a figure is negative or missing.
    """
    expected, counts = np.asarray(expected, np.float64), np.asarray(counts, np.float64)
    if window < 1 or window % 2 == 0:
        raise InputError("The window is {window} periods; expected 1, 3, 5 ...", window=window)
    if not ((expected >= 0).all() and (counts >= 0).all()):  # also catches NaN
        raise InputError("Expected cases are negative or missing.")
    around = np.convolve(counts, np.ones(window))[window // 2 :][: len(counts)]
    there = np.convolve(np.ones(len(counts)), np.ones(window))[window // 2 :][: len(counts)]
    season = around / there
    share = season / season.sum() if season.any() else np.full(len(counts), 1 / len(counts))
    return np.asarray(expected[:, None] * share)
