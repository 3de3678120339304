"""What ``solve`` and ``verify`` work on: a problem, what its parts are called, where it is from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cockpit.placement.problem import Problem
from geodata.errors import InputError

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Case:
    """A problem as the command line has it: every part by the name that its owner gave it."""

    problem: Problem
    sites: tuple[str, ...]  # ids
    points: tuple[str, ...]  # ids of the demand points
    townships: tuple[str, ...]  # by their number in problem.groups
    unit: str  # of the costs: minutes, metres, or "" where the file does not say
    source: Mapping[str, Any]  # how another machine makes the arrays again
    names: tuple[str, ...] = ()  # of the sites, for people; without, the ids
    point_names: tuple[str, ...] = ()  # of the demand points, for people; without, the ids
    township_names: tuple[str, ...] = ()  # as people say; without, as in townships
    lonlat: Floats | None = None  # (n_sites, 2) degrees
    load: Floats | None = None  # what counts against capacities, where it is not people
    years: Floats | None = None  # (n_years, n_demand) people
    p: int | None = None  # that the file asks for
    reach: float | None = None  # that the question has already
    notes: tuple[tuple[str, Mapping[str, Any]], ...] = field(default=())  # sentence and values
    barred: Callable[[], str] = lambda: ""
    """The options that leave no cell for a new site; "" where some cell may get one."""
    part: Callable[[str, Mapping[str, Any]], Case] | None = None
    """From a model and its parameters to the part of a large problem that can be proven."""

    def as_solved(self, model: str, parameters: Mapping[str, Any]) -> Case:
        """Return the case as the model's solver gets it."""
        return self if self.part is None else self.part(model, parameters)

    @property
    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return the arrays of the problem by name, as the checker takes them."""
        return {f.name: getattr(self.problem, f.name) for f in fields(self.problem)}

    def name(self, site: int) -> str:
        """Return what people call a site."""
        return self.names[site] if self.names else self.sites[site]

    def township(self, name: str) -> int:
        """Return the number of a township by id or name; ``InputError`` for one that is not."""
        for known in (self.townships, self.township_names):
            if known.count(name) == 1:
                return known.index(name)
        raise InputError(
            "There is no township {name}; expected one of {known}.",
            name=name,
            known=", ".join(self.townships[:20]) or "-",
        )


def position(ids: tuple[str, ...], site: str) -> int:
    """Return the position of a site; ``InputError`` for one that there is not."""
    try:
        return ids.index(site)
    except ValueError:
        raise InputError("There is no site {site}.", site=site) from None


_OF_SITES = ("site", "first", "second")


def named(
    error: InputError, site: Callable[[int], str], points: tuple[str, ...] = ()
) -> InputError:
    """Return an error of problem or solver that says names where it had said positions."""
    values = dict(error.values)
    for key in _OF_SITES:
        if isinstance(values.get(key), int):
            values[key] = site(int(str(values[key])))
    if points and isinstance(values.get("point"), int):
        values["point"] = points[int(str(values["point"]))]
    return type(error)(error.template, **values)
