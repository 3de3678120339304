"""The parser of ``alerts``: light, for every start of the cockpit builds it."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

_ABOUT = """early warning: look at what is new, list and judge alerts, check and export the ledger

Nothing is ever deleted: what people do is written down behind what the rules wrote, and a corrected
judgement is another line. Times of alerts are local times of the data; "now" is the newest event or
reading, or the clock while live feeds are alive."""

_EXAMPLES = """examples:
  python -m cockpit alerts look
  python -m cockpit alerts list --level 3
  python -m cockpit alerts acknowledge 12 --who 王强 --words 已派人查看
  python -m cockpit alerts judge 12 true --who 王强 --happened 2025-06-20T18:00
  python -m cockpit alerts rules
  python -m cockpit alerts try water-level --thresholds 0.6,1,1.5,2 --json
  python -m cockpit alerts add --title 河道水位 --subject sensor:水位 --thresholds 1,2,3,4 \\
      --harm 3 --who 王强
  python -m cockpit alerts add rule.json --who 王强 --on
  python -m cockpit alerts verify --head 1385:e90e5b49...
  python -m cockpit alerts export ledger.csv

exit codes: 0 done; 1 refused, or the ledger is not in order: the sentence says which line"""


def add(commands: Any) -> None:
    """Add the command to the others."""
    parser = commands.add_parser(
        "alerts",
        help="early warning: look, list, judge, verify the ledger, try rules on the past",
        description=_ABOUT,
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    acts = parser.add_subparsers(required=True, metavar="ACT", dest="act")
    _reading(acts)
    _acting(acts)
    _ledger(acts)
    _rules(acts)
    for act in acts.choices.values():
        act.set_defaults(run=_run)


def _reading(acts: Any) -> None:
    look = acts.add_parser(
        "look", help="let all rules read what is new; a server does it by itself"
    )
    look.add_argument("--json", action="store_true", help="print JSON")
    shown = acts.add_parser("list", help="list alerts, open ones unless --all")
    shown.add_argument("--all", action="store_true", help="closed ones too")
    shown.add_argument("--rule", default="", help="id of a rule")
    shown.add_argument("--level", type=int, default=0, choices=range(1, 5),
                       help="at least this colour: 1 blue, 2 yellow, 3 orange, 4 red")  # fmt: skip
    shown.add_argument("--most", type=int, default=50, help="rows to print (default: 50)")
    shown.add_argument("--json", action="store_true", help="print JSON")


def _acting(acts: Any) -> None:
    def act(name: str, told: str) -> argparse.ArgumentParser:
        made: argparse.ArgumentParser = acts.add_parser(name, help=told)
        made.add_argument("alert", type=int, metavar="ALERT", help="number of the alert")
        made.add_argument("--who", required=True, help="who does it; written down")
        made.add_argument("--words", default="", help="what is to be said about it")
        return made

    act("acknowledge", "say that somebody sees to an alert")
    mute = act("mute", "keep a rule quiet about an alert's subject; it is recorded all the same")
    mute.add_argument("--hours", type=float, default=8.0, help="for so long (default: 8)")
    act("unmute", "end that")
    escalate = act("escalate", "pass an alert on")
    escalate.add_argument("--to", required=True, help="person or role")
    judge = act("judge", "judge an alert true, false or unknown")
    judge.add_argument("verdict", choices=("true", "false", "unknown"))
    judge.add_argument("--happened", metavar="TIME",
                       help="when what was warned of began, for the lead time (ISO)")  # fmt: skip


def _ledger(acts: Any) -> None:
    verify = acts.add_parser("verify", help="check every line of the ledger")
    verify.add_argument(
        "--head", default="", metavar="NUMBER:SEAL",
        help="a line that was kept elsewhere: finds an end that was cut off",
    )  # fmt: skip
    verify.add_argument("--json", action="store_true", help="print JSON")
    export = acts.add_parser("export", help="write the ledger to a file")
    export.add_argument("file", type=Path, help="ends in csv (to read) or json (to check)")
    export.add_argument("--rule", default="", help="id of a rule")
    scores = acts.add_parser("scores", help="precision and lead time of each rule")
    scores.add_argument("--json", action="store_true", help="print JSON")


def _rules(acts: Any) -> None:
    rules = acts.add_parser("rules", help="list the rules")
    rules.add_argument("--json", action="store_true", help="print JSON")
    switch = acts.add_parser("switch", help="switch a rule on or off")
    switch.add_argument("rule", metavar="RULE", help="id of a rule")
    switch.add_argument("state", choices=("on", "off"))
    switch.add_argument("--who", required=True, help="who does it; written down")
    trial = acts.add_parser("try", help="try a rule on the past year; nothing is changed")
    trial.add_argument("rule", metavar="RULE", help="id of a rule")
    trial.add_argument("--thresholds", default="", metavar="B,Y,O,R",
                       help="others, blue to red; empty for a colour not used")  # fmt: skip
    trial.add_argument("--hold", type=int, help="readings in a row that raise")
    trial.add_argument("--clear-margin", type=float, help="hysteresis, in the rule's unit")
    trial.add_argument("--json", action="store_true", help="print JSON")
    _new(acts)


def _new(acts: Any) -> None:
    new = acts.add_parser("add", help="try a new rule on the past year and store it, switched off")
    new.add_argument("file", type=Path, nargs="?",
                     help="JSON of one rule as of rules --json; options count over it")  # fmt: skip
    new.add_argument("--who", required=True, help="who does it; written down")
    new.add_argument("--on", action="store_true", help="switch it on at once")
    new.add_argument("--id", help="a-z, 0-9, - and _ (default: own-1, own-2, ...)")
    new.add_argument("--title", help="in Chinese")
    new.add_argument("--title-en", help="in English")
    new.add_argument("--subject", help="sensor:KIND, sensor:ID, events:THEME, events:CATEGORY or "
                     "indicator:ID")  # fmt: skip
    new.add_argument("--level", choices=("county", "township", "village"),
                     help="of the regions, for events and indicators")  # fmt: skip
    new.add_argument("--method", choices=("threshold", "aberration"))
    new.add_argument("--baseline", choices=("C1", "C2", "C3", "seasonal", "cusum"),
                     help="of aberrations")  # fmt: skip
    new.add_argument("--unit", help="(default: that of the sensor or indicator)")
    new.add_argument("--thresholds", default="", metavar="B,Y,O,R",
                     help="blue to red; empty for a colour not used")  # fmt: skip
    new.add_argument("--own", action="store_true",
                     help="thresholds are shares of each sensor's own past")  # fmt: skip
    new.add_argument("--below", action="store_true", help="low values are the dangerous ones")
    new.add_argument("--aggregate", choices=("last", "mean", "max", "sum", "rise"))
    new.add_argument("--window-hours", type=float)
    new.add_argument("--hold", type=int, help="readings in a row that raise")
    new.add_argument("--clear-hold", type=int, help="readings in a row that clear")
    new.add_argument("--clear-margin", type=float, help="hysteresis, in the rule's unit")
    new.add_argument("--harm", type=float, help="value that it warns of, to measure it by")
    new.add_argument("--within-hours", type=float, default=24.0,
                     help="longest time from warning to harm (default: 24)")  # fmt: skip
    new.add_argument("--mute-hours", type=float, help="offered first when muting (default: 8)")
    new.add_argument("--escalate-minutes", type=float, help="without an acknowledgement")
    new.add_argument(
        "--escalate-to", nargs="+", default=["值班室"], help="persons or roles in turn"
    )
    new.add_argument("--json", action="store_true", help="print JSON")


def _run(given: argparse.Namespace) -> int:
    from cockpit.commands.alerts import run

    return run(given)
