"""A quiet year is the sample county's everyday without its plants."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from geodata.synthetic.events import N_BASE, RISING, SORTS
from geodata.synthetic.quiet import QuietWorld, quiet_world


@pytest.fixture(scope="module")
def quiet() -> QuietWorld:
    return quiet_world()


def test_nothing_is_planted_in_it(quiet: QuietWorld) -> None:
    made = quiet.events(np.random.default_rng(7))
    assert abs(len(made) - N_BASE) <= len(SORTS)  # each category is rounded by itself
    assert not made["text"].str.contains(RISING).any()
    assert set(made["category"]) == set(SORTS)
    assert made["reported"].is_monotonic_increasing
    assert (quiet.village[made["grid"]] == made["village"]).all()
    spread = np.hypot(*(made[["x", "y"]].to_numpy() - quiet.xy[made["grid"]]).T)
    assert np.median(spread) < 500  # metres: an event is near the middle of its grid


def test_every_year_is_another_and_each_can_be_drawn_again(quiet: QuietWorld) -> None:
    first, again, other = (quiet.events(np.random.default_rng(seed)) for seed in (1, 1, 2))
    pd.testing.assert_frame_equal(first, again)
    assert not first["reported"].equals(other["reported"])


def test_no_sensor_is_stuck_or_silent(quiet: QuietWorld) -> None:
    kinds, times, values = quiet.readings(np.random.default_rng(3))
    assert values.shape == (len(kinds), len(times)) == (40, 2920)
    assert np.isfinite(values).all()
    level = values[[kind == "水位" for kind in kinds]]
    assert (np.abs(np.diff(level, axis=1)) > 0).mean() > 0.5  # a gauge's noise never stands still
