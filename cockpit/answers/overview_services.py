"""Headlines of services: the share of people within the standards that the county checks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from cockpit.access.classes import highest
from cockpit.answers.coverage_check import health_check, standards_of
from cockpit.answers.coverage_masks import masked
from cockpit.answers.coverage_question import allowed_groups
from cockpit.answers.current import current_twin
from cockpit.answers.overview_parts import Headline
from cockpit.answers.reach import Reach, current_reach
from cockpit.answers.risk_work import Desk, Work
from cockpit.coverage.standard_check import Checked
from cockpit.coverage.standard_list import OURS
from cockpit.overview.lights import Target, light_of
from cockpit.settings import settings

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Service:
    """One headline and the standards that it joins: of town, of the country, or of all."""

    id: str
    title: str  # msgid
    standards: tuple[str, ...]
    definition: str  # msgid
    beyond: str  # msgid with {n}: people of a village who live beyond the standard
    group: str  # whose people ``beyond`` counts
    service: str  # of the page Coverage


SERVICES = (
    Service(
        "care", "Care point within 15 min on foot", ("clinic_15min",),
        "Share of residents whose nearest hospital, health centre or clinic is at most 15 minutes "
        "away on foot.",
        "{n} residents of 60 and over live more than 15 min on foot from a care point.",
        "age_60_plus", "medical",
    ),
    Service(
        "school", "Primary school in reach", ("primary_500m", "primary_2500m"),
        "Share of children of 0 to 14 with a primary school within 500 m in town, or within 2.5 km "
        "or 30 minutes in the country.",
        "{n} children live farther from a primary school than the standard asks.",
        "age_0_14", "primary_school",
    ),
    Service(
        "ambulance", "Ambulance post in reach", ("ambulance_5km", "ambulance_20km"),
        "Share of residents with an ambulance post within 5 km in town, or within 20 km in the "
        "country, by road.",
        "{n} residents live farther from an ambulance post than the standard asks.",
        "people", "ambulance",
    ),
    Service(
        "fire", "Fire service in time", ("fire_5min", "fire_team_15min"),
        "Share of residents whom a fire engine reaches within 5 minutes in town, or a fire team "
        "within 15 minutes in the country.",
        "{n} residents cannot be reached by the fire service in the time of the standard.",
        "people", "fire",
    ),
)  # fmt: skip


@dataclass(frozen=True)
class Beyond:
    """How many people of each village live beyond a service's standards."""

    service: Service
    people: Floats  # (n_regions,) by row of the county; 0 where nobody does or nobody knows


@dataclass(frozen=True)
class Provided:
    """What the check of the standards says of a unit."""

    headlines: tuple[Headline, ...]
    beyond: tuple[Beyond, ...]
    missing: tuple[str, ...] = field(default=())  # titles (msgids) that cannot be told


def provided(reach: Reach, unit: int, visitor: str) -> Provided:
    """Return the services of a unit (a row of the whole county) as a visitor may see them."""
    wanted = {name for s in SERVICES for name in s.standards}
    asked = {k: v for k, v in standards_of(reach).items() if k in wanted}
    small = settings().small_count
    found = {
        c.standard.id: c
        for c in health_check(reach, unit=unit, standards=asked, visitor=visitor, small_count=small)
    }
    lines, beyond, missing = [], [], []
    groups = allowed_groups(reach, visitor)
    for service in SERVICES:
        checks = [found[name] for name in service.standards if found[name].light != "none"]
        share = share_within(checks)
        if np.isnan(share):
            missing.append(service.title)
            continue
        lines.append(_headline(reach, service, checks, share))
        if service.group in groups:
            beyond.append(Beyond(service, _beyond(reach, unit, service, checks, small)))
    return Provided(tuple(lines), tuple(beyond), tuple(missing))


def share_within(checks: list[Checked]) -> float:
    """
    Return the share (0 to 1) of the people of several standards who live within theirs.

    NaN where nobody is concerned or a part may not be shown.
    """
    total = sum(c.people_total for c in checks)
    if not checks or not total > 0:
        return float("nan")
    return 1.0 - sum(c.people_missing for c in checks) / total


def target_of(checks: list[Checked]) -> Target:
    """
    Return the target of several standards together, in percent.

    Where their goals differ it is the mean by people: the share there would be if each met its own.
    """
    people = np.array([c.people_total for c in checks])
    goal = float(np.average([c.standard.goal for c in checks], weights=people))
    watch = float(np.average([c.standard.watch for c in checks], weights=people))
    sources = [c.standard.goal_source for c in checks]
    words = next((s for s in sources if s != OURS), OURS)
    return Target(round(100 * goal, 6), higher=True, watch=round(100 * watch, 6), words=words)


def _headline(reach: Reach, service: Service, checks: list[Checked], share: float) -> Headline:
    target, value, twin = target_of(checks), 100 * share, reach.twin
    groups = {c.standard.group for c in checks}
    return Headline(
        service.id, service.title, "%", value, 1, twin.date,
        highest(twin.classes.get(g, "备用") for g in groups),
        target=target.value, target_words=target.words, light=light_of(value, target),
        page="coverage", query={"service": service.service},
        sources=tuple(dict.fromkeys(
            s for m in (*sorted(groups), "facilities") for s in twin.sources.get(m, ())
        )),
        definition=service.definition, target_higher=True,
        note=("{n} people beyond", {"n": round(sum(c.people_missing for c in checks))}),
    )  # fmt: skip


def _beyond(reach: Reach, unit: int, service: Service, checks: list[Checked], small: int) -> Floats:
    cells = reach.inside(unit)
    people = masked(reach, service.group, small).people[cells]
    lost = np.zeros(len(cells), dtype=bool)
    for one in checks:
        lost |= one.missing
    found = np.zeros(len(reach.twin.regions))
    village = reach.villages[cells]
    there = lost & (village >= 0) & np.isfinite(people)
    np.add.at(found, village[there], people[there])
    return found


# ---------------------------------------------------------------- once for a version

_desk = Desk()
_Key = tuple[str, str, int]


def asked(version: str, visitor: str, unit: int, *, patience_s: float = 0.0) -> Work:
    """
    Return the check of a version, done or under way in the background: seconds when cold.

    ``result()`` is ``Provided``; a refusal is raised there.
    """
    work = _desk.ask((version, visitor, unit), lambda: _make(visitor, unit))
    work.done.wait(patience_s)
    return work


def _make(visitor: str, unit: int) -> Provided:
    reach = current_reach(visitor)
    if reach is None or current_twin() is None:
        return Provided((), ())
    return provided(reach, unit, visitor)


def forget() -> None:
    """Drop what is kept: a test changed the store behind our back."""
    _desk.forget()


def titles() -> Mapping[str, str]:
    """Return the title (msgid) of each service by its id."""
    return {s.id: s.title for s in SERVICES}
