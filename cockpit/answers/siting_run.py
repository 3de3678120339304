"""One search: what was asked, what is known of it, and how pages and files show it."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np

from cockpit.answers.reach import Note
from cockpit.answers.siting_figures import untold
from cockpit.answers.siting_fit import Fitted
from cockpit.answers.siting_ground import Ground, Positions
from cockpit.answers.siting_layout import Layout
from cockpit.answers.siting_models import Unit, unit
from cockpit.answers.siting_rules import Rules
from cockpit.answers.siting_told import About, told, years_of
from cockpit.placement.formulation import assigned
from cockpit.placement.plan import CLOSED, Plan, Step, gap_of
from geodata.errors import CockpitError

Status = Literal["waiting", "running", "done", "stopped", "failed"]

MOST_STEPS = 200

UNHEARD = Note(
    "The search was stopped before its solver had heard: until it has, there is no certificate."
)


@dataclass(frozen=True)
class RunStep:
    """How far a search was; NaN: too few people to be shown."""

    seconds: float
    objective: float
    bound: float
    gap: float
    phase: str  # "search" | "bound" | "branch" | "solver"


@dataclass(frozen=True, eq=False)
class State:
    """A search as a page shows it."""

    key: str
    status: Status
    place: int  # searches before it; 0 when it is running or has ended
    model: str
    parameters: Mapping[str, Any]
    unit: Unit
    steps: tuple[RunStep, ...]
    layout: Layout | None  # the best plan so far
    objective: float | None
    bound: float | None
    gap: float | None
    proven: bool
    plan: Plan | None  # once the search has ended
    years: tuple[Layout, ...]  # of a plan of several years
    error: CockpitError | None
    seconds: float  # spent so far
    limit: float  # seconds allowed
    details: tuple[Note, ...]  # what the model tells besides
    notes: tuple[Note, ...]


@dataclass(eq=False)
class Run:
    """A search at work or ended; changed with the lock of ``siting_runs`` held."""

    key: str
    ground: Ground
    rules: Rules
    model: str
    parameters: Mapping[str, Any]
    limit: float
    gap: float
    seed: int
    status: Status = "waiting"
    began: float = 0.0
    seconds: float = 0.0
    fitted: Fitted | None = None  # while it is at work: its matrix is large
    sites: Positions | None = None  # of the columns
    always: tuple[int, ...] = ()
    reduced: bool = False
    best: Step | None = None
    steps: list[Step] = field(default_factory=list)
    plan: Plan | None = None
    unproven: bool = False  # the plan is one that was told: too little for a certificate
    error: CockpitError | None = None
    notes: tuple[Note, ...] = ()
    hidden: dict[bytes, frozenset[str]] = field(default_factory=dict)  # see untold_of
    stopping: threading.Event = field(default_factory=threading.Event)
    ended: threading.Event = field(default_factory=threading.Event)


def thinned(steps: list[Step]) -> list[Step]:
    """Return at most so many steps, the first and the latest among them."""
    return steps if len(steps) <= MOST_STEPS else [*steps[:-1:2], steps[-1]]


def plan_of(run: Run, best: Step, fitted: Fitted) -> Plan:
    """Return the last plan that was told as a plan of its own, with the bound told with it."""
    chosen = np.sort(np.asarray(best.open, dtype=np.intp))
    return Plan(
        model=run.model,
        parameters=run.parameters,
        data=fitted.problem.digest,
        open=chosen,
        assignment=assigned(fitted.problem, chosen),
        objective=best.objective,
        bound=best.bound,
        proof={"kind": "solver", "status": "stopped"},
        seed=run.seed,
        seconds=run.seconds,
    )


def state_of(run: Run, place: int) -> State:
    """Return a search as a page shows it; ``place``: searches before it."""
    plan, best = run.plan, run.best
    columns = plan.open if plan is not None else None if best is None else best.open
    objective = plan.objective if plan else best.objective if best else None
    bound = plan.bound if plan else best.bound if best else None
    counted = unit(run.model, run.parameters)
    live = run.status == "running"
    gap = None if objective is None or bound is None else gap_of(objective, bound)
    if columns is not None and withheld(run, columns, plan):
        objective = bound = math.nan
    return State(
        key=run.key,
        status=run.status,
        place=place,
        model=run.model,
        parameters=run.parameters,
        unit=counted,
        steps=tuple(_step(run, step) for step in run.steps),
        layout=None if columns is None else _layout(run, columns),
        objective=objective,
        bound=bound,
        gap=gap,
        proven=plan is not None and plan.gap <= CLOSED,
        plan=plan,
        years=tuple(_layout(run, sites) for sites in years_of(plan)) if plan else (),
        error=run.error,
        seconds=time.perf_counter() - run.began if live else run.seconds,
        limit=run.limit,
        details=_told(run, plan),
        notes=(*run.notes, UNHEARD) if run.unproven else run.notes,
    )


def _step(run: Run, step: Step) -> RunStep:
    hidden = withheld(run, step.open, None)
    objective, bound = (math.nan if hidden else n for n in (step.objective, step.bound))
    return RunStep(step.seconds, objective, bound, step.gap, step.phase)


_TOTALS = {"people": "covered", "person-minutes": "person_minutes", "money": "person_minutes"}
"""What an objective tells of the plan, by its unit; money is weighed against minutes."""


def withheld(run: Run, columns: Any, plan: Plan | None) -> bool:
    """
    Tell whether the objective of a plan tells what its figures hide; then its bound does, too.

    Of a plan of several years, which adds them up, each must be shown; before it has ended they
    are not known.
    """
    if not run.ground.q.sensitive:
        return False
    counted = unit(run.model, run.parameters)
    if counted == "share":
        return True
    if run.model == "phasing":
        years = years_of(plan) if plan is not None else ()
        return not years or any(_TOTALS[counted] in untold_of(run, year) for year in years)
    return _TOTALS.get(counted) in untold_of(run, columns)


def untold_of(run: Run, columns: Any) -> frozenset[str]:
    """Return which totals of a plan are not shown, kept with the run."""
    key = np.sort(np.asarray(columns, dtype=np.int64)).tobytes()
    if key not in run.hidden:
        run.hidden[key] = untold(run.ground, opened(run, columns))
    return run.hidden[key]


def _told(run: Run, plan: Plan | None) -> tuple[Note, ...]:
    if plan is None or run.sites is None:
        return ()
    years = tuple(untold_of(run, year) for year in years_of(plan))
    about = About(run.ground, run.parameters, plan, run.sites, untold_of(run, plan.open), years)
    return told(run.model, about)


def opened(run: Run, columns: Any) -> list[int]:
    """Return the open sites of some columns, and those that are open in any case."""
    if run.sites is None:
        return []
    return [*run.sites[np.asarray(columns, dtype=np.intp)].tolist(), *run.always]


def _layout(run: Run, columns: Any) -> Layout:
    return run.ground.layout_of(opened(run, columns))


def source_of(ground: Ground, rules: Rules) -> dict[str, Any]:
    """Return what another machine with the same county needs to pose the question again."""
    reach, q = ground.reach, ground.q
    codes = reach.twin.regions["code"]
    return {
        "kind": "county",
        "county": str(codes.iat[0]),
        "version": reach.version,
        "question": {
            "service": q.service,
            "mode": q.mode,
            "minutes": float(q.minutes),
            "group": q.group,
            "unit": str(codes.iat[q.unit]) if q.unit else "",
        },
        "visitor": q.visitor,
        "small_count": int(q.small_count),
        "rules": rules.to_plain(),
    }


def sealed(run: Run, plan: Plan) -> str:
    """Return the certificate of a plan, with the question that it answers."""
    source = source_of(run.ground, run.rules)
    if run.sites is not None:
        names = run.ground.sites
        source["open"] = [names[int(run.sites[column])] for column in plan.open]
        if run.reduced:
            source["candidates"] = [names[int(site)] for site in run.sites]
    return replace(plan, source=source).to_json()
