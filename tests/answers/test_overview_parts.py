"""Periods, lights and points: worked out by hand, and laws that hold for any data."""

from __future__ import annotations

import datetime as dt
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit.overview.attention import (
    Points,
    late_points,
    ranked,
    reach_points,
    rise_points,
    rises,
    score,
)
from cockpit.overview.lights import Target, light_of
from cockpit.overview.periods import (
    PERIODS,
    Span,
    count_in,
    moment_before,
    newest_whole_day,
    open_at,
    spans,
    weeks,
)

FRIDAY = dt.date(2025, 10, 31)


def test_a_day_is_whole_from_its_last_hour_on() -> None:
    assert newest_whole_day(dt.datetime(2025, 10, 31, 23, 0)) == FRIDAY
    assert newest_whole_day(dt.datetime(2025, 10, 31, 22, 59, 59)) == dt.date(2025, 10, 30)


def test_periods_by_the_calendar() -> None:
    assert spans(FRIDAY, "day") == (
        Span(FRIDAY, FRIDAY), Span(dt.date(2025, 10, 30), dt.date(2025, 10, 30)),
    )  # fmt: skip
    assert spans(FRIDAY, "week") == (
        Span(dt.date(2025, 10, 25), FRIDAY), Span(dt.date(2025, 10, 18), dt.date(2025, 10, 24)),
    )  # fmt: skip
    # 52 weeks earlier: 1 November 2024 was a Friday too.
    assert spans(FRIDAY, "year") == (
        Span(dt.date(2025, 10, 25), FRIDAY), Span(dt.date(2024, 10, 26), dt.date(2024, 11, 1)),
    )  # fmt: skip
    assert moment_before(dt.datetime(2025, 10, 31, 23, 58), "year") == dt.datetime(
        2024, 11, 1, 23, 58
    )


@given(st.dates(dt.date(2000, 1, 1), dt.date(2100, 1, 1)), st.sampled_from(PERIODS))
def test_both_periods_are_as_long_and_have_the_same_days_of_the_week(
    day: dt.date, period: str
) -> None:
    now, then = spans(day, period)  # type: ignore[arg-type]
    assert now.last - now.first == then.last - then.first
    assert then.last < now.first
    if period != "day":
        assert now.first.weekday() == then.first.weekday()


def test_only_weeks_that_lie_in_the_data() -> None:
    assert len(weeks(FRIDAY, dt.date(2025, 1, 1))) == 13
    found = weeks(FRIDAY, dt.date(2025, 10, 12))  # the third week back begins on the 11th
    assert [s.first for s in found] == [dt.date(2025, 10, 18), dt.date(2025, 10, 25)]


@given(st.lists(st.integers(0, 20 * 24), max_size=60), st.integers(0, 19), st.integers(0, 10))
def test_a_count_is_that_of_going_through_the_days(hours: list[int], first: int, more: int) -> None:
    start = dt.datetime(2025, 1, 1)
    moments = sorted(start + dt.timedelta(hours=h) for h in hours)
    span = Span((start + dt.timedelta(days=first)).date(),
                (start + dt.timedelta(days=first + more)).date())  # fmt: skip
    times = np.array(moments, dtype="datetime64[s]")
    assert count_in(times, span) == sum(span.first <= m.date() <= span.last for m in moments)


def test_what_is_open_at_a_moment() -> None:
    def at(*hours: int | None) -> np.ndarray:
        start = dt.datetime(2025, 1, 1)
        told = [None if h is None else start + dt.timedelta(hours=h) for h in hours]
        return np.array(told, dtype="datetime64[s]")

    moment = np.datetime64("2025-01-01T10:00", "s")
    reported, closed = at(9, 10, 11, 1, 2), at(None, 12, None, 10, 11)
    # Reported at that moment stands open; closed at it no longer does.
    assert open_at(reported, closed, moment).tolist() == [True, True, False, False, True]


@pytest.mark.parametrize(
    ("value", "light"),
    [(85.0, "good"), (84.999, "watch"), (70.0, "watch"), (69.9, "bad"), (None, "none"),
     (math.nan, "none")],
)  # fmt: skip
def test_lights_where_more_is_better(value: float | None, light: str) -> None:
    assert light_of(value, Target(85, higher=True, watch=70)) == light


def test_lights_where_less_is_better() -> None:
    lights = [light_of(v, Target(10, higher=False, watch=12)) for v in (9, 10, 11, 12, 12.1)]
    assert lights == ["good", "good", "watch", "watch", "bad"]
    assert light_of(11, Target(10, higher=False)) == "bad"
    assert light_of(11, None) == "none"


def test_points_by_hand() -> None:
    # (13 - 8) / sqrt(9) = 1.67 is noise; (14 - 8) / 3 = 2 is not; four events never are.
    z = rises(np.array([13, 14, 4, 20, 9]), np.array([8.0, 8.0, 0.0, np.nan, 0.0]))
    assert z.tolist() == [0.0, 2.0, 0.0, 0.0, 9.0]
    assert [rise_points(v) for v in (0.0, 1.9, 2.0, 5.0, 9.0)] == [0, 0, 10, 25, 25]
    assert [late_points(n) for n in (0, 1, 5, 6)] == [0, 3, 15, 15]
    assert [reach_points(n) for n in (-3.0, 0.0, 50.0, 500.0, 9000.0)] == [0, 0, 0.5, 5, 5]


def test_ranking_by_points_then_by_code() -> None:
    points = [
        Points("late", 0, 3), Points("rise", 2, 10), Points("late", 2, 15), Points("care", 1, 3),
        Points("care", 3, 0),
    ]  # fmt: skip
    found = ranked(points, ["b", "a", "c", "d"])
    assert [[p.reason for p in one] for one in found] == [["late", "rise"], ["care"], ["late"]]
    assert [score(one) for one in found] == [25, 3, 3]
    assert len(ranked([Points("x", k, 1) for k in range(9)], [str(k) for k in range(9)])) == 5


@given(st.lists(st.tuples(st.integers(0, 7), st.floats(0, 40)), max_size=30))
def test_nobody_left_out_has_more_points(told: list[tuple[int, float]]) -> None:
    points = [Points("r", place, given) for place, given in told]
    totals = {k: round(sum(p.points for p in points if p.place == k), 1) for k in range(8)}
    found = ranked(points, list("abcdefgh"))
    scores = [score(one) for one in found]
    assert scores == sorted(scores, reverse=True)
    shown = {one[0].place for one in found}
    left = [v for k, v in totals.items() if k not in shown]
    assert not scores or not left or len(scores) < 5 or max(left) <= scores[-1]
