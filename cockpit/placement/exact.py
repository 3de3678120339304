"""Branch and bound on Lagrangian multipliers: proves a plan, and keeps the whole proof."""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from cockpit.placement.clock import Clock
from cockpit.placement.cover_relaxation import CoverRelaxation
from cockpit.placement.lagrangian import FREE, IN, OUT, Bound, Climb, Status, ascend
from cockpit.placement.lists import Flags, Floats, Lists, Rules, without
from cockpit.placement.relaxation import Relaxation, small, solve_rest
from cockpit.placement.search import cost_of, interchange, nearest_two

_ROUNDING = 5e-10  # relative gap that counts as none: sums of floats end there
_MARGIN = 1e-10  # relative: the checker adds in another order
_UNIT_MARGIN = 1e-4  # of a whole unit, where all costs are whole
_AGAIN = Climb(steps=200, theta=0.5, patience=12)
_NODE = Climb(steps=120, theta=0.4, patience=8)
_SHRUNK = 0.9  # share of free sites left: above it another round at the root does not pay
_MOST_NUMBERS = 50_000_000  # multipliers kept in all: 400 MB


@dataclass(frozen=True)
class Effort:
    """When branch and bound tries something else, in nodes."""

    root: Climb
    relax: int  # a tree that is larger is worth a linear program at every node
    rest: int  # and one that is larger still is left to HiGHS
    rounds: int = 8  # of climbing at the root, as long as they put sites out


MEDIAN = Effort(Climb(steps=500), relax=40, rest=2_000)
COVER = Effort(Climb(steps=60, theta=1.0), relax=0, rest=1_000, rounds=1)  # they settle slowly


@dataclass(eq=False)
class Proof:
    """A plan, what it costs, what every plan costs at least, and why."""

    opened: Flags
    value: float
    bound: float = 0.0
    cutoff: float = 0.0  # a branch whose bound reaches it is closed
    multipliers: list[Floats] = field(default_factory=list)
    tree: dict[str, Any] = field(default_factory=dict)
    nodes: int = 0
    solver: dict[str, Any] | None = None  # what closed the rest, where the tree does not


@dataclass(eq=False)
class _Node:
    status: Status
    multipliers: Floats
    tree: dict[str, Any]
    bound: float = 0.0
    corner: Any = None  # of the linear program above


_Heap = list[tuple[float, int, _Node]]


