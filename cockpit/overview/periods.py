"""Which days are held against which: yesterday, seven days, and the same time last year."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Period = Literal["day", "week", "year"]
PERIODS: tuple[Period, ...] = ("day", "week", "year")

WEEK = 7
YEAR_DAYS = 364
"""52 weeks: the same days of the week as now, so that no Sunday is held against a Monday."""
WEEKS_SHOWN = 13
LAST_HOUR = 23
"""From this hour on the newest day counts as whole: nobody waits for its last minutes."""

_DAY = dt.timedelta(days=1)
_BACK: dict[Period, int] = {"day": 1, "week": WEEK, "year": YEAR_DAYS}
_LONG: dict[Period, int] = {"day": 1, "week": WEEK, "year": WEEK}


@dataclass(frozen=True)
class Span:
    """Whole days from ``first`` to ``last``, both counted."""

    first: dt.date
    last: dt.date

    @property
    def start(self) -> np.datetime64:
        """Return the moment that the span begins, local time."""
        return np.datetime64(self.first, "s")

    @property
    def end(self) -> np.datetime64:
        """Return the moment that the span is over: midnight after its last day."""
        return np.datetime64(self.last + _DAY, "s")


def newest_whole_day(newest: dt.datetime) -> dt.date:
    """
    Return the newest day that the data tell of in whole.

    That is the day of the newest event when it came at 23:00 or later, else the day before.
    """
    return newest.date() if newest.hour >= LAST_HOUR else newest.date() - _DAY


def spans(day: dt.date, period: Period) -> tuple[Span, Span]:
    """
    Return the days of now and those they are held against.

    Parameters
    ----------
    day
        The newest whole day.
    period
        "day": it against the day before; "week": the seven days that end with it against the seven
        before; "year": those seven days against the same days of the week 52 weeks earlier.
    """
    now = Span(day - (_LONG[period] - 1) * _DAY, day)
    back = _BACK[period] * _DAY
    return now, Span(now.first - back, now.last - back)


def moment_before(moment: dt.datetime, period: Period) -> dt.datetime:
    """Return the moment that a level of now is held against: 1, 7 or 364 days earlier."""
    return moment - _BACK[period] * _DAY


def weeks(day: dt.date, first: dt.date) -> tuple[Span, ...]:
    """
    Return the last 13 times seven days that end with a day, oldest first.

    Only those that lie wholly in the data, which begin with ``first``.
    """
    found = [
        Span(day - (WEEK * (k + 1) - 1) * _DAY, day - WEEK * k * _DAY)
        for k in range(WEEKS_SHOWN - 1, -1, -1)
    ]
    return tuple(span for span in found if span.first >= first)


def count_in(times: NDArray[np.datetime64], span: Span) -> int:
    """Return how many times, sorted, lie in a span: midnight belongs to the day that begins."""
    low, high = np.searchsorted(times, np.array([span.start, span.end]))
    return int(high - low)


def open_at(
    reported: NDArray[np.datetime64], closed: NDArray[np.datetime64], moment: np.datetime64
) -> NDArray[np.bool_]:
    """
    Tell which things stood open at a moment.

    What was reported at that very moment stands open, what was closed then no longer does; NaT in
    ``closed`` is what nobody has closed. Both arrays have one entry a thing.
    """
    return np.asarray((reported <= moment) & (np.isnat(closed) | (closed > moment)))
