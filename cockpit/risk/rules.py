"""Rules of warning in four colours: thresholds with hysteresis, held for some readings in a row."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from cockpit.risk.why import Why
from cockpit.risk.windows import AGGREGATES, Floats, Seconds, over_window, readings_of
from geodata.errors import InputError

LEVELS = ("none", "blue", "yellow", "orange", "red")
TOP = len(LEVELS) - 1

Levels = NDArray[np.int8]

_REACHED = {
    "last": "The value is {value}; the limit is {limit}.",
    "mean": "The mean of the last {hours} h is {value}; the limit is {limit}.",
    "max": "The extreme of the last {hours} h is {value}; the limit is {limit}.",
    "sum": "The sum of the last {hours} h is {value}; the limit is {limit}.",
    "rise": "The change over the last {hours} h is {value}; the limit is {limit}.",
}
_LEFT = {
    "last": "The value is back at {value}, past the limit {limit} and its margin {margin}.",
    "mean": "The mean of the last {hours} h is back at {value}, past the limit {limit} and its "
    "margin {margin}.",
    "max": "The extreme of the last {hours} h is back at {value}, past the limit {limit} and its "
    "margin {margin}.",
    "sum": "The sum of the last {hours} h is back at {value}, past the limit {limit} and its "
    "margin {margin}.",
    "rise": "The change over the last {hours} h is back at {value}, past the limit {limit} and its "
    "margin {margin}.",
}  # fmt: skip


@dataclass(frozen=True)
class Rule:
    """
    When a warning begins, climbs, falls and ends.

    A level begins when the window's value reaches its threshold (exactly at it counts) in ``hold``
    readings in a row, and ends when the value lies past the threshold by more than
    ``clear_margin`` in ``clear_hold`` readings in a row. So a value that flaps around a threshold
    raises one warning.

    Missing hours neither raise nor clear. A missing reading is no value at all; a window with fewer
    than ``least`` readings is not judged, and does not break a row - except that a sum or a highest
    value that is already too high may raise a warning (what is missing can only add to it), never
    end one. After a gap longer than ``gap_hours`` rows are counted anew. A warning whose sensor
    falls silent stays as it is: silence is a fault, which :mod:`cockpit.risk.sensor_health` tells.
    """

    thresholds: tuple[float | None, float | None, float | None, float | None]  # blue to red
    above: bool = True  # False: low values are the dangerous ones, thresholds fall from blue to red
    clear_margin: float = 0.0  # in the unit of the value, 0 or more
    hold: int = 1  # readings in a row that raise
    clear_hold: int | None = None  # readings in a row that clear; None: as many as raise
    window_hours: float = 0.0  # of every aggregate but "last"
    aggregate: str = "last"
    least: int = 1  # readings that a window needs to be judged
    gap_hours: float | None = None  # None: rows go on over any gap

    def __post_init__(self) -> None:
        _check_thresholds(self.thresholds, above=self.above)
        _check_numbers(self)
        if self.aggregate not in AGGREGATES:
            raise InputError(
                "There is no aggregate {aggregate}; expected one of {aggregates}.",
                aggregate=self.aggregate, aggregates=", ".join(AGGREGATES),
            )  # fmt: skip
        if self.aggregate != "last" and self.window_hours == 0:
            raise InputError(
                "The aggregate {aggregate} needs a window in hours above 0.",
                aggregate=self.aggregate,
            )

    @property
    def span_s(self) -> int:
        """Length of the window in seconds; 0 when only the last value counts."""
        return 0 if self.aggregate == "last" else max(1, round(self.window_hours * 3600))

    @property
    def rows(self) -> tuple[int, int]:
        """Readings in a row that raise, and that clear."""
        return self.hold, self.hold if self.clear_hold is None else self.clear_hold

    def to_plain(self) -> dict[str, Any]:
        """Return the rule as JSON knows it."""
        return {**asdict(self), "thresholds": list(self.thresholds)}

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> Self:
        """Return the rule of ``to_plain``; InputError for an unknown name or a wrong value."""
        known = [field.name for field in fields(cls)]
        for name in plain:
            if name not in known:
                raise InputError(
                    "A rule has no setting {name}; expected some of {known}.",
                    name=name, known=", ".join(known),
                )  # fmt: skip
        if not isinstance(plain.get("thresholds"), list | tuple):
            raise InputError(
                "A rule needs four thresholds, blue to red; null for a colour not used."
            )
        return cls(**{**plain, "thresholds": tuple(plain["thresholds"])})


def _number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _check_thresholds(thresholds: tuple[float | None, ...], *, above: bool) -> None:
    used = [value for value in thresholds if value is not None]
    if len(thresholds) != TOP or not used or not all(_number(value) for value in used):
        raise InputError("A rule needs four thresholds, blue to red; null for a colour not used.")
    steps = np.diff(used) * (1 if above else -1)
    if (steps <= 0).any():
        raise InputError(
            "The thresholds are {thresholds}; expected each colour stricter than the one before.",
            thresholds=", ".join(f"{value:g}" for value in used),
        )


def _check_numbers(rule: Rule) -> None:
    """Refuse a number that is none, out of its range or of another kind."""
    rows = {"hold": rule.hold, "clear_hold": rule.rows[1], "least": rule.least}
    for name, count in rows.items():
        if not isinstance(count, int) or isinstance(count, bool) or count < 1:
            raise InputError(
                "{name} of a rule is {value}; expected a whole number from 1.",
                name=name,
                value=count,
            )
    gap = 0.0 if rule.gap_hours is None else rule.gap_hours
    measures = {
        "clear_margin": rule.clear_margin, "window_hours": rule.window_hours, "gap_hours": gap
    }  # fmt: skip
    for name, value in measures.items():
        if not _number(value) or value < 0:
            raise InputError(
                "{name} of a rule is {value}; expected a number of 0 or more.",
                name=name,
                value=value,
            )
    if not isinstance(rule.above, bool):
        raise InputError("above of a rule is {value}; expected true or false.", value=rule.above)


@dataclass(frozen=True)
class State:
    """Where the machine of one rule and one sensor stands; a new one has read nothing."""

    level: int = 0
    since: int | None = None  # second of the last step
    latest: int | None = None  # second of the newest reading
    judged: int | None = None  # second of the newest reading whose window was judged
    late: int = 0  # readings that came after a newer one
    window: tuple[tuple[int, float], ...] = ()  # readings that later windows still need
    row: tuple[tuple[int, int], ...] = ()  # (reached, kept) levels of the last judged readings

    def to_plain(self) -> dict[str, Any]:
        """Return the state as JSON knows it."""
        return {
            **asdict(self), "window": [list(r) for r in self.window],
            "row": [list(r) for r in self.row],
        }  # fmt: skip

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> Self:
        """Return the state of ``to_plain``."""
        window = tuple((int(t), float(v)) for t, v in plain["window"])
        row = tuple((int(reached), int(kept)) for reached, kept in plain["row"])
        return cls(**{**plain, "window": window, "row": row})


@dataclass(frozen=True)
class Step:
    """A warning begins or changes its colour; level 0 ends it."""

    time: np.datetime64  # [s], of the reading that decided
    level: int  # 0 to 4, after the step
    value: float  # of the window
    why: Why


@dataclass(frozen=True)
class Track:
    """What a rule made of each new reading whose window could be judged."""

    seconds: Seconds  # (n,)
    value: Floats  # (n,) of the window
    level: Levels  # (n,) after the reading

    @property
    def times(self) -> NDArray[np.datetime64]:
        """When, datetime64[s]."""
        return self.seconds.astype("datetime64[s]")


def advance(
    rule: Rule, state: State, times: NDArray[np.generic], values: NDArray[np.generic]
) -> tuple[State, tuple[Step, ...]]:
    """
    Read what is new and tell each change of level.

    Reading a series piece by piece gives the same steps as reading it at once, as long as no piece
    holds a reading that is older than the piece before. A late reading (not newer than the newest
    one read) takes no part in the steps: what was warned stays warned. It is counted in
    ``state.late`` and, while its time still lies in the window, fills the windows that follow. A
    second reading of a time that is known is passed over. Within one call order does not matter.

    Parameters
    ----------
    rule, state
        The rule and where it stands (``State()`` at first).
    times, values
        Readings, shape ``(n,)``; times datetime64, local; NaN: no reading.

    Returns
    -------
    tuple
        The new state and the steps, oldest first.

    Raises
    ------
    InputError
        If the shapes disagree or a time is missing.
    """
    state, track, before = _walk(rule, state, *readings_of(times, values))
    previous = np.concatenate([[before], track.level[:-1]]) if len(track.level) else track.level
    steps = tuple(
        _step(rule, track, int(k), int(previous[k]))
        for k in np.flatnonzero(track.level != previous)
    )
    return state, steps


def follow(rule: Rule, times: NDArray[np.generic], values: NDArray[np.generic]) -> Track:
    """Return the window's value and the level after each reading of a whole series (for charts)."""
    return _walk(rule, State(), *readings_of(times, values))[1]


