"""Scenes of the lobby: published figures, public borders and public places, and nothing else."""

from __future__ import annotations

import math
from collections.abc import Sequence

from cockpit.access.classes import CLASSES
from cockpit.answers import open_catalogue, open_county
from cockpit.answers import screen_words as words
from cockpit.answers.open_county import Group, News, OpenMap
from cockpit.answers.open_county_places import OpenPlaces, open_places
from cockpit.answers.release_store import Published
from cockpit.answers.screen_builtin import envelope, part
from cockpit.answers.screen_maps import (
    class_texts,
    coloured,
    heights_of,
    places_of,
    plain,
    ramp_of,
)
from cockpit.answers.screen_panels import figures, item, reach_words
from cockpit.answers.screen_places import Frame, frame_of
from cockpit.answers.screen_view import Json, SceneError, View, problem
from cockpit.coverage.services import SERVICES
from cockpit.look import tokens
from cockpit.screen.scenes import COUNTY, COVERAGE, PUBLIC, TITLES

_LEVELS = ("village", "township")
_FEW = 4
"""Age groups that stand as figures beside the residents; more are bars alone."""


def scene(view: View, name: str) -> Json:
    """
    Return a scene of published figures.

    Raises
    ------
    SceneError
        If nothing is loaded, or the scene is not open to the public.
    """
    if name not in PUBLIC:
        raise SceneError("This scene is not open to the public.")
    places, frame = open_places(), frame_of(view)
    if places is None or frame is None:
        raise SceneError("No county has been loaded yet.")
    found = open_county.releases()
    groups = open_county.groups_of(found, str(places.regions["code"].iat[0])) if len(
        places.regions
    ) else []  # fmt: skip
    if name == COVERAGE:
        return _coverage(view, places, frame, found, groups)
    return _county(view, places, frame, found, groups)


def _county(
    view: View, places: OpenPlaces, frame: Frame, found: Sequence[Published], groups: list[Group]
) -> Json:  # fmt: skip
    people = open_county.people_of(groups)
    release = None if people is None else people.release
    left = [
        part(view, view.say("People"), lambda: _people(view, groups)),
        part(view, view.say("Age"), lambda: _ages_or_data(view, groups)),
    ]
    right = [
        part(view, view.say("Services"), lambda: _covered(view, groups)),
        _places(view, places),
    ]
    return envelope(
        view, COUNTY, view.say(TITLES[COUNTY]), subtitle=_county_name(view, places),
        as_of=_as_of(view, found), data_class=CLASSES[0],
        map=_map(view, frame, release, open_county.EVERYBODY), left=left, right=right,
        bottom=[_news(view)], sentence=view.say("Published figures; everybody may look at them."),
    )  # fmt: skip


def _coverage(
    view: View, places: OpenPlaces, frame: Frame, found: Sequence[Published], groups: list[Group]
) -> Json:  # fmt: skip
    covered = open_county.covered_of(groups)
    release = covered[0][1].release if covered else None
    within = covered[0][1].parts[0].id if covered and covered[0][1].parts else ""
    return envelope(
        view, COVERAGE, view.say(TITLES[COVERAGE]), subtitle=_county_name(view, places),
        as_of=_as_of(view, found), data_class=CLASSES[0], map=_map(view, frame, release, within),
        left=[
            part(view, view.say("Services"), lambda: _covered(view, groups)),
            part(view, view.say("Open data"), lambda: _open_data(view)),
        ],
        right=[_places(view, places)],
        sentence=view.say("Published figures; everybody may look at them."),
    )  # fmt: skip


def _county_name(view: View, places: OpenPlaces) -> str:
    county = places.county
    return (
        str(county.get("name_en") or county["name"])
        if view.language == "en"
        else str(county["name"])
    )


def _as_of(view: View, found: Sequence[Published]) -> str:
    days = [one.as_of for one in found if one.as_of is not None]
    if not days:
        return view.say("No figure has been published yet.")
    return view.say("Published figures as of {date}", date=words.date(max(days), view.language))


def _map(view: View, frame: Frame, release: Published | None, class_id: str) -> Json:
    title = view.say("Residents")
    level = next((lv for lv in _LEVELS if release is not None and lv in release.levels), "")
    if release is None or not level:
        there = next((lv for lv in ("township", "village") if len(frame.rows(lv))), "county")
        made = plain(view, frame, there, _county_title(view))
    else:
        shown = open_county.open_map(release.id, class_id, level)
        made = _drawn(view, frame, shown, title)
    made["labels"] = places_of(view, frame)
    return made


def _county_title(view: View) -> str:
    return view.say("No figure has been published yet.")


