"""A placement question as the solvers take it: costs, rules, money and room as arrays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.orm import Session

from cockpit.access.classes import may_see
from cockpit.answers.coverage_masks import masked
from cockpit.answers.coverage_results import Floats
from cockpit.answers.coverage_supply import room
from cockpit.answers.reach import Note
from cockpit.answers.siting_ground import (
    MOST_CANDIDATES,
    UNREACHED_MINUTES,
    Ground,
    Positions,
    require_told,
    unreached_note,
)
from cockpit.answers.siting_rules import Rules
from cockpit.placement.problem import Problem, near_pairs
from cockpit.store.models import Dataset, Feature
from cockpit.store.session import engine
from geodata.errors import InputError
from geodata.network import UNREACHED

Flags = NDArray[np.bool_]

_MOST_PAIRS = 400_000
"""Pairs of sites too near to each other: more make a search hang in rules, not in the county."""


@dataclass(frozen=True, eq=False)
class Posed:
    """The problem of the solvers, and what its columns are."""

    problem: Problem
    sites: Positions  # column j is the site ground.sites[sites[j]]
    notes: tuple[Note, ...] = ()
    room: tuple[Note, ...] = ()  # what to say besides where sites fill up


def pose(ground: Ground, rules: Rules) -> Posed:
    """
    Return the problem that a question and its rules pose.

    Columns are the facilities of today and every cell of the question's unit in which something
    may stand (``MOST_CANDIDATES`` at most, then those with most people), in the order of the
    ground's sites. Costs are minutes, at most ``UNREACHED_MINUTES``, 32-bit; weights the people;
    groups the townships.

    Raises
    ------
    InputError
        If nothing is left to choose from, or rules contradict each other; it names the sites. If
        nobody is there, or so few that their number is not shown.
    """
    require_told(ground)
    if not ground.people.sum() > 0:
        raise InputError("Nobody of this group is counted here, so there is nobody to plan for.")
    musts, nots = ({ground.index(site) for site in s} for s in (rules.must, rules.forbidden))
    both = sorted(musts & nots)
    if both:
        raise InputError(
            "{name} must be open and must not; choose one of both.",
            name=ground.named(ground.sites[both[0]]),
        )
    candidates, notes = candidate_sites(ground, rules)
    today = np.arange(ground.n_facilities)
    named = np.array(sorted(s for s in musts if s >= ground.n_facilities), dtype=np.intp)
    sites = np.concatenate((today, np.union1d(candidates, named))).astype(np.intp)
    if not len(sites):
        raise InputError("No cell may get a site under these rules; loosen one of them.")
    flags = _flags(ground, rules, sites, musts, nots)
    pairs = _pairs(ground, rules, sites, flags)
    seconds = ground.matrix(sites)
    cost = np.minimum(seconds / np.float32(60), np.float32(UNREACHED_MINUTES))
    people = ground.people
    away = people[(seconds == UNREACHED).all(axis=1)].sum()
    problem = _made(ground, cost.astype(np.float32, copy=False), people, rules, sites, flags, pairs)
    return Posed(problem, sites, (*notes, *unreached_note(float(away))))


def candidate_sites(ground: Ground, rules: Rules) -> tuple[Positions, tuple[Note, ...]]:
    """Return the cells in which a new site may stand, as positions among the ground's sites."""
    first, cells = ground.n_facilities, ground.site_cells
    allowed = np.isin(cells, ground.cells)
    for reason in (_by_settlement, _by_people, _by_zone, _by_distance):
        allowed &= reason(ground, rules)
    nots = [ground.index(s) - first for s in rules.forbidden if s.startswith("c:")]
    allowed[nots] = False
    if rules.candidates == "villages":
        allowed &= _largest_of_villages(ground, allowed)
    found = np.flatnonzero(allowed)
    if len(found) <= MOST_CANDIDATES:
        return found + first, ()
    people = _residents(ground)[cells[found]]
    most = found[np.sort(np.argsort(-people, kind="stable")[:MOST_CANDIDATES])]
    note = Note(
        "Of {all} cells the {n} with most residents are candidates; a better place may be among "
        "the others.",
        {"all": len(found), "n": MOST_CANDIDATES},
    )
    return most + first, (note,)


def why_excluded(ground: Ground, rules: Rules, site: int) -> str:
    """
    Return the rule that keeps a new site from a cell; "" when none does.

    One of "unit", "where", "people", "zone", "distance", "forbidden", "village".
    """
    k = site - ground.n_facilities
    if ground.site_cells[k] not in ground.cells:
        return "unit"
    checks = {
        "where": _by_settlement, "people": _by_people, "zone": _by_zone, "distance": _by_distance,
    }  # fmt: skip
    for name, check in checks.items():
        if not check(ground, rules)[k]:
            return name
    if ground.sites[site] in rules.forbidden:
        return "forbidden"
    if rules.candidates == "villages" and site not in candidate_sites(ground, rules)[0]:
        return "village"
    return ""


def named(error: InputError, ground: Ground, sites: Positions) -> InputError:
    """Return an error of the solvers that says the names of sites instead of their numbers."""
    told = dict(error.values)
    for key in ("site", "first", "second"):
        number = told.get(key)
        if isinstance(number, int) and 0 <= number < len(sites):
            told[key] = ground.named(ground.sites[int(sites[number])])
    return type(error)(error.template, **told)


# ---------------------------------------------------------------- where something may stand


def _by_settlement(ground: Ground, rules: Rules) -> Flags:
    town = ground.reach.town[ground.site_cells]
    if rules.where == "all":
        return np.ones(len(town), dtype=np.bool_)
    return town if rules.where == "town" else ~town


