"""The board of hand-placed sites: however it came about, it is the same, and it is right."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit.placement.board import NOWHERE, Board
from geodata.errors import InputError

UNREACHED = 65535


def seconds(seed: int, n: int = 9, m: int = 7) -> np.ndarray:
    """Few different values, so that many are equally far; a third cannot be reached."""
    rng = np.random.default_rng(seed)
    made = rng.integers(0, 5, (n, m)).astype(np.uint16)
    made[rng.random((n, m)) < 0.3] = UNREACHED
    return made


def same(a: Board, b: Board) -> bool:
    return (
        a.open == b.open
        and a.first.tolist() == b.first.tolist()
        and a.second.tolist() == b.second.tolist()
    )


@given(st.integers(0, 500), st.lists(st.integers(0, 6), max_size=12))
def test_changes_lead_to_the_board_made_at_once(seed: int, toggles: list[int]) -> None:
    matrix = seconds(seed)
    board = Board.of((2, 0), matrix[:, [2, 0]])
    for site in toggles:
        if site in board.open:
            board = board.without_site(site, lambda k: matrix[:, k])
        else:
            board = board.with_site(site, matrix[:, site])
        assert same(board, Board.of(board.open, matrix[:, list(board.open)]))


@given(st.integers(0, 500))
def test_nearest_and_next_are_the_two_smallest(seed: int) -> None:
    matrix = seconds(seed)
    board = Board.of((1, 3, 4), matrix[:, [1, 3, 4]])
    for i, row in enumerate(matrix[:, [1, 3, 4]]):
        ranked = sorted((int(s), k) for s, k in zip(row, (1, 3, 4), strict=True) if s < UNREACHED)
        assert board.seconds[i] == (ranked[0][0] if ranked else UNREACHED)
        assert board.nearest[i] == (ranked[0][1] if ranked else -1)
        assert board.next_seconds[i] == (ranked[1][0] if len(ranked) > 1 else UNREACHED)


def test_of_two_equally_far_the_first_site_counts() -> None:
    board = Board.of((5, 2), np.array([[7, 7]], dtype=np.uint16))
    assert board.nearest.tolist() == [2]


def test_without_any_site_nobody_reaches_one() -> None:
    board = Board.of((3,), np.array([[4], [UNREACHED]], dtype=np.uint16))
    nothing = board.without_site(3, lambda _: pytest.fail("no other site to ask for"))
    assert nothing.open == ()
    assert (nothing.first == NOWHERE).all()
    assert nothing.seconds.tolist() == [UNREACHED, UNREACHED]


def test_refusals() -> None:
    board = Board.of((3,), np.array([[4]], dtype=np.uint16))
    with pytest.raises(InputError, match=r"^Site 3 is open already\.$"):
        board.with_site(3, np.array([4], dtype=np.uint16))
    with pytest.raises(InputError, match=r"^Site 1 is not open\.$"):
        board.without_site(1, lambda _: np.array([4], dtype=np.uint16))
    with pytest.raises(InputError, match=r"^The sites and their columns do not fit together\.$"):
        Board.of((1, 1), np.array([[4, 4]], dtype=np.uint16))
