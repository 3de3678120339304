"""
What a bound rests on where a tree of multipliers is not its proof: for the checker.

Three things can carry it: multipliers, the data alone (all allowed sites open at once), and the log
of HiGHS, which must be there and must say what is claimed. NumPy and the standard library alone.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cockpit.placement.checker_general import (
    Content,
    Data,
    FaultError,
    Floats,
    covered,
    load_of,
    minutes_of,
    stage_value,
    worth,
)

_PRINTED = 2e-6  # relative: what HiGHS lets a bound be off by, and the digits that it prints
_WHOLE = 1e-6  # what a number of sites may be below the next whole one

# ---------------------------------------------------------------- multipliers


def bound(plan: Content, data: Data) -> float:
    """Return what multipliers prove, where a model has them; NaN for every other."""
    proof, model = plan["proof"], plan["model"]
    if model not in _BOUNDS or "multipliers" not in proof:
        return math.nan
    points, prices = np.array(proof["points"], dtype=int), np.array(proof["multipliers"])
    weights = _weights(plan, data)
    load = load_of(plan, data) if "split" in plan["parameters"] else weights
    idle = np.setdiff1d(np.flatnonzero((weights > 0) | (load > 0)), points)
    if idle.size or len(set(points.tolist())) != len(prices):
        raise FaultError("The multipliers are not those of the points.")
    sites = np.flatnonzero(~data["forbidden"])
    cost, covering = data["cost"][np.ix_(points, sites)].astype(np.float64), model == _COVERING
    # Who counts people pays for everybody left over, and nothing for who is served.
    far = cost > plan["parameters"]["reach"] if covering else np.isinf(cost)
    people = weights[points]
    cost = 0.0 if covering else people[:, np.newaxis] * np.where(far, 0.0, cost)
    gain = np.where(far, 0.0, np.minimum(cost - prices[:, np.newaxis], 0.0))
    least = math.fsum(prices) + _BOUNDS[model](plan, data, sites, points, gain)
    if not covering:
        return least
    return math.fsum(people) - least - math.fsum(np.minimum(people - prices, 0.0))


def _weights(plan: Content, data: Data) -> Floats:
    """Return the people as the model counts them: by township, or times the rate of a minute."""
    given = plan["parameters"]
    shares, weights = given.get("group_weights"), data["weights"] * float(given.get("rate", 1.0))
    if shares is not None:
        weights = weights * np.array(shares, dtype=np.float64)[data["groups"]]
    return np.asarray(weights, dtype=np.float64)


def _packed(plan: Content, data: Data, sites: Any, points: Any, gain: Floats) -> float:
    """Least that p sites add, each a knapsack of the points it serves."""
    given, load = plan["parameters"], load_of(plan, data)[points]
    pack = _whole if plan["proof"]["knapsacks"] == "whole" and not given["split"] else _parts
    rooms = np.minimum(data["capacity"][sites], load.sum())
    values = np.array([pack(gain[:, j], load, rooms[j]) for j in range(len(sites))])
    return _smallest(values, data["must"][sites], given["p"])


def _bought(plan: Content, data: Data, sites: Any, _: Any, gain: Floats) -> float:
    """Least that sites add within the budget, where parts of a site may be bought."""
    values, price, must = gain.sum(axis=0), data["site_cost"][sites], data["must"][sites]
    room = plan["parameters"]["budget"] - math.fsum(price[must])
    return math.fsum(values[must]) + _parts(values[~must], price[~must], max(room, 0.0))


def _moved(plan: Content, data: Data, sites: Any, _: Any, gain: Floats) -> float:
    """Least that p sites add where each site of today that is left costs its least."""
    moving, closing = (
        [math.inf if c is None else c for c in plan["parameters"][f"{name}_cost"]]
        for name in ("moving", "closing")
    )
    least = np.minimum(moving, closing) * 1.0
    least[np.isinf(least)] = max([0.0, *least[np.isfinite(least)].tolist()])
    least = np.where(data["existing"], least, 0.0)
    values = gain.sum(axis=0) - least[sites]
    p = plan["parameters"]["p"]
    return math.fsum(least) + _smallest(values, data["must"][sites], p)


def _chosen(plan: Content, data: Data, sites: Any, _: Any, gain: Floats) -> float:
    """Least that p sites add where each may serve everybody."""
    return _smallest(gain.sum(axis=0), data["must"][sites], plan["parameters"]["p"])


def _opened(_: Content, data: Data, sites: Any, __: Any, gain: Floats) -> float:
    """Least that sites add that each pay for themselves; those that must be open in any case."""
    values, must = gain.sum(axis=0) + data["site_cost"][sites], data["must"][sites]
    return math.fsum(values[must]) + math.fsum(np.minimum(values[~must], 0.0))


def _smallest(values: Floats, must: NDArray[np.bool_], p: int) -> float:
    free = np.sort(values[~must])[: p - int(must.sum())]
    return math.fsum(values[must]) + math.fsum(free)


_COVERING = "capacitated-covering"
_BOUNDS: dict[str, Callable[[Content, Data, Any, Any, Floats], float]] = {
    "capacitated-p-median": _packed,
    _COVERING: _packed,
    "budget-p-median": _bought,
    "moving": _moved,
    "equity": _chosen,
    "fixed-cost": _opened,
}


def _whole(gain: Floats, load: Floats, room: float) -> float:
    """Least sum of gains of whole points within the room; loads and room are whole numbers."""
    if (load != np.rint(load)).any() or room != int(room):
        return _parts(gain, load, room)
    best = np.zeros(int(room) + 1)
    for value, need in zip(gain, load.astype(int), strict=True):
        if value < 0 and need <= room:
            best[need:] = np.minimum(best[need:], best[: len(best) - need] + value)
    return float(best[-1])


def _parts(gain: Floats, load: Floats, room: float) -> float:
    """Least sum of gains where parts of points may be taken."""
    total = math.fsum(gain[load == 0])
    held = np.flatnonzero((load > 0) & (gain < 0))
    for i in held[np.argsort(gain[held] / load[held], kind="stable")]:
        part = min(1.0, room / load[i])
        total, room = total + part * gain[i], room - part * load[i]
    return total


# ---------------------------------------------------------------- the data alone


def alone(plan: Content, data: Data) -> float:
    """
    Return what no plan beats even with all allowed sites open; NaN where the model has none.

    Rules, money and room are left aside: whoever opens everything comes nearest to everybody.
    """
    if plan["model"] not in _ALONE:
        return math.nan
    every = np.flatnonzero(~data["forbidden"]).tolist()
    return float(_ALONE[plan["model"]]({**plan, "open": every}, data))


def _farthest(plan: Content, data: Data) -> float:
    apart = np.minimum(data["cost"], data["cost"].T)[np.ix_(plan["open"], plan["open"])]
    return float(apart[~np.eye(len(apart), dtype=np.bool_)].max(initial=0.0))


def _nearest(plan: Content, data: Data) -> float:
    return minutes_of(data, plan["open"], data["weights"])


def _within(plan: Content, data: Data) -> float:
    return covered(data, plan["open"], data["weights"], plan["parameters"]["reach"])


def _by_goal(plan: Content, data: Data) -> float:
    covering = plan["parameters"]["goal"] == "covering"
    return worth(plan, data, _weights(plan, data), covering=covering)


def _last_stage(plan: Content, data: Data) -> float:
    return stage_value(plan["details"]["stages"][-1]["goal"], plan, data)


def _number_of_musts(_: Content, data: Data) -> float:
    return float(data["must"].sum())


def _musts(data: Data) -> float:
    return math.fsum(data["site_cost"][data["must"]])


def _years(plan: Content, data: Data) -> float:
    given, weights = plan["parameters"], data["weights"]
    people = [weights] * len(given["numbers"]) if given["people"] is None else given["people"]
    covering = given["goal"] == "covering"
    values = [worth(plan, data, np.array(now), covering=covering) for now in people]
    return math.fsum(np.array(given["year_weights"]) * np.array(values))


def _goals(plan: Content, data: Data) -> float:
    return _musts(data) if data["site_cost"].any() else _number_of_musts(plan, data)


_ALONE: dict[str, Callable[[Content, Data], float]] = {
    "p-dispersion": _farthest,
    "fixed-cost": lambda plan, data: (
        _musts(data) + float(plan["parameters"]["rate"]) * _nearest(plan, data)
    ),
    "budget-p-median": _nearest,
    "moving": _nearest,
    "capacitated-p-median": _nearest,
    "budget-covering": _within,
    _COVERING: _within,
    "equity": _by_goal,
    "sizes": _by_goal,
    "phasing": _years,
    "lexicographic": _last_stage,
    "least-gini": lambda _, __: 0.0,
    "lscp": _number_of_musts,
    "lscp-b": _number_of_musts,
    "capacitated-set-covering": _number_of_musts,
    "goal-seek": _goals,
}

# ---------------------------------------------------------------- the log of HiGHS

_LEVELS = ("p-center", "p-dispersion")
"""Models that ask HiGHS whether a level can be reached: its log says that it cannot."""
_OTHER = ("p-median", "mclp", "least-gini", "lexicographic")
"""Models whose last program has another goal than the plan, or leaves a constant out."""
_COUNTED = ("lscp", "lscp-b", "capacitated-set-covering")


def check_log(plan: Content, proof: Mapping[str, Any], data: Data, *, upward: bool) -> None:
    """
    Refuse a bound for which there is no log of a solver, or whose log says something else.

    A log can be made up: that it is there and fits is all that can be checked of it.
    """
    log, claimed = proof.get("log"), plan["bound"]
    lines = [str(line) for line in log] if isinstance(log, list) else []
    status = [line.split()[1:] for line in lines if line.startswith("  Status ")]
    if not status:
        raise FaultError(
            "Nothing proves the bound {said}: the certificate has no multipliers that do, and no "
            "log of HiGHS.",
            said=claimed,
        )
    model = plan["model"]
    found = _level(plan, proof, data, status[-1]) if model in _LEVELS else _last_bound(lines)
    if found is None or model in _OTHER:
        return
    if model in _COUNTED and math.isfinite(found):
        found = float(math.ceil(found - _WHOLE))
    hair = _PRINTED * max(1.0, abs(claimed))
    if claimed < found - hair if upward else claimed > found + hair:
        raise FaultError(
            "The log of HiGHS proves {found}, the certificate says {said}.",
            found=found,
            said=claimed,
        )


def _last_bound(lines: list[str]) -> float | None:
    """Return the last bound of a log; None: it has none that can be read."""
    for line in reversed(lines):
        if line.startswith("  Dual bound "):
            try:
                return float(line.split()[2])
            except (IndexError, ValueError):
                return None
    return None


def _level(plan: Content, proof: Mapping[str, Any], data: Data, status: list[str]) -> float:
    """Return what follows when no plan reaches a level, the next one that some plan may."""
    level = float(proof["level"])
    if plan["model"] == "p-dispersion":
        return level if status == ["Infeasible"] else math.inf
    costs = data["cost"][data["weights"] > 0][:, ~data["forbidden"]]
    over = costs[costs > level]
    return float(over.min(initial=math.inf)) if status == ["Infeasible"] else 0.0
