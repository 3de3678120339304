"""People of the sample county: residents, registered and floating people, households, groups."""

# ruff: noqa: E501 - tables of words and weights: a row a line, and Chinese counts double

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geodata.synthetic.boundaries import Areas
from geodata.synthetic.relief import Relief
from geodata.synthetic.settlements import CORE, RURAL, SEAT, ZONE, Sites

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

USUAL, USUAL_2020, REGISTERED = 480_000, 497_326, 531_842
BANDS = (*(f"{low:02d}-{low + 4:02d}" for low in range(0, 85, 5)), "85+")
HOUSEHOLDS = ("single", "couple", "two_generation", "three_generation", "other")
GROUPS = ("living_alone_60", "left_behind_child", "low_income", "disabled", "unsupported")
_TOWN_SHARE = {SEAT: 0.300, ZONE: 0.048, CORE: 0.168, RURAL: 0.484}

# Persons in 100 by age band. Mountain counties of the south-west in the census of 2020 look like
# this: the country without its 20- to 40-year-olds, the zone with little else.
_AGES = {
    "seat": (4.6, 6.6, 7.0, 6.6, 5.8, 6.8, 8.6, 8.8, 7.6, 7.2, 7.4, 6.6, 4.8, 4.2, 3.2, 2.1, 1.3, 0.8),
    "core": (4.8, 6.8, 7.2, 6.0, 4.6, 5.4, 6.8, 7.0, 6.6, 7.2, 8.2, 7.6, 5.8, 5.4, 4.2, 2.9, 1.8, 1.2),
    "near": (4.5, 6.8, 7.8, 4.8, 2.6, 3.1, 4.2, 4.6, 5.0, 6.6, 9.0, 9.0, 7.6, 7.8, 6.6, 4.6, 2.9, 2.0),
    "far": (3.2, 5.2, 6.4, 3.4, 1.3, 1.6, 2.4, 2.8, 3.8, 6.0, 10.0, 11.2, 10.2, 11.2, 9.4, 6.4, 3.9, 2.6),
    "zone": (2.6, 2.8, 2.4, 5.2, 16.5, 16.0, 13.5, 10.2, 8.4, 7.4, 6.2, 4.2, 1.9, 1.2, 0.7, 0.4, 0.2, 0.1),
}  # fmt: skip
# Men in 100 persons of a band.
_MEN = (52.8, 52.9, 53.2, 53.0, 52.0, 51.2, 50.8, 50.9, 51.3, 51.4, 51.0, 50.6, 50.0, 49.0, 47.8, 45.5, 42.0, 36.0)  # fmt: skip
_LEAVERS = (1.0, 2.0, 3.0, 9.0, 17.0, 17.0, 16.0, 13.0, 9.0, 7.0, 4.0, 2.0, 0.5, 0.2, 0.1, 0, 0, 0)
_SURVIVE = (1.0, 1, 1, 1, 1, 1, 1, 0.99, 0.99, 0.98, 0.97, 0.96, 0.93, 0.89, 0.82, 0.71, 0.56, 0.4)


@dataclass(frozen=True)
class People:
    """Counts of persons; sex 0 men, 1 women; age bands as ``BANDS``."""

    usual: Ints  # (n_grids, 2, 18) on 2025-11-01
    floating: Ints  # (n_grids,) of them from elsewhere
    usual_2020: Ints  # (n_villages, 2, 18)
    registered: Ints  # (n_villages, 2, 18) in the police register on 2025-11-01
    households: Ints  # (n_villages, 5)
    groups: Ints  # (n_villages, 5)
    remote: Floats  # (n_villages,) 0 beside a town, 1 at the far end of a valley


def whole_parts(weights: Floats, total: int) -> Ints:
    """Split ``total`` in proportion to weights by largest remainder; the sum is exact."""
    exact = weights / weights.sum() * total
    parts = np.floor(exact).astype(np.int64)
    missing = total - int(parts.sum())
    parts[np.argsort(parts - exact, kind="stable")[:missing]] += 1
    return np.asarray(parts)


