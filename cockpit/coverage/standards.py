"""Standards of provision: a county's own figures, and the check of each with its light."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import tomlkit

from cockpit.coverage.services import service_of
from cockpit.coverage.standard_check import Checked, check, farthest
from cockpit.coverage.standard_list import NOT_CHECKED, PLAIN_TITLES, STANDARDS, Standard
from geodata.errors import InputError

__all__ = [
    "NOT_CHECKED",
    "STANDARDS",
    "Checked",
    "Standard",
    "as_toml",
    "changed",
    "check",
    "farthest",
    "is_moved",
    "official",
    "touches",
]

_NUMBERS = ("limit", "goal", "watch", "or_minutes")
LONGEST_SOURCE = 120
"""Characters of a source: the name of a document, not its text."""


def changed(
    standards: Mapping[str, Standard], changes: Mapping[str, Mapping[str, Any]]
) -> dict[str, Standard]:
    """
    Return the standards with a county's own figures, as ``[standards.<id>]`` tells them.

    ``limit``, ``goal``, ``watch``, ``source`` and, where there is one, ``or_minutes`` can be
    changed. A standard with a new figure bears ``changed``; one with a source of its own need no
    longer be confirmed, since somebody has read it. Where only ``goal`` is lowered below ``watch``,
    ``watch`` follows it.

    Raises
    ------
    InputError
        For an unknown standard or field, a limit that is not above 0, a share outside 0 to 1 (0
        itself included), a ``watch`` above ``goal``, or a source that is empty or too long.
    """
    new = dict(standards)
    for name, change in changes.items():
        if name not in standards:
            raise InputError(
                "There is no standard {standard}; expected one of {standards}.",
                standard=name,
                standards=", ".join(standards),
            )
        if change:
            new[name] = _changed(standards[name], change)
    return new


def _changed(standard: Standard, change: Mapping[str, Any]) -> Standard:
    for key, value in change.items():
        _require_sensible(standard, key, value)
    fields = {k: float(v) for k, v in change.items() if k in _NUMBERS}
    goal = fields.get("goal", standard.goal)
    if "watch" not in fields:
        fields["watch"] = min(standard.watch, goal)
    if fields["watch"] > goal:
        raise InputError(
            "Standard {standard}: watch is {watch}, above the goal {goal}; expected at most that.",
            standard=standard.id,
            watch=f"{fields['watch']:g}",
            goal=f"{goal:g}",
        )
    limit = fields.get("limit", standard.limit)
    either = fields.get("or_minutes", standard.or_minutes)
    # "within 15 min" is no title for a limit of 20.
    same = (limit, either) == (standard.limit, standard.or_minutes)
    title = standard.title if same else PLAIN_TITLES.get(standard.id)
    source = str(change.get("source", standard.source)).strip()
    return replace(
        standard,
        title=title or standard.title,
        limit=limit,
        or_minutes=either,
        goal=goal,
        watch=fields["watch"],
        source=source,
        confirm=standard.confirm and "source" not in change,
        goal_source="This county's" if "goal" in change else standard.goal_source,
        changed=True,
    )


def official(standard: Standard) -> Standard:
    """Return a standard as the list has it, whatever was changed."""
    return STANDARDS.get(standard.id, standard)


def is_moved(standard: Standard) -> bool:
    """Tell whether a standard's own figure is another than its official source says."""
    first = official(standard)
    return (standard.limit, standard.or_minutes) != (first.limit, first.or_minutes)


def touches(standard: Standard, service: str) -> bool:
    """Tell whether a standard asks for what a service gives: its kinds, perhaps among others."""
    asked = set(service_of(service).kinds)
    named = {standard.service, *standard.services}
    return any(asked <= set(service_of(other).kinds) for other in named)


def _require_sensible(standard_: Standard, key: str, value: Any) -> None:
    standard = standard_.id
    if key == "source":
        _require_source(standard, value)
        return
    if key not in _NUMBERS:
        raise InputError(
            "Standard {standard}: there is no setting {name}; expected limit, goal, watch, source "
            "or or_minutes.",
            standard=standard,
            name=key,
        )
    if key == "or_minutes" and standard_.or_minutes is None:
        raise InputError(
            "Standard {standard}: it has no second limit in minutes to change.", standard=standard
        )
    number = isinstance(value, int | float | np.number) and not isinstance(value, bool)
    if key in ("limit", "or_minutes") and not (number and 0 < value < np.inf):
        raise InputError(
            "Standard {standard}: the limit is {found}; expected a number above 0.",
            standard=standard,
            found=value,
        )
    if key in ("goal", "watch") and not (number and 0 < value <= 1):
        raise InputError(
            "Standard {standard}: {name} is {found}; expected a share above 0 and at most 1.",
            standard=standard,
            name=key,
            found=value,
        )


def _require_source(standard: str, value: Any) -> None:
    if not isinstance(value, str) or not value.strip():
        raise InputError(
            "Standard {standard}: the source is empty; expected the name of a document.",
            standard=standard,
        )
    if len(value) > LONGEST_SOURCE or not value.isprintable():
        raise InputError(
            "Standard {standard}: the source has {n} characters; expected at most {limit} on one "
            "line.",
            standard=standard,
            n=len(value),
            limit=LONGEST_SOURCE,
        )


def as_toml(changes: Mapping[str, Mapping[str, Any]]) -> str:
    """Return changes as the text of ``[standards.<id>]`` tables for county.toml; "" for none."""
    changed(STANDARDS, changes)
    tables = {name: dict(change) for name, change in changes.items() if change}
    return tomlkit.dumps({"standards": tables}) if tables else ""
