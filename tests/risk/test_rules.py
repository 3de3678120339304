"""Four colours, hysteresis, hold, windows over real gaps, and reading piece by piece."""

import json
import time
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cockpit.risk.rules import LEVELS, Rule, State, advance, follow
from geodata.errors import InputError

START = np.datetime64("2025-01-01T00:00:00", "s")
NAN = np.nan


def at(hours):
    return START + (np.asarray(hours, float) * 3600).astype(np.int64).astype("timedelta64[s]")


def steps_of(rule, values, hours=None, state=None):
    """Return (hour, level) of each step; readings are an hour apart unless told."""
    hours = range(len(values)) if hours is None else hours
    _, steps = advance(rule, state or State(), at(list(hours)), np.array(values, float))
    return [(float((s.time - START) / np.timedelta64(1, "h")), s.level) for s in steps]


FOUR = Rule((10.0, 20.0, 30.0, 40.0))


def test_levels_begin_exactly_at_their_threshold_and_end_below_it() -> None:
    assert LEVELS == ("none", "blue", "yellow", "orange", "red")
    values = [9.99, 10, 19.99, 20, 45, 30, 29.9, 9.9]
    assert steps_of(FOUR, values) == [(1, 1), (3, 2), (4, 4), (5, 3), (6, 2), (7, 0)]


def test_an_unused_colour_is_skipped() -> None:
    rule = Rule((10.0, None, 30.0, None))
    assert steps_of(rule, [25, 30, 99, 25, 5]) == [(0, 1), (1, 3), (3, 1), (4, 0)]


def test_low_values_are_dangerous_the_other_way_round() -> None:
    rule = Rule((10.0, 5.0, None, None), above=False, clear_margin=1)
    assert steps_of(rule, [10.01, 10, 5, 5.9, 6, 6.1, 11, 11.1]) == [(1, 1), (2, 2), (5, 1), (7, 0)]


def test_a_level_clears_only_past_its_margin() -> None:
    rule = Rule((10.0, 20.0, None, None), clear_margin=2)
    assert steps_of(rule, [20, 18, 17.9, 8, 7.9]) == [(0, 2), (2, 1), (4, 0)]


def test_hold_waits_for_readings_in_a_row() -> None:
    rule = Rule((10.0, 20.0, None, None), hold=3, clear_hold=2)
    # The third in a row is high; what all three reach counts: 12, not 25.
    assert steps_of(rule, [25, 9, 25, 12, 25, 25, 25, 25]) == [(4, 1), (6, 2)]
    assert steps_of(rule, [15, 15, 15, 5, 15, 5, 5]) == [(2, 1), (6, 0)]


def test_a_flapping_series_raises_one_warning() -> None:
    rng = np.random.default_rng(3)
    values = 10 + 1.9 * np.where(np.arange(2000) % 2, 1, -1) * rng.random(2000)
    held = Rule((10.0, 20.0, None, None), clear_margin=2, hold=2)
    naive = Rule((10.0, 20.0, None, None))
    values[:3] = 10.5
    assert steps_of(held, values) == [(1, 1)]
    assert len([s for s in steps_of(naive, values) if s[1] == 1]) > 900


@pytest.mark.parametrize(
    ("aggregate", "values", "steps"),
    [
        # Of three hours: means 6, 9, 12, 12, 9, 4; sums 4, 8, 10, 10, 9, 9.
        ("mean", [6, 12, 18, 6, 3, 3], [(2, 1), (4, 0)]),
        ("sum", [4, 4, 2, 4, 3, 2], [(2, 1), (4, 0)]),
        ("max", [1, 10, 1, 1, 1, 1], [(1, 1), (4, 0)]),
        # A rise needs two readings; from 1 to 11 in three hours, then from 5 to 13.
        ("rise", [11, 1, 5, 9, 11, 13, 12], [(4, 1), (5, 0)]),
    ],
)
def test_windows(aggregate, values, steps) -> None:
    rule = Rule((10.0, None, None, None), aggregate=aggregate, window_hours=3)
    assert steps_of(rule, values) == steps


