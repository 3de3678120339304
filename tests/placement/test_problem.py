"""A problem is checked at the door, and says what would make it feasible."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from cockpit.placement.problem import Problem, check_p, near_pairs
from geodata.errors import InputError

COST = [[0.0, 5.0, 9.0], [4.0, np.inf, 2.0]]


def test_fills_in_what_is_not_given() -> None:
    problem = Problem.of(COST, existing=[1])
    assert (problem.n_demand, problem.n_sites) == (2, 3)
    assert problem.weights.tolist() == [1, 1]
    assert problem.existing.tolist() == [False, True, False]
    assert problem.site_cost.tolist() == [0, 0, 0]
    assert np.isinf(problem.capacity).all()
    assert problem.spacing.shape == (0, 2)
    assert problem.allowed.all()


def test_float32_stays_and_missing_capacity_is_unlimited() -> None:
    problem = Problem.of(np.ones((2, 2), np.float32), capacity=[np.nan, 3])
    assert problem.cost.dtype == np.float32
    assert problem.capacity.tolist() == [np.inf, 3]


def test_arrays_cannot_be_changed_afterwards() -> None:
    problem = Problem.of(COST)
    with pytest.raises(ValueError, match="read-only"):
        problem.cost[0, 0] = 1


def test_spacing_is_kept_once_with_the_smaller_first() -> None:
    assert Problem.of(COST, spacing=[(2, 0), (0, 2), (0, 1)]).spacing.tolist() == [[0, 1], [0, 2]]


@pytest.mark.parametrize(
    "changes",
    [
        {"weights": [1, 2]},
        {"must": [0]},
        {"forbidden": [0]},
        {"existing": [0]},
        {"site_cost": [0, 0, 1]},
        {"capacity": [1, 1, 1]},
        {"groups": [0, 1]},
        {"spacing": [(0, 1)]},
    ],
)
def test_the_digest_is_of_all_arrays(changes: dict[str, Any]) -> None:
    assert Problem.of(COST, **changes).digest != Problem.of(COST).digest
    assert Problem.of(COST, **changes).digest == Problem.of(COST, **changes).digest


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"weights": [1]}, r"weights has shape \(1,\); expected \(2,\)."),
        ({"weights": [1, -1]}, "weights has negative or missing values."),
        ({"weights": [1, np.inf]}, "weights has values without end."),
        ({"must": [3]}, "must names site 3; the sites are 0 to 2."),
        ({"must": [True]}, r"must has shape \(1,\); expected \(3,\)."),
        ({"spacing": [(1, 1)]}, "spacing pairs a site with itself."),
        ({"forbidden": [0, 1, 2]}, "There is no candidate site; allow at least one."),
        ({"groups": [0, -1]}, "groups has negative or missing values."),
        (
            {"must": [0, 1], "forbidden": [1]},
            r"Site 1 must be open and must not \(1 sites are like this\); choose one of both.",
        ),
        (
            {"must": [0, 2], "spacing": [(2, 0)]},
            "Sites 0 and 2 must both be open but are too near to each other; release one of them "
            "or ask for less spacing.",
        ),
    ],
)
def test_refuses_what_cannot_be_right(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=f"^{words}$"):
        Problem.of(COST, **changes)


TOO_LARGE: list[tuple[dict[str, Any], str]] = [
    ({"weights": [1e308, 1e308]}, "People times costs add up to inf, more than 1e+15"),
    ({"weights": [1e300, 1.0]}, "People times costs add up to 9e+300, more than 1e+15"),
    ({"site_cost": [1e308, 1e308, 0]}, "The costs of the sites add up to inf, more than 1e+15"),
    ({"site_cost": [2e15, 0, 0]}, "The costs of the sites add up to 2e+15, more than 1e+15"),
]


@pytest.mark.parametrize(("changes", "words"), TOO_LARGE)
def test_refuses_sums_that_cannot_be_exact(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError) as refused:
        Problem.of(COST, **changes)
    what = "them" if "site_cost" in changes else "people or costs"
    assert str(refused.value) == (
        f"{words} (beyond, sums are not exact); give {what} in a larger unit."
    )


def test_sums_up_to_the_limit_are_taken() -> None:
    # 9 minutes for the first point, 4 for the second, whose way without end costs nothing here.
    assert Problem.of(COST, [1e14, 2.5e13]).weights.tolist() == [1e14, 2.5e13]
    assert Problem.of(COST, site_cost=[5e14, 5e14, 0]).site_cost.sum() == 1e15


@pytest.mark.parametrize("cost", [[], [[]], [1.0, 2.0]])
def test_refuses_an_empty_matrix(cost: list[Any]) -> None:
    with pytest.raises(InputError, match="expected demand points times sites, at least one each"):
        Problem.of(cost)


def test_refuses_negative_and_missing_costs() -> None:
    for bad in (-1.0, np.nan):
        with pytest.raises(InputError, match=r"^cost has negative or missing values\.$"):
            Problem.of([[bad, 1.0]])


@pytest.mark.parametrize(
    ("p", "words"),
    [
        (0, "p is 0; expected a whole number, 1 or more."),
        (1.5, "p is 1.5; expected a whole number, 1 or more."),
        (True, "p is True; expected a whole number, 1 or more."),
        (3, "p is 3 but only 2 candidate sites may be open; ask for at most 2."),
        (1, "p is 1 but 2 sites must be open; ask for at least 2."),
    ],
)
def test_p_must_be_possible(p: object, words: str) -> None:
    problem = Problem.of(COST, must=[0, 1], forbidden=[2])
    with pytest.raises(InputError, match=f"^{words}$"):
        check_p(p, problem.must, problem.forbidden)


def test_exactly_at_the_spacing_is_far_enough() -> None:
    places = np.array([[0.0, 0.0], [3.0, 4.0], [3.0, 4.1], [np.nan, 0.0]])
    assert near_pairs(places, 5.0).tolist() == [[1, 2]]
    assert near_pairs(places, 5.001).tolist() == [[0, 1], [1, 2]]
    assert near_pairs(places, 0.0).tolist() == []
