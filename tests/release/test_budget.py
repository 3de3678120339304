"""The sums of the privacy budget, in exact fractions."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit.release.budget import BudgetError, epsilon_of, spent, split, take, written
from geodata.errors import InputError


def test_ten_tenths_are_the_whole_year() -> None:
    """0.1 ten times is 0.9999999999999999 in floats; here exactly nothing is left."""
    assert take(["0.1"] * 9, "0.1") == 0
    with pytest.raises(
        BudgetError, match=r"asks for epsilon 0\.0001, but 0 of 1 is left this year"
    ):
        take(["0.1"] * 10, "0.0001")


def test_says_what_is_left() -> None:
    with pytest.raises(BudgetError, match=r"asks for epsilon 0\.5, but 0\.4 of 1 is left"):
        take(["0.35", "0.25"], Decimal("0.5"))
    assert take(["0.35", "0.25"], Fraction(1, 4), yearly="1.5") == Fraction(65, 100)


def test_a_year_overspent_before_has_nothing_left() -> None:
    with pytest.raises(BudgetError, match="but 0 of 1 is left"):
        take(["1", "0.5"], "0.1")


@pytest.mark.parametrize("value", ["0", "-1", "2.01", "inf", "nan", "", "x", "1/0", 0.1, True])
def test_refuses_what_is_no_epsilon(value: object) -> None:
    with pytest.raises(InputError, match="expected a number above 0, at most 2"):
        epsilon_of(value)  # type: ignore[arg-type]


def test_no_setting_goes_beyond_the_hard_stop() -> None:
    with pytest.raises(InputError, match=r"Epsilon is 3; .* at most 2"):
        take([], "1", yearly="3")


@given(st.fractions(Fraction(1, 10**6), 2, max_denominator=10**6))
def test_is_read_back_as_it_was_written(epsilon: Fraction) -> None:
    assert epsilon_of(written(epsilon)) == epsilon


def test_is_written_for_people() -> None:
    texts = [written(Fraction(n, d)) for n, d in ((1, 4), (2, 1), (1, 3), (1, 1000))]
    assert texts == ["0.25", "2", "1/3", "0.001"]


@given(
    st.fractions(Fraction(1, 1000), 2),
    st.lists(st.fractions(Fraction(1, 100), 1), min_size=4, max_size=6),
    st.integers(1, 4),
)
def test_levels_take_exactly_the_whole(
    epsilon: Fraction, shares: list[Fraction], levels: int
) -> None:
    parts = split(epsilon, tuple(shares), levels=levels)
    assert len(parts) == levels
    assert sum(parts) == epsilon
    assert all(part > 0 for part in parts)


def test_fewer_levels_share_in_proportion() -> None:
    assert split(Fraction(1), levels=3) == (Fraction(1, 6), Fraction(2, 6), Fraction(3, 6))


def test_refuses_shares_of_nothing() -> None:
    with pytest.raises(InputError, match="The shares of the levels are 1, 0; expected 2 numbers"):
        split(Fraction(1), (Fraction(1), Fraction(0)), levels=2)
    with pytest.raises(InputError, match="The shares of the levels are 1; expected 2 numbers"):
        split(Fraction(1), (Fraction(1),), levels=2)


def test_releases_add_up() -> None:
    assert spent(["0.3", "1/3", Decimal("0.2")]) == Fraction(5, 6)
