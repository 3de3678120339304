"""``risk`` ahead of time: what to expect next by square, and how well such forecasts did."""

from __future__ import annotations

import argparse

import numpy as np
import pandas as pd
import shapely

from cockpit.commands.risk_cases import Case, Found, Periods, periods_of
from cockpit.commands.risk_places import squares
from cockpit.risk.backtest import KERNEL_M, OURS, backtest, kernel_name
from cockpit.risk.backtest import LAST_PERIOD as LAST
from cockpit.risk.forecast import forecast
from geodata import crs as systems
from geodata.errors import InputError

_CELL_M = 250.0
_LEAST_PERIODS = 4  # to learn on, before anything can be judged
_MOST_JUDGED = 6
_TOP = 0.05
_DAY = np.timedelta64(1, "D")


def next_period(case: Case, given: argparse.Namespace) -> Found:
    """Answer ``forecast``: events to be expected in the period after the last event."""
    grid, inside = squares(case, given.cell_m or _CELL_M)
    periods = periods_of(case.events, given.period or "month")
    at = float((periods.end - periods.starts[0]) / _DAY) + _offset(case, periods)
    length = float((periods.end - periods.starts[-1]) / _DAY)
    made = forecast(case.x, case.y, case.days, grid, at=at, horizon_days=length, inside=inside)
    x, y = grid.centres()
    lon, lat = systems.to_lon_lat(x[inside], y[inside], case.crs)
    rows = pd.DataFrame({
        "lon": lon.round(6), "lat": lat.round(6), "expected": made.intensity[inside],
        "lower": made.lower[inside], "upper": made.upper[inside],
        **{f"from_{part}": values[inside] for part, values in made.parts.items()},
    })  # fmt: skip
    rows = rows.sort_values("expected", ascending=False, kind="stable")
    plain = {
        "from": str(periods.end), "days": length, "cell_m": grid.cell_m, "total": made.total,
        "squares": rows,
    }  # fmt: skip
    return Found(
        "About {total} events are to be expected in the {days} days from {start} on.",
        {"total": f"{made.total:.0f}", "days": f"{length:.0f}", "start": str(periods.end)},
        plain, rows, shapely.points(rows["lon"], rows["lat"]),
    )  # fmt: skip


def _offset(case: Case, periods: Periods) -> float:
    """Return where the first period begins, in days of ``Case.days``."""
    start = case.events.time.min().astype("datetime64[D]")
    return float((periods.starts[0] - start) / _DAY)


def judged(case: Case, given: argparse.Namespace) -> Found:
    """Answer ``backtest``: forecasts of past periods, each from what came before it."""
    grid, inside = squares(case, given.cell_m or _CELL_M)
    periods = periods_of(case.events, given.period or "month")
    if len(periods.starts) <= _LEAST_PERIODS:
        raise InputError(
            "A back-test needs more than {least} periods; the events cover {n}. Choose a shorter "
            "--period, or events of a longer time.",
            n=len(periods.starts), least=_LEAST_PERIODS,
        )  # fmt: skip
    ends = [*periods.starts[1:], periods.end]
    shift = _offset(case, periods)
    square = grid.rows(case.x, case.y)
    counted = (square >= 0) & inside.ravel()[square]
    n = np.bincount(periods.of(case.events.time)[counted], minlength=len(ends))
    spans = [
        (float((a - periods.starts[0]) / _DAY) + shift, float((b - a) / _DAY))
        for k, (a, b) in enumerate(zip(periods.starts, ends, strict=True))
        if n[k] and k >= max(_LEAST_PERIODS - 1, len(ends) - _MOST_JUDGED)
    ]
    found = backtest(case.x, case.y, case.days, grid, periods=spans, inside=inside)
    rows = pd.DataFrame([
        {"map": s.map, "from": str(periods.starts[0] + np.timedelta64(int(s.at - shift), "D")),
         "area_share": s.share, "hits": s.hits, "events": s.events, "hit_rate": s.hit_rate,
         "pai": s.pai}
        for s in found.scores
    ])  # fmt: skip
    return Found(
        "In the {share} of the area that it points to, the forecast finds {ours} times the events "
        "of an average place (last period's map: {last}, kernel: {kernel}).",
        {
            "share": f"{_TOP:.0%}", "ours": f"{found.mean_pai(OURS, _TOP):.2f}",
            "last": f"{found.mean_pai(LAST, _TOP):.2f}",
            "kernel": f"{found.mean_pai(kernel_name(KERNEL_M), _TOP):.2f}",
        },
        found.to_plain(), rows,
    )  # fmt: skip
