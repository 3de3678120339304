"""Rules to begin with for the sensors of a county, each with where its numbers come from."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from cockpit.risk.rules import Rule
from cockpit.risk.sensor_health import GOOD, KINDS, STUCK, health_over
from cockpit.risk.windows import Floats, Seconds, over_window, readings_of
from geodata.errors import InputError

# Shares of a sensor's own past that lie below blue, yellow, orange and red.
_STATES = (0.97, 0.98, 0.99, 0.998)
_CHANGES = (0.998, 0.999, 0.9995, 0.9998)  # changes are sudden and short: more would cry wolf
_RELEASE = 2.0  # a warning may clear where so many times more readings lie above than above blue
_LEAST_READINGS = 500
_LEAST_DAYS = 60


@dataclass(frozen=True)
class UsualRule:
    """
    A rule for one kind of sensor, in its usual unit.

    Readings in a row and in a window are counted for hourly readings; :func:`at_interval` fits
    them to a sensor that speaks more rarely or more often.

    With ``own`` the thresholds of the rule are shares (0 to 1) of the sensor's own past, for no
    norm knows this river's or this slope's numbers: :func:`from_own_past` puts in what lies there.
    """

    id: str
    kind: str  # of sensor
    unit: str
    title: str
    rule: Rule
    source: str  # where the thresholds come from
    confirm: bool  # a person of the department should look at the numbers first
    own: bool = False  # thresholds are shares of each sensor's own past


_RAIN_NORM = "中国气象局令第16号《气象灾害预警信号发布与传播办法》附件：暴雨预警信号"
_AIR_NORM = (
    "HJ 633-2012 表1：PM2.5 24小时平均 115、150、250 μg/m³ 为中度、重度、严重污染的下限；"
    "200为两者之间；HJ 633-2026自2026年3月1日起代替，分级须核对"
)

USUAL_RULES: dict[str, UsualRule] = {
    rule.id: rule
    for rule in (
        UsualRule(
            "rain_12h", "雨量", "mm", "Heavy rain in 12 hours",
            Rule((50.0, None, None, None), aggregate="sum", window_hours=12, clear_margin=10),
            _RAIN_NORM, confirm=False,
        ),
        UsualRule(
            "rain_6h", "雨量", "mm", "Heavy rain in 6 hours",
            Rule((None, 50.0, None, None), aggregate="sum", window_hours=6, clear_margin=10),
            _RAIN_NORM, confirm=False,
        ),
        UsualRule(
            "rain_3h", "雨量", "mm", "Heavy rain in 3 hours",
            Rule((None, None, 50.0, 100.0), aggregate="sum", window_hours=3, clear_margin=10),
            _RAIN_NORM, confirm=False,
        ),
        UsualRule(
            # Window, hold and margin: chosen on two years of readings (benchmark bench_alerts).
            "pm25", "空气质量", "μg/m³", "Fine particles",
            Rule(
                (115.0, 150.0, 200.0, 250.0), aggregate="mean", window_hours=12, clear_margin=40,
                hold=2, clear_hold=12, least=3, gap_hours=12,
            ),
            _AIR_NORM, confirm=True,
        ),
        UsualRule(
            # Both rules of levels: shares, margin and a quiet day to clear were chosen on made-up
            # gauges fitted on one year and judged on the next (test_usual_rules, bench_alerts).
            "level_high", "水位", "m", "High water",
            Rule(_STATES, clear_hold=24, gap_hours=24),
            "本站历史水位的97%、98%、99%、99.8%分位数；无全国统一数值，有警戒水位、保证水位的以其为准",
            confirm=True, own=True,
        ),
        UsualRule(
            "level_rise", "水位", "m", "Water rising fast",
            Rule(_CHANGES, aggregate="rise", window_hours=6, clear_hold=24, gap_hours=24),
            "本站历史6小时涨幅的99.8%、99.9%、99.95%、99.98%分位数；无全国统一数值",
            confirm=True, own=True,
        ),
        UsualRule(
            "smoke", "烟感", "dB/m", "Smoke",
            Rule((None, 0.1, None, 0.2), clear_margin=0.03, clear_hold=4),
            "参照GB 4715点型感烟火灾探测器响应阈值的量级；以设备说明书的报警值为准",
            confirm=True,
        ),
        UsualRule(
            "gas", "燃气", "%LEL", "Gas leak",
            Rule((None, None, 25.0, 50.0), clear_margin=5, clear_hold=4),
            "GB/T 50493-2019：一级报警不高于25%LEL，二级不高于50%LEL；颜色为本平台所定",
            confirm=True,
        ),
        UsualRule(
            "slope_day", "位移", "mm", "Slope moving",
            Rule(_CHANGES, aggregate="rise", window_hours=24, clear_hold=24, gap_hours=48),
            "本测点历史24小时位移的99.8%、99.9%、99.95%、99.98%分位数；无全国统一数值，"
            "须由地质灾害专业单位按变形阶段核定",
            confirm=True, own=True,
        ),
    )
}  # fmt: skip


def at_interval(rule: Rule, every_hours: float) -> Rule:
    """
    Fit counts of readings that are meant for hourly ones to another interval, each at least 1.

    Raises
    ------
    InputError
        If the interval is not above 0.
    """
    if not (np.isfinite(every_hours) and every_hours > 0):
        raise InputError("The usual interval is {every} h; expected above 0.", every=every_hours)
    hold, clear_hold, least = (
        max(1, round(count / every_hours)) for count in (*rule.rows, rule.least)
    )
    return replace(rule, hold=hold, clear_hold=clear_hold, least=least)


def from_own_past(
    usual: UsualRule, times: NDArray[np.generic], values: NDArray[np.generic]
) -> Rule:
    """
    Put a sensor's own past into a rule: thresholds at shares of what its window came to.

    Readings at which the sensor was stuck, jumping or out of range are left out. The margin
    reaches from blue down to what twice as many readings of the past lie above. A threshold that is
    not above the one before (a sensor that hardly moves) is lifted by the smallest step that its
    readings show.

    Shares of a whole year hold for the next one: made-up gauges (one reading in three hours),
    fitted on a year and judged on the next by whether the water rose above 98 % of its past within
    24 hours, had 8 warnings of "level_high" a gauge and year, 70 to 84 % of them right and no high
    water missed, and 5 of "level_rise", 71 to 77 % right, which foresaw half of it; both 3 hours
    (one reading) ahead at the median. Thresholds from dry months alone are too low for wet ones:
    they warned 30 times a year and gauge. Fit them anew once a whole year is known.

    Parameters
    ----------
    usual
        A rule with ``own`` thresholds; of any other the rule itself is returned.
    times, values
        The past, shape ``(n,)``, NaN: no reading; a year at best.

    Raises
    ------
    InputError
        If fewer than 500 sound readings or 60 days are known, or the sensor never moved.
    """
    if not usual.own:
        return usual.rule
    seconds, found = readings_of(times, values)
    sound = _sound(seconds, found, usual.kind)
    seconds, found = seconds[sound], found[sound]
    days = (seconds[-1] - seconds[0]) / 86_400 if len(seconds) else 0.0
    if len(found) < _LEAST_READINGS or days < _LEAST_DAYS:
        raise InputError(
            "{n} sound readings of {days} days are too few for thresholds of its own; expected "
            "{least} of {least_days} days.",
            n=len(found), days=f"{days:.0f}", least=_LEAST_READINGS, least_days=_LEAST_DAYS,
        )  # fmt: skip
    rule = usual.rule
    come_to, _ = over_window(seconds, found, rule.aggregate, rule.span_s, above=rule.above)
    shares = [share for share in rule.thresholds if share is not None]
    known = come_to[np.isfinite(come_to)]
    blue, yellow, orange, red = _rising(known, shares)
    release = float(np.quantile(known, max(0.0, 1 - _RELEASE * (1 - shares[0]))))
    return replace(
        rule, thresholds=(blue, yellow, orange, red), clear_margin=max(0.0, blue - release)
    )


def _sound(seconds: Seconds, values: Floats, kind: str) -> NDArray[np.bool_]:
    """Tell which readings to learn from; of a row that was stuck none, from its first on."""
    when = seconds.astype("datetime64[s]")
    states = health_over(when, values, at=when, usual=KINDS.get(kind))
    row = np.cumsum(np.diff(values, prepend=np.nan) != 0)
    sound: NDArray[np.bool_] = (states == GOOD) & ~np.isin(row, row[states == STUCK])
    return sound


def _rising(come_to: Floats, shares: list[float]) -> list[float]:
    """Return the thresholds at the shares of the past, each above the one before."""
    known = np.unique(come_to)
    if len(known) < 2:
        raise InputError("The sensor never moved; it has no thresholds of its own.")
    step = float(np.median(np.diff(known)))
    found: list[float] = []
    for threshold in np.quantile(come_to, shares).tolist():
        found.append(max(threshold, found[-1] + step) if found else threshold)
    return found
