"""The Gini of people's minutes as linear cuts: exact for every plan, added where one is broken."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from cockpit.placement.formulation import (
    Floats,
    Linear,
    Positions,
    Siting,
    assigned,
    costs_of,
)
from cockpit.placement.problem import Problem

ROUNDING = 1e-9  # relative: a Gini is a quotient of sums


def spread(minutes: Floats, people: Floats) -> tuple[float, float]:
    """
    Return the two sums of which the Gini is the quotient.

    The first is half the sum over all pairs of ``people_i * people_k * |minutes_i - minutes_k|``,
    the second ``people`` altogether times person-minutes.
    """
    order = np.argsort(minutes, kind="stable")
    return float(minutes @ ranks(order, people)), float(people.sum() * (minutes @ people))


def gini(minutes: Floats, people: Floats) -> float:
    """Return the Gini of minutes over people, 0 (all the same) to 1; 0 where all are 0."""
    above, below = spread(minutes, people)
    return above / below if below > 0 else 0.0


def ranks(order: Positions, people: Floats) -> Floats:
    """
    Return what each point's minutes count in the sum over pairs, for one order of the points.

    A point counts its people times (the people before it less the people after it). For any other
    order the sum is smaller or equal: that is why one order is one valid linear cut.
    """
    sorted_people = people[order]
    before = np.cumsum(sorted_people) - sorted_people
    after = people.sum() - before - sorted_people
    found = np.empty(len(people))
    found[order] = sorted_people * (before - after)
    return found


@dataclass
class Cuts:
    """
    Bounds on the Gini of people's minutes, for a program with exact minutes.

    The Gini is at most g where the sum over pairs, the largest over all orders of the points of a
    linear sum, is at most g times the second sum: one linear row for each order. Only the orders of
    plans that break the bound are ever added; a row is broken by the plan it was made for, so the
    search ends, and it holds for all that keep the bound, so what it proves is proven for them.
    """

    siting: Siting
    points: Positions
    minutes: Linear
    column: int | None = None  # stands for the sum over pairs; None: bounded by ``most``
    most: float = 0.0
    known: set[bytes] = field(default_factory=set)

    @property
    def people(self) -> Floats:
        """Return the people of the points."""
        return self.siting.problem.weights[self.points]

    def of(self, chosen: Positions) -> float:
        """Return the Gini of a plan."""
        return gini(minutes_of(self.siting.problem, chosen, self.points), self.people)

    def add(self, minutes: Floats) -> bool:
        """Add the row of these minutes' order; False where it is known."""
        order = np.argsort(minutes, kind="stable")
        if order.tobytes() in self.known:
            return False
        self.known.add(order.tobytes())
        people, program = self.people, self.siting.program
        total = people.sum()
        if self.column is None:
            sums = self.minutes.total((ranks(order, people) - self.most * total * people) / total)
            slack = ROUNDING * float(people @ minutes)
            sums.rule(program, upper=slack)
            return True
        sums = self.minutes.total(ranks(order, people) / total)
        program.row(
            np.append(sums.column, self.column),
            np.append(sums.value, -1.0),
            upper=-float(sums.constant[0]),
        )
        return True

    def relax(self, seconds: float, rounds: int = 8) -> None:
        """Add the rows that the relaxation breaks: they hold for every plan too."""
        for _ in range(rounds):
            outcome = self.siting.program.continuous().solve(seconds=seconds / rounds)
            if outcome.x is None:
                return
            minutes = self.minutes.at(outcome.x)
            above, below = spread(minutes, self.people)
            total = self.people.sum()
            held = self.most * below if self.column is None else total * outcome.x[self.column]
            if above <= held + 1e-6 * max(1.0, below) or not self.add(minutes):
                return


def minutes_of(problem: Problem, chosen: Positions, points: Positions) -> Floats:
    """Return the points' costs to their nearest open sites."""
    return costs_of(problem, assigned(problem, chosen))[points]
