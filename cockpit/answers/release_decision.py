"""Whether a siting on the released figures would choose other places than on the exact ones."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from cockpit.answers.reach import Reach, current_reach, minutes
from cockpit.answers.release import Draft
from cockpit.answers.release_store import NOISY
from cockpit.answers.release_tables import MOST_OPEN, Exact, exact_of
from cockpit.answers.twin import Twin
from cockpit.coverage.services import service_of
from cockpit.release.decision_check import Decision, decision_check
from cockpit.release.tree import LEVELS
from geodata.errors import InputError

MOST_SITES, LONGEST_S = 150, 15.0
MOST_PLACES = 12
"""Sites that are asked for at most."""


@dataclass(frozen=True)
class Checked:
    """What the check found; names are of the regions whose middle cell is a site."""

    decision: Decision
    level: str  # of the figures that were used
    people: float  # exact, of the demand
    sites: tuple[int, ...]  # rows of twin.regions, best on the exact figures
    noisy_sites: tuple[int, ...]

    @property
    def same(self) -> bool:
        """Whether both choose the same places."""
        return set(self.sites) == set(self.noisy_sites)

    @property
    def worse(self) -> float:
        """How much the plan of the noisy figures loses, as a share of the best; 0: as good."""
        return self.decision.regret[0]


def check(db: Session, county: Twin, found: Draft, service: str, places: int) -> Checked:
    """
    Place a few new points of a service by the draft's figures and by the exact ones, and compare.

    Demand are the people of the lowest level that the draft offers, each region's at its middle
    cell; sites are the middle cells of at most 150 regions. As many people as possible are to be
    within the service's usual minutes (maximal covering). For the steward alone.

    Raises
    ------
    InputError
        If the draft has no noise, the data are no longer those that were counted, or the number of
        places is not 1 to 12.
    """
    if found.kind != NOISY:
        raise InputError("Only noisy figures are checked against a siting.")
    if not 1 <= places <= MOST_PLACES:
        raise InputError("Ask for 1 to {most} places.", most=MOST_PLACES)
    reach = current_reach(MOST_OPEN)
    if reach is None or not found.data_version == county.version == reach.version:
        raise InputError("The data changed since the draft was made; there is nothing to compare.")
    exact = exact_of(db, county, found.table_id).down_to(found.levels[-1])
    leaves = exact.tree.leaves
    rows = exact.rows[leaves]
    cells = _middle_cells(reach, county, rows)
    here = cells >= 0
    rows, cells = rows[here], cells[here]
    candidates = np.unique(np.linspace(0, len(rows) - 1, MOST_SITES).round().astype(np.intp))
    wanted = service_of(service)
    away = minutes(reach.travel.matrix(wanted.mode, cells, cells[candidates]))
    decision = decision_check(
        away,
        exact.figures[leaves][here].sum(axis=1).astype(float),
        [_released(found, county, rows)],
        model="mclp",
        parameters={"p": min(places, len(candidates)), "reach": wanted.minutes},
        seconds=LONGEST_S,
    )
    at = [tuple(int(rows[candidates[s]]) for s in sorted(sites))
          for sites in (decision.sites, decision.noisy_sites[0])]  # fmt: skip
    people = float(exact.figures[leaves].sum())
    return Checked(decision, _level(exact), people, at[0], at[1])


def _level(exact: Exact) -> str:
    return LEVELS[int(exact.tree.level.max())]


def _released(found: Draft, county: Twin, rows: NDArray[np.intp]) -> NDArray[np.float64]:
    table = found.table().set_index("code")
    codes = county.regions["code"].to_numpy()[rows]
    ids = [c[0] for c in found.classes]
    people: NDArray[np.float64] = table.loc[codes, ids].sum(axis=1).to_numpy(dtype=float)
    return people


def _middle_cells(reach: Reach, county: Twin, rows: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return for each region the cell nearest to the mean of its cells; -1 without any."""
    parent = county.regions["parent"].to_numpy()
    slot = np.full(len(county.regions), -1, dtype=np.intp)
    slot[rows] = np.arange(len(rows))
    owner = np.full(len(reach.rows), -1, dtype=np.intp)
    above = reach.rows.copy()
    while (above >= 0).any():
        at = np.where(above >= 0, slot[above], -1)
        owner = np.where((owner < 0) & (at >= 0), at, owner)
        above = np.where(above >= 0, parent[above], -1)
    placed = (owner >= 0) & ~np.isnan(reach.lonlat).any(axis=1)
    found = np.full(len(rows), -1, dtype=np.intp)
    count = np.bincount(owner[placed], minlength=len(rows))
    middle = np.column_stack([
        np.bincount(owner[placed], weights=reach.lonlat[placed, k], minlength=len(rows))
        for k in (0, 1)
    ]) / np.maximum(count, 1)[:, None]  # fmt: skip
    off = np.hypot(*(reach.lonlat[placed] - middle[owner[placed]]).T)
    cells = np.flatnonzero(placed)
    for k in np.argsort(-off):  # the nearest is written last
        found[owner[cells[k]]] = cells[k]
    return found
