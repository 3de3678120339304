"""Plans side by side: counted by hand, and laws that hold for any plans."""

from __future__ import annotations

from math import inf, nan

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from cockpit.scenarios import (
    NOTHING,
    SAME_MINUTES,
    Dispute,
    best_of,
    class_text,
    disputed,
    shared_breaks,
    shift,
)
from geodata.errors import InputError

UNREACHED = 65535


@pytest.mark.parametrize(
    ("values", "better", "expected"),
    [
        ([1, 3, 2], 1, [False, True, False]),
        ([1, 3, 2], -1, [True, False, False]),
        ([1, 3, 1], -1, [True, False, True]),
        ([2, 2, 2], -1, [False, False, False]),
        ([nan, 3, 2], -1, [False, False, True]),
        ([nan, 2, 2], -1, [False, False, False]),
        ([nan, nan], 1, [False, False]),
        ([inf, 8.0], -1, [False, True]),
        ([inf, inf], -1, [False, False]),
        ([1, 2], 0, [False, False]),
        ([0.1 + 0.2, 0.3, 0.5], -1, [True, True, False]),
    ],
)
def test_marks_the_best(values: list[float], better: int, expected: list[bool]) -> None:
    assert list(best_of(values, better)) == expected


# ---------------------------------------------------------------- breaks


def test_breaks_are_the_same_on_both_sides_and_on_all_maps() -> None:
    # Sizes above 0: 1, 2, 3, 4, 5, 6 over both maps; thirds end at 3 and 5 (the third and the
    # fifth of six, counted upwards from 1 to where at least a third lies below).
    first, second = np.array([0.0, 1, -2, 3]), np.array([4.0, -5, 6, 0])
    found = shared_breaks([first, second])
    assert found.uppers == (-5, -3, -SAME_MINUTES, SAME_MINUTES, 3, 5, 6)
    assert found.counts == (0, 1, 1, 2, 2, 1, 1)
    assert found.class_of(first).tolist() == [3, 4, 2, 4]
    assert found.class_of(second).tolist() == [5, 1, 6, 3]


def test_a_limit_belongs_to_the_nearer_class_on_both_sides() -> None:
    found = shared_breaks([np.array([-6.0, -5, -4, -3, -2, -1, 1, 2, 3, 4, 5, 6])])
    # Thirds of the twelve sizes 1, 1, 2, 2, ... end at 3 and 5.
    assert found.uppers[4:] == (3, 5, 6)
    assert found.class_of(np.array([-5.0, -3, 3, 5])).tolist() == [1, 2, 4, 5]


def test_one_change_alone_keeps_its_side() -> None:
    found = shared_breaks([np.array([0.0, 0, 7]), np.zeros(3)])
    assert found.uppers == (-SAME_MINUTES, SAME_MINUTES, 7)
    assert found.class_of(np.array([-7.0, 0, 7])).tolist() == [0, 1, 2]


def test_no_change_is_one_class_and_no_value_none() -> None:
    assert shared_breaks([np.zeros(4)]).counts == (4,)
    nothing = shared_breaks([np.array([nan, nan])])
    assert (nothing.uppers, nothing.n_missing) == ((), 2)
    assert shared_breaks([]).uppers == ()


changes = hnp.arrays(np.int64, st.integers(1, 40), elements=st.integers(-7200, 7200))