class _Search:
    """The state of one branch and bound."""

    def __init__(
        self,
        lists: Lists,
        rules: Rules,
        opened: Flags,
        unit: float,
        gap: float,
        total: float,
        clock: Clock,
    ) -> None:
        self.whole = lists  # plans are counted on it
        self.lists = lists  # without the sites that are out for good
        self.rules = rules
        self.unit = unit
        self.gap = max(gap, _ROUNDING) * (1 - _MARGIN)  # never a hair more than asked
        self.total = total
        self.clock = clock
        self.relaxation: Relaxation | CoverRelaxation | None = None
        self.proof = Proof(opened, cost_of(lists, opened))
        self._aim()

    def _aim(self) -> None:
        value = self.proof.value
        whole = value - self.unit + _UNIT_MARGIN * self.unit
        scale = abs(self.total - value)
        self.proof.cutoff = min(value - self.gap * scale, whole)
        # Climb a little further: the checker adds the same numbers in another order.
        self.goal = self.proof.cutoff + _MARGIN * scale

    def offer(self, opened: Flags) -> None:
        """Take a plan when it is better than the best."""
        value = cost_of(self.whole, opened)
        if value < self.proof.value:
            self.proof.opened, self.proof.value = opened, value
            self._aim()

    def note(self, node: _Node, multipliers: Floats) -> None:
        """Keep multipliers as a part of the proof of this node."""
        node.multipliers = multipliers
        node.tree.setdefault("multipliers", []).append(len(self.proof.multipliers))
        self.proof.multipliers.append(multipliers)

    def climb(self, node: _Node, climb: Climb) -> Bound:
        """Raise a node's bound, keep the multipliers and settle sites by them."""
        found = self.relax(node) if self.relaxation else None
        if found is None:
            found = ascend(
                self.lists, node.multipliers, node.status, self.rules.p, self.goal, climb
            )
        self.note(node, found.multipliers)
        node.bound = max(node.bound, found.value)
        chosen = found.chosen & ~self.rules.barred
        if node.bound < self.goal and chosen.sum() == self.rules.p and not self.near(chosen):
            self.offer(interchange(self.whole, self.rules, chosen))
        if node.bound < self.goal:
            settle(node.status, found, self.rules.p, self.goal)
        return found

    def relax(self, node: _Node) -> Bound | None:
        """Bound a node by the linear relaxation; its sites say where to split."""
        best = None
        if self.relaxation is not None:
            best = self.relaxation.at(node.status, self.clock.left, node.corner)
        if best is None:
            self.relaxation = None
            return None
        multipliers, openness, node.corner = best
        found = ascend(
            self.lists, multipliers, node.status, self.rules.p, self.goal, Climb(steps=1)
        )
        plan = openness > 0.5
        if plan.sum() == self.rules.p and not self.near(plan):
            self.offer(plan)
        return replace(found, mean=openness)

    def close(self, node: _Node) -> bool:
        """Close a node whose bound is enough, or in which nothing is left to choose."""
        if node.bound >= self.goal:
            return True
        inside, free = node.status == IN, node.status == FREE
        missing = self.rules.p - int(inside.sum())
        if 0 < missing < int(free.sum()):
            return False
        opened = inside | free if missing else inside
        if opened.sum() != self.rules.p or self.near(opened):
            node.bound = np.inf  # no plan
            return True
        self.offer(opened)
        self.note(node, nearest_two(self.whole, opened)[:, 0])  # they price this plan exactly
        node.bound = np.inf  # it is known
        return True

    def branch(self, node: _Node, found: Bound) -> list[_Node]:
        """Split a node at the site that the ascent could least decide on."""
        free = np.flatnonzero(node.status == FREE)
        site = int(free[np.argmin(np.abs(found.mean[free] - 0.5))])
        node.tree.update({"site": site, "in": {}, "out": {}})
        inside, outside = node.status.copy(), node.status.copy()
        inside[site], outside[site] = IN, OUT
        near = self.rules.too_near(site)
        bound = np.inf if (inside[near] == IN).any() else node.bound
        inside[near] = OUT
        return [
            _Node(inside, node.multipliers, node.tree["in"], bound, node.corner),
            _Node(outside, node.multipliers, node.tree["out"], node.bound, node.corner),
        ]

    def restart(self, root: _Node) -> None:
        """Forget the tree below its root."""
        for key in ("site", "in", "out"):
            root.tree.pop(key, None)
        used = root.tree.get("multipliers", [])
        self.proof.multipliers = [self.proof.multipliers[k] for k in used]
        root.tree["multipliers"] = list(range(len(used)))

    def near(self, opened: Flags) -> bool:
        return any(opened[self.rules.too_near(int(site))].any() for site in np.flatnonzero(opened))


def settle(status: Status, found: Bound, p: int, goal: float) -> None:
    """Put sites out (in) when choosing (not choosing) them would lift the bound to the goal."""
    free = status == FREE
    left = p - int((status == IN).sum())
    rho = np.sort(found.rho[free])
    if left <= 0 or left >= len(rho):
        return
    last, following = rho[left - 1], rho[left]
    out = free & ~found.chosen & (found.value + found.rho - last >= goal)
    sure = free & found.chosen & (found.value - found.rho + following >= goal)
    status[out] = OUT
    status[sure] = IN


