"""Cumulative and gravity: six decays by hand, against PySAL, and their laws."""

import math
import tracemalloc

import numpy as np
import pandas as pd
import pytest
from access import weights
from access.fca import weighted_catchment
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from cockpit.coverage.access import (
    DECAY_TITLES,
    USUAL_DECAY,
    Cut,
    Decay,
    Exponential,
    Gaussian,
    Linear,
    Logistic,
    Power,
    Step,
    Zones,
    cumulative,
    decay_of,
    gravity,
    usual_decays,
)
from geodata.errors import InputError

INF = np.inf
EVERY = {
    **usual_decays(15),
    "zones": Zones(((5, 1), (10, 0.5))),
    "cut": Cut(Exponential(0.1), 20),
}


@pytest.mark.parametrize(
    ("decay", "minutes", "expected"),
    [
        (Step(15), [0, 15, 15.001, INF], [1, 1, 0, 0]),
        (Zones(((10, 1), (20, 0.68), (30, 0.22))), [10, 20, 20.5, 31, INF], [1, 0.68, 0.22, 0, 0]),
        (Linear(20), [0, 5, 20, 25, INF], [1, 0.75, 0, 0, 0]),
        (Exponential(math.log(2) / 10), [0, 10, 20, INF], [1, 0.5, 0.25, 0]),
        # At one spread past the midpoint: 1 / (1 + e^(pi / root 3)) = 1 / (1 + 6.133707406236...).
        (Logistic(20, 5), [20, 25, INF], [0.5, 1 / (1 + 6.133707406236), 0]),
        # Weight 1 up to the floor; three times the floor, squared: a ninth.
        (Power(2, floor=2), [0, 2, 6, INF], [1, 1, 1 / 9, 0]),
        (Gaussian(10), [0, 10, INF], [1, 0.6065306597126334, 0]),
        (Cut(Linear(20), 5), [5, 5.1, INF], [0.75, 0, 0]),
    ],
    ids=lambda value: type(value).__name__,
)
def test_weights_by_hand(decay: Decay, minutes: list[float], expected: list[float]) -> None:
    assert decay.weight(np.array(minutes)) == pytest.approx(expected, rel=1e-11, abs=0)


@pytest.mark.parametrize("decay", EVERY.values(), ids=EVERY.keys())
def test_weights_fall_from_at_most_one_to_exactly_zero(decay: Decay) -> None:
    minutes = np.array([*np.linspace(0, 1092, 500), INF])
    weight = decay.weight(minutes)
    assert ((weight >= 0) & (weight <= 1)).all()
    assert (np.diff(weight) <= 0).all()
    assert weight[-1] == 0
    assert np.array_equal(decay.weight(minutes.reshape(3, -1)), weight.reshape(3, -1))


@pytest.mark.parametrize("reach", [0.5, 2, 15, 60])
def test_the_usual_decays_weigh_a_half_at_the_reach(reach: float) -> None:
    weights_there = {
        name: d.weight(np.array([reach]))[0] for name, d in usual_decays(reach).items()
    }
    assert weights_there.pop("step") == 1
    assert weights_there == pytest.approx(dict.fromkeys(weights_there, 0.5))


# Two cells, three facilities with 4, 10 and 6 beds; the second cell does not reach the last.
MINUTES = np.array([[5.0, 10.0, 15.0], [10.0, 20.0, INF]])
SUPPLY = np.array([4.0, 10.0, 6.0])


def test_adds_up_what_is_within_reach() -> None:
    assert cumulative(MINUTES, SUPPLY, reach=10).tolist() == [14, 4]
    assert cumulative(MINUTES, SUPPLY, reach=4.9).tolist() == [0, 0]


def test_gravity_by_hand() -> None:
    # Linear(20): 3/4 x 4 + 1/2 x 10 + 1/4 x 6 = 9.5, and 1/2 x 4 + 0 = 2.
    assert gravity(MINUTES, SUPPLY, Linear(20)).tolist() == [9.5, 2]


