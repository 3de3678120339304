"""``python -m cockpit verify``: does a plan hold, and does its bound, without what made it."""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from cockpit.commands.solve_case import Case
from cockpit.commands.solve_files import ROLES, asked_of, case_of_files, require_file
from cockpit.commands.solve_question import question_of
from cockpit.commands.solve_watch import figure, percent
from cockpit.locale import translate
from cockpit.placement.checker import Verdict, verify
from cockpit.placement.models import MODELS
from cockpit.placement.plan import FORMAT, as_text, seal
from geodata.errors import DataFileError, InputError
from loaders.files import hash_of

HOLDS, FAULTY = 0, 1


@dataclass(frozen=True)
class _Checked:
    """What was found: a sentence for the first fault, or the verdict of the checker."""

    plan: Mapping[str, Any]
    case: Case
    verdict: Verdict
    fault: tuple[str, Mapping[str, Any]] | None


def run(given: argparse.Namespace) -> int:
    """Check and tell; return 0 when the plan holds, 1 when it does not."""
    for path in (given.certificate, *given.files):
        require_file(path)
    plan = read(given.certificate)
    case = _case(plan, given.certificate, given.files, given.lang)
    verdict = verify(plan, case.arrays)
    fault = next(iter(verdict.faults), None) or _of_source(plan, case)
    checked = _Checked(plan, case, verdict, fault)
    if given.json:
        print(_json(checked, given.lang))
    elif fault is None:
        _print(checked, given.certificate, given.lang)
    if fault is None:
        return HOLDS
    print(translate(fault[0], given.lang, **_shown(fault[1])), file=sys.stderr)
    return FAULTY


def read(path: Path) -> dict[str, Any]:
    """
    Return the content of a certificate that stands as it was written, to the byte.

    The content has one way to be written: any other text, were it one blank more, was changed.

    Raises
    ------
    DataFileError, InputError
        If there is no such file, it is no certificate, or it was changed.
    """
    hash_of(path)  # says plainly that there is no such file, or that it cannot be read
    data = path.read_bytes()
    try:
        content = json.loads(data)
        format_found = content.get("format") if isinstance(content, dict) else None
        same = format_found == FORMAT and as_text(content).encode() == data
    except (ValueError, RecursionError) as error:
        raise InputError("This is no certificate of a plan: not readable as JSON.") from error
    if format_found != FORMAT:
        raise InputError("This is no certificate of a plan: its format is not {name}.", name=FORMAT)
    if content.get("sha256") != seal(content):
        raise InputError("The certificate was changed after it was written: its sha256 differs.")
    if not same:
        raise InputError("The certificate was changed after it was written: not its content, but "
                         "the way it is written.")  # fmt: skip
    return dict(content)


# ---------------------------------------------------------------- the arrays


def _case(plan: Mapping[str, Any], path: Path, files: Sequence[Path], language: str) -> Case:
    source = plan.get("source")
    try:
        if isinstance(source, dict) and source.get("kind") == "files":
            return case_of_files(_found(source, path.parent, files), asked_of(source))
        if isinstance(source, dict) and source.get("kind") == "county":
            from cockpit.commands.solve_county import case_of_source

            case = case_of_source(source, language)
            if "candidates" not in source:
                return case
            return case.as_solved(str(plan["model"]), dict(plan["parameters"]))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InputError("The certificate cannot be read: {reason}.", reason=repr(error)) from error
    raise InputError("The certificate does not say where its data come from.")


def _found(source: Mapping[str, Any], folder: Path, given: Sequence[Path]) -> dict[str, Path]:
    """Return the path of each file that a certificate names: as given, or beside it."""
    hashes = {hash_of(path): path for path in given}
    names = {path.name: path for path in given}
    found = {}
    for role in ROLES:
        if role not in source["files"]:
            continue
        name, sha256 = (str(source["files"][role][key]) for key in ("name", "sha256"))
        beside = folder / Path(name).name  # never a way out of the folder
        path = hashes.get(sha256) or names.get(name) or beside
        if not path.exists():
            raise DataFileError(
                "{file} is not beside the certificate; give its path after plan.json.", file=name
            )
        if hash_of(path) != sha256:
            raise DataFileError(
                "{file} is not what was solved: its sha256 differs from the certificate's.",
                file=path.name,
            )
        found[role] = path
    return found


def _of_source(plan: Mapping[str, Any], case: Case) -> tuple[str, Mapping[str, Any]] | None:
    """Return what the checker cannot know: names of sites, and data that stand in parameters."""
    if plan["source"].get("open") != [case.sites[site] for site in plan["open"]]:
        return "The names of the open sites are not those of the data.", {}
    for name, ours in (("load", case.load), ("people", case.years)):
        said = plan["parameters"].get(name)
        if said is not None and (ours is None or not np.array_equal(np.array(said), ours)):
            return "{name} in the certificate is not that of the data.", {"name": name}
    return None


# ---------------------------------------------------------------- to tell


def _shown(values: Mapping[str, Any]) -> dict[str, Any]:
    return {k: f"{v:,.10g}" if isinstance(v, float) else v for k, v in values.items()}


def bound_of(verdict: Verdict) -> str:
    """Return in words what the bound rests on."""
    if not verdict.rests_on_solver:
        return "recomputed without the solver"
    if math.isnan(verdict.bound):
        return "rests on the log of HiGHS; it cannot be recomputed"
    return "rests on the log of HiGHS; multipliers alone prove {bound}"


def _print(checked: _Checked, path: Path, language: str) -> None:
    def say(template: str, **values: object) -> str:
        return translate(template, language, **values)

    plan, verdict = checked.plan, checked.verdict
    rests = say(bound_of(verdict), bound=figure(verdict.bound))
    lines = (
        say("{file}: the plan holds.", file=path.name),
        say("Model: {title}.", title=say(MODELS[plan["model"]].title)),
        say("Question: {options}", options=question_of(plan, checked.case)),
        say("Certificate: its sha256 is right, and it is written as it was."),
        say("Data: {names}; the sha256 of the arrays is the certificate's.", names=_names(plan)),
        say(
            "Rules: all {n} open sites follow them (must, must not, spacing, those of {model}).",
            n=len(plan["open"]), model=plan["model"],
        ),
        say("Objective: {value}, recomputed.", value=figure(verdict.objective)),
        say("Bound: {value}, {rests}.", value=figure(float(plan["bound"])), rests=rests),
        say("Gap: {gap}.", gap=percent(float(plan["gap"]))),
    )  # fmt: skip
    print("\n".join(lines))


def _names(plan: Mapping[str, Any]) -> str:
    source = plan["source"]
    if source["kind"] == "county":
        return f"{source['county']} ({source['version']})"
    return ", ".join(str(source["files"][r]["name"]) for r in ROLES if r in source["files"])


def _json(checked: _Checked, language: str) -> str:
    plan, verdict, fault = checked.plan, checked.verdict, checked.fault
    found = {
        "holds": fault is None,
        "fault": None if fault is None else translate(fault[0], language, **_shown(fault[1])),
        "model": plan.get("model"),
        "question": None if fault else question_of(plan, checked.case),
        "objective": _number(verdict.objective),
        # What a plan claims that does not hold is repeated by nobody.
        "bound": None if fault else _number(float(plan["bound"])),
        "bound_recomputed": _number(verdict.bound),
        "rests_on_solver": verdict.rests_on_solver,
        "gap": None if fault else _number(float(plan["gap"])),
    }
    return json.dumps(found, ensure_ascii=False, allow_nan=False)


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None