def prove(
    lists: Lists,
    rules: Rules,
    opened: Flags,
    clock: Clock,
    *,
    unit: float = 0.0,
    gap: float = 0.0,
    total: float = 0.0,
    effort: Effort = MEDIAN,
) -> Proof:
    """
    Prove a plan to be the best, or find a better one and prove that.

    Multipliers bound what every plan costs; sites that cannot be in a better plan are put out,
    those that must be in one are put in, and what stays in doubt is split at one site after
    another. Every node keeps its multipliers, so that somebody else can recompute the proof.

    Parameters
    ----------
    lists, rules
        What is to be served, and what every plan must respect.
    opened
        A plan to begin with, shape ``(n_sites,)``; it keeps the rules.
    clock
        Hears of plans and bounds; when it says stop, what is proven by then holds.
    unit
        All costs are multiples of it (0: they are not): nothing lies between two multiples.
    gap
        Relative gap that is good enough; 0 to the end.
    total
        The gap is relative to ``total - cost``: people covered, where the cost is people left out.
    effort
        When to try a linear program, and when to leave the rest to HiGHS.

    Returns
    -------
    Proof
        ``bound`` is the smaller of ``cutoff`` and the smallest bound of a leaf; ``tree`` has, for
        each node, the ``multipliers`` (positions) that bound it and settle sites one after the
        other, and the ``site`` at which it is split.

    References
    ----------
    Beasley, J. (1993), "Lagrangean heuristics for location problems", European Journal of
    Operational Research 65, 383-399: bounds, penalties and a plan from one ascent.
    """
    search = _Search(lists, rules, opened, unit, gap, total, clock)
    root, found = _root(search, effort, clock)
    heap = _first(search, root, found)
    tried = False
    while heap and clock.going and heap[0][0] < search.goal:
        if len(search.proof.multipliers) * lists.n_rows > _MOST_NUMBERS:
            break
        if search.proof.nodes >= effort.relax and not tried:
            tried = True
            heap = _relaxed(search, root) or heap
            continue
        if search.proof.nodes >= effort.rest and small(search.lists):
            return _left_to_solver(search, root, clock)
        _step(search, heap)
        clock.tell(search.proof.opened, search.proof.value, heap[0][0], "branch")
    search.proof.bound = min([search.proof.cutoff, *(entry[0] for entry in heap)])
    return search.proof


def _step(search: _Search, heap: _Heap) -> None:
    """Bound the most promising node and close it or split it."""
    node = heapq.heappop(heap)[2]
    search.proof.nodes += 1
    children = [node]
    if not search.close(node):
        found = search.climb(node, _NODE)
        if not search.close(node):
            children = search.branch(node, found)
    for k, child in enumerate(children):
        heapq.heappush(heap, (child.bound, 2 * search.proof.nodes + k, child))


def _left_to_solver(search: _Search, root: _Node, clock: Clock) -> Proof:
    """Let HiGHS close the problem that is left after the root."""
    proof = search.proof
    search.restart(root)
    found, bound, proof.solver = solve_rest(
        search.lists, root.status, search.rules, proof.opened, clock, search.gap
    )
    if found is not None and found.sum() == search.rules.p and not search.near(found):
        search.offer(found)
    proof.bound = max(min(bound, proof.cutoff), min(root.bound, proof.cutoff))
    return proof


def _root(search: _Search, effort: Effort, clock: Clock) -> tuple[_Node, Bound | None]:
    """Climb at the root as long as that puts many sites out."""
    rules, proof = search.rules, search.proof
    status = np.where(rules.must, IN, np.where(rules.barred, OUT, FREE)).astype(np.int8)
    search.lists = without(search.whole, status == OUT)
    near = nearest_two(search.lists, proof.opened)
    root = _Node(status, near.mean(axis=1), proof.tree)
    clock.tell(proof.opened, proof.value, 0.0, "search")
    found = None
    for turn in range(effort.rounds):
        if search.close(root):
            break
        before = int((root.status == FREE).sum())
        found = search.climb(root, _AGAIN if turn else effort.root)
        search.lists = without(search.lists, root.status == OUT)
        clock.tell(proof.opened, proof.value, root.bound, "bound")
        if not clock.going or (root.status == FREE).sum() > _SHRUNK * before:
            break
    return root, found


def _first(search: _Search, root: _Node, found: Bound | None) -> _Heap:
    if search.close(root) or found is None:
        return [(root.bound, 0, root)]
    children = search.branch(root, found)
    return sorted((child.bound, k, child) for k, child in enumerate(children))


def _relaxed(search: _Search, root: _Node) -> _Heap:
    """Begin the tree again with a linear program at every node, where that is small."""
    if not small(search.lists):
        return []
    search.restart(root)
    if search.lists.cost.any():
        search.relaxation = Relaxation(search.lists, root.status, search.rules, search.proof.opened)
    else:
        search.relaxation = CoverRelaxation(search.lists, root.status, search.rules)
    found = search.climb(root, _NODE)
    search.lists = without(search.lists, root.status == OUT)
    if isinstance(search.relaxation, CoverRelaxation):
        search.relaxation, root.corner = search.relaxation.without_out(
            search.lists, root.status, search.rules, root.corner
        )
    return _first(search, root, found)
