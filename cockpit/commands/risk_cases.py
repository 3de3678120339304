"""Cases of ``risk`` from plain files: events on a metric plane, areas, which event is in which."""

from __future__ import annotations

import argparse
import datetime as dt
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geodata import crs as systems
from geodata.errors import InputError
from loaders.incidents import Areas, Incidents, LeftOut, read_areas, read_incidents
from loaders.rules import parse_date

Floats = NDArray[np.float64]
_DAY = np.timedelta64(1, "D")
MOST_COUNTS = 3_000_000
"""Areas x periods: more would be days of work, and come of one mistyped year."""


@dataclass(frozen=True)
class Found:
    """What a method found: a sentence, all of it as plain values, and a table."""

    sentence: str  # template, English
    values: dict[str, object]  # of the sentence
    plain: dict[str, Any]  # JSON-able
    rows: pd.DataFrame  # one row an area, cluster, day ...
    shapes: NDArray[np.object_] | None = None  # of the rows, degrees


@dataclass(frozen=True)
class Case:
    """Events of one kind and period, and the areas they lie in."""

    events: Incidents
    crs: str  # the metric plane
    x: Floats  # (n,) metres
    y: Floats
    areas: Areas | None
    shapes: NDArray[np.object_]  # (m,) metres
    centre: Floats  # (m, 2) metres
    area: NDArray[np.intp]  # (n,) of each event; -1 in none

    def require_areas(self) -> Areas:
        """Return the areas; InputError when none were given."""
        if self.areas is None:
            raise InputError("This method needs areas: give --regions.")
        return self.areas

    @property
    def people(self) -> Floats | None:
        """Return the residents of the areas, None in a file without; InputError when all are 0."""
        areas = self.require_areas()
        if areas.people is not None and not areas.people.sum():
            raise InputError(
                "{file}: nobody lives in any of the areas; give their residents, or leave the "
                "column out.", file=areas.file,
            )  # fmt: skip
        return areas.people

    def require_people(self) -> Floats:
        """Return the residents of the areas; InputError when the file has no such column."""
        people = self.people
        if people is None:
            raise InputError(
                "{file}: no column of residents (people, population, 人口), which this method "
                "needs.", file=self.require_areas().file,
            )  # fmt: skip
        return people

    def counts(self) -> NDArray[np.int64]:
        """Return the events of each area."""
        return np.bincount(self.area[self.area >= 0], minlength=len(self.shapes))

    def counts_by(self, periods: Periods) -> NDArray[np.int64]:
        """Return the events of each area and period, shape ``(m, n_periods)``."""
        if len(self.shapes) * len(periods.starts) > MOST_COUNTS:
            raise InputError(
                "{areas} areas x {periods} periods ({first} to {last}) are more than {most} "
                "counts. Choose less time with --from and --to, a longer --period where the "
                "method has one, or larger areas.",
                areas=len(self.shapes), periods=len(periods.starts), first=periods.name(0),
                last=str(self.events.time.max().astype("datetime64[D]")), most=f"{MOST_COUNTS:,}",
            )  # fmt: skip
        at = periods.of(self.events.time)
        use = (self.area >= 0) & (at >= 0)
        found = np.zeros((len(self.shapes), len(periods.starts)), dtype=np.int64)
        np.add.at(found, (self.area[use], at[use]), 1)
        return found

    @property
    def days(self) -> Floats:
        """Return the time of each event in days since the first event's day."""
        start = self.events.time.min().astype("datetime64[D]")
        return np.asarray((self.events.time - start) / _DAY, dtype=np.float64)


@dataclass(frozen=True)
class Periods:
    """Whole periods between the first and the last event."""

    starts: NDArray[np.datetime64]  # days
    end: np.datetime64  # after the last period

    def of(self, time: NDArray[np.datetime64]) -> NDArray[np.intp]:
        """Return the period of each time; -1 outside all."""
        day = time.astype("datetime64[D]")
        at = np.searchsorted(self.starts, day, side="right") - 1
        return np.where((at >= 0) & (day < self.end), at, -1)

    def name(self, period: int) -> str:
        """Return a period's first day."""
        return str(self.starts[period])


def periods_of(events: Incidents, unit: str) -> Periods:
    """
    Return days, weeks or months that cover all events.

    Weeks end with the last event's day, so that the newest is whole; the oldest may be cut.
    """
    first, last = (
        events.time.min().astype("datetime64[D]"),
        events.time.max().astype("datetime64[D]"),
    )
    if unit == "month":
        months = np.arange(first.astype("datetime64[M]"), last.astype("datetime64[M]") + 1)
        end = (months[-1] + 1).astype("datetime64[D]")
        return Periods(months.astype("datetime64[D]"), end)
    step = {"day": 1, "week": 7}[unit]
    n = int((last - first) / _DAY) // step + 1
    end = last + _DAY
    return Periods(end - step * np.arange(n, 0, -1) * _DAY, end)


