"""Class breaks: by hand, against mapclassify, and laws."""

import warnings

import mapclassify
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from cockpit.breaks import SCHEMES, classify
from geodata.errors import InputError

TEN = np.array([1.0, 2, 3, 4, 5, 6, 7, 8, 9, 20])


def test_quantiles_by_hand() -> None:
    # Five classes of two regions each.
    breaks = classify(TEN, "quantile", 5)
    assert breaks.counts == (2, 2, 2, 2, 2)
    assert breaks.uppers == (2, 4, 6, 8, 20)
    assert breaks.lowest == 1


def test_equal_widths_by_hand() -> None:
    # From 1 to 20 in two classes: up to 10.5, for whole things up to 10.
    breaks = classify(TEN, "equal", 2)
    assert breaks.uppers == (10, 20)
    assert breaks.counts == (9, 1)


def test_jenks_leaves_the_outlier_alone() -> None:
    breaks = classify(TEN, "jenks", 2)
    assert breaks.counts == (9, 1)


def test_manual_limits_belong_to_the_lower_class() -> None:
    breaks = classify(TEN, "manual", 5, manual=(3.0, 9.0))
    assert breaks.counts == (3, 6, 1)
    assert breaks.uppers == (3, 9, 20)


def test_no_value_is_counted_apart() -> None:
    breaks = classify(np.array([1.0, np.nan, 2.0, np.nan]), "quantile", 2)
    assert breaks.n_missing == 2
    assert breaks.n == 2
    assert breaks.class_of(np.array([np.nan, 1, 2])).tolist() == [-1, 0, 1]


def test_nothing_known_gives_no_class() -> None:
    breaks = classify(np.array([np.nan]), "jenks", 5)
    assert breaks.uppers == ()
    assert breaks.n == 0


def test_one_value_everywhere_is_one_class() -> None:
    assert classify(np.full(9, 7.5), "quantile", 5).counts == (9,)


def test_changes_have_the_same_breaks_on_both_sides() -> None:
    # Sizes 1 2 3 4 5 6 in three quantile classes: up to 2, up to 4, up to 6.
    values = np.array([-6.0, -4, -1, 2, 3, 5])
    breaks = classify(values, "quantile", 5, diverging=True)
    assert breaks.uppers == (-4, -2, 2, 4, 6)
    # -6 | (-4 .. -2): -4 belongs to the side's middle class as 4 would | -1 2 | 3 | 5
    assert breaks.counts == (1, 1, 2, 1, 1)


@pytest.mark.parametrize("scheme", ["quantile", "equal"])
@pytest.mark.parametrize("n", [3, 5, 7])
def test_counts_are_those_of_mapclassify(scheme: str, n: int) -> None:
    values = np.random.default_rng(7).lognormal(4, 1, 500)
    reference = {"quantile": mapclassify.Quantiles, "equal": mapclassify.EqualInterval}[scheme]
    assert classify(values, scheme, n).counts == tuple(reference(values, k=n).counts)  # type: ignore[arg-type]


def test_jenks_counts_are_those_of_mapclassify() -> None:
    values = np.random.default_rng(8).lognormal(4, 1, 200)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        reference = mapclassify.FisherJenks(values, k=5)
    assert classify(values, "jenks", 5).counts == tuple(reference.counts)


@given(
    some.lists(some.floats(-1e6, 1e6) | some.just(float("nan")), max_size=60),
    some.sampled_from(SCHEMES[:3]),
    some.integers(1, 7),
    some.booleans(),
)
def test_every_region_is_in_exactly_one_class(
    values: list[float], scheme: str, n: int, diverging: bool
) -> None:
    array = np.array(values, dtype=float)
    breaks = classify(array, scheme, n, diverging=diverging)  # type: ignore[arg-type]
    assert breaks.n + breaks.n_missing == len(array)
    found = breaks.class_of(array)
    known = found[found >= 0]
    assert tuple(np.bincount(known, minlength=len(breaks.counts))) == breaks.counts
    assert list(breaks.cuts) == sorted(breaks.cuts)


def test_wrong_calls_are_refused() -> None:
    with pytest.raises(InputError, match="8 classes; expected 1 to 7"):
        classify(TEN, "equal", 8)
    with pytest.raises(InputError, match="class limits are 5, 3; expected 1 to 6 rising numbers"):
        classify(TEN, "manual", 3, manual=(5.0, 3.0))
    with pytest.raises(InputError, match="class limits are -"):
        classify(TEN, "manual", 3)