def _step(rule: Rule, track: Track, k: int, before: int) -> Step:
    level, value = int(track.level[k]), float(track.value[k])
    climbs = level > before
    passed = level if climbs else next(
        n for n in range(level + 1, TOP + 1) if rule.thresholds[n - 1] is not None
    )  # fmt: skip
    told: dict[str, object] = {
        "value": f"{value:.4g}",
        "limit": f"{rule.thresholds[passed - 1]:g}",
        "hours": f"{rule.window_hours:g}",
        "margin": f"{rule.clear_margin:g}",
    }
    template = (_REACHED if climbs else _LEFT)[rule.aggregate]
    told = {name: value for name, value in told.items() if f"{{{name}}}" in template}
    return Step(track.times[k], level, value, Why(template, told))


def _walk(rule: Rule, state: State, seconds: Seconds, values: Floats) -> tuple[State, Track, int]:
    """Return the state after the readings, their track, and the level before them."""
    held, held_values, late, seconds, values = _sorted_in(rule, state, seconds, values)
    seconds, values = np.concatenate([held, seconds]), np.concatenate([held_values, values])
    found, count = over_window(
        seconds, values, rule.aggregate, rule.span_s, above=rule.above, skip=len(held)
    )
    times = seconds[len(held) :]
    enough = count >= rule.least
    grows = rule.above and rule.aggregate in ("sum", "max")
    judged = np.isfinite(found) & (enough | grows)
    times, found, enough = times[judged], found[judged], enough[judged]
    reached, kept = _levels(rule, found)
    kept[~enough] = TOP
    level, row = _climb(rule, state, times, reached, kept)
    changed = np.flatnonzero(np.diff(level, prepend=np.int8(state.level)))
    latest = int(seconds[-1]) if len(seconds) else state.latest
    latest = latest if state.latest is None or latest is None else max(latest, state.latest)
    after = State(
        level=int(level[-1]) if len(level) else state.level,
        since=int(times[changed[-1]]) if len(changed) else state.since,
        latest=latest,
        judged=int(times[-1]) if len(times) else state.judged,
        late=state.late + late,
        window=_still_needed(rule, seconds, values, latest),
        row=row,
    )
    return after, Track(times, found, level), state.level


