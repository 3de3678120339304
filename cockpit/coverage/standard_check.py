"""Check one standard against the county: how many people meet it, and the colour of its light."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from cockpit.coverage.standard_list import Standard
from geodata.errors import InputError

Light = Literal["green", "yellow", "red", "none"]
Numbers = NDArray[np.floating[Any]] | NDArray[np.unsignedinteger[Any]]

WORST = 20
"""Regions named in ``Checked.worst``, at most."""
# Shares are sums of many cells: what rounding takes away must not cost the light.
_ROUNDING = 1e-12


@dataclass(frozen=True)
class Checked:
    """
    What the check of one standard found.

    ``value`` is in ``unit``: the share (0 to 1) of people or regions that meet the rule where
    ``unit`` is "share", else people a facility, beds for 1,000 and so on; NaN when the light is
    "none". People are those of the standard's group where it applies, NaN for an area rule.
    """

    standard: Standard
    value: float
    unit: str  # msgid
    light: Light
    people_total: float
    people_missing: float  # those who live beyond the limit, or whom the capacity does not reach
    achieved: float = float("nan")  # what is held against goal and watch; 1 is all of the norm
    lacking: float = float("nan")  # ratios: facilities or units of capacity short of the norm
    missing: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, bool))  # (n_cells,)
    worst: tuple[tuple[int, float], ...] = ()  # (label of region, people missing), most first
    reason: str = ""  # msgid: why there is no light, or what to bear in mind
    values: Mapping[str, object] = field(default_factory=dict)  # fill the reason


def farthest(nearest: Sequence[Numbers]) -> NDArray[np.float64]:
    """
    Return for each cell the farthest of several nearest figures: all services must be in reach.

    Whole numbers of the engine become floats; the largest of their type, ``inf``.
    """
    found: NDArray[np.float64] = np.maximum.reduce([_with_inf(one) for one in nearest])
    return found


def _with_inf(figures: Numbers) -> NDArray[np.float64]:
    found = np.array(figures, dtype=np.float64)
    if figures.dtype.kind == "u":
        # The engine's word for "cannot be reached": seconds in 16 bits, metres in 32.
        found[figures == np.array(-1).astype(figures.dtype)] = np.inf
    return found


def check(
    standard: Standard,
    *,
    people: NDArray[np.float64] | None,
    nearest: Numbers | None = None,
    or_nearest: Numbers | None = None,
    town: NDArray[np.bool_] | None = None,
    region: NDArray[np.integer[Any]] | None = None,
    capacity: NDArray[np.float64] | None = None,
    facility_town: NDArray[np.bool_] | None = None,
    facility_region: NDArray[np.integer[Any]] | None = None,
    absent: bool | None = None,
) -> Checked:
    """
    Hold the county against one standard.

    A figure exactly at the limit meets it, and a share exactly at the goal is green.

    Parameters
    ----------
    people
        People of the standard's group in each cell (km² for "area_km2"), shape ``(n_cells,)``;
        None when nobody has counted them.
    nearest
        To the nearest facility (the farthest of them where several services are asked for, see
        ``farthest``): seconds, or metres for a rule in metres. Shape ``(n_cells,)``; whole numbers
        of the engine, or floats with ``inf`` for what cannot be reached. "one_each": seconds to the
        nearest facility of ``standard.services``, where the standard has ``or_minutes``.
    or_nearest
        Seconds to the nearest facility by ``standard.or_mode``, shape ``(n_cells,)``: needed for a
        rule in metres with ``or_minutes``. Who meets either is served.
    town
        Whether a cell counts as town, shape ``(n_cells,)``; None when nobody can tell.
    region
        Label of each cell's village, or township where the standard is about those; below 0: none.
        Needed for "one_each"; otherwise it only names the worst.
    capacity
        Of each facility of ``standard.service`` inside the county, shape ``(n_facilities,)``, NaN
        where no file tells; also says how many facilities there are.
    facility_town, facility_region
        Whether a facility stands in town, and the label of its region, shape ``(n_facilities,)``.
    absent
        Whether one of the services asked for has no facility in the whole county, so that the files
        may simply not tell of any; None: whether ``capacity`` is empty. Where others have some, a
        unit without any is one that lacks them.

    Returns
    -------
    Checked
        With light "none" and a reason when something that the rule needs is not known.

    Raises
    ------
    InputError
        If arrays of cells or of facilities differ in length.
    """
    cells = {
        "people": people, "nearest": nearest, "or_nearest": or_nearest, "town": town,
        "region": region,
    }  # fmt: skip
    sites = {
        "capacity": capacity, "facility_town": facility_town, "facility_region": facility_region,
    }  # fmt: skip
    _require_same_length(cells)
    _require_same_length(sites)
    if absent is None:
        absent = capacity is not None and len(capacity) == 0
    unknown = _unknown(standard, people is None, town is None, absent)
    if people is None or unknown:
        return _dark(standard, unknown)
    here = _where(standard, town, len(people))
    if not people[here].sum() > 0:
        return _dark(standard, "Nobody of this group lives where the standard applies.")
    match standard.rule:
        case "minutes" | "metres":
            return _within(standard, people, here, _near(standard, nearest, or_nearest), region)
        case "one_each":
            return _one_each(standard, people, here, nearest, region, facility_region)
    inside = _where(standard, facility_town, 0 if capacity is None else len(capacity))
    return _ratio(standard, float(people[here].sum()), capacity, inside)


def _unknown(standard: Standard, uncounted: bool, no_town: bool, absent: bool) -> str:
    """Return why nothing can be checked, or ""."""
    if uncounted:
        return "Nobody has counted this group."
    if standard.where != "all" and no_town:
        return "Nothing says which cells are town."
    return "No file tells of such facilities." if absent else ""


def _require_same_length(arrays: Mapping[str, NDArray[Any] | None]) -> None:
    given = {name: values for name, values in arrays.items() if values is not None}
    first = next(iter(given), "")
    for name, values in given.items():
        if values.shape != given[first].shape or values.ndim != 1:
            raise InputError(
                "{name} has shape {found} and {other} {expected}; expected one value each.",
                name=name,
                found=values.shape,
                other=first,
                expected=given[first].shape,
            )


def _where(standard: Standard, town: NDArray[np.bool_] | None, n: int) -> NDArray[np.bool_]:
    if standard.where == "all" or town is None:
        return np.ones(n, dtype=bool)
    return town if standard.where == "town" else ~town


def _dark(standard: Standard, reason: str, total: float = float("nan")) -> Checked:
    nothing = float("nan")
    return Checked(standard, nothing, _unit(standard), "none", total, nothing, reason=reason)


def _unit(standard: Standard) -> str:
    return standard.unit if standard.rule in ("one_per", "per_1000") else "share"


def _light(standard: Standard, achieved: float) -> Light:
    if achieved >= standard.goal - _ROUNDING:
        return "green"
    return "yellow" if achieved >= standard.watch - _ROUNDING else "red"


def _within(
    standard: Standard,
    people: NDArray[np.float64],
    here: NDArray[np.bool_],
    near: NDArray[np.bool_] | None,
    region: NDArray[np.integer[Any]] | None,
) -> Checked:
    """Count the people whose nearest facility is within the limit."""
    total = float(people[here].sum())
    if near is None:
        return _dark(standard, "Nobody can tell how far it is.", total)
    missing = here & ~near
    lost = float(people[missing].sum())
    share = 1 - lost / total
    return Checked(
        standard, share, "share", _light(standard, share), total, lost, share,
        missing=missing, worst=_worst(people * missing, region),
    )  # fmt: skip


def _near(
    standard: Standard, nearest: Numbers | None, or_nearest: Numbers | None
) -> NDArray[np.bool_] | None:
    """Return which cells meet the limit or what may stand in for it; None: nobody can tell."""
    either = standard.rule == "metres" and standard.or_minutes is not None
    if nearest is None or (either and or_nearest is None):
        return None
    limit = _seconds(standard.limit) if standard.rule == "minutes" else standard.limit
    near: NDArray[np.bool_] = _with_inf(nearest) <= limit
    if standard.or_minutes is not None and or_nearest is not None and either:
        near = near | (_with_inf(or_nearest) <= _seconds(standard.or_minutes))
    return near


def _seconds(minutes: float) -> float:
    """Return seconds: 7.1 minutes are 426, which 7.1 * 60 misses by a hair."""
    return round(minutes * 60, 6)


def _worst(
    lost: NDArray[np.float64], region: NDArray[np.integer[Any]] | None
) -> tuple[tuple[int, float], ...]:
    """Return the regions that lose most people; equal ones in the order of their labels."""
    if region is None:
        return ()
    labels, at = np.unique(region, return_inverse=True)
    sums = _sums(at, lost)
    order = np.lexsort((labels, -sums))
    return tuple(
        (int(labels[i]), float(sums[i])) for i in order[:WORST] if sums[i] > 0 and labels[i] >= 0
    )


def _one_each(
    standard: Standard,
    people: NDArray[np.float64],
    here: NDArray[np.bool_],
    nearest: Numbers | None,
    region: NDArray[np.integer[Any]] | None,
    facility_region: NDArray[np.integer[Any]] | None,
) -> Checked:
    """
    Count the regions that have a facility, or half of whose people reach one in time.

    A region counts where more than half of its people live in cells that the rule is for.
    """
    if region is None or facility_region is None:
        return _dark(standard, "Nothing says in which region a facility stands.")
    labels, at = np.unique(region, return_inverse=True)
    all_people = _sums(at, people)
    share_here = _shares(_sums(at, people * here), all_people)
    asked = (labels >= 0) & (share_here > 0.5)
    if not asked.any():
        return _dark(standard, "Nobody of this group lives where the standard applies.")
    # np.unique sorts the labels, so a binary search finds how many facilities carry each.
    sites = np.sort(facility_region)
    count = np.searchsorted(sites, labels, "right") - np.searchsorted(sites, labels, "left")
    fine: NDArray[np.bool_] = np.asarray(count >= standard.limit)
    if standard.or_minutes is not None and nearest is not None:
        near = _with_inf(nearest) <= _seconds(standard.or_minutes)
        fine = fine | (_shares(_sums(at, people * near), all_people) >= 0.5)
    failing = asked & ~fine
    missing = failing[at]
    share = 1 - failing.sum() / asked.sum()
    return Checked(
        standard, float(share), "share", _light(standard, share), float(all_people[asked].sum()),
        float(people[missing].sum()), float(share), float(failing.sum()), missing,
        _worst(people * missing, region),
    )  # fmt: skip


def _sums(at: NDArray[np.intp], values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the sum of values by place."""
    return np.bincount(at, weights=values).astype(np.float64)


