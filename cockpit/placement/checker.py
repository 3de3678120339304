"""
Check a plan's certificate against the data: shares no code with what made it.

NumPy and the standard library alone, so that it can be read in one sitting and trusted. What is
checked: the certificate's own sha256, the data's, every rule, the objective, and the bound as far
as its proof can be recomputed. A bound that rests on a solver is said to rest on it.
"""

from __future__ import annotations

import base64
import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cockpit.placement import checker_bounds as bounds
from cockpit.placement import checker_general as general

Data = Mapping[str, NDArray[Any]]  # the arrays of the problem by name
Floats = NDArray[np.float64]

_SAME = 1e-9  # relative: sums of the same floats in another order
FREE, IN, OUT = 0, 1, 2


@dataclass(frozen=True)
class Verdict:
    """What a check has found; the plan holds when there is no fault."""

    faults: tuple[tuple[str, dict[str, Any]], ...]  # sentence and its values
    objective: float = math.nan  # as recomputed
    bound: float = math.nan  # as recomputed; NaN: only the solver says so
    rests_on_solver: bool = False

    @property
    def holds(self) -> bool:
        """Whether nothing is wrong."""
        return not self.faults


class _Wrong(Exception):  # noqa: N818 -- caught here, never seen
    def __init__(self, sentence: str, **values: Any) -> None:
        super().__init__(sentence)
        self.fault = (sentence, values)


def verify(certificate: str | Mapping[str, Any], data: Data) -> Verdict:
    """
    Check a certificate against the arrays it is about.

    Parameters
    ----------
    certificate
        Text or content of a ``plan.json``.
    data
        The arrays of the problem by their names: ``cost``, ``weights``, ``must`` and so on.

    Returns
    -------
    Verdict
        ``faults`` names what is wrong, empty when the plan holds. ``bound`` is recomputed from the
        multipliers, or from the data alone; where ``rests_on_solver``, the claimed bound is better
        than that, and the log of the solver, which says the same, is all there is for it. A bound
        with neither is a fault.
    """
    try:
        plan = json.loads(certificate) if isinstance(certificate, str) else dict(certificate)
        if _seal(plan) != plan["sha256"]:
            raise _Wrong("The certificate was changed after it was written: its sha256 differs.")
        if _digest(data) != plan["data"]:
            raise _Wrong("The certificate is about other data: the sha256 of the arrays differs.")
        _check_rules(plan, data)
        ours = plan["model"] not in general.MODELS
        objective = _objective(plan, data) if ours else general.objective(plan, data)
        if not _close(objective, plan["objective"]):
            raise _Wrong(
                "The objective is {found}, the certificate says {said}.",
                found=objective,
                said=plan["objective"],
            )
        return _check_bound(plan, data, objective)
    except (_Wrong, general.FaultError) as wrong:
        return Verdict((wrong.fault,))
    except (KeyError, ValueError, TypeError, IndexError, AttributeError) as error:
        sentence = "The certificate cannot be read: {reason}."
        return Verdict(((sentence, {"reason": repr(error)}),))


def _seal(plan: Mapping[str, Any]) -> str:
    content = {key: value for key, value in plan.items() if key != "sha256"}
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _digest(data: Data) -> str:
    total = hashlib.sha256()
    for name in sorted(data):
        array = np.ascontiguousarray(data[name])
        array = array.astype(array.dtype.newbyteorder("<"))
        total.update(f"{name} {array.dtype.str} {array.shape}\n".encode() + array.tobytes())
    return total.hexdigest()


def _close(a: float, b: float) -> bool:
    return abs(a - b) <= _SAME * max(abs(a), abs(b), 1e-9)


def _check_rules(plan: Mapping[str, Any], data: Data) -> None:
    sites, chosen = plan["open"], np.zeros(len(data["must"]), dtype=np.bool_)
    if sites != sorted(set(sites)) or (sites and not 0 <= sites[0] <= sites[-1] < len(chosen)):
        raise _Wrong("The open sites are not positions of sites, ascending and each once.")
    chosen[sites] = True
    if (data["must"] & ~chosen).any():
        raise _Wrong("A site that must be open is closed.")
    if (data["forbidden"] & chosen).any():
        raise _Wrong("A site that must not be open is open.")
    if chosen[data["spacing"]].all(axis=1).any():
        raise _Wrong("Two open sites are too near to each other.")
    p = plan["parameters"].get("p")
    if p is not None and len(sites) != p:
        raise _Wrong("{n} sites are open; p is {p}.", n=len(sites), p=p)