def _residents(ground: Ground) -> Floats:
    """Return the residents of the county's cells as figures may use them."""
    return masked(ground.reach, "people", ground.q.small_count).people


def _by_people(ground: Ground, rules: Rules) -> Flags:
    found: Flags = _residents(ground)[ground.site_cells] >= rules.least_people
    return found


def _by_zone(ground: Ground, rules: Rules) -> Flags:
    lonlat = ground.reach.lonlat[ground.site_cells]
    free = np.ones(len(lonlat), dtype=np.bool_)
    for area in _areas(ground, rules.zones):
        shapely.prepare(area)
        free &= ~shapely.intersects_xy(area, lonlat[:, 0], lonlat[:, 1])
    return free


def _areas(ground: Ground, zones: tuple[int, ...]) -> list[shapely.Geometry]:
    if not zones:
        return []
    query = (
        select(Feature.id, Feature.geometry, Dataset.data_class)
        .join(Dataset, Dataset.id == Feature.dataset_id)
        .where(Feature.id.in_(zones))
    )
    with Session(engine()) as db:
        found = {
            row.id: shapely.from_wkb(row.geometry)
            for row in db.execute(query)
            if may_see(ground.q.visitor, row.data_class)
        }
    missing = [zone for zone in zones if zone not in found]
    if missing:
        raise InputError("There is no stored area {zone}.", zone=missing[0])
    return [found[zone] for zone in zones]


def _by_distance(ground: Ground, rules: Rules) -> Flags:
    """Return the cells far enough from every facility that certainly stays."""
    n = len(ground.site_cells)
    if rules.spacing_m <= 0 or rules.existing == "free":
        return np.ones(n, dtype=np.bool_)
    stays = [k for k in range(ground.n_facilities) if ground.sites[k] not in rules.forbidden]
    metres = ground.metres
    there = metres[stays][np.isfinite(metres[stays]).all(axis=1)]
    if not len(there):
        return np.ones(n, dtype=np.bool_)
    from scipy.spatial import cKDTree

    apart, _ = cKDTree(there).query(metres[ground.n_facilities :])
    found: Flags = apart >= rules.spacing_m
    return found


def _largest_of_villages(ground: Ground, allowed: Flags) -> Flags:
    cells = ground.site_cells
    villages, people = ground.reach.villages[cells], _residents(ground)[cells]
    order = np.lexsort((np.arange(len(cells)), -people, villages))
    order = order[allowed[order]]
    _, first = np.unique(villages[order], return_index=True)
    chosen = np.zeros(len(cells), dtype=np.bool_)
    chosen[order[first]] = True
    return chosen


# ---------------------------------------------------------------- arrays of the problem


def _flags(
    ground: Ground, rules: Rules, sites: Positions, musts: set[int], nots: set[int]
) -> dict[str, Flags]:
    today = sites < ground.n_facilities
    forbidden = np.isin(sites, list(nots))
    must = np.isin(sites, list(musts))
    if rules.existing == "keep":
        must |= today & ~forbidden
    return {"must": must, "forbidden": forbidden, "existing": today}


def _pairs(
    ground: Ground, rules: Rules, sites: Positions, flags: dict[str, Flags]
) -> NDArray[np.int64]:
    """Return the pairs too near; two facilities of today may stay as near as they are."""
    if rules.spacing_m <= 0:
        return np.empty((0, 2), dtype=np.int64)
    some = np.flatnonzero(~flags["forbidden"])
    if rules.existing == "keep":  # candidates are far enough from these already
        some = np.flatnonzero(~flags["forbidden"] & ~flags["existing"])
    pairs = some[near_pairs(ground.metres[sites[some]], rules.spacing_m)].reshape(-1, 2)
    both = flags["existing"][pairs].all(axis=1)
    pairs = pairs[~both]
    if len(pairs) > _MOST_PAIRS:
        raise InputError(
            "A spacing of {metres} m leaves {n} pairs of places too near to each other, more than "
            "can be searched; ask for less, or for one candidate a village.",
            metres=f"{rules.spacing_m:g}", n=len(pairs),
        )  # fmt: skip
    return pairs.astype(np.int64)


def _made(
    ground: Ground,
    cost: NDArray[np.float32],
    people: Floats,
    rules: Rules,
    sites: Positions,
    flags: dict[str, Flags],
    pairs: NDArray[np.int64],
) -> Problem:
    today = flags["existing"]
    capacity = np.full(len(sites), new_capacity(ground, rules))
    capacity[today] = room(ground.reach, ground.q)[sites[today]]
    try:
        return Problem.of(
            cost,
            people,
            **flags,
            site_cost=np.where(today, rules.kept_cost, rules.new_cost),
            capacity=capacity,
            groups=ground.townships,
            spacing=pairs,
        )
    except InputError as error:
        raise named(error, ground, sites) from error


def new_capacity(ground: Ground, rules: Rules) -> float:
    """Return how many people a new site serves: as the rules say, or the median of today's."""
    if rules.new_capacity is not None:
        return float(rules.new_capacity)
    known = room(ground.reach, ground.q)
    known = known[np.isfinite(known)]
    return float(np.median(known)) if len(known) else float("inf")


def room_notes(ground: Ground, rules: Rules) -> tuple[Note, ...]:
    """Return the remark on how many people a new site serves, where nobody has said it."""
    size = new_capacity(ground, rules)
    if rules.new_capacity is not None or np.isinf(size):
        return ()
    return (
        Note(
            "Where room counts, a new site serves {n} people: the median of today's facilities.",
            {"n": round(size)},
        ),
    )
