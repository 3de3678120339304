"""Thresholds from each sensor's own past, where no norm knows this river's numbers."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import replace

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from cockpit.answers.alert_rules import Own, StandingRule
from cockpit.answers.alert_series import Floats, Times, readings_of, watched_sensors
from cockpit.risk.sensor_health import GOOD, KINDS, health_over
from cockpit.risk.trial import Outcome
from cockpit.risk.usual_rules import UsualRule, from_own_past
from cockpit.risk.windows import over_window
from cockpit.risk.windows import readings_of as sorted_readings
from cockpit.store.models import Reading, Sensor
from geodata.errors import InputError

_DAYS = 366
_RECENT = 500  # readings that tell how often a sensor speaks
_LEAST_GAPS = 3
_SAME = 0.02  # hours; clocks of sensors are not exact


def with_own_limits(
    db: Session, rule: StandingRule, now: dt.datetime, *, only: str = ""
) -> StandingRule:
    """
    Return a rule of shares with what they come to for each sensor, and how often each one speaks.

    Sensors with too short a past have no thresholds yet and are not judged by the rule. ``only``
    names the one sensor that is asked about; "": all. A rule that is neither of shares nor meant
    for hourly readings is returned as it is.
    """
    if rule.hourly:
        rule = replace(rule, every=_intervals(db, rule, now, only))
    if not rule.own:
        return rule
    query = select(Sensor.id, Sensor.kind).where(watched_sensors(rule)).order_by(Sensor.id)
    each = {}
    for sensor, kind in db.execute(query).all():
        if only in ("", sensor):
            past = readings_of(db, sensor, now - dt.timedelta(days=_DAYS), now)
            own = _own(rule, kind, *past)
            if own is not None:
                each[sensor] = own
    return replace(rule, each=each)


def _intervals(db: Session, rule: StandingRule, now: dt.datetime, only: str) -> dict[str, float]:
    """Return the usual hours between two readings of sensors that do not send one an hour."""
    found = {}
    for sensor in db.execute(select(Sensor.id).where(watched_sensors(rule))).scalars():
        if only not in ("", sensor):
            continue
        times = (
            select(Reading.time)
            .where(Reading.sensor_id == sensor, Reading.time <= now)
            .order_by(Reading.time.desc())
            .limit(_RECENT)
        )
        newest = np.array(db.execute(times).scalars().all(), dtype="datetime64[s]")
        if len(newest) > _LEAST_GAPS:
            hours = float(np.median(-np.diff(newest).astype(np.int64))) / 3600
            if hours > 0 and abs(hours - 1) > _SAME:
                found[sensor] = round(hours, 4)
    return dict(sorted(found.items()))


def _own(rule: StandingRule, kind: str, times: Times, values: Floats) -> Own | None:
    usual = UsualRule(rule.id, kind, rule.unit, rule.title, rule.rule, "", confirm=True, own=True)
    try:
        found = from_own_past(usual, times, values)
    except InputError:  # too short a past: nothing can be said of this sensor
        return None
    harm = None if rule.outcome is None else _share_of(rule.outcome, kind, times, values)
    return Own(_legible(found.thresholds), float(f"{found.clear_margin:.3g}"), harm)


def _legible(thresholds: tuple[float | None, ...]) -> tuple[float | None, ...]:
    """Return thresholds with four digits that count, unless two would become one."""
    told = tuple(None if t is None else float(f"{t:.4g}") for t in thresholds)
    used = [t for t in told if t is not None]
    return told if used == sorted(set(used)) else thresholds


def _share_of(outcome: Outcome, kind: str, times: Times, values: Floats) -> float | None:
    """Return what a share of the sound past lies below, by the outcome's own window."""
    seconds, found = sorted_readings(times, values)
    when = seconds.astype("datetime64[s]")
    sound = health_over(when, found, at=when, usual=KINDS.get(kind)) == GOOD
    rule = outcome.as_rule()
    come_to, _ = over_window(seconds[sound], found[sound], rule.aggregate, rule.span_s)
    known = come_to[np.isfinite(come_to)]
    share = float(np.quantile(known, outcome.threshold)) if len(known) else math.nan
    return None if math.isnan(share) else float(f"{share:.4g}")
