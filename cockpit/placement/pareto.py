"""The Pareto front of cost, coverage and equity: plans of which none is better in everything."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from cockpit.placement.formulation import Floats, Positions
from cockpit.placement.pareto_slice import ROUNDING, Slice, Unit
from cockpit.placement.plan import CLOSED, gap_of
from cockpit.placement.problem import Problem, check_limit
from geodata.errors import InputError

LEVELS = 12  # costs that are tried when nobody says which
FLOORS = 4  # steps between the township share of the plan that covers most and the highest there is
_NARROW = 0.005  # of a share: below it the next step asks for anything more
_ONE_PLAN = 6.0  # seconds for one plan at most: a hard one must not take the time of all others


@dataclass(frozen=True, eq=False)
class Point:
    """A plan, its three figures, and how sure it is that none covers more for so much."""

    open: Positions  # sites of the problem, sorted
    cost: float
    covered: float  # people
    lowest: float  # 0 to 1: covered share of the township where it is lowest; NaN: no people
    bound: float  # people: no plan of at most ``budget`` with at least ``floor`` covers more
    budget: float
    floor: float  # 0 to 1: asked of every township
    fairest: bool = False  # proven: no plan within the budget has a higher lowest share

    @property
    def gap(self) -> float:
        """Distance of covered people and bound over the covered; 0 when proven."""
        return gap_of(self.covered, self.bound)

    @property
    def proven(self) -> bool:
        """Whether it is proven that no plan covers more within the same budget and floor."""
        return self.gap <= CLOSED


@dataclass(frozen=True, eq=False)
class Front:
    """The plans found so far of which no other is at least as good in everything."""

    points: tuple[Point, ...]  # by cost, then covered people
    dominated: int  # plans that were found too and went, because another is better
    unit: Unit  # of the cost: new sites, or money where sites have a price
    people: float
    asked: int  # budgets that are done
    budgets: int  # and how many there are
    seconds: float = 0.0
    costs: tuple[float, ...] = ()  # the budgets that are done, or at least begun

    @property
    def finished(self) -> bool:
        """Whether all budgets are done."""
        return self.asked == self.budgets


Told = Callable[[Front], bool | None]  # False: stop and keep what is there


def front(
    problem: Problem,
    reach: float,
    *,
    budgets: Sequence[float] | None = None,
    most: float | None = None,
    floors: int | None = FLOORS,
    seconds: float = 60.0,
    seed: int = 0,
    told: Told | None = None,
) -> Front:
    """
    Find plans of which none costs less, covers more and leaves no township worse off.

    For each budget B and floor e (the epsilon-constraint method):
    ``max sum_i w_i z_i;  z_i <= sum of y_j with c_ij <= reach;  sum_j f_j y_j <= B;
    sum_{i in g} w_i z_i >= e W_g`` for each township g with people. Exactly at the reach is
    covered. First without floor (most people), then the highest floor there is and the most people
    under it, then floors between the two. Plans that another one matches or beats in cost, covered
    people and lowest share, and beats in one of them, go.

    Equity is the covered share of the worst-served township, not the Gini of minutes: it is a
    figure that a council can promise, it never falls when something is added (a Gini also falls
    when those who are near get farther), and it is linear, so that every point can be proven.

    Parameters
    ----------
    budgets
        Costs to try; without, from what must be open to ``most`` in about a dozen steps that grow
        (of new sites: 0 to 6, then 8, 10, 12, 15, ...), ending early where everything is covered
        that can be.
    most
        Highest cost to try, in the unit of ``prices``; without, 20 new sites (or as much money as
        the 20 dearest cost).
    floors
        Steps between the share of the plan that covers most and the highest there is, 1 or more;
        None: every floor at which the plan changes, which is exact and takes long.
    seconds
        Longest search; the points found by then are returned with the bounds proven by then.
    told
        Hears of the front after every plan; returning False stops.

    Returns
    -------
    Front
        At every budget the plan that covers most; all points with their bound.

    Raises
    ------
    InputError
        If the reach, ``most`` or a budget cannot be, nobody lives in the county, or nobody is
        within reach of an allowed site.

    References
    ----------
    Haimes, Y. Y., Lasdon, L. S. and Wismer, D. A. (1971), IEEE Transactions on Systems, Man, and
    Cybernetics 1(3), 296-297: the method. Mavrotas, G. (2009), Applied Mathematics and Computation
    213(2), 455-465: floors from the range that the other goal leaves. Church, R. L. and ReVelle, C.
    (1974), Papers of the Regional Science Association 32, 101-118: maximal covering.
    """
    reach = check_limit(reach)
    if floors is not None and floors < 1:
        raise InputError("{name} is {value}; expected a number, 1 or more.",
                         name="floors", value=floors)  # fmt: skip
    slice_ = Slice.of(problem, reach)
    asked = _budgets(slice_, budgets, most)
    found = _Found(slice_, len(asked), time.perf_counter(), seconds, told)
    for budget in asked:
        if not found.going:
            break
        found.tried.append(budget)
        for point in _at(slice_, budget, floors, found, seed):
            found.add(point)
        found.next_budget()
        if slice_.complete([point.covered for point in found.points]):
            found.budgets = found.asked
            break
    return found.front()


def best_plans(points: Sequence[Point]) -> list[Point]:
    """
    Return the points that no other matches in everything and beats in something.

    Of points with the same three figures the first stays. Ordered by cost, covered people.
    """
    kept: list[Point] = []
    for k, one in enumerate(points):
        others = (other for j, other in enumerate(points) if j != k)
        if any(_beats(other, one) for other in others):
            continue
        if any(_figures(one) == _figures(same) for same in kept):
            continue
        kept.append(one)
    return sorted(kept, key=_figures)


def _figures(point: Point) -> tuple[float, float, float]:
    return (point.cost, point.covered, point.lowest)


def _beats(one: Point, other: Point) -> bool:
    a = (-one.cost, one.covered, one.lowest)
    b = (-other.cost, other.covered, other.lowest)
    return a != b and all(x >= y for x, y in zip(a, b, strict=True))


def _budgets(slice_: Slice, given: Sequence[float] | None, most: float | None) -> list[float]:
    """Return the costs to try, ascending, none below what must be open costs."""
    least = float(slice_.price[slice_.problem.must].sum())
    if given is not None:
        asked = sorted({check_limit(budget, name="budget") for budget in given})
        return [budget for budget in asked if budget >= least * (1 - ROUNDING)]
    free = np.sort(slice_.price[slice_.problem.allowed & ~slice_.problem.must])[::-1]
    usual = float(free[:20].sum())
    top = least + (usual if most is None else check_limit(most, name="most") - least)
    top = min(max(top, least), max(slice_.dearest, least))
    steps = least + (top - least) * np.linspace(0, 1, LEVELS) ** 1.6
    if slice_.unit == "sites":
        steps = np.union1d(np.round(steps), np.arange(least, min(least + 6, top) + 1))
    return [float(step) for step in np.unique(steps)]


@dataclass(eq=False)
class _Found:
    """All plans found, and who wants to hear of them."""

    slice_: Slice
    budgets: int
    began: float
    seconds: float
    told: Told | None
    points: list[Point] = field(default_factory=list)
    asked: int = 0
    stopped: bool = False
    tried: list[float] = field(default_factory=list)

    @property
    def left(self) -> float:
        return max(self.seconds - (time.perf_counter() - self.began), 0.0)

    @property
    def going(self) -> bool:
        return not self.stopped and self.left > 0

    def one(self) -> float:
        """Return the seconds that the next plan may take."""
        return min(self.left, max(_ONE_PLAN, self.seconds / 20))

    def add(self, point: Point) -> None:
        self.points.append(point)
        if self.told is not None and self.told(self.front()) is False:
            self.stopped = True

    def next_budget(self) -> None:
        if self.going:
            self.asked += 1

    def front(self) -> Front:
        kept = best_plans(self.points)
        return Front(
            tuple(kept), len(self.points) - len(kept), self.slice_.unit,
            float(self.slice_.problem.weights.sum()), self.asked, self.budgets,
            time.perf_counter() - self.began, tuple(self.tried),
        )  # fmt: skip


def _at(
    slice_: Slice, budget: float, floors: int | None, found: _Found, seed: int
) -> Iterator[Point]:
    """Yield the plans of one budget: most people first, then by rising floors."""
    nothing = np.zeros(len(slice_.people))
    start = _cheapest(found.points)
    first = _plan(slice_, budget, nothing, 0.0, found, seed, start)
    if first is None:
        return
    yield first
    if floors is None:
        yield from _every_floor(slice_, budget, first, found, seed)
        return
    best, low, sure = _highest_floor(slice_, budget, first, found, seed)
    if best is None and sure:
        found.points[found.points.index(first)] = replace(first, fairest=True)
    reached = first.lowest
    for floor in np.linspace(first.lowest, low, floors + 1)[1:]:
        if best is None or not found.going or floor <= reached * (1 + ROUNDING):
            continue
        least = floor * slice_.people * (1 - ROUNDING)
        point = _plan(slice_, budget, least, float(floor), found, seed, best)
        if point is not None:
            reached = point.lowest
            yield replace(point, fairest=sure and reached >= low * (1 - ROUNDING))


def _every_floor(
    slice_: Slice, budget: float, first: Point, found: _Found, seed: int
) -> Iterator[Point]:
    point: Point | None = first
    while point is not None and point.lowest < 1 and found.going:
        least = slice_.above(point.lowest)
        point = _plan(slice_, budget, least, point.lowest, found, seed, None)
        if point is not None:
            yield point


def _highest_floor(
    slice_: Slice, budget: float, first: Point, found: _Found, seed: int
) -> tuple[Positions | None, float, bool]:
    """
    Return sites of the highest lowest share that a budget buys, that share, whether it is proven.

    By halving: for a given floor the cheapest sites are found in a moment, while "maximise the
    lowest share" leaves the solver with a bound that says little. No sites: none beat ``first``.
    """
    known = max(found.points, key=lambda p: p.lowest if p.cost <= budget else -1.0)
    best, low = (known.open, known.lowest) if known.lowest > first.lowest else (None, first.lowest)
    high, until = 1.0, time.perf_counter() + found.one()
    while low < 1:
        last = high - low <= _NARROW
        left = until - time.perf_counter()
        if left <= 0:
            return best, low, False
        half = (low + high) / 2
        least = slice_.above(low) if last else half * slice_.people
        status, chosen = slice_.cheapest(budget, least, seconds=left, seed=seed)
        if chosen.size:
            best, low = chosen, slice_.measured(chosen)[2]
            high = max(high, low)
        elif status != "infeasible" or last:
            return best, low, status == "infeasible"
        else:
            high = half
    return best, low, True


def _plan(
    slice_: Slice, budget: float, least: Floats, floor: float, found: _Found, seed: int,
    start: Positions | None,
) -> Point | None:  # fmt: skip
    got = slice_.most_people(budget, least, seconds=found.one(), seed=seed, start=start)
    if got is None:
        return None
    chosen, bound = got
    cost, covered, lowest = slice_.measured(chosen)
    return Point(chosen, cost, covered, lowest, bound, budget, floor)


def _cheapest(points: Sequence[Point]) -> Positions | None:
    """Return the plan of the last budget that covers most, to begin the next one with."""
    best = max(points, key=lambda point: point.covered, default=None)
    return None if best is None else best.open
