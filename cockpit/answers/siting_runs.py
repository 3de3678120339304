"""Plans that are searched in the background: the best so far, its bound, stop and keep it."""

from __future__ import annotations

import atexit
import hashlib
import json
import logging
import math
import threading
import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np

from cockpit.answers import siting_archive
from cockpit.answers.coverage_question import mask_of
from cockpit.answers.reach import Note
from cockpit.answers.siting_fit import Fitted, fit, posed_of
from cockpit.answers.siting_ground import Ground, Positions
from cockpit.answers.siting_layout import Layout
from cockpit.answers.siting_models import Unit, unit
from cockpit.answers.siting_problem import named
from cockpit.answers.siting_rules import Rules
from cockpit.answers.siting_told import told, years_of
from cockpit.placement.formulation import assigned
from cockpit.placement.plan import CLOSED, Plan, Step, gap_of
from cockpit.placement.solve import solve
from geodata.errors import CockpitError, InputError

Status = Literal["waiting", "running", "done", "stopped", "failed"]

MOST_STEPS = 200
MOST_WAITING = 8
_MOST_KEPT = 24
_PATIENCE_S = 0.7  # for a search that is asked to stop; then its best plan so far is the plan
_LEAVING_S = 10.0  # for a search to hear that the server ends

log = logging.getLogger("cockpit")


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
class _Run:
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
    error: CockpitError | None = None
    notes: tuple[Note, ...] = ()
    stopping: threading.Event = field(default_factory=threading.Event)
    ended: threading.Event = field(default_factory=threading.Event)


_lock = threading.RLock()
_runs: OrderedDict[str, _Run] = OrderedDict()
_queue: list[_Run] = []
_at_work: set[threading.Thread] = set()  # one at most


def start(
    ground: Ground,
    rules: Rules,
    model: str,
    parameters: Mapping[str, Any],
    *,
    seconds: float = 30.0,
    gap: float = 0.0,
    seed: int = 0,
) -> str:
    """
    Begin a search, or find the one that was begun for the same question; return its key.

    One search works at a time, others wait their turn. One that was stopped or failed begins
    again; one that is done is kept.

    Parameters
    ----------
    parameters
        Of the solver, as ``siting_models.parameters`` makes them.
    seconds, gap, seed
        As for ``cockpit.placement.solve``.

    Raises
    ------
    InputError
        If too many searches wait already. What is wrong with a question is told by its state.
    """
    key = key_of(ground, rules, model, parameters, seconds=seconds, gap=gap, seed=seed)
    with _lock:
        known = _runs.get(key)
        if known is not None and known.status in ("waiting", "running", "done"):
            _runs.move_to_end(key)
            return key
        if len(_queue) >= MOST_WAITING:
            raise InputError(
                "{n} searches are waiting already; try again when one has ended.", n=len(_queue)
            )
        run = _Run(key, ground, rules, model, dict(parameters), float(seconds), gap, seed)
        _runs[key] = run
        _runs.move_to_end(key)
        _queue.append(run)
        _forget_oldest()
        _next()
    return key


def key_of(
    ground: Ground,
    rules: Rules,
    model: str,
    parameters: Mapping[str, Any],
    *,
    seconds: float,
    gap: float,
    seed: int,
) -> str:
    """Return the name of a search: the same for everybody who asks the same of the same data."""
    content = [_source(ground, rules), ground.reach.travel.version, model, dict(parameters),
               float(seconds), float(gap), int(seed)]  # fmt: skip
    text = json.dumps(content, sort_keys=True, default=_plain)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def state(key: str) -> State | None:
    """Return how far a search is; None: there is none, or it was forgotten."""
    with _lock:
        run = _runs.get(key)
        return None if run is None else _state(run)


def stop(key: str) -> State | None:
    """
    End a search within a second and keep its best plan with the bound proven by then.

    Where the solver does not hear (it is busy with one linear program), the last plan that it told
    of is the plan; what the solver finds before it hears replaces it.
    """
    with _lock:
        run = _runs.get(key)
        if run is None:
            return None
        run.stopping.set()
        if run in _queue and run.status == "waiting":
            _queue.remove(run)
            run.status = "stopped"
            run.ended.set()
    if not run.ended.wait(_PATIENCE_S):
        with _lock:
            if run.status == "running":
                _given_up(run)
    return state(key)


