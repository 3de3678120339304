"""Composite scores: by hand, published TOPSIS, parts that add up, weights that change."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from cockpit.risk.composite import composite, normalise, topsis, whole_parts
from cockpit.risk.composite_sensitivity import score_ranks, sensitivity, with_weight
from geodata.errors import InputError

NAN = np.nan
# Four cells, two criteria. By hand: 0, 10, 20, 40 become 0, 1/4, 1/2, 1 and 5, 5, 1, 3 become 1, 1,
# 0, 1/2.
TABLE = np.array([[0.0, 5.0], [10.0, 5.0], [20.0, 1.0], [40.0, 3.0]])

# Hwang and Yoon (1981), the choice of a fighter aircraft: speed, range, payload, cost, reliability,
# manoeuvrability. Closeness 0.643, 0.268, 0.613, 0.312 as published, from rounded steps in between.
AIRCRAFT = np.array(
    [
        [2.0, 1500, 20000, 5.5, 5, 9],
        [2.5, 2700, 18000, 6.5, 3, 5],
        [1.8, 2000, 21000, 4.5, 7, 7],
        [2.2, 1800, 20000, 5.0, 5, 5],
    ]
)
AIRCRAFT_WEIGHTS = np.array([0.2, 0.1, 0.1, 0.1, 0.2, 0.3])

tables = arrays(
    np.float64,
    st.tuples(st.integers(2, 12), st.integers(1, 5)),
    elements=st.one_of(st.floats(-1e6, 1e6, width=32), st.just(NAN)),
)


def weights_for(table: np.ndarray) -> np.ndarray:
    return np.arange(1.0, table.shape[1] + 1)


def test_normalises_by_hand() -> None:
    found = normalise(TABLE)
    assert found.T.tolist() == [[0, 0.25, 0.5, 1], [1, 1, 0, 0.5]]
    ranks = normalise(TABLE, how="rank")  # ranks 1 2 3 4 and 3.5 3.5 1 2
    by_hand = np.array([[0, 1 / 3, 2 / 3, 1], [5 / 6, 5 / 6, 0, 1 / 3]])
    np.testing.assert_allclose(ranks.T, by_hand)
    turned = normalise(TABLE, rising=(True, False))
    assert turned.T.tolist() == [[0, 0.25, 0.5, 1], [0, 0, 1, 0.5]]


def test_one_odd_cell_does_not_flatten_a_robust_scale() -> None:
    column = np.append(np.arange(100.0), 1e9)[:, None]
    plain, robust = normalise(column), normalise(column, how="robust")
    assert plain[50, 0] < 1e-6
    # By hand: of 101 values the 5th percentile is the 6th value, 5, and the 95th the 96th, 95.
    assert robust[50, 0] == pytest.approx(0.5)
    assert robust[-1, 0] == 1
    assert robust[2, 0] == 0


def test_a_robust_scale_keeps_a_criterion_that_is_nearly_always_zero() -> None:
    column = np.zeros((100, 1))
    column[7] = 4.0
    assert normalise(column, how="robust")[7, 0] == 1


@pytest.mark.parametrize("how", ["min-max", "rank", "robust"])
@pytest.mark.parametrize("rises", [True, False])
def test_a_criterion_that_is_the_same_everywhere_says_nothing(how: str, rises: bool) -> None:
    same = np.array([[3.0], [3.0], [NAN]])
    found = normalise(same, how=how, rising=(rises,))  # type: ignore[arg-type]
    assert found[:2, 0].tolist() == [0, 0]
    assert np.isnan(found[2, 0])


def test_scores_by_hand() -> None:
    found = composite(TABLE, np.array([3.0, 1.0]))  # weights 3/4 and 1/4
    assert found.score.tolist() == [25, 43.75, 37.5, 87.5]
    assert found.parts.tolist() == [[0, 25], [18.75, 25], [37.5, 0], [75, 12.5]]
    assert found.ranks().tolist() == [4, 2, 3, 1]


def test_missing_values_by_hand() -> None:
    table = TABLE.copy()
    table[3, 1] = NAN  # the second criterion stays 1, 1, 0 for the others; their median is 1
    table = np.vstack([table, [NAN, NAN]])
    rescaled = composite(table, np.array([3.0, 1.0]))
    assert rescaled.score[:4].tolist() == [25, 43.75, 37.5, 100]
    assert rescaled.parts[3].tolist() == [100, 0]
    assert rescaled.known.tolist() == [1, 1, 1, 0.75, 0]
    assert np.isnan(rescaled.score[4])
    middle = composite(table, np.array([3.0, 1.0]), missing="middle")
    assert middle.score[3] == 100  # 75 + 25 x 1
    assert np.isnan(middle.score[4])
    with pytest.raises(InputError, match=r"3 values of the criteria are missing\."):
        composite(table, np.array([3.0, 1.0]), missing="refuse")


@given(
    tables, st.sampled_from(["min-max", "rank", "robust"]), st.sampled_from(["rescale", "middle"])
)
def test_parts_add_up_to_scores_between_0_and_100(
    table: np.ndarray, how: str, missing: str
) -> None:
    found = composite(table, weights_for(table), how=how, missing=missing)  # type: ignore[arg-type]
    scored = ~np.isnan(found.score)
    assert np.abs(found.parts.sum(axis=1) - found.score)[scored].max(initial=0) <= 1e-12
    assert ((found.score[scored] >= 0) & (found.score[scored] <= 100 + 1e-9)).all()
    assert (np.isnan(table).all(axis=1) == ~scored).all()
    shown = whole_parts(found.parts[scored])
    assert shown.sum(axis=1).tolist() == np.floor(np.round(found.score[scored], 6) + 0.5).tolist()
    assert (np.abs(shown - found.parts[scored]) < 1 + 1e-6).all()


@given(tables)
def test_more_of_a_rising_criterion_never_lowers_a_score(table: np.ndarray) -> None:
    table = np.nan_to_num(table)
    before = composite(table, weights_for(table))
    raised = table.copy()
    raised[0, 0] = (table[0, 0] + table[:, 0].max()) / 2  # within the range: the scale stays
    if np.ptp(raised[:, 0]) == np.ptp(table[:, 0]):
        assert composite(raised, weights_for(table)).score[0] >= before.score[0] - 1e-9


def test_whole_parts_by_hand() -> None:
    # 33.4 + 33.3 + 33.3 = 100: the largest remainder gets the one that is left. 0.5 goes up.
    thirds = [[100 / 3 - 30, 100 / 3 - 30, 35 / 6]]  # 12.5: the score goes up to 13
    assert whole_parts(np.array(thirds)).sum() == 13
    assert whole_parts(np.array([[33.4, 33.3, 33.3], [0.2, 0.2, 0.1]])).tolist() == [
        [34, 33, 33],
        [1, 0, 0],
    ]
    with pytest.raises(InputError, match="Parts must be 0 or more"):
        whole_parts(np.array([[NAN, 1.0]]))


def test_topsis_of_a_published_example() -> None:
    found = topsis(AIRCRAFT, AIRCRAFT_WEIGHTS, benefit=(True, True, True, False, True, True))
    assert found.closeness == pytest.approx([0.643, 0.268, 0.613, 0.312], abs=0.001)


def test_topsis_ends() -> None:
    found = topsis(
        np.array([[1.0, 9.0], [2.0, 4.0], [3.0, 1.0]]), np.ones(2), benefit=(True, False)
    )
    assert found.closeness[0] == 0
    assert found.closeness[2] == 1
    assert 0 < found.closeness[1] < 1
    assert topsis(np.ones((3, 2)), np.ones(2)).closeness.tolist() == [0, 0, 0]


@given(arrays(np.float64, (6, 3), elements=st.floats(0.5, 1e3, width=32)), st.floats(0.01, 100))
def test_topsis_forgets_the_unit(table: np.ndarray, unit: float) -> None:
    plain = topsis(table, np.ones(3)).closeness
    assert topsis(table * [unit, 1, 1], np.ones(3)).closeness == pytest.approx(plain, abs=1e-6)


@pytest.mark.parametrize(
    ("table", "weights", "words"),
    [
        (np.ones(3), np.ones(3), r"The table has shape \(3,\)"),
        (TABLE, np.ones(3), r"There are weights of shape \(3,\) for 2 criteria"),
        (TABLE, np.zeros(2), "Weights must be 0 or more, and one of them above 0"),
        (TABLE, np.array([2.0, -1.0]), "Weights must be 0 or more"),
        (np.array([[np.inf]]), np.ones(1), "A value of the criteria is endless"),
    ],
)
def test_refuses_what_makes_no_index(table: np.ndarray, weights: np.ndarray, words: str) -> None:
    with pytest.raises(InputError, match=words):
        composite(table, weights)


def test_refuses_unknown_choices() -> None:
    with pytest.raises(InputError, match="Unknown way squared to normalise; expected one of min"):
        normalise(TABLE, how="squared")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="Unknown way guess with missing values"):
        composite(TABLE, np.ones(2), missing="guess")  # type: ignore[arg-type]
    with pytest.raises(InputError, match=r"There are directions of shape \(1,\) for 2 criteria"):
        normalise(TABLE, rising=(True,))
    with pytest.raises(InputError, match="1 values of the criteria are missing"):
        topsis(np.array([[NAN, 1.0]]), np.ones(2))


def test_one_changed_weight_by_hand() -> None:
    # 0.5 x 1.5 = 0.75; the others share 0.25 in their proportion 3 : 2.
    assert with_weight(np.array([0.5, 0.3, 0.2]), 0, 1.5) == pytest.approx([0.75, 0.15, 0.10])
    assert with_weight(np.array([0.5, 0.3, 0.2]), 0, 4).tolist() == [1, 0, 0]
    assert with_weight(np.array([1.0, 0.0]), 0, 0.5).tolist() == [1, 0]


def test_rank_changes_by_hand() -> None:
    # Ten cells; the first criterion ranks them up, the second down. At weights 0.6 : 0.4 the last
    # cell is first; at 0.6 x 0.75 = 0.45 the order turns round: rank changes 9 7 5 3 1 1 3 5 7 9.
    up = np.arange(10.0)
    index = composite(np.column_stack((up, up[::-1])), np.array([0.6, 0.4]))
    found = sensitivity(index, rng=np.random.default_rng(1), change=0.25, draws=50)
    lower = found.changes[0]
    assert lower.weights == pytest.approx([0.45, 0.55])
    assert (lower.mean_rank_change, lower.largest_rank_change, lower.stay_in_top) == (5, 9, 0)
    higher = found.changes[1]
    assert (higher.mean_rank_change, higher.stay_in_top) == (0, 1)


def test_random_weights_leave_a_clear_case_where_it_is() -> None:
    rng = np.random.default_rng(2)
    values = rng.random((200, 4)) * 0.5
    values[:20] += 0.5  # twenty cells are worse in every criterion
    found = sensitivity(composite(values, np.ones(4)), rng=rng)
    assert found.stay_in_top == 1
    assert found.sure_in_top == 1
    assert (found.top_share[20:] == 0).all()
    assert (found.rank_low <= found.rank_high).all()


def test_the_more_random_the_weights_the_fewer_stay() -> None:
    index = composite(np.random.default_rng(3).random((300, 6)), np.ones(6))
    near, far = (
        sensitivity(index, rng=np.random.default_rng(4), concentration=c, draws=100).stay_in_top
        for c in (500.0, 5.0)
    )
    assert near > far + 0.1


def test_cells_without_score_have_no_rank() -> None:
    ranks = score_ranks(np.array([[0.5, 1.0], [NAN, NAN], [1.0, NAN]]), np.array([0.5, 0.5]))
    assert ranks[[0, 2]].tolist() == [2, 1]
    assert np.isnan(ranks[1])


def test_sensitivity_refuses_no_change() -> None:
    with pytest.raises(InputError, match="must be above 0"):
        sensitivity(composite(TABLE, np.ones(2)), rng=np.random.default_rng(1), change=0.0)
