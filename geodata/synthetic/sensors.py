"""Sensors of the sample county and a year of their readings."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geodata.synthetic.events import FIRST_DAY, N_DAYS
from geodata.synthetic.relief import Relief, degrees
from geodata.synthetic.settlements import Sites

Floats = NDArray[np.float64]

EVERY_HOURS = 3
_KINDS = (
    ("水位", "m", 8, "SW"),
    ("雨量", "mm", 12, "YL"),
    ("空气质量", "μg/m³", 8, "KQ"),
    ("烟感", "dB/m", 12, "YG"),
)

KINDS = tuple(kind for kind, _, n, _ in _KINDS for _ in range(n))
"""The kind of every sensor, in the order of their readings."""


def make_sensors(
    relief: Relief, sites: Sites, rng: np.random.Generator
) -> tuple[pd.DataFrame, pd.DataFrame, dict[str, object]]:
    """Return sensors, readings every three hours for a year, and what is wrong with two of them."""
    places = _places(relief, sites, rng)
    lon, lat = degrees(np.concatenate(places))
    ids = [f"{short}{k:03d}" for _, _, n, short in _KINDS for k in range(1, n + 1)]
    sensors = pd.DataFrame({
        "设备编号": ids,
        "设备类型": np.repeat([kind for kind, _, _, _ in _KINDS], [n for _, _, n, _ in _KINDS]),
        "单位": np.repeat([unit for _, unit, _, _ in _KINDS], [n for _, _, n, _ in _KINDS]),
        "经度": np.round(lon, 6), "纬度": np.round(lat, 6),
    })  # fmt: skip
    n_times = N_DAYS * 24 // EVERY_HOURS
    start = np.datetime64(FIRST_DAY.isoformat(), "ms")
    times = start + (np.arange(n_times) * EVERY_HOURS).astype("timedelta64[h]")
    values = everyday(n_times, rng)
    stuck, silent = ids.index("SW003"), ids.index("KQ005")
    stuck_from = int(np.searchsorted(times, np.datetime64("2025-07-10")))
    silent_from = int(np.searchsorted(times, np.datetime64("2025-08-03")))
    values[stuck, stuck_from:] = values[stuck, stuck_from]
    readings = pd.DataFrame({
        "设备编号": np.tile(np.array(ids, dtype=object), n_times),
        "时间": np.repeat(times, len(ids)),
        "数值": np.round(values.T.ravel(), 2),
    })  # fmt: skip
    gone = (readings["设备编号"] == "KQ005") & (readings["时间"] >= times[silent_from])
    lost = rng.random(len(readings)) < 0.004  # now and then a message does not arrive
    told: dict[str, object] = {
        "stuck": {"sensor": ids[stuck], "from": str(times[stuck_from])[:10]},
        "silent": {"sensor": ids[silent], "from": str(times[silent_from])[:10]},
    }
    kept = readings[~gone & ~(lost & (readings["设备编号"] != ids[stuck]))].reset_index(drop=True)
    return sensors, kept, {**told, "sensors": len(sensors), "readings": len(kept)}


def _places(relief: Relief, sites: Sites, rng: np.random.Generator) -> list[Floats]:
    """Put gauges on rivers inside the county, rain on towns and heights, the rest in towns."""
    towns = np.concatenate([[sites.seat, sites.zone], sites.towns])
    points = np.concatenate([line[10:-10:12] for line in relief.rivers[:14]])
    home = np.hypot(*(points[:, None] - towns[None]).transpose(2, 0, 1)).argmin(axis=0)
    gauges = points[home[:8]]
    rain = towns[:12] + rng.normal(0, 700, (12, 2))
    in_seat, in_zone = (
        sites.seat + rng.normal(0, 900, (4, 2)),
        sites.zone + rng.normal(0, 500, (2, 2)),
    )
    air = np.concatenate([in_seat, in_zone, sites.towns[:2]])
    smoke = np.concatenate(
        [sites.seat + rng.normal(0, 800, (8, 2)), sites.zone + rng.normal(0, 500, (4, 2))]
    )
    return [gauges, rain, air, smoke]


def _fading(inflow: Floats, kept: float) -> Floats:
    """Add up what flows in while a share of what is there stays at each step."""
    level, levels = 0.0, []
    for amount in inflow.tolist():
        level = kept * level + amount
        levels.append(level)
    return np.array(levels)


def everyday(n: int, rng: np.random.Generator) -> Floats:
    """
    Return ``n`` readings of every sensor, shape ``(n_sensors, n)``, none of them broken.

    It rains over the county; rivers rise after it, the air is clean after it.
    """
    month = (np.arange(n) * EVERY_HOURS / 24 / 30.4 + 10).astype(int) % 12
    wet = np.array([0.3, 0.4, 0.7, 1.2, 2.0, 2.8, 2.4, 1.7, 1.1, 0.8, 0.5, 0.3])[month]
    storm = (rng.random(n) < 0.045 * wet).astype(float)
    front = _fading(storm * rng.gamma(0.9, 5.5, n), 0.55)
    rain = np.maximum(front * rng.lognormal(0, 0.5, (12, n)) - 0.3, 0.0)
    flow = 0.045 * _fading(rain.mean(axis=0), 0.93)
    level = 1.1 + rng.uniform(0, 0.9, (8, 1)) + flow * rng.uniform(0.6, 1.4, (8, 1))
    level += rng.normal(0, 0.012, (8, n))
    winter = 1 + 0.6 * np.cos(2 * np.pi * (np.arange(n) * EVERY_HOURS / 24 - 75) / 365)
    haze = 0.12 * _fading(rng.gamma(2.0, 14.0, n), 0.88) * winter
    air = np.maximum(haze * rng.lognormal(0, 0.18, (8, n)) / (1 + 0.35 * rain.mean(axis=0)), 2.0)
    smoke = np.abs(rng.normal(0.02, 0.008, (12, n))) + (rng.random((12, n)) < 2e-4) * rng.uniform(
        0.2, 0.6, (12, n)
    )
    return np.concatenate([level, rain, air, smoke])
