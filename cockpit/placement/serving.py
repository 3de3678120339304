"""From a problem to a proven plan, for every model that serves rows by their cheapest open site."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cockpit.placement.clock import Clock
from cockpit.placement.exact import COVER, MEDIAN, Proof, prove
from cockpit.placement.lists import Flags, Floats, Lists, Rules
from cockpit.placement.milp import Program
from cockpit.placement.plan import numbers
from cockpit.placement.search import cost_of, greedy, interchange, samples
from geodata.errors import InputError

_STARTS = 10
_FEW_STARTS = 3
_MANY_ENTRIES = 3_000_000  # above it a start takes more than a second
_EXACT_SUM = 1e8  # below it sums of multipliers are far more exact than a whole unit


def serve_best(
    lists: Lists,
    rules: Rules,
    clock: Clock,
    *,
    seed: int = 0,
    gap: float = 0.0,
    total: float = 0.0,
    first: Flags | None = None,
) -> Proof:
    """
    Find the p sites that serve all rows at the lowest cost, and prove it.

    Ten greedy starts (the first plain, the others from random samples), each improved by the fast
    interchange; then branch and bound on Lagrangian multipliers.

    Parameters
    ----------
    lists, rules
        What is to be served, and what every plan must respect.
    clock
        Seconds and who hears of plans.
    seed
        Of the random starts: the same seed gives the same plan.
    gap, total
        Relative gap that is good enough; of ``total - cost`` (see ``prove``).
    first
        A plan to begin with beside the others, shape ``(n_sites,)``.

    Raises
    ------
    InputError
        If the spacing leaves room for fewer than p sites; it says for how many.
    """
    best = _searched(lists, rules, clock, seed, first)
    effort = MEDIAN if lists.cost.any() else COVER
    return prove(
        lists, rules, best, clock, unit=unit_of(lists), gap=gap, total=total, effort=effort
    )


def _searched(lists: Lists, rules: Rules, clock: Clock, seed: int, first: Flags | None) -> Flags:
    rng = np.random.default_rng(seed)
    best, value = first if first is not None else rules.must, np.inf
    n_starts = _FEW_STARTS if len(lists.cost) > _MANY_ENTRIES else _STARTS
    for k in range(n_starts):
        everything = np.ones((rules.p, lists.n_sites), dtype=np.bool_)
        begun = greedy(lists, rules, samples(rules, rng) if k else everything)
        if begun is None and not k:
            begun = first if first is not None else roomy(rules)
        if begun is None:
            continue
        plan = interchange(lists, rules, begun)
        found = cost_of(lists, plan)
        if found < value:
            best, value = plan, found
        if not clock.tell(best, value, 0.0, "search"):
            break
    if first is not None and cost_of(lists, first) < value:
        best = interchange(lists, rules, first)
    return best


def roomy(rules: Rules) -> Flags:
    """
    Return p sites that are not too near to each other, shape ``(n_sites,)``.

    Raises
    ------
    InputError
        If there is room for fewer; it says for how many.
    """
    program = Program(maximise=True)
    site = program.columns(
        len(rules.must), cost=1.0, lower=rules.must, upper=~rules.barred, whole=True
    )
    for one in range(len(rules.must)):
        for other in rules.too_near(one):
            if one < other:
                program.row(site[[one, other]], upper=1)
    outcome = program.solve()
    found = np.flatnonzero(outcome.x[site] > 0.5) if outcome.x is not None else site[:0]
    if len(found) < rules.p:
        raise InputError(
            "p is {p} but the spacing leaves room for {n} sites; ask for at most {n} or for less "
            "spacing.",
            p=rules.p,
            n=len(found),
        )
    opened = rules.must.copy()
    free = found[~rules.must[found]]
    opened[free[: rules.p - int(rules.must.sum())]] = True
    return opened


def unit_of(lists: Lists) -> float:
    """Return 1 where all costs and caps are whole numbers whose sums are exact, else 0."""
    whole = bool((lists.cost % 1 == 0).all() and (lists.cap % 1 == 0).all())
    return 1.0 if whole and lists.cap.sum() < _EXACT_SUM else 0.0


def proof_of(proof: Proof, unit: float, member: NDArray[np.int64], share: Floats) -> dict[str, Any]:
    """
    Return a proof for a certificate.

    Parameters
    ----------
    proof
        What was proven.
    unit
        Of all costs (0: none); bounds are rounded up to it.
    member, share
        The row of each demand point, shape ``(n_demand,)``, -1: none; and its part of the row.
        Multipliers of rows are handed down to the points.

    Returns
    -------
    dict
        ``kind`` "lagrangian" (one node), "tree", or "solver": then ``tree`` has the root alone and
        proves less than the solver did.
    """
    used = _used(proof.tree)
    lines = [_handed_down(proof.multipliers[k], member, share) for k in used]
    tree = _renumbered(proof.tree, {old: new for new, old in enumerate(used)})
    kind = "tree" if "site" in tree else "lagrangian"
    return {
        "kind": kind if proof.solver is None else "solver",
        "cutoff": float(proof.cutoff),
        "unit": unit,
        "multipliers": [numbers(line, lines=len(lines)) for line in lines],
        "tree": tree,
        "nodes": proof.nodes,
        **(proof.solver or {}),
    }


def _handed_down(multipliers: Floats, member: NDArray[np.int64], share: Floats) -> Floats:
    down = np.zeros(len(member))
    down[member >= 0] = multipliers[member[member >= 0]] * share[member >= 0]
    return down


def _used(tree: Mapping[str, Any]) -> list[int]:
    own = list(tree.get("multipliers", []))
    for key in ("in", "out"):
        if key in tree:
            own += _used(tree[key])
    return own


def _renumbered(tree: Mapping[str, Any], new: Mapping[int, int]) -> dict[str, Any]:
    out: dict[str, Any] = {}
    if tree.get("multipliers"):
        out["multipliers"] = [new[k] for k in tree["multipliers"]]
    if "site" in tree:
        out["site"] = int(tree["site"])
        out.update({key: _renumbered(tree[key], new) for key in ("in", "out")})
    return out
