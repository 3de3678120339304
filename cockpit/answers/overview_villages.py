"""The villages that need attention, each with the reasons that gave it its points."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cockpit.answers.alert_stories import Story
from cockpit.answers.alert_tables import LEVEL_TITLES
from cockpit.answers.overview_events import Course
from cockpit.answers.overview_parts import Attention, Reason
from cockpit.answers.overview_services import Beyond
from cockpit.answers.twin import Twin
from cockpit.locale import Named
from cockpit.overview.attention import (
    ALERT_POINTS,
    RISE_DAYS,
    USUAL_WINDOWS,
    Points,
    late_points,
    ranked,
    reach_points,
    rise_points,
    rises,
    score,
)
from cockpit.risk.rules import LEVELS

Rows = NDArray[np.intp]

CARD_TITLE = "Villages that need attention"
"""Title (msgid) of the card in the register of algorithms."""
_DAY = np.timedelta64(1, "D")


@dataclass(frozen=True)
class _Told:
    points: Points
    reason: Reason


def attention(
    county: Twin, unit: int, course: Course | None, stories: Sequence[Story],
    beyond: Sequence[Beyond], *, small_count: int,
) -> tuple[Attention, ...]:  # fmt: skip
    """
    Return the five villages of a unit with the most points; fewer where fewer have any.

    Parameters
    ----------
    course
        The county's events; None without any: then no reason comes from them.
    stories
        Open alerts that the visitor may see.
    beyond
        People beyond each service's standards.
    small_count
        Figures of people below this are no reason: nobody could be told apart.
    """
    rows = county.below(unit, "village")
    place = {int(row): k for k, row in enumerate(rows)}
    codes = [str(c) for c in county.regions["code"].to_numpy()[rows]]
    told = [
        *_alerts(county, place, stories),
        *([] if course is None else _events(course, rows, codes)),
        *(t for one in beyond for t in _reach(one, rows, codes, small_count)),
    ]
    reason_of = {id(t.points): t.reason for t in told}
    best = ranked([t.points for t in told], codes)
    return tuple(
        _village(county, int(rows[points[0].place]), points, [reason_of[id(p)] for p in points])
        for points in best
    )


def _village(county: Twin, row: int, points: list[Points], reasons: list[Reason]) -> Attention:
    region, above = (
        county.regions.iloc[row],
        county.regions.iloc[int(county.regions["parent"].iat[row])],
    )
    lon, lat = float(region["lon"]), float(region["lat"])
    there = np.isfinite(lon) and np.isfinite(lat)
    return Attention(
        str(region["code"]), str(region["name"]), str(region["name_en"] or ""),
        str(above["name"]), str(above["name_en"] or ""), score(points), tuple(reasons),
        lon if there else None, lat if there else None,
    )  # fmt: skip


def _alerts(county: Twin, place: dict[int, int], stories: Sequence[Story]) -> list[_Told]:
    known = county.regions.attrs["rows"]
    found = []
    for story in stories:
        if story.exercise or story.region_code not in known:
            continue
        # An alert of a whole township says nothing of one of its villages.
        at = next((r for r in county.ancestors(known[story.region_code]) if r in place), None)
        if at is None:
            continue
        level = LEVEL_TITLES[LEVELS[story.level]]
        reason = Reason(
            "{level} alert open: {title}.",
            {"level": level, "title": Named.of(story.rule.title, story.rule.title_en)},
            ALERT_POINTS[story.level], "warning", {"alert": str(story.id)},
        )  # fmt: skip
        found.append(_Told(Points("alert", place[at], ALERT_POINTS[story.level]), reason))
    return found


def _events(course: Course, rows: Rows, codes: Sequence[str]) -> list[_Told]:
    known = course.known
    late = known.counts(rows, course.late_when(course.now))
    found = [
        _told(
            "late", k, late_points(int(n)), "{n} events are open beyond their usual time.",
            {"n": int(n)}, "map", {"region": codes[k]},
        )
        for k, n in enumerate(late.tolist())
    ]  # fmt: skip
    end = np.datetime64(course.day, "s") + _DAY
    length = RISE_DAYS * _DAY
    if np.datetime64(course.first, "s") > end - (USUAL_WINDOWS + 1) * length:
        return found
    now = known.counts(rows, known.between(end - length, end))
    before = known.between(end - (USUAL_WINDOWS + 1) * length, end - length)
    usual = known.counts(rows, before) / USUAL_WINDOWS
    z = rises(now, usual)
    found += [
        _told(
            "rise", k, rise_points(float(z[k])),
            "{n} events in {days} days, usually {usual}.",
            {"n": int(now[k]), "days": RISE_DAYS, "usual": round(float(usual[k]), 1)},
            "risk", {"level": "village", "place": codes[k]},
        )
        for k in range(len(rows))
    ]  # fmt: skip
    return found


def _reach(one: Beyond, rows: Rows, codes: Sequence[str], small_count: int) -> list[_Told]:
    people = one.people[rows]
    return [
        _told(
            one.service.id, k, reach_points(n), one.service.beyond, {"n": round(n)}, "coverage",
            {"region": codes[k], "service": one.service.service},
        )
        for k, n in enumerate(people.tolist())
        if n >= small_count
    ]  # fmt: skip


def _told(
    reason: str, place: int, points: float, template: str, values: dict[str, object], page: str,
    query: dict[str, str],
) -> _Told:  # fmt: skip
    return _Told(Points(reason, place, points), Reason(template, values, points, page, query))
