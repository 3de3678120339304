"""Limits that capped minutes can keep, and true minutes for models about the longest way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from cockpit.answers.reach import Note
from cockpit.answers.siting_ground import UNREACHED_MINUTES, Ground
from cockpit.answers.siting_problem import Posed
from cockpit.coverage.nearest import minutes_of
from geodata.errors import InputError


def check_limits(parameters: Mapping[str, Any]) -> None:
    """
    Refuse limits at which whoever reaches no site would pass for served.

    Ways count at most ``UNREACHED_MINUTES``: at that limit or beyond everybody would be covered.

    Raises
    ------
    InputError
        For a reach, or a target or floor, of so many minutes or more.
    """
    reach = parameters.get("reach")
    if reach is not None:
        _below(float(reach))
    for rule in (*parameters.get("rules", ()), *parameters.get("targets", ())):
        kind, value, limit = rule[0], rule[1], rule[2]
        if kind == "covered" and limit is not None:
            _below(float(limit))
        if kind == "worst" and float(value) >= UNREACHED_MINUTES:
            raise InputError(
                "A longest way of {value} minutes says nothing here: whoever needs {most} minutes "
                "or more counts as reaching none. Ask for less than {most}.",
                value=f"{float(value):g}", most=f"{UNREACHED_MINUTES:g}",
            )  # fmt: skip


def _below(limit: float) -> None:
    if limit >= UNREACHED_MINUTES:
        raise InputError(
            "Plans of coverage need a limit below {most} minutes; longer ways all count as that "
            "many.",
            most=f"{UNREACHED_MINUTES:g}",
        )


def about_the_longest(model: str, parameters: Mapping[str, Any]) -> bool:
    """Tell whether a model makes the longest way short, so that it has to know the true ones."""
    return model == "p-center" or (model == "lexicographic" and "worst" in parameters["order"])


def with_true_ways(ground: Ground, posed: Posed) -> Posed:
    """
    Return the problem with minutes as long as they are, of people whom sites elsewhere can reach.

    Whoever lives on roads that lead nowhere else is reached by a site of their own or by none: the
    longest way would be theirs with every plan. They are left out, and a note says how many.
    """
    problem = posed.problem
    cost = minutes_of(ground.matrix(posed.sites))
    ways = (np.isfinite(cost) & problem.allowed).sum(axis=1)
    cut_off = ways < ways.max(initial=0) / 2
    people = float(problem.weights[cut_off].sum())
    weights = np.where(cut_off, 0.0, problem.weights)
    notes = posed.notes
    if people > 0:
        note = Note(
            "{n} cells whose roads lead nowhere else are left out: only a site of their own would "
            "reach them.",
            {"n": int((cut_off & (problem.weights > 0)).sum())},
        )
        notes = (*notes, note)
    return replace(posed, problem=replace(problem, cost=cost, weights=weights), notes=notes)
