"""Panels of the screen from the county's figures: tiles, rankings, pyramid, services."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from sqlalchemy.orm import Session

from cockpit.access.classes import may_see
from cockpit.answers import coverage, population
from cockpit.answers import map as maps
from cockpit.answers import screen_words as words
from cockpit.answers.map import Figure
from cockpit.answers.reach import Reach
from cockpit.answers.screen_view import Json, SceneError, View, known, name_of, problem
from cockpit.answers.twin import Twin
from cockpit.coverage.services import SERVICES
from cockpit.coverage.standard_list import PLAIN_TITLES
from cockpit.coverage.standards import Checked
from cockpit.indicators import INDICATORS
from cockpit.look import tokens
from cockpit.population import BANDS
from cockpit.settings import settings
from cockpit.store.session import engine

LIGHTS = {"green": "good", "yellow": "watch", "red": "bad", "none": "none"}
SHOWN_SERVICES = ("medical", "primary_school", "junior_school", "day_care", "ambulance", "fire")
"""Services whose reach stands beside the county: health, school, care, rescue."""


def unit_row(county: Twin, code: str) -> int:
    """Return the row of a region, the county's for ""; refused for one that there is not."""
    if not code:
        return 0
    try:
        return county.position(code)
    except KeyError:
        raise SceneError("There is no region {code}.", code=code[:40]) from None


def item(
    view: View, id: str, label: str, value: float | None, unit: str,  # noqa: A002
    *, decimals: int = 0, target: str = "", change: str = "", mood: str = "same",
    light: str = "none", note: str = "",
) -> Json:  # fmt: skip
    """Return one figure of a tile; ``unit`` is a msgid, ``note`` follows the change."""
    told = known(value)
    text = words.compact(told, view.language, decimals)
    return {
        "id": id, "label": label, "value": told, "decimals": decimals,
        "text": f"{text}%" if unit == "%" and told is not None else text,
        "unit": "" if unit == "%" else view.unit(unit), "target": target,
        "change": " ".join(t for t in (change, note) if t), "mood": mood, "light": light,
    }  # fmt: skip


def figures(title: str, items: Sequence[Json]) -> Json:
    """Return a panel of tiles."""
    return {"type": "figures", "title": title, "items": list(items)}


def people(view: View, county: Twin, unit: int) -> Json:
    """Return the tiles of a unit's people: residents, old, young, floating, households."""
    tiles = [
        f for f in maps.figures(county, np.array([unit]), visitor=view.seen) if f.id != "facilities"
    ]
    shown = [_tile(view, county, tile) for tile in tiles if not math.isnan(tile.value)]
    title = view.say("People")
    return figures(title, shown) if shown else problem(title, view.say("No figures yet."))


def _tile(view: View, county: Twin, tile: Figure) -> Json:
    note = ""
    if not math.isnan(tile.share):
        note = view.say("{share} of residents", share=f"{view.number(100 * tile.share, 1)}%")
    elif not math.isnan(tile.change) and county.date_before is not None:
        before = words.date(county.date_before, view.language)
        note = view.say("{change} since {date}", change=words.signed(tile.change), date=before)
    return item(view, tile.id, view.say(tile.title), tile.value, tile.unit, change=note)


def indicators(
    view: View, county: Twin, ids: Sequence[str], code: str, title: str
) -> Json:  # fmt: skip
    """Return chosen indicators of a unit; one that is not known here says so in its tile."""
    row = unit_row(county, code)
    items = []
    for name in ids:
        indicator = INDICATORS[name]
        value, why = None, ""
        if not county.known(indicator):
            why = view.say("no data")
        elif not may_see(view.seen, county.class_of(indicator)):
            why = view.say("not open here")
        else:
            hidden = maps.masked_at(county, indicator, np.array([row]), settings().small_count)
            if hidden[0]:
                why = view.say("not shown")
            else:
                value = float(county.values(indicator, np.array([row]))[0])
        items.append(
            item(
                view, name, view.say(indicator.title), value, indicator.unit,
                decimals=indicator.decimals, change=why,
            )
        )  # fmt: skip
    return figures(title, items)


def ranking(
    view: View, county: Twin, indicator: str, level: str, most: int, code: str, title: str
) -> Json:
    """Return the regions with the largest figures as bars; InputError as ``map_answer``."""
    answer = maps.map_answer(
        county, indicator, unit_row(county, code), level,
        visitor=view.seen, small_count=settings().small_count,
    )  # fmt: skip
    kind = answer.indicator
    rows = []
    for k in answer.order[: min(most, answer.breaks.n)]:
        row, value = int(answer.rows[k]), float(answer.values[k])
        rows.append({
            "label": name_of(county, row, view.language), "value": value,
            "text": view.with_unit(value, kind.unit if kind.unit == "%" else "", kind.decimals),
            "code": str(county.regions["code"].iat[row]),
        })  # fmt: skip
    told = title or view.say(kind.title)
    if not rows:
        return problem(told, view.say("no data"))
    return {"type": "bars", "title": told, "unit": view.unit(kind.unit), "rows": rows}


