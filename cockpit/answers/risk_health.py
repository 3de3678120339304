"""Which sensors can be believed: a stuck, silent or impossible reading is a fault, not safety."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from cockpit.answers.readings import Device, latest, series
from cockpit.risk.sensor_health import KINDS, Health, Usual, health

LOOK_BACK = np.timedelta64(180, "D")
"""How much of a sensor's past tells its habits."""


def sensors_health(visitor: str, watched: Iterable[Device]) -> dict[str, Health]:
    """
    Judge each sensor by its readings, as of the newest reading of all sensors.

    A sensor that has never sent anything is silent. Data may be a year old, so a sensor is late
    beside the others, not beside the clock.
    """
    newest = latest(visitor)
    if not newest:
        never = np.zeros(0, dtype="datetime64[s]"), np.zeros(0)
        now = np.datetime64("1970-01-01", "s")
        return {one.id: health(*never, now=now) for one in watched}
    now = np.max(np.array([time for time, _ in newest.values()], dtype="datetime64[s]"))
    found = {}
    for one in watched:
        times, values = series(visitor, one.id, now - LOOK_BACK)
        if not len(times) and one.id in newest:  # silent for longer than that
            times, values = np.array([newest[one.id][0]]), np.array([newest[one.id][1]])
        found[one.id] = health(times, values, now=now, usual=KINDS.get(one.kind, Usual()))
    return found
