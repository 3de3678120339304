"""The Pareto front of a placement question, searched in the background while a page looks on."""

from __future__ import annotations

import atexit
import hashlib
import json
import math
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np

from cockpit.answers.coverage_masks import masked
from cockpit.answers.coverage_question import mask_of
from cockpit.answers.reach import Note
from cockpit.answers.siting_figures import untold
from cockpit.answers.siting_ground import Ground
from cockpit.answers.siting_layout import Layout
from cockpit.answers.siting_problem import Posed, named, pose
from cockpit.answers.siting_rules import Rules
from cockpit.coverage.nearest import minutes_of
from cockpit.placement.pareto import Front, Point, front
from cockpit.placement.pareto_slice import Unit, prices
from cockpit.placement.problem import Problem
from geodata.errors import CockpitError, InputError

USUAL_NEW, MOST_NEW = 20, 200
"""New sites up to which the front goes, usually and at most."""
SECONDS = 90.0
"""Longest search for one front; what is found by then stays."""
_MOST_RUNS = 12
_AT_ONCE = 1  # two cores serve pages as well
_LEAVING = 10.0  # seconds for a search to hear that the server ends
_UNWATCHED = 120.0  # seconds after which a search that nobody looks at ends

Status = Literal["waiting", "running", "done", "stopped", "failed"]


@dataclass(frozen=True)
class FrontPoint:
    """A plan of the front as pages show it; NaN: too few people to be shown."""

    id: str  # the same for the same plan
    layout: Layout
    cost: float  # as ``FrontState.unit`` says
    n_new: int
    n_closed: int
    covered: float  # people
    share: float  # 0 to 1
    lowest: float  # 0 to 1: covered share of the township where it is lowest
    lowest_row: int  # of twin.regions: that township; -1: not told
    bound: float  # people: no plan of at most this cost with so high a floor covers more
    floor: float
    proven: bool
    gap: float
    fairest: bool  # proven: no plan within the cost has a higher lowest share


@dataclass(frozen=True)
class FrontState:
    """How far a search is, and what it has found."""

    id: str
    status: Status
    points: tuple[FrontPoint, ...]  # by cost, then covered people
    dominated: int  # plans found too that went, because another one is better
    unit: Unit  # of the cost: "sites" that are new, or "money"
    asked: int  # costs that are done
    budgets: int  # and how many there are; 0: not known yet
    seconds: float
    notes: tuple[Note, ...] = ()
    costs: tuple[float, ...] = ()  # that were searched, in the unit of ``unit``
    error: CockpitError | None = None

    @property
    def going(self) -> bool:
        """Whether more is to come."""
        return self.status in ("waiting", "running")


@dataclass(eq=False)
class _Run:
    """A search in its thread; fields are written by it and read by pages, one at a time."""

    id: str
    ground: Ground
    rules: Rules
    most: int
    began: float = field(default_factory=time.monotonic)
    looked: float = field(default_factory=time.monotonic)
    status: Status = "waiting"
    posed: Posed | None = None
    problem: Problem | None = None  # with costs that have an end only where people get there
    front: Front | None = None
    unit: Unit = "sites"
    scale: float = 1.0  # what one unit of the search costs
    error: CockpitError | None = None
    seconds: float = 0.0
    told: tuple[FrontPoint, ...] = ()
    stopping: threading.Event = field(default_factory=threading.Event)
    done: threading.Event = field(default_factory=threading.Event)
    thread: threading.Thread | None = None


_runs: OrderedDict[str, _Run] = OrderedDict()
_lock = threading.Lock()
_working = threading.BoundedSemaphore(_AT_ONCE)


