"""The parser of ``risk``; every start builds it, so it needs none of the methods."""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

METHODS = {
    "density": "events per km2 on a grid, adaptive kernel, corrected at the border of the areas",
    "gi": "hot and cold spots by Getis-Ord Gi*, permutations, false discoveries controlled",
    "moran": "clusters and outliers by local Moran's I, likewise",
    "hotspots": "areas with more events around them than their residents explain",
    "eb": "rates by area, those of few residents drawn towards the mean (empirical Bayes)",
    "spatial-eb": "the same, drawn towards the mean of the neighbours",
    "scan": "clusters in space and time by the scan statistic",
    "near-repeat": "how much likelier an event is soon after and near another (Knox)",
    "emerging": "hot spots by their history: new, intensifying, persistent, diminishing ...",
    "c1": "unusual days by EARS C1", "c2": "by EARS C2", "c3": "by EARS C3",
    "cusum": "unusual days by cumulative sums",
    "seasonal": "unusual days beside a baseline of weekdays and seasons",
    "forecast": "events to be expected next, by square",
    "backtest": "how well such forecasts did, beside the last period's map and a plain kernel",
    "composite": "an index of several criteria by area, and how it depends on their weights",
    "impact": "people affected by a hazard, by area, and what they need",
    "rule": "warnings of a rule over readings, judged by what then happened",
}  # fmt: skip
"""What ``--method`` may be; ``cockpit.commands.risk`` computes each."""

_RISK = """find out where and when trouble builds up, on plain files, without a store

FILE is, by the method, a table or map file of events (lon, lat, time, category; also 经度, 纬度,
受理时间, 类别 ...), of readings (sensor, time, value), or of numbers by id (composite, impact).
--regions is a map file of areas with an id and residents (people, 人口). Rows that cannot be used
are left out and listed. The same files and seed give the same result."""

_EXAMPLES = """examples:
  python -m cockpit risk events.csv --regions cells.geojson --method scan --json
  python -m cockpit risk events.csv --regions cells.geojson --method gi -o hot.geojson
  python -m cockpit risk events.csv --method near-repeat --bands-m 0,100,200,400 --bands-days 7,14
  python -m cockpit risk events.csv --regions cells.geojson --method backtest --period month
  python -m cockpit risk readings.csv --method rule --value PM2.5 --thresholds 75,115,150,250 \\
      --window-hours 24 --aggregate mean --harm 150,mean,24,24
  python -m cockpit risk criteria.csv --method composite --weights entropy -o index.csv
"""


def _number(
    expected: str, fits: Callable[[float], bool], kind: Callable[[str], Any] = float
) -> Callable[[str], Any]:
    """Return a type of ``argparse`` that says in plain words what it expects."""

    def read(text: str) -> Any:
        try:
            number = kind(text)
        except ValueError:
            number = None
        if number is None or not (math.isfinite(number) and fits(number)):
            raise argparse.ArgumentTypeError(f"{text} is not {expected}")
        return number

    return read


_SHARE = _number("a number above 0 and below 1", lambda value: 0 < value < 1)
_LENGTH = _number("a length above 0 in metres", lambda value: value > 0)
_AMOUNT = _number("a number, 0 or more", lambda value: value >= 0)
_COUNT = _number("a whole number, 1 or more", lambda value: value >= 1, int)
_SEED = _number("a whole number, 0 or more", lambda value: value >= 0, int)