def test_windows_hold_what_lies_after_their_beginning() -> None:
    times = at([0, 1, 2, 3, 4])
    values = np.array([1.0, 2.0, 4.0, 8.0, 16.0])
    for aggregate, found in {
        "sum": [1, 3, 7, 14, 28], "mean": [1, 1.5, 7 / 3, 14 / 3, 28 / 3],
        "max": [1, 2, 4, 8, 16], "last": [1, 2, 4, 8, 16],
    }.items():  # fmt: skip
        rule = Rule((99.0, None, None, None), aggregate=aggregate, window_hours=3)
        assert follow(rule, times, values).value == pytest.approx(found)
    rising = follow(Rule((99.0, None, None, None), aggregate="rise", window_hours=3), times, values)
    assert rising.value.tolist() == [1, 3, 7, 14]  # at three hours the reading of hour 0 counts
    lowest = Rule((-1.0, None, None, None), above=False, aggregate="max", window_hours=3)
    assert follow(lowest, times, values).value.tolist() == [1, 1, 1, 2, 4]


def test_missing_hours_neither_raise_nor_clear() -> None:
    rule = Rule((10.0, None, None, None), hold=2, clear_hold=2)
    assert steps_of(rule, [12, NAN, NAN, 12, 5, NAN, NAN, 5]) == [(3, 1), (7, 0)]
    # With a longest gap, rows are counted anew after it, both ways.
    strict = replace(rule, gap_hours=2)
    assert steps_of(strict, [12, NAN, NAN, 12, 12, 5, NAN, NAN, 5, 5]) == [(4, 1), (9, 0)]
    assert steps_of(strict, [12, NAN, 12]) == [(2, 1)]  # a gap of exactly two hours is none


def test_a_window_with_too_few_readings_is_not_judged() -> None:
    rule = Rule((10.0, None, None, None), aggregate="mean", window_hours=4, least=3)
    assert steps_of(rule, [12, 12, 12, 12, NAN, NAN, NAN, 2, 2, 2]) == [(2, 1), (9, 0)]


def test_a_sum_with_gaps_may_raise_but_not_clear() -> None:
    rule = Rule((10.0, None, None, None), aggregate="sum", window_hours=3, least=3)
    # Hour 1: 12 mm are too much whatever hour 0 had. Hours 3 to 5 know too little to clear.
    assert steps_of(rule, [NAN, 12, 0, NAN, 0, 0, 0]) == [(1, 1), (6, 0)]
    below = replace(rule, above=False)
    assert steps_of(below, [1, 1]) == []


def test_order_and_repeats_within_a_call_do_not_matter() -> None:
    times, values = at([3, 1, 2, 2, 0]), np.array([25.0, 12, 15, 99, 5])
    state, steps = advance(FOUR, State(), times, values)
    assert [s.level for s in steps] == [1, 2]  # of two readings at hour 2 the first counts
    assert state.latest == int(at(3).astype(np.int64))
    again, none = advance(FOUR, state, times, values)
    assert none == ()
    assert again == replace(state, late=3)  # hours 0 to 2 again; the newest is just known


def test_late_readings_do_not_change_what_was_warned_but_fill_windows() -> None:
    rule = Rule((10.0, None, None, None), aggregate="sum", window_hours=3)
    state, steps = advance(rule, State(), at([0, 2]), np.array([4.0, 5.0]))
    assert steps == ()
    state, steps = advance(rule, state, at([1]), np.array([3.0]))
    assert steps == ()
    assert state.late == 1
    state, steps = advance(rule, state, at([3]), np.array([2.0]))
    assert [(s.level, s.value) for s in steps] == [(1, 10.0)]
    old, _ = advance(rule, state, at([0]), np.array([99.0]))
    assert old.window == state.window
    assert old.late == 2


