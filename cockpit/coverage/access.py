"""How much a cell reaches: cumulative, and gravity with six ways to weigh the minutes."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from cockpit.coverage.checks import Minutes, check_minutes, check_reach, check_supply
from cockpit.coverage.nearest import at_most
from geodata.errors import InputError

# Weights are made in pieces of this many pairs, so that no second matrix in 64 bits is ever held.
_PAIRS_AT_ONCE = 65_536


class Decay(Protocol):
    """How much a facility counts at so many minutes."""

    def weight(self, minutes: Minutes) -> NDArray[np.float64]:
        """Return 0 to 1 for minutes of any shape; exactly 0 at inf."""
        ...


@dataclass(frozen=True)
class Step:
    """1 up to and including ``reach`` minutes, 0 beyond: cumulative opportunities."""

    reach: float  # minutes, above 0

    def __post_init__(self) -> None:
        check_reach(self.reach)

    def weight(self, minutes: Minutes) -> NDArray[np.float64]:
        """Return 1 or 0."""
        return at_most(minutes, self.reach).astype(np.float64)


@dataclass(frozen=True)
class Zones:
    """
    Several steps: the weight of the first zone whose limit is not exceeded, 0 beyond the last.

    The zones of the enhanced two-step method: Luo and Qi (2009), Health & Place 15(4), 1100-1107.
    """

    zones: tuple[tuple[float, float], ...]  # (minutes, weight), at most 255, minutes rising

    def __post_init__(self) -> None:
        limits = np.array([limit for limit, _ in self.zones], float)
        weights = np.array([weight for _, weight in self.zones], float)
        rising = 0 < len(limits) < 256 and limits[0] > 0 and limits[-1] < np.inf
        # Written so that NaN fails.
        if not (rising and (np.diff(limits) > 0).all() and ((weights >= 0) & (weights <= 1)).all()):
            raise InputError(
                "The zones are {zones}; expected rising minutes above 0, each with a weight of "
                "0 to 1.",
                zones="; ".join(f"{limit:g}: {weight:g}" for limit, weight in self.zones) or "-",
            )

    def weight(self, minutes: Minutes) -> NDArray[np.float64]:
        """Return the weight of each one's zone."""
        passed = np.zeros(minutes.shape, np.uint8)  # limits that lie behind
        for limit, _ in self.zones:
            passed += ~at_most(minutes, limit)
        return np.array([*(weight for _, weight in self.zones), 0.0])[passed]


@dataclass(frozen=True)
class Linear:
    """1 - minutes / reach, and 0 from ``reach`` on."""

    reach: float  # minutes, above 0

    def __post_init__(self) -> None:
        check_reach(self.reach)

    def weight(self, minutes: Minutes) -> NDArray[np.float64]:
        """Return the falling line."""
        return np.maximum(0.0, 1 - np.asarray(minutes, np.float64) / self.reach)


@dataclass(frozen=True)
class Exponential:
    """
    exp(-rate x minutes): each further minute takes away the same share.

    Hansen's family of decays with Wilson's exponent: Wilson (1971), Environment and Planning 3(1),
    1-32.
    """

    rate: float  # a minute, above 0; ln 2 / 10 halves in every ten minutes

    def __post_init__(self) -> None:
        _above_zero("rate", self.rate)

    def weight(self, minutes: Minutes) -> NDArray[np.float64]:
        """Return the falling exponential."""
        return np.exp(np.asarray(minutes, np.float64) * -self.rate)


@dataclass(frozen=True)
class Logistic:
    """
    1 / (1 + exp(pi (minutes - midpoint) / (spread x root of 3))): hardly less near by, then a fall.

    A half at ``midpoint``; ``spread`` is the standard deviation of the logistic distribution. Bauer
    and Groneberg (2016), PLoS ONE 11(7), e0159148.
    """

    midpoint: float  # minutes, above 0
    spread: float  # minutes, above 0

    def __post_init__(self) -> None:
        _above_zero("midpoint", self.midpoint)
        _above_zero("spread", self.spread)

    def weight(self, minutes: Minutes) -> NDArray[np.float64]:
        """Return the falling S."""
        from scipy.special import expit

        scale = math.pi / (self.spread * math.sqrt(3))
        weight: NDArray[np.float64] = expit(
            (self.midpoint - np.asarray(minutes, np.float64)) * scale
        )
        return weight


@dataclass(frozen=True)
class Power:
    """
    (max(minutes, floor) / floor) ^ -exponent: steep near by, a long tail.

    Up to and including ``floor`` minutes the weight is 1: without a floor a facility next door
    would weigh without end. Hansen (1959), Journal of the American Institute of Planners 25(2),
    73-76.
    """

    exponent: float  # above 0
    floor: float = 1.0  # minutes, above 0

    def __post_init__(self) -> None:
        _above_zero("exponent", self.exponent)
        _above_zero("floor", self.floor)

    def weight(self, minutes: Minutes) -> NDArray[np.float64]:
        """Return the falling power."""
        raised = np.maximum(np.asarray(minutes, np.float64), self.floor) / self.floor
        weight: NDArray[np.float64] = raised**-self.exponent
        return weight