def wait(key: str, seconds: float) -> State | None:
    """Return the state of a search when it has ended, or after some seconds."""
    with _lock:
        run = _runs.get(key)
    if run is None:
        return None
    run.ended.wait(seconds)
    return state(key)


def certificate(key: str) -> str:
    """
    Return the certificate of a search that has ended, with the question that it answers.

    Raises
    ------
    InputError
        If there is no such search, or it has no plan (yet).
    """
    with _lock:
        run = _runs.get(key)
        plan = None if run is None else run.plan
        if run is None or plan is None:
            raise InputError("This search has no plan; a certificate needs one.")
        return _sealed(run, plan)


def forget() -> None:
    """Stop all searches and drop what is kept of them."""
    with _lock:
        for run in _runs.values():
            run.stopping.set()
        _queue.clear()
        _runs.clear()


def _leave() -> None:
    """Let a server end in order: a thread that is cut off inside the solver would abort it."""
    forget()
    for worker in tuple(_at_work):
        worker.join(_LEAVING_S)


atexit.register(_leave)


# ---------------------------------------------------------------- the thread that searches


def _next() -> None:
    """Let the first in the queue begin, unless one is at work; called with the lock held."""
    if _queue and not _at_work:
        worker = threading.Thread(target=_work, name="placement", daemon=True)
        _at_work.add(worker)
        worker.start()


def _work() -> None:
    """Search until the queue is empty."""
    try:
        while (run := _taken()) is not None:
            _search(run)
    finally:  # an unexpected error ends this thread and is told by it; the queue goes on
        with _lock:
            _at_work.clear()
            _next()


def _taken() -> _Run | None:
    with _lock:
        if not _queue:
            return None
        run = _queue.pop(0)
        run.status, run.began = "running", time.perf_counter()
        return run


def _search(run: _Run) -> None:
    """Search one plan; however that ends, the run ends."""
    try:
        plan = _solved(run)
    except CockpitError as error:
        _end(run, "failed", error=error)
    else:
        _end(run, "stopped" if run.stopping.is_set() else "done", plan=plan)
    finally:
        if not run.ended.is_set():
            log.error("the search %s (%s) ended unexpectedly", run.key[:12], run.model)
            _end(run, "failed", error=CockpitError(
                "The search has failed; the log of the server says why."))  # fmt: skip
    if run.plan is not None:
        _archived(run, run.plan)


def _solved(run: _Run) -> Plan:
    ground = run.ground
    posed = posed_of(ground, run.rules)
    fitted = fit(run.model, ground, posed, run.parameters)
    _ = fitted.problem.digest  # kept with the problem: a stop must not wait for it
    with _lock:
        run.fitted, run.notes, run.sites = fitted, fitted.notes, fitted.sites
        run.always, run.reduced = fitted.always, fitted.reduced

    def heard(step: Step) -> bool:
        with _lock:
            run.best = step
            run.steps = _thinned([*run.steps, step])
        return not run.stopping.is_set()

    left = max(run.limit - (time.perf_counter() - run.began), 1.0)
    try:
        return solve(fitted.problem, run.model, run.parameters, seed=run.seed, seconds=left,
                     gap=run.gap, progress=heard)  # fmt: skip
    except InputError as error:
        raise _named(error, run, fitted) from error


def _named(error: InputError, run: _Run, fitted: Fitted) -> InputError:
    """Return an error that says names in place of numbers of sites and demand points."""
    point = error.values.get("point")
    if isinstance(point, int) and 0 <= point < len(run.ground.cells) == fitted.problem.n_demand:
        row = run.ground.reach.rows[run.ground.cells[point]]
        name = str(run.ground.reach.twin.regions["name"].iat[int(row)])
        error = type(error)(error.template, **{**error.values, "point": name})
    return named(error, run.ground, fitted.sites)


def _thinned(steps: list[Step]) -> list[Step]:
    """Return at most so many steps, the first and the latest among them."""
    return steps if len(steps) <= MOST_STEPS else [*steps[:-1:2], steps[-1]]


def _end(
    run: _Run, status: Status, *, plan: Plan | None = None, error: CockpitError | None = None
) -> None:
    with _lock:
        if plan is not None and run.plan is not None and not _closer(plan, run.plan):
            plan = run.plan
        if status == "failed" and run.stopping.is_set():  # it was asked to end before it had a plan
            status = "stopped"
            error = None if run.plan is not None else error
        run.status, run.error = status, error
        run.plan = plan if plan is not None else run.plan
        run.seconds = time.perf_counter() - run.began
        run.fitted = None
        run.ended.set()


