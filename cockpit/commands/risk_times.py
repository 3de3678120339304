"""``risk`` over time: unusual days, near repeats, warnings of a rule."""

from __future__ import annotations

import argparse
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cockpit.commands.risk_cases import Case, Found, periods_of
from cockpit.commands.risk_places import PERMUTATIONS
from cockpit.risk.aberration import cusum, ears, seasonal
from cockpit.risk.near_repeat import near_repeat
from cockpit.risk.rules import Rule
from cockpit.risk.trial import Outcome, pooled, try_rule
from geodata.errors import InputError
from loaders.incidents import read_series

_MOST_DAYS = 10_000
LEVELS = ("blue", "yellow", "orange", "red")


def unusual_days(case: Case, given: argparse.Namespace) -> Found:
    """Answer ``c1`` to ``seasonal``: days with more events than the days before let expect."""
    periods = periods_of(case.events, "day")
    if len(periods.starts) > _MOST_DAYS:
        raise InputError(
            "The events cover {n} days, from {first} on; unusual days are sought among {most} at "
            "most. Choose less time with --from and --to.",
            n=f"{len(periods.starts):,}", first=periods.name(0), most=f"{_MOST_DAYS:,}",
        )  # fmt: skip
    counts, names = _daily(case, given, periods)
    if given.method == "seasonal":
        found = seasonal(periods.starts, counts, alpha=given.alpha)
    elif given.method == "cusum":
        found = cusum(counts)
    else:
        found = ears(counts, given.method.upper())
    day, series = np.nonzero(found.alarm)
    rows = pd.DataFrame({
        "day": periods.starts[day].astype(str), "where": np.array(names, dtype=object)[series],
        "events": counts[day, series], "expected": found.expected[day, series],
        "statistic": found.statistic[day, series],
    })  # fmt: skip
    if found.q is not None:
        rows["q"] = found.q[day, series]
    judged = int(np.isfinite(found.statistic).sum())
    plain = {"days": len(counts), "from": periods.name(0), "judged": judged, "alarms": rows}
    return Found(
        "{n} unusual days among {days} ({series} series).",
        {"n": len(rows), "days": len(counts), "series": counts.shape[1]}, plain, rows,
    )  # fmt: skip


def _daily(case: Case, given: argparse.Namespace, periods: Any) -> tuple[NDArray[Any], list[str]]:
    """Return events by day and series, and the series' names."""
    if given.by_region:
        areas = case.require_areas()
        return case.counts_by(periods).T, [str(name) for name in areas.ids]
    at = periods.of(case.events.time)
    return np.bincount(at[at >= 0], minlength=len(periods.starts))[:, None], ["-"]


def repeats(case: Case, given: argparse.Namespace) -> Found:
    """Answer ``near-repeat``: the Knox table."""
    distances, days = bounds(given.bands_m, "--bands-m"), bounds(given.bands_days, "--bands-days")
    found = near_repeat(
        case.x, case.y, case.days, distances_m=distances, days=days,
        simulations=given.permutations or PERMUTATIONS,
        rng=np.random.default_rng(given.seed),
    )  # fmt: skip
    rows = pd.DataFrame([
        {
            "metres": metres, "days": span, "pairs": int(found.observed[i, j]),
            "expected": float(found.expected[i, j]), "ratio": float(found.ratio[i, j]),
            "p": float(found.p[i, j]),
        }
        for i, metres in enumerate(_bands(distances))
        for j, span in enumerate(_bands(days))
    ])  # fmt: skip
    first = rows.iloc[0]
    plain = {"distances_m": distances, "days": days, "bands": rows}
    return Found(
        "Within {metres} m and {days} days there are {ratio} times as many pairs of events as "
        "chance gives (p = {p}).",
        {
            "metres": first["metres"], "days": first["days"], "ratio": f"{first['ratio']:.2f}",
            "p": f"{first['p']:.3g}",
        },
        plain, rows,
    )  # fmt: skip


