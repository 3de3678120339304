"""Supply shared among the people who reach it: the floating catchment methods."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cockpit.coverage.access import Decay, Step, Zones, weights_of
from cockpit.coverage.checks import Minutes, check_minutes, check_reach, check_supply

# Luo and Qi (2009) divide 30 minutes into three and weigh the thirds so (their slow decay).
_ZONE_WEIGHTS = (1.0, 0.68, 0.22)


@dataclass(frozen=True)
class Method:
    """How a way to measure access is called, and what it should not be trusted with."""

    title: str  # msgid
    unit: str  # msgid, of the cells' figures
    note: str  # msgid: what it overstates or understates


METHODS: dict[str, Method] = {
    "cumulative": Method(
        "Supply within reach",
        "units of supply",
        "Counts all supply within reach as if nobody else used it: overstates towns. One minute "
        "above or below the limit decides.",
    ),
    "gravity": Method(
        "Supply weighed by distance",
        "units of supply",
        "Far supply counts less, but nobody competes for it: overstates crowded places. The figure "
        "depends on the chosen decay.",
    ),
    "two_step": Method(
        "Two-step catchments (2SFCA)",
        "units of supply per person",
        "Everybody counts in full at every facility within reach, so demand is overstated where "
        "there are many; distance within reach makes no difference.",
    ),
    "enhanced": Method(
        "Enhanced two-step catchments (E2SFCA)",
        "units of supply per person",
        "Nearer zones weigh more, but people still count at every facility: demand is overstated "
        "where facilities overlap. Far people who come all the same are understated.",
    ),
    "three_step": Method(
        "Three-step catchments (3SFCA)",
        "units of supply per person",
        "People divide among their facilities, so demand is overstated less; but they divide by "
        "minutes alone, not by how large or full a facility is, and a choice of several is no "
        "better than one facility as well supplied.",
    ),
    "balanced": Method(
        "Balanced catchments (BFCA)",
        "share of the facilities' level of service",
        "Nobody counts twice and no supply does; but the figure is a share of each cell, so it "
        "falls when the county is divided more finely. Compare places of one division only.",
    ),
    "spatial_availability": Method(
        "Spatial availability",
        "units of supply",
        "Every unit of supply is given out once, so the total is right; a populous cell gets more "
        "because it has more people. Unused supply next to a full facility is not seen.",
    ),
}


def usual_zones(reach: float) -> tuple[tuple[float, float], ...]:
    """Return three zones of equal width up to ``reach`` minutes, weighed 1, 0.68 and 0.22."""
    check_reach(reach)
    n = len(_ZONE_WEIGHTS)
    return tuple((reach * (i + 1) / n, weight) for i, weight in enumerate(_ZONE_WEIGHTS))


def two_step(
    minutes: Minutes, people: NDArray[np.float64], supply: NDArray[np.float64], *, reach: float
) -> NDArray[np.float64]:
    """
    Share each facility among all people within reach; add up what each cell gets (2SFCA).

    Parameters
    ----------
    minutes
        Shape ``(n_cells, n_facilities)``; inf: cannot be reached.
    people
        People of each cell, shape ``(n_cells,)``, 0 or more.
    supply
        What each facility offers, shape ``(n_facilities,)``, 0 or more. A missing figure (NaN) is
        refused: leave such a facility out, or put what is usual for its kind.
    reach
        Minutes; a facility exactly there is within.

    Returns
    -------
    NDArray
        Units of supply per person, shape ``(n_cells,)``, for cells without people too. A facility
        that no people reach gives nothing. Access times people adds up to the supply of the
        facilities that people do reach.

    Raises
    ------
    InputError
        If the shapes disagree, values are negative, missing or (people, supply) without end, or
        ``reach`` is not a finite number above 0.

    References
    ----------
    Luo, W. and Wang, F. (2003), "Measures of spatial accessibility to health care in a GIS
    environment", Environment and Planning B 30(6), 865-884.
    """
    return _floating(minutes, people, supply, Step(reach))


def enhanced(
    minutes: Minutes,
    people: NDArray[np.float64],
    supply: NDArray[np.float64],
    *,
    zones: tuple[tuple[float, float], ...],
) -> NDArray[np.float64]:
    """
    As `two_step`, but people and supply of farther zones weigh less, in both steps (E2SFCA).

    Parameters
    ----------
    minutes, people, supply
        As for `two_step`.
    zones
        ``(minutes, weight)``, minutes rising, weights 0 to 1; see `usual_zones`.

    Returns
    -------
    NDArray
        As for `two_step`; access times people adds up to the supply of the facilities that people
        reach in a zone of some weight.

    Raises
    ------
    InputError
        As for `two_step`, and if the zones are empty, not rising, or weigh below 0 or above 1.

    References
    ----------
    Luo, W. and Qi, Y. (2009), "An enhanced two-step floating catchment area (E2SFCA) method for
    measuring spatial accessibility to primary care physicians", Health & Place 15(4), 1100-1107.
    """
    return _floating(minutes, people, supply, Zones(zones))


def three_step(
    minutes: Minutes,
    people: NDArray[np.float64],
    supply: NDArray[np.float64],
    *,
    zones: tuple[tuple[float, float], ...],
) -> NDArray[np.float64]:
    """
    As `enhanced`, but people first divide among the facilities they reach (3SFCA).

    Each weight is multiplied by its share of all the weights of the cell, so that who can choose
    asks less of each facility. Access times people adds up to the supply as with `enhanced`: the
    same weights stand in both steps.

    References
    ----------
    Wan, N., Zou, B. and Sternberg, T. (2012), "A three-step floating catchment area method for
    analyzing spatial access to health services", International Journal of Geographical Information
    Science 26(6), 1073-1089.
    """
    return _floating(minutes, people, supply, Zones(zones), chosen=_selected)


def balanced(
    minutes: Minutes, people: NDArray[np.float64], supply: NDArray[np.float64], decay: Decay
) -> NDArray[np.float64]:
    """
    Divide people among facilities and each facility's level of service among cells (BFCA).

    Weights are divided by their sum over the cell's facilities to share out the people, so nobody
    counts twice; and by their sum over the facility's cells to share out its level of service
    (supply over the people who come). Only cells with people take part in the second sum: empty
    cells are no rivals, and how many of them there are changes nothing.

    Parameters
    ----------
    minutes, people, supply
        As for `two_step`.
    decay
        How minutes are weighed: one of `cockpit.coverage.access`.

    Returns
    -------
    NDArray
        Shape ``(n_cells,)``. Over the cells with people it adds up to the facilities' levels of
        service, and the people who come to the facilities add up to the people who reach one.
        Access times people does *not* add up to the supply: with this method no theory says so.

    Raises
    ------
    InputError
        As for `two_step`.

    References
    ----------
    Paez, A., Higgins, C. D. and Vivona, S. F. (2019), "Demand and level of service inflation in
    floating catchment area (FCA) methods", PLoS ONE 14(6), e0218773.
    """
    check_minutes(minutes, people)
    check_supply(supply, minutes.shape[1])
    coming, rivals = np.zeros(len(supply)), np.zeros(len(supply))
    for rows, weight in weights_of(minutes, decay):
        rivals += (people[rows] > 0) @ weight
        coming += people[rows] @ _shares(weight)
    ratio = _over(_over(supply, coming), rivals)
    access = np.zeros(len(people))
    for rows, weight in weights_of(minutes, decay):
        access[rows] = weight @ ratio
    return access


def spatial_availability(
    minutes: Minutes, people: NDArray[np.float64], supply: NDArray[np.float64], decay: Decay
) -> NDArray[np.float64]:
    """
    Give every unit of supply out once, in proportion to people and to the weight of their minutes.

    Parameters
    ----------
    minutes, people, supply, decay
        As for `balanced`.

    Returns
    -------
    NDArray
        Units of supply that fall to each cell, shape ``(n_cells,)``; 0 for cells without people. It
        adds up to the supply of the facilities that people reach. A cell's figure over its people
        equals `two_step` or `enhanced` with the same weights.

    Raises
    ------
    InputError
        As for `two_step`.

    References
    ----------
    Soukhov, A., Paez, A., Higgins, C. D. and Mohamed, M. (2023), "Introducing spatial availability,
    a singly-constrained measure of competitive accessibility", PLoS ONE 18(1), e0278468.
    """
    return people * _floating(minutes, people, supply, decay)


def _same(weight: NDArray[np.float64]) -> NDArray[np.float64]:
    return weight


def _selected(weight: NDArray[np.float64]) -> NDArray[np.float64]:
    return weight * _shares(weight)


def _shares(weight: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return each weight over the sum of its row; 0 in a row of zeros."""
    total = weight.sum(axis=1, keepdims=True)
    return weight / np.where(total > 0, total, 1)


def _over(amount: NDArray[np.float64], among: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return amount over among; 0 where it is among nobody."""
    return np.divide(amount, among, out=np.zeros_like(amount), where=among > 0)


def _floating(
    minutes: Minutes,
    people: NDArray[np.float64],
    supply: NDArray[np.float64],
    decay: Decay,
    *,
    chosen: Callable[[NDArray[np.float64]], NDArray[np.float64]] = _same,
) -> NDArray[np.float64]:
    """Share each facility among the people who weigh there; add up what each cell gets."""
    check_minutes(minutes, people)
    check_supply(supply, minutes.shape[1])
    demand = np.zeros(len(supply))
    for rows, weight in weights_of(minutes, decay):
        demand += people[rows] @ chosen(weight)
    ratio = _over(supply, demand)
    access = np.zeros(len(people))
    for rows, weight in weights_of(minutes, decay):
        access[rows] = chosen(weight) @ ratio
    return access
