"""Counts beside expectations: tails by hand and scipy's, and scatter beyond chance."""

# ruff: noqa: E501 - a case a line reads better than one over five

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from cockpit.risk import weights
from cockpit.risk.discoveries import false_discovery
from cockpit.risk.poisson import dispersion, poisson_local, quantile_scores
from geodata.errors import InputError

ROW = weights.within(np.arange(4) * 1.0, np.zeros(4), 1.0)
SIDE = np.arange(40.0)
X, Y = (a.ravel() for a in np.meshgrid(SIDE, SIDE))
NEAR = weights.within(X, Y, 1.5)


def test_tails_by_hand() -> None:
    found = poisson_local(np.array([3.0, 0, 0, 0]), np.array([0.5, 0.5, 1.0, 0.0]), ROW)
    assert found.observed_near.tolist() == [3, 3, 0, 0]
    assert found.expected_near.tolist() == [1, 2, 1.5, 1]
    assert found.ratio.tolist() == [3, 1.5, 0, 0]
    # Three or more of one: 1 - (1 + 1 + 1/2) / e; three or fewer: (1 + 1 + 1/2 + 1/6) / e.
    assert found.p_high[0] == pytest.approx(1 - 2.5 / np.e)
    assert found.p_low[0] == pytest.approx((2.5 + 1 / 6) / np.e)
    assert found.p_high[2] == 1
    assert found.p_low[2] == pytest.approx(np.exp(-1.5))
    assert found.two_sided[0] == pytest.approx(2 * (1 - 2.5 / np.e))


@pytest.mark.parametrize("spread", [1.0, 1.7, 6.0])
def test_tails_are_scipys(spread: float) -> None:
    alone = weights.within(np.arange(300.0) * 9, np.zeros(300), 1)
    rng = np.random.default_rng(1)
    mean = rng.uniform(0.05, 60, 300)
    count = rng.poisson(mean * rng.uniform(0.3, 2.5, 300)).astype(float)
    found = poisson_local(count, mean, alone, dispersion=spread)
    peer = stats.poisson(mean) if spread == 1 else stats.nbinom(mean / (spread - 1), 1 / spread)
    np.testing.assert_allclose(found.p_high, peer.sf(count - 1), rtol=1e-9)
    np.testing.assert_allclose(found.p_low, peer.cdf(count), rtol=1e-9)


def test_nothing_expected_is_not_tested() -> None:
    apart = weights.within(np.arange(3.0) * 9, np.zeros(3), 1)
    found = poisson_local(np.array([0.0, 2, 2]), np.array([0.0, 0, 1]), apart)
    assert np.isnan(found.p_high[:2]).all()
    assert np.isnan(found.ratio[:2]).all()
    assert found.ratio[2] == 2
    assert not false_discovery(found.two_sided).any()
    none = weights.within(np.empty(0), np.empty(0), 1)
    assert poisson_local(np.empty(0), np.empty(0), none).p_high.shape == (0,)


def test_chance_is_at_most_what_it_says() -> None:
    rng = np.random.default_rng(2)
    for mean in (0.05, 0.8, 6.0):
        p = [
            poisson_local(rng.poisson(mean, 1600).astype(float), np.full(1600, mean), NEAR)
            for _ in range(10)
        ]
        for level in (0.01, 0.05, 0.3):
            for tail in ("p_high", "p_low"):
                assert np.mean([getattr(f, tail) <= level for f in p]) <= level * 1.15 + 0.001


def repeated(rng: np.random.Generator, mean: float, reports: float) -> np.ndarray:
    """Return counts of cases that are reported once, twice, ...: ``reports`` times on average."""
    cases = rng.poisson(mean / reports, 1600)
    again = rng.negative_binomial(np.maximum(cases, 1), 1 / reports) * (cases > 0)
    return (cases + again).astype(float)


@pytest.mark.parametrize("mean", [0.3, 3.0])
def test_dispersion_finds_the_scatter(mean: float) -> None:
    # Sum of a Poisson number of geometric ones: variance over mean is 2 x 3 - 1.
    rng = np.random.default_rng(3)
    expected = np.full(1600, mean)
    plain = [dispersion(rng.poisson(expected).astype(float), expected, NEAR) for _ in range(20)]
    more = [dispersion(repeated(rng, mean, 3.0), expected, NEAR) for _ in range(20)]
    assert 1 <= np.mean(plain) < 1.1
    assert np.mean(more) == pytest.approx(5, rel=0.1)