def _drawn(view: View, frame: Frame, shown: OpenMap, title: str) -> Json:
    release = shown.release
    named = release.title_en if view.language == "en" and release.title_en else release.title
    note = named
    if shown.margin:
        note = f"{named} · {view.say('± {n}', n=view.number(shown.margin))}"
    told = title
    if shown.class_id != open_county.EVERYBODY:
        service = release.partition.removeprefix(open_county.COVERED)
        told = _service(view, service) if service in SERVICES else view.say(shown.class_title)
    made = coloured(
        view, frame, shown.codes, shown.values, shown.breaks, level=shown.level,
        ramp=ramp_of(view, shown.breaks, "blue", diverging=False),
        texts=class_texts(view, shown.breaks, 0, whole=True), title=told,
        unit=view.unit(release.unit), note=note,
    )  # fmt: skip
    made["heights"] = heights_of(shown.codes, shown.values)
    return made


def _people(view: View, groups: list[Group]) -> Json:
    title, found = view.say("People"), open_county.people_of(groups)
    if found is None or found.total.count is None:
        return problem(title, view.say("No figure has been published yet."))
    items = [_tile(view, "people", "Residents", found.total)]
    ages = open_county.ages_of(groups)
    for told in ages.parts if ages is not None and len(ages.parts) <= _FEW else ():
        items.append(_tile(view, told.id, told.title, told.figure))
    return figures(title, items)


def _tile(view: View, id: str, title: str, figure: open_county.Figure) -> Json:  # noqa: A002
    margin = view.say("± {n}", n=view.number(figure.margin)) if figure.margin else ""
    return item(view, id, view.say(title), figure.count, "persons", change=margin)


def _ages_or_data(view: View, groups: list[Group]) -> Json:
    """Return the ages as bars; where they stand as figures already, the open data sets."""
    ages = open_county.ages_of(groups)
    few = ages is not None and len(ages.parts) <= _FEW
    return _open_data(view) if few else _ages(view, groups)


def _ages(view: View, groups: list[Group]) -> Json:
    title, ages = view.say("Age"), open_county.ages_of(groups)
    if ages is None:
        return problem(title, view.say("No figure has been published yet."))
    rows = [
        {
            "label": view.say(told.title), "value": told.figure.count,
            "text": view.number(told.figure.count), "code": "",
        }
        for told in ages.parts if told.figure.count is not None
    ]  # fmt: skip
    return {"type": "bars", "title": title, "unit": view.unit("persons"), "rows": rows}


def _covered(view: View, groups: list[Group]) -> Json:
    found = open_county.covered_of(groups)
    title = view.say("Published: residents in reach")
    rows = []
    for service, group in found:
        share = group.parts[0].figure.share_of(group.total) if group.parts else math.nan
        if math.isnan(share):
            continue
        rows.append({
            "label": _service(view, service), "value": round(100 * share, 1),
            "text": f"{view.number(100 * share, 1)}%", "code": "", "colour": tokens.COVERED,
        })  # fmt: skip
    if not rows:
        return problem(title, view.say("No figure has been published yet."))
    return {"type": "bars", "title": title, "unit": "%", "rows": rows}


def _service(view: View, service: str) -> str:
    """Return a service with the way and the limit that its release counts by."""
    return reach_words(view, service, SERVICES[service].minutes)


def _open_data(view: View) -> Json:
    """Return the data sets that everybody may take with them, with the day of their figures."""
    found = open_catalogue.open_datasets()
    return {
        "type": "list", "title": view.say("Open data: {n} data sets", n=len(found)),
        "rows": [
            {
                "text": one.title_en if view.language == "en" and one.title_en else one.title,
                "note": words.date(one.as_of, view.language) if one.as_of is not None else "",
                "figure": view.number(one.rows), "unit": view.say("rows"), "light": "none",
                "alert": 0, "code": "",
            }
            for one in found[:8]
        ],
        "empty": view.say("No figure has been published yet."),
    }  # fmt: skip


def _places(view: View, places: OpenPlaces) -> Json:
    title, kinds = view.say("Public facilities"), places.kinds()
    rows = [
        {
            "label": view.say(f"Facility: {kind}"), "value": n, "text": view.number(n), "code": "",
        }
        for kind, n in kinds.most_common(8)
    ]  # fmt: skip
    if not rows:
        return problem(title, view.say("No facilities are stored that are open to you."))
    return {"type": "bars", "title": title, "unit": view.unit("facilities"), "rows": rows}


_HAPPENED = {"changed": "Changed", "retracted": "Retracted"}
"""What is said of a release that was not simply published: the list's title says that already."""


def _news(view: View) -> Json:
    found = open_county.news(4)
    return {
        "type": "list", "title": view.say("Published lately"),
        "rows": [_news_row(view, one) for one in found],
        "empty": view.say("No figure has been published yet."),
    }  # fmt: skip


def _news_row(view: View, one: News) -> Json:
    release = one.release
    named = release.title_en if view.language == "en" and release.title_en else release.title
    return {
        "text": named, "note": words.date(one.at.date(), view.language),
        "figure": view.say(_HAPPENED[one.what]) if one.what in _HAPPENED else "", "unit": "",
        "light": "none", "alert": 0, "code": "",
    }  # fmt: skip
