"""From the values of a page to the parameters of a solver, each checked at the door."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from cockpit.answers.siting_fields import (
    ALL,
    GOALS,
    NEW,
    ORDER,
    RATE_OF,
    SPLIT,
    TARGET_KINDS,
    known_model,
    reach_of,
)
from cockpit.answers.siting_ground import UNREACHED_MINUTES, Ground
from cockpit.answers.siting_problem import Posed
from geodata.errors import InputError

MOST_YEARS = 10


def parameters(
    model: str, ground: Ground, posed: Posed, given: Mapping[str, Any]
) -> dict[str, Any]:
    """
    Return the parameters of the solver for the values of a page.

    Parameters
    ----------
    posed
        The problem, as ``siting.pose`` made it.
    given
        A value for each field; None or missing where a bound is left out.

    Raises
    ------
    InputError
        If a value is missing, is no number, or cannot be.
    """
    return _TAKEN[known_model(model)](_Given(ground, posed, given))


@dataclass(frozen=True)
class _Given:
    ground: Ground
    posed: Posed
    values: Mapping[str, Any]

    @property
    def kept(self) -> int:
        """Return how many facilities of today must stay."""
        problem = self.posed.problem
        return int((problem.must & problem.existing).sum())

    @property
    def moves_today(self) -> bool:
        problem = self.posed.problem
        return bool((problem.existing & ~problem.must & ~problem.forbidden).any())

    def reach(self) -> float:
        """Return the limit of the question; where it is too long, all ways look the same."""
        if self.ground.q.minutes >= UNREACHED_MINUTES:
            raise InputError(
                "Plans of coverage need a limit below {most} minutes; longer ways all count as "
                "that many.",
                most=f"{UNREACHED_MINUTES:g}",
            )
        return reach_of(self.ground.q.minutes)

    def amount(self, name: str, *, most: float = np.inf) -> float:
        value = self.values.get(name)
        good = isinstance(value, int | float | np.number) and not isinstance(value, bool)
        if not good or not 0 <= float(value) <= most or float(value) == np.inf:  # type: ignore[arg-type]
            raise _wrong(name, value, most)
        return float(value)  # type: ignore[arg-type]

    def bound(self, name: str, *, most: float = np.inf) -> float | None:
        return None if self.values.get(name) is None else self.amount(name, most=most)

    def whole(self, name: str, value: Any) -> int:
        good = isinstance(value, int | float | np.number) and not isinstance(value, bool)
        if not good or not 0 <= float(value) < np.inf or float(value) != int(value):
            raise InputError("{name} is {value}; expected a whole number, 0 or more.",
                             name=name, value=value)  # fmt: skip
        return int(value)

    def number(self) -> dict[str, int]:
        """Return sites in all: those asked for, or new ones and those that stay."""
        return {"p": self.in_all(NEW if NEW in self.values else ALL, self.values)}

    def in_all(self, name: str, values: Mapping[str, Any]) -> int:
        return self.whole(name, values.get(name)) + (self.kept if name == NEW else 0)

    def choice(self, name: str, known: Sequence[tuple[str, str]]) -> str:
        value = self.values.get(name)
        if value not in dict(known):
            raise InputError("{name} is {value}; expected one of {known}.",
                             name=name, value=value, known=", ".join(dict(known)))  # fmt: skip
        return str(value)

    def split(self) -> dict[str, bool]:
        return {"split": self.choice("split", SPLIT) == "parts"}

    def goal(self) -> dict[str, Any]:
        goal = self.choice("goal", GOALS)
        return {"goal": goal, "reach": self.reach() if goal == "covering" else None}


def _wrong(name: str, value: Any, most: float) -> InputError:
    if np.isfinite(most):
        return InputError("{name} is {value}; expected 0 to {most}.", name=name, value=value,
                          most=f"{most:g}")  # fmt: skip
    return InputError("{name} is {value}; expected a number, 0 or more.", name=name, value=value)


def _take_number(given: _Given) -> dict[str, Any]:
    return given.number()


def _take_cover(given: _Given) -> dict[str, Any]:
    return {**given.number(), "reach": given.reach()}


def _take_sizes(given: _Given) -> dict[str, Any]:
    rows = given.values.get("sizes")
    if not isinstance(rows, Sequence) or any(len(row) != 3 for row in rows):
        raise InputError("A size is a name, the people it serves and what it costs.")
    sizes = [[str(n), _plain("sizes", c), _plain("sizes", m)] for n, c, m in rows]
    budget = given.amount("budget")
    return {"sizes": sizes, "budget": budget, **given.goal(), **given.split()}


def _plain(name: str, value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError) as error:
        raise _wrong(name, value, np.inf) from error


def _take_moving(given: _Given) -> dict[str, Any]:
    if not given.moves_today:
        raise InputError(
            "Here facilities of today close or move, but the rules keep them all; let them close "
            "in the rules."
        )
    costs = {f"{name}_cost": given.amount(f"{name}_cost") for name in
             ("moving", "closing", "opening")}  # fmt: skip
    return {"p": given.in_all(ALL, given.values), **costs}


def _take_equity(given: _Given) -> dict[str, Any]:
    ground, reach = given.ground, given.reach()
    floor = given.bound("floor", most=1.0)
    worst = given.bound("worst")
    there = np.bincount(ground.townships, ground.people) > 0
    rules: list[list[Any]] = [
        ["covered", floor, reach, int(t)] for t in np.flatnonzero(there) if floor
    ]
    if worst is not None:
        rules.append(["worst", reach_of(worst), None, None])
    return {**given.number(), **given.goal(), "rules": rules,
            "most_gini": given.bound("most_gini", most=1.0)}  # fmt: skip


def _take_order(given: _Given) -> dict[str, Any]:
    order = given.values.get("order")
    if not isinstance(order, Sequence) or not order or not set(order) <= set(dict(ORDER)):
        raise InputError("{name} is {value}; expected one of {known}.", name="order", value=order,
                         known=", ".join(dict(ORDER)))  # fmt: skip
    return {**given.number(), "order": list(order), "reach": given.reach()}


def _take_years(given: _Given) -> dict[str, Any]:
    numbers = given.values.get("numbers")
    if not isinstance(numbers, Sequence) or not 0 < len(numbers) <= MOST_YEARS:
        raise InputError("Say how many sites there are at the end of each of 1 to {most} years.",
                         most=MOST_YEARS)  # fmt: skip
    more = 0 if given.moves_today else given.kept
    return {"numbers": [given.whole("numbers", n) + more for n in numbers], **given.goal()}


def _take_targets(given: _Given) -> dict[str, Any]:
    rows = given.values.get("targets")
    if not isinstance(rows, Sequence) or any(len(row) != 3 for row in rows):
        raise InputError("A target is a kind, a value and a township.")
    return {"targets": [_target(given, *row) for row in rows]}


def _target(given: _Given, kind: Any, value: Any, code: Any) -> list[Any]:
    if kind not in dict(TARGET_KINDS):
        raise InputError("There is no kind of target {kind}.", kind=kind)
    number = _plain("targets", value)
    if kind == "worst":
        number = reach_of(number)
    if kind == "sites" and not given.moves_today:
        number += given.kept
    if kind == "cost":
        number += _kept_cost(given)
    reach = given.reach() if kind == "covered" else None
    return [kind, number, reach, _township(given.ground, code)]


def _kept_cost(given: _Given) -> float:
    """Return what the facilities that stay cost: a target is about what is spent beside them."""
    problem = given.posed.problem
    return float(problem.site_cost[problem.must & problem.existing].sum())


def _township(ground: Ground, code: Any) -> int | None:
    if code in (None, ""):
        return None
    codes = ground.reach.twin.regions["code"].to_numpy()[ground.township_rows]
    found = np.flatnonzero(codes == str(code))
    if not found.size:
        raise InputError("No region has the code {code}.", code=code)
    return int(found[0])


_TAKEN: dict[str, Callable[[_Given], dict[str, Any]]] = {
    "p-median": _take_number,
    "mclp": _take_cover,
    "bclp": lambda given: {**_take_cover(given), "backup": given.amount("backup", most=1.0)},
    "p-center": _take_number,
    "p-dispersion": lambda given: (
        {"p": given.whole(NEW, given.values[NEW])} if NEW in given.values else given.number()
    ),
    "lscp": lambda given: {"reach": given.reach()},
    "lscp-b": lambda given: {"reach": given.reach()},
    "budget-covering": lambda given: {"budget": given.amount("budget"), "reach": given.reach()},
    "budget-p-median": lambda given: {"budget": given.amount("budget")},
    "fixed-cost": lambda given: {"rate": given.amount("rate") / RATE_OF},
    "sizes": _take_sizes,
    "capacitated-covering": lambda given: {**_take_cover(given), **given.split()},
    "capacitated-p-median": lambda given: {**given.number(), **given.split()},
    "capacitated-set-covering": lambda given: {"reach": given.reach(), **given.split()},
    "equity": _take_equity,
    "lexicographic": _take_order,
    "least-gini": _take_number,
    "moving": _take_moving,
    "phasing": _take_years,
    "goal-seek": _take_targets,
}