def populate(relief: Relief, sites: Sites, areas: Areas, rng: np.random.Generator) -> People:
    """Settle 480,000 residents and everything that is counted about them."""
    n_villages = len(areas.village_town)
    setting, village = sites.setting, areas.grid_village
    residents = _residents(relief, sites, village, rng)
    remote = _remote(relief, sites, areas)
    ages = _structures(setting, remote[village], village, rng)
    usual = rng.multinomial(residents, ages.reshape(len(residents), 36)).reshape(-1, 2, 18)
    away = np.array([0.012, 0.045, 0.63, 0.13])[setting] * rng.lognormal(0, 0.25, len(setting))
    floating = rng.binomial(residents, np.minimum(away, 0.9))
    by_village = np.zeros((n_villages, 2, 18), dtype=np.int64)
    np.add.at(by_village, village, usual)
    kind = np.array(
        [
            np.bincount(setting[village == v], residents[village == v], 4).argmax()
            for v in range(n_villages)
        ]
    )
    strangers = np.bincount(village, floating, n_villages).astype(np.float64)
    return People(
        usual=usual,
        floating=floating,
        usual_2020=_earlier(by_village, kind, remote, rng),
        registered=_registered(by_village, kind, remote, strangers, rng),
        households=_households(by_village, kind, remote, rng),
        groups=_groups(by_village, kind, remote, rng),
        remote=remote,
    )


def _residents(relief: Relief, sites: Sites, village: Ints, rng: np.random.Generator) -> Ints:
    """Return residents of each grid: at least 6 each, 480,000 together."""
    ground = 0.15 + relief.at(sites.worth, sites.grids)
    weight = ground * rng.lognormal(0, 0.38, len(ground))
    weight *= rng.lognormal(0, 0.25, village.max() + 1)[village]
    town = np.hypot(*(sites.grids - sites.seat).T)
    dense = np.exp(-((town / 2600.0) ** 2)) + 0.35
    weight = np.where(sites.setting == SEAT, dense * rng.lognormal(0, 0.22, len(ground)), weight)
    total = np.zeros(len(ground))
    for setting, share in _TOWN_SHARE.items():
        group = sites.setting == setting
        total[group] = share * weight[group] / weight[group].sum()
    return 6 + whole_parts(total, USUAL - 6 * len(total))


def _remote(relief: Relief, sites: Sites, areas: Areas) -> Floats:
    """Return how far from a town's market a village lies, 0 to 1, climbing included."""
    heads = np.concatenate([sites.towns, [sites.seat, sites.zone]])
    gap = sites.grids[:, None, :] - heads[None, :, :]
    height = relief.at(relief.height_m, sites.grids)[:, None] - relief.at(relief.height_m, heads)
    far = (np.hypot(gap[..., 0], gap[..., 1]) + 6.0 * np.abs(height)).min(axis=1)
    mean = np.bincount(areas.grid_village, far) / np.bincount(areas.grid_village)
    return np.asarray(np.clip((mean - 2000.0) / 9000.0, 0.0, 1.0))


def _structures(setting: Ints, remote: Floats, village: Ints, rng: np.random.Generator) -> Floats:
    """Return the share of each sex and age among a grid's residents, (n_grids, 2, 18)."""
    near, far = np.array(_AGES["near"]), np.array(_AGES["far"])
    ages = near + remote[:, None] * (far - near)
    for value, name in ((CORE, "core"), (ZONE, "zone"), (SEAT, "seat")):
        ages[setting == value] = _AGES[name]
    ages *= rng.gamma(60.0, 1 / 60.0, (village.max() + 1, 18))[village]
    men = np.array(_MEN) / 100.0
    surplus = 0.02 * ((setting == RURAL)[:, None] & (np.arange(18) >= 4) & (np.arange(18) <= 9))
    both = np.stack([ages * (men + surplus), ages * (1 - men - surplus)], axis=1)
    return np.asarray(both / both.sum(axis=(1, 2), keepdims=True))


