"""Sensors that cannot be believed: a fault is an alert of its own, and never safety."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.orm import Session

from cockpit.answers.alert_record import AFTERWARDS, IN_TIME, Change, Recorder
from cockpit.answers.alert_rules import StandingRule
from cockpit.answers.alert_series import Floats, Times, watched_sensors
from cockpit.risk.sensor_health import (
    GOOD,
    KINDS,
    SILENT,
    STATES,
    Usual,
    health,
    health_over,
)
from cockpit.risk.why import Why
from cockpit.store.models import Reading, Sensor
from cockpit.store.models_live import AlertState

MOST_READINGS = 1_000
"""Of a sensor's past that each look goes back to, after the first: enough to know its habits."""

_HOUR = dt.timedelta(hours=1)
_NEVER = Why("It has never sent a reading.")
_WELL = Why("It sends plausible readings again.")


@dataclass(frozen=True)
class Found:
    """What is to be said of one sensor: a fault, another fault, or that it is well again."""

    sensor: str
    read: dt.datetime  # local time of the data: judged up to here
    turns: tuple[tuple[dt.datetime, str, Why], ...]  # when, state, why; oldest first


def look(
    db: Session, rule: StandingRule, begin: dt.datetime, now: dt.datetime
) -> tuple[Found, ...]:
    """
    Judge each sensor of a rule at every whole hour since it was last judged, up to ``now``.

    Whole hours make it the same whether somebody looks once a year or every second.
    """
    until = now.replace(minute=0, second=0, microsecond=0)
    query = select(AlertState.subject, AlertState.at, AlertState.state).where(
        AlertState.rule_id == rule.id
    )
    before = {subject: (at, kept["fault"]) for subject, at, kept in db.execute(query)}
    sensors = db.execute(
        select(Sensor.id, Sensor.kind).where(watched_sensors(rule)).order_by(Sensor.id)
    )
    found = []
    for sensor, kind in sensors.all():
        at, fault = before.get(sensor, (None, ""))
        if at is None or at < until:
            start = begin.replace(minute=0, second=0, microsecond=0) if at is None else at
            times, values = _past(db, sensor, None if at is None else MOST_READINGS, until)
            turns = _turns(times, values, KINDS.get(kind, Usual()), start, until, fault)
            found.append(Found(sensor, until, turns))
    return tuple(found)


def _past(db: Session, sensor: str, most: int | None, until: dt.datetime) -> tuple[Times, Floats]:
    query = (
        select(Reading.time, Reading.value)
        .where(Reading.sensor_id == sensor, Reading.time <= until)
        .order_by(Reading.time.desc())
        .limit(most)
    )
    rows = db.execute(query).all()[::-1]
    times = np.array([row[0] for row in rows], dtype="datetime64[s]")
    return times, np.array([row[1] for row in rows], dtype=np.float64)


def _turns(
    times: Times,
    values: Floats,
    usual: Usual,
    start: dt.datetime,
    until: dt.datetime,
    fault: str,
) -> tuple[tuple[dt.datetime, str, Why], ...]:
    """Return each change of state after ``start``, given the state there ("": good)."""
    hours = np.arange(
        np.datetime64(start + _HOUR, "s"), np.datetime64(until + _HOUR, "s"), np.timedelta64(1, "h")
    )
    if not len(hours):
        return ()
    states = health_over(times, values, at=hours, usual=usual)
    if not len(times):
        states[-1] = SILENT
    before = STATES.index(fault) if fault else GOOD
    turned = np.flatnonzero(states != np.concatenate([[before], states[:-1]]))
    return tuple(
        (hours[k].item(), STATES[states[k]], _why(times, values, usual, hours[k], int(states[k])))
        for k in turned
    )


def _why(times: Times, values: Floats, usual: Usual, moment: np.datetime64, state: int) -> Why:
    """Return the sentence to a state at a moment."""
    if state == GOOD:
        return _WELL
    known: NDArray[np.bool_] = times <= moment
    every = float(np.median(np.diff(times)) / np.timedelta64(1, "h")) if len(times) > 1 else None
    told = health(times[known], values[known], now=moment, usual=usual, every=every)
    return told.why or _NEVER


def write(recorder: Recorder, found: tuple[Found, ...], *, live: bool) -> None:
    """Turn what was found into alerts of faults, and their ends."""
    for one in found:
        standing = recorder.standing(one.sensor)
        if standing.at is not None and standing.at >= one.read:
            continue  # another process was there meanwhile
        told = IN_TIME if live and standing.known else AFTERWARDS
        changes = []
        for moment, state, why in one.turns:
            if standing.fault:
                changes.append(Change(moment, 0, math.nan, _WELL if state == STATES[GOOD] else why,
                                      told, ends=True))  # fmt: skip
            if state != STATES[GOOD]:
                changes.append(Change(moment, 0, math.nan, why, told))
            standing.fault = "" if state == STATES[GOOD] else state
        recorder.write(one.sensor, standing, changes)
        standing.at = one.read
        recorder.keep(one.sensor, standing)