def add(commands: Any) -> None:
    """Add the command ``risk``."""
    listed = "\n".join(f"  {name:<12} {text}" for name, text in METHODS.items())
    parser = commands.add_parser(
        "risk",
        help="find out where and when trouble builds up, on plain files",
        description=_RISK,
        epilog=f"methods:\n{listed}\n\n{_EXAMPLES}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("file", type=Path, metavar="FILE", help="events, readings or numbers")
    parser.add_argument("--method", required=True, choices=tuple(METHODS), metavar="METHOD",
                        help="see below")  # fmt: skip
    parser.add_argument("--regions", type=Path, metavar="FILE", help="areas: a map file")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("-o", "--output", type=Path, metavar="FILE",
                        help="write it instead: ends in json, csv, xlsx or geojson")  # fmt: skip
    _add_choice(parser)
    _add_space(parser)
    _add_time(parser)
    _add_rules(parser)
    _add_criteria(parser)
    parser.set_defaults(run=_risk)


def _add_choice(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("which events")
    group.add_argument("--category", action="append", help="only this category (may be repeated)")
    group.add_argument("--from", dest="start", default="", metavar="DAY", help="from this day on")
    group.add_argument("--to", dest="end", default="", metavar="DAY", help="up to this day")
    group.add_argument("--crs", default="EPSG:4326", metavar="EPSG:n",
                       help="system of the coordinates in a table (default: degrees)")  # fmt: skip


def _add_space(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("places")
    group.add_argument("--permutations", type=_COUNT, metavar="N",
                       help="or simulations (default: 999; large scans 99)")  # fmt: skip
    group.add_argument("--seed", type=_SEED, default=20240501, help="of all random draws")
    group.add_argument(
        "--alpha", type=_SHARE, default=0.05, help="false discoveries (default: 0.05)"
    )
    group.add_argument("--cell-m", type=_LENGTH, metavar="M",
                       help="width of a square (default: by the extent)")  # fmt: skip
    group.add_argument("--bandwidth-m", type=_LENGTH, metavar="M",
                       help="of the kernel (default: by the events)")  # fmt: skip
    group.add_argument("--bands-m", default="0,100,200,300,400,500", metavar="M,...",
                       help="bounds of the bands of distance (near-repeat)")  # fmt: skip
    group.add_argument("--bands-days", default="0,7,14,21,28", metavar="D,...",
                       help="bounds of the bands of time (near-repeat)")  # fmt: skip


def _add_time(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("times")
    group.add_argument("--period", choices=("day", "week", "month"),
                       help="(default: week; forecasts: month)")  # fmt: skip
    group.add_argument("--prospective", action="store_true",
                       help="scan: only clusters that last until the end")  # fmt: skip
    group.add_argument("--space-only", action="store_true", help="scan: all periods as one")
    group.add_argument("--adjust-time", action="store_true",
                       help="scan: a season that all areas share is no cluster")  # fmt: skip
    group.add_argument("--most-share", type=_SHARE, metavar="S",
                       help="scan: of the people in the largest circle (default: 0.5, less for "
                       "more than 300 areas)")  # fmt: skip
    group.add_argument("--by-region", action="store_true",
                       help="unusual days for each area, not for all together")  # fmt: skip


def _add_rules(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("rules over readings")
    group.add_argument("--value", default="", metavar="COLUMN", help="column of the readings")
    group.add_argument("--thresholds", metavar="BLUE,YELLOW,ORANGE,RED",
                       help="an empty one is not used, as in 75,,150,250")  # fmt: skip
    group.add_argument("--below", action="store_true", help="warn when the value falls")
    group.add_argument("--clear", type=_AMOUNT, default=0.0, metavar="V",
                       help="a warning ends this far on the good side")  # fmt: skip
    group.add_argument("--hold", type=_COUNT, default=1, metavar="N",
                       help="readings in a row before it begins")  # fmt: skip
    group.add_argument("--window-hours", type=_AMOUNT, default=0.0, metavar="H")
    group.add_argument(
        "--aggregate", default="last", choices=("last", "mean", "max", "sum", "rise")
    )
    group.add_argument("--harm", metavar="VALUE,AGGREGATE,HOURS,WITHIN",
                       help="what warnings are judged by: e.g. 150,mean,24,24")  # fmt: skip


def _add_criteria(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("criteria and impacts")
    group.add_argument("--weights", default="equal", metavar="equal|entropy|A=2,B=1",
                       help="of the criteria (default: equal)")  # fmt: skip
    group.add_argument("--comparisons", type=Path, metavar="FILE",
                       help="pairwise judgements for AHP: a square table by id")  # fmt: skip
    group.add_argument("--lower-is-worse", default="", metavar="A,B",
                       help="criteria of which less is more risk")  # fmt: skip
    group.add_argument("--topsis", action="store_true", help="rank by TOPSIS")
    group.add_argument("--hazard", default="hazard", metavar="COLUMN",
                       help="depth of water in m; others are people (default: hazard)")  # fmt: skip
    group.add_argument("--hazard-classes", action="store_true",
                       help="the hazard is a class from 1 to 4")  # fmt: skip
    group.add_argument("--days", type=_COUNT, default=1, help="that needs are for (default: 1)")


def _risk(given: argparse.Namespace) -> int:
    from cockpit.commands.risk import run

    return run(given)
