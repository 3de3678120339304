"""The parser of ``release``: light, for every start of the cockpit builds it."""

from __future__ import annotations

import argparse
from typing import Any

_ABOUT = """make figures public: with noise under a yearly privacy budget, or with small ones hidden

Noise is drawn once, at "make", and stored with what it takes from the budget; looking again draws
nothing, and a discarded draft gives nothing back. A draft is not public until it is published."""

_EXAMPLES = """examples:
  python -m cockpit release tables
  python -m cockpit release expect age-3 --down-to village --epsilon 0.25
  python -m cockpit release make age-3 --down-to village --epsilon 0.25 --reason 公众关心的人口概况
  python -m cockpit release publish people-by-age-3-2025
  python -m cockpit release retract people-by-age-3-2025 --reason 村界有误
  python -m cockpit release budget --json
"""
LEVELS = ("county", "township", "village", "grid")


def add(commands: Any) -> None:
    """Add the command to the others."""
    parser = commands.add_parser(
        "release",
        help="make figures public, and see the privacy budget",
        description=_ABOUT,
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    acts = parser.add_subparsers(required=True, metavar="ACT", dest="act")
    acts.add_parser("list", help="list drafts, published and retracted releases")
    acts.add_parser("tables", help="list what can be released")
    acts.add_parser("budget", help="what the year's budget has left, and who spent it")
    _table(acts.add_parser("expect", help="tell the noise or gaps to expect; spends nothing"))
    make = acts.add_parser("make", help="draw and store the figures as a draft; spends epsilon")
    _table(make)
    make.add_argument("--reason", required=True, metavar="TEXT", help="why they are made public")
    make.add_argument("--note", default="", metavar="TEXT", help="for readers")
    for act, what in (
        ("publish", "make a draft public as the next version"),
        ("discard", "drop a draft; what it spent stays spent"),
        ("retract", "take a published version back; its notice stays"),
    ):
        one = acts.add_parser(act, help=what)
        one.add_argument("id", metavar="ID")
        if act == "retract":
            one.add_argument("--reason", required=True, metavar="TEXT", help="why; it is shown")
    for one in acts.choices.values():
        one.add_argument("--json", action="store_true", help="print JSON")
        one.set_defaults(run=_run)


def _table(parser: Any) -> None:
    parser.add_argument("table", metavar="TABLE", help="id of a table, see: release tables")
    parser.add_argument(
        "--down-to", choices=LEVELS, default="village", help="lowest level (default: village)"
    )
    parser.add_argument(
        "--epsilon", default="0.25", metavar="E",
        help="of the whole release, such as 0.25 or 1/4; for figures with noise (default: 0.25)",
    )  # fmt: skip


def _run(given: argparse.Namespace) -> int:
    from cockpit.commands.release import run

    return run(given)