def test_nothing_within_reach_and_no_facilities_give_zero() -> None:
    for decay in EVERY.values():
        assert gravity(np.full((2, 3), INF), SUPPLY, decay).tolist() == [0, 0]
        assert gravity(np.empty((2, 0)), np.empty(0), decay).tolist() == [0, 0]
        assert gravity(np.empty((0, 3)), SUPPLY, decay).tolist() == []


def seeded(n: int = 300, m: int = 14) -> tuple[np.ndarray, np.ndarray]:
    """Minutes with pairs, a facility and some cells that are not reached; supply, some of it 0."""
    rng = np.random.default_rng(20260501)
    minutes = rng.uniform(0, 60, (n, m))
    minutes[rng.random((n, m)) < 0.3] = INF
    minutes[:, 4] = INF
    minutes[::17] = INF
    minutes[3, 2] = 0.0
    supply = rng.uniform(0, 20, m)
    supply[6] = 0
    return minutes, supply


def peer_gravity(minutes: np.ndarray, supply: np.ndarray, weight, most: float | None) -> np.ndarray:
    cell, facility = np.nonzero(np.isfinite(minutes))
    costs = pd.DataFrame({"origin": cell, "dest": facility, "cost": minutes[cell, facility]})
    places = pd.DataFrame({"supply": supply}, index=pd.Index(range(len(supply)), name="geoid"))
    found = weighted_catchment(
        places,
        costs,
        most,
        cost_source="dest",
        cost_dest="origin",
        loc_index="geoid",
        loc_value="supply",
        weight_fn=weight,
    )
    return found.reindex(range(len(minutes)), fill_value=0).to_numpy()


@pytest.mark.parametrize(
    ("decay", "weight"),
    [
        (Step(20), weights.step_fn({20: 1})),
        (Zones(((10, 1), (20, 0.68), (30, 0.22))), weights.step_fn({10: 1, 20: 0.68, 30: 0.22})),
        (Gaussian(12), weights.gaussian(12)),
        (Power(1.7, floor=1), weights.gravity(scale=1, alpha=-1.7, min_dist=1)),
        (Power(1, floor=4), weights.gravity(scale=4, alpha=-1, min_dist=4)),
        (Linear(35), lambda x: max(0.0, (35 - x) / 35)),
        (Exponential(0.07), lambda x: math.exp(-0.07 * x)),
        (Logistic(25, 6), lambda x: 1 / (1 + math.exp(math.pi * (x - 25) / (6 * math.sqrt(3))))),
    ],
    ids=lambda value: type(value).__name__,
)
def test_equals_pysal(decay: Decay, weight) -> None:
    minutes, supply = seeded()
    expected = peer_gravity(minutes, supply, weight, None)
    assert gravity(minutes, supply, decay) == pytest.approx(expected, rel=1e-9, abs=1e-12)
    expected = peer_gravity(minutes, supply, weight, 25)
    assert gravity(minutes, supply, Cut(decay, 25)) == pytest.approx(expected, rel=1e-9, abs=1e-12)


some_minutes = st.one_of(st.integers(0, 40).map(float), st.just(INF))
counties = st.tuples(st.integers(1, 8), st.integers(1, 5)).flatmap(
    lambda shape: st.tuples(
        arrays(np.float64, shape, elements=some_minutes),
        arrays(np.float64, shape[1], elements=st.integers(0, 20).map(float)),
    )
)


@given(counties, st.integers(1, 40))
def test_the_step_decay_is_the_cumulative_count(
    county: tuple[np.ndarray, np.ndarray], reach: int
) -> None:
    minutes, supply = county
    expected = [
        sum(s for far, s in zip(row, supply, strict=True) if far <= reach) for row in minutes
    ]
    assert gravity(minutes, supply, Step(reach)).tolist() == expected
    assert cumulative(minutes, supply, reach=reach).tolist() == expected


