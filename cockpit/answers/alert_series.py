"""What rules of warning read: readings of sensors, counts of events, indicators of regions."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, and_, func, select, true
from sqlalchemy.orm import Session, aliased

from cockpit.answers.alert_rules import EVERY, StandingRule
from cockpit.answers.happenings import Happenings
from cockpit.answers.twin import Twin
from cockpit.indicators import INDICATORS
from cockpit.risk.aberration import cusum, ears, seasonal
from cockpit.store.models import Reading, Sensor
from cockpit.store.models_live import AlertState, FeedSource

Times = NDArray[np.datetime64]
Days = NDArray[np.datetime64]
Floats = NDArray[np.float64]

DAY = np.timedelta64(1, "D")
LEAST_REPORTS = 3
"""A day with fewer is never unusual: EARS would call any first report of a quiet week so."""


@dataclass(frozen=True)
class Place:
    """A sensor or region that a rule warns about."""

    subject: str  # id of a sensor or code of a region
    region_code: str | None
    lon: float | None
    lat: float | None


@dataclass(frozen=True)
class Fresh:
    """Values of one subject that its rule has not read yet, oldest first."""

    subject: str
    times: Times  # (n,) datetime64[s], local time of the data
    values: Floats  # (n,)
    live: Times  # those of them that a feed brought


# ---------------------------------------------------------------- sensors


def watched_sensors(rule: StandingRule) -> ColumnElement[bool]:
    """Return what picks the sensors of a rule."""
    if rule.about == EVERY:
        return true()
    return (Sensor.kind == rule.about) | (Sensor.id == rule.about)


def sensor_places(db: Session, rule: StandingRule) -> dict[str, Place]:
    """Return the sensors of a rule by id."""
    columns = (Sensor.id, Sensor.region_code, Sensor.lon, Sensor.lat)
    rows = db.execute(select(*columns).where(watched_sensors(rule)).order_by(Sensor.id))
    return {row[0]: Place(*row) for row in rows}


def new_readings(db: Session, rule: StandingRule, begin: dt.datetime) -> Iterator[Fresh]:
    """
    Yield what each sensor of a rule measured since the rule last read it.

    ``begin`` is from when on a sensor is read that the rule has never read.
    """
    feeds = set(db.execute(select(FeedSource.batch_id)).scalars())
    read = aliased(AlertState)
    query = (
        select(Sensor.id, Reading.time, Reading.value, Reading.batch_id)
        .select_from(Sensor)
        .outerjoin(read, and_(read.rule_id == rule.id, read.subject == Sensor.id))
        .join(
            Reading,
            and_(Reading.sensor_id == Sensor.id, Reading.time > func.coalesce(read.at, begin)),
        )
        .where(watched_sensors(rule))
        .order_by(Sensor.id, Reading.time)
    )
    for subject, group in groupby(db.execute(query), key=lambda row: str(row[0])):
        rows = list(group)
        times = np.array([row[1] for row in rows], dtype="datetime64[s]")
        values = np.array([row[2] for row in rows], dtype=np.float64)
        live = np.array([row[3] in feeds for row in rows], dtype=np.bool_)
        yield Fresh(subject, times, values, times[live])


def readings_of(
    db: Session, sensor: str, start: dt.datetime, end: dt.datetime
) -> tuple[Times, Floats]:
    """Return what one sensor measured from ``start`` to ``end``, both counted."""
    query = (
        select(Reading.time, Reading.value)
        .where(Reading.sensor_id == sensor, Reading.time >= start, Reading.time <= end)
        .order_by(Reading.time)
    )
    rows = db.execute(query).all()
    times = np.array([row[0] for row in rows], dtype="datetime64[s]")
    return times, np.array([row[1] for row in rows], dtype=np.float64)


def newest_reading(db: Session) -> dt.datetime | None:
    """Return the time of the newest reading of any sensor."""
    newest = (  # a look into the index for each sensor, not a walk through all readings
        select(func.max(Reading.time))
        .where(Reading.sensor_id == Sensor.id)
        .correlate(Sensor)
        .scalar_subquery()
    )
    found = [t for t in db.execute(select(newest)).scalars() if t is not None]
    return max(found, default=None)


# ---------------------------------------------------------------- regions


def region_places(county: Twin, level: str) -> dict[str, Place]:
    """Return the regions of a level by code."""
    rows = county.below(0, level)
    part = county.regions.iloc[rows]
    return {
        str(code): Place(str(code), str(code), _known(lon), _known(lat))
        for code, lon, lat in zip(part["code"], part["lon"], part["lat"], strict=True)
    }


def _known(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def indicator_values(county: Twin, rule: StandingRule) -> dict[str, float]:
    """Return an indicator by region of the rule's level, where it is known."""
    rows = county.below(0, rule.level)
    values = county.values(INDICATORS[rule.about], rows)
    codes = county.regions["code"].to_numpy()[rows]
    return {
        str(code): float(value)
        for code, value in zip(codes, values, strict=True)
        if np.isfinite(value)
    }