def pyramid(view: View, county: Twin, code: str, title: str) -> Json:
    """Return men and women by age of a unit."""
    with Session(engine()) as db:
        unit = population.unit_of(
            db, county, code or str(county.regions["code"].iat[0]), visitor=view.seen,
            small=settings().small_count,
        )  # fmt: skip
    found = unit.people.get("usual")
    told = title or view.say("Residents by age and sex")
    if found is None or not found.has_pyramid:
        return problem(told, view.say("Nobody has counted ages and sexes here."))
    rows = [
        {"label": _ages(band), "left": int(men), "right": int(women)}
        for band, men, women in zip(BANDS, found.male, found.female, strict=True)
    ]
    return {
        "type": "pyramid", "title": told, "unit": view.unit("persons"),
        "left_name": view.say("Men"), "right_name": view.say("Women"), "rows": rows,
    }  # fmt: skip


def _ages(band: str) -> str:
    """Return an age band as a chart prints it: 0–4, 85+."""
    low, _, high = band.partition("-")
    return f"{int(low)}–{int(high)}" if high else f"{int(low.rstrip('+'))}+"


# ---------------------------------------------------------------- services


_REACHED = {
    "walk": "{service}: {n} min on foot",
    "older": "{service}: {n} min at an older person's pace",
    "car": "{service}: {n} min by car",
    "ambulance": "{service}: there within {n} min",
}
"""How a mode of travel and its limit are told beside a service, by mode."""


_WHOSE = {"age_0_14": "children", "age_60_plus": "60 and over"}
"""Whose way to a service is counted where it is not everybody's (a msgid)."""


def reach_words(view: View, service: str, minutes: float) -> str:
    """Return a service with how people get to it and in what time: 小学：步行30分钟内."""
    of = SERVICES[service]
    template = _REACHED.get(of.mode, "{service}: within {n} minutes")
    return view.say(template, service=view.say(of.title), n=f"{minutes:g}")


def service_item(view: View, reach: Reach, service: str, unit: int = 0) -> Json:
    """Return the share of a service's people within its usual limit; InputError as the page."""
    q = coverage.question(
        reach, service, unit=unit, visitor=view.seen, small_count=settings().small_count
    )
    found = coverage.summary(reach, q)
    label = reach_words(view, service, q.minutes)
    if q.group in _WHOSE and SERVICES[service].mode != "older":
        label = view.say("{what} ({group})", what=label, group=view.say(_WHOSE[q.group]))
    return item(view, service, label, 100 * found.share, "%", decimals=1)


def services(view: View, reach: Reach, unit: int, title: str) -> Json:
    """Return the share of people within reach of the main services as bars."""
    rows = []
    for service in SHOWN_SERVICES:
        if not len(reach.of_kinds(SERVICES[service].kinds)):
            continue
        made = service_item(view, reach, service, unit)
        rows.append({
            "label": made["label"], "value": made["value"],
            "text": made["text"], "code": "", "colour": tokens.COVERED,
        })  # fmt: skip
    told = title or view.say("People within a travel time")
    if not rows:
        return problem(told, view.say("No facilities are stored that are open to you."))
    return {"type": "bars", "title": told, "unit": "%", "rows": rows}


def checks(view: View, reach: Reach, unit: int = 0) -> list[Checked]:
    """Return the standards that have a light, red ones first."""
    found = coverage.health_check(
        reach, unit=unit, visitor=view.seen, small_count=settings().small_count
    )
    order = ("red", "yellow", "green")
    return sorted((c for c in found if c.light in order), key=lambda c: order.index(c.light))


def standards(view: View, reach: Reach, unit: int, most: int, title: str) -> Json:
    """Return the standards that are kept or not, the worst first."""
    found = checks(view, reach, unit)
    kept = sum(c.light == "green" for c in found)
    told = title or view.say("Standards kept: {n} of {all}", n=kept, all=len(found))
    return {
        "type": "list", "title": told, "rows": [_standard(view, c) for c in found[:most]],
        "empty": view.say("No standard can be checked with what is stored."),
    }  # fmt: skip


def _standard(view: View, found: Checked) -> Json:
    share = found.unit == "share"
    value = known(100 * found.value if share else found.value)
    missing = known(found.people_missing)
    note = view.say("{n} people without", n=view.number(missing)) if missing else ""
    return {
        "text": view.say(PLAIN_TITLES.get(found.standard.id, found.standard.title)), "note": note,
        "figure": f"{view.number(value, 1)}%" if share and value is not None
        else view.number(value, 0 if share else 1),
        "unit": "" if share else view.unit(found.unit), "light": LIGHTS[found.light],
        "alert": 0, "code": "",
    }  # fmt: skip


def villages(
    view: View, reach: Reach, service: str, most: int, title: str, unit: int = 0
) -> Json:  # fmt: skip
    """Return the villages of a unit with the most people beyond a service's limit."""
    q = coverage.question(
        reach, service, unit=unit, visitor=view.seen, small_count=settings().small_count
    )
    rows = [
        {
            "text": name_of(reach.twin, found.row, view.language),
            "note": view.say("on average {n} minutes", n=view.number(found.minutes))
            if math.isfinite(found.minutes) else view.say("no way there"),
            "figure": view.number(known(found.uncovered)), "unit": view.unit("persons"),
            "light": "none", "alert": 0, "code": found.code,
        }
        for found in coverage.worst_villages(reach, q, most)
    ]  # fmt: skip
    named = reach_words(view, service, q.minutes)
    return {
        "type": "list",
        "title": title or view.say("Most people too far away: {service}", service=named),
        "rows": rows, "empty": view.say("Everybody is within the limit."),
    }  # fmt: skip