def _sorted_in(
    rule: Rule, state: State, seconds: Seconds, values: Floats
) -> tuple[Seconds, Floats, int, Seconds, Floats]:
    """Return what windows hold (late readings put in), how many came late, and what is new."""
    held = np.array([t for t, _ in state.window], np.int64)
    held_values = np.array([v for _, v in state.window], np.float64)
    if state.latest is None:
        return held, held_values, 0, seconds, values
    new = seconds > state.latest
    late = ~new & ~np.isin(seconds, [*held.tolist(), state.latest])
    fits = late & (seconds > state.latest - rule.span_s)
    order = np.argsort(np.concatenate([held, seconds[fits]]), kind="stable")
    return (
        np.concatenate([held, seconds[fits]])[order],
        np.concatenate([held_values, values[fits]])[order],
        int(late.sum()),
        seconds[new],
        values[new],
    )


def _still_needed(
    rule: Rule, seconds: Seconds, values: Floats, latest: int | None
) -> tuple[tuple[int, float], ...]:
    """Return the readings that a window after ``latest`` can still hold."""
    if latest is None or rule.span_s == 0:
        return ()
    start = int(np.searchsorted(seconds, latest - rule.span_s, side="right"))
    return tuple(zip(seconds[start:].tolist(), values[start:].tolist(), strict=True))


