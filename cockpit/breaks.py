"""Class breaks of a map: quantile, equal, Jenks and manual; around zero for changes."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from geodata.errors import InputError

Scheme = Literal["quantile", "equal", "jenks", "manual"]
SCHEMES: tuple[Scheme, ...] = ("quantile", "equal", "jenks", "manual")
MOST_CLASSES = 7
# Exact Jenks takes time with the square of n: 300 values 0.1 s, 3,000 values 8 s.
_JENKS_VALUES = 300


@dataclass(frozen=True)
class Breaks:
    """
    Classes of values, from low to high.

    Class ``i`` holds the values above ``uppers[i - 1]`` up to and including ``uppers[i]``; below
    zero in a diverging map its lower limit belongs to it instead, so that both sides are alike.
    """

    uppers: tuple[float, ...]  # (n_classes,) highest value of each class, as the legend prints it
    cuts: tuple[float, ...]  # (n_classes,) the same, moved by a hair: v <= cut decides, here and in
    # the browser, whatever the last digit of a division does
    lowest: float  # smallest value
    counts: tuple[int, ...]  # (n_classes,) regions in each class
    n_missing: int  # regions without a value
    diverging: bool = False

    @property
    def n(self) -> int:
        """Number of regions with a value."""
        return sum(self.counts)

    def class_of(self, values: NDArray[np.float64]) -> NDArray[np.intp]:
        """Return the class of each value; -1 for NaN."""
        found = np.searchsorted(np.array(self.cuts), values, side="left")
        return np.where(np.isnan(values), -1, np.minimum(found, len(self.cuts) - 1))


def classify(
    values: NDArray[np.float64],
    scheme: Scheme,
    n_classes: int,
    *,
    manual: tuple[float, ...] = (),
    diverging: bool = False,
) -> Breaks:
    """
    Put values into classes.

    Parameters
    ----------
    values
        One value a region, shape ``(n,)``; NaN means none.
    scheme
        "quantile" (as many regions in each class), "equal" (as wide each), "jenks" (least variance
        within; from 300 evenly spaced ranks where there are more values) or "manual".
    n_classes
        Wanted number of classes, 1 to 7. Fewer come out when there are fewer different values.
    manual
        Upper limits of all classes but the last, rising; only for "manual".
    diverging
        The same breaks on both sides of zero, and one class around zero; ``n_classes`` is then
        raised to the next odd number.

    Returns
    -------
    Breaks
        Without any value: no class at all.

    Raises
    ------
    InputError
        If ``n_classes`` is outside 1 to 7, or manual limits are missing, not rising or not finite.
    """
    if not 1 <= n_classes <= MOST_CLASSES:
        raise InputError("{n} classes; expected 1 to {most}.", n=n_classes, most=MOST_CLASSES)
    known = values[~np.isnan(values)]
    n_missing = len(values) - len(known)
    if not len(known):
        return Breaks((), (), float("nan"), (), n_missing, diverging)
    if scheme == "manual":
        uppers = _manual(known, manual)
        cuts = _moved(uppers)
    elif diverging:
        uppers, cuts = _around_zero(known, scheme, n_classes)
    else:
        uppers = _uppers(known, scheme, n_classes)
        cuts = _moved(uppers)
    counts = np.bincount(
        np.minimum(np.searchsorted(cuts, known, side="left"), len(cuts) - 1), minlength=len(cuts)
    )
    return Breaks(
        tuple(uppers.tolist()),
        tuple(cuts.tolist()),
        float(known.min()),
        tuple(counts.tolist()),
        n_missing,
        diverging,
    )


def _uppers(known: NDArray[np.float64], scheme: Scheme, n: int) -> NDArray[np.float64]:
    """Return the upper limits of the classes, rising, the last the largest value."""
    import mapclassify

    different = np.unique(known)
    n = min(n, len(different))
    if n == 1:
        return different[-1:]
    with warnings.catch_warnings():
        # mapclassify tells that numba is missing, and that ties make fewer classes: both are known.
        warnings.simplefilter("ignore")
        if scheme == "quantile":
            found = mapclassify.Quantiles(known, k=n).bins
        elif scheme == "equal":
            found = mapclassify.EqualInterval(known, k=n).bins
        else:
            found = mapclassify.FisherJenks(_thinned(known, different), k=n).bins
    uppers = np.unique(np.asarray(found, dtype=float))
    uppers[-1] = different[-1]
    if np.array_equal(known, np.rint(known)):  # whole things: "up to 12.4" is "up to 12"
        uppers = np.unique(np.floor(uppers))
    return uppers


def _thinned(known: NDArray[np.float64], different: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return at most 300 values at evenly spaced ranks, smallest and largest among them."""
    if len(known) <= _JENKS_VALUES:
        return known
    ranks = np.rint(np.linspace(0, len(known) - 1, _JENKS_VALUES)).astype(np.intp)
    thinned: NDArray[np.float64] = np.sort(known)[ranks]
    # A pile of equal values may swallow the ranks; then the different values stand for all.
    enough = len(np.unique(thinned)) >= min(MOST_CLASSES, len(different))
    return thinned if enough else different[:: max(1, len(different) // _JENKS_VALUES)]


def _around_zero(
    known: NDArray[np.float64], scheme: Scheme, n: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    size = np.abs(known)
    sides = (n | 1) // 2  # classes on either side of the one around zero
    limits = _uppers(size, scheme, sides + 1)
    inner, outer = limits[:-1], limits[-1:]
    if not len(inner):
        return outer, _moved(outer)
    hair = _moved(limits)
    return (
        np.concatenate((-inner[::-1], inner, outer)),
        np.concatenate((-hair[:-1][::-1], hair)),
    )


def _manual(known: NDArray[np.float64], manual: tuple[float, ...]) -> NDArray[np.float64]:
    limits = np.array(manual, dtype=float)
    rising = len(limits) > 0 and bool(np.isfinite(limits).all() and (np.diff(limits) > 0).all())
    if not rising or len(limits) >= MOST_CLASSES:
        raise InputError(
            "The class limits are {limits}; expected 1 to {most} rising numbers.",
            limits=", ".join(f"{x:g}" for x in manual) or "-",
            most=MOST_CLASSES - 1,
        )
    return np.append(limits, max(known.max(), limits[-1]))


def _moved(uppers: NDArray[np.float64]) -> NDArray[np.float64]:
    return uppers + np.abs(uppers) * 1e-9 + 1e-12