def _nearest(plan: Mapping[str, Any], data: Data) -> Floats:
    """Cost to the nearest open site of each point with people."""
    cost = data["cost"][data["weights"] > 0][:, plan["open"]]
    return np.asarray(cost.min(axis=1, initial=np.inf), dtype=np.float64)


def _times(plan: Mapping[str, Any], data: Data) -> NDArray[np.int64]:
    """Open sites within reach of each point."""
    if "cost" not in data:  # lists of covering sites
        chosen = np.zeros(len(data["must"]), dtype=np.int64)
        chosen[plan["open"]] = 1
        owner = np.repeat(np.arange(len(data["weights"])), np.diff(data["start"]))
        return np.bincount(owner, chosen[data["site"]], len(data["weights"])).astype(np.int64)
    return np.asarray((data["cost"][:, plan["open"]] <= plan["parameters"]["reach"]).sum(axis=1))


def _objective(plan: Mapping[str, Any], data: Data) -> float:
    model, given, weights = plan["model"], plan["parameters"], data["weights"]
    if model == "p-median":
        unreached = given["unreached"]
        near = _nearest(plan, data)
        near = near if unreached is None else np.minimum(near, unreached)
        return math.fsum(weights[weights > 0] * near)
    if model == "p-center":
        return float(_nearest(plan, data).max(initial=0.0))
    if model == "p-dispersion":
        apart = np.minimum(data["cost"], data["cost"].T)[np.ix_(plan["open"], plan["open"])]
        return float(apart[~np.eye(len(apart), dtype=np.bool_)].min())
    if model not in ("lscp", "lscp-b", "mclp", "bclp"):
        raise _Wrong("The checker does not know the model {model}.", model=model)
    times = _times(plan, data)
    if model in ("lscp", "lscp-b"):
        if (times[weights > 0] < 1).any():
            raise _Wrong("A demand point is out of reach of all open sites.")
        if model == "lscp-b" and not _close(
            math.fsum(weights[times > 1]), plan["details"]["backup"]
        ):
            raise _Wrong("The people with a backup are others than the certificate says.")
        return float(len(plan["open"]))
    once, twice = math.fsum(weights[times > 0]), math.fsum(weights[times > 1])
    if model == "mclp":
        return once
    return float((1 - given["backup"]) * once + given["backup"] * twice)


def _check_bound(plan: Mapping[str, Any], data: Data, objective: float) -> Verdict:
    proof, claimed = plan["proof"], plan["bound"]
    upward = plan["model"] in ("mclp", "bclp", "p-dispersion") or general.upward(plan)
    said = float(plan["objective"])  # the gap is of what it says, to the last digit
    if not _close(plan["gap"], abs(said - claimed) / max(abs(said), 1e-12)):
        raise _Wrong("The gap is not the distance of objective and bound.")
    if (claimed < objective if upward else claimed > objective) and not _close(claimed, objective):
        raise _Wrong("The bound is on the wrong side of the objective.")
    if plan["model"] == "lscp-b":  # the bound is of how many sites: that has a proof of its own
        proof = proof.get("number", proof)
    bound = _bound(plan, data, proof)

    def short(proven: float) -> bool:
        better = claimed < proven if upward else claimed > proven
        return math.isnan(proven) or (better and not _close(claimed, proven))

    if not short(bound):
        return Verdict((), objective, bound)
    if proof["kind"] != "solver":
        raise _Wrong(
            "The multipliers prove {found}, the certificate says {said}.", found=bound, said=claimed
        )
    alone = bounds.alone(plan, data)
    if not short(alone):
        return Verdict((), objective, alone)
    bounds.check_log(plan, proof, data, upward=upward)
    return Verdict((), objective, bound, rests_on_solver=True)


