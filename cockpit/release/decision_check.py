"""Whether a siting decision would be another one on the noisy figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cockpit.placement.models import MODELS
from cockpit.placement.problem import Problem
from cockpit.placement.solve import solve
from cockpit.release.release import release
from cockpit.release.tree import Tree
from geodata.errors import InputError

ASKED = ("p-median", "mclp")


@dataclass(frozen=True)
class Decision:
    """What the noisy figures would have chosen, and what that costs the real people."""

    model: str
    sites: tuple[int, ...]  # best on the exact demand
    noisy_sites: tuple[tuple[int, ...], ...]  # best on each noisy demand
    best: float  # objective of ``sites`` on the exact demand: person-minutes or people
    reached: tuple[float, ...]  # objective of each noisy plan on the exact demand
    proven: bool  # every plan is proven to be the best for its demand

    @property
    def same(self) -> int:
        """How many noisy plans have the same sites."""
        return sum(sites == self.sites for sites in self.noisy_sites)

    @property
    def kept(self) -> tuple[int, ...]:
        """How many of ``sites`` each noisy plan has."""
        return tuple(len(set(sites) & set(self.sites)) for sites in self.noisy_sites)

    @property
    def regret(self) -> tuple[float, ...]:
        """How much worse each noisy plan is, as a share of the best; 0: as good."""
        if self.best == 0:
            return tuple(0.0 if value == 0 else float("inf") for value in self.reached)
        return tuple(abs(value - self.best) / self.best for value in self.reached)


def decision_check(
    minutes: NDArray[np.floating[Any]],
    exact: NDArray[np.float64],
    noisy: Sequence[NDArray[np.float64]],
    *,
    model: str,
    parameters: Mapping[str, Any],
    seconds: float = 20.0,
    seed: int = 0,
) -> Decision:
    """
    Solve a siting with the exact and with noisy demand, and weigh both by the exact demand.

    Uses the exact demand: for the steward, not for publishing.

    Parameters
    ----------
    minutes
        Cost from each demand cell to each site, shape ``(n_demand, n_sites)``.
    exact, noisy
        People of each cell; ``noisy`` has one array a draw (the released figures, or several draws
        from them).
    model, parameters
        "p-median" with p, or "mclp" with p and reach, as ``cockpit.placement.solve``.
    """
    if model not in ASKED or model not in MODELS:
        raise InputError(
            "A decision is checked with {models}, not with {model}.",
            models=", ".join(ASKED),
            model=model,
        )
    plans = [
        solve(Problem.of(minutes, demand), model, parameters, seed=seed, seconds=seconds)
        for demand in (exact, *noisy)
    ]
    chosen = [tuple(int(site) for site in plan.open) for plan in plans]
    worth = [worth_of(minutes, exact, sites, model, parameters) for sites in chosen]
    return Decision(
        model,
        chosen[0],
        tuple(chosen[1:]),
        worth[0],
        tuple(worth[1:]),
        all(plan.proven for plan in plans),
    )


def redrawn(
    figures: NDArray[np.int64], tree: Tree, *, epsilon: Fraction, times: int
) -> tuple[NDArray[np.int64], ...]:
    """
    Return tables as a release of the released figures would be, each with noise of its own.

    How sturdy a decision is against noise of this size, without asking the exact counts again: this
    takes nothing from the budget, and what ``decision_check`` finds with the released figures as
    ``exact`` and these as ``noisy`` may be published. One noise lies on the other, so it is rather
    too careful.

    Parameters
    ----------
    figures
        Released figures, shape ``(n_regions, n_classes)``; ``epsilon`` as they were released.
    times
        Number of tables, 1 or more.
    """
    if times < 1:
        raise InputError("The number of draws is {times}; expected 1 or more.", times=times)
    leaves = np.ascontiguousarray(figures[tree.leaves])
    return tuple(release(leaves, tree, epsilon=epsilon).figures for _ in range(times))


def worth_of(
    minutes: NDArray[np.floating[Any]],
    people: NDArray[np.float64],
    sites: Sequence[int],
    model: str,
    parameters: Mapping[str, Any],
) -> float:
    """Return person-minutes to the nearest of ``sites``, or people within reach (mclp)."""
    nearest = np.asarray(minutes, dtype=np.float64)[:, list(sites)].min(axis=1)
    if model == "mclp":
        return float(people[nearest <= parameters["reach"]].sum())
    lived = people > 0
    limit = parameters.get("unreached")
    cost = nearest[lived] if limit is None else np.minimum(nearest[lived], limit)
    return float((cost * people[lived]).sum())
