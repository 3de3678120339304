"""The rules of a placement: what stays, where something may stand, what it costs."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal, get_args

from geodata.errors import InputError

Existing = Literal["keep", "free"]
Candidates = Literal["cells", "villages"]
Where = Literal["all", "town", "country"]

_CHOICES = {"existing": get_args(Existing), "candidates": get_args(Candidates),
            "where": get_args(Where)}  # fmt: skip
_LISTS = ("must", "forbidden", "zones")
_AMOUNTS = ("spacing_m", "least_people", "new_cost", "kept_cost")


@dataclass(frozen=True)
class Rules:
    """
    What every plan of a question respects; plain values, so that a file can carry them.

    A site is "f:" and a facility's id, or "c:" and a cell's code. Costs are in whatever unit the
    planner counts in. Candidates are the cells of the question's unit that nothing here excludes.
    """

    existing: Existing = "keep"  # facilities of today stay open, or may close
    candidates: Candidates = "cells"  # every cell, or the most populous cell of each village
    must: tuple[str, ...] = ()  # sites that must be open
    forbidden: tuple[str, ...] = ()  # sites that must not
    spacing_m: float = 0.0  # from a new site to any other, straight; exactly there is far enough
    zones: tuple[int, ...] = ()  # ids of stored areas in which nothing new may stand
    where: Where = "all"  # new sites in town, in the country, or anywhere
    least_people: float = 0.0  # residents that a cell needs to get a site
    new_cost: float = 1.0  # of a new site
    kept_cost: float = 0.0  # of a facility of today that stays
    new_capacity: float | None = None  # people; None: the median of the facilities of today

    def __post_init__(self) -> None:
        for name, known in _CHOICES.items():
            if getattr(self, name) not in known:
                raise InputError(
                    "{name} is {value}; expected one of {known}.",
                    name=name, value=getattr(self, name), known=", ".join(known),
                )  # fmt: skip
        for name in _AMOUNTS:
            _check_amount(name, getattr(self, name))
        if self.new_capacity is not None:
            _check_amount("new_capacity", self.new_capacity)
        for name in _LISTS:
            object.__setattr__(self, name, tuple(sorted(set(getattr(self, name)))))

    def to_plain(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in asdict(self).items()
        }


def rules_from_plain(values: Mapping[str, Any]) -> Rules:
    """Return the rules of plain values; ``InputError`` for what is none."""
    if not isinstance(values, Mapping):
        raise InputError("These are no rules of a placement.")
    known = {f.name for f in fields(Rules)}
    unknown = [name for name in values if name not in known]
    if unknown:
        raise InputError("The rules know no {name}.", name=unknown[0])
    for name in _LISTS:
        if name in values and not isinstance(values[name], list | tuple):
            raise InputError(
                "{name} of the rules is {value}; expected a list.",
                name=name, value=str(values[name])[:40],
            )  # fmt: skip
    try:
        made: dict[str, Any] = {
            n: tuple(v) if isinstance(v, list) else v for n, v in values.items()
        }
        return Rules(**made)
    except TypeError as error:
        raise InputError("These are no rules of a placement.") from error


def _check_amount(name: str, value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < math.inf:
        raise InputError("{name} is {value}; expected a number, 0 or more.", name=name, value=value)