@dataclass(frozen=True)
class Gaussian:
    """exp(-minutes^2 / (2 sigma^2)): the upper half of a bell. Dai (2010), Health & Place 16(5)."""

    sigma: float  # minutes, above 0; 0.61 at one sigma

    def __post_init__(self) -> None:
        _above_zero("sigma", self.sigma)

    def weight(self, minutes: Minutes) -> NDArray[np.float64]:
        """Return the half bell."""
        return np.exp((np.asarray(minutes, np.float64) / self.sigma) ** 2 * -0.5)


@dataclass(frozen=True)
class Cut:
    """Another decay, and 0 beyond ``reach`` minutes: nobody goes further."""

    decay: Decay
    reach: float  # minutes, above 0; exactly there still counts

    def __post_init__(self) -> None:
        check_reach(self.reach)

    def weight(self, minutes: Minutes) -> NDArray[np.float64]:
        """Return the other's weight within reach."""
        return self.decay.weight(minutes) * at_most(minutes, self.reach)


DECAY_TITLES: dict[str, str] = {
    "exponential": "Exponential decay",
    "gaussian": "Gaussian decay",
    "logistic": "Logistic decay",
    "power": "Power decay",
    "linear": "Linear decay",
    "step": "No decay up to the limit",
}
"""English msgid of each of `usual_decays`; the first is what is taken unless told."""

USUAL_DECAY = "exponential"


def decay_of(name: str, reach: float) -> Decay:
    """
    Return one of `usual_decays` by its name.

    Raises
    ------
    InputError
        If there is none of that name, or the reach is not above 0.
    """
    known = usual_decays(reach)
    if name not in known:
        raise InputError(
            "There is no decay {decay}; expected one of {decays}.",
            decay=name[:40], decays=", ".join(DECAY_TITLES),
        )  # fmt: skip
    return known[name]


def usual_decays(reach: float) -> dict[str, Decay]:
    """
    Return the six decays, made comparable: all but the step weigh a half at ``reach`` minutes.

    The logistic falls mostly within a third of the reach to either side. The power has its floor at
    one minute; at a reach of two minutes and less, at half the reach.
    """
    check_reach(reach)
    floor = min(1.0, reach / 2)
    return {
        "step": Step(reach),
        "linear": Linear(2 * reach),
        "exponential": Exponential(math.log(2) / reach),
        "logistic": Logistic(reach, reach / 3),
        "power": Power(math.log(2) / math.log(reach / floor), floor),
        "gaussian": Gaussian(reach / math.sqrt(2 * math.log(2))),
    }


def cumulative(
    minutes: Minutes, supply: NDArray[np.float64], *, reach: float
) -> NDArray[np.float64]:
    """
    Add up what is within reach of each cell.

    The same as `gravity` with `Step`: everything up to and including ``reach`` minutes counts in
    full, everything beyond not at all.
    """
    return gravity(minutes, supply, Step(reach))


def gravity(minutes: Minutes, supply: NDArray[np.float64], decay: Decay) -> NDArray[np.float64]:
    """
    Add up all supply, each weighed by how far it is.

    Parameters
    ----------
    minutes
        Shape ``(n_cells, n_facilities)``; inf: cannot be reached, counts nothing.
    supply
        What each facility offers, shape ``(n_facilities,)``, 0 or more, in any unit.
    decay
        One of this module's, or anything with a ``weight``.

    Returns
    -------
    NDArray
        Units of supply, shape ``(n_cells,)``; 0 where nothing is reached, and without facilities.

    Raises
    ------
    InputError
        If the shapes disagree, or minutes or supply are negative or missing, or supply is inf.

    References
    ----------
    Hansen, W. G. (1959), "How accessibility shapes land use", Journal of the American Institute of
    Planners 25(2), 73-76.
    """
    check_minutes(minutes)
    check_supply(supply, minutes.shape[1])
    found = np.zeros(len(minutes))
    for rows, weight in weights_of(minutes, decay):
        found[rows] = weight @ supply
    return found


def weights_of(minutes: Minutes, decay: Decay) -> Iterator[tuple[slice, NDArray[np.float64]]]:
    """Yield the weights of some rows after the others: what fits the processor's own memory."""
    n, m = minutes.shape
    at_once = max(1, _PAIRS_AT_ONCE // max(m, 1))
    for start in range(0, n, at_once):
        rows = slice(start, min(start + at_once, n))
        yield rows, decay.weight(minutes[rows])


def _above_zero(name: str, value: float) -> None:
    if not 0 < value < math.inf:  # NaN fails too
        raise InputError(
            "{name} of the decay is {value}; expected above 0.", name=name, value=value
        )
