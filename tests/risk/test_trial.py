"""Warnings judged by what followed them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit.risk.rules import Rule, follow
from cockpit.risk.trial import (
    FALSE,
    TRUE,
    UNDECIDED,
    Outcome,
    Spans,
    alarms_of,
    episodes_of,
    judge,
    pooled,
    try_rule,
)
from geodata.errors import InputError

START = np.datetime64("2025-01-01T00:00:00", "s")
NAN = np.nan


def at(hours):
    return START + (np.asarray(hours, float) * 3600).astype(np.int64).astype("timedelta64[s]")


def spans(*pairs):
    ends = [np.datetime64("NaT") if e is None else at(e) for _, e in pairs]
    return Spans(at([b for b, _ in pairs]), np.array(ends, "datetime64[s]"))


RULE = Rule((10.0, 20.0, None, None))
HARM = Outcome(threshold=30.0, within_hours=4)


def test_by_hand() -> None:
    # Warning at 2, harm at 5 (right, 3 h ahead); warning at 12, no harm (false); harm at 20
    # without a warning before it (missed; the warning of the same hour has no time ahead: hit).
    values = np.zeros(30)
    values[2:7] = [12, 15, 25, 31, 12]
    values[12] = 11
    values[20:22] = 35
    trial = try_rule(at(range(30)), values, RULE, HARM)
    (judged,) = trial.judged
    assert judged.alarms.begin.tolist() == at([2, 12, 20]).tolist()
    assert judged.verdict.tolist() == [TRUE, FALSE, TRUE]
    assert judged.lead_hours.tolist() == [3, 0]
    assert (trial.alarms, trial.hits, trial.false_alarms, trial.missed) == (3, 2, 1, 0)
    assert trial.precision == pytest.approx(2 / 3)
    assert trial.recall == 1
    assert trial.lead_hours == 1.5
    assert trial.years == pytest.approx(30 / 8766)
    assert trial.false_a_year == pytest.approx(8766 / 30)
    assert trial.alarms_a_year == pytest.approx(3 * 8766 / 30)
    assert trial.open_share == pytest.approx(8 / 30)
    yellow = try_rule(at(range(30)), values, RULE, HARM, level=2)
    assert (yellow.alarms, yellow.hits, yellow.lead_hours) == (2, 2, 0.5)


def test_limits_of_the_time_ahead() -> None:
    # Harm exactly at the end of the time counts; a minute later does not.
    episodes = spans((4, 5), (20, 21))
    found = judge(spans((0, 1), (15.9, 16)), episodes, within_hours=4)
    assert found.verdict.tolist() == [TRUE, FALSE]
    assert found.lead_hours[0] == 4
    assert np.isnan(found.lead_hours[1])


def test_a_warning_during_harm_is_right_but_late() -> None:
    found = judge(spans((5, 6), (7, 8), (10, 11)), spans((4, 10)), within_hours=4)
    assert found.verdict.tolist() == [TRUE, TRUE, FALSE]  # at 10 the harm is over
    assert found.late.tolist() == [True, True, False]
    assert found.repeats == 1
    assert np.isnan(found.lead_hours[0])  # nobody was warned before


def test_a_standing_warning_counts_but_gains_no_more_than_the_time_ahead() -> None:
    found = judge(spans((0, None)), spans((2, 3), (50, 51)), within_hours=4)
    assert found.lead_hours.tolist() == [2, 4]
    stood = judge(spans((0, 50.5)), spans((50, 51)), within_hours=4)
    assert (stood.verdict.tolist(), stood.lead_hours.tolist()) == ([TRUE], [4])
    ended = judge(spans((0, 50)), spans((50, 51)), within_hours=4)
    assert ended.verdict.tolist() == [FALSE]
    assert np.isnan(ended.lead_hours[0])


def test_a_warning_before_a_gap_or_the_end_is_undecided() -> None:
    values = np.zeros(40)
    values[[5, 20, 38]] = 12
    values[21:25] = NAN
    trial = try_rule(at(range(40)), values, RULE, HARM)
    assert trial.judged[0].verdict.tolist() == [FALSE, UNDECIDED, UNDECIDED]
    assert (trial.undecided, trial.false_alarms) == (2, 1)
    assert trial.precision == 0
    assert np.isnan(trial.recall)
    assert np.isnan(trial.lead_hours)


def test_episodes_near_each_other_are_one() -> None:
    values = np.zeros(40)
    values[[3, 4, 8, 14]] = 40
    track = follow(HARM.as_rule(), at(range(40)), values)
    found = episodes_of(track, 3)
    assert found.begin.tolist() == at([3, 14]).tolist()
    assert found.end.tolist() == at([9, 15]).tolist()
    assert len(episodes_of(track, 2)) == 3
    assert HARM.merge_hours == 4
    assert Outcome(30, apart_hours=0).merge_hours == 0


def test_harm_may_show_elsewhere() -> None:
    rain, level = np.zeros(20), np.zeros(20)
    rain[3], level[6] = 15, 99
    trial = try_rule(at(range(20)), rain, RULE, HARM, harm=(at(range(20)), level))
    assert (trial.hits, trial.missed, trial.lead_hours) == (1, 0, 3)


def test_several_series_together() -> None:
    values = np.zeros(30)
    values[2:6] = [12, 12, 31, 0]
    one = try_rule(at(range(30)), values, RULE, HARM)
    other = try_rule(at(range(30)), np.where(np.arange(30) == 7, 12.0, 0.0), RULE, HARM)
    both = pooled([one, other])
    assert (both.alarms, both.hits, both.false_alarms, both.episodes) == (2, 1, 1, 1)
    assert both.years == one.years + other.years
    assert both.precision == 0.5
    assert both.false_a_year == pytest.approx(1 / both.years)
    none = pooled([])
    assert none.alarms == 0
    assert np.isnan(none.precision)
    assert np.isnan(none.false_a_year)


def test_without_readings() -> None:
    trial = try_rule(np.array([], "datetime64[s]"), np.array([]), RULE, HARM)
    assert (trial.alarms, trial.episodes, trial.years) == (0, 0, 0)
    assert np.isnan(trial.open_share)


def test_wrong_questions_are_refused() -> None:
    with pytest.raises(InputError, match="within 0 h of a warning; expected above 0"):
        Outcome(30, within_hours=0)
    with pytest.raises(InputError, match="needs a window"):
        Outcome(30, aggregate="mean")
    track = follow(RULE, at([0]), np.array([1.0]))
    with pytest.raises(InputError, match="The level is 5; expected 1"):
        alarms_of(track, 5)


@given(st.lists(st.floats(0, 40, width=16), min_size=5, max_size=80), st.integers(1, 12))
def test_every_warning_and_episode_is_counted_once(values, within) -> None:
    trial = try_rule(
        at(range(len(values))), np.array(values), RULE, Outcome(30, within_hours=within)
    )
    assert trial.hits + trial.false_alarms + trial.undecided == trial.alarms
    (judged,) = trial.judged
    known = judged.lead_hours[~np.isnan(judged.lead_hours)]
    assert ((known >= 0) & (known <= within)).all()
    # Blue lies below harm: no episode begins without a warning that stands.
    assert trial.missed == 0
    assert trial.hits >= (1 if trial.episodes else 0)
