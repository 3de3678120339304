"""Rules of warning on three years of air: false alarms and lead time, beside a naive rule.

Twelve stations of Beijing, hourly PM2.5, March 2013 to February 2016, with their real gaps. Harm
is a mean of 24 hours of 150 µg/m³ or more (heavy pollution, AQI above 200) and of 250 (severe, AQI
above 300) by HJ 633-2012, table 1, each within 24 hours after the warning. Rules are chosen on the
first two years and judged on the third, which no choice has seen.

Run: python -m tests.benchmarks.bench_alerts
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd

from cockpit.risk.rules import LEVELS, Rule, State, advance
from cockpit.risk.trial import Outcome, Trial, pooled, try_rule
from cockpit.risk.usual_rules import USUAL_RULES, UsualRule, at_interval, from_own_past
from geodata.synthetic.sensors import EVERY_HOURS, everyday
from tests.benchmarks.figures import line, note

AIR = Path(__file__).parents[3] / "shared" / "data" / "beijing_air"
THIRD_YEAR = np.datetime64("2015-03-01T00:00:00")
HEAVY = Outcome(150.0, "mean", 24.0, within_hours=24.0, least=18)
SEVERE = replace(HEAVY, threshold=250.0)
# Blue and yellow are for heavy pollution, orange and red for severe.
HARM = {1: HEAVY, 2: HEAVY, 3: SEVERE, 4: SEVERE}
THRESHOLDS = (115.0, 150.0, 200.0, 250.0)
NAIVE = Rule(THRESHOLDS)
LEAST_LEAD = 3.0  # hours, of blue and yellow: a warning that comes with the harm is none
FLAP = np.timedelta64(6, "h")  # a warning so soon after the last one ended is the same one again

Series = dict[str, tuple[np.ndarray, np.ndarray]]


def main() -> None:
    """Choose on two years, print the third."""
    if not AIR.is_dir():
        print("Skipped: ../shared/data/beijing_air is not there.")
        return
    stations = read()
    first = {k: (t[t < THIRD_YEAR], v[t < THIRD_YEAR]) for k, (t, v) in stations.items()}
    third = {k: (t[t >= THIRD_YEAR], v[t >= THIRD_YEAR]) for k, (t, v) in stations.items()}
    rolling, rising = choose(means(), first, ahead=LEAST_LEAD), choose(rises(), first, ahead=0)
    print(f"chosen on two years, rolling: {told(rolling)}")
    print(f"chosen on two years, rising:  {told(rising)}")
    # To begin with, three readings in a window must do: many stations send one in three hours.
    same = replace(USUAL_RULES["pm25"].rule, least=rolling.least) == rolling
    print(f"the rolling one is the cockpit's rule to begin with: {same}")
    for title, data in (("First two years (chosen on)", first), ("Third year (held out)", third)):
        print(f"\n{title}")
        table({"rolling": rolling, "rising": rising, "naive": NAIVE}, data)
    print()
    budgets(rolling, third)
    gauges()
    speed(rolling, stations)


def read() -> Series:
    """Return times and PM2.5 of each station, NaN where nothing was measured."""
    table = pd.read_csv(AIR / "prsa_2013-03_2016-02.csv.xz", usecols=["station", "time", "PM2.5"])
    return {
        station: (own["time"].to_numpy().astype("datetime64[s]"), own["PM2.5"].to_numpy(float))
        for station, own in table.groupby("station")
    }


def means() -> Iterable[Rule]:
    """Return rules over rolling means: three in four hours of a window must be there."""
    for hours, margin, hold, clear in product((6, 12, 24), (25.0, 40.0), (1, 2, 3), (6, 12)):
        yield Rule(
            THRESHOLDS, aggregate="mean", window_hours=hours, least=hours * 3 // 4,
            clear_margin=margin, hold=hold, clear_hold=clear, gap_hours=12,
        )  # fmt: skip


def rises() -> Iterable[Rule]:
    """Return rules over a rise within hours."""
    for hours, scale, hold in product((6, 12), (60.0, 80.0, 100.0), (1, 2)):
        yield Rule(
            (scale, 1.5 * scale, 2 * scale, 3 * scale), aggregate="rise", window_hours=hours,
            clear_margin=20, hold=hold, clear_hold=6, gap_hours=12,
        )  # fmt: skip


def choose(rules: Iterable[Rule], data: Series, *, ahead: float) -> Rule:
    """Return the rule of the highest mean F1 of its colours whose first two come early enough."""
    best, most = None, -1.0
    for rule in rules:
        trials = [tried(rule, data, level) for level in HARM]
        if min(trial.lead_hours for trial in trials[:2]) < ahead:
            continue
        score = float(np.mean([f1(trial) for trial in trials]))
        if score > most:
            best, most = rule, score
    assert best is not None
    return best


def tried(rule: Rule, data: Series, level: int) -> Trial:
    """Return one colour of a rule at all stations together."""
    return pooled(try_rule(*series, rule, HARM[level], level=level) for series in data.values())


def f1(trial: Trial) -> float:
    """Return the harmonic mean of precision and recall."""
    both = trial.precision + trial.recall
    return 2 * trial.precision * trial.recall / both if both > 0 else 0.0


def flaps(trial: Trial) -> float:
    """Return warnings a year and station that began within hours of the end of the one before."""
    n = 0
    for judged in trial.judged:
        n += int((judged.alarms.begin[1:] - judged.alarms.end[:-1] <= FLAP).sum())
    return n / trial.years


def told(rule: Rule) -> str:
    """Return a rule in a line."""
    return (
        f"{rule.aggregate} of {rule.window_hours:g} h, "
        f"{'/'.join(f'{t:g}' for t in rule.thresholds if t is not None)} µg/m³, margin "
        f"{rule.clear_margin:g}, {rule.rows[0]} readings raise, {rule.rows[1]} clear"
    )


def table(rules: dict[str, Rule], data: Series) -> None:
    """Print every rule and colour."""
    print(
        f"{'rule':<9}{'colour':<8}{'harm':<7}{'alarms':>7}{'hits':>6}{'(late':>7}{'again)':>8}"
        f"{'false':>7}{'unsure':>8}{'harms':>7}{'missed':>8}{'precision':>11}{'recall':>8}"
        f"{'lead h':>8}{'false/a':>9}{'flaps/a':>9}{'open %':>8}"
    )
    for (name, rule), level in product(rules.items(), HARM):
        t = tried(rule, data, level)
        print(
            f"{name:<9}{LEVELS[level]:<8}{HARM[level].threshold:<7g}{t.alarms:>7}{t.hits:>6}"
            f"{t.late:>7}{t.repeats:>8}{t.false_alarms:>7}{t.undecided:>8}{t.episodes:>7}"
            f"{t.missed:>8}{t.precision:>11.2f}{t.recall:>8.2f}{t.lead_hours:>8.1f}"
            f"{t.false_a_year:>9.1f}{flaps(t):>9.1f}{100 * t.open_share:>8.1f}"
        )


def budgets(rule: Rule, data: Series) -> None:
    """Print what the held-out year must keep, a year and station."""
    blue, yellow = tried(rule, data, 1), tried(rule, data, 2)
    naive = tried(NAIVE, data, 2)
    line("held out, yellow: precision", yellow.precision, "", 0.6, at_least=True)
    line("held out, yellow: recall", yellow.recall, "", 0.9, at_least=True)
    line("held out, yellow: median lead time", yellow.lead_hours, "h", LEAST_LEAD, at_least=True)
    line("held out, yellow: false alarms a year and station", yellow.false_a_year, "", 15)
    line("held out, blue: median lead time", blue.lead_hours, "h", 8, at_least=True)
    line(
        "held out, yellow: flaps, share of the naive rule's", flaps(yellow) / flaps(naive), "", 0.1
    )
    note("the naive rule: false alarms a year and station", naive.false_a_year, "")


def gauges() -> None:
    """Print rules of levels on made-up gauges that no choice has seen, and on a year of air."""
    old = {
        "level_high": Rule((0.95, 0.98, 0.99, 0.998), hold=2, clear_hold=4, gap_hours=24),
        "level_rise": Rule((0.99, 0.995, 0.998, 0.9995), aggregate="rise", window_hours=6,
                           clear_hold=4, gap_hours=24),
    }  # fmt: skip
    made = list(levels((10, 11)))
    air = [(t[t < THIRD_YEAR], v[t < THIRD_YEAR], t[t >= THIRD_YEAR], v[t >= THIRD_YEAR])
           for t, v in read().values()]  # fmt: skip
    for name, before in old.items():
        usual = USUAL_RULES[name]
        for title, data in (("gauges", made), ("air", air)):
            for when, one in (("before", replace(usual, rule=before)), ("now", usual)):
                found = pooled(fitted(one, *series) for series in data)
                note(f"{name} {when}, {title}: warnings a year", found.alarms_a_year, "")
                note(f"{name} {when}, {title}: precision", found.precision, "")
                note(f"{name} {when}, {title}: recall", found.recall, "")
                note(f"{name} {when}, {title}: median lead time", found.lead_hours, "h")


def levels(seeds: Iterable[int]) -> Iterable[tuple[np.ndarray, ...]]:
    """Return times and levels of a year and of the next one, gauge by gauge."""
    n = 365 * 24 // EVERY_HOURS
    times = THIRD_YEAR + (np.arange(2 * n) * EVERY_HOURS).astype("timedelta64[h]")
    for seed in seeds:
        for level in np.round(everyday(2 * n, np.random.default_rng(seed))[:8], 2):
            yield times[:n], level[:n], times[n:], level[n:]


def fitted(
    usual: UsualRule, times: np.ndarray, past: np.ndarray, then: np.ndarray, values: np.ndarray
) -> Trial:
    """Fit a rule and its harm on the past, and judge it by what came then."""
    every = float(np.median(np.diff(times) / np.timedelta64(3600, "s")))
    rule = at_interval(from_own_past(usual, times, past), every)
    harm = Outcome(float(np.nanquantile(past, 0.98)), within_hours=24)
    return try_rule(then, values, rule, harm)


def speed(rule: Rule, data: Series) -> None:
    """Print how long one rule takes over all readings."""
    n = sum(len(times) for times, _ in data.values())
    start = time.process_time()
    for times, values in data.values():
        advance(rule, State(), times, values)
    line(f"one rule over {n:,} readings", time.process_time() - start, "s", 1.0)


if __name__ == "__main__":
    main()
