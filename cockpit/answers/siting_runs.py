"""Plans that are searched in the background: the best so far, its bound, stop and keep it."""

from __future__ import annotations

import atexit
import hashlib
import json
import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

import numpy as np

from cockpit.access import audit
from cockpit.access.classes import may_see
from cockpit.answers import siting_archive
from cockpit.answers.siting_fit import Fitted, fit, posed_of
from cockpit.answers.siting_ground import Ground
from cockpit.answers.siting_problem import named
from cockpit.answers.siting_rules import Rules
from cockpit.answers.siting_run import (
    MOST_STEPS,
    UNHEARD,
    Run,
    RunStep,
    State,
    Status,
    opened,
    plan_of,
    sealed,
    source_of,
    state_of,
    thinned,
    withheld,
)
from cockpit.locale import Named
from cockpit.placement.models import MODELS
from cockpit.placement.plan import Plan, Step
from cockpit.placement.solve import solve
from geodata.errors import CockpitError, InputError

__all__ = [
    "MOST_STEPS",
    "RunStep",
    "State",
    "Status",
    "certificate",
    "forget",
    "key_of",
    "start",
    "state",
    "stop",
    "wait",
]

MOST_WAITING = 8
_MOST_KEPT = 24
_PATIENCE_S = 0.7  # for a search that is asked to stop; then its best plan so far is the plan
_LEAVING_S = 10.0  # for a search to hear that the server ends

log = logging.getLogger("cockpit")


_lock = threading.RLock()
_runs: OrderedDict[str, Run] = OrderedDict()
_queue: list[Run] = []
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
        If there is no such model, or too many searches wait already. What else is wrong with a
        question is told by its state.
    """
    if model not in MODELS:
        raise InputError(
            "There is no model {model}; choose one of {models}.",
            model=model, models=", ".join(MODELS),
        )  # fmt: skip
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
        audit.record_now(
            audit.actor(), "run", f"search {model}", data_class=ground.q.visitor,
            detail={"key": key, "service": ground.q.service, "parameters": dict(parameters)},
        )  # fmt: skip
        run = Run(key, ground, rules, model, dict(parameters), float(seconds), gap, seed)
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
    content = [source_of(ground, rules), ground.reach.travel.version, model, dict(parameters),
               float(seconds), float(gap), int(seed)]  # fmt: skip
    text = json.dumps(content, sort_keys=True, default=_plain)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def state(key: str) -> State | None:
    """Return how far a search is; None: there is none, or it was forgotten."""
    with _lock:
        run = _runs.get(key)
        return None if run is None else state_of(run, _queue.index(run) + 1 if run in _queue else 0)


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


def certificate(key: str, *, visitor: str | None = None) -> str:
    """
    Return the certificate of a search that has ended, with the question that it answers.

    ``visitor`` is the highest class of who asks; None: whoever began the search.

    Raises
    ------
    InputError
        If there is no such search, or it has no plan (yet); or it was stopped and its solver has
        not heard: what it told does not say what proves the bound, nor who is served where.
    """
    with _lock:
        run = _runs.get(key)
        plan = None if run is None else run.plan
        seen = run is not None and (visitor is None or may_see(visitor, run.ground.q.visitor))
        if run is None or plan is None or not seen:
            raise InputError("This search has no plan; a certificate needs one.")
        if withheld(run, plan.open, plan):
            raise InputError(
                "The objective of this plan tells a count that is not shown; there is no "
                "certificate."
            )
        if run.unproven:
            raise InputError(UNHEARD.template)
        return sealed(run, plan)


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


def _taken() -> Run | None:
    with _lock:
        if not _queue:
            return None
        run = _queue.pop(0)
        run.status, run.began = "running", time.perf_counter()
        return run


def _search(run: Run) -> None:
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
    if run.plan is not None and not run.unproven:
        _archived(run, run.plan)


def _solved(run: Run) -> Plan:
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
            run.steps = thinned([*run.steps, step])
        return not run.stopping.is_set()

    left = max(run.limit - (time.perf_counter() - run.began), 1.0)
    try:
        return solve(fitted.problem, run.model, run.parameters, seed=run.seed, seconds=left,
                     gap=run.gap, progress=heard)  # fmt: skip
    except InputError as error:
        raise _named(error, run, fitted) from error


def _named(error: InputError, run: Run, fitted: Fitted) -> InputError:
    """Return an error that says names in place of numbers of sites and demand points."""
    point = error.values.get("point")
    if isinstance(point, int) and 0 <= point < len(run.ground.cells) == fitted.problem.n_demand:
        row = run.ground.reach.rows[run.ground.cells[point]]
        region = run.ground.reach.twin.regions.iloc[int(row)]
        name = Named.of(str(region["name"]), str(region["name_en"] or ""))
        error = type(error)(error.template, **{**error.values, "point": name})
    return named(error, run.ground, fitted.sites)


def _end(
    run: Run, status: Status, *, plan: Plan | None = None, error: CockpitError | None = None
) -> None:
    with _lock:
        if plan is not None and run.unproven:
            run.unproven = False
        elif plan is not None and run.plan is not None and not _closer(plan, run.plan):
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


def _given_up(run: Run) -> None:
    """Make the last plan that was told the plan of the run, and its bound; the lock is held."""
    run.status, run.seconds = "stopped", time.perf_counter() - run.began
    if run.best is not None and run.fitted is not None:
        run.plan = plan_of(run, run.best, run.fitted)
        run.unproven = True
    else:
        run.error = InputError("No plan was found in {seconds} s; allow more time.",
                               seconds=round(run.seconds, 1))  # fmt: skip
    run.ended.set()


def _forget_oldest() -> None:
    for key in [k for k, run in _runs.items() if run.ended.is_set()]:
        if len(_runs) <= _MOST_KEPT:
            return
        del _runs[key]


def _archived(run: Run, plan: Plan) -> None:
    """Keep the run in the store; where it cannot be written, the log says why."""
    if withheld(run, plan.open, plan):  # its certificate would be handed out
        return
    sites = opened(run, plan.open)
    try:
        siting_archive.keep(run.key, run.ground, run.rules, plan, sites, sealed(run, plan))
    except CockpitError as error:
        log.warning("the run %s is not kept: %s", run.key[:12], error)


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic | np.ndarray):
        return value.tolist()
    raise TypeError(value)