def test_steps_tell_why() -> None:
    rule = Rule((10.0, 20.5, None, None), aggregate="mean", window_hours=3, clear_margin=1)
    _, steps = advance(rule, State(), at(range(4)), np.array([21.0, 20.5, 20.5, 12.0]))
    assert str(steps[0].why) == "The mean of the last 3 h is 21; the limit is 20.5."
    assert str(steps[1].why) == (
        "The mean of the last 3 h is back at 17.67, past the limit 20.5 and its margin 1."
    )
    assert steps[1].value == pytest.approx(53 / 3)


def test_nothing_new_changes_nothing() -> None:
    empty = np.array([], "datetime64[s]")
    state, steps = advance(FOUR, State(), empty, np.array([]))
    assert (state, steps) == (State(), ())
    state, _ = advance(FOUR, State(), at([0]), np.array([25.0]))
    assert advance(FOUR, state, at([1]), np.array([NAN]))[0] == state


rules = st.builds(
    Rule,
    thresholds=st.sampled_from(
        [(2.0, 4.0, 6.0, 8.0), (3.0, None, 5.0, None), (None, None, None, 6.0)]
    ),
    clear_margin=st.sampled_from([0.0, 0.5, 2.0]),
    hold=st.integers(1, 4),
    clear_hold=st.one_of(st.none(), st.integers(1, 4)),
    window_hours=st.sampled_from([1.0, 2.5, 6.0]),
    aggregate=st.sampled_from(["last", "mean", "max", "sum", "rise"]),
    least=st.integers(1, 3),
    gap_hours=st.sampled_from([None, 1.0, 3.0]),
)
readings = st.lists(
    st.tuples(st.integers(1, 5), st.one_of(st.just(NAN), st.floats(-1, 9, width=16))), max_size=40
)


@given(rules, readings, st.lists(st.integers(0, 40), max_size=8))
@settings(deadline=None, max_examples=300)
def test_piece_by_piece_is_the_whole(rule, series, cuts) -> None:
    hours = np.cumsum([gap for gap, _ in series]) if series else np.array([])
    values = np.array([value for _, value in series], float)
    whole_state, whole = advance(rule, State(), at(hours), values)
    state, steps = State(), ()
    for part in np.split(np.arange(len(series)), sorted(min(c, len(series)) for c in cuts)):
        state, more = advance(rule, state, at(hours[part]), values[part])
        state = State.from_plain(json.loads(json.dumps(state.to_plain())))
        steps += more
    assert steps == whole
    assert state == whole_state


@given(rules, readings)
@settings(deadline=None, max_examples=200)
def test_levels_follow_the_readings_one_at_a_time(rule, series) -> None:
    """The same machine in plain words, a reading at a time."""
    held, row, level, told = [], [], 0, []
    hour, judged = 0, None
    hold, clear = rule.rows
    sign = 1 if rule.above else -1
    for gap, value in series:
        hour += gap
        if np.isnan(value):
            continue
        held.append((hour, value))
        first = hour - rule.window_hours
        window = [v for h, v in held if h > first or (rule.aggregate == "rise" and h == first)]
        if rule.aggregate == "last":
            window = [value]
        if rule.aggregate == "rise" and len(window) < 2:
            continue
        found = {
            "last": lambda w: w[-1], "mean": lambda w: sum(w[::-1]) / len(w), "max": max,
            "sum": lambda w: sum(w[::-1]), "rise": lambda w: w[-1] - w[0],
        }[rule.aggregate](window)  # fmt: skip
        enough = len(window) >= rule.least
        if not enough and rule.aggregate not in {"sum", "max"}:
            continue
        if judged is not None and rule.gap_hours is not None and hour - judged > rule.gap_hours:
            row = []
        judged = hour
        levels = [(n, t) for n, t in enumerate(rule.thresholds, 1) if t is not None]
        reached = max((n for n, t in levels if sign * (found - t) >= 0), default=0)
        kept = max((n for n, t in levels if found >= t - rule.clear_margin), default=0)
        row.append((reached, kept if enough else 4))
        up = min(r for r, _ in row[-hold:]) if len(row) >= hold else 0
        down = max(k for _, k in row[-clear:]) if len(row) >= clear else 4
        new = min(max(level, up), down)
        if new != level:
            told.append((float(hour), new))
        level = new
    hours = np.cumsum([gap for gap, _ in series])
    assert steps_of(rule, [v for _, v in series], hours) == told


