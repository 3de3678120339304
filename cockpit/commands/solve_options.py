"""From options of the command line to the parameters of a model, each in plain words."""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from cockpit.commands.solve_case import Case
from cockpit.placement.models import MODELS, Model
from geodata.errors import InputError

OPTIONS: dict[str, tuple[str, str]] = {
    "p": ("-p", "-p 5 / --new 5"),
    "reach": ("--reach", "--reach 15"),
    "unreached": ("--unreached", "--unreached 120"),
    "backup": ("--backup", "--backup 0.5"),
    "split": ("--split", "--split"),
    "rate": ("--rate", "--rate 0.2"),
    "budget": ("--budget", "--budget 300"),
    "sizes": ("--size", "--size small:2000:30 --size large:6000:70"),
    "goal": ("--goal", "--goal covering"),
    "moving_cost": ("--moving-cost", "--moving-cost 500"),
    "closing_cost": ("--closing-cost", "--closing-cost 200"),
    "opening_cost": ("--opening-cost", "--opening-cost 1000"),
    "group_weights": ("--group-weight", "--group-weight 529901001=2"),
    "rules": ("--target", "--target covered:0.8:15:each"),
    "targets": ("--target", "--target covered:0.9:15 --target worst:40"),
    "most_gini": ("--most-gini", "--most-gini 0.3"),
    "order": ("--order", "--order worst,mean"),
    "numbers": ("--numbers", "--numbers 2,4,6"),
    "people": ("--years", "--years people_by_year.csv"),
    "year_weights": ("--year-weights", "--year-weights 3,2,1"),
    "budgets": ("--budgets", "--budgets 100,200,300"),
}
"""Parameter of a model -> its option, and an example of it. ``load`` is a column of a file."""

EACH = "each"


def parameters_of(given: argparse.Namespace, case: Case) -> dict[str, Any]:
    """
    Return the parameters of the model that was asked for.

    Raises
    ------
    InputError
        If the model does not know an option that is given, lacks one, or one cannot be read: the
        sentence names the option and what would make it right.
    """
    model = _model(given.model)
    _refuse_unknown(given, model)
    found: dict[str, Any] = {"p": _number_of_sites(given, case, model)}
    for name in OPTIONS:
        if name != "p" and name in (*model.needs, *model.takes):
            found[name] = _VALUES.get(name, _as_given(name))(given, case)
    if "load" in model.takes and case.load is not None:
        found["load"] = case.load
    if found.get("reach") is None and _covers(model, found):
        found["reach"] = case.reach
    made = {name: value for name, value in found.items() if value is not None}
    for name in model.needs:
        if name not in made:
            raise InputError(
                "The model {model} needs {option}; for example {example}.",
                model=model.id, option=OPTIONS[name][0], example=OPTIONS[name][1],
            )  # fmt: skip
    return made


def _model(name: str) -> Model:
    if name not in MODELS:
        raise InputError(
            "There is no model {model}; choose one of {models}.",
            model=name,
            models=", ".join(MODELS),
        )
    return MODELS[name]


def _refuse_unknown(given: argparse.Namespace, model: Model) -> None:
    """Refuse an option that the model does not know, and say which it does."""
    known = {OPTIONS[name][0] for name in (*model.needs, *model.takes) if name in OPTIONS}
    if "p" in model.needs + model.takes:
        known.add("--new")
    options = {**{flag: _field(flag) for flag, _ in OPTIONS.values()}, "--new": "new"}
    for flag, place in options.items():
        if flag not in known and getattr(given, place) not in (None, []):
            raise InputError(
                "The model {model} knows no {option}; it takes {known}.",
                model=model.id, option=flag, known=", ".join(sorted(known)) or "-",
            )  # fmt: skip


def _field(flag: str) -> str:
    return flag.lstrip("-").replace("-", "_")


def _as_given(name: str) -> Callable[[argparse.Namespace, Case], Any]:
    return lambda given, _: getattr(given, _field(OPTIONS[name][0]))


def _covers(model: Model, found: dict[str, Any]) -> bool:
    """Return whether the model counts who is within reach."""
    if "reach" in model.needs:
        return True
    if "reach" not in model.takes:
        return False
    if model.id == "lexicographic":
        return bool({"covered", "lowest_share"} & set(found["order"] or ()))
    usual = "p-median" if model.id == "equity" else "covering"
    return (found["goal"] or usual) == "covering"


