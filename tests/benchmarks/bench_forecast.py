"""Memphis robberies, April to September 2019: each month forecast from what came before it.

Run: python -m tests.benchmarks.bench_forecast
"""

from __future__ import annotations

import time

import numpy as np

from cockpit.risk.backtest import (
    KERNEL_CHOSEN,
    LAST_PERIOD,
    OURS,
    SHARES,
    Backtest,
    backtest,
    kernel_name,
)
from cockpit.risk.forecast import forecast
from tests.benchmarks.figures import line, note
from tests.benchmarks.memphis import FIRST_DAYS, memphis

KERNELS_M = (100.0, 150.0, 200.0, 250.0, 300.0, 500.0, 750.0, 1000.0)


def main() -> None:
    """Print PAI, hit rates, gains with their spread, calibration and the time it takes."""
    city = memphis()
    if city is None:
        print("The robberies of Memphis are not there")
        return
    periods = [(FIRST_DAYS[m], FIRST_DAYS[m + 1] - FIRST_DAYS[m]) for m in range(3, 9)]
    data = (city.x, city.y, city.day, city.grid)
    begin = time.process_time()
    made = forecast(
        *data, at=FIRST_DAYS[9], horizon_days=31.0, inside=city.inside, people=city.people
    )
    line("one forecast", time.process_time() - begin, "s", 5)
    note("events expected in October", made.total, "")
    for part, share in made.weights:
        note(f"   share of {part.kind} ({part.bandwidth_m:g} m)", share, "")
    begin = time.process_time()
    result = backtest(
        *data, periods=periods, inside=city.inside, people=city.people, kernels_m=KERNELS_M
    )
    note("six months forecast and judged beside ten other maps", time.process_time() - begin, "s")
    without = backtest(*data, periods=periods, inside=city.inside, kernels_m=())
    _print(result)
    note("PAI at 5 % without people", without.mean_pai(OURS, 0.05), "")
    fixed = [kernel_name(m) for m in KERNELS_M]
    best = max(fixed, key=lambda name: result.mean_pai(name, 0.05))
    print(f"the best plain kernel, known only afterwards: {best}")
    for name in (LAST_PERIOD, kernel_name(500.0), KERNEL_CHOSEN, best):
        gain, error, won = result.gain(name, 0.05)
        line(f"PAI at 5 % above {name} (± {error:.2f}, {won} of 6 won)", gain, "", 0, at_least=True)
    _calibration(result)


def _print(result: Backtest) -> None:
    print(
        f"{'PAI (hit rate) at a share of the area of':<42}" + "".join(f"{s:>15.0%}" for s in SHARES)
    )
    for name in dict.fromkeys(s.map for s in result.scores):
        cells = (
            f"{result.mean_pai(name, s):7.2f} ({result.mean_hit_rate(name, s):5.1%})"
            for s in SHARES
        )
        print(f"{name:<42}" + "".join(f"{cell:>15}" for cell in cells))
    for name in (OURS, LAST_PERIOD, kernel_name(500.0), KERNEL_CHOSEN):
        by_month = [f"{s.pai:6.2f}" for s in result.scores if (s.map, s.share) == (name, 0.05)]
        print(f"{name + ', PAI at 5 %, April to September':<50}", *by_month)


def _calibration(result: Backtest) -> None:
    bins = result.reliability
    print("expected events of a square from   squares  expected  observed (90 % interval)")
    for i, least in enumerate(bins.least):
        print(
            f"{least:33.5f} {bins.squares[i]:9d} {bins.expected[i]:9.1f} {bins.observed[i]:9d} "
            f"({bins.lower[i]:.0f} to {bins.upper[i]:.0f})"
        )
    line("expected over observed, all", bins.expected.sum() / bins.observed.sum(), "", 1.1)
    line("bins whose interval holds the expected", bins.within, "", 0.7, at_least=True)
    note("squares within the 90 % interval", result.interval_held, "")
    line("the same, of the busiest tenth", result.busy_held, "", 0.9, at_least=True)
    assert np.isclose(
        bins.observed.sum(), sum(s.events for s in result.scores if s.map == OURS) / 4
    )


if __name__ == "__main__":
    main()
