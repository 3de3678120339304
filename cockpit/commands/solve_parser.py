"""The parsers of ``solve`` and ``verify``: light, for every start of the cockpit builds them."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from cockpit.placement.models import MODELS

KEYS = {
    "model": "id of the model",
    "parameters": "what the model was asked: p, reach, budget ...",
    "unit": "of objective and bound: person-minutes, minutes, people, sites, money, gini ...",
    "objective": "what the plan is worth, recomputed from the plan",
    "bound": "no plan is better than this; null: nothing is proven",
    "gap": "distance of objective and bound over the objective, 0 to 1; null: no bound",
    "proven": "true: nothing but rounding is left between plan and bound",
    "proof": "what the bound rests on: multipliers (verify recomputes it), solver, both or none",
    "stopped": "true: Ctrl-C ended the search",
    "seconds": "of the search",
    "seed": "same question, same seed: same plan and same bytes of the certificate",
    "sites": "open sites: id, name, status (kept, new), lon, lat",
    "closed": "sites of today that are not open: id, name",
    "details": "what a model adds, sites and points by id: years, sizes, assignment, flow, stages",
    "notes": "remarks, in the language of --lang",
    "data": "sha256 of the arrays that were solved",
    "certificate": "the file with plan and proof, for python -m cockpit verify; null: not written",
}
"""Keys of the JSON object of ``solve``, in their order."""

_SOLVE = """where to put sites: the best plan, how far it is from the best there is, and the proof

FILE is a matrix of costs in CSV, TSV, XLSX or Parquet: wide (first column id, then one column a
site; columns weight, township and load are about the demand points) or long (origin, destination
and minutes, seconds or metres, as the command matrix writes it); an empty cell means no way. Or it
is a p-median or capacitated p-median file of the OR-Library. Without FILE, --service asks the
stored county.

A plan within a limit counts exactly there as within. Ctrl-C stops, keeps and prints the best plan
so far; a second one leaves at once. What was found goes with its proof into a certificate,
plan.json, which the command verify checks on any machine."""

_EXAMPLES = """examples:
  python -m cockpit solve minutes.csv --weights people.csv --model p-median -p 5 --json
  python -m cockpit solve pmed1.txt --model p-median
  python -m cockpit solve --service clinic --mode car --minutes 15 --model mclp --new 5
  python -m cockpit solve --service clinic --model goal-seek --target covered:0.9:15:each
  python -m cockpit solve m.csv --sites sites.csv --model budget-covering --budget 90 --reach 15
  python -m cockpit verify plan.json

exit codes: 0 a plan was found; 1 a file or the store is refused; 2 no plan can be like that, or a
wrong call: the sentence says what would make it right"""

_VERIFY = """check a plan's certificate against its data, without the solvers that made it

Makes the arrays again from the files that the certificate names (beside it, or given as FILE) or
from the stored county, and recomputes rules, objective and bound. A changed byte anywhere, in the
certificate or in the data, is refused.

"verify audit" checks the whole audit trail instead and names each row that was changed; "verify
proof FILE" checks the proof of one entry, without any store."""


def add(commands: Any) -> None:
    """Add both commands to the others."""
    _add_solve(commands)
    _add_verify(commands)


