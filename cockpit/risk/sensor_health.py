"""Is a sensor to be believed: silent, stuck, jumping, out of range, with a wrong clock."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cockpit.risk.sensor_runs import jumping_at, stuck_at
from cockpit.risk.why import Why
from cockpit.risk.windows import Floats, Seconds, readings_of
from geodata.errors import InputError

Times = NDArray[np.datetime64]

# In the order in which they are told when several hold.
STATES = ("good", "wrong clock", "silent", "out of range", "stuck", "jumping")
GOOD, CLOCK, SILENT, RANGE, STUCK, JUMPING = range(6)

_EVERY_UNKNOWN_H = 24.0  # of a sensor that has sent one reading only
_CLOCK_SLACK_S = 600
_CLOCK_READINGS = 8


@dataclass(frozen=True)
class Usual:
    """What is usual for a kind of sensor; what is not known is learnt from its own past."""

    lowest: float | None = None  # what it can measure
    highest: float | None = None
    resting: float | None = None  # a value at which it may stay for weeks: no rain
    silent_after: float = 4.0  # intervals without a reading
    stuck_hours: float = 72.0  # the same value for so long, while its past is too short to tell
    chance: float = 1e-7  # of a row of equal values, by its own past, at which it counts as stuck
    jumps: str = "plain"  # "plain", "ratio" (changes grow with the value) or "none"

    def __post_init__(self) -> None:
        if self.jumps not in {"plain", "ratio", "none"}:
            raise InputError(
                "There is no way {jumps} to look for jumps; expected plain, ratio or none.",
                jumps=self.jumps,
            )
        if not (self.silent_after >= 1 and self.stuck_hours > 0 and 0 < self.chance < 1):
            raise InputError(
                "A sensor is silent after {silent} intervals, stuck after {stuck} h or by a chance "
                "of {chance}; expected 1 or more, above 0, and between 0 and 1.",
                silent=self.silent_after, stuck=self.stuck_hours, chance=self.chance,
            )  # fmt: skip


# Ranges are what instruments of the kind can show at all, wide on purpose; a county's own data
# sheet comes first. Smoke and gas detectors are not judged by jumps: one that reacts must never be
# called faulty for it.
KINDS: dict[str, Usual] = {
    "水位": Usual(lowest=-20.0, highest=9000.0),
    "雨量": Usual(lowest=0.0, highest=400.0, resting=0.0, jumps="none"),
    "空气质量": Usual(lowest=0.0, highest=2000.0, jumps="ratio"),
    "烟感": Usual(lowest=0.0, highest=20.0, jumps="none"),
    "燃气": Usual(lowest=0.0, highest=100.0, resting=0.0, jumps="none"),
    "位移": Usual(lowest=-10_000.0, highest=10_000.0),
}


@dataclass(frozen=True)
class Health:
    """What to think of a sensor, and why; anything but "good" is a fault, never safety."""

    state: str  # one of STATES
    since: np.datetime64 | None  # [s]; None: good, or it never sent a reading
    why: Why | None  # None: good


def health(
    times: Times,
    values: NDArray[np.generic],
    *,
    now: np.datetime64,
    every: float | None = None,
    usual: Usual | None = None,
    received: Times | None = None,
) -> Health:
    """
    Judge a sensor by its readings up to now.

    Silent: no reading for ``silent_after`` times its interval. Stuck: a row of equal values that
    its own past makes rarer than ``chance`` (a gauge of ever changing values is caught after a few
    readings, one that often repeats itself later); a resting value never counts. Jumping: three of
    the last twelve readings go there and back by ten times the usual change. Out of range: the last
    reading is none that the instrument can make. Wrong clock: readings from the future, or the time
    from measuring to arrival has moved.

    Parameters
    ----------
    times, values
        Readings, shape ``(n,)``, datetime64, any order; NaN: no reading.
    now
        Local time of the judgement.
    every
        Usual hours from reading to reading; None: the median of its own.
    usual
        What is usual for its kind (see :data:`KINDS`); None: nothing is known.
    received
        When each reading arrived, shape ``(n,)``; None: not known, then only readings from the
        future betray a clock.

    Returns
    -------
    Health
        The first of :data:`STATES` that holds, in their order.

    Raises
    ------
    InputError
        If shapes disagree, a time is missing or ``every`` is not above 0.

    Notes
    -----
    A rain gauge that is blocked at 0 looks like dry weather: it cannot be told from its own
    readings.
    """
    usual = usual or Usual()
    limit = int(np.asarray(now).astype("datetime64[s]").astype(np.int64))
    seconds, found = readings_of(times, values)
    clock = _clock(seconds, limit) or _drift(times, values, received)
    if clock is not None:
        return clock
    if not len(seconds):
        return Health(STATES[SILENT], None, Why("It has never sent a reading."))
    series = _Series(seconds, found, usual, every)
    limit = max(limit, int(seconds[-1]))  # within the slack of a clock
    return series.told(int(series.states(np.array([limit]))[0]), limit)


def health_over(
    times: Times,
    values: NDArray[np.generic],
    *,
    at: Times,
    every: float | None = None,
    usual: Usual | None = None,
) -> NDArray[np.int8]:
    """
    Judge a sensor at many moments, each by the readings up to then.

    Parameters
    ----------
    times, values, every, usual
        As of :func:`health`; an interval that is not given is the median of the whole series.
    at
        Moments, datetime64, shape ``(m,)``.

    Returns
    -------
    NDArray
        Rows of :data:`STATES`, shape ``(m,)``; clocks are not judged. Before the first reading a
        sensor is good: it may not stand yet.
    """
    seconds, found = readings_of(times, values)
    moments = np.asarray(at).astype("datetime64[s]").astype(np.int64)
    if not len(seconds):
        return np.zeros(len(moments), np.int8)
    return _Series(seconds, found, usual or Usual(), every).states(moments)


def plausible(values: NDArray[np.generic], usual: Usual) -> NDArray[np.bool_]:
    """Tell which values the instrument can make; NaN is none."""
    found = np.asarray(values, np.float64)
    low = -math.inf if usual.lowest is None else usual.lowest
    high = math.inf if usual.highest is None else usual.highest
    inside: NDArray[np.bool_] = (found >= low) & (found <= high)
    return inside


class _Series:
    """The readings of one sensor and what is wrong with each, by those before it."""

    def __init__(self, seconds: Seconds, values: Floats, usual: Usual, every: float | None) -> None:
        if every is not None and not (math.isfinite(every) and every > 0):
            raise InputError("The usual interval is {every} h; expected above 0.", every=every)
        steps = np.diff(seconds)
        own = float(np.median(steps)) / 3600 if len(steps) else _EVERY_UNKNOWN_H
        self.every_h = own if every is None else every
        self.seconds, self.values, self.usual = seconds, values, usual
        self.stuck = stuck_at(
            seconds, values, resting=usual.resting, chance=usual.chance, hours=usual.stuck_hours
        )
        self.jumping = (
            np.zeros(len(values), bool)
            if usual.jumps == "none"
            else jumping_at(values, ratio=usual.jumps == "ratio")
        )
        self.outside = ~plausible(values, usual)

    def states(self, moments: Seconds) -> NDArray[np.int8]:
        """Return the state at each moment."""
        last = np.searchsorted(self.seconds, moments, side="right") - 1
        before = last < 0
        silence = moments - self.seconds[np.maximum(last, 0)]
        found = np.select(
            [
                before,
                silence > self.usual.silent_after * self.every_h * 3600,
                self.outside[last],
                self.stuck[last],
                self.jumping[last],
            ],
            [GOOD, SILENT, RANGE, STUCK, JUMPING],
            default=GOOD,
        )
        return found.astype(np.int8)

    def told(self, state: int, now: int) -> Health:
        """Put the state of the last reading into words."""
        if state == GOOD:
            return Health(STATES[GOOD], None, None)
        last = len(self.seconds) - 1
        tell = {
            SILENT: self._silent,
            RANGE: self._outside,
            STUCK: self._stuck,
            JUMPING: self._jumping,
        }[state]
        since, why = tell(last, now)
        return Health(STATES[state], _time(since), why)

    def _silent(self, last: int, now: int) -> tuple[int, Why]:
        since = int(self.seconds[last])
        told = {"hours": _hours(now - since), "every": f"{self.every_h:.3g}"}
        return since, Why("No reading for {hours} h; usually there is one every {every} h.", told)

    def _outside(self, last: int, _now: int) -> tuple[int, Why]:
        low, high = self.usual.lowest, self.usual.highest
        told = {
            "value": f"{self.values[last]:.6g}",
            "lowest": "-" if low is None else f"{low:g}",
            "highest": "-" if high is None else f"{high:g}",
        }
        why = Why("The value {value} is none it can measure ({lowest} to {highest}).", told)
        return self._began(self.outside, last), why

    def _stuck(self, last: int, _now: int) -> tuple[int, Why]:
        other = np.flatnonzero(self.values != self.values[last])
        first = int(other[-1]) + 1 if len(other) else 0
        told = {
            "value": f"{self.values[last]:.6g}",
            "n": f"{last - first + 1}",
            "hours": _hours(int(self.seconds[last] - self.seconds[first])),
        }
        why = Why("The same value {value} in {n} readings over {hours} h, unlike its past.", told)
        return int(self.seconds[first]), why

    def _jumping(self, last: int, _now: int) -> tuple[int, Why]:
        why = Why("Several of the last readings jump there and back, far beyond its usual changes.")
        return self._began(self.jumping, last), why

    def _began(self, wrong: NDArray[np.bool_], last: int) -> int:
        fine = np.flatnonzero(~wrong[: last + 1])
        return int(self.seconds[int(fine[-1]) + 1 if len(fine) else 0])


def _time(second: int) -> np.datetime64:
    return np.datetime64(second, "s")


def _hours(seconds: int) -> str:
    return f"{round(seconds / 3600, 1):g}"


def _clock(seconds: Seconds, now: int) -> Health | None:
    """Tell of readings from the future."""
    ahead = seconds[seconds > now + _CLOCK_SLACK_S]
    if not len(ahead):
        return None
    why = Why(
        "{n} readings come from the future, the last of {time}.",
        {"n": f"{len(ahead)}", "time": str(_time(int(ahead[-1]))).replace("T", " ")[:16]},
    )
    return Health(STATES[CLOCK], _time(int(ahead[0])), why)


def _drift(times: Times, values: NDArray[np.generic], received: Times | None) -> Health | None:
    """Tell of a clock whose readings arrive much sooner or later than they used to."""
    if received is None:
        return None
    if np.asarray(received).shape != np.asarray(times).shape:
        raise InputError("Every reading needs the time it was received.")
    told = np.isfinite(np.asarray(values, np.float64))
    came = np.asarray(received)[told].astype("datetime64[s]").astype(np.int64)
    order = np.argsort(came, kind="stable")
    measured = np.asarray(times)[told].astype("datetime64[s]").astype(np.int64)[order]
    lag = came[order] - measured
    if len(lag) < 2 * _CLOCK_READINGS:
        return None
    moved = float(np.median(lag[-_CLOCK_READINGS:]) - np.median(lag[:-_CLOCK_READINGS]))
    if abs(moved) <= max(_CLOCK_SLACK_S, float(np.median(np.abs(np.diff(measured)))) / 2):
        return None
    why = Why("Its clock is {minutes} min off where it was.", {"minutes": f"{abs(moved) / 60:.0f}"})
    return Health(STATES[CLOCK], _time(int(measured[-_CLOCK_READINGS])), why)
