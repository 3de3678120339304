"""One door to all models that open sites and serve people by the nearest."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import numpy as np

from cockpit.placement.center import solve_p_center, solve_p_dispersion
from cockpit.placement.cover import Cover
from cockpit.placement.covering import solve_mclp
from cockpit.placement.covering_sets import solve_bclp, solve_lscp, solve_lscp_b
from cockpit.placement.general import GENERAL
from cockpit.placement.median import solve_p_median
from cockpit.placement.models import MODELS
from cockpit.placement.plan import Plan, Progress
from cockpit.placement.problem import Problem
from geodata.errors import InputError

SOLVERS: dict[str, Callable[..., Plan]] = {
    "p-median": solve_p_median,
    "p-center": solve_p_center,
    "lscp": solve_lscp,
    "lscp-b": solve_lscp_b,
    "mclp": solve_mclp,
    "bclp": solve_bclp,
    "p-dispersion": solve_p_dispersion,
    **GENERAL,
}


def solve(
    problem: Problem | Cover,
    model: str,
    parameters: Mapping[str, Any],
    *,
    seed: int = 0,
    seconds: float = 60.0,
    gap: float = 0.0,
    progress: Progress | None = None,
) -> Plan:
    """
    Solve a model and prove the plan, as far as the time allows.

    Parameters
    ----------
    problem
        What is placed; of a ``Cover`` only "mclp" can be asked.
    model
        A key of ``MODELS``.
    parameters
        What the model needs and takes: ``p`` (sites in all), ``reach`` and ``unreached`` (minutes
        or the unit of the costs), ``backup`` (0 to 1).
    seed
        The same seed gives the same plan and the same bytes of the certificate, as long as the time
        suffices.
    seconds
        Longest search; the best plan by then is returned with the bound proven by then.
    gap
        Relative gap that is good enough; 0: proven.
    progress
        Hears of every better plan and bound, from the solving thread; returning False stops.

    Raises
    ------
    InputError
        If the model or a parameter is not known or missing, or (see each model) nothing can be
        placed like that; it says what would make it possible.
    """
    if model not in SOLVERS:
        raise InputError(
            "There is no model {model}; choose one of {models}.",
            model=model,
            models=", ".join(SOLVERS),
        )
    known = MODELS[model]
    needs = [name for name in known.needs if name != "reach" or isinstance(problem, Problem)]
    missing = [name for name in needs if parameters.get(name) is None]
    if missing:
        raise InputError("{model} needs {name}.", model=model, name=missing[0])
    unknown = [name for name in parameters if name not in known.needs + known.takes]
    if unknown:
        raise InputError("{model} knows no {name}.", model=model, name=unknown[0])
    if isinstance(problem, Cover) and model != "mclp":
        raise InputError(
            "Lists of covering sites serve mclp alone; {model} needs costs.", model=model
        )
    if not 0 <= gap < 1:
        raise InputError("The gap is {gap}; expected 0 or more, below 1.", gap=gap)
    return SOLVERS[model](
        problem, **parameters, seed=seed, seconds=seconds, gap=gap, progress=progress
    )


@cache
def warm() -> None:
    """
    Compile the inner loops, or read them from the disk where they were compiled before.

    Takes seconds in a fresh installation and a fraction of one later: a server asks for it while it
    starts, so that no page waits.
    """
    rng = np.random.default_rng(0)
    problem = Problem.of(rng.integers(1, 99, (12, 8)).astype(float), rng.integers(1, 9, 12))
    solve(problem, "p-median", {"p": 3})
    solve(problem, "mclp", {"p": 2, "reach": 20.0})
