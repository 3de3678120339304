"""Parsers of the commands ``keys`` and ``columns``."""

from __future__ import annotations

import argparse
from typing import Any

_KEYS = """list, check and change the keys that seal sensitive columns and files

The keys are in one file, keys/keys.json beside the store (COCKPIT_KEYS names another folder, best
on another disk). Without it nothing sealed can be read again: keep a copy apart from the backups of
the store, and let no backup hold both.

"rotate" makes a new key and seals everything with it. It may be stopped at any moment, and goes on
when it is called again; the cockpit runs all the time. The old key is destroyed as soon as nothing
uses it. Then backups from before can no longer be read: with --keep it stays in the key file for
them, until "destroy". COCKPIT_CIPHER names the cipher of the new key: aes (AES-256-GCM) or sm4
(SM4-GCM). With COCKPIT_KEY_SECRET set, "rotate" also locks the key file with it.

The key by which people are told apart without their numbers stays: its hashes cannot be made again
without the registers themselves."""

_KEYS_EXAMPLES = """examples:
  python -m cockpit keys list
  COCKPIT_CIPHER=sm4 python -m cockpit keys rotate --keep
"""

_COLUMNS = """list the class of every stored column, and personal fields that nothing uses

The class of a value is the higher one of its column and its data set. Then come the
personal fields that a data set brings and no tag, no comparison of registers and no reading of
texts uses: ask its department to leave them out. Exit code 4 when there are any."""


def add(commands: Any) -> None:
    """Add the commands to the others."""
    parser = commands.add_parser(
        "keys",
        help="list, check and change the keys of sealed columns",
        description=_KEYS,
        epilog=_KEYS_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    acts = parser.add_subparsers(required=True, metavar="ACT", dest="act")
    acts.add_parser("list", help="list the keys and how much each seals")
    rotate = acts.add_parser("rotate", help="make a new key and seal everything with it")
    rotate.add_argument(
        "--keep", action="store_true", help="keep the old key in the key file, for old backups"
    )
    acts.add_parser("check", help="open every sealed value and file once")
    destroy = acts.add_parser("destroy", help="destroy a key that was kept for old backups")
    destroy.add_argument("id", metavar="KEY")
    parser.set_defaults(run=_run_keys)
    columns = commands.add_parser(
        "columns",
        help="list the class of every stored column, and personal fields that nothing uses",
        description=_COLUMNS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    columns.add_argument("--unused", action="store_true", help="only personal fields without use")
    columns.set_defaults(run=_run_columns)


def _run_keys(given: argparse.Namespace) -> int:
    from cockpit.commands.keys import run

    return run(given)


def _run_columns(given: argparse.Namespace) -> int:
    from cockpit.commands.columns import run

    return run(given)