@given(counties, st.sampled_from(sorted(EVERY)), st.data())
def test_a_new_facility_never_takes_access_away(
    county: tuple[np.ndarray, np.ndarray], name: str, data: st.DataObject
) -> None:
    minutes, supply = county
    more = data.draw(arrays(np.float64, (len(minutes), 1), elements=some_minutes))
    before = gravity(minutes, supply, EVERY[name])
    after = gravity(np.hstack((minutes, more)), np.append(supply, 3.0), EVERY[name])
    assert (after >= before - 1e-12).all()
    assert np.isfinite(after).all()


@given(counties, st.sampled_from(sorted(EVERY)))
def test_twice_the_supply_is_twice_the_access(
    county: tuple[np.ndarray, np.ndarray], name: str
) -> None:
    minutes, supply = county
    once, twice = (gravity(minutes, supply * k, EVERY[name]) for k in (1, 2))
    assert twice == pytest.approx(2 * once, rel=1e-12)


def test_another_unit_of_time_changes_nothing() -> None:
    minutes, supply = seeded()
    for slow, fast in (
        (Linear(30), Linear(1800)),
        (Exponential(0.1), Exponential(0.1 / 60)),
        (Logistic(20, 5), Logistic(1200, 300)),
        (Power(1.5, floor=2), Power(1.5, floor=120)),
        (Gaussian(10), Gaussian(600)),
    ):
        expected = gravity(minutes, supply, slow)
        assert gravity(minutes * 60, supply, fast) == pytest.approx(expected, rel=1e-9)


def test_no_second_matrix_is_held() -> None:
    minutes = np.ones((4_000, 1_000), np.float32)  # 16 MB; as 64 bits 32 MB
    supply = np.ones(1_000)
    tracemalloc.start()
    gravity(minutes, supply, Gaussian(10))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8e6


def test_names_what_is_wrong() -> None:
    for call, words in (
        (lambda: Step(0), r"^The reach is 0 minutes; expected above 0\.$"),
        (lambda: Linear(math.nan), r"^The reach is nan minutes; expected above 0\.$"),
        (lambda: Exponential(-1), r"^rate of the decay is -1; expected above 0\.$"),
        (lambda: Logistic(0, 5), r"^midpoint of the decay is 0; expected above 0\.$"),
        (lambda: Logistic(5, 0), r"^spread of the decay is 0; expected above 0\.$"),
        (lambda: Power(0), r"^exponent of the decay is 0; expected above 0\.$"),
        (lambda: Power(1, floor=0), r"^floor of the decay is 0; expected above 0\.$"),
        (lambda: Gaussian(INF), r"^sigma of the decay is inf; expected above 0\.$"),
        (lambda: Zones(()), r"^The zones are -; expected rising minutes above 0, each with"),
        (lambda: Zones(((10, 1), (5, 0.5))), r"^The zones are 10: 1; 5: 0\.5; expected rising"),
        (lambda: Zones(((10, 1.5),)), r"^The zones are 10: 1\.5; expected rising minutes"),
        (
            lambda: cumulative(MINUTES, SUPPLY[:2], reach=5),
            r"^supply has shape \(2,\); expected \(3,\), one value a facility\.$",
        ),
        (
            lambda: cumulative(MINUTES, np.array([1, np.nan, 1]), reach=5),
            r"^supply has negative or missing values\.$",
        ),
        (
            lambda: cumulative(MINUTES, np.array([1, INF, 1]), reach=5),
            r"^supply has values without end\.$",
        ),
        (
            lambda: cumulative(-MINUTES, SUPPLY, reach=5),
            r"^minutes has negative or missing values\.$",
        ),
    ):
        with pytest.raises(InputError, match=words):
            call()


def test_every_usual_decay_has_a_title_and_a_name() -> None:
    assert set(DECAY_TITLES) == set(usual_decays(15))
    assert next(iter(DECAY_TITLES)) == USUAL_DECAY
    assert decay_of("gaussian", 15) == usual_decays(15)["gaussian"]
    with pytest.raises(InputError, match=r"^There is no decay slope; expected one of exponential"):
        decay_of("slope", 15)
