"""The parser of ``appeals``: light, for every start of the cockpit builds it."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

_ABOUT = """read texts of appeals in plain files: topics, repeats, urgent ones; no store is needed

FILE is a table (CSV, TSV, XLSX, Parquet ...) with a column of texts (text, 诉求内容 ...), perhaps
an id (编号), a subject (留言主题), a label (事件类别, 一级分类 ...), a time (受理时间 ...), a
place code (区划代码), lon and lat (经度, 纬度). A text of more than 20,000 characters is left out
and told. What is written has no text in it, unless --texts asks for masked ones."""

_EXAMPLES = """examples:
  python -m cockpit appeals train labelled.csv --scheme scheme.csv -o topics.npz
  python -m cockpit appeals classify new.csv --model topics.npz -o told.csv
  python -m cockpit appeals classify new.csv --json
  python -m cockpit appeals repeats events.csv --days 14 -o cases.csv

Without --model, classify uses the cockpit's own keywords, which tell no confidence."""


def add(commands: Any) -> None:
    """Add the command to the others."""
    parser = commands.add_parser(
        "appeals",
        help="read texts of appeals: train and use a model of topics, find repeats",
        description=_ABOUT,
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    acts = parser.add_subparsers(required=True, metavar="ACT", dest="act")
    _train(acts)
    _classify(acts)
    _repeats(acts)
    for act in acts.choices.values():
        act.add_argument("--text", default="", metavar="COLUMN", help="column of texts")
        act.add_argument("--json", action="store_true", help="print JSON")
        act.set_defaults(run=_run)


def _train(acts: Any) -> None:
    train = acts.add_parser("train", help="learn topics from labelled texts, with the model's card")
    train.add_argument("file", type=Path, metavar="FILE", help="texts with a label")
    train.add_argument("--label", default="", metavar="COLUMN", help="column of labels")
    train.add_argument("--scheme", type=Path, metavar="FILE",
                       help="table: first column a label, the others its words")  # fmt: skip
    train.add_argument("-o", "--output", type=Path, metavar="FILE", help="model, ends in npz")


def _classify(acts: Any) -> None:
    classify = acts.add_parser("classify", help="tell topic, department and urgency of texts")
    classify.add_argument("file", type=Path, metavar="FILE", help="texts")
    classify.add_argument("--model", type=Path, metavar="FILE", help="what train wrote")
    classify.add_argument("--texts", action="store_true", help="with masked texts")
    classify.add_argument("-o", "--output", type=Path, metavar="FILE", help="ends in csv or xlsx")


def _repeats(acts: Any) -> None:
    repeats = acts.add_parser("repeats", help="find appeals that say the same of the same place")
    repeats.add_argument("file", type=Path, metavar="FILE", help="texts with a time and a place")
    repeats.add_argument("--days", type=float, default=14, help="to the next one (default: 14)")
    repeats.add_argument("--near-m", type=float, default=300, help="metres (default: 300)")
    repeats.add_argument("--alike", type=float, default=0.4, help="0 to 1 (default: 0.4)")
    repeats.add_argument("-o", "--output", type=Path, metavar="FILE", help="ends in csv or xlsx")


def _run(given: argparse.Namespace) -> int:
    from cockpit.commands.appeals import run

    return run(given)