def case_of(given: argparse.Namespace, *, timed: bool) -> Case:
    """Read the files of a question and put everything on one metric plane."""
    tomorrow = np.datetime64(today(), "D") + _DAY
    read = read_incidents(given.file, crs=given.crs, timed=timed, before=tomorrow)
    events = _chosen(read, given)
    areas = read_areas(given.regions) if given.regions else None
    lonlat = events.lonlat if areas is None else shapely.get_coordinates(areas.shapes)
    plane = metric_plane(float(np.median(lonlat[:, 0])), float(np.median(lonlat[:, 1])))
    x, y = systems.from_lon_lat(events.lonlat[:, 0], events.lonlat[:, 1], plane)
    shapes = np.zeros(0, dtype=object) if areas is None else _on_plane(areas.shapes, plane)
    centre = shapely.get_coordinates(shapely.centroid(shapes))
    area = _area_of(x, y, shapes)
    if areas is not None and (area < 0).all():
        raise _none_inside(events, areas, given.crs)
    return Case(events, plane, x, y, areas, shapes, centre, area)


def today() -> dt.date:
    """Return the day by the machine's clock: events after it have not happened."""
    return dt.datetime.now().astimezone().date()


def _none_inside(events: Incidents, areas: Areas, crs: str) -> InputError:
    return InputError(
        "{file}: none of the {n} events lies in an area of {areas}. The events lie at {at} degrees "
        "(lowest and highest lon, lat), the areas at {there}. Coordinates of a table are taken as "
        "{crs}; --crs gives another system.",
        file=events.file, n=len(events.rows), areas=areas.file, at=_box(events.lonlat),
        there=_box(shapely.get_coordinates(areas.shapes)), crs=crs,
    )  # fmt: skip


def _box(lonlat: Floats) -> str:
    low, high = lonlat.min(axis=0), lonlat.max(axis=0)
    return f"{low[0]:.3f}, {low[1]:.3f} - {high[0]:.3f}, {high[1]:.3f}"


def metric_plane(lon: float, lat: float) -> str:
    """Return the UTM zone around a place as EPSG code: distances are true to 0.1 % there."""
    zone = int((lon + 180) // 6) % 60 + 1
    return f"EPSG:{(32600 if lat >= 0 else 32700) + zone}"


def _on_plane(shapes: NDArray[np.object_], plane: str) -> NDArray[np.object_]:
    def moved(lonlat: Floats) -> Floats:
        return np.column_stack(systems.from_lon_lat(lonlat[:, 0], lonlat[:, 1], plane))

    made: NDArray[np.object_] = shapely.transform(shapes, moved)
    return made


def _area_of(x: Floats, y: Floats, shapes: NDArray[np.object_]) -> NDArray[np.intp]:
    """Return the area that each event lies in; on a border the first of the file."""
    found = np.full(len(x), -1, dtype=np.intp)
    if len(shapes):
        tree = shapely.STRtree(shapes)
        event, area = tree.query(shapely.points(x, y), predicate="intersects")
        order = np.lexsort((-area, event))
        found[event[order]] = area[order]
    return found


def _chosen(events: Incidents, given: argparse.Namespace) -> Incidents:
    """Keep the events of the category and period that were asked for."""
    use = np.ones(len(events.rows), dtype=bool)
    if given.category:
        use &= np.isin(events.category, given.category)
        if not use.any():
            known = sorted(set(events.category.tolist()) - {""})
            raise InputError(
                "{file}: no event of the category {category}. Found: {known}.", file=events.file,
                category=", ".join(given.category), known=", ".join(known[:12]) or "-",
            )  # fmt: skip
    if given.start:
        use &= events.time >= day_of(given.start)
    if given.end:
        use &= events.time < day_of(given.end) + _DAY
    if not use.any():
        raise InputError("{file}: no event lies in the period.", file=events.file)
    return Incidents(
        events.file, events.rows[use], events.lonlat[use], events.time[use], events.category[use],
        events.left_out,
    )  # fmt: skip


def day_of(text: str) -> np.datetime64:
    """Return a day that was typed; InputError when it is none."""
    day: dt.date | None = parse_date(text)[0]
    if day is None:
        raise InputError("{text} is no day; write it as 2025-06-30.", text=text)
    return np.datetime64(day, "D")


def outside_of(case: Case) -> tuple[int, tuple[LeftOut, ...]]:
    """Return how many events lie in no area, and the first of them by their rows."""
    if case.areas is None:
        return 0, ()
    rows = case.events.rows[case.area < 0]
    places = case.events.lonlat[case.area < 0]
    listed = tuple(
        LeftOut(int(row), "lon, lat", f"{lon:.6f}, {lat:.6f}", "a place in one of the areas")
        for row, (lon, lat) in zip(rows.tolist()[:20], places.tolist()[:20], strict=True)
    )
    return len(rows), listed