def _levels(rule: Rule, found: Floats) -> tuple[Levels, Levels]:
    """Return the highest level that each value reaches, and the highest that it does not clear."""
    reached, kept = np.zeros(len(found), np.int8), np.zeros(len(found), np.int8)
    sign = 1.0 if rule.above else -1.0
    for level, threshold in enumerate(rule.thresholds, start=1):
        if threshold is not None:
            reached[sign * found >= sign * threshold] = level
            kept[sign * found >= sign * threshold - rule.clear_margin] = level
    return reached, kept


def _climb(
    rule: Rule, state: State, times: Seconds, reached: Levels, kept: Levels
) -> tuple[Levels, tuple[tuple[int, int], ...]]:
    """Return the level after each reading, and the row that the next readings go on with."""
    if not len(times):
        return reached, state.row
    before = len(state.row)
    rows = np.array(state.row, np.int8).reshape(-1, 2)
    reached, kept = np.concatenate([rows[:, 0], reached]), np.concatenate([rows[:, 1], kept])
    start = _row_starts(rule, state, times, before)
    hold, clear = rule.rows
    up = _over_row(np.minimum, reached, start, hold, 0)[before:]
    down = _over_row(np.maximum, kept, start, clear, TOP)[before:]
    first = max(int(start[-1]), len(reached) - (max(hold, clear) - 1))
    row = tuple(zip(reached[first:].tolist(), kept[first:].tolist(), strict=True))
    return _between(up, down, state.level), row


def _row_starts(rule: Rule, state: State, times: Seconds, before: int) -> NDArray[np.intp]:
    """Return for each judged reading, after ``before`` older ones, where its row began."""
    place = np.zeros(before + len(times), np.intp)
    if rule.gap_hours is not None:
        last = times[0] if state.judged is None else state.judged
        broken = np.diff(times, prepend=last) > rule.gap_hours * 3600
        place[before:][broken] = np.flatnonzero(broken) + before
    return np.maximum.accumulate(place)


def _over_row(
    join: np.ufunc, levels: Levels, start: NDArray[np.intp], length: int, short: int
) -> Levels:
    """Join the last ``length`` levels of each reading's row; ``short`` while the row is shorter."""
    found = levels.copy()
    for back in range(1, min(length, len(levels))):
        found[back:] = join(found[back:], levels[:-back])
    found[np.arange(len(levels)) - start + 1 < length] = short
    return found


def _between(up: Levels, down: Levels, level: int) -> Levels:
    """Hold the level between what raises and what clears; it moves only where these change."""
    changed = np.flatnonzero((np.diff(up, prepend=-1) != 0) | (np.diff(down, prepend=-1) != 0))
    levels = []
    for raised, capped in zip(up[changed].tolist(), down[changed].tolist(), strict=True):
        level = min(max(level, raised), capped)
        levels.append(level)
    return np.repeat(np.array(levels, np.int8), np.diff(changed, append=len(up)))
