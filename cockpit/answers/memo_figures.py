"""A scenario's figures counted again from the times to each open site."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cockpit.answers.coverage_masks import is_sensitive, masked
from cockpit.answers.scenarios import Scenario
from cockpit.answers.siting import UNREACHED_MINUTES, Ground
from cockpit.answers.siting_fairness import group_gap
from cockpit.answers.siting_figures import Figures
from cockpit.locale import translate
from cockpit.memo.facts import Gap
from cockpit.memo.recount import NO_WAY, Ways, Who, recount
from cockpit.memo.sheet import Sheet, by_path


@dataclass(frozen=True, eq=False)
class Counted:
    """The sheet on which a memo's figures are written, and the change of each cell."""

    sheet: Sheet
    change: NDArray[np.float64]  # (n,) minutes, plan less today; NaN: no way, today and then


def recounted(ground: Ground, scenario: Scenario, language: str) -> Counted:
    """Return the scenario's figures beside their recount."""
    now = _ways(ground, range(ground.n_facilities))
    then = _ways(ground, ground.open_sites(scenario.layout))
    q = ground.q
    found = recount(
        now, then, list(_who(ground, scenario)), limit=q.minutes, most=UNREACHED_MINUTES
    )
    said = by_path(scenario.figures)
    sheet = Sheet(said, found, language, q.small_count, lambda path: _hidden(ground, path))
    return Counted(sheet, _change(now.nearest, then.nearest))


def gap_of(found: Figures, sheet: Sheet, language: str) -> Gap | None:
    """Return the gap in coverage between groups beside its recount; None: fewer than two told."""
    gap = group_gap(found)
    if gap.least_then is None or math.isnan(gap.now) or math.isnan(gap.then):
        return None
    counted = {
        when: [
            sheet.found[f"groups.{part.id}.{when}.share"]
            for part in found.groups
            if part.id != "people" and not math.isnan(getattr(part, when).share)
        ]
        for when in ("now", "then")
    }
    spread = {when: max(shares) - min(shares) for when, shares in counted.items()}
    least = translate(gap.least_then.title, language)
    return Gap(gap.now, gap.then, spread["now"], spread["then"], least, gap.widened)


def _ways(ground: Ground, sites: Iterable[int]) -> Ways:
    chosen = list(sites)
    columns = [ground.column(site) for site in chosen]
    n = len(ground.cells)
    seconds = np.column_stack(columns) if columns else np.empty((n, 0), dtype=np.uint16)
    return Ways(tuple(ground.sites[site] for site in chosen), seconds)


def _who(ground: Ground, scenario: Scenario) -> Iterable[Who]:
    """Yield everybody, then the groups and townships whose figures the scenario has."""
    reach, q = ground.reach, ground.q
    yield Who("", ground.people)
    for group in (str(part["id"]) for part in scenario.figures["groups"]):
        if group in reach.groups:
            people = masked(reach, group, q.small_count).people[ground.cells]
            yield Who(f"groups.{group}", people)
    codes = reach.twin.regions["code"].to_numpy()
    own = reach.townships[ground.cells]
    for row in np.unique(own).tolist():
        yield Who(f"townships.{codes[row]}", np.where(own == row, ground.people, 0.0))


def _hidden(ground: Ground, path: str) -> bool:
    """Tell whether small counts of a figure's people are not shown."""
    parts = path.split(".")
    group = parts[1] if parts[0] == "groups" else ground.q.group
    return is_sensitive(ground.reach, group)


def _change(before: NDArray[np.uint16], after: NDArray[np.uint16]) -> NDArray[np.float64]:
    was, will = (np.minimum(s / 60.0, UNREACHED_MINUTES) for s in (before, after))
    return np.where((before == NO_WAY) & (after == NO_WAY), np.nan, will - was)
