"""The next month of a theme: expected events by place, and how such forecasts did in the past."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cockpit.answers.happenings import Happenings
from cockpit.answers.risk_field import Field, field_of, people_by_square
from cockpit.answers.risk_heat import metres_of
from cockpit.answers.risk_places import Floats, Places
from cockpit.answers.risk_question import Question, counted
from cockpit.risk.backtest import KERNEL_CHOSEN, LAST_PERIOD, OURS, Backtest, backtest
from cockpit.risk.forecast import Forecast, forecast
from geodata.errors import InputError

HORIZON_DAYS = 30
WATCHED = 0.05
"""Share of the area that a forecast points to, and is judged by."""
ORIGINS = 6
SQUARES = 8_000  # about 500 m: a forecast for smaller squares is none, and ten times the work
_LEAST_EVENTS = 30
MAP_TITLES = {
    OURS: "This forecast",
    LAST_PERIOD: "The month before, as it was",
    KERNEL_CHOSEN: "A plain kernel",
}


@dataclass(frozen=True)
class Ahead:
    """Expected events of the 30 days after the period, and the places to look at first."""

    made: Forecast
    expected: Floats  # (n_places,) events
    share: Floats  # (n_places,) of the place's area among the busiest 5 % of the county
    events: int
    counts: Floats  # (n_places,) events of the period


@dataclass(frozen=True)
class Judged:
    """How such forecasts did over the past months."""

    test: Backtest
    periods: int

    def rows(self) -> list[tuple[str, float, float]]:
        """Return (map, hit rate, PAI) at ``WATCHED`` for the forecast and what is simpler."""
        return [
            (
                MAP_TITLES[name],
                self.test.mean_hit_rate(name, WATCHED),
                self.test.mean_pai(name, WATCHED),
            )
            for name in MAP_TITLES
        ]

    def gains(self) -> list[tuple[str, float, float, int]]:
        """Return (map, PAI of the forecast less the map's, its standard error, periods ahead)."""
        return [(MAP_TITLES[name], *self.test.gain(name, WATCHED)) for name in _simpler()]


def _simpler() -> tuple[str, ...]:
    return tuple(name for name in MAP_TITLES if name != OURS)


def ahead(known: Happenings, places: Places, q: Question) -> Ahead:
    """
    Return the events to be expected in the 30 days after the period's last day.

    Raises
    ------
    InputError
        If fewer than 30 events of the theme have a point on the map.
    """
    field, x, y, day = _given(known, places, q)
    made = forecast(
        x, y, day, field.grid,
        at=float(q.days), horizon_days=HORIZON_DAYS, inside=field.inside,
        people=people_by_square(places, field),
    )  # fmt: skip
    inside = made.intensity[field.inside]
    busy = made.intensity >= np.quantile(inside, 1 - WATCHED)
    return Ahead(
        made,
        field.sum_by_place(made.intensity),
        field.mean_by_place((busy & field.inside).astype(np.float64)),
        len(x),
        counted(known, places, q).counts,
    )


def judged(known: Happenings, places: Places, q: Question) -> Judged:
    """
    Return how forecasts made the same way did for the last months of the period.

    Each month is forecast from what was known before it. Months without an event are left out.

    Raises
    ------
    InputError
        If the period has no three such months.
    """
    field, x, y, day = _given(known, places, q)
    starts = [float(q.days - HORIZON_DAYS * k) for k in range(ORIGINS, 0, -1)]
    periods = [
        (start, float(HORIZON_DAYS))
        for start in starts
        if start >= 2 * HORIZON_DAYS
        and (day < start - HORIZON_DAYS).any()
        and ((day >= start) & (day < start + HORIZON_DAYS)).any()
    ]
    if len(periods) < 3:
        raise InputError(
            "The period is too short to try the forecast on the past: {n} months of three.",
            n=len(periods),
        )
    test = backtest(
        x, y, day, field.grid,
        periods=periods, inside=field.inside, people=people_by_square(places, field),
        shares=(WATCHED,),
    )  # fmt: skip
    return Judged(test, len(periods))


def _given(known: Happenings, places: Places, q: Question) -> tuple[Field, Floats, Floats, Floats]:
    rows = counted(known, places, q).rows
    x, y = (v[rows] for v in metres_of(known))
    there = np.isfinite(x) & (known.region[rows] >= 0)
    if there.sum() < _LEAST_EVENTS:
        raise InputError(
            "{n} events of this theme have a point on the map; a forecast needs {least} at least.",
            n=int(there.sum()), least=_LEAST_EVENTS,
        )  # fmt: skip
    day = (known.time[rows][there] - np.datetime64(q.first)) / np.timedelta64(1, "D")
    return field_of(places, SQUARES), x[there], y[there], np.asarray(day, dtype=np.float64)


def watched(found: Ahead) -> NDArray[np.intp]:
    """Return the places at least half of which lies in the busiest 5 %, most expected first."""
    most = np.flatnonzero(found.share >= 0.5)
    return most[np.argsort(-found.expected[most], kind="stable")]