def _counts(mean: Floats, total: int, rng: np.random.Generator) -> Ints:
    """Draw whole counts around ``mean`` that sum to ``total``."""
    drawn = mean * rng.gamma(40.0, 1 / 40.0, mean.shape)
    return whole_parts(drawn.ravel(), total).reshape(mean.shape)


def _earlier(usual: Ints, kind: Ints, remote: Floats, rng: np.random.Generator) -> Ints:
    """Go back five years: everybody one band younger, the country fuller, the zone small."""
    back = usual + 0.4
    younger = np.concatenate([back[..., 1:], back[..., -1:] * 0.6], axis=-1) / np.array(_SURVIVE)
    size = np.array([1.08, 0.99, 0.46, 0.84])[kind] + 0.14 * remote * (kind == RURAL)
    before = (
        younger
        / younger.sum(axis=(1, 2), keepdims=True)
        * (back.sum(axis=(1, 2)) * size)[:, None, None]
    )
    return _counts(before, USUAL_2020, rng)


def _registered(
    usual: Ints, kind: Ints, remote: Floats, strangers: Floats, rng: np.random.Generator
) -> Ints:
    """Add those who left and take away those from elsewhere."""
    people = usual.sum(axis=(1, 2))
    stay = usual * (1 - np.minimum(strangers / people, 0.95))[:, None, None]
    gone = people * (np.array([0.22, 0.10, 0.02, 0.04])[kind] + 0.20 * remote * (kind == RURAL))
    leavers = np.array(_LEAVERS) / sum(_LEAVERS)
    men = np.array(_MEN) / 100.0
    both = np.stack([leavers * men, leavers * (1 - men)])
    return _counts(stay + gone[:, None, None] * both + 0.02, REGISTERED, rng)


def _households(usual: Ints, kind: Ints, remote: Floats, rng: np.random.Generator) -> Ints:
    """Return households by type: smaller and older ones where the young have left."""
    people = usual.sum(axis=(1, 2))
    size = np.array([2.72, 2.9, 1.9, 2.95])[kind] - 0.35 * remote * (kind == RURAL)
    shares = np.array([
        [0.22, 0.25, 0.27, 0.20, 0.06], [0.17, 0.20, 0.38, 0.20, 0.05],
        [0.46, 0.17, 0.26, 0.03, 0.08], [0.16, 0.19, 0.43, 0.18, 0.04],
    ])[kind]  # fmt: skip
    shares = (
        shares
        + remote[:, None] * np.array([0.07, 0.06, -0.08, -0.05, 0.0]) * (kind == RURAL)[:, None]
    )
    return rng.multinomial(np.rint(people / size).astype(np.int64), shares)


def _groups(usual: Ints, kind: Ints, remote: Floats, rng: np.random.Generator) -> Ints:
    """Return persons of each vulnerable group, never more than there are of that age."""
    country = kind == RURAL
    people, ages = usual.sum(axis=(1, 2)), usual.sum(axis=1)
    old, young = ages[:, 12:].sum(axis=1), ages[:, :3].sum(axis=1)
    alone = np.where(country, 0.11 + 0.12 * remote, 0.08)
    behind = np.where(country, 0.20 + 0.22 * remote, 0.05)
    poor = np.where(country, 0.045 + 0.05 * remote, 0.018) * rng.lognormal(0, 0.3, len(kind))
    return np.column_stack([
        rng.binomial(old, alone),
        rng.binomial(young, behind),
        rng.binomial(people, np.minimum(poor, 0.3)),
        rng.binomial(people, np.where(country, 0.046, 0.027)),
        rng.binomial(old, np.where(country, 0.022, 0.004)),
    ])  # fmt: skip
