"""What a certificate asks, written as the options of ``solve``: anybody can ask it again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from cockpit.commands.solve_case import Case
from cockpit.commands.solve_files import ROLES
from cockpit.commands.solve_options import OPTIONS
from cockpit.placement.models import MODELS

_RULES: dict[str, tuple[str, Any]] = {
    "existing": ("--existing", "keep"),
    "candidates": ("--candidates", "cells"),
    "must": ("--must", []),
    "forbidden": ("--forbid", []),
    "spacing_m": ("--spacing", 0.0),
    "zones": ("--zone", []),
    "where": ("--where", "all"),
    "least_people": ("--least-people", 0.0),
    "new_cost": ("--new-cost", 1.0),
    "kept_cost": ("--kept-cost", 0.0),
    "new_capacity": ("--new-capacity", None),
    "costs": ("--costs", None),
}
"""A rule of a county or of files -> its option, and what it is where nobody says anything."""

_MOST = 8  # values of one option; of more, how many


def question_of(plan: Mapping[str, Any], case: Case) -> str:
    """Return data, rules, model and parameters; what is as it is by default is left out."""
    source = plan["source"]
    parts = _of_files(source) if source["kind"] == "files" else _of_county(source)
    model = MODELS[plan["model"]]
    parts.append(f"--model {model.id}")
    for name in (*model.needs, *model.takes):
        value = plan["parameters"].get(name)
        if name in OPTIONS and value is not None and value is not False:
            parts += _asked(name, value, case)
    return " ".join(parts)


def _of_files(source: Mapping[str, Any]) -> list[str]:
    files = source["files"]
    parts = [str(files["matrix"]["name"])]
    parts += [f"--{role} {files[role]['name']}" for role in ROLES[1:] if role in files]
    return parts + rules_of(source)


def _of_county(source: Mapping[str, Any]) -> list[str]:
    asked = source["question"]
    names = ("service", "mode", "minutes", "group", "unit")
    parts = [f"--{name} {_text(asked[name])}" for name in names if asked[name] != ""]
    return parts + rules_of(source["rules"])


def rules_of(given: Mapping[str, Any]) -> list[str]:
    """Return the options of rules in plain values, those left out that are as by default."""
    parts = []
    for name, (option, usual) in _RULES.items():
        value = given.get(name, usual)
        if isinstance(value, list):
            parts += _each(option, [str(one) for one in value])
        elif value != usual:
            parts.append(f"{option} {_text(value)}")
    return parts


def _asked(name: str, value: Any, case: Case) -> list[str]:
    """Return one parameter as its option, or an option for each of its parts."""
    option = OPTIONS[name][0]
    if name in _PARTS:
        return _each(option, _PARTS[name](value, case))
    if value is True or name == "people":  # a table: its file is named already
        return [option] if value is True else []
    if not isinstance(value, list):
        return [f"{option} {_text(value)}"]
    if name.endswith("_cost") and len(set(value)) == 1:  # the same for each site
        value = value[:1]
    if len(value) > _MOST:
        return [f"{option} … ({len(value)})"]
    return [f"{option} {','.join(map(_text, value))}"]


def _targets(value: list[Any], case: Case) -> list[str]:
    return [_target(target, case) for target in value]


def _sizes(value: list[Any], _: Case) -> list[str]:
    return [":".join(map(_text, size)) for size in value]


def _shares(value: list[Any], case: Case) -> list[str]:
    names = case.townships or tuple(map(str, range(len(value))))
    return [f"{t}={_text(w)}" for t, w in zip(names, value, strict=True) if w != 1]


_PARTS: dict[str, Callable[[list[Any], Case], list[str]]] = {
    "rules": _targets, "targets": _targets, "sizes": _sizes, "group_weights": _shares,
}  # fmt: skip
"""Parameters whose option may be given several times -> its values."""


def _target(target: list[Any], case: Case) -> str:
    kind, value, reach, group = target
    township = "" if group is None else case.townships[group] if case.townships else str(group)
    parts = [str(kind), _text(value), "" if reach is None else _text(reach), township]
    while not parts[-1]:
        parts.pop()
    return ":".join(parts)


def _each(option: str, values: list[str]) -> list[str]:
    if len(values) > _MOST:
        return [f"{option} … ({len(values)})"]
    return [f"{option} {value}" for value in values]


def _text(value: Any) -> str:
    if value is None:
        return "inf"  # a cost that a certificate cannot write as a number
    return f"{value:.12g}" if isinstance(value, int | float) else str(value)
