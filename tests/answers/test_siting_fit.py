"""Problems cut to what a solver proves: the nearest ways of everybody, also where many tie."""

from __future__ import annotations

import numpy as np

from cockpit.answers import siting_fit
from cockpit.answers.siting_fit import Fitted
from cockpit.placement.problem import Problem


def test_sites_out_of_reach_are_no_ways_beyond_those_allowed() -> None:
    rng = np.random.default_rng(0)
    cost = np.full((40, 30), 120.0, dtype=np.float32)  # all the same far away
    cost[:, :3] = rng.integers(1, 60, (40, 3))
    fitted = Fitted(Problem.of(cost), np.arange(30), (), ())
    slim = siting_fit._nearest_ways(fitted, 400)
    ways = np.isfinite(slim.problem.cost)
    assert ways.sum(axis=1).tolist() == [10] * 40
    assert ways[:, :3].all()
    assert slim.problem.cost[ways].tolist() == cost[ways].tolist()
    # Spread over the sites far away: none is everybody's, none is nobody's.
    assert ways[:, 3:].sum(axis=0).min() > 0
    assert ways[:, 3:].sum(axis=0).max() < 40
    assert slim.reduced
    assert slim.notes[-1].values == {"n": 10}
    assert siting_fit._nearest_ways(fitted, 40 * 30) is fitted