def _bands(edges: tuple[float, ...]) -> list[str]:
    return [f"{a:g}-{b:g}" for a, b in pairwise(edges)]


def bounds(text: str, option: str) -> tuple[float, ...]:
    """Return bounds of bands that were typed: numbers that rise."""
    try:
        found = tuple(float(part) for part in text.split(","))
    except ValueError:
        found = ()
    if len(found) < 2 or any(a >= b for a, b in pairwise(found)) or found[0] < 0:
        raise InputError(
            "{option} is {found}; expected numbers that rise, such as {example}.",
            option=option, found=text, example="0,100,200",
        )  # fmt: skip
    return found


# ------------------------------------------------------------ rules


def warnings_of(given: argparse.Namespace) -> Found:
    """Answer ``rule``: warnings over the past, judged by the harm that then came."""
    rule, outcome = _rule(given), _outcome(given)
    series = read_series(given.file, value=given.value)
    trials = {
        name: try_rule(times, values, rule, outcome)
        for name, (times, values) in series.sensors.items()
    }
    rows = pd.DataFrame([{"sensor": name, **_scores(t)} for name, t in trials.items()])
    whole = pooled(trials.values())
    plain = {
        "rule": rule.to_plain(), "sensors": rows, "all": _scores(whole),
        "left_out": [vars(one) for one in series.left_out],
    }  # fmt: skip
    return Found(
        "{alarms} warnings, {hits} of them followed by harm, {false} false; {missed} of {episodes} "
        "episodes came without warning. Median lead {lead} hours.",
        {
            "alarms": whole.alarms, "hits": whole.hits, "false": whole.false_alarms,
            "missed": whole.missed, "episodes": whole.episodes,
            "lead": "-" if np.isnan(whole.lead_hours) else f"{whole.lead_hours:.1f}",
        },
        plain, rows,
    )  # fmt: skip


def _scores(trial: Any) -> dict[str, object]:
    names = ("alarms", "hits", "false_alarms", "undecided", "episodes", "missed", "precision",
             "recall", "lead_hours", "false_a_year")  # fmt: skip
    return {name: getattr(trial, name) for name in names}


def _rule(given: argparse.Namespace) -> Rule:
    if not given.thresholds:
        raise InputError("A rule needs thresholds: give --thresholds, such as 75,115,150,250.")
    parts = given.thresholds.split(",")
    if len(parts) != len(LEVELS):
        raise InputError(
            "--thresholds is {found}; expected four, for blue, yellow, orange and red; leave one "
            "empty that is not used.", found=given.thresholds,
        )  # fmt: skip
    blue, yellow, orange, red = (
        None if not part.strip() else number(part, "--thresholds") for part in parts
    )
    return Rule(
        thresholds=(blue, yellow, orange, red), above=not given.below, clear_margin=given.clear,
        hold=given.hold, window_hours=given.window_hours, aggregate=given.aggregate,
    )  # fmt: skip


def _outcome(given: argparse.Namespace) -> Outcome:
    if not given.harm:
        raise InputError("Warnings are judged by harm: give --harm, such as 150,mean,24,24.")
    parts = given.harm.split(",")
    if len(parts) != 4 or parts[1] not in ("last", "mean", "max", "sum", "rise"):
        raise InputError(
            "--harm is {found}; expected a value, last, mean, max, sum or rise, the hours of the "
            "window, and within how many hours.", found=given.harm,
        )  # fmt: skip
    return Outcome(
        threshold=number(parts[0], "--harm"), aggregate=parts[1],
        window_hours=number(parts[2], "--harm"), within_hours=number(parts[3], "--harm"),
        above=not given.below,
    )  # fmt: skip


def number(text: str, option: str) -> float:
    """Return a number that was typed."""
    try:
        return float(text)
    except ValueError:
        raise InputError(
            "{option} has {found}; expected a number.", option=option, found=text
        ) from None
