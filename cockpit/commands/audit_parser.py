"""Parsers of the commands ``audit``, ``trace`` and ``retention``."""

from __future__ import annotations

import argparse
import datetime as dt
from pathlib import Path
from typing import Any

_AUDIT = """sign the audit trail, prove an entry of it, print what other offices need

To check the whole trail: python -m cockpit verify audit"""

_AUDIT_EXAMPLES = """examples:
  python -m cockpit audit checkpoint > head.jsonl     sign now; send the line to another office
  python -m cockpit audit key > audit-public.pem      the public key, for the same office
  python -m cockpit verify audit --checkpoints head.jsonl --key audit-public.pem
  python -m cockpit audit proof 1234 -o proof.json    one entry, to be verified anywhere
  python -m cockpit verify proof proof.json --key audit-public.pem
"""

_RETENTION = """how long data may be kept, and the destruction of what has expired

A data set expires so many days after its date (events and readings: each row after its own), or
after a date. The manifest may say so with keep_days or keep_until; a rule set here goes before it.
What is destroyed is gone from the store, its kept files and caches; a tombstone stays, here and in
the second place, and an old backup that is put back is destroyed again before anybody sees it."""


def add(commands: Any) -> None:
    """Add the commands to the others."""
    _add_audit(commands)
    _add_trace(commands)
    _add_retention(commands)


def _add_audit(commands: Any) -> None:
    parser = commands.add_parser(
        "audit",
        help="sign the audit trail, prove an entry of it",
        description=_AUDIT,
        epilog=_AUDIT_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    acts = parser.add_subparsers(required=True, metavar="ACT", dest="act")
    acts.add_parser("checkpoint", help="sign the trail now; print the newest checkpoint")
    acts.add_parser("key", help="print the public key")
    proof = acts.add_parser("proof", help="write the proof of an entry")
    proof.add_argument("seq", type=int, metavar="NUMBER")
    proof.add_argument("-o", "--output", type=Path, metavar="FILE", help="default: print it")
    parser.set_defaults(run=_audit)


def _add_trace(commands: Any) -> None:
    parser = commands.add_parser(
        "trace",
        help="tell who exported what, by the code on a file or screen",
        description="tell who exported what, by the code on a file or screen",
    )
    parser.add_argument("code", metavar="CODE", help="such as 01T4-7")
    parser.set_defaults(run=_trace)


def _add_retention(commands: Any) -> None:
    parser = commands.add_parser(
        "retention",
        help="how long data may be kept; destroy what has expired",
        description=_RETENTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    acts = parser.add_subparsers(required=True, metavar="ACT", dest="act")
    acts.add_parser("list", help="list data sets, their rules and when they expire")
    run = acts.add_parser("run", help="destroy what has expired")
    run.add_argument("--dry-run", action="store_true", help="only tell what would be destroyed")
    change = acts.add_parser("set", help="set how long a data set may be kept")
    change.add_argument("subject", metavar="DATASET")
    length = change.add_mutually_exclusive_group(required=True)
    length.add_argument("--days", type=int, help="days after the data's date")
    length.add_argument("--until", type=dt.date.fromisoformat, metavar="DATE", help="last day")
    length.add_argument("--forever", action="store_true", help="no end, whatever the manifest says")
    change.add_argument("--note", default="", help="which law or order asks for it")
    parser.set_defaults(run=_retention)


def _audit(given: argparse.Namespace) -> int:
    from cockpit.commands.audit import run

    return run(given)


def _trace(given: argparse.Namespace) -> int:
    from cockpit.commands.audit import trace

    return trace(given)


def _retention(given: argparse.Namespace) -> int:
    from cockpit.commands.retention import run

    return run(given)
