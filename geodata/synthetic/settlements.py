"""Where people of the sample county live: outline, towns, villages and sites of the grids."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_fill_holes, gaussian_filter, label
from scipy.spatial import cKDTree

from geodata.synthetic.relief import N_X, N_Y, STEP_M, Relief, centres, noise

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

AREA_KM2 = 2400.0
N_TOWNS = 15  # towns and rural townships outside the seat and the zone
N_VILLAGES = 300
N_GRIDS = 3000
SEAT_GRIDS, ZONE_GRIDS, CORE_GRIDS = 200, 42, 12
SEAT_COMMUNITIES, ZONE_COMMUNITIES = 27, 6
RURAL, CORE, ZONE, SEAT = 0, 1, 2, 3


@dataclass(frozen=True)
class Sites:
    """The points everything else grows around; all coordinates in metres."""

    inside: Flags  # (N_Y, N_X) raster cells of the county
    worth: Floats  # (N_Y, N_X) how good the ground is to live on, 0 to 1
    seat: Floats  # (2,) centre of the county seat
    zone: Floats  # (2,) centre of the development zone
    towns: Floats  # (N_TOWNS, 2) centres of the other townships
    villages: Floats  # (n, 2) rural village centres, those of the towns first
    grids: Floats  # (N_GRIDS, 2) sites of the grids
    setting: Ints  # (N_GRIDS,) RURAL, CORE, ZONE or SEAT
    outside: Floats  # (n, 2) sites beyond the border that close the outer grids


def settle(relief: Relief, rng: np.random.Generator) -> Sites:
    """Choose the places of the county, from the outline down to the sites of the grids."""
    points = centres()
    worth = _worth(relief)
    inside = _outline(relief, rng)
    seat, zone, towns = _towns(relief, worth, inside, points)
    keep = np.hypot(*(points - seat).T) > 3200
    keep &= np.hypot(*(points - zone).T) > 1900
    country = np.flatnonzero(inside.ravel() & keep)
    n_rural = N_VILLAGES - SEAT_COMMUNITIES - ZONE_COMMUNITIES
    villages = _spread(
        rng, points[country], worth.ravel()[country] ** 0.7 + 0.02, n_rural, fixed=towns
    )
    grids, setting = _grid_sites(rng, points, worth, country, (seat, zone, towns, villages))
    outside = np.flatnonzero(~inside.ravel())
    beyond = _spread(rng, points[outside], np.ones(len(outside)), 1100, fixed=np.empty((0, 2)))
    return Sites(inside, worth, seat, zone, towns, villages, grids, setting, beyond)


def _worth(relief: Relief) -> Floats:
    """Return how good the ground is: flat, low above the stream, near a stream of some size."""
    flat = np.exp(-relief.slope / 0.13)
    low = np.exp(-relief.above_river_m / 130.0)
    wet = np.log1p(gaussian_filter(np.minimum(relief.catchment_km2, 2000.0), 4.0))
    worth = gaussian_filter(flat * low, 1.2) * (0.25 + wet / wet.max())
    return np.asarray(np.clip(worth / np.quantile(worth, 0.995), 0.0, 1.0))


def _outline(relief: Relief, rng: np.random.Generator) -> Flags:
    """Return the county as raster cells: a rough disc of ``AREA_KM2`` that prefers ridges."""
    rows, cols = np.mgrid[0:N_Y, 0:N_X]
    across, up = (cols / N_X - 0.5) / 0.52, (rows / N_Y - 0.49) / 0.50
    far = np.hypot(across, up) + 0.11 * noise(rng, (N_Y, N_X), 1.9)
    far -= 0.02 * np.clip(relief.above_river_m / 100.0, 0.0, 2.0)
    far[:6], far[-6:], far[:, :6], far[:, -6:] = 9.0, 9.0, 9.0, 9.0
    far = gaussian_filter(far, 3.0)
    cells = int(AREA_KM2 / (STEP_M / 1000) ** 2)
    inside = far <= np.partition(far.ravel(), cells)[cells]
    parts, _ = label(inside)
    largest = np.argmax(np.bincount(parts.ravel())[1:]) + 1
    return np.asarray(binary_fill_holes(parts == largest))


def _towns(
    relief: Relief, worth: Floats, inside: Flags, points: Floats
) -> tuple[Floats, Floats, Floats]:
    """Choose seat, zone and towns: best surroundings first, each far enough from the others."""
    rows, cols = np.mgrid[0:N_Y, 0:N_X]
    central = np.exp(-((cols / N_X - 0.58) ** 2 + (rows / N_Y - 0.55) ** 2) / 0.03)
    edge = gaussian_filter(inside.astype(float), 8.0) > 0.97
    around = gaussian_filter(worth, 7.0) * edge
    large = np.log1p(gaussian_filter(np.minimum(relief.catchment_km2, 3000.0), 5.0))
    seat = points[np.argmax(around * central * large)]
    away = np.hypot(*(points - seat).T)
    near = (away > 6200) & (away < 9000)
    zone = points[np.argmax(around.ravel() * near)]
    local = gaussian_filter(worth, 3.0).ravel() * edge.ravel()
    free = (away > 7500) & (np.hypot(*(points - zone).T) > 6000)
    chosen = []
    for _ in range(N_TOWNS):
        town = points[np.argmax(local * free)]
        chosen.append(town)
        free &= np.hypot(*(points - town).T) > 8600
    return seat, zone, np.array(chosen)


def _spread(
    rng: np.random.Generator,
    points: Floats,
    weight: Floats,
    n: int,
    *,
    fixed: Floats,
    rounds: int = 5,
) -> Floats:
    """Return ``n`` sites spread over weighted points, ``fixed`` first; the rest even out."""
    picked = rng.choice(len(points), n - len(fixed), replace=False, p=weight / weight.sum())
    sites = np.concatenate([fixed, points[picked] + rng.uniform(-60, 60, (len(picked), 2))])
    for _ in range(rounds):
        _, nearest = cKDTree(sites).query(points)
        mass = np.bincount(nearest, weight, n)
        held = mass > 0
        for axis in (0, 1):
            moved = np.bincount(nearest, weight * points[:, axis], n)
            sites[held, axis] = 0.35 * sites[held, axis] + 0.65 * moved[held] / mass[held]
        sites[: len(fixed)] = fixed
    return sites


def _cluster(rng: np.random.Generator, centre: Floats, radius: float, n: int) -> Floats:
    """Return ``n`` sites spread over a disc, closer together in its middle."""
    angle = rng.uniform(0, 2 * np.pi, 4000)
    distance = radius * rng.uniform(0, 1, 4000) ** 0.62
    disc = centre + distance[:, None] * np.column_stack([np.cos(angle), np.sin(angle)])
    return _spread(rng, disc, np.ones(4000), n, fixed=np.empty((0, 2)), rounds=6)


def _grid_sites(
    rng: np.random.Generator,
    points: Floats,
    worth: Floats,
    country: Ints,
    places: tuple[Floats, Floats, Floats, Floats],
) -> tuple[Floats, Ints]:
    """Return the sites of all grids and the setting of each."""
    seat, zone, towns, villages = places
    cores = [_cluster(rng, town, 850.0, CORE_GRIDS) for town in towns]
    dense = [
        _cluster(rng, seat, 3000.0, SEAT_GRIDS),
        _cluster(rng, zone, 1700.0, ZONE_GRIDS),
        *cores,
    ]
    free = np.ones(len(country), dtype=bool)
    for town in towns:
        free &= np.hypot(*(points[country] - town).T) > 1000
    field = country[free]
    n_rural = N_GRIDS - sum(len(part) for part in dense)
    fixed = villages[len(towns) :]
    weight = worth.ravel()[field] ** 0.8 + 0.05
    rural = _spread(rng, points[field], weight, n_rural, fixed=fixed)
    setting = [SEAT] * SEAT_GRIDS + [ZONE] * ZONE_GRIDS + [CORE] * (CORE_GRIDS * len(towns))
    return np.concatenate([*dense, rural]), np.array(setting + [RURAL] * n_rural)
