"""No figure of a plan that is hidden follows from those that are shown."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from cockpit.answers.coverage_masks import Mask
from cockpit.answers.siting_masks import (
    FIELDS,
    LOSERS,
    LOST,
    NEWLY,
    NO_LONGER,
    UNCHANGED,
    UNREACHED,
    WINNERS,
    WON,
    Row,
    hidden,
)

SMALL = 10
MASK = Mask(True, SMALL)
NOW, THEN = ("now", "covered"), ("then", "covered")
LONG, LONG_THEN = ("now", "person_minutes"), ("then", "person_minutes")
AWAY = ("now", "unreached")

# People of one cell: how many, and whether they are covered, reached, and how far they go.
CELLS = st.tuples(
    st.integers(0, 25),
    st.sampled_from([(5, 5), (5, 20), (20, 5), (20, 30), (30, 20), (120, 5), (5, 120), (120, 120)]),
)
COUNTIES = st.lists(st.lists(CELLS, min_size=1, max_size=4), min_size=1, max_size=4)
Cells = Sequence[tuple[int, tuple[int, int]]]


def row_of(cells: Cells) -> Row:
    """Return the figures of some people, all within 10 minutes covered, at 120 reached by none."""

    def people(those: NDArray[np.bool_]) -> float:
        return float(n[those].sum())

    n = np.array([n for n, _ in cells], dtype=float)
    before, after = (np.array([way[k] for _, way in cells]) for k in (0, 1))
    was, will = before <= 10, after <= 10
    change = after - before
    values = {
        NOW: people(was), THEN: people(will),
        AWAY: people(before == 120), UNREACHED: people(after == 120),
        LONG: float(before @ n), LONG_THEN: float(after @ n),
        WINNERS: people(change < 0), LOSERS: people(change > 0), UNCHANGED: people(change == 0),
        WON: float(-np.minimum(change, 0) @ n), LOST: float(np.maximum(change, 0) @ n),
        NEWLY: people(will & ~was), NO_LONGER: people(was & ~will),
    }  # fmt: skip
    return Row(MASK.count(float(n.sum())), values)


SUMS: tuple[dict[tuple[str, str], int], ...] = (
    {WINNERS: 1, LOSERS: 1, UNCHANGED: 1},
    {NOW: 1, NEWLY: 1, NO_LONGER: -1, THEN: -1},
    {LONG: 1, LOST: 1, WON: -1, LONG_THEN: -1},
)
"""What is known of the figures of the same people: these sums are, or are nothing."""


def determined(
    rows: int, unknown: set[tuple[int, tuple[str, str]]]
) -> list[tuple[int, tuple[str, str]]]:
    """Return the unknown figures that follow from all others by any combination of sums."""
    order = sorted(unknown)
    sums = [{(k, f): sign for f, sign in known.items()} for known in SUMS for k in range(rows)]
    if rows > 1:
        sums += [{(k, f): 1 if k else -1 for k in range(rows)} for f in FIELDS]
    table = np.array([[known.get(at, 0) for at in order] for known in sums], dtype=float)
    rank = np.linalg.matrix_rank(table) if order else 0
    found = []
    for j, at in enumerate(order):
        unit = np.eye(len(order))[j]
        if np.linalg.matrix_rank(np.vstack((table, unit))) == rank:
            found.append(at)
    return found


@settings(max_examples=300, deadline=None)
@given(COUNTIES)
def test_nothing_hidden_follows_from_what_is_shown(county: list[Cells]) -> None:
    whole, parts = row_of([cell for part in county for cell in part]), [row_of(c) for c in county]
    if math.isnan(whole.told) or any(math.isnan(row.told) for row in parts):
        return  # such parts are pooled before, with others
    found = hidden(MASK, whole, parts)
    rows, sets = [whole, *parts], [found[0], *found[1]]
    for row, known in zip(rows, sets, strict=True):
        counts = set(FIELDS) - {LONG, LONG_THEN, WON, LOST} - known
        assert not [f for f in counts if 0 < row.values[f] < SMALL]
        assert not [f for f in counts if 0 < row.told - row.values[f] < SMALL]
        if NOW not in known and THEN not in known:
            assert not known & {NEWLY, NO_LONGER}
        if LONG not in known and LONG_THEN not in known:
            assert not known & {WON, LOST}
    # That nobody is anywhere is no secret.
    unknown = {(k, f) for k, known in enumerate(sets) for f in known if rows[k].values[f] > 0}
    assert not {(k, f) for k, f in determined(len(rows), unknown) if is_small(rows[k], f)}


def is_small(row: Row, field: tuple[str, str]) -> bool:
    """Tell whether a figure is one of too few people, or of all but too few."""
    counted = {WON: WINNERS, LOST: LOSERS}.get(field, field)
    rest = row.told - row.values[counted]
    minutes = field in (LONG, LONG_THEN)
    return not minutes and (0 < row.values[counted] < SMALL or 0 < rest < SMALL)


@settings(max_examples=100, deadline=None)
@given(COUNTIES)
def test_what_is_hidden_of_today_is_the_same_beside_every_plan(county: list[Cells]) -> None:
    stays = [[(n, (way[0], way[0])) for n, way in part] for part in county]
    seen = []
    for plan in (county, stays):
        found = hidden(MASK, row_of([c for part in plan for c in part]), [row_of(c) for c in plan])
        seen.append([{f for f in known if f[0] == "now"} for known in (found[0], *found[1])])
    assert seen[0] == seen[1]


def test_few_who_are_newly_covered_hide_what_would_tell_them() -> None:
    whole = row_of([(30, (5, 5)), (4, (20, 5)), (40, (20, 30)), (50, (30, 30))])
    found, _ = hidden(MASK, whole)
    # 34 then less 30 now are the 4; who loses or stays tells who wins.
    assert found == {NEWLY, THEN, WINNERS, WON, LOSERS, LOST, LONG_THEN}
    assert hidden(Mask(False, SMALL), whole) == (set(), [])


def test_a_hidden_township_does_not_follow_from_the_total() -> None:
    parts = [[(30, (30, 20)), (20, (30, 30))], [(4, (30, 20)), (20, (30, 30))],
             [(12, (30, 20)), (20, (30, 30))]]  # fmt: skip
    _, found = hidden(MASK, row_of([c for p in parts for c in p]), [row_of(p) for p in parts])
    # 4 winners are too few to be shown; the total less 30 and 12 would tell them, so 12 goes too.
    assert [WINNERS in known for known in found] == [False, True, True]
    assert [WON in known for known in found] == [False, True, True]


@pytest.mark.parametrize(("people", "shown"), [(4, False), (30, True)])
def test_who_gets_reached_at_all_may_be_too_few(people: int, shown: bool) -> None:
    found, _ = hidden(MASK, row_of([(people, (120, 20)), (40, (120, 120)), (60, (5, 5))]))
    assert (UNREACHED not in found) == shown