def test_hot_spots_are_no_scatter() -> None:
    rng = np.random.default_rng(4)
    expected = np.full(1600, 2.0)
    counts = rng.poisson(expected).astype(float)
    counts[np.hypot(X - 10, Y - 10) < 2.2] += 25
    near = NEAR.around(counts)
    naive = np.sum((near - NEAR.around(expected)) ** 2) / NEAR.around(expected).sum()
    assert naive > 10
    assert dispersion(counts, expected, NEAR) < 1.3


def test_scatter_raises_no_false_alarm_once_it_is_known() -> None:
    rng = np.random.default_rng(5)
    plain = known = 0
    for _ in range(60):
        counts, expected = repeated(rng, 1.5, 3.0), np.full(1600, 1.5)
        scatter = dispersion(counts, expected, NEAR)
        plain += false_discovery(poisson_local(counts, expected, NEAR).two_sided).any()
        found = poisson_local(counts, expected, NEAR, dispersion=scatter)
        known += false_discovery(found.two_sided).any()
    print(f"counts of five times Poisson's variance, 60 maps: {plain} false as Poisson, {known} so")
    assert plain == 60
    assert known <= 3


def test_too_little_to_tell_the_scatter() -> None:
    assert dispersion(np.full(1600, 0.0), np.full(1600, 0.01), NEAR) == 1
    assert dispersion(np.ones(4), np.ones(4), ROW) == 1


def test_scores_lie_within_the_step_of_their_count() -> None:
    rng = np.random.default_rng(6)
    mean = rng.uniform(0.02, 40, 2000)
    for spread in (1.0, 3.0):
        peer = stats.poisson(mean) if spread == 1 else stats.nbinom(mean / (spread - 1), 1 / spread)
        count = peer.rvs(random_state=rng).astype(float)
        found = quantile_scores(count, mean, dispersion=spread, rng=rng)
        assert (found >= stats.norm.ppf(peer.cdf(count - 1)) - 1e-6).all()
        assert (found <= stats.norm.ppf(peer.cdf(count)) + 1e-6).all()
        # Standard normal, whatever the means: few and many expected alike.
        assert stats.kstest(found, "norm").pvalue > 0.01
        assert stats.kstest(found[mean < 2], "norm").pvalue > 0.01


def test_scores_keep_their_digits_far_out() -> None:
    found = quantile_scores(
        np.array([60.0, 5000, 0, 3]), np.array([1.0, 1, 900, 0]), rng=np.random.default_rng(1)
    )
    assert (
        stats.norm.isf(stats.poisson.sf(59, 1))
        <= found[0]
        <= stats.norm.isf(stats.poisson.sf(60, 1))
    )
    assert found[1] == 38
    assert found[2] < -30
    assert np.isnan(found[3])


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: poisson_local(np.ones(3), np.ones(4), ROW), "observed has shape (3,); expected (4,), one value a cell."),
        (lambda: poisson_local(np.full(4, 0.5), np.ones(4), ROW), "The observed events are no whole numbers."),
        (lambda: poisson_local(np.ones(4), -np.ones(4), ROW), "expected has negative or missing values."),
        (lambda: poisson_local(np.ones(4), np.full(4, np.inf), ROW), "expected has values without end."),
        (lambda: poisson_local(np.ones(4), np.ones(4), ROW, dispersion=0.5), "The dispersion is 0.5; expected 1 or more."),
        (lambda: quantile_scores(np.ones(4), np.ones(4), dispersion=0, rng=np.random.default_rng(1)), "The dispersion is 0; expected 1 or more."),
        (lambda: quantile_scores(np.ones(4), np.ones(3), rng=np.random.default_rng(1)), "expected has shape (3,); expected (4,), one value a cell."),
    ],
)  # fmt: skip
def test_wrong_input_is_named(call, words: str) -> None:
    with pytest.raises(InputError) as caught:
        call()
    assert str(caught.value) == words