def _closer(plan: Plan, other: Plan) -> bool:
    return plan.gap <= other.gap


def _given_up(run: _Run) -> None:
    """Make the last plan that was told the plan of the run, and its bound; the lock is held."""
    run.status, run.seconds = "stopped", time.perf_counter() - run.began
    if run.best is not None and run.fitted is not None:
        run.plan = _plan_of(run, run.best, run.fitted)
    else:
        run.error = InputError("No plan was found in {seconds} s; allow more time.",
                               seconds=round(run.seconds, 1))  # fmt: skip
    run.ended.set()


def _plan_of(run: _Run, best: Step, fitted: Fitted) -> Plan:
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


def _forget_oldest() -> None:
    for key in [k for k, run in _runs.items() if run.ended.is_set()]:
        if len(_runs) <= _MOST_KEPT:
            return
        del _runs[key]


# ---------------------------------------------------------------- as pages and files show it


def _state(run: _Run) -> State:
    ground, plan, best = run.ground, run.plan, run.best
    opened = plan.open if plan is not None else None if best is None else best.open
    objective = plan.objective if plan else best.objective if best else None
    bound = plan.bound if plan else best.bound if best else None
    counted = unit(run.model, run.parameters)
    live = run.status == "running"
    gap = None if objective is None or bound is None else gap_of(objective, bound)
    return State(
        key=run.key,
        status=run.status,
        place=_queue.index(run) + 1 if run in _queue else 0,
        model=run.model,
        parameters=run.parameters,
        unit=counted,
        steps=tuple(_step(run, step, counted) for step in run.steps),
        layout=None if opened is None else _layout(run, opened),
        objective=_shown(ground, objective, counted),
        bound=_shown(ground, bound, counted),
        gap=gap,
        proven=plan is not None and plan.gap <= CLOSED,
        plan=plan,
        years=tuple(_layout(run, sites) for sites in years_of(plan)) if plan else (),
        error=run.error,
        seconds=time.perf_counter() - run.began if live else run.seconds,
        limit=run.limit,
        details=_told(run, plan),
        notes=run.notes,
    )


def _step(run: _Run, step: Step, counted: Unit) -> RunStep:
    objective = _shown(run.ground, step.objective, counted)
    bound = _shown(run.ground, step.bound, counted)
    return RunStep(
        step.seconds,
        math.nan if objective is None else objective,
        math.nan if bound is None else bound,
        step.gap,
        step.phase,
    )


def _told(run: _Run, plan: Plan | None) -> tuple[Note, ...]:
    if plan is None or run.sites is None:
        return ()
    return told(run.ground, run.model, run.parameters, plan, run.sites)


def _open(run: _Run, columns: Any) -> list[int]:
    """Return the open sites of some columns, and those that are open in any case."""
    if run.sites is None:
        return []
    return [*run.sites[np.asarray(columns, dtype=np.intp)].tolist(), *run.always]


def _layout(run: _Run, columns: Any) -> Layout:
    return run.ground.layout_of(_open(run, columns))


def _shown(ground: Ground, value: float | None, counted: Unit) -> float | None:
    """Return a figure as it may be shown: NaN for people too few, or so many that the rest is."""
    if value is None or counted != "people" or not ground.q.sensitive:
        return value
    return mask_of(ground.q).part(value, float(ground.people.sum()))


def _source(ground: Ground, rules: Rules) -> dict[str, Any]:
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


def _sealed(run: _Run, plan: Plan) -> str:
    source = _source(run.ground, run.rules)
    if run.sites is not None:
        names = run.ground.sites
        source["open"] = [names[int(run.sites[column])] for column in plan.open]
        if run.reduced:
            source["candidates"] = [names[int(site)] for site in run.sites]
    return replace(plan, source=source).to_json()


def _archived(run: _Run, plan: Plan) -> None:
    """Keep the run in the store; where it cannot be written, the log says why."""
    opened = _open(run, plan.open)
    try:
        siting_archive.keep(run.key, run.ground, run.rules, plan, opened, _sealed(run, plan))
    except CockpitError as error:
        log.warning("the run %s is not kept: %s", run.key[:12], error)


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic | np.ndarray):
        return value.tolist()
    raise TypeError(value)
