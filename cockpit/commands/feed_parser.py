"""Parsers of the commands ``feed`` and ``replay``."""

from __future__ import annotations

import argparse
import math
from pathlib import Path
from typing import Any

_FEED = """make, list, switch off and remove live feeds

A feed is somebody who sends events or readings to this cockpit: POST /feed/ID with the header
"Authorization: Bearer TOKEN" and JSON, one object or a list. The token is shown once."""

_FEED_EXAMPLES = """examples:
  python -m cockpit feed add gateway --kind readings --title 水文站网
  curl -X POST http://127.0.0.1:8501/feed/gateway -H "Authorization: Bearer $TOKEN" \\
    -d '{"sensor": "SW001", "time": "2025-11-01T08:30", "value": 3.12, "unit": "m"}'

fields of a reading: sensor, time, value, and if wanted unit, id
fields of an event: id, category, reported, and if wanted channel, text, lon, lat, code, address,
building, closed, status
"""


def add(commands: Any) -> None:
    """Add the commands to the others."""
    _add_feed(commands)
    _add_replay(commands)


def _add_feed(commands: Any) -> None:
    parser = commands.add_parser(
        "feed",
        help="make, list and remove live feeds",
        description=_FEED,
        epilog=_FEED_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    acts = parser.add_subparsers(required=True, metavar="ACT", dest="act")
    make = acts.add_parser("add", help="make a feed and print its token, this once")
    make.add_argument("id", metavar="ID", help="small letters, digits and _")
    make.add_argument("--kind", required=True, choices=("events", "readings"))
    make.add_argument("--title", default="", help="its name on the pages (default: ID)")
    make.add_argument(
        "--class", dest="data_class", default="备用", metavar="CLASS",
        help="公开, 备用, 敏感 or 秘密 (default: 备用)",
    )  # fmt: skip
    make.add_argument("--exercise", action="store_true", help="for an exercise; its title says so")
    acts.add_parser("list", help="list the feeds, when each came last and what was refused")
    for act, what in (
        ("disable", "switch a feed off; its rows stay"),
        ("enable", "switch it on again"),
        ("token", "print another token; the one before is worth nothing then"),
        ("remove", "delete a feed with all its rows"),
    ):
        one = acts.add_parser(act, help=what)
        one.add_argument("id", metavar="ID")
        if act == "remove":
            one.add_argument("--yes", action="store_true", help="really delete its rows")
    acts.add_parser("settle", help="let the county's figures count the events that have come")
    parser.set_defaults(run=_feed)


_REPLAY = """send a stored period again, in the order of its times, at any speed

It is read from this installation's store, from another one (--store) or from a county's files
(--files), and sent to a running cockpit (--to) or straight into another store (--into). Tokens come
from the environment, COCKPIT_TOKEN_<ID> in capitals, or from --token ID=TOKEN.

With --shift the times end now, ids get a prefix, and only feeds made with --exercise take it."""

_REPLAY_EXAMPLES = """examples:
  python -m cockpit replay --readings-feed gateway --start 2025-10-01 --speed 60
  python -m cockpit replay --files county.toml --events-feed drill --shift --speed max
  python -m cockpit replay --events-feed events2 --into sqlite:///other/county.sqlite

exit codes: 0 all rows are stored now, 1 refused as a whole, 4 some rows were refused
"""


def _speed(text: str) -> float:
    if text == "max":
        return math.inf
    speed = float(text.removeprefix("x"))
    if not speed > 0:
        raise ValueError
    return speed


def _add_replay(commands: Any) -> None:
    parser = commands.add_parser(
        "replay",
        help="send a stored period again, at any speed",
        description=_REPLAY,
        epilog=_REPLAY_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    source = parser.add_mutually_exclusive_group()
    source.add_argument("--store", default="", metavar="ADDRESS", help="another store's address")
    source.add_argument("--files", type=Path, metavar="county.toml", help="a county's files")
    target = parser.add_mutually_exclusive_group()
    target.add_argument(
        "--to", default="http://127.0.0.1:8501", metavar="URL",
        help="a running cockpit (default: http://127.0.0.1:8501)",
    )  # fmt: skip
    target.add_argument("--into", default="", metavar="ADDRESS", help="another store's address")
    parser.add_argument("--events-feed", default="", metavar="ID", help="feed that takes events")
    parser.add_argument(
        "--readings-feed", default="", metavar="ID", help="feed that takes readings"
    )
    parser.add_argument(
        "--token", action="append", default=[], metavar="ID=TOKEN", help="token of a feed"
    )
    parser.add_argument("--start", default="", metavar="TIME", help="from this time on, 2025-10-01")
    parser.add_argument("--end", default="", metavar="TIME", help="before this time")
    parser.add_argument(
        "--speed", type=_speed, default=math.inf, metavar="N",
        help="1, 60 ... times as fast as it was, or max (default: max)",
    )  # fmt: skip
    parser.add_argument("--shift", action="store_true", help="let the times end now: an exercise")
    parser.add_argument("--prefix", default="", help="of the ids of an exercise (default: its day)")
    parser.add_argument(
        "--most", type=int, default=500, metavar="ROWS", help="rows of a request (default: 500)"
    )
    parser.set_defaults(run=_replay)


def _feed(given: argparse.Namespace) -> int:
    from cockpit.commands.feed import run

    return run(given)


def _replay(given: argparse.Namespace) -> int:
    from cockpit.commands.replay import run

    return run(given)
