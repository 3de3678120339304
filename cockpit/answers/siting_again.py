"""A search that ended before the server began anew, shown from the store as it was."""

from __future__ import annotations

import numpy as np

from cockpit.answers import siting_archive, siting_runs
from cockpit.answers.siting_fit import Fitted, fit, posed_of
from cockpit.answers.siting_ground import Ground
from cockpit.answers.siting_rules import Rules
from cockpit.answers.siting_run import Run, State, source_of, state_of
from cockpit.placement.formulation import assigned
from cockpit.placement.plan import Plan, read_certificate


def asks(
    state: State, ground: Ground, rules: Rules, *, gaps: tuple[float, ...], seed: int = 0
) -> bool:
    """Tell whether a search is one of this question under these rules, at one of the gaps."""
    return any(
        state.key
        == siting_runs.key_of(
            ground, rules, state.model, state.parameters, seconds=state.limit, gap=gap, seed=seed
        )
        for gap in gaps
    )


def stored(ground: Ground, rules: Rules, key: str, *, visitor: str) -> State | None:
    """
    Return a search of this question from the store, with its plan and its bound.

    How plan and bound closed in is not stored. None: there is none of that key, it is above the
    visitor's class, or it is about another question, other rules or other data.

    Raises
    ------
    InputError
        If its certificate was changed in the store.
    """
    kept = siting_archive.kept(key, visitor=visitor)
    if kept is None:
        return None
    told = read_certificate(kept.certificate)
    source = {k: v for k, v in told["source"].items() if k not in ("open", "candidates")}
    if source != source_of(ground, rules):
        return None
    fitted = fit(kept.model, ground, posed_of(ground, rules), kept.parameters)
    if fitted.problem.digest != told["data"]:
        return None
    run = Run(key, ground, rules, kept.model, kept.parameters, kept.seconds, 0.0, told["seed"])
    run.status, run.seconds = "done", kept.seconds
    run.sites, run.always = fitted.sites, fitted.always
    run.reduced, run.notes = fitted.reduced, fitted.notes
    run.plan = _plan(told, fitted, kept.seconds)
    return state_of(run, 0)


def _plan(told: dict[str, object], fitted: Fitted, seconds: float) -> Plan:
    opened = np.asarray(told["open"], dtype=np.intp)
    names = ("model", "parameters", "data", "objective", "bound", "proof", "seed", "details")
    return Plan(
        open=opened,
        assignment=assigned(fitted.problem, opened),
        seconds=seconds,
        source=told["source"],  # type: ignore[arg-type]
        **{name: told[name] for name in names},  # type: ignore[arg-type]
    )
