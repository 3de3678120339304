"""What cannot be right is named in plain words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from geodata.errors import InputError
from geodata.network import MODES, UNREACHED, TravelTimes, configured
from geodata.network.isochrones import isochrones
from tests.geodata.network.known import PLACES, ROADS, A, Q, travel
from tests.geodata.network.made import CRS, lonlat, network

ONE = np.array([0])
INF = float("inf")


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (
            lambda: travel().matrix("boat", ONE, ONE),
            "There is no way of travelling boat; expected one of walk, older, ebike, car, "
            "ambulance.",
        ),
        (lambda: travel().matrix("car", ONE, np.array([9])), "There is no place 9; there are 9."),
        (
            lambda: travel().matrix("car", ONE, ONE, closed=frozenset({9})),
            "There is no road 9; there are 9.",
        ),
        (
            lambda: travel().k_nearest("car", ONE, ONE, 0),
            "0 nearest places were asked for; expected 1 or more.",
        ),
        (lambda: travel().way("car", A, Q), "No road leads from there to here."),
        (
            lambda: TravelTimes(None, PLACES, crs=CRS).way("car", 0, 1),
            "There are no roads, so there is no way to draw.",
        ),
        (
            lambda: TravelTimes(None, PLACES, crs=CRS).with_road(PLACES[:2]),
            "There are no roads, so no road can be added.",
        ),
        (
            lambda: TravelTimes(ROADS, np.array([[INF, 27.0]]), crs=CRS),
            "The places have the shape (1, 2); expected pairs of longitude and latitude.",
        ),
        (
            lambda: TravelTimes(ROADS, np.zeros(3), crs=CRS),
            "The places have the shape (3,); expected pairs of longitude and latitude.",
        ),
        (
            lambda: TravelTimes(network([(0, 0, 0)], []), PLACES, crs=CRS),
            "The road network has no road.",
        ),
        (
            lambda: network([(0, 0, 0), (1, 0, 0)], [(0, 1, {"length_m": -1.0})]),
            "A road has a length that is negative or missing.",
        ),
        (
            lambda: travel().at_speed(0.0),
            "The speed is multiplied by 0.0; expected above 0.",
        ),
        (
            lambda: ROADS.with_road(PLACES[:1]),
            "A new road needs a line of two points or more.",
        ),
        (
            lambda: ROADS.with_road(PLACES[:2], road_class="canal"),
            "There is no road class canal; expected one of motorway, trunk, primary, secondary, "
            "tertiary, residential, service, track, path.",
        ),
        (
            lambda: ROADS.with_road(lonlat([(0, 0), (10, 0)])),
            "Both ends of the new road meet the same crossing; draw it longer.",
        ),
        (
            lambda: configured({"car": {"speeds_kmh": {"primary": 0}}}),
            "Way of travelling car: the speed on roads of class primary is 0 km/h; expected "
            "above 0 and at most 200. Leave a class out to forbid it.",
        ),
        (
            lambda: configured({"boat": {}}),
            "There is no way of travelling boat; expected one of walk, older, ebike, car, "
            "ambulance.",
        ),
        (
            lambda: isochrones(travel(), "car", A, []),
            "An isochrone needs one number of minutes at least.",
        ),
        (
            lambda: isochrones(travel(), "car", A, [5, 0]),
            "An isochrone of 0 minutes was asked for; expected above 0 and at most 600.",
        ),
        (
            lambda: isochrones(travel(), "car", A, [float("nan")]),
            "An isochrone of nan minutes was asked for; expected above 0 and at most 600.",
        ),
        (
            lambda: isochrones(travel(), "car", A, [5], cells=np.arange(3), people=np.ones(2)),
            "There are 3 cells and 2 numbers of people; expected one each.",
        ),
    ],
    ids=lambda value: value[:40] if isinstance(value, str) else "",
)
def test_nonsense_is_refused(call: Callable[[], Any], words: str) -> None:
    with pytest.raises(InputError) as error:
        call()
    assert str(error.value) == words


def test_a_place_far_from_every_road_is_named_and_reaches_nothing() -> None:
    times = travel()
    assert times.off_network("car").tolist() == [Q]
    assert times.matrix("car", np.array([Q]), np.arange(9)).tolist() == [[UNREACHED] * 8 + [0]]
    assert times.nearest("car", np.array([A, Q]), np.array([1])).tolist() == [144, UNREACHED]


def test_a_place_without_coordinates_is_named_and_reaches_nothing() -> None:
    places = np.vstack((PLACES[:2], [[np.nan, np.nan]]))
    for roads in (ROADS, None):
        times = TravelTimes(roads, places, crs=CRS)
        assert times.off_network("car").tolist() == [2]
        found = times.matrix("car", np.arange(3), np.arange(3))
        assert found[2].tolist() == [UNREACHED] * 3
        assert found[:, 2].tolist() == [UNREACHED] * 3
        nearest = times.nearest("car", np.arange(3), np.array([2]))
        assert nearest.tolist() == [UNREACHED] * 3


# Two roads of 1 km and one of 500 m, 5 km away from them. The third place meets only the last.
ISLANDS = network(
    [(0, 0, 0), (1000, 0, 0), (2000, 0, 0), (7000, 0, 0), (7500, 0, 0)],
    [(0, 1, {}), (1, 2, {}), (3, 4, {})],
)
ISLAND_PLACES = lonlat([(0, 0), (2000, 0), (7500, 0)])


def test_a_network_in_two_parts_says_so_and_names_who_is_outside() -> None:
    times = TravelTimes(ISLANDS, ISLAND_PLACES, crs=CRS)
    parts = times.parts("car")
    assert parts.n == 2
    assert parts.main_share == pytest.approx(0.8)
    assert parts.outside.tolist() == [2]
    assert times.off_network("car").tolist() == []
    assert times.matrix("car", np.array([0]), np.arange(3)).tolist() == [[0, 288, UNREACHED]]
    with pytest.raises(InputError, match=r"^No road leads from there to here\.$"):
        times.way("car", 0, 2)


def test_no_question_no_answer() -> None:
    nobody = np.empty(0, dtype=int)
    times = travel()
    assert times.matrix("car", nobody, np.arange(3)).shape == (0, 3)
    assert times.matrix("car", np.arange(3), nobody).shape == (3, 0)
    assert times.nearest("car", np.arange(3), nobody).tolist() == [UNREACHED] * 3


def test_a_mode_that_no_road_serves_reaches_nothing() -> None:
    path = network([(0, 0, 0), (1000, 0, 0)], [(0, 1, {"road_class": "path"})])
    times = TravelTimes(path, lonlat([(0, 0), (1000, 0)]), crs=CRS)
    assert times.off_network("car").tolist() == [0, 1]
    assert times.off_network("walk").tolist() == []
    assert isochrones(times, "car", 0, [60])[0].area.is_empty
    assert set(MODES) == {"walk", "older", "ebike", "car", "ambulance"}