@given(rules, readings)
@settings(deadline=None)
def test_a_rule_survives_json_and_steps_alternate(rule, series) -> None:
    assert Rule.from_plain(json.loads(json.dumps(rule.to_plain()))) == rule
    levels = [0, *(level for _, level in steps_of(rule, [v for _, v in series]))]
    assert all(a != b for a, b in pairwise(levels))
    assert {level for level in levels if level} <= {
        n for n, t in enumerate(rule.thresholds, 1) if t is not None
    }


def test_three_years_of_twelve_stations_take_a_second() -> None:
    rng = np.random.default_rng(5)
    n = 26_304
    hours = at(np.arange(n))
    rule = Rule(
        (75.0, 115.0, 150.0, 250.0), clear_margin=10, hold=2, clear_hold=6, window_hours=24,
        aggregate="mean", least=18, gap_hours=6,
    )  # fmt: skip
    began, n_steps = time.process_time(), 0
    for _ in range(12):
        values = np.abs(np.cumsum(rng.normal(0, 10, n)) * 0.3)
        values[rng.random(n) < 0.02] = NAN
        n_steps += len(advance(rule, State(), hours, values)[1])
    took = time.process_time() - began
    print(f"315,648 readings, {n_steps} steps: {took:.2f} s")
    assert n_steps > 100
    assert took < 1.0


@pytest.mark.parametrize(
    ("settings_of", "words"),
    [
        ({"thresholds": (1.0, 2.0, 3.0)}, "four thresholds"),
        ({"thresholds": (None,) * 4}, "four thresholds"),
        ({"thresholds": (1.0, NAN, None, None)}, "four thresholds"),
        ({"thresholds": (1.0, 1.0, None, None)}, "thresholds are 1, 1; expected each colour"),
        ({"thresholds": (2.0, 1.0, None, None)}, "stricter than the one before"),
        ({"thresholds": (1.0, 2.0, None, None), "above": False}, "stricter"),
        ({"hold": 0}, "hold of a rule is 0; expected a whole number from 1"),
        ({"clear_hold": 1.5}, "clear_hold of a rule is 1.5"),
        ({"least": True}, "least of a rule is True"),
        ({"clear_margin": -1}, "clear_margin of a rule is -1; expected a number of 0 or more"),
        ({"gap_hours": np.inf}, "gap_hours of a rule is inf"),
        ({"above": 1}, "above of a rule is 1; expected true or false"),
        ({"aggregate": "median"}, "no aggregate median; expected one of last, mean"),
        ({"aggregate": "mean"}, "aggregate mean needs a window"),
    ],
)
def test_wrong_rules_are_refused_by_name(settings_of, words) -> None:
    with pytest.raises(InputError, match=words):
        Rule(**{"thresholds": (1.0, None, None, None), **settings_of})


def test_wrong_plain_rules_are_refused_by_name() -> None:
    with pytest.raises(InputError, match="A rule has no setting colour; expected some of thresh"):
        Rule.from_plain({"thresholds": [1, None, None, None], "colour": 1})
    with pytest.raises(InputError, match="A rule needs four thresholds"):
        Rule.from_plain({"hold": 2})


def test_readings_that_cannot_be_read_are_refused() -> None:
    with pytest.raises(InputError, match="2 times and 1 values"):
        advance(FOUR, State(), at([0, 1]), np.array([1.0]))
    with pytest.raises(InputError, match="A reading has no time"):
        advance(FOUR, State(), np.array(["NaT"], "datetime64[s]"), np.array([1.0]))
    with pytest.raises(InputError, match="are float64; expected datetime64"):
        advance(FOUR, State(), np.array([1.0]), np.array([1.0]))
