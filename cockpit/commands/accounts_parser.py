"""Parser of the command ``account``."""

from __future__ import annotations

import argparse
from typing import Any

_ACCOUNT = """make, list, change and switch off accounts

The first administrator is made on the page /sign-in with the code that the server prints when it
starts; first-code prints another one. Whoever runs commands has the store itself, so these ask for
no password of an administrator. Everything is written into the audit trail."""

_EXAMPLES = """examples:
  python -m cockpit account first-code
  python -m cockpit account add li.ming --display 李明 --role planner
  python -m cockpit account add zhao --role leader --territory 529901001 --class 备用
  python -m cockpit account roles li.ming --role planner --role steward
  printf %s "$NEW" | python -m cockpit account password li.ming --password-stdin

roles: leader, planner, steward, auditor, administrator, screen. Auditor, administrator and screen
are held alone. A class is 公开, 备用, 敏感 or 秘密; without --class it is the highest of the roles.
"""


def add(commands: Any) -> None:
    """Add the command to the others."""
    parser = commands.add_parser(
        "account",
        help="make, list, change and switch off accounts",
        description=_ACCOUNT,
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    acts = parser.add_subparsers(required=True, metavar="ACT", dest="act")
    acts.add_parser("first-code", help="print a code that makes the first administrator")
    acts.add_parser("list", help="list the accounts")
    make = _named(acts, "add", "make an account")
    make.add_argument("--display", default="", help="name as others read it (default: NAME)")
    _rights(make)
    make.add_argument(
        "--oidc-subject", default="", metavar="ISSUER SUBJECT",
        help="person of the identity provider; the account then has no password",
    )  # fmt: skip
    _password(make)
    _rights(_named(acts, "roles", "give an account other rights; all its sessions end"))
    _password(_named(acts, "password", "give an account a new password; all its sessions end"))
    _named(acts, "disable", "switch an account off; all its sessions end")
    _named(acts, "enable", "switch an account on again")
    _named(acts, "sign-out", "end all sessions of an account")
    parser.set_defaults(run=_run)


def _named(acts: Any, act: str, what: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = acts.add_parser(act, help=what)
    parser.add_argument("name", metavar="NAME", help="name to sign in with")
    return parser


def _rights(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--role", action="append", required=True, metavar="ROLE", help="may be given several times"
    )
    parser.add_argument(
        "--class", dest="clearance", default="", metavar="CLASS", help="highest class of data"
    )
    parser.add_argument(
        "--territory", default="", metavar="CODE", help="a region and all below it (default: all)"
    )


def _password(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--password-stdin", action="store_true", help="read the password from the input, not asked"
    )
    parser.add_argument(
        "--initial", action="store_true", help="its owner has to change it before anything opens"
    )


def _run(given: argparse.Namespace) -> int:
    from cockpit.commands.accounts import run

    return run(given)
