"""Single changes beside a plan: by hand, and equal to trying every one of them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cockpit.placement import moves
from cockpit.placement.moves import Aim, Costs, Flags, Floats, Swap
from geodata.errors import InputError

# Three people points, three sites, minutes. Site 0 is open. By hand, within 10 minutes: point 0
# (5 people) is covered, points 1 (3 people) and 2 (2 people) are not.
COST = np.array([[10, 4, 30], [20, 10, 12], [40, 35, 10]], dtype=np.uint16)
PEOPLE = np.array([5.0, 3.0, 2.0])
OPEN = np.array([True, False, False])


def test_a_new_site_brings_who_was_not_covered_before() -> None:
    now = moves.served(COST, OPEN)
    assert moves.gains(COST, PEOPLE, now, "covered", 10).tolist() == [0, 3, 2]


def test_a_new_site_saves_minutes_up_to_the_most_that_count() -> None:
    now = moves.served(COST, OPEN)
    # Site 1: 5 * 6 + 3 * 10, and point 2 (40, at most 35 counts) saves nothing: 35 there too.
    assert moves.gains(COST, PEOPLE, now, "minutes", 35).tolist() == [0, 60, 3 * 8 + 2 * 25]


def test_an_open_site_loses_those_whom_nobody_else_covers() -> None:
    now = moves.served(COST, np.array([True, True, False]))
    # Point 0 has site 1 at 4 and site 0 at 10: covered without site 1 too. Point 1: 10, else 20.
    assert moves.losses(PEOPLE, now, "covered", 10, 3).tolist() == [0, 3, 0]
    assert moves.losses(PEOPLE, now, "minutes", 60, 3).tolist() == [0, 5 * 6 + 3 * 10 + 2 * 5, 0]


def test_the_last_site_takes_everybody_with_it() -> None:
    now = moves.served(COST, OPEN)
    assert moves.losses(PEOPLE, now, "covered", 10, 3).tolist() == [5, 0, 0]
    assert moves.losses(PEOPLE, now, "minutes", 60, 3)[0] == 5 * 50 + 3 * 40 + 2 * 20


def test_the_best_swap_by_hand() -> None:
    # In place of site 0, site 1 covers points 0 and 1: 8 people in place of 5.
    assert moves.best_swap(COST, PEOPLE, OPEN, "covered", 10) == Swap(0, 1, 3.0)


def test_no_swap_when_none_pays() -> None:
    opened = np.array([False, True, False])
    assert moves.best_swap(COST, PEOPLE, opened, "covered", 10) is None
    assert moves.best_swap(COST, PEOPLE, ~(OPEN | True), "covered", 10) is None


def test_a_site_that_must_stay_is_not_swapped_out() -> None:
    keep = np.array([False, True, True])
    assert moves.best_swap(COST, PEOPLE, OPEN, "covered", 10, may_close=keep) is None


def test_refuses_an_aim_that_there_is_not() -> None:
    with pytest.raises(InputError, match="There is no aim fame; expected one of"):
        moves.gains(COST, PEOPLE, moves.served(COST, OPEN), "fame", 10)  # type: ignore[arg-type]


def value(cost: Costs, people: Floats, opened: Flags, aim: Aim, limit: float) -> float:
    """Return what a plan is worth: people covered, or cost saved against nobody served."""
    near = cost[:, np.flatnonzero(opened)].astype(float).min(axis=1, initial=np.inf)
    if aim == "covered":
        return float(people[near <= limit].sum())
    return float(people @ (limit - np.minimum(near, limit)))


cases = st.tuples(st.integers(0, 10_000), st.sampled_from(moves.AIMS), st.integers(0, 5))


def drawn(seed: int, n_open: int) -> tuple[Costs, Floats, Flags]:
    rng = np.random.default_rng(seed)
    cost = rng.integers(1, 30, (12, 9)).astype(np.uint16)
    cost[rng.random(cost.shape) < 0.2] = 65535
    opened = np.zeros(9, dtype=bool)
    opened[rng.permutation(9)[:n_open]] = True
    return cost, rng.integers(0, 9, 12).astype(float), opened


@given(cases)
@settings(deadline=None)
def test_gains_and_losses_equal_counting_anew(case: tuple[int, Aim, int]) -> None:
    seed, aim, n_open = case
    cost, people, opened = drawn(seed, n_open)
    now, limit = moves.served(cost, opened), 15.0
    more = moves.gains(cost, people, now, aim, limit)
    less = moves.losses(people, now, aim, limit, 9)
    before = value(cost, people, opened, aim, limit)
    for j in range(9):
        other = opened.copy()
        other[j] = ~other[j]
        change = value(cost, people, other, aim, limit) - before
        assert change == (-less[j] if opened[j] else more[j])


@given(cases, st.booleans(), st.sampled_from((4_000_000, 7)))
@settings(deadline=None)
def test_the_best_swap_equals_trying_all(
    case: tuple[int, Aim, int], ruled: bool, block: int
) -> None:
    seed, aim, n_open = case
    cost, people, opened = drawn(seed, n_open)
    rng = np.random.default_rng(seed + 1)
    may_open, may_close = rng.random(9) < 0.8, rng.random(9) < 0.8
    pairs = np.array([(0, 1), (2, 5), (3, 4), (2, 8)])
    rules = {"may_open": may_open, "may_close": may_close, "spacing": pairs} if ruled else {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(moves, "_BLOCK", block)
        swap = moves.best_swap(cost, people, opened, aim, 15.0, **rules)
    before, best = value(cost, people, opened, aim, 15.0), 0.0
    for r in np.flatnonzero(opened):
        for f in np.flatnonzero(~opened):
            other = opened.copy()
            other[r], other[f] = False, True
            near = [other[a + b - f] for a, b in pairs if f in (a, b)]
            if ruled and (not may_open[f] or not may_close[r] or any(near)):
                continue
            best = max(best, value(cost, people, other, aim, 15.0) - before)
    assert (swap.gain if swap else 0.0) == best
    if swap:
        other = opened.copy()
        other[swap.close], other[swap.open] = False, True
        assert value(cost, people, other, aim, 15.0) - before == best
