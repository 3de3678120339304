"""
What a checker must know of models with capacities, money, moves, fairness, goals and years.

Like ``checker``, NumPy and the standard library alone, and no code of the solvers: rules and the
objective are worked out anew from the certificate and the arrays.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

Data = Mapping[str, NDArray[Any]]
Floats = NDArray[np.float64]
Content = Mapping[str, Any]

_SAME = 1e-8  # relative: what may be lost in sums of shares


class FaultError(ValueError):
    """Something in a certificate that does not hold: the sentence and its values."""

    def __init__(self, sentence: str, **values: Any) -> None:
        super().__init__(sentence)
        self.fault = (sentence, values)


def objective(plan: Content, data: Data) -> float:
    """Return the objective of a plan after checking the rules of its model."""
    if plan["model"] not in MODELS:
        raise FaultError("The checker does not know the model {model}.", model=plan["model"])
    return MODELS[plan["model"]](plan, data)


def upward(plan: Content) -> bool:
    """Return whether more is better."""
    goal = plan["parameters"].get("goal")
    if plan["model"] == "lexicographic":
        return plan["details"]["stages"][-1]["goal"] in ("lowest_share", "covered")
    if plan["model"] in ("equity", "phasing", "sizes"):
        return bool(goal == "covering")
    return bool(plan["model"] in ("capacitated-covering", "budget-covering"))


def load_of(plan: Content, data: Data) -> Floats:
    """Return what each point takes of a capacity: its people, where nothing else is said."""
    given = plan["parameters"].get("load")
    return data["weights"] if given is None else np.array(given, dtype=np.float64)


def _flows(plan: Content, data: Data, capacity: Floats, *, everyone: bool) -> float:
    """Check who is served where; return the person-minutes of all, or the people served."""
    at = plan["details"].get("assignment")
    flow = plan["details"].get("flow") or [[i, j, 1.0] for i, j in enumerate(at or []) if j >= 0]
    point, site = (np.array([row[k] for row in flow], dtype=int) for k in (0, 1))
    share = np.array([row[2] for row in flow], dtype=np.float64)
    weights, load, reach = data["weights"], load_of(plan, data), plan["parameters"].get("reach")
    if not set(site.tolist()) <= set(plan["open"]):
        raise FaultError("Somebody is served at a site that is closed.")
    if (share < 0).any() or (not plan["parameters"]["split"] and (share != 1).any()):
        raise FaultError("A share is below 0, or a point is divided that must not be.")
    cost = data["cost"][point, site].astype(np.float64)
    if np.isinf(cost).any() or (reach is not None and (cost > reach).any()):
        raise FaultError("Somebody is served out of reach.")
    total = np.bincount(point, share, len(weights))
    if (total > 1 + _SAME).any() or (
        everyone and (total < 1 - _SAME)[(weights > 0) | (load > 0)].any()
    ):
        raise FaultError("A point is served more than once, or not in full.")
    held = np.bincount(site, share * load[point], len(capacity))
    if (held > capacity * (1 + _SAME)).any():
        raise FaultError("A site takes more than its capacity.")
    return float(math.fsum(weights[point] * share * (cost if everyone else 1.0)))


def _capacitated(plan: Content, data: Data) -> float:
    everyone = plan["model"] != "capacitated-covering"
    found = _flows(plan, data, data["capacity"], everyone=everyone)
    return float(len(plan["open"])) if plan["model"] == "capacitated-set-covering" else found


def _sizes(plan: Content, data: Data) -> float:
    sizes = {name: (capacity, cost) for name, capacity, cost in plan["parameters"]["sizes"]}
    built = [sizes[name] for name in plan["details"]["sizes"]]
    capacity = np.zeros(len(data["must"]))
    capacity[plan["open"]] = [size[0] for size in built]
    _within_budget(plan, data, math.fsum(size[1] for size in built))
    return _flows(plan, data, capacity, everyone=plan["parameters"]["goal"] == "p-median")


def _within_budget(plan: Content, data: Data, more: float = 0.0) -> None:
    spent = math.fsum(data["site_cost"][plan["open"]]) + more
    budget = plan["parameters"]["budget"]
    if spent > budget * (1 + _SAME):
        raise FaultError(
            "The plan costs {spent}, the budget is {budget}.", spent=spent, budget=budget
        )


def _near(data: Data, sites: list[int]) -> Floats:
    cost = data["cost"][:, sites]
    return np.asarray(cost.min(axis=1, initial=np.inf), dtype=np.float64)


def minutes_of(data: Data, sites: list[int], weights: Floats) -> float:
    """Return the person-minutes of all to the nearest of some sites."""
    return math.fsum(weights[weights > 0] * _near(data, sites)[weights > 0])


def covered(data: Data, sites: list[int], weights: Floats, reach: float) -> float:
    """Return the people who have one of some sites within reach."""
    return math.fsum(weights[(data["cost"][:, sites] <= reach).any(axis=1)])


def _fixed_cost(plan: Content, data: Data) -> float:
    minutes = minutes_of(data, plan["open"], data["weights"])
    rate = float(plan["parameters"]["rate"])
    return math.fsum(data["site_cost"][plan["open"]]) + rate * minutes


def _budget(plan: Content, data: Data) -> float:
    _within_budget(plan, data)
    return worth(plan, data, data["weights"], covering=plan["model"] == "budget-covering")


def worth(plan: Content, data: Data, weights: Floats, *, covering: bool) -> float:
    """Return the people covered by the open sites, or person-minutes to them."""
    if covering:
        return covered(data, plan["open"], weights, plan["parameters"]["reach"])
    return minutes_of(data, plan["open"], weights)


def _moving(plan: Content, data: Data) -> float:
    moving, closing, opening = (
        np.array([math.inf if c is None else c for c in plan["parameters"][f"{name}_cost"]])
        for name in ("moving", "closing", "opening")
    )
    is_open = np.zeros(len(data["must"]), dtype=np.bool_)
    is_open[plan["open"]] = True
    left, new = data["existing"] & ~is_open, ~data["existing"] & is_open
    pairs = sorted(
        zip(moving[left].tolist(), closing[left].tolist(), strict=True),
        key=lambda pair: -math.inf if math.isinf(pair[1]) else pair[0] - pair[1],
    )
    built = np.sort(opening[new]).tolist()
    costs = (
        sum(m for m, _ in pairs[:k]) + sum(c for _, c in pairs[k:]) + sum(built[: len(built) - k])
        for k in range(min(len(pairs), len(built)) + 1)
    )
    return minutes_of(data, plan["open"], data["weights"]) + float(min(costs))


def _holds(target: list[Any], sites: list[int], data: Data) -> bool:
    kind, value, reach, group = target
    more = value * (1 + _SAME)
    if kind in ("cost", "sites"):
        spent = math.fsum(data["site_cost"][sites]) if kind == "cost" else len(sites)
        return bool(spent <= more)
    here = (data["weights"] > 0) & ((data["groups"] == group) if group is not None else True)
    weights = np.where(here, data["weights"], 0.0)
    if not here.any():
        return True
    if kind == "worst":
        return bool(_near(data, sites)[here].max() <= more)
    if kind == "mean":
        return bool(minutes_of(data, sites, weights) <= more * math.fsum(weights))
    least = value * (1 - _SAME) * math.fsum(weights)
    return bool(covered(data, sites, weights, reach) >= least)


def _check_targets(plan: Content, data: Data, name: str) -> None:
    for k, target in enumerate(plan["parameters"][name]):
        if not _holds(target, plan["open"], data):
            raise FaultError("Target {target} is not met.", target=k + 1)


def _gini(plan: Content, data: Data) -> float:
    here = data["weights"] > 0
    far, people = _near(data, plan["open"])[here], data["weights"][here]
    order = np.argsort(far, kind="stable")
    people, sums = people[order], np.cumsum(people[order] * far[order])
    if not sums.size or sums[-1] == 0:
        return 0.0
    line = 2 * (people @ sums) - people @ (people * far[order])  # twice the area under Lorenz
    return float(1 - line / (people.sum() * sums[-1]))


def _equity(plan: Content, data: Data) -> float:
    given = plan["parameters"]
    _check_targets(plan, data, "rules")
    if given["most_gini"] is not None and _gini(plan, data) > given["most_gini"] + _SAME:
        raise FaultError("The Gini is above its bound.")
    shares = given["group_weights"]
    groups = 1.0 if shares is None else np.array(shares)[data["groups"]]
    return worth(plan, data, data["weights"] * groups, covering=given["goal"] == "covering")


def _least_gini(plan: Content, data: Data) -> float:
    _check_targets(plan, data, "rules")
    return _gini(plan, data)


def _lexicographic(plan: Content, data: Data) -> float:
    _check_targets(plan, data, "rules")
    stages = plan["details"]["stages"]
    if [stage["goal"] for stage in stages] != plan["parameters"]["order"][: len(stages)]:
        raise FaultError("The stages are not in the order that was asked for.")
    for stage in stages:
        found, more = (
            stage_value(stage["goal"], plan, data),
            stage["goal"] in ("lowest_share", "covered"),
        )
        worse = stage["value"] - found if more else found - stage["value"]
        if worse > _SAME * max(abs(found), 1.0):
            raise FaultError("A later stage gave up what an earlier one had reached.")
    return found


def stage_value(goal: str, plan: Content, data: Data) -> float:
    """Return what the open sites are worth to one goal of several."""
    weights, sites, reach = data["weights"], plan["open"], plan["parameters"]["reach"]
    if goal == "worst":
        return float(_near(data, sites)[weights > 0].max(initial=0.0))
    if goal == "mean":
        return minutes_of(data, sites, weights)
    if goal == "covered":
        return covered(data, sites, weights, reach)
    parts = [np.where(data["groups"] == g, weights, 0.0) for g in np.unique(data["groups"])]
    return min(covered(data, sites, w, reach) / math.fsum(w) for w in parts if w.any())


def _phasing(plan: Content, data: Data) -> float:
    given, path, total = plan["parameters"], plan["details"]["years"], []
    if [len(sites) for sites in path] != given["numbers"] or path[-1] != plan["open"]:
        raise FaultError("The years have other numbers of sites than asked for.")
    for year, sites in enumerate(path):
        if not set(path[year - 1] if year else []) <= set(sites):
            raise FaultError("A site that is built is gone in a later year.")
        if set(np.flatnonzero(data["must"]).tolist()) - set(sites):
            raise FaultError("A site that must be open is closed.")
        if given["budgets"] is not None:
            now = {"open": sites, "parameters": {"budget": given["budgets"][year]}}
            _within_budget(now, data)
        people = data["weights"] if given["people"] is None else np.array(given["people"][year])
        now = {"open": sites, "parameters": given}
        value = worth(now, data, people, covering=given["goal"] == "covering")
        total.append(given["year_weights"][year] * value)
    return math.fsum(total)


def _goals(plan: Content, data: Data) -> float:
    _check_targets(plan, data, "targets")
    price = data["site_cost"] if data["site_cost"].any() else np.ones(len(data["must"]))
    return math.fsum(price[plan["open"]])


MODELS: dict[str, Callable[[Content, Data], float]] = {
    "capacitated-p-median": _capacitated,
    "capacitated-covering": _capacitated,
    "capacitated-set-covering": _capacitated,
    "fixed-cost": _fixed_cost,
    "budget-p-median": _budget,
    "budget-covering": _budget,
    "sizes": _sizes,
    "moving": _moving,
    "equity": _equity,
    "least-gini": _least_gini,
    "lexicographic": _lexicographic,
    "phasing": _phasing,
    "goal-seek": _goals,
}
