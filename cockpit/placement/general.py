"""The models that HiGHS solves, by their names."""

from __future__ import annotations

from collections.abc import Callable

from cockpit.placement.budget import (
    solve_budget_covering,
    solve_budget_p_median,
    solve_fixed_cost,
    solve_sizes,
)
from cockpit.placement.capacitated import (
    solve_capacitated_covering,
    solve_capacitated_p_median,
    solve_capacitated_set_covering,
)
from cockpit.placement.equity import solve_equity, solve_least_gini
from cockpit.placement.goals import solve_goals
from cockpit.placement.lexicographic import solve_lexicographic
from cockpit.placement.moving import solve_moving
from cockpit.placement.phasing import solve_phasing
from cockpit.placement.plan import Plan

GENERAL: dict[str, Callable[..., Plan]] = {
    "capacitated-p-median": solve_capacitated_p_median,
    "capacitated-covering": solve_capacitated_covering,
    "capacitated-set-covering": solve_capacitated_set_covering,
    "fixed-cost": solve_fixed_cost,
    "budget-p-median": solve_budget_p_median,
    "budget-covering": solve_budget_covering,
    "sizes": solve_sizes,
    "moving": solve_moving,
    "equity": solve_equity,
    "least-gini": solve_least_gini,
    "lexicographic": solve_lexicographic,
    "phasing": solve_phasing,
    "goal-seek": solve_goals,
}
