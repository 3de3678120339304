"""The models of placement as pages offer them: groups, fields, parameters, and units."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from cockpit.answers.siting_fields import Field, defaults, fields, limit_seconds, reach_of
from cockpit.answers.siting_parameters import parameters
from cockpit.placement.models import MODELS

__all__ = [
    "Field",
    "Unit",
    "defaults",
    "fields",
    "limit_seconds",
    "maximises",
    "offered",
    "parameters",
    "reach_of",
    "unit",
]

Unit = Literal["person-minutes", "minutes", "people", "sites", "money", "gini", "share"]

_OFFERED: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Fewest minutes", ("p-median",)),
    ("Cover most people", ("mclp", "bclp")),
    ("Nobody far away", ("p-center", "p-dispersion")),
    ("Cover everybody", ("lscp", "lscp-b")),
    ("Within a budget", ("budget-covering", "budget-p-median", "fixed-cost", "sizes")),
    (
        "Room at the sites",
        ("capacitated-covering", "capacitated-p-median", "capacitated-set-covering"),
    ),
    ("Fairness", ("equity", "lexicographic", "least-gini")),
    ("Keep, close or move", ("moving",)),
    ("Several years", ("phasing",)),
    ("Meet targets", ("goal-seek",)),
)


def offered() -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return the models in groups, in the order in which planners think of them."""
    return _OFFERED


def unit(model: str, parameters: Mapping[str, Any]) -> Unit:
    """Return what a model's objective counts, which may depend on its goal."""
    if model == "lexicographic":
        units: dict[str, Unit] = {"worst": "minutes", "lowest_share": "share", "covered": "people"}
        return units.get(parameters["order"][-1], "person-minutes")
    if "goal" in parameters:
        return "people" if parameters["goal"] == "covering" else "person-minutes"
    return MODELS[model].unit


def maximises(model: str, parameters: Mapping[str, Any]) -> bool:
    """Tell whether more of the objective is better."""
    if model in ("lexicographic", "equity", "phasing", "sizes"):
        return unit(model, parameters) in ("people", "share")
    return MODELS[model].sense == "max"