def start(ground: Ground, rules: Rules, *, most: int = USUAL_NEW) -> FrontState:
    """
    Begin to search the front of a question, or return the search of the same one.

    A search that ended early (stopped, failed, or of a visitor who left) begins again.

    Parameters
    ----------
    ground, rules
        Whose plans: see ``siting_problem.pose``.
    most
        New sites up to which plans are looked for, 1 to ``MOST_NEW``.

    Raises
    ------
    InputError
        If ``most`` cannot be. What else is wrong, the search says: its status is "failed".
    """
    if not 1 <= most <= MOST_NEW:
        raise InputError(
            "{n} new sites are no number to search up to; expected 1 to {most}.",
            n=most, most=MOST_NEW,
        )  # fmt: skip
    key = run_id(ground, rules, most)
    with _lock:
        known = _runs.get(key)
        ended = known is not None and known.status in ("stopped", "failed")
        if known is None or ended or known.ground is not ground:
            known = _runs[key] = _Run(key, ground, rules, most)
            _forget_oldest()
            known.thread = threading.Thread(target=_work, args=(known,), daemon=True, name="front")
            known.thread.start()
        _runs.move_to_end(key)
    return _state(known)


def state(identity: str) -> FrontState | None:
    """Return how far a search is; None: there is none, or it was forgotten."""
    with _lock:
        run = _runs.get(identity)
    if run is None:
        return None
    run.looked = time.monotonic()
    return _state(run)


def stop(identity: str) -> FrontState | None:
    """End a search and keep what it has found; None: there is none."""
    with _lock:
        run = _runs.get(identity)
    if run is None:
        return None
    run.stopping.set()
    run.done.wait(1.0)
    return _state(run)


def wait(identity: str, seconds: float) -> FrontState | None:
    """Return how far a search is once it has ended, or after some seconds."""
    with _lock:
        run = _runs.get(identity)
    if run is None:
        return None
    run.done.wait(seconds)
    return _state(run)


def run_id(ground: Ground, rules: Rules, most: int) -> str:
    """Return the name of a search: the same for the same question, rules and data."""
    q = ground.q
    told = [
        ground.reach.version, q.visitor, q.service, q.mode, q.minutes, q.group, q.unit,
        q.small_count, rules.to_plain(), most,
    ]  # fmt: skip
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()[:24]


def _leave() -> None:
    """Let a server end in order: a thread that is cut off inside the solver would abort it."""
    for run in tuple(_runs.values()):
        run.stopping.set()
    for run in tuple(_runs.values()):
        if run.thread is not None:
            run.thread.join(_LEAVING)


atexit.register(_leave)


# ---------------------------------------------------------------- in the thread


def _forget_oldest() -> None:
    for key in [k for k, run in _runs.items() if run.done.is_set()]:
        if len(_runs) <= _MOST_RUNS:
            return
        del _runs[key]


def _work(run: _Run) -> None:
    try:
        with _working:
            if not _left(run):
                _search(run)
            else:
                run.status = "stopped"
    except CockpitError as error:
        run.error, run.status = error, "failed"
    finally:
        if run.status in ("waiting", "running"):  # something unforeseen: the log has it
            run.status = "failed"
        run.seconds = time.monotonic() - run.began
        run.done.set()


def _left(run: _Run) -> bool:
    return run.stopping.is_set() or time.monotonic() - run.looked > _UNWATCHED


def _search(run: _Run) -> None:
    run.posed = pose(run.ground, run.rules)
    run.status = "running"
    run.problem, run.scale, run.unit = priced(_exact(run.ground, run.posed), run.rules)
    problem = _shown_townships(run.ground, run.problem)
    price, counted = prices(problem)
    today = float(price[problem.existing & problem.allowed].sum())
    most = today + run.most * (run.rules.new_cost if counted == "money" else 1.0)

    def told(found: Front) -> bool:
        run.front = found
        run.told = _points(run, found, run.scale)
        return not _left(run)

    try:
        found = front(problem, _reach(run.ground), most=most, seconds=SECONDS, told=told)
    except InputError as error:
        raise named(error, run.ground, run.posed.sites) from error
    told(found)
    run.status = "stopped" if _left(run) and not found.finished else "done"


def _reach(ground: Ground) -> float:
    """Return the limit as the costs have it: minutes that are 32-bit floats."""
    return float(np.float32(ground.q.minutes))