def _bound(plan: Mapping[str, Any], data: Data, proof: Mapping[str, Any]) -> float:
    """Return the bound as it can be recomputed from the certificate; NaN: it cannot."""
    if "tree" in proof:
        return _Tree(plan, data).bound()
    if proof["kind"] == "nearest":
        allowed = data["cost"][data["weights"] > 0][:, ~data["forbidden"]]
        return float(allowed.min(axis=1).max(initial=0.0))
    if proof["kind"] == "farthest":
        return bounds.alone(plan, data)
    if "paid" in proof:
        return _cover_bound(plan, data, _numbers(proof["paid"]))
    return bounds.bound(plan, data)


def _numbers(kept: Any) -> Floats:
    if isinstance(kept, dict):
        return np.frombuffer(base64.b64decode(kept["f8"]), dtype="<f8")
    return np.array(kept, dtype=np.float64)


def _cover_bound(plan: Mapping[str, Any], data: Data, paid: Floats) -> float:
    """Bound the number of sites that cover all; for the p-center, the cost that p sites need."""
    center = plan["model"] == "p-center"
    reach = plan["proof"]["level"] if center else plan["parameters"]["reach"]
    paid = np.where(data["weights"] > 0, np.maximum(paid, 0.0), 0.0)
    price = 1.0 - paid @ (data["cost"] <= reach)
    saved = np.where(data["must"], price, np.minimum(price, 0.0))[~data["forbidden"]]
    sites = math.ceil(math.fsum(paid) + math.fsum(saved) - 1e-7)
    if not center:
        return float(max(sites, int(data["must"].sum())))
    if sites <= plan["parameters"]["p"]:
        return 0.0
    costs = data["cost"][data["weights"] > 0][:, ~data["forbidden"]]
    return float(costs[costs > reach].min())