def _add_solve(commands: Any) -> None:
    models = "\n".join(f"  {m.id:<25}{m.note}" for m in MODELS.values())
    keys = "\n".join(f"  {key:<12} {text}" for key, text in KEYS.items())
    parser = commands.add_parser(
        "solve",
        help="place sites: the best plan with its proof",
        description=_SOLVE,
        epilog=f"models:\n{models}\n\nkeys of the JSON object:\n{keys}\n\n{_EXAMPLES}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("file", nargs="?", type=Path, metavar="FILE", help="costs; see above")
    parser.add_argument("--model", required=True, help="id of a model, see below")
    _add_files(parser.add_argument_group("files"))
    _add_county(parser.add_argument_group("the stored county"))
    _add_parameters(parser.add_argument_group("what the model is asked"))
    _add_rules(parser.add_argument_group("rules that every plan follows"))
    _add_search(parser.add_argument_group("search and output"))
    parser.set_defaults(run=_solve)


def _add_files(group: Any) -> None:
    group.add_argument(
        "--weights", type=Path, metavar="FILE", help="people of the demand points: id, weight, and "
        "township and load where there are such",
    )  # fmt: skip
    group.add_argument(
        "--sites", type=Path, metavar="FILE",
        help="id and any of cost, capacity, existing, must, forbidden, lon, lat",
    )  # fmt: skip
    group.add_argument(
        "--years", type=Path, metavar="FILE", help="people of each year: id, one column a year"
    )
    group.add_argument(
        "--costs", choices=("minutes", "seconds", "metres"),
        help="what a wide matrix counts in (default: minutes)",
    )  # fmt: skip


def _add_county(group: Any) -> None:
    group.add_argument("--service", help="id of a service, such as clinic (see coverage --help)")
    group.add_argument("--mode", help="way of travelling (default: the service's own)")
    group.add_argument("--minutes", type=float, help="the reach (default: the service's own)")
    group.add_argument("--group", help="whom it is for, such as people, age_60_plus")
    group.add_argument("--unit", metavar="CODE", help="only the people of this region")
    group.add_argument(
        "--candidates", choices=("cells", "villages"),
        help="where something new may stand: every cell, or the most populous of each village",
    )  # fmt: skip
    group.add_argument("--where", choices=("all", "town", "country"), help="new sites only there")
    group.add_argument(
        "--least-people", type=float, metavar="N", help="residents that a cell needs for a new site"
    )
    group.add_argument(
        "--zone", type=int, action="append", metavar="ID",
        help="a stored area in which nothing new may stand; may be given several times",
    )  # fmt: skip
    group.add_argument("--new-cost", type=float, metavar="X", help="of a new site (default: 1)")
    group.add_argument(
        "--kept-cost", type=float, metavar="X", help="of one that stays (default: 0)"
    )
    group.add_argument(
        "--new-capacity", type=float, metavar="N",
        help="people a new site holds (default: the median of those of today)",
    )  # fmt: skip


def _add_parameters(group: Any) -> None:
    group.add_argument("-p", type=int, metavar="N", help="sites in all, those that stay included")
    group.add_argument("--new", type=int, metavar="N", help="sites beside those that stay")
    for flag, what in (
        ("--reach", "longest acceptable cost; exactly there is within"),
        ("--unreached", "what counts for whoever reaches no site, or only one farther away"),
        ("--backup", "how much a second site within reach counts, 0 to 1"),
        ("--rate", "money that one person-minute costs"),
        ("--budget", "money for all open sites"),
        ("--moving-cost", "of moving a site of today, in person-minutes; inf: never"),
        ("--closing-cost", "of closing one"),
        ("--opening-cost", "of opening a new one"),
        ("--most-gini", "highest Gini of the minutes, 0 to 1"),
    ):
        group.add_argument(flag, type=float, metavar="X", help=what)
    group.add_argument("--goal", choices=("p-median", "covering"), help="minutes or people covered")
    group.add_argument(
        "--split", action=argparse.BooleanOptionalAction, help="a demand point may be divided"
    )
    group.add_argument(
        "--size", "--sizes", action="append", default=[], metavar="NAME:CAPACITY:COST",
        help="how large one can build; may be given several times",
    )  # fmt: skip
    group.add_argument(
        "--target", "--targets", action="append", default=[], metavar="KIND:VALUE[:REACH[:TOWN]]",
        help="covered, mean, worst, cost or sites with its value, such as covered:0.9:15; a "
        "township by its id, or each; may be given several times",
    )  # fmt: skip
    group.add_argument(
        "--group-weight", action="append", default=[], metavar="TOWN=X",
        help="how much a township's people count (others: 1); may be given several times",
    )  # fmt: skip
    group.add_argument(
        "--order", metavar="GOALS", help="worst, mean, covered, lowest_share: the first counts most"
    )
    group.add_argument("--numbers", metavar="N,N", help="open sites in each year, such as 2,4,6")
    group.add_argument("--year-weights", metavar="X,X", help="how much each year counts")
    group.add_argument("--budgets", metavar="X,X", help="money for all that is open in each year")


def _add_rules(group: Any) -> None:
    group.add_argument(
        "--existing", choices=("keep", "free"), dest="existing_rule",
        help="sites of today stay open, or may close (default: keep; model moving: free)",
    )  # fmt: skip
    for flag, what in (("--must", "a site that must be open"), ("--forbid", "one that must not")):
        group.add_argument(
            flag, action="append", default=[], metavar="SITE",
            help=f"{what}; may be given several times",
        )  # fmt: skip
    group.add_argument(
        "--spacing", type=float, default=0.0, metavar="METRES", help="least distance between sites"
    )


def _add_search(group: Any) -> None:
    group.add_argument("--seconds", type=float, default=60.0, help="longest search (default: 60)")
    group.add_argument(
        "--gap", type=float, default=0.0, help="good enough, such as 0.01 (default: 0)"
    )
    group.add_argument("--seed", type=int, default=0, help="of the random starts (default: 0)")
    group.add_argument("--json", action="store_true", help="print JSON")
    group.add_argument(
        "-o", "--output", default="plan.json", metavar="FILE",
        help="the certificate (default: plan.json in this folder); - writes none",
    )  # fmt: skip


def _add_verify(commands: Any) -> None:
    parser = commands.add_parser(
        "verify",
        help="check a plan's certificate against its data, or the audit trail",
        description=_VERIFY,
        epilog="exit codes: 0 it holds; 1 it does not, and the first fault is named",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("certificate", type=Path, metavar="plan.json|audit|proof")
    parser.add_argument(
        "files", type=Path, nargs="*", metavar="FILE", help="data that lie elsewhere; or the proof"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument(
        "--key", type=Path, metavar="FILE", help="public key to trust (audit and proof)"
    )
    parser.add_argument(
        "--checkpoints", type=Path, metavar="FILE",
        help="checkpoints to hold the audit trail against (default: those of the second place)",
    )  # fmt: skip
    parser.set_defaults(run=_verify)


def _solve(given: argparse.Namespace) -> int:
    from cockpit.commands.solve import run

    return run(given)


def _verify(given: argparse.Namespace) -> int:
    what = str(given.certificate)  # a certificate of such a name: ./audit
    if what in ("audit", "proof"):
        from cockpit.commands import audit

        return audit.verify_trail(given) if what == "audit" else audit.verify_file(given)
    from cockpit.commands.verify import run

    return run(given)
