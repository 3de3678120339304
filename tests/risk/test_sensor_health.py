"""A silent, stuck, jumping or lying sensor is a fault; dry weather is none."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cockpit.risk.sensor_health import (
    KINDS,
    STATES,
    STUCK,
    Usual,
    health,
    health_over,
    plausible,
)
from cockpit.risk.sensor_runs import jumping_at, stuck_at
from geodata.errors import InputError
from tests.risk.county_days import planted_readings, quiet

START = np.datetime64("2025-01-01T00:00:00", "s")
HOUR = np.timedelta64(1, "h")
NAN = np.nan


def at(hours):
    return START + (np.asarray(hours, float) * 3600).astype(np.int64).astype("timedelta64[s]")


def noisy(n, seed=0, decimals=2):
    """A gauge with noise of a few hundredths: neighbours are equal now and then."""
    return np.round(1.5 + np.random.default_rng(seed).normal(0, 0.03, n), decimals)


def judged(values, now=None, **given):
    hours = np.arange(len(values))
    return health(at(hours), np.asarray(values, float), now=at(now or hours[-1]), **given)


def test_a_sensor_with_noise_is_good() -> None:
    found = judged(noisy(300))
    assert (found.state, found.since, found.why) == ("good", None, None)


# ---------------------------------------------------------------- silent


def test_silent_after_four_intervals() -> None:
    values = noisy(100)
    assert judged(values, now=99 + 4).state == "good"  # exactly four is not yet silent
    found = judged(values, now=99 + 4.1)
    assert found.state == "silent"
    assert found.since == at(99)
    assert str(found.why) == "No reading for 4.1 h; usually there is one every 1 h."
    assert judged(values, now=103.5, every=2.0).state == "good"
    assert judged(values, now=101, usual=Usual(silent_after=1)).state == "silent"


def test_readings_without_a_value_are_silence() -> None:
    values = noisy(100)
    values[90:] = NAN
    assert judged(values).since == at(89)


def test_a_sensor_that_never_spoke_is_silent() -> None:
    found = judged([NAN, NAN])
    assert (found.state, found.since) == ("silent", None)
    assert str(found.why) == "It has never sent a reading."
    assert judged([1.0], now=90).state == "good"  # a single reading tells no interval: a day
    assert judged([1.0], now=97).state == "silent"


# ---------------------------------------------------------------- stuck


def test_rows_by_hand() -> None:
    # 52 changing readings, then a row: no pair of 51 was equal, so p = 1/53 and the row is stuck
    # from the sixth reading on (53 ** -5 is below 1e-7, 6 is the least).
    values = np.concatenate([np.arange(52.0), np.full(8, 99.0)])
    hours = (np.arange(60) * 3600).astype(np.int64)
    flags = stuck_at(hours, values, resting=None, chance=1e-7, hours=72)
    assert np.flatnonzero(flags).tolist() == [57, 58, 59]
    # Half the pairs equal: p is about a half, and a row needs 1 + 24 readings.
    often = np.concatenate([np.repeat(np.arange(60.0), 2), np.full(30, 99.0)])
    hours = (np.arange(150) * 3600).astype(np.int64)
    flags = stuck_at(hours, often, resting=None, chance=1e-7, hours=72)
    share = (60 + 1) / (120 + 2)
    need = 1 + int(np.ceil(np.log(1e-7) / np.log(share)))
    assert need == 25
    assert np.flatnonzero(flags)[0] == 120 + need - 1
    assert flags[120 + need - 1 :].all()


def test_a_short_past_counts_hours() -> None:
    hours = np.arange(100)
    flags = stuck_at(hours * 3600, np.full(100, 7.0), resting=None, chance=1e-7, hours=72)
    assert np.flatnonzero(flags)[0] == 72


def test_stuck_twice_is_found_twice() -> None:
    values = noisy(900)
    values[300:400], values[700:740] = 2.0, 2.1
    flags = stuck_at(
        (np.arange(900) * 3600).astype(np.int64), values, resting=None, chance=1e-7, hours=72
    )
    assert flags[330:400].all()
    assert flags[715:740].all()
    assert flags.sum() < 140


def test_rain_at_zero_is_dry_weather_a_level_without_noise_is_stuck() -> None:
    dry = np.zeros(2000)
    dry[::250] = [0.4, 3.2, 1.0, 0.2, 8.0, 2.2, 0.6, 1.4]
    assert judged(dry, usual=KINDS["雨量"]).state == "good"
    wet = dry.copy()
    wet[:600:3] = np.random.default_rng(1).gamma(1, 4, 200)
    wet[-12:] = 5.3
    assert judged(wet, usual=KINDS["雨量"]).state == "stuck"
    level = np.concatenate([noisy(400), np.full(24, 1.5)])
    found = judged(level, usual=KINDS["水位"])
    assert found.state == "stuck"
    assert found.since == at(400 if level[399] != 1.5 else 399)
    assert str(found.why) == "The same value 1.5 in 24 readings over 23 h, unlike its past."
    assert judged(np.full(80, 3.0), usual=KINDS["水位"]).state == "stuck"


def test_a_gauge_that_often_repeats_itself_is_given_longer() -> None:
    coarse = np.repeat(noisy(60, decimals=1) + np.arange(60) % 3, 12)
    assert judged(np.concatenate([coarse, np.full(40, 9.0)])).state == "good"
    assert judged(np.concatenate([coarse, np.full(300, 9.0)])).state == "stuck"


def test_a_favourite_value_makes_longer_rows() -> None:
    # 0 is followed by 0 nine times in ten, other values never repeat: of all pairs a half is equal.
    rng = np.random.default_rng(2)
    rows = [[0.0] * rng.geometric(0.1) + list(1 + rng.random(9)) for _ in range(80)]
    values = np.concatenate([*rows, np.zeros(40)])
    assert judged(values).state == "good"
    assert judged(np.concatenate([values, np.zeros(160)])).state == "stuck"
    assert judged(np.concatenate([*rows, np.full(40, 9.0)])).state == "stuck"


# ---------------------------------------------------------------- jumping, out of range, clock


def test_three_jumps_of_twelve() -> None:
    values = noisy(300)
    values[[290, 294]] += 3
    assert judged(values).state == "good"
    values[298] += 3
    found = judged(values)
    assert found.state == "jumping"
    assert found.since == at(299)  # the third is known to be one when it is back
    assert "jump there and back" in str(found.why)
    assert judged(values, usual=Usual(jumps="none")).state == "good"
    flags = jumping_at(values, ratio=False)
    assert np.flatnonzero(flags).tolist() == [299]


def test_a_flood_is_no_jump() -> None:
    values = noisy(400)
    values[300:330] += np.linspace(0, 4, 30)
    values[330:] += 4 * 0.95 ** np.arange(70)
    hours = at(np.arange(400))
    assert not health_over(hours, values, at=hours, usual=KINDS["水位"]).any()


def test_a_value_it_cannot_measure() -> None:
    values = noisy(100)
    values[-2:] = -99
    found = judged(values, usual=Usual(lowest=0, highest=30))
    assert (found.state, found.since) == ("out of range", at(98))
    assert str(found.why) == "The value -99 is none it can measure (0 to 30)."
    assert plausible(np.array([-1.0, 0, 30, 31, NAN]), Usual(lowest=0, highest=30)).tolist() == [
        False, True, True, False, False,
    ]  # fmt: skip
    assert plausible(np.array([1e9]), Usual()).all()


def test_readings_from_the_future() -> None:
    found = judged(noisy(100), now=96.5)
    assert (found.state, found.since) == ("wrong clock", at(97))
    assert str(found.why) == "3 readings come from the future, the last of 2025-01-05 03:00."
    assert judged(noisy(100), now=98.9).state == "good"  # six minutes: clocks differ a little


def test_a_drifting_clock() -> None:
    times = at(np.arange(100))
    came = times + np.timedelta64(60, "s")
    values = noisy(100)
    assert health(times, values, now=at(101), received=came).state == "good"
    late = came.copy()
    late[-8:] += np.timedelta64(40, "m")
    found = health(times, values, now=at(101), received=late)
    assert (found.state, found.since) == ("wrong clock", at(92))
    assert str(found.why) == "Its clock is 40 min off where it was."
    assert health(times[:15], values[:15], now=at(15), received=late[:15]).state == "good"


# ---------------------------------------------------------------- laws


@given(
    st.lists(st.sampled_from([0.0, 1.0, 1.5, 2.0, 50.0, NAN]), min_size=1, max_size=150),
    st.integers(1, 5),
    st.booleans(),
)
@settings(deadline=None)
def test_every_moment_is_judged_by_what_was_known(values, stretch, rests) -> None:
    usual = Usual(highest=40, resting=0.0 if rests else None, stuck_hours=10)
    values = np.repeat(np.array(values), stretch)
    times = at(np.arange(len(values)))
    over = health_over(times, values, at=times, every=1.0, usual=usual)
    for k in {0, len(values) // 2, len(values) - 1}:
        known = slice(0, k + 1)
        now = health(times[known], values[known], now=times[k], every=1.0, usual=usual)
        if now.why is not None and now.since is None:
            assert STATES[over[k]] == "good"  # before its first reading it may not stand yet
        else:
            assert STATES[over[k]] == now.state


def test_nothing_was_read_yet() -> None:
    none = np.array([], "datetime64[s]")
    assert not health_over(none, np.array([]), at=at([1, 2])).any()
    assert not health_over(at([5]), np.array([1.0]), at=at([1, 2])).any()


# ---------------------------------------------------------------- the sample county


def test_the_planted_faults_and_no_others_are_found() -> None:
    sensors, readings, told = planted_readings()
    kinds = dict(zip(sensors["设备编号"], sensors["设备类型"], strict=True))
    hours = np.arange(readings["时间"].min(), readings["时间"].max(), HOUR)
    found = {}
    for sensor, own in readings.groupby("设备编号"):
        states = health_over(
            own["时间"].to_numpy(), own["数值"].to_numpy(), at=hours, usual=KINDS[kinds[sensor]]
        )
        if states.any():
            first = int(np.flatnonzero(states)[0])
            assert (states[first:] == states[first]).all()  # and it stays so
            found[sensor] = (STATES[states[first]], hours[first])
    assert set(found) == {told["stuck"]["sensor"], told["silent"]["sensor"]} == {"SW003", "KQ005"}
    for sensor, state in (("SW003", "stuck"), ("KQ005", "silent")):
        delay = (found[sensor][1] - np.datetime64(told[state]["from"])) / HOUR
        print(f"{sensor} found {state} {delay:.0f} h after it began (at most 48)")
        assert found[sensor][0] == state
        assert 0 < delay <= 48


@pytest.mark.slow
def test_sound_sensors_of_200_years_are_not_called_faulty() -> None:
    faulty, years = [], 200
    for seed in range(years):
        rng = np.random.default_rng([42, seed])
        kinds, times, values = quiet().readings(rng)
        values[rng.random(values.shape) < 0.004] = NAN  # now and then a message does not arrive
        faulty.append(
            sum(
                bool(health_over(times, series, at=times, usual=KINDS[kind]).any())
                for kind, series in zip(kinds, values, strict=True)
            )
        )
    print(
        f"{sum(faulty)} of {40 * years} sound sensors were called faulty at any time of their "
        f"year; so {np.count_nonzero(faulty) / years:.3f} of the years had one (at most 0.05)"
    )
    assert np.count_nonzero(faulty) / years <= 0.05


def test_a_fault_is_never_the_state_of_a_safe_sensor() -> None:
    assert STATES[0] == "good"
    assert STATES[STUCK] == "stuck"
    values = noisy(200)
    values[150:] = 1.5
    times = at(np.arange(200))
    assert (health_over(times, values, at=times[180:]) == STUCK).all()


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: Usual(jumps="many"), "no way many to look for jumps; expected plain"),
        (lambda: Usual(silent_after=0), "silent after 0 intervals, stuck after 72"),
        (lambda: judged([1.0], every=0.0), "The usual interval is 0.0 h; expected above 0"),
        (lambda: judged([1.0, 2.0], received=at([1])), "needs the time it was received"),
    ],
)
def test_wrong_questions_are_refused(call, words) -> None:
    with pytest.raises(InputError, match=words):
        call()