# ---------------------------------------------------------------- events


class EventCounts:
    """Events of a theme or category, counted by region of a level."""

    def __init__(self, happenings: Happenings, rule: StandingRule) -> None:
        mask = happenings.of(rule.about)
        at = happenings.at(rule.level)[mask]
        times = happenings.time[mask]
        known = at >= 0
        codes = happenings.twin.regions["code"].to_numpy()
        self._times: dict[str, Times] = {
            str(codes[row]): times[known & (at == row)] for row in np.unique(at[known])
        }
        self.first = happenings.first
        self.last = happenings.last

    def subjects(self) -> list[str]:
        """Return the codes of the regions in which any of them happened."""
        return list(self._times)

    def readings(
        self, subject: str, after: np.datetime64, until: np.datetime64
    ) -> tuple[Times, Floats]:
        """
        Return the events in (after, until] as readings: how many each second, and 0 at midnights.

        A sum over a window of hours is then how many happened in it. The midnights let it fall
        where nothing happens any more.
        """
        times = self._times.get(subject, np.empty(0, "datetime64[s]"))
        times, counts = np.unique(times[(times > after) & (times <= until)], return_counts=True)
        midnights = np.arange(
            after.astype("datetime64[D]") + 1, until.astype("datetime64[D]") + 1
        ).astype("datetime64[s]")
        midnights = np.setdiff1d(midnights, times)
        every = np.concatenate([times, midnights])
        order = np.argsort(every, kind="stable")
        values = np.concatenate([counts.astype(np.float64), np.zeros(len(midnights))])
        return every[order], values[order]

    def days(self, codes: Sequence[str], until: np.datetime64) -> tuple[Days, Floats]:
        """Return the whole days before ``until`` and the counts, shape ``(days, regions)``."""
        if np.isnat(self.first):
            return np.empty(0, "datetime64[D]"), np.empty((0, len(codes)))
        first = self.first.astype("datetime64[D]")
        days: Days = np.arange(first, until, dtype="datetime64[D]")
        counts = np.zeros((len(days), len(codes)))
        for k, code in enumerate(codes):
            times = self._times.get(code, np.empty(0, "datetime64[s]"))
            place = (times.astype("datetime64[D]") - first).astype(int)
            counts[:, k] = np.bincount(place[place < len(days)], minlength=len(days))
        return days, counts


@dataclass(frozen=True)
class Unusual:
    """Whole days of several regions beside what was to be expected; arrays ``(days, regions)``."""

    codes: tuple[str, ...]
    days: Days  # (days,) datetime64[D]
    counts: Floats
    expected: Floats  # NaN: too little before to expect anything
    sd: Floats
    value: Floats  # what the rule's thresholds are compared with; NaN: not judged
    alarm: NDArray[np.bool_]  # as the method itself says

    @property
    def times(self) -> Times:
        """When each day is known: at its end."""
        return (self.days + DAY).astype("datetime64[s]")


def unusual_days(
    counts: EventCounts, codes: Sequence[str], baseline: str, until: np.datetime64
) -> Unusual:
    """
    Compare the days of regions with what was usual before them.

    A rule's thresholds are for the q-value with the seasonal baseline (low ones are unusual), and
    for the method's statistic with all others; there, days of fewer than three reports count as not
    above the usual.
    """
    days, daily = counts.days(codes, until)
    if not len(days):
        none = np.empty(daily.shape)
        return Unusual(tuple(codes), days, daily, none, none, none, none.astype(bool))
    if baseline == "seasonal":
        found = seasonal(days, daily)
        value = daily if found.q is None else found.q
    else:
        found = cusum(daily) if baseline == "cusum" else ears(daily, baseline)
        value = np.where(daily < LEAST_REPORTS, np.minimum(found.statistic, 0.0), found.statistic)
    return Unusual(tuple(codes), days, daily, found.expected, found.sd, value, found.alarm)
