"""The rules to begin with: what they say, and thresholds from a sensor's own past."""

from dataclasses import replace

import numpy as np
import pytest

from cockpit.locale import catalogue
from cockpit.risk.rules import State, advance
from cockpit.risk.sensor_health import KINDS
from cockpit.risk.trial import Outcome, Trial, pooled, try_rule
from cockpit.risk.usual_rules import USUAL_RULES, at_interval, from_own_past
from geodata.errors import InputError
from geodata.synthetic.sensors import EVERY_HOURS, everyday

START = np.datetime64("2025-01-01T00:00:00", "s")


def hours(n):
    return START + np.arange(n).astype("timedelta64[h]")


def levels(rule, values):
    return [step.level for step in advance(rule, State(), hours(len(values)), values)[1]]


def test_every_rule_is_for_a_known_kind_and_names_its_source() -> None:
    chinese = catalogue("zh")
    for name, usual in USUAL_RULES.items():
        assert usual.id == name
        assert usual.kind in KINDS
        assert len(usual.source) > 10
        assert usual.title in chinese
    assert {usual.kind for usual in USUAL_RULES.values()} == set(KINDS)
    assert [name for name, usual in USUAL_RULES.items() if not usual.confirm] == [
        "rain_12h", "rain_6h", "rain_3h",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("rain", "warned"),
    [
        ([5.0] * 10, {"rain_12h": [1], "rain_6h": [], "rain_3h": []}),
        ([9.0] * 6, {"rain_12h": [1], "rain_6h": [2], "rain_3h": []}),
        ([17.0] * 3, {"rain_12h": [1], "rain_6h": [2], "rain_3h": [3]}),
        ([30.0, 30, 40], {"rain_12h": [1], "rain_6h": [2], "rain_3h": [3, 4]}),
        ([4.0] * 12, {"rain_12h": [], "rain_6h": [], "rain_3h": []}),
    ],
)
def test_rain_warnings_by_the_national_table(rain, warned) -> None:
    for name, told in warned.items():
        assert levels(USUAL_RULES[name].rule, np.array(rain)) == told


def test_counts_of_readings_fit_the_interval() -> None:
    rule = USUAL_RULES["pm25"].rule
    assert (rule.hold, rule.clear_hold, rule.least) == (2, 12, 3)
    slow = at_interval(rule, 3)
    assert (slow.hold, slow.clear_hold, slow.least) == (1, 4, 1)
    assert replace(slow, hold=2, clear_hold=12, least=3) == rule
    assert at_interval(rule, 0.25).hold == 8
    with pytest.raises(InputError, match="usual interval is 0 h"):
        at_interval(rule, 0)


def test_thresholds_of_its_own_past() -> None:
    values = np.random.default_rng(1).permutation(np.arange(2001) / 1000)
    rule = from_own_past(USUAL_RULES["level_high"], hours(2001), values)
    assert rule.thresholds == pytest.approx((1.94, 1.96, 1.98, 1.996))
    assert rule.clear_margin == pytest.approx(0.06)  # down to 94 %: twice as many lie above
    assert rule.hold == USUAL_RULES["level_high"].rule.hold
    rain = USUAL_RULES["rain_3h"]
    assert from_own_past(rain, hours(2), np.zeros(2)) is rain.rule


def test_a_stuck_past_does_not_count() -> None:
    values = np.round(1 + np.random.default_rng(2).normal(0, 0.05, 4000), 2)
    sound = from_own_past(USUAL_RULES["level_high"], hours(3000), values[:3000])
    values[3000:] = 3.3
    assert from_own_past(USUAL_RULES["level_high"], hours(4000), values).thresholds == (
        pytest.approx(sound.thresholds, abs=0.011)
    )


def test_a_sensor_that_hardly_moves_still_has_four_colours() -> None:
    values = np.where(np.arange(2000) % 2, 1.0, 1.5)
    assert from_own_past(USUAL_RULES["level_high"], hours(2000), values).thresholds == (
        1.5, 2.0, 2.5, 3.0,
    )  # fmt: skip


def test_too_little_past_is_refused() -> None:
    usual = USUAL_RULES["level_rise"]
    with pytest.raises(InputError, match="499 sound readings of 21 days are too few"):
        from_own_past(usual, hours(499), np.arange(499.0))
    with pytest.raises(InputError, match="0 sound readings of 0 days"):
        from_own_past(usual, hours(3), np.full(3, np.nan))


def next_year(name, seeds, share=0.98) -> Trial:
    """Fit a rule on a year of each of eight gauges and let it warn in the next."""
    n = 365 * 24 // EVERY_HOURS
    times = START + (np.arange(2 * n) * EVERY_HOURS).astype("timedelta64[h]")
    trials = []
    for seed in seeds:
        for level in np.round(everyday(2 * n, np.random.default_rng(seed))[:8], 2):
            rule = at_interval(from_own_past(USUAL_RULES[name], times[:n], level[:n]), EVERY_HOURS)
            harm = Outcome(float(np.quantile(level[:n], share)), within_hours=24)
            trials.append(try_rule(times[n:], level[n:], rule, harm))
    return pooled(trials)


@pytest.mark.parametrize(
    ("name", "most", "precision", "recall"),
    [("level_high", 9.0, 0.65, 0.95), ("level_rise", 6.0, 0.65, 0.4)],
)
def test_warnings_of_water_hold_in_a_year_that_no_threshold_has_seen(
    name, most, precision, recall
) -> None:
    found = next_year(name, (10, 11))  # not the gauges that the shares were chosen on
    assert found.alarms_a_year <= most  # a gauge; one a month is what people will read
    assert found.precision >= precision
    assert found.recall >= recall
    assert found.lead_hours >= EVERY_HOURS
