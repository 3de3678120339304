"""Limits that capped minutes can keep, and the longest way as long as it is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import create_engine

from cockpit.answers.coverage_question import question
from cockpit.answers.siting import Ground, Rules, ground_of, pose
from cockpit.answers.siting_fit import fit
from cockpit.placement.solve import solve
from geodata.errors import InputError
from tests import roaded, tiny


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Ground:
    engine = create_engine(f"sqlite:///{Path(tmp_path_factory.mktemp('limits')) / 'county.sqlite'}")
    roaded.fill(engine)
    reach = roaded.reach_of(engine)
    engine.dispose()
    return ground_of(reach, question(reach, "clinic", mode="car", minutes=6, visitor="备用"))


def test_the_longest_way_is_that_of_people_whom_sites_elsewhere_can_reach(ground: Ground) -> None:
    # tests.roaded: cells 3, 13, 14 and 15 reach at most each other. Of the others the longest way
    # is 12 minutes, from cell 7; a site there leaves the 9 of cell 12, and no site helps both.
    made = fit("p-center", ground, pose(ground, Rules()), {"p": 3})
    left_out = {tiny.grid_code(k) for k in (3, 13, 14, 15)}
    codes = ground.reach.codes[ground.cells]
    assert {c for c, w in zip(codes, made.problem.weights, strict=True) if w == 0} == left_out
    assert np.isinf(made.problem.cost).any()
    plan = solve(made.problem, "p-center", {"p": 3})
    assert (plan.objective, plan.proven) == (9, True)
    assert made.reduced
    assert [n.values["n"] for n in made.notes if "lead nowhere else" in n.template] == [4]


@pytest.mark.parametrize(
    ("model", "given", "words"),
    [
        ("mclp", {"p": 3, "reach": 120.0}, "Plans of coverage need a limit below 120 minutes; "),
        ("lscp", {"reach": 130.0}, "Plans of coverage need a limit below 120 minutes; "),
        (
            "goal-seek", {"targets": [["covered", 1.0, 150.0, None]]},
            "Plans of coverage need a limit below 120 minutes; longer ways all count as that many.",
        ),
        (
            "equity", {"p": 3, "rules": [["worst", 125.0, None, None]]},
            "A longest way of 125 minutes says nothing here: whoever needs 120 minutes or more "
            "counts as reaching none. Ask for less than 120.",
        ),
    ],
)  # fmt: skip
def test_nobody_who_reaches_none_passes_for_served(
    ground: Ground, model: str, given: dict[str, object], words: str
) -> None:
    with pytest.raises(InputError) as error:
        fit(model, ground, pose(ground, Rules()), given)
    assert str(error.value).startswith(words)
