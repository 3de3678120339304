"""The sample county as tables in memory, with and without what is planted in it."""

from functools import cache

import numpy as np
import pandas as pd

from geodata.synthetic import events, sensors, world
from geodata.synthetic.quiet import QuietWorld, quiet_world

FIRST = np.datetime64(events.FIRST_DAY.isoformat())
DAYS = FIRST + np.arange(events.N_DAYS)


@cache
def quiet() -> QuietWorld:
    return quiet_world()


@cache
def planted_events():
    """Return events of the sample county as they are stored, and what is planted in them."""
    made = quiet().county
    sheet, _, truth = events.make_events(
        made.sites, made.areas, made.names, made.people, made.buildings, made.facilities.table,
        world.chance(made.seed, 34),
    )  # fmt: skip
    sheet["when"] = pd.to_datetime(sheet["受理时间"], errors="coerce")
    known = sheet["区划代码"].isin(quiet().village_codes) & sheet["when"].notna()
    return sheet[known].drop_duplicates("事件编号"), truth


@cache
def planted_readings():
    made = quiet().county
    return sensors.make_sensors(made.relief, made.sites, world.chance(made.seed, 35))


@cache
def towns() -> list[str]:
    return sorted({code[:9] for code in quiet().village_codes})


def by_town(when: np.ndarray, town_codes: np.ndarray) -> np.ndarray:
    """Return counts, (days, townships)."""
    day = (np.asarray(when, "datetime64[D]") - FIRST).astype(int)
    counts = np.zeros((len(DAYS), len(towns())))
    np.add.at(counts, (day, np.searchsorted(towns(), town_codes)), 1)
    return counts


def quiet_days(rng: np.random.Generator, categories: tuple[str, ...]) -> dict[str, np.ndarray]:
    """
    Return counts of a quiet year by category, (days, townships).

    The events are those that ``QuietWorld.events`` draws from the same state; their texts and
    places in metres, which take it most of its time, are left out.
    """
    made = quiet().county
    raw = events.everyday(made.sites, made.people, made.buildings, rng)
    category = raw["category"].to_numpy(dtype=object)
    town = _town_of_house()[raw["house"].to_numpy()]
    day = raw["minute"].to_numpy() // (24 * 60)
    found = {}
    for name in categories:
        own = category == name
        at = day[own] * len(towns()) + town[own]
        counts = np.bincount(at, minlength=len(DAYS) * len(towns()))
        found[name] = counts.reshape(len(DAYS), len(towns())).astype(float)
    return found


@cache
def _town_of_house() -> np.ndarray:
    town = np.searchsorted(towns(), [code[:9] for code in quiet().village_codes])
    return town[quiet().village[quiet().county.buildings.grid]]
