"""``python -m cockpit solve``: the best plan of sites, its bound, and a certificate of both."""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from cockpit.commands.output import replaced, require_writable
from cockpit.commands.solve_case import Case, named
from cockpit.commands.solve_files import ROLES, Asked, case_of_files, require_file
from cockpit.commands.solve_options import parameters_of
from cockpit.commands.solve_print import as_json, print_plan
from cockpit.commands.solve_watch import watched
from cockpit.locale import translate
from cockpit.placement.models import MODELS
from cockpit.placement.plan import Plan
from cockpit.placement.solve import solve
from geodata.errors import InputError

IMPOSSIBLE = 2
_LAST_SEED = 2**31 - 1  # that HiGHS takes
_OF_COUNTY = (
    "mode", "minutes", "group", "unit", "candidates", "where", "least_people", "zone", "new_cost",
    "kept_cost", "new_capacity",
)  # fmt: skip
_OF_FILES = ("weights", "sites", "years", "costs")


def run(given: argparse.Namespace) -> int:
    """Solve, print, and write the certificate; return 0, or 2 where no plan can be like that."""
    try:
        return _run(given)
    except InputError as error:
        print(translate(error.template, given.lang, **error.values), file=sys.stderr)
        return IMPOSSIBLE


def _run(given: argparse.Namespace) -> int:
    output = None if given.output == "-" else Path(given.output)
    if output is not None:
        require_writable(output)
    if not 0 <= given.seed <= _LAST_SEED:
        raise InputError(
            "The seed is {seed}; expected 0 to {last}.", seed=given.seed, last=_LAST_SEED
        )
    if given.existing_rule is None:
        given.existing_rule = "free" if given.model == "moving" else "keep"
    asked = _case(given)
    parameters = parameters_of(given, asked)
    try:
        case = asked.as_solved(given.model, parameters)
        plan, stopped = _solved(given, case, parameters)
    except InputError as error:
        raise _barred(error, asked) from error
    if output is not None:
        with replaced(output) as file:
            file.write_text(plan.to_json(), encoding="utf-8")
    if given.json:
        print(as_json(plan, case, given.lang, stopped=stopped, file=output))
    else:
        print_plan(plan, case, given.lang, stopped=stopped, file=output)
    return 0


def _solved(given: argparse.Namespace, case: Case, parameters: dict[str, Any]) -> tuple[Plan, bool]:
    with watched(given.lang) as watch:
        try:
            plan = watch.run(
                lambda: solve(
                    case.problem, given.model, parameters,
                    seed=given.seed, seconds=given.seconds, gap=given.gap, progress=watch,
                )
            )  # fmt: skip
        except InputError as error:
            raise named(error, case.name, case.point_names or case.points) from error
    source = {**case.source, "open": [case.sites[site] for site in plan.open]}
    return replace(plan, source=source), watch.stopped


def _barred(error: InputError, case: Case) -> InputError:
    """Return an error about too few sites with the rule that leaves no cell for a new one."""
    rules = case.barred() if error.template.startswith("p is {p} but only") else ""
    if not rules:
        return error
    return InputError(
        "p is {p} but only {n} sites may be open: {rules} leaves no cell for a new one; loosen "
        "it, or ask for at most {n}.",
        p=error.values["p"], n=error.values["n"], rules=rules,
    )  # fmt: skip


# ---------------------------------------------------------------- from options to a problem


def _case(given: argparse.Namespace) -> Case:
    if (given.file is None) == (given.service is None):
        raise InputError("Give a FILE of costs, or --service for the stored county: one of both.")
    if not 0 <= given.spacing < float("inf"):
        raise InputError("The spacing is {metres} m; expected 0 or more.", metres=given.spacing)
    if given.file is not None:
        _refuse(given, _OF_COUNTY, "{option} is about the stored county; leave it out with a FILE.")
        return case_of_files(_files(given), _asked(given))
    _refuse(given, _OF_FILES, "{option} is about a FILE; leave it out with --service.")
    from cockpit.commands.solve_county import case_of_county

    return case_of_county(_question(given), _rules(given), given.lang)


def _refuse(given: argparse.Namespace, names: tuple[str, ...], sentence: str) -> None:
    for name in names:
        if getattr(given, name) is not None:
            raise InputError(sentence, option=f"--{name.replace('_', '-')}")


def _files(given: argparse.Namespace) -> dict[str, Path]:
    paths = {"matrix": given.file, **{role: getattr(given, role) for role in ROLES[1:]}}
    found = {role: path for role, path in paths.items() if path is not None}
    for path in found.values():
        require_file(path)
        if given.output != "-" and path.resolve() == Path(given.output).resolve():
            raise InputError(
                "{file} is read, so the certificate cannot be written there.", file=path.name
            )
    return found


def _asked(given: argparse.Namespace) -> Asked:
    return Asked(
        costs=given.costs,
        existing=given.existing_rule,
        must=tuple(sorted(set(given.must))),
        forbidden=tuple(sorted(set(given.forbid))),
        spacing_m=float(given.spacing),
    )


def _question(given: argparse.Namespace) -> dict[str, Any]:
    if given.minutes is not None and given.reach is not None:
        raise InputError(
            "--minutes and --reach are the same for a stored county; give one of both."
        )
    model = MODELS.get(given.model)
    known = () if model is None else (*model.needs, *model.takes)
    return {
        "service": given.service,
        "mode": given.mode,
        "minutes": given.reach if given.minutes is None and "reach" in known else given.minutes,
        "group": given.group,
        "unit": given.unit or "",
    }


def _rules(given: argparse.Namespace) -> dict[str, Any]:
    """Return the rules as plain values; what is not given is as the rules have it by default."""
    asked = {
        "existing": given.existing_rule,
        "candidates": given.candidates,
        "must": given.must,
        "forbidden": given.forbid,
        "spacing_m": float(given.spacing),
        "zones": given.zone,
        "where": given.where,
        "least_people": given.least_people,
        "new_cost": given.new_cost,
        "kept_cost": given.kept_cost,
        "new_capacity": given.new_capacity,
    }
    return {name: value for name, value in asked.items() if value is not None}
