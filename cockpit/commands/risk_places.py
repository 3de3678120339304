"""``risk`` over areas: heat, rates, clusters in space and time."""

from __future__ import annotations

import argparse
from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from cockpit.commands.risk_cases import Case, Found, periods_of
from cockpit.risk import rates
from cockpit.risk.density import density
from cockpit.risk.grids import Grid, grid_over
from cockpit.risk.scan import scan
from cockpit.risk.scan_expectation import over_time
from cockpit.risk.weights import Weights, touching
from geodata import crs as systems
from geodata.errors import InputError

Floats = NDArray[np.float64]
_SQUARES = 40_000  # of a grid whose width nobody gave
_GAP_M = 1.0  # borders of hand-drawn neighbours leave slivers
_MOST_SHARE = 0.5  # of the people in the largest circle of a scan
_IN_CIRCLE = 150  # of many areas, the largest circle holds about so many: minutes, not hours
PERMUTATIONS = 999
_MOST_PERIODS = 1_500
_MANY, _FEW = 100_000, 99  # areas x periods: a scan of more makes do with fewer simulations


def squares(case: Case, cell_m: float | None) -> tuple[Grid, NDArray[np.bool_]]:
    """Return a grid over the areas (or events) and which of its squares lie inside."""
    if len(case.shapes):
        bounds = tuple(shapely.total_bounds(case.shapes))
    else:
        bounds = (case.x.min(), case.y.min(), case.x.max(), case.y.max())
    west, south, east, north = (float(edge) for edge in bounds)
    width = cell_m or max(25.0, np.sqrt((east - west) * (north - south) / _SQUARES))
    grid = grid_over((west, south, east, north), width)
    if not len(case.shapes):
        return grid, np.ones(grid.shape, dtype=bool)
    return grid, grid.inside(shapely.union_all(shapely.make_valid(case.shapes)))


def heat(case: Case, given: argparse.Namespace) -> Found:
    """Answer ``density``: events per km² of every square."""
    grid, inside = squares(case, given.cell_m)
    made = density(case.x, case.y, grid, inside=inside, bandwidth_m=given.bandwidth_m)
    x, y = grid.centres()
    lon, lat = systems.to_lon_lat(x[inside], y[inside], case.crs)
    rows = pd.DataFrame({"lon": lon.round(6), "lat": lat.round(6), "per_km2": made.values[inside]})
    plain = {
        "crs": case.crs, "x0": grid.x0, "y0": grid.y0, "cell_m": grid.cell_m,
        "bandwidth_m": made.bandwidth_m, "values": np.where(inside, made.values, np.nan),
    }  # fmt: skip
    busiest = rows.loc[rows["per_km2"].idxmax()]
    return Found(
        "{n} events; densest at {lon}, {lat}: {density} per km². Kernel of about {bandwidth} m.",
        {
            "n": len(case.x), "lon": f"{busiest['lon']:.4f}", "lat": f"{busiest['lat']:.4f}",
            "density": f"{busiest['per_km2']:.3g}", "bandwidth": f"{made.bandwidth_m:.0f}",
        },
        plain, rows, shapely.points(lon, lat),
    )  # fmt: skip


def by_area(case: Case, **columns: Any) -> pd.DataFrame:
    """Return a table with a row an area: its id, events, residents and further columns."""
    areas = case.require_areas()
    table = {"id": areas.ids, "events": case.counts()}
    if areas.people is not None:
        table["people"] = areas.people
    return pd.DataFrame({**table, **columns})


def weights_of(case: Case) -> Weights:
    """Return which areas touch; gaps of a metre count as touching."""
    case.require_areas()
    return touching(case.shapes, gap_m=_GAP_M)


def found_by(
    template: str,
    values: dict[str, object],
    rows: pd.DataFrame,
    case: Case,
    by: str,
    **plain: object,
) -> Found:
    """Put the rows into order, what is most likely no chance first."""
    second = rows["p" if "p" in rows else by].to_numpy()
    order = np.lexsort((second, rows[by].to_numpy()))
    rows = rows.iloc[order].reset_index(drop=True)
    rows = rows.drop(columns="order", errors="ignore")
    shapes = case.require_areas().shapes[order]
    return Found(template, values, {**plain, "areas": rows}, rows, shapes)


