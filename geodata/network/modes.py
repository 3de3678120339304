"""How people travel: speeds by road class and surface, slope, and the way to the nearest road."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from geodata.errors import InputError

Grade = Literal["none", "tobler", "linear"]

ROAD_CLASSES = (
    "motorway", "trunk", "primary", "secondary", "tertiary", "residential", "service", "track",
    "path",
)  # fmt: skip
"""From the fastest down, as ``loaders.catalog.ROAD_CLASSES``; a test holds them together."""

# Their speeds are those of unpaved ways already: a surface slows only what one expects paved.
_UNPAVED_CLASSES = ("track", "path")

SURFACES: dict[str, str] = {
    **dict.fromkeys(
        ("砂石", "碎石", "gravel", "fine_gravel", "compacted", "pebblestone"), "gravel"
    ),
    **dict.fromkeys(
        ("土路", "泥土", "unpaved", "ground", "dirt", "earth", "grass", "mud", "sand"), "earth"
    ),
}
"""Surface as written in the source to "gravel" or "earth"; everything else counts as paved."""


@dataclass(frozen=True)
class Mode:
    """
    A way of travelling.

    ``grade`` says what a slope does to the speed: "none"; "tobler", the hiking function of Tobler
    (1993) scaled so that level ground has the class speed; "linear", uphill slower by
    ``grade_loss`` times the slope, downhill no faster (a motor that stops helping at its limit).
    """

    id: str
    speeds_kmh: Mapping[str, float]  # by road class; a class that is absent may not be used
    surface_factors: Mapping[str, float] = field(default_factory=dict)  # "gravel", "earth": 0 to 1
    grade: Grade = "none"
    grade_loss: float = 0.0  # share of the speed lost a unit of slope (4: a fifth at 5 %)
    off_road_ms: float = 1.1  # m/s between a place and the road
    off_road_limit_m: float = 1500.0  # straight; a place farther from every road is off the network
    off_road_detour: float = 1.3  # walked over straight distance
    keeps_oneway: bool = True
    keeps_maxspeed: bool = True
    refused_access: frozenset[str] = frozenset({"no", "private"})
    pace: float = 1.0  # every speed on roads, limits included, times this: for sensitivity

    @property
    def straight_kmh(self) -> float:
        """Speed for counties without roads: that of a tertiary road, else the slowest there is."""
        return self.pace * self.speeds_kmh.get("tertiary", min(self.speeds_kmh.values()))

    def told(self) -> str:
        """Return all that the mode says, the same in every process: sets have no order there."""
        values = {f.name: getattr(self, f.name) for f in fields(self)}
        plain = {
            name: sorted(value.items() if isinstance(value, Mapping) else value)
            if isinstance(value, Mapping | frozenset)
            else value
            for name, value in values.items()
        }
        return repr(sorted(plain.items()))


def _everywhere(kmh: float, *, but: tuple[str, ...] = ("motorway",)) -> dict[str, float]:
    return {c: kmh for c in ROAD_CLASSES if c not in but}


_VEHICLE_SURFACES = {"gravel": 0.75, "earth": 0.6}

# Walking speeds: the project's list of standards (1.1 m/s, older people 0.8 m/s). Class speeds of
# vehicles are free-flow speeds of a hilly county, this project's; a county sets its own.
MODES: dict[str, Mode] = {
    mode.id: mode
    for mode in (
        Mode("walk", _everywhere(3.96), grade="tobler", keeps_oneway=False, keeps_maxspeed=False),
        Mode(
            "older",
            _everywhere(2.88),
            surface_factors={"gravel": 0.9, "earth": 0.8},
            grade="tobler",
            off_road_ms=0.8,
            keeps_oneway=False,
            keeps_maxspeed=False,
        ),
        Mode(
            "ebike",
            {**_everywhere(20.0), "service": 15.0, "track": 12.0, "path": 8.0},
            surface_factors=_VEHICLE_SURFACES,
            grade="linear",
            grade_loss=4.0,
        ),
        Mode(
            "car",
            {
                "motorway": 90.0,
                "trunk": 65.0,
                "primary": 55.0,
                "secondary": 45.0,
                "tertiary": 35.0,
                "residential": 25.0,
                "service": 15.0,
                "track": 12.0,
            },
            surface_factors=_VEHICLE_SURFACES,
        ),
        Mode(
            "ambulance",
            {
                "motorway": 100.0,
                "trunk": 80.0,
                "primary": 65.0,
                "secondary": 55.0,
                "tertiary": 42.0,
                "residential": 30.0,
                "service": 18.0,
                "track": 15.0,
            },
            surface_factors=_VEHICLE_SURFACES,
            keeps_maxspeed=False,
            refused_access=frozenset({"no"}),
        ),
    )
}
"""Walk, older walker, e-bike, car, ambulance and fire engine."""

_NUMBERS = {"grade_loss", "off_road_ms", "off_road_limit_m", "off_road_detour"}
_FLAGS = {"keeps_oneway", "keeps_maxspeed"}


def configured(
    changes: Mapping[str, Mapping[str, Any]], modes: Mapping[str, Mode] = MODES
) -> dict[str, Mode]:
    """
    Return the modes with a county's own speeds, as its manifest's ``[travel.<mode>]`` tells them.

    ``speeds_kmh`` and ``surface_factors`` change only what they name; the other fields of ``Mode``
    are replaced.

    Raises
    ------
    InputError
        For an unknown mode, field, road class or surface, a speed that is not above 0 and at most
        200 km/h, a factor outside 0 to 1, or a number that is negative.
    """
    changed = dict(modes)
    for name, change in changes.items():
        if name not in modes:
            raise InputError(
                "There is no way of travelling {mode}; expected one of {modes}.",
                mode=name, modes=", ".join(modes),
            )  # fmt: skip
        changed[name] = _changed(modes[name], change)
    return changed


def _changed(mode: Mode, change: Mapping[str, Any]) -> Mode:
    new: dict[str, Any] = {}
    for key, value in change.items():
        if key == "speeds_kmh":
            new[key] = {**mode.speeds_kmh, **_speeds(mode.id, value)}
        elif key == "surface_factors":
            new[key] = {**mode.surface_factors, **_factors(mode.id, value)}
        elif key in _NUMBERS:
            new[key] = _number(mode.id, key, value)
        elif key in _FLAGS:
            new[key] = bool(value)
        else:
            known = sorted(
                {f.name for f in fields(Mode)} - {"id", "grade", "refused_access", "pace"}
            )
            raise InputError(
                "Way of travelling {mode}: there is no setting {name}; expected one of {known}.",
                mode=mode.id, name=key, known=", ".join(known),
            )  # fmt: skip
    return replace(mode, **new)


def _speeds(mode: str, speeds: Mapping[str, Any]) -> dict[str, float]:
    for road_class, kmh in speeds.items():
        if road_class not in ROAD_CLASSES:
            raise InputError(
                "Way of travelling {mode}: there is no road class {road_class}; "
                "expected one of {classes}.",
                mode=mode, road_class=road_class, classes=", ".join(ROAD_CLASSES),
            )  # fmt: skip
        if not _is_number(kmh) or not 0 < kmh <= 200:
            raise InputError(
                "Way of travelling {mode}: the speed on roads of class {road_class} is {found} "
                "km/h; expected above 0 and at most 200. Leave a class out to forbid it.",
                mode=mode, road_class=road_class, found=kmh,
            )  # fmt: skip
    return {c: float(kmh) for c, kmh in speeds.items()}


def _factors(mode: str, factors: Mapping[str, Any]) -> dict[str, float]:
    for surface, factor in factors.items():
        if surface not in ("gravel", "earth") or not _is_number(factor) or not 0 < factor <= 1:
            raise InputError(
                "Way of travelling {mode}: the surface {surface} has the factor {found}; "
                "expected gravel or earth with a number above 0 and at most 1.",
                mode=mode, surface=surface, found=factor,
            )  # fmt: skip
    return {s: float(f) for s, f in factors.items()}


_LOWEST = {"off_road_ms": 0.1, "off_road_limit_m": 0.0, "off_road_detour": 1.0, "grade_loss": 0.0}


def _number(mode: str, name: str, value: Any) -> float:
    if not _is_number(value) or not _LOWEST[name] <= value <= 20_000:
        raise InputError(
            "Way of travelling {mode}: {name} is {found}; expected {lowest} to 20,000.",
            mode=mode, name=name, found=value, lowest=_LOWEST[name],
        )  # fmt: skip
    return float(value)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


# Steeper than this is an error of the height model or of a short edge, not a road.
STEEPEST = 0.35


def grade_factor(mode: Mode, slope: NDArray[np.float64]) -> NDArray[np.float64]:
    """
    Return what slopes do to the speed: 1 on level ground, shape of ``slope``.

    Parameters
    ----------
    slope
        Rise over length in the direction of travel; NaN (height unknown) counts as level. Cut at
        35 % either way.

    References
    ----------
    Tobler, W. (1993), "Three presentations on geographical analysis and modeling", NCGIA technical
    report 93-1: walking speed 6 exp(-3.5 |s + 0.05|) km/h, fastest on a gentle way down.
    """
    slope = np.clip(np.nan_to_num(slope), -STEEPEST, STEEPEST)
    if mode.grade == "tobler":
        factor: NDArray[np.float64] = np.exp(-3.5 * (np.abs(slope + 0.05) - 0.05))
    elif mode.grade == "linear":
        factor = np.clip(1 - mode.grade_loss * slope, 0.25, 1.0)
    else:
        factor = np.ones_like(slope)
    return factor