@given(st.lists(changes, min_size=1, max_size=4))
def test_turning_all_maps_round_turns_the_classes_round(seconds: list[np.ndarray]) -> None:
    maps = [s / 60 for s in seconds]
    found, turned = shared_breaks(maps), shared_breaks([-m for m in maps])
    n = len(found.uppers)
    assert found.cuts == turned.cuts
    assert n in (1, 3, 5, 7)
    for one in maps:
        assert (found.class_of(one) == n - 1 - turned.class_of(-one)).all()
        assert ((found.class_of(one) == n // 2) == (np.abs(one) <= SAME_MINUTES + 1e-9)).all()
        below, above = found.class_of(one) < n // 2, found.class_of(one) > n // 2
        assert (one[below] < 0).all()
        assert (one[above] > 0).all()


def test_one_character_a_cell_of_the_county() -> None:
    found = shared_breaks([np.array([-3.0, 0, 3])])
    told = class_text(found, np.array([3.0, nan, -3]), np.array([4, 1, 0]), 6)
    assert told == f"0{NOTHING}{NOTHING}{NOTHING}2{NOTHING}"


# ---------------------------------------------------------------- winners and losers


def test_counts_winners_and_losers_by_part() -> None:
    # Minutes before: 10, 5, none, 3, 200 (counts as 120); after: 5, 5, 20, 13, none (120).
    before = np.array([600, 300, UNREACHED, 180, 12000])
    after = np.array([300, 300, 1200, 780, UNREACHED])
    people = np.array([10.0, 20, 30, 40, 50])
    found = shift(
        people, before, after, limit=600, most=7200, parts=np.array([0, 0, 1, 1, 1]), n_parts=3
    )
    assert found.winners.tolist() == [10, 30, 0]
    assert found.losers.tolist() == [0, 40, 0]
    assert found.unchanged.tolist() == [20, 50, 0]
    assert found.seconds_won.tolist() == [10 * 300, 30 * 6000, 0]
    assert found.seconds_lost.tolist() == [0, 40 * 600, 0]
    assert found.newly_covered.tolist() == [0, 0, 0]  # 10 minutes were within already
    assert found.no_longer.tolist() == [0, 40, 0]
    assert found.net_seconds.tolist() == [-3000, -180000 + 24000, 0]
    assert found.whole().net_seconds.tolist() == [-159000]


@pytest.mark.parametrize(
    ("people", "after", "words"),
    [
        ([1.0], [1, 2], "People and times have different shapes"),
        ([-1.0, 1.0], [1, 2], "people has negative or missing values."),
        ([nan, 1.0], [1, 2], "people has negative or missing values."),
    ],
)
def test_refuses_what_cannot_be(people: list[float], after: list[int], words: str) -> None:
    with pytest.raises(InputError, match=words):
        shift(np.array(people), np.array([1, 2]), np.array(after), limit=1, most=2)


@st.composite
def towns(draw: st.DrawFn) -> dict[str, np.ndarray]:
    n = draw(st.integers(1, 30))
    seconds = st.one_of(st.integers(0, 9000), st.just(UNREACHED))

    def whole(elements: st.SearchStrategy[int]) -> np.ndarray:
        return draw(hnp.arrays(np.int64, n, elements=elements))

    return {
        "people": whole(st.integers(0, 5000)).astype(float),
        "before": whole(seconds),
        "after": whole(seconds),
        "parts": whole(st.integers(0, 5)),
    }


@given(towns())
def test_winners_less_losers_are_the_net_change_to_the_last_second(
    drawn: dict[str, np.ndarray],
) -> None:
    people, before, after = drawn["people"], drawn["before"], drawn["after"]
    found = shift(**drawn, limit=1800, most=7200, n_parts=6)
    capped = [np.minimum(s, 7200) for s in (before, after)]
    # Whole numbers of Python, which have no last digit to lose.
    pairs = zip(people.astype(int).tolist(), *(c.tolist() for c in capped), strict=True)
    net = sum(n * (then - now) for n, now, then in pairs)
    won, lost = (int(part.sum()) for part in (found.seconds_won, found.seconds_lost))
    assert lost - won == net
    assert found.net_seconds.sum() == net
    assert found.whole().net_seconds.tolist() == [net]
    covered = [int(people[s <= 1800].sum()) for s in (before, after)]
    assert found.newly_covered.sum() - found.no_longer.sum() == covered[1] - covered[0]
    who = found.winners + found.losers + found.unchanged
    assert who.tolist() == np.bincount(drawn["parts"], people, minlength=6).tolist()


@given(towns())
def test_the_way_back_turns_winners_into_losers(drawn: dict[str, np.ndarray]) -> None:
    there = shift(**drawn, limit=1800, most=7200, n_parts=6)
    turned = {**drawn, "before": drawn["after"], "after": drawn["before"]}
    back = shift(**turned, limit=1800, most=7200, n_parts=6)
    assert there.winners.tolist() == back.losers.tolist()
    assert there.seconds_won.tolist() == back.seconds_lost.tolist()
    assert there.newly_covered.tolist() == back.no_longer.tolist()


def test_who_disagrees() -> None:
    net = np.array([[-5.0, -1, 0, nan, -9], [3.0, -2, 4, 2, 1], [0.0, -3, 5, -1, 2]])
    assert disputed(net) == (
        Dispute(4, (0,), (1, 2)),  # 11 apart
        Dispute(0, (0,), (1,)),  # 8
        Dispute(3, (2,), (1,)),  # 3; what is not shown is neither
    )
    assert disputed(np.empty((2, 0))) == ()
