from __future__ import annotations

import math

import numpy as np
import pytest

from geodata.errors import InputError
from geodata.network.modes import MODES, ROAD_CLASSES, configured, grade_factor
from loaders import catalog


def test_road_classes_are_those_that_loaders_write() -> None:
    assert ROAD_CLASSES == catalog.ROAD_CLASSES


def test_tobler_by_hand() -> None:
    # exp(-3.5 |s + 0.05|) over exp(-3.5 x 0.05): level 1, 10 % up exp(-0.35), 5 % down exp(0.175),
    # 10 % down again as level ground.
    factor = grade_factor(MODES["walk"], np.array([0.0, 0.10, -0.05, -0.10]))
    assert factor == pytest.approx([1, math.exp(-0.35), math.exp(0.175), 1])


def test_steep_and_unknown_slopes() -> None:
    walk = grade_factor(MODES["walk"], np.array([9.0, 0.35, np.nan]))
    assert walk[0] == walk[1]
    assert walk[2] == 1


def test_an_ebike_loses_uphill_and_gains_nothing_downhill() -> None:
    factor = grade_factor(MODES["ebike"], np.array([0.05, -0.05, 0.3]))
    assert factor == pytest.approx([0.8, 1.0, 0.25])


def test_a_county_changes_only_what_it_names() -> None:
    modes = configured({"car": {"speeds_kmh": {"primary": 70}, "off_road_limit_m": 500}})
    assert modes["car"].speeds_kmh["primary"] == 70
    assert modes["car"].speeds_kmh["trunk"] == MODES["car"].speeds_kmh["trunk"]
    assert modes["car"].off_road_limit_m == 500
    assert modes["walk"] == MODES["walk"]
    assert MODES["car"].speeds_kmh["primary"] == 55


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (
            {"boat": {}},
            "There is no way of travelling boat; expected one of walk, older, ebike, car, "
            "ambulance.",
        ),
        (
            {"car": {"speeds_kmh": {"primary": 0}}},
            "Way of travelling car: the speed on roads of class primary is 0 km/h; expected above "
            "0 and at most 200. Leave a class out to forbid it.",
        ),
        (
            {"car": {"speeds_kmh": {"primary": "fast"}}},
            "Way of travelling car: the speed on roads of class primary is fast km/h; expected "
            "above 0 and at most 200. Leave a class out to forbid it.",
        ),
        (
            {"car": {"speeds_kmh": {"alley": 20}}},
            "Way of travelling car: there is no road class alley; expected one of "
            f"{', '.join(ROAD_CLASSES)}.",
        ),
        (
            {"car": {"surface_factors": {"gravel": 1.5}}},
            "Way of travelling car: the surface gravel has the factor 1.5; expected gravel or "
            "earth with a number above 0 and at most 1.",
        ),
        (
            {"walk": {"off_road_ms": 0}},
            "Way of travelling walk: off_road_ms is 0; expected 0.1 to 20,000.",
        ),
        (
            {"walk": {"speed": 3}},
            "Way of travelling walk: there is no setting speed; expected one of grade_loss, "
            "keeps_maxspeed, keeps_oneway, off_road_detour, off_road_limit_m, off_road_ms, "
            "speeds_kmh, surface_factors.",
        ),
    ],
)
def test_nonsense_is_refused_in_one_sentence(
    changes: dict[str, dict[str, object]], words: str
) -> None:
    with pytest.raises(InputError) as error:
        configured(changes)
    assert str(error.value) == words
