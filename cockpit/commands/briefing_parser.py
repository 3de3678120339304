"""The parser of ``briefing``: light, for every start of the cockpit builds it."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

_ABOUT = """write the one-page briefing for leaders: figures, what changed, villages, alerts, map

The figures are those of page Overview, for the installation's visitor class. Each is counted again
from the rows of the store first; an issue with a figure that differs is not written. An issue is
kept, and made again from the same data it has the same bytes. The next one says what differs."""

_EXAMPLES = """examples:
  python -m cockpit briefing --issue daily --format pdf --out briefing.pdf
  python -m cockpit briefing --issue weekly --language en --format docx --out weekly.docx
  python -m cockpit briefing --issue daily --date 2025-10-31 --format html --out day.html"""


def add(commands: Any) -> None:
    """Add the command to the others."""
    parser = commands.add_parser(
        "briefing",
        help="write the one-page briefing for leaders",
        description=_ABOUT,
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--issue", default="daily", help="daily or weekly (default: daily)")
    parser.add_argument(
        "--language", choices=("zh", "en"), help="of the briefing (default: that of the messages)"
    )
    parser.add_argument("--format", default="pdf", help="html, pdf or docx (default: pdf)")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="file to write")
    parser.add_argument(
        "--date", default="", metavar="DAY",
        help="of the newest data, or of an issue that was kept: 2025-10-31 (default: the newest)",
    )  # fmt: skip
    parser.set_defaults(run=_run)


def _run(given: argparse.Namespace) -> int:
    from cockpit.commands.briefing import run

    return run(given)