def _shares(part: NDArray[np.float64], whole: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return part over whole; 0 where nobody lives."""
    return np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)


def _ratio(
    standard: Standard,
    people: float,
    capacity: NDArray[np.float64] | None,
    inside: NDArray[np.bool_],
) -> Checked:
    """Hold capacity or facilities against the people they are for."""
    if capacity is None:
        return _dark(standard, "No file tells of such facilities.", people)
    by_capacity = standard.rule == "per_1000" or standard.counts == "capacity"
    known = capacity[inside & ~np.isnan(capacity)]
    unknown = int(inside.sum()) - len(known) if by_capacity else 0
    if by_capacity and unknown and not len(known):
        return _dark(standard, "No file tells the capacity of these facilities.", people)
    units = float(known.sum()) if by_capacity else float(inside.sum())
    per_unit = 1000 / standard.limit if standard.rule == "per_1000" else standard.limit
    achieved = units * per_unit / people
    if standard.rule == "per_1000":
        value = 1000 * units / people
    else:
        value = people / units if units else float("nan")
    lacking = np.ceil(round(people / per_unit - units, 6))
    reason, values = _bear_in_mind(standard, value, unknown, int(inside.sum()))
    short = max(0.0, people - units * per_unit)
    if standard.group == "area_km2":  # square kilometres are no people
        people = short = float("nan")
    return Checked(
        standard, value, standard.unit, _light(standard, achieved), people, short, achieved,
        max(0.0, float(lacking)),
        reason=reason, values=values,
    )  # fmt: skip


def _bear_in_mind(
    standard: Standard, value: float, unknown: int, total: int
) -> tuple[str, dict[str, object]]:
    if not total:
        return "None of them stands where the standard applies.", {}
    if unknown:
        return (
            "{n} of {total} facilities have no capacity in the files; they count as none.",
            {"n": unknown, "total": total},
        )
    if value < standard.least:
        return "There are more facilities than the standard asks for.", {}
    return "", {}