def _number_of_sites(given: argparse.Namespace, case: Case, model: Model) -> int | None:
    """Return how many sites shall be open in all: as given, with the kept ones, or of the file."""
    if given.p is not None and given.new is not None:
        raise InputError("Give -p (sites in all) or --new (beside those that stay), not both.")
    if given.new is not None:
        if given.existing_rule == "free":
            raise InputError("With --existing free nothing stays for certain; give -p, not --new.")
        return _kept(case, model) + int(given.new)
    if given.p is not None:
        beside = _kept(case) - _kept(case, model)
        return int(given.p) - beside
    return case.p if "p" in model.needs else None


def _kept(case: Case, model: Model | None = None) -> int:
    """Return how many facilities stay for certain, as far as they are part of the model."""
    if model is not None and model.id == "p-dispersion" and case.part is not None:
        return 0  # of a county, new sites are kept apart from each other alone
    return int((case.problem.existing & case.problem.must).sum())


# ---------------------------------------------------------------- values with a form of their own


def _unreadable(option: str, text: str, example: str) -> InputError:
    return InputError(
        "{option} is {found}; write it like {example}.", option=option, found=text, example=example
    )


def _numbers(name: str, text: str | None, kind: Callable[[str], Any] = float) -> list[Any] | None:
    if text is None:
        return None
    try:
        return [kind(word) for word in text.replace("，", ",").split(",")]
    except ValueError as error:
        raise _unreadable(OPTIONS[name][0], text, OPTIONS[name][1]) from error


def _sizes(given: argparse.Namespace, _: Case) -> list[list[Any]] | None:
    made = []
    for text in given.size:
        parts = text.replace("：", ":").split(":")
        try:
            name, capacity, cost = parts
            made.append([name, float(capacity), float(cost)])
        except ValueError as error:
            raise _unreadable("--size", text, "--size small:2000:30") from error
    return made or None


def _targets(given: argparse.Namespace, case: Case) -> list[list[Any]] | None:
    """Return targets as plain lists; "each" stands for every township that has people."""
    made: list[list[Any]] = []
    for text in given.target:
        parts = [part.strip() for part in text.replace("：", ":").split(":", 3)]
        try:
            kind, value = parts[0], _share(parts[1])
            reach = float(parts[2]) if len(parts) > 2 and parts[2] else None
        except (ValueError, IndexError) as error:
            raise _unreadable("--target", text, OPTIONS["targets"][1]) from error
        if kind == "covered" and reach is None:
            reach = case.reach if given.reach is None else given.reach
        group = parts[3] if len(parts) > 3 else ""
        made += [[kind, value, reach, number] for number in _groups(group, case)]
    return made or None


def _share(text: str) -> float:
    value = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
    if math.isnan(value):
        raise ValueError(text)
    return value


def _groups(name: str, case: Case) -> list[int | None]:
    if not name:
        return [None]
    if name != EACH:
        return [case.township(name)]
    people = np.bincount(case.problem.groups, case.problem.weights)
    return [int(k) for k in np.flatnonzero(people > 0)]


def _group_weights(given: argparse.Namespace, case: Case) -> list[float] | None:
    if not given.group_weight:
        return None
    made = [1.0] * (int(case.problem.groups.max()) + 1)
    for text in given.group_weight:
        name, _, value = text.rpartition("=")
        try:
            made[case.township(name)] = float(value)
        except ValueError as error:
            raise _unreadable("--group-weight", text, OPTIONS["group_weights"][1]) from error
    return made


def _order(given: argparse.Namespace, _: Case) -> list[str] | None:
    if given.order is None:
        return None
    return [word.strip() for word in given.order.replace("，", ",").split(",")]


def _years(_: argparse.Namespace, case: Case) -> Any:
    return case.years


_VALUES: dict[str, Callable[[argparse.Namespace, Case], Any]] = {
    "sizes": _sizes,
    "rules": lambda given, case: _targets(given, case) or [],
    "targets": _targets,
    "group_weights": _group_weights,
    "order": _order,
    "numbers": lambda given, _: _numbers("numbers", given.numbers, int),
    "people": _years,
    "year_weights": lambda given, _: _numbers("year_weights", given.year_weights),
    "budgets": lambda given, _: _numbers("budgets", given.budgets),
}
