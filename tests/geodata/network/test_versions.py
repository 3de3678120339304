from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from geodata.errors import InputError
from geodata.network import TravelTimes
from tests.geodata.network.made import CRS, network

ROOT = Path(__file__).parents[3]
TELL = """
import numpy as np
from geodata.network import TravelTimes
print(TravelTimes(None, np.zeros((1, 2)), crs="EPSG:4545").version)
"""


def _line(**facts: object) -> TravelTimes:
    roads = network([(0, 0, 0), (3000, 0, 0)], [(0, 1, {"road_class": "secondary", **facts})])
    return TravelTimes(roads, roads.node_lonlat, crs=CRS)


def _seconds(times: TravelTimes) -> int:
    return int(times.matrix("car", np.array([0]), np.array([1]))[0, 0])


def test_the_version_is_the_same_in_every_process() -> None:
    # Sets of text are told in another order where strings are hashed with another seed.
    versions = {
        subprocess.run(
            [sys.executable, "-c", TELL], cwd=ROOT, capture_output=True, text=True, check=True,
            env={**os.environ, "PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2", "3", "4")
    }  # fmt: skip
    assert len(versions) == 1


def test_the_version_changes_with_what_times_depend_on() -> None:
    told = {
        _line().version,
        _line(maxspeed_kmh=30.0).version,
        _line(oneway=1).version,
        _line(closed=True).version,
        _line().at_speed(1.1).version,
    }
    assert len(told) == 5


@pytest.mark.parametrize("maxspeed", [float("nan"), 20.0])
@pytest.mark.parametrize("factor", [0.8, 1.2])
def test_another_speed_scales_limits_too(maxspeed: float, factor: float) -> None:
    # 3 km at 45 km/h take 240 s, at a limit of 20 km/h 540 s; both times are of roads alone.
    times = _line(maxspeed_kmh=maxspeed)
    assert _seconds(times) == (240 if np.isnan(maxspeed) else 540)
    assert _seconds(times.at_speed(factor)) == pytest.approx(_seconds(times) / factor, abs=1)


@pytest.mark.parametrize("factor", [0, -1, float("inf"), float("nan")])
def test_a_speed_of_nothing_is_refused(factor: float) -> None:
    with pytest.raises(InputError, match=r"^The speed is multiplied by .*; expected above 0\.$"):
        _line().at_speed(factor)
