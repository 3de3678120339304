"""The health check of a county: every standard at once, on sweeps to the nearest facility."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from cockpit.answers.coverage_masks import Mask, is_sensitive, masked
from cockpit.answers.coverage_question import allowed_groups
from cockpit.answers.coverage_results import Floats
from cockpit.answers.reach import Reach
from cockpit.coverage.services import service_of
from cockpit.coverage.standard_check import Checked, check, farthest
from cockpit.coverage.standards import STANDARDS, Standard, changed
from geodata.errors import InputError
from geodata.network import UNREACHED, UNREACHED_M


def standards_of(reach: Reach) -> dict[str, Standard]:
    """Return the standards with the county's own figures."""
    return changed(STANDARDS, reach.standards)


def health_check(
    reach: Reach,
    *,
    unit: int = 0,
    standards: Mapping[str, Standard] | None = None,
    visitor: str = "公开",
    small_count: int = 10,
) -> list[Checked]:
    """
    Check all standards on the people of a unit, in their order.

    The nearest facility may stand anywhere in the county. Ratios (beds for 1,000 people) hold the
    facilities in the unit against the people in it. Labels of regions are rows of ``twin.regions``;
    ``missing`` follows ``reach.inside(unit)``.

    Parameters
    ----------
    unit
        Row of the unit.
    standards
        None: the project's with the county's own figures (``standards_of``).
    visitor
        Highest data class the visitor may see: a group above it counts as not counted.
    small_count
        Counts of a sensitive group below this are NaN, and shares from which they would follow.

    Raises
    ------
    InputError
        For a unit that there is not.
    """
    if not 0 <= unit < len(reach.twin.regions):
        raise InputError("No region has the code {code}.", code=unit)
    asked = standards_of(reach) if standards is None else standards
    here = _Here(reach, unit, allowed_groups(reach, visitor), small_count)
    return [here.told(here.checked(standard)) for standard in asked.values()]


class _Here:
    """What every standard asks of a unit, gathered once."""

    def __init__(self, reach: Reach, unit: int, groups: tuple[str, ...], small_count: int) -> None:
        self.reach, self.unit, self.groups = reach, unit, groups
        self.small_count = small_count
        self.cells = reach.inside(unit)
        self.villages, self.townships = facility_regions(reach)
        town = dict(zip(reach.villages.tolist(), reach.town.tolist(), strict=True))
        self.in_town = np.array([town.get(v, False) for v in self.villages.tolist()], dtype=bool)
        self.there = self._there()

    def _there(self) -> NDArray[np.bool_]:
        """Return which facilities stand in the unit; in the county all within its border."""
        if not self.unit:
            return np.asarray(~self.reach.facilities["outside"].to_numpy(dtype=bool))
        codes = self.reach.facilities["region_code"].to_numpy()
        path, twin = self.reach.twin.path(self.unit), self.reach.twin
        known = twin.regions.attrs["rows"]
        return np.array(
            [c in known and twin.path(known[c]).startswith(path) for c in codes], dtype=bool
        )

    def checked(self, standard: Standard) -> Checked:
        """Check one standard."""
        kinds = service_of(standard.service).kinds
        all_rows = self.reach.of_kinds(kinds)
        rows = all_rows[self.there[all_rows]]
        by_town = standard.level == "township"
        regions = self.reach.townships if by_town else self.reach.villages
        return check(
            standard,
            people=self._people(standard.group),
            nearest=self._nearest(standard),
            or_nearest=self._or_nearest(standard),
            town=self.reach.town[self.cells],
            region=regions[self.cells],
            capacity=self.reach.facilities["capacity"].to_numpy(dtype=float)[rows],
            facility_town=self.in_town[rows],
            facility_region=(self.townships if by_town else self.villages)[rows],
            absent=not all(
                len(self.reach.of_kinds(service_of(s).kinds)) for s in standard.services
            ),
        )

    def _people(self, group: str) -> Floats | None:
        if group == "area_km2":
            area = self.reach.twin.measures["area_km2"][self.reach.rows[self.cells]]
            return None if np.isnan(area).all() else np.nan_to_num(area)
        if group not in self.groups:
            return None
        return masked(self.reach, group, self.small_count).people[self.cells]

    def told(self, found: Checked) -> Checked:
        """Return what may be shown of a check; the light stays."""
        group = found.standard.group
        if not is_sensitive(self.reach, group) or group not in self.groups:
            return found
        mask, units = (
            Mask(True, self.small_count),
            masked(self.reach, group, self.small_count).units,
        )
        total = np.nan if self.unit in units else mask.count(found.people_total)
        missing = mask.part(found.people_missing, total)
        by_people = found.standard.rule != "one_each"
        hidden = np.isnan(total) or (by_people and np.isnan(missing))
        return replace(
            found,
            people_total=total,
            people_missing=missing,
            value=np.nan if hidden else found.value,
            achieved=np.nan if hidden else found.achieved,
            lacking=np.nan if hidden else found.lacking,
            worst=tuple(
                (row, np.nan if row in units else mask.count(people)) for row, people in found.worst
            ),
        )

    def _nearest(self, standard: Standard) -> Floats | None:
        """Return seconds or metres to the farthest of the services that are asked for."""
        metres = standard.rule == "metres"
        if not metres and standard.rule != "minutes" and standard.or_minutes is None:
            return None
        return self._farthest(standard, standard.mode, metres=metres)

    def _or_nearest(self, standard: Standard) -> Floats | None:
        """Return seconds to what may stand in for a distance; None where nothing may."""
        if standard.rule != "metres" or standard.or_minutes is None:
            return None
        return self._farthest(standard, standard.or_mode or standard.mode, metres=False)

    def _farthest(self, standard: Standard, mode: str, *, metres: bool) -> Floats:
        figures = []
        for name in standard.services:
            service = service_of(name)
            found = self.reach.nearest_seconds(
                service.kinds,
                mode,
                service.towards,
                cost="length" if metres else "time",
            )[self.cells]
            figures.append(np.where(found == (UNREACHED_M if metres else UNREACHED), np.inf, found))
        return farthest(figures)


def facility_regions(reach: Reach) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """
    Return the rows of the village and the township that each facility stands in; -1: not known.

    A facility that is known to be in a township only has no village.
    """
    twin = reach.twin
    levels = twin.regions["level"].to_numpy()
    known: dict[str, int] = twin.regions.attrs["rows"]
    of_code: dict[object, tuple[int, int]] = {}
    for code in set(reach.facilities["region_code"]) & set(known):
        above = {levels[row]: row for row in twin.ancestors(known[code])}
        of_code[code] = (above.get("village", -1), above.get("township", -1))
    found = [of_code.get(code, (-1, -1)) for code in reach.facilities["region_code"]]
    table = np.array(found, dtype=np.intp).reshape(-1, 2)
    return table[:, 0], table[:, 1]