def rates_of(case: Case, given: argparse.Namespace) -> Found:
    """Answer ``eb`` and ``spatial-eb``: rates drawn towards what more people vouch for."""
    people, counts = case.require_people(), case.counts().astype(float)
    if given.method == "eb":
        smooth = rates.empirical_bayes(counts, people)
    else:
        smooth = rates.spatial_empirical_bayes(counts, people, weights_of(case))
    with np.errstate(divide="ignore", invalid="ignore"):
        raw = np.where(people > 0, counts / people, np.nan)
    rows = by_area(case, rate_per_10000=raw * 1e4, smoothed_per_10000=smooth * 1e4)
    top = int(np.nanargmax(smooth))
    return found_by(
        "The highest smoothed rate is that of {id}: {rate} per 10,000 people.",
        {"id": rows["id"].iat[top], "rate": f"{smooth[top] * 1e4:.2f}"},
        rows.assign(order=-smooth), case, "order",
    )  # fmt: skip


def clusters(case: Case, given: argparse.Namespace) -> Found:
    """Answer ``scan``: clusters in space and time, the most likely one first."""
    areas = case.require_areas()
    periods = periods_of(case.events, given.period or "week")
    if len(periods.starts) > _MOST_PERIODS and not given.space_only:
        raise InputError(
            "A scan takes {most} periods at most; the events cover {n}, from {first} to {last}. "
            "Choose a longer --period, or less time with --from and --to.",
            most=f"{_MOST_PERIODS:,}", n=f"{len(periods.starts):,}", first=periods.name(0),
            last=_last_day(periods, len(periods.starts) - 1),
        )  # fmt: skip
    cases = case.counts_by(periods)
    expected, basis = _expected(case, cases, given)
    share = given.most_share or min(_MOST_SHARE, _IN_CIRCLE / len(cases))
    simulations = given.permutations or (_FEW if cases.size > _MANY else PERMUTATIONS)
    found = scan(
        cases, expected, case.centre[:, 0], case.centre[:, 1], prospective=given.prospective,
        space_only=given.space_only, most_share=share, simulations=simulations,
        rng=np.random.default_rng(given.seed),
    )  # fmt: skip
    listed = [
        {
            "centre": areas.ids[c.centre], "radius_m": c.radius_m, "areas": areas.ids[c.members],
            "from": periods.name(0 if given.space_only else c.first),
            "until": _last_day(periods, len(periods.starts) - 1 if given.space_only else c.last),
            "observed": c.observed, "expected": c.expected, "relative_risk": c.relative_risk,
            "llr": c.llr, "p": c.p,
        }
        for c in found.clusters
    ]  # fmt: skip
    rows = pd.DataFrame(listed, columns=[
        "centre", "radius_m", "areas", "from", "until", "observed", "expected", "relative_risk",
        "llr", "p",
    ])  # fmt: skip
    certain = found.significant(given.alpha)
    plain = {
        "counted": found.total, "expected_by": basis, "most_share": share,
        "simulations": simulations, "clusters": listed,
    }  # fmt: skip
    shapes = np.array([
        shapely.union_all(areas.shapes[c.members]) for c in found.clusters
    ], dtype=object)  # fmt: skip
    if not certain:
        return Found("No cluster that chance does not explain.", {}, plain, rows, shapes)
    first = listed[0]
    return Found(
        "{n} clusters beyond chance. The most likely: around {centre}, {start} to {end}, "
        "{observed} events where {expected} were to be expected (p = {p}).",
        {
            "n": len(certain), "centre": first["centre"], "start": first["from"],
            "end": first["until"], "observed": first["observed"],
            "expected": f"{certain[0].expected:.1f}", "p": f"{certain[0].p:.3g}",
        },
        plain, rows, shapes,
    )  # fmt: skip


def _expected(
    case: Case, cases: NDArray[np.int64], given: argparse.Namespace
) -> tuple[Floats, str]:
    """
    Return what to expect of each area and period, in any unit, and what it goes by.

    Residents where they are known, with ``adjust_time`` times the events of all areas in the
    period, so that a season that all share is no cluster; else each area's own events, spread as
    those of all areas are over the periods, which finds what is neither place nor season alone;
    where all periods are one, the areas' km².
    """
    people = case.people
    if people is None and given.space_only:
        return np.repeat(shapely.area(case.shapes)[:, None], cases.shape[1], axis=1), "km2"
    if people is None:
        return cases.sum(axis=1)[:, None] * cases.sum(axis=0) / max(1, cases.sum()), "own events"
    if (cases.sum(axis=1)[people == 0] > 0).any():
        raise InputError("There are events in areas without residents; merge these areas first.")
    if given.adjust_time:
        return over_time(people, cases.sum(axis=0)), "residents and period"
    return np.repeat(people[:, None], cases.shape[1], axis=1), "residents"


def _last_day(periods: Any, period: int) -> str:
    ends = [*periods.starts[1:], periods.end]
    return str(ends[period] - np.timedelta64(1, "D"))
