"""Fields and parameters of the models on the tiny county with roads, by hand."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from sqlalchemy import create_engine

from cockpit.answers import siting_archive, siting_models, siting_runs
from cockpit.answers.coverage_question import question
from cockpit.answers.reach import Reach
from cockpit.answers.siting import Ground, Rules, ground_of, pose
from cockpit.answers.siting_fit import fit
from cockpit.placement.models import MODELS
from geodata.errors import InputError
from tests import roaded, tiny

CELL = [tiny.grid_code(k) for k in range(16)]
KEEP, FREE = Rules(), Rules(existing="free")


@pytest.fixture(scope="module")
def reach(tmp_path_factory: pytest.TempPathFactory) -> Reach:
    engine = create_engine(f"sqlite:///{tmp_path_factory.mktemp('models') / 'county.sqlite'}")
    roaded.fill(engine)
    found = roaded.reach_of(engine)
    engine.dispose()
    return found


@pytest.fixture(scope="module")
def ground(reach: Reach) -> Ground:
    return ground_of(reach, question(reach, "clinic", mode="car", minutes=6, visitor="备用"))


@pytest.fixture(autouse=True)
def _unstored(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(siting_archive, "keep", lambda *_: True)
    yield
    siting_runs.forget()


def taken(ground: Ground, model: str, rules: Rules = KEEP, **given: Any) -> dict[str, Any]:
    values = {**siting_models.defaults(model, ground, rules), **given}
    return siting_models.parameters(model, ground, pose(ground, rules), values)


def test_every_model_is_offered_once() -> None:
    models = [model for _, some in siting_models.offered() for model in some]
    assert sorted(models) == sorted(MODELS)


def test_new_sites_are_asked_for_where_todays_stay(ground: Ground) -> None:
    (field,) = siting_models.fields("mclp", ground, KEEP)
    assert (field.id, field.kind, field.default, field.low, field.high) == (
        "new",
        "count",
        3,
        0,
        16,
    )
    assert taken(ground, "mclp") == {"p": 5, "reach": 6.0}
    assert taken(ground, "mclp", new=0) == {"p": 2, "reach": 6.0}


def test_all_sites_are_asked_for_where_todays_may_close(ground: Ground) -> None:
    (field,) = siting_models.fields("p-median", ground, FREE)
    assert (field.id, field.default, field.low, field.high) == ("p", 2, 1, 18)
    assert taken(ground, "p-median", FREE) == {"p": 2}


def test_a_forbidden_facility_is_not_kept(ground: Ground) -> None:
    assert taken(ground, "p-median", Rules(forbidden=("f:A",)), new=1) == {"p": 2}


def test_sites_that_must_open_are_the_least(ground: Ground) -> None:
    rules = Rules(must=tuple(f"c:{CELL[k]}" for k in (5, 6, 7, 14)))
    (field,) = siting_models.fields("mclp", ground, rules)
    assert (field.default, field.low) == (4, 4)


@pytest.mark.parametrize("minutes", [7.1, 6.0, 12.5, 0.3])
def test_a_limit_is_rounded_as_the_costs_are(minutes: float) -> None:
    seconds = round(minutes * 60)
    cost = np.array([seconds, seconds + 1]) / np.float32(60)
    within = cost.astype(np.float32).astype(float) <= siting_models.reach_of(minutes)
    assert within.tolist() == [True, False]


def test_targets_count_new_sites_and_new_costs(ground: Ground) -> None:
    rules = Rules(kept_cost=2.0)
    rows = [["sites", 1, ""], ["cost", 3, ""], ["covered", 0.5, roaded.WEST], ["mean", 9, ""]]
    west = ground.reach.twin.regions["code"].to_numpy()[ground.township_rows].tolist()
    assert taken(ground, "goal-seek", rules, targets=rows) == {
        "targets": [
            ["sites", 3.0, None, None],
            ["cost", 7.0, None, None],
            ["covered", 0.5, 6.0, west.index(roaded.WEST)],
            ["mean", 9.0, None, None],
        ]
    }


def test_years_count_the_sites_that_stay(ground: Ground) -> None:
    assert taken(ground, "phasing", numbers=[1, 2])["numbers"] == [3, 4]
    assert taken(ground, "phasing", FREE, numbers=[1, 2])["numbers"] == [1, 2]


def test_a_price_is_for_a_thousand_minutes(ground: Ground) -> None:
    assert taken(ground, "fixed-cost", rate=5) == {"rate": 0.005}


def test_the_unit_follows_the_goal() -> None:
    unit = siting_models.unit
    assert unit("phasing", {"goal": "covering"}) == "people"
    assert unit("equity", {"goal": "p-median"}) == "person-minutes"
    assert unit("lexicographic", {"order": ["covered", "worst"]}) == "minutes"
    assert unit("mclp", {"p": 3}) == "people"
    assert siting_models.maximises("lexicographic", {"order": ["mean", "lowest_share"]})
    assert not siting_models.maximises("equity", {"goal": "p-median"})


@pytest.mark.parametrize(
    ("model", "given", "words"),
    [
        ("mclp", {"new": 1.5}, "new is 1.5; expected a whole number, 0 or more."),
        ("bclp", {"backup": 2}, "backup is 2; expected 0 to 1."),
        ("budget-covering", {"budget": None}, "budget is None; expected a number, 0 or more."),
        ("budget-covering", {"budget": -1}, "budget is -1; expected a number, 0 or more."),
        ("capacitated-covering", {"split": "both"}, "split is both; expected one of parts, whole."),
        ("phasing", {"numbers": []}, "the end of each of 1 to 10 years."),
        ("sizes", {"sizes": [["S", 1]]}, "A size is a name, the people it serves and what it"),
        ("sizes", {"sizes": [["S", "many", 1]]}, "sizes is many; expected a number, 0 or more."),
        ("lexicographic", {"order": ["fame"]}, "expected one of covered, mean, worst, lowest"),
        ("goal-seek", {"targets": [["covered"]]}, "A target is a kind, a value and a township."),
        ("goal-seek", {"targets": [["fame", 1, ""]]}, "There is no kind of target fame."),
        ("goal-seek", {"targets": [["mean", 1, "9"]]}, "No region has the code 9."),
        ("moving", {}, "Here facilities of today close or move, but the rules keep them all"),
    ],
)
def test_refuses_what_cannot_be(
    ground: Ground, model: str, given: dict[str, Any], words: str
) -> None:
    with pytest.raises(InputError, match=words):
        taken(ground, model, **given)


def test_refuses_a_model_that_there_is_not(ground: Ground) -> None:
    with pytest.raises(InputError, match="There is no model fame; choose one of p-median, mclp"):
        siting_models.fields("fame", ground, KEEP)


def test_refuses_a_limit_beyond_which_all_ways_count_the_same(reach: Reach) -> None:
    far = ground_of(reach, question(reach, "clinic", mode="car", minutes=120, visitor="备用"))
    with pytest.raises(InputError, match="need a limit below 120 minutes"):
        taken(far, "mclp")
    assert taken(far, "p-median") == {"p": 5}


# Where nothing is closed there is nothing to move; today's clinic A holds 2,000 people, B all.
IMPOSSIBLE = {"moving": "the rules keep them all"}


@pytest.mark.parametrize("model", sorted(MODELS))
@pytest.mark.parametrize("rules", [KEEP, FREE], ids=["keep", "free"])
def test_every_model_is_solved_with_its_defaults(ground: Ground, model: str, rules: Rules) -> None:
    if rules is KEEP and model in IMPOSSIBLE:
        with pytest.raises(InputError, match=IMPOSSIBLE[model]):
            taken(ground, model, rules)
        return
    key = siting_runs.start(ground, rules, model, taken(ground, model, rules), seconds=20)
    found = siting_runs.wait(key, 30)
    assert found is not None
    assert (found.status, found.error) == ("done", None)
    assert found.proven
    assert found.layout is not None
    if rules is KEEP:
        assert not found.layout.closed


def test_sites_of_their_own_kind_keep_todays(ground: Ground) -> None:
    posed = pose(ground, KEEP)
    apart = fit("p-dispersion", ground, posed, {"p": 2})
    assert apart.always == (0, 1)
    assert apart.problem.cost.shape == (16, 16)
    # By hand: from cell 0 to cell 2 two roads of three minutes.
    assert apart.problem.cost[0, 2] == 6


def test_sizes_are_for_whom_nobody_has_within_reach(ground: Ground) -> None:
    parameters = {"sizes": [["S", 100, 1]], "budget": 1, "goal": "covering", "reach": 6.0}
    found = fit("sizes", ground, pose(ground, KEEP), parameters)
    without = [k for k, minutes in enumerate(roaded.MINUTES) if minutes > 6]
    assert np.flatnonzero(found.problem.weights).tolist() == without


def test_a_model_that_would_be_too_large_takes_what_promises_most(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cockpit.answers.siting_fit.MOST_LEVELS", 60)
    monkeypatch.setattr("cockpit.answers.siting_fit.LEAST_CANDIDATES", 3)
    posed = pose(ground, KEEP)
    found = fit("budget-p-median", ground, posed, {"budget": 1})
    assert found.reduced
    assert 2 < found.problem.n_sites < posed.problem.n_sites
    assert any("those that promise most" in note.template for note in found.notes)
    # The site that saves most is among them: 13 and 14 are cut off from both clinics.
    names = {ground.sites[int(k)] for k in found.sites}
    assert names & {f"c:{CELL[13]}", f"c:{CELL[14]}"}