class _Tree:
    """
    Recompute the bound of every node of a tree of multipliers.

    With multipliers ``u``, 0 <= u <= cap, every site saves ``rho_j = sum_i min(0, c_ij - u_i)``;
    no plan costs less than ``sum(u)`` plus the p smallest rho (those that are in for certain).
    """

    def __init__(self, plan: Mapping[str, Any], data: Data) -> None:
        self.proof, self.data, self.p = plan["proof"], data, plan["parameters"]["p"]
        self.upward = plan["model"] == "mclp"
        self.lines = [_numbers(line) for line in self.proof["multipliers"]]
        weights = data["weights"]
        if self.upward:
            self.within = data["cost"] <= plan["parameters"]["reach"] if "cost" in data else None
            self.cap = weights
        else:
            some = weights > 0  # the others cost nothing
            unreached = plan["parameters"]["unreached"]
            self.cost = np.zeros(data["cost"].shape)
            self.cost[some] = data["cost"][some] * weights[some, np.newaxis]
            self.cap = np.zeros(len(weights))
            self.cap[some] = math.inf if unreached is None else weights[some] * unreached

    def bound(self) -> float:
        """Return what the leaves prove together, in the unit of the objective."""
        status = np.where(self.data["must"], IN, np.where(self.data["forbidden"], OUT, FREE))
        for near in (self.data["spacing"], self.data["spacing"][:, ::-1]):
            status[near[self.data["must"][near[:, 0]], 1]] = OUT
        self._put_aside(status)
        low = min(self._node(self.proof["tree"], status), float(self.proof["cutoff"]))
        if self.proof["unit"] and self._whole(self.proof["unit"]):
            low = self.proof["unit"] * math.ceil(low / self.proof["unit"] - 1e-5)
        if not self.upward:
            return low
        return self._reachable() - low

    def _node(self, node: Mapping[str, Any], status: NDArray[np.int64]) -> float:
        low, cutoff = 0.0, self.proof["cutoff"]
        for k in node.get("multipliers", []):
            value, rho = self._price(self.lines[k], status)
            low = max(low, value)
            if low >= cutoff:
                return low
            status = self._settled(status, value, rho)
        inside, free = int((status == IN).sum()), int((status == FREE).sum())
        if self.p == inside + free:
            status = np.where(status == FREE, IN, status)
        if not inside <= self.p <= inside + free or self._too_near(status == IN):
            return math.inf
        if "site" not in node:
            return low
        parts = (self._split(status, node["site"], state) for state in (IN, OUT))
        bounds = [
            math.inf if part is None else self._node(node[key], part)
            for key, part in zip(("in", "out"), parts, strict=True)
        ]
        return max(low, min(bounds))

    def _price(self, line: Floats, status: NDArray[np.int64]) -> tuple[float, Floats]:
        """Return what the multipliers prove here, and what each site saves."""
        line = np.clip(line, 0.0, self.cap)
        usable = np.flatnonzero(status != OUT)
        rho = np.zeros(len(status))
        if not self.upward:
            rho[usable] = np.minimum(self.cost[:, usable] - line[:, np.newaxis], 0.0).sum(axis=0)
        elif self.within is not None:
            rho[usable] = -(line @ self.within[:, usable])
        else:
            owner = np.repeat(np.arange(len(line)), np.diff(self.data["start"]))
            rho -= np.bincount(self.data["site"], line[owner], len(status))
        left = self.p - int((status == IN).sum())
        best = np.sort(rho[status == FREE])[: max(left, 0)]
        return math.fsum(line) + math.fsum(rho[status == IN]) + math.fsum(best), rho

    def _settled(self, status: NDArray[np.int64], value: float, rho: Floats) -> NDArray[np.int64]:
        """Put sites out (in) that no plan below the cutoff has (lacks)."""
        free = np.flatnonzero(status == FREE)
        status = status.copy()
        left = self.p - int((status == IN).sum())
        if not 0 < left < len(free):
            return status
        ordered = np.sort(rho[free])
        last, following, cutoff = ordered[left - 1], ordered[left], self.proof["cutoff"]
        out = (rho[free] > last) & (value + rho[free] - last >= cutoff)
        sure = (rho[free] <= last) & (value - rho[free] + following >= cutoff)
        status[free[out]], status[free[sure]] = OUT, IN
        return status

    def _split(self, status: NDArray[np.int64], site: int, state: int) -> NDArray[np.int64] | None:
        """Return the status with a site in or out; None where no plan is left."""
        if status[site] not in (FREE, state):
            return None
        status = status.copy()
        status[site] = state
        for near in (self.data["spacing"], self.data["spacing"][:, ::-1]):
            beside = near[near[:, 0] == site, 1] if state == IN else near[:0, 1]
            if (status[beside] == IN).any():
                return None
            status[beside] = OUT
        return status

    def _put_aside(self, status: NDArray[np.int64]) -> None:
        """Put sites out that another one beats: it covers all that they cover."""
        pairs = self.proof.get("better", [])
        if not pairs:
            return
        worse = np.array(pairs, dtype=np.int64)[:, 0]
        fits = self.upward and not len(self.data["spacing"]) and (status[worse] != IN).all()
        for site, other in pairs:
            fits &= other not in worse and not self.data["forbidden"][other]
            fits &= not (self._covered_by(site) & ~self._covered_by(other)).any()
        status[worse] = OUT
        if not fits or (status != OUT).sum() < self.p:
            raise _Wrong("A site was put aside for one that does not cover all it covers.")

    def _covered_by(self, site: int) -> NDArray[np.bool_]:
        some = self.data["weights"] > 0
        if self.within is not None:
            return np.asarray(self.within[:, site] & some)
        here = np.zeros(len(some), dtype=np.bool_)
        entries = np.flatnonzero(self.data["site"] == site)
        here[np.searchsorted(self.data["start"], entries, side="right") - 1] = True
        return here & some

    def _too_near(self, inside: NDArray[np.bool_]) -> bool:
        return bool(inside[self.data["spacing"]].all(axis=1).any())

    def _whole(self, unit: float) -> bool:
        """Whether all that a plan can cost is a multiple of the unit."""
        if self.upward:
            return bool((self.cap % unit == 0).all())
        costs = self.cost[:, ~self.data["forbidden"]]
        costs = costs[costs < self.cap[:, np.newaxis]]  # what costs more is never paid
        caps = self.cap[np.isfinite(self.cap)]
        return bool((costs % unit == 0).all() and (caps % unit == 0).all())

    def _reachable(self) -> float:
        """People whom some allowed site covers."""
        allowed = ~self.data["forbidden"]
        if self.within is not None:
            some = self.within[:, allowed].any(axis=1)
        else:
            owner = np.repeat(np.arange(len(self.cap)), np.diff(self.data["start"]))
            some = np.bincount(owner, allowed[self.data["site"]], len(self.cap)) > 0
        return math.fsum(self.cap[some])
