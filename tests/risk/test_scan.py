"""The scan statistic: by hand, published figures, a plain peer, planted clusters, error rate."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cockpit.risk.scan import scan
from cockpit.risk.scan_likelihood import CriticalCounts, log_likelihood_ratio, may_reach
from cockpit.risk.scan_simulation import Null, datasets, simulated_maxima
from cockpit.risk.scan_windows import circles_around, groups_of
from geodata.errors import InputError
from tests.benchmarks.scan_peer import plain_ratio, plain_scan


def rng(seed: int = 20240501) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_log_likelihood_ratio_by_hand() -> None:
    # 8 cases where 4 are expected, of 20: 8 ln 2 + 12 ln(12/16) = 5.545177 - 3.452185
    assert log_likelihood_ratio(np.array(8), np.array(4.0), 20) == pytest.approx(2.092992, abs=1e-6)
    # all cases inside: 20 ln(20/5)
    assert log_likelihood_ratio(np.array(20), np.array(5.0), 20) == pytest.approx(27.725887)
    # no more than expected, or too few: nothing
    few = log_likelihood_ratio(np.array([4, 3, 1]), np.array([4.0, 9.0, 0.1]), 20, least_cases=2)
    assert few.tolist() == [0, 0, 0]


def test_log_likelihood_ratio_as_satscan_gives_it() -> None:
    # SaTScan's own unit test (test/unittest_PoissonLikelihoodCalculation.cpp): 1,175 cases
    found = log_likelihood_ratio(np.array([10, 2]), np.ones(2), 1175)
    assert found == pytest.approx([14.060436, 0.386720], rel=1e-5)
    # New York leukemia in smerc's test against SaTScan: 85 of 552 cases, 95,249 of 1,057,673 people
    found = log_likelihood_ratio(np.array(85), np.array(552 * 95_249 / 1_057_673), 552)
    assert found == pytest.approx(11.577255, abs=1e-6)


# Four regions on a line, about 1 km apart, and one far away; three periods; one case expected in
# each. The circles that hold just regions 1 and 2 are those around them, 900 m wide.
LINE_X, LINE_Y = np.array([0.0, 1000, 1900, 3000, 9000]), np.zeros(5)
LINE = np.array([[1, 1, 1], [0, 4, 1], [1, 4, 0], [1, 1, 0], [0, 0, 0]])


def test_finds_the_window_by_hand() -> None:
    result = scan(LINE, np.ones((5, 3)), LINE_X, LINE_Y, simulations=99, rng=rng())
    best = result.clusters[0]
    # 15 cases on 15 cells. Regions 1 and 2 in period 1: 8 of 15 cases where 2 are expected.
    assert sorted(best.members.tolist()) == [1, 2]
    assert (best.first, best.last, best.observed, best.radius_m) == (1, 1, 8, 900)
    assert best.expected == pytest.approx(2)
    assert best.relative_risk == pytest.approx((8 / 2) / (7 / 13))
    assert best.llr == pytest.approx(8 * np.log(4) + 7 * np.log(7 / 13))
    assert result.total == 15


def test_regions_at_one_distance_enter_together() -> None:
    even = np.array([0.0, 1000, 2000, 3000, 9000])
    around = circles_around(1, even, LINE_Y, np.full(5, 0.2), 0.7)
    assert around.ends.tolist() == [1, 3]
    assert sorted(around.members(1).tolist()) == [0, 1, 2]
    assert around.radius.tolist() == [0, 1000]
    # the largest circle counts exactly half of the people as half
    assert circles_around(0, LINE_X, LINE_Y, np.array([0.3, 0.2, 0.2, 0.2, 0.1]), 0.5).ends[-1] == 2
    # one place, twice: no circle parts them; and a place above the limit has no circle
    assert circles_around(0, np.zeros(2), np.zeros(2), np.array([0.2, 0.2]), 0.5).ends.tolist() == [
        2
    ]
    assert (
        circles_around(0, LINE_X, LINE_Y, np.array([0.6, 0.1, 0.1, 0.1, 0.1]), 0.5).ends.size == 0
    )


def test_share_counts_those_at_risk() -> None:
    crowded = np.array([1.0, 30, 30, 1, 1])
    result = scan(
        LINE, np.ones((5, 3)), LINE_X, LINE_Y, at_risk=crowded, simulations=9, rng=rng()
    )  # fmt: skip
    assert len(result.clusters[0].members) == 1  # 1 and 2 together are more than half


def test_alive_clusters_end_with_the_last_period() -> None:
    late = LINE[:, [0, 2, 1]]  # the peak is now in the last period
    ended = scan(LINE, np.ones((5, 3)), LINE_X, LINE_Y, prospective=True, simulations=9, rng=rng())
    alive = scan(late, np.ones((5, 3)), LINE_X, LINE_Y, prospective=True, simulations=9, rng=rng())
    assert ended.clusters == ()  # 2 cases in the last period, where 2 are expected
    best = alive.clusters[0]
    assert (sorted(best.members.tolist()), best.first, best.last) == ([1, 2], 2, 2)
    assert best.observed == 8


def test_space_alone_takes_all_periods() -> None:
    result = scan(LINE, np.ones((5, 3)), LINE_X, LINE_Y, space_only=True, simulations=9, rng=rng())
    best = result.clusters[0]
    assert (sorted(best.members.tolist()), best.first, best.last, best.observed) == (
        [1, 2],
        0,
        0,
        10,
    )


def test_only_proportions_of_the_expectation_count() -> None:
    one = scan(LINE, np.ones((5, 3)), LINE_X, LINE_Y, simulations=19, rng=rng())
    many = scan(LINE, np.full((5, 3), 800.0), LINE_X, LINE_Y, simulations=19, rng=rng())
    assert many.clusters[0].p == one.clusters[0].p
    assert many.simulated == pytest.approx(one.simulated)


def test_an_expectation_that_foresees_the_cluster_explains_it() -> None:
    expected = np.ones((5, 3))
    expected[1:3, 1] = 6  # these regions always have more in this season
    result = scan(LINE, expected, LINE_X, LINE_Y, simulations=199, rng=rng())
    assert result.clusters[0].p > 0.5


def test_no_case_and_no_raised_window_make_no_cluster() -> None:
    none = scan(np.zeros((5, 3), int), np.ones((5, 3)), LINE_X, LINE_Y, simulations=9, rng=rng())
    assert (none.clusters, none.total) == ((), 0)
    flat = scan(np.ones((5, 3), int), np.ones((5, 3)), LINE_X, LINE_Y, simulations=9, rng=rng())
    assert flat.clusters == ()
    # one region is everybody: no circle at all
    alone = scan(
        np.array([[3]]), np.ones((1, 1)), np.zeros(1), np.zeros(1), simulations=9, rng=rng()
    )
    assert alone.clusters == ()


def grid(side: int) -> tuple[np.ndarray, np.ndarray]:
    x, y = np.meshgrid(np.arange(side) * 1000.0, np.arange(side) * 1000.0)
    return x.ravel(), y.ravel()


def test_finds_planted_clusters_in_space_and_time() -> None:
    x, y = grid(10)
    draw = rng()
    people = draw.lognormal(6, 0.6, 100)
    expected = people[:, None] * np.ones(30)
    cases = draw.poisson(expected * 600 / expected.sum())
    first = np.flatnonzero(np.hypot(x - 2000, y - 2000) < 1200)
    second = np.flatnonzero(np.hypot(x - 7000, y - 7000) < 1200)
    cases[np.ix_(first, range(10, 14))] += 2  # 40 cases too many
    cases[np.ix_(second, range(20, 23))] += 2  # 30
    result = scan(cases, expected, x, y, simulations=199, rng=draw)
    found = result.significant()
    assert [cluster.p for cluster in found] == [1 / 200, 1 / 200]
    for cluster, members, times in zip(found, (first, second), ((10, 13), (20, 22)), strict=True):
        overlap = set(cluster.members.tolist()) & set(members.tolist())
        assert len(overlap) / len(set(cluster.members.tolist()) | set(members.tolist())) >= 0.6
        assert (cluster.first, cluster.last) == times
    assert not set(found[0].members.tolist()) & set(found[1].members.tolist())
    # what is reported falls in likelihood, shares no region, and no simulation exceeds all of it
    taken = np.concatenate([cluster.members for cluster in result.clusters])
    assert len(taken) == len(np.unique(taken))
    ratios = [cluster.llr for cluster in result.clusters]
    assert ratios == sorted(ratios, reverse=True)
    assert all(cluster.p < 1 for cluster in result.clusters)


def test_keeps_its_error_rate_where_nothing_is_planted() -> None:
    """In 400 quiet datasets 5 in 100 (tolerance 2) have a finding at the level of 0.05."""
    draw = rng(11)
    x, y = draw.uniform(0, 10_000, (2, 20))
    expected = draw.lognormal(0, 0.7, (20, 1)) * draw.uniform(0.5, 1.5, 8)
    chance = (expected / expected.sum()).ravel()
    findings = sum(
        scan(
            draw.multinomial(80, chance).reshape(20, 8), expected, x, y, simulations=99, rng=draw
        ).clusters[0].p <= 0.05
        for _ in range(400)
    )  # fmt: skip
    print(f"type I error: {findings} of 400 = {findings / 4:.2f} %")
    assert 12 <= findings <= 28


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1), regions=st.integers(2, 7), periods=st.integers(1, 6),
    alive=st.booleans(), spread=st.sampled_from([3, 1000]), total=st.integers(1, 60),
)  # fmt: skip
def test_maxima_and_best_window_equal_those_of_a_plain_scan(
    seed: int, regions: int, periods: int, alive: bool, spread: int, total: int
) -> None:
    draw = rng(seed)
    x, y = draw.integers(0, spread, (2, regions)).astype(float)  # few places: many at one distance
    expected = draw.uniform(0, 2, (regions, periods)) + 1e-3
    scaled = expected * (total / expected.sum())
    longest = max(1, periods // 2)
    share = scaled.sum(axis=1) / total
    circles = [circles_around(k, x, y, share, 0.5) for k in range(regions)]
    null = Null(scaled, total, longest, alive, 2)
    quick = simulated_maxima(null, circles, 5, rng(seed))
    drawn = np.diff(next(datasets(null, 5, 0, rng(seed))).astype(int), axis=1)
    options = {"longest": longest, "alive": alive}
    # the plain scan has no clock that runs backwards: turn its data round instead
    turn = slice(None, None, -1) if alive else slice(None)
    plain = [
        plain_scan(drawn[:, turn, k], scaled[:, turn], x, y, **options)[0] for k in range(5)
    ]  # fmt: skip
    assert quick == pytest.approx(plain, abs=1e-9)
    best = plain_scan(drawn[:, turn, 0], scaled[:, turn], x, y, **options)
    found = scan(
        drawn[:, turn, 0], scaled[:, turn], x, y, prospective=alive, simulations=3, rng=draw
    ).clusters
    assert (found[0].llr if found else 0) == pytest.approx(best[0], abs=1e-9)


def test_many_cases_are_counted_without_overflow() -> None:
    draw = rng()
    x, y = draw.uniform(0, 1000, (2, 5))
    expected = draw.uniform(1, 2, (5, 4))
    scaled = expected * (70_000 / expected.sum())
    cases = draw.poisson(scaled)
    cases[2, 1:3] += 400
    best = scan(cases, expected, x, y, simulations=9, rng=draw).clusters[0]
    plain = plain_scan(cases, expected, x, y, longest=2)
    assert (best.llr, best.observed) == (pytest.approx(plain[0]), plain[4])
    null = Null(scaled, 70_000, 2, False, 2)
    drawn = next(datasets(null, 2, 0, rng()))
    assert drawn[:, -1].sum(axis=0).tolist() == [70_000, 70_000]


def test_the_order_of_regions_does_not_matter() -> None:
    draw = rng()
    x, y = draw.uniform(0, 1000, (2, 30))
    expected = draw.uniform(1, 2, (30, 10))
    cases = draw.poisson(expected)
    cases[4:7, 3:5] += 6
    other = draw.permutation(30)
    first = scan(cases, expected, x, y, simulations=49, rng=rng(1)).clusters[0]
    again = scan(cases[other], expected[other], x[other], y[other], simulations=49, rng=rng(2))
    assert set(other[again.clusters[0].members]) == set(first.members.tolist())
    assert again.clusters[0].llr == pytest.approx(first.llr)
    assert (again.clusters[0].first, again.clusters[0].last) == (first.first, first.last)


@settings(max_examples=50, deadline=None)
@given(
    total=st.integers(2, 60), ratio=st.floats(0.01, 12), mu=st.floats(1e-3, 40),
    least=st.integers(1, 3),
)  # fmt: skip
def test_bounds_never_leave_a_window_out(total: int, ratio: float, mu: float, least: int) -> None:
    mu = min(mu, total * 0.9)
    counts = np.arange(0, total + 1)
    ratios = np.array([plain_ratio(n, mu, total) for n in counts])
    reached = (ratios >= ratio) & (counts >= least)
    critical = CriticalCounts(total, ratio, least)(np.array([mu]))[0]
    assert (counts[reached] >= critical).all()
    assert not reached[: int(min(critical, total + 1))].any()
    assert may_reach(counts, np.full(len(counts), mu), total, ratio)[ratios >= ratio].all()


@given(st.lists(st.floats(0, 100), min_size=1, max_size=60))
def test_groups_cover_all_windows_once(steps: list[float]) -> None:
    groups = groups_of(np.cumsum(steps))
    assert [k for first, past in groups for k in range(first, past)] == list(range(len(steps)))


def test_datasets_fall_as_expected_and_keep_the_total() -> None:
    expected = np.array([[1.0, 2.0], [3.0, 0.0]]) * 5
    null = Null(expected, 30, 1, False, 2)
    drawn = np.diff(next(datasets(null, 400, 1, rng())).astype(int), axis=1)
    assert (drawn.sum(axis=(0, 1)) == 30).all()
    assert drawn[:, -1].sum() == 0  # the spare end of the running totals adds nothing
    assert drawn[:, :2].mean(axis=2) == pytest.approx(expected, abs=0.5)
    assert drawn[1, 1].sum() == 0


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"cases": np.ones((5, 2), int)}, r"cases has shape \(5, 2\), expected \(5, 3\), x \(5,\)"),
        ({"x": np.zeros(4)}, r"x \(4,\) and y \(5,\)"),
        ({"cases": np.ones((5, 0), int), "expected": np.ones((5, 0))}, "no regions or no periods"),
        ({"x": np.array([0, 1, 2, 3, np.nan])}, "A region to scan has no place"),
        ({"cases": LINE - 1}, "negative, missing or no whole numbers"),
        ({"cases": LINE + 0.5}, "negative, missing or no whole numbers"),
        ({"cases": np.where(LINE > 3, np.nan, LINE)}, "negative, missing or no whole numbers"),
        ({"expected": np.full((5, 3), np.nan)}, "Expected cases are negative or missing"),
        ({"expected": np.zeros((5, 3))}, "There are cases where none are expected"),
        ({"most_share": 1.0}, "The largest share of a scan is 1.0; expected between 0 and 1"),
        ({"longest_share": 0.0}, "The largest share of a scan is 0.0"),
        ({"longest": 0}, "asked for 0 periods or simulations"),
        ({"simulations": 0}, "asked for 0 periods or simulations"),
        ({"at_risk": np.zeros(5)}, "People at risk: expected 5 numbers, 0 or more, one above 0"),
    ],
)
def test_says_what_is_wrong(changed: dict, words: str) -> None:
    given = {"cases": LINE, "expected": np.ones((5, 3)), "x": LINE_X, "y": LINE_Y, **changed}
    arrays = [given.pop(name) for name in ("cases", "expected", "x", "y")]
    with pytest.raises(InputError, match=words):
        scan(*arrays, rng=rng(), **given)
