"""
Commands that answer questions: their parsers, which need none of the measures behind them.

Every start of the cockpit builds the parsers; only a command that is run imports its module.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from cockpit.answers.coverage_keys import KEYS
from cockpit.commands import (
    accounts_parser,
    alerts_parser,
    appeals_parser,
    audit_parser,
    briefing_parser,
    feed_parser,
    keys_parser,
    release_parser,
    risk_parser,
    solve_parser,
)

MODES = "walk, older, ebike, car, ambulance"
SERVICES = (
    "clinic, health_centre, hospital, medical, pharmacy, kindergarten, primary_school,\n"
    "junior_school, senior_school, day_care, care_home, ambulance, fire, police, shelter,\n"
    "village_service, government, market, bus_station, bank, library"
)
DECAYS = "exponential, gaussian, logistic, power, linear, step"
"""As the tables of modes, services and decays have them; a test holds them together."""


def add(commands: Any) -> None:
    """Add the commands to the others."""
    _add_coverage(commands)
    _add_matrix(commands)
    accounts_parser.add(commands)
    solve_parser.add(commands)
    risk_parser.add(commands)
    alerts_parser.add(commands)
    appeals_parser.add(commands)
    briefing_parser.add(commands)
    feed_parser.add(commands)
    audit_parser.add(commands)
    keys_parser.add(commands)
    release_parser.add(commands)
    _add_memo(commands)


_COVERAGE = """who reaches a service, how fast, and is it fair

Without --json it prints a summary to read; with --json one JSON object with every measure. With
--all it checks the county against all standards at once. Minutes at exactly the limit count as
within. Numbers are numbers; null means that there is none (no way, nobody, not known)."""


def _add_coverage(commands: Any) -> None:
    keys = "\n".join(f"  {key:<12} {text}" for key, text in KEYS.items())
    parser = commands.add_parser(
        "coverage",
        help="measure who reaches a service, or check all standards",
        description=_COVERAGE,
        epilog=f"services: {SERVICES}\n\nkeys of the JSON object:\n{keys}\n\n"
        "examples:\n  python -m cockpit coverage --service clinic --mode car --minutes 15 --json\n"
        "  python -m cockpit coverage --service primary_school --unit 529901001 -o villages.xlsx\n"
        "  python -m cockpit --lang zh coverage --all\n",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--service", help="id of a service, see below")
    what.add_argument("--all", action="store_true", help="check all standards: a health check")
    parser.add_argument("--mode", help=f"way of travelling: {MODES} (default: the service's own)")
    parser.add_argument(
        "--minutes", type=float, help="longest acceptable time (default: the service's own)"
    )
    parser.add_argument(
        "--decay", help=f"how far supply counts less, for the scores: {DECAYS} (default: the first)"
    )
    parser.add_argument("--group", help="whom it is for, such as people, age_0_14, age_60_plus")
    parser.add_argument(
        "--unit", default="", metavar="CODE",
        help="only the people of this region; facilities are the county's (default: the county)",
    )  # fmt: skip
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument(
        "-o", "--output", type=Path, metavar="FILE",
        help="write it instead: ends in json; or csv or xlsx for the villages (with --all: "
        "for the standards)",
    )  # fmt: skip
    parser.set_defaults(run=_coverage)


def _coverage(given: argparse.Namespace) -> int:
    from cockpit.commands.coverage import run

    return run(given)


_MATRIX = """write the travel times between two files of points, on the county's roads

ORIGINS and DESTINATIONS are tables with the columns id, lon and lat (also code, name, 编号, 经度,
纬度, x, y ...) in CSV, TSV, XLSX or Parquet, or points in GeoJSON, GeoPackage, FlatGeobuf or a
Shapefile with a property id. Travel is directed: there is not back.

The file has one row a pair: origin, destination, seconds (or metres); an empty figure means that
there is no way. With --wide: one row an origin, one column a destination."""

_EXAMPLES = """examples:
  python -m cockpit matrix villages.csv clinics.csv -o minutes.parquet --mode car
  python -m cockpit matrix homes.geojson schools.gpkg -o metres.csv --mode walk --cost length --wide
"""


def _add_matrix(commands: Any) -> None:
    parser = commands.add_parser(
        "matrix",
        help="write travel times between two files of points",
        description=_MATRIX,
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("origins", type=Path, metavar="ORIGINS", help="points to start from")
    parser.add_argument("destinations", type=Path, metavar="DESTINATIONS", help="points to reach")
    parser.add_argument(
        "-o", "--output", type=Path, required=True, metavar="FILE", help="ends in parquet or csv"
    )
    parser.add_argument("--mode", default="car", help=f"way of travelling: {MODES} (default: car)")
    parser.add_argument(
        "--cost", choices=("time", "length"), default="time",
        help="seconds of the fastest way, or metres of the shortest (default: time)",
    )  # fmt: skip
    shape = parser.add_mutually_exclusive_group()
    shape.add_argument("--long", action="store_true", help="one row a pair (default)")
    shape.add_argument("--wide", action="store_true", help="one column a destination")
    parser.set_defaults(run=_matrix)


def _matrix(given: argparse.Namespace) -> int:
    from cockpit.commands.matrix import run

    return run(given)


_MEMO = """write a scenario's decision memo: goal, plan, result, proof, winners and losers, limits

SCENARIO is the number of a saved scenario, or a scenario file (JSON) of the county in the store.
Every figure is counted again from the data first; a memo whose figures differ is not written. The
same scenario on the same data gives the same bytes."""


def _add_memo(commands: Any) -> None:
    parser = commands.add_parser(
        "memo",
        help="write a scenario's decision memo",
        description=_MEMO,
        epilog="examples:\n  python -m cockpit memo 12 -o memo.pdf --lang zh\n"
        "  python -m cockpit memo scenario.json -o memo.html\n",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("scenario", metavar="SCENARIO", help="number, or scenario file")
    parser.add_argument(
        "-o", "--output", type=Path, required=True, metavar="FILE", help="ends in pdf or html"
    )
    parser.add_argument(
        "--lang", dest="memo_language", choices=("zh", "en"),
        help="language of the memo (default: that of the messages)",
    )  # fmt: skip
    parser.set_defaults(run=_memo)


def _memo(given: argparse.Namespace) -> int:
    from cockpit.commands.memo import run

    return run(given)