def priced(problem: Problem, rules: Rules) -> tuple[Problem, float, Unit]:
    """
    Return the problem with its prices, what one of its units costs, and what pages count in.

    Where only new sites cost, and all the same, the search counts sites; a price of 1 (nobody has
    said one) stays a number of sites for the reader, too.
    """
    if rules.kept_cost > 0:
        return problem, 1.0, "money"
    plain = replace(problem, site_cost=np.zeros(problem.n_sites))
    told: Unit = "sites" if rules.new_cost in (0.0, 1.0) else "money"
    return plain, rules.new_cost if told == "money" else 1.0, told


def _exact(ground: Ground, posed: Posed) -> Problem:
    """Return the problem with inf where there is no way: nobody is covered by a capped one."""
    seconds = ground.matrix(posed.sites)
    return replace(posed.problem, cost=minutes_of(seconds))


def _shown_townships(ground: Ground, problem: Problem) -> Problem:
    """Return the problem with townships of too few people as one with the smallest other."""
    hidden = masked(ground.reach, ground.q.group, ground.q.small_count).units
    out = np.isin(ground.township_rows, list(hidden))
    if not out.any() or out.all():
        return problem
    people = np.bincount(ground.townships, ground.people, minlength=len(out))
    smallest = int(np.argmin(np.where(out | (people <= 0), np.inf, people)))
    groups = np.where(out[ground.townships], smallest, ground.townships)
    return replace(problem, groups=groups.astype(np.int64))


# ---------------------------------------------------------------- as pages show it


def _state(run: _Run) -> FrontState:
    found = run.front
    seconds = run.seconds if run.done.is_set() else time.monotonic() - run.began
    return FrontState(
        run.id,
        run.status,
        run.told,
        found.dominated if found else 0,
        run.unit,
        found.asked if found else 0,
        found.budgets if found else 0,
        seconds,
        run.posed.notes if run.posed else (),
        error=run.error,
        costs=tuple(cost * run.scale for cost in found.costs) if found else (),
    )


def _points(run: _Run, found: Front, scale: float) -> tuple[FrontPoint, ...]:
    known = {point.id: point for point in run.told}
    made = []
    for point in found.points:
        identity = _name(point)
        made.append(known.get(identity) or _told(run, point, scale, identity))
    return tuple(made)


def _name(point: Point) -> str:
    text = f"{point.open.tolist()} {point.bound} {point.fairest}"
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _told(run: _Run, point: Point, scale: float, identity: str) -> FrontPoint:
    ground, posed, problem = run.ground, run.posed, run.problem
    if posed is None or problem is None:
        raise ArithmeticError("a point of no problem")
    layout = ground.layout_of(posed.sites[point.open])
    people = float(ground.people.sum())
    mask = mask_of(ground.q)
    covered = mask.part(point.covered, mask.count(people))
    if "covered" in untold(ground, posed.sites[point.open]):
        covered = math.nan
    lowest, row = _lowest(ground, problem, point)
    return FrontPoint(
        id=identity,
        layout=layout,
        cost=point.cost * scale,
        n_new=len(layout.added),
        n_closed=len(layout.closed),
        covered=covered,
        share=covered / people,
        lowest=lowest,
        lowest_row=row,
        bound=max(point.bound, covered) if not math.isnan(covered) else math.nan,
        floor=point.floor,
        proven=point.proven,
        gap=point.gap,
        fairest=point.fairest,
    )


def _lowest(ground: Ground, problem: Problem, point: Point) -> tuple[float, int]:
    """Return the lowest share of the townships that may be shown, and which one it is."""
    near = (problem.cost[:, point.open] <= _reach(ground)).any(axis=1)
    n = len(ground.township_rows)
    people = np.bincount(ground.townships, ground.people, minlength=n)
    covered = np.bincount(ground.townships[near], ground.people[near], minlength=n)
    hidden = masked(ground.reach, ground.q.group, ground.q.small_count).units
    shown = (people > 0) & ~np.isin(ground.township_rows, list(hidden))
    if not shown.any():
        return math.nan, -1
    shares = np.where(shown, covered / np.where(people > 0, people, 1.0), np.inf)
    k = int(np.argmin(shares))
    mask = mask_of(ground.q)
    part = mask.part(float(covered[k]), mask.count(float(people[k])))
    return part / float(people[k]), int(ground.township_rows[k])
