"""The built-in scenes: county, coverage, risk, early warning, one township."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from cockpit.access.classes import TITLES as CLASS_TITLES
from cockpit.access.classes import highest
from cockpit.answers import (
    coverage,
    screen_alerts,
    screen_events,
    screen_headlines,
    screen_panels,
)
from cockpit.answers import screen_words as words
from cockpit.answers.current import current_twin
from cockpit.answers.reach import Reach, current_reach
from cockpit.answers.screen_maps import (
    class_texts,
    coloured,
    few_marks,
    heat_of,
    heights_of,
    labels_of,
    map_of,
    plain,
    ramp_of,
)
from cockpit.answers.screen_places import Frame, frame_of
from cockpit.answers.screen_view import Json, SceneError, View, name_of, problem
from cockpit.answers.twin import Twin
from cockpit.breaks import classify
from cockpit.coverage.services import SERVICES
from cockpit.look import tokens
from cockpit.screen.scenes import COUNTY, COVERAGE, RISK, TITLES, TOWNSHIP, WARNING, MapSpec
from cockpit.settings import settings
from geodata.errors import CockpitError


class Stage:
    """What the panels of a scene share: county, places, travel times; SceneError without them."""

    def __init__(self, view: View) -> None:
        self.view = view
        county, frame = current_twin(), frame_of(view)
        if county is None or frame is None:
            raise SceneError("No county has been loaded yet.")
        self.county: Twin = county
        self.frame: Frame = frame

    def reach(self) -> Reach:
        """Return the travel times that the view may see."""
        found = current_reach(self.view.seen)
        if found is None:
            raise SceneError("No county has been loaded yet.")
        return found


def part(view: View, title: str, make: Callable[[], Json]) -> Json:
    """Return a panel, or in its place a sentence on why it cannot be shown."""
    try:
        return make()
    except CockpitError as error:
        return problem(title, words.error_text(error, view.language))


def scene(view: View, name: str) -> Json:
    """
    Return a built-in scene of the county.

    Raises
    ------
    SceneError
        If nothing is loaded, there is no such scene, or no such township.
    """
    stage = Stage(view)
    if name.startswith(TOWNSHIP):
        return _township(stage, name.removeprefix(TOWNSHIP))
    makers = {COUNTY: _county, COVERAGE: _coverage, RISK: _risk, WARNING: _warning}
    if name not in makers:
        raise SceneError("There is no scene {scene}.", scene=name[:60])
    return makers[name](stage)


def envelope(
    view: View, id: str, title: str, *, subtitle: str = "", as_of: str = "",  # noqa: A002
    data_class: str = "", sentence: str = "", map: Json | None = None,  # noqa: A002
    left: list[Json] | None = None, right: list[Json] | None = None,
    bottom: list[Json] | None = None,
) -> Json:  # fmt: skip
    """Return a scene as the page expects it; ``data_class`` is one of ``CLASSES``."""
    told = view.say(CLASS_TITLES[data_class]) if data_class else ""
    return {
        "id": id, "title": title, "subtitle": subtitle, "seconds": 0, "as_of": as_of,
        "data_class": told, "sentence": sentence, "map": map, "left": left or [],
        "right": right or [], "bottom": bottom or [],
    }  # fmt: skip


def _map_or_problem(
    stage: Stage, left: list[Json], make: Callable[[], Json]
) -> Json | None:  # fmt: skip
    """Return the map, or put in front of the panels why there is none."""
    try:
        return make()
    except CockpitError as error:
        view = stage.view
        left.insert(0, problem(view.say("Map"), words.error_text(error, view.language)))
        return None


def as_of_people(view: View, county: Twin) -> str:
    """Return the day that the residents were counted."""
    return view.say("Residents as of {date}", date=words.date(county.date, view.language))


def as_of_events(view: View) -> str:
    """Return the newest moment of events and readings."""
    moment = screen_events.newest(view)
    return view.say("Events up to {time}", time=words.moment(moment, view.language))


# ---------------------------------------------------------------- county


def _county(stage: Stage) -> Json:
    view, county = stage.view, stage.county
    unit = screen_panels.unit_row(county, view.select)
    left = [
        part(view, view.say("People"), lambda: screen_panels.people(view, county, unit)),
        part(view, view.say("Residents by age and sex"),
             lambda: screen_panels.pyramid(view, county, view.select, "")),
    ]  # fmt: skip
    spec = MapSpec("people", heights="people")
    drawn = _map_or_problem(stage, left, lambda: map_of(view, stage.frame, spec, county))
    if drawn is not None:
        drawn["marks"] = few_marks(screen_alerts.alert_marks(view, stage.frame, county))
    right = [
        part(view, view.say("Services"), lambda: _services(stage, view.select)),
        part(view, view.say("Risk"), lambda: screen_events.themes(view, "", unit)),
    ]
    bottom = [
        part(view, view.say("Reports and orders"), lambda: _orders(stage, view.select)),
        part(view, view.say("Events"), lambda: screen_events.daily(view, "", 30, "", unit)),
        part(view, view.say("Early warning"),
             lambda: screen_alerts.alert_list(view, county, 3, "")),
    ]  # fmt: skip
    return envelope(
        view, COUNTY, view.say(TITLES[COUNTY]), subtitle=name_of(county, unit, view.language),
        as_of=as_of_people(view, county), data_class=_class(stage), map=drawn,
        sentence=_people_sentence(view, county, unit), left=left, right=right, bottom=bottom,
    )  # fmt: skip


def _services(stage: Stage, code: str) -> Json:
    """Return the services against their standards, as the overview has them."""
    view = stage.view
    title = view.say("Services within their standard")
    return screen_headlines.services(view, stage.county, code, title)


def _orders(stage: Stage, code: str) -> Json:
    title = stage.view.say("Reports and orders")
    return screen_headlines.panel(stage.view, screen_headlines.EVENTS, title, code)


def _class(stage: Stage) -> str:
    """Return the highest class of what a scene is made of: people, and events where seen."""
    found = screen_events.events_of(stage.view)
    parts = [stage.county.classes["people"]]
    return highest((*parts, found[0].data_class) if found else parts)


def _people_sentence(view: View, county: Twin, unit: int) -> str:
    """Return how many live in a unit, by its name, and what part of the county that is."""
    people, everybody = (float(county.measures["people"][row]) for row in (unit, 0))
    if math.isnan(people):
        return view.say("Nobody has counted the residents yet.")
    if unit:
        if not everybody > 0:
            return ""
        return view.say(
            "{place}: {n} residents, {share} of the county.",
            place=name_of(county, unit, view.language), n=view.number(people),
            share=f"{view.number(100 * people / everybody, 1)}%",
        )  # fmt: skip
    return view.say(
        "{n} residents in {townships} townships and {villages} villages.",
        n=view.number(people), townships=len(county.below(0, "township")),
        villages=len(county.below(0, "village")),
    )  # fmt: skip


# ---------------------------------------------------------------- coverage


def _coverage(stage: Stage) -> Json:
    view, county = stage.view, stage.county
    unit = screen_panels.unit_row(county, view.select)
    service = _first_service(stage)
    left = [
        part(view, view.say("Services"), lambda: _services(stage, view.select)),
        part(
            view,
            view.say("Services"),
            lambda: screen_panels.services(view, stage.reach(), unit, ""),
        ),
    ]
    drawn = _map_or_problem(stage, left, lambda: _unserved(stage, service))
    right = [
        part(view, view.say("Standards"),
             lambda: screen_panels.standards(view, stage.reach(), unit, 9, "")),
    ]  # fmt: skip
    bottom = [
        part(view, view.say("Villages"),
             lambda: screen_panels.villages(view, stage.reach(), service, 5, "", unit)),
    ]  # fmt: skip
    return envelope(
        view, COVERAGE, view.say(TITLES[COVERAGE]),
        subtitle=_placed(view, county, unit, view.say(SERVICES[service].title)),
        as_of=as_of_people(view, county), data_class=county.classes["people"], map=drawn,
        sentence=_coverage_sentence(stage, service, unit), left=left, right=right, bottom=bottom,
    )  # fmt: skip


def _first_service(stage: Stage) -> str:
    try:
        reach = stage.reach()
    except CockpitError:
        return "medical"
    there = (s for s in SERVICES.values() if len(reach.of_kinds(s.kinds)))
    shown = [s for s in screen_panels.SHOWN_SERVICES if len(reach.of_kinds(SERVICES[s].kinds))]
    return shown[0] if shown else next((s.id for s in there), "medical")


def _unserved(stage: Stage, service: str) -> Json:
    """Return the share of people within the limit by village; those beyond it stand tall."""
    view, county, reach = stage.view, stage.county, stage.reach()
    q = coverage.question(reach, service, visitor=view.seen, small_count=settings().small_count)
    rows = coverage.villages(reach, q)
    codes = [row.code for row in rows]
    shares = np.array([100 * row.share for row in rows], dtype=float)
    breaks = classify(shares, "quantile", 5)
    made = coloured(
        view, stage.frame, codes, shares, breaks,
        level="village", ramp=ramp_of(view, breaks, "viridis", diverging=False),
        texts=class_texts(view, breaks, 0, whole=False),
        title=screen_panels.reach_words(view, service, q.minutes), unit="%",
        note=view.say("Height: people beyond the limit"),
    )  # fmt: skip
    made["heights"] = heights_of(codes, np.array([row.uncovered for row in rows], dtype=float))
    made["labels"] = labels_of(view, stage.frame, county)
    return _looking_at(made, view, stage.frame)


def _looking_at(made: Json, view: View, frame: Frame) -> Json:
    if view.select and frame.place(view.select) is not None:
        made["focus"], made["turn"] = view.select, False
    return made


def _coverage_sentence(stage: Stage, service: str, unit: int) -> str:
    view = stage.view
    try:
        reach = stage.reach()
        q = coverage.question(
            reach, service, unit=unit, visitor=view.seen, small_count=settings().small_count
        )
        found = coverage.summary(reach, q)
    except CockpitError as error:
        return words.error_text(error, view.language)
    without = found.total - found.covered_people
    return view.say(
        "{place}: {covered} of {total} people are within the limit, {without} are not ({limit}).",
        place=name_of(stage.county, unit, view.language),
        covered=view.number(found.covered_people), total=view.number(found.total),
        limit=screen_panels.reach_words(view, service, q.minutes), without=view.number(without),
    )  # fmt: skip


# ---------------------------------------------------------------- risk


def _risk(stage: Stage) -> Json:
    view, county = stage.view, stage.county
    unit = screen_panels.unit_row(county, view.select)
    left = [
        part(view, view.say("Risk"), lambda: screen_events.themes(view, "", unit)),
        part(view, view.say("Reports and orders"), lambda: _orders(stage, view.select)),
    ]
    drawn = _map_or_problem(stage, left, lambda: _week_map(stage))
    right = [
        part(view, view.say("Villages"), lambda: screen_headlines.villages(
            view, screen_alerts.everywhere(view, view.say("Villages that need attention")))),
        part(view, view.say("Villages"),
             lambda: screen_events.busiest(view, county, 6, "", unit)),
    ]  # fmt: skip
    bottom = [
        part(view, view.say("Events"), lambda t=theme: screen_events.daily(view, t, 30, "", unit))  # type: ignore[misc]
        for theme in ("", *screen_events.busy_themes(view, 2, unit))
    ]
    return envelope(
        view, RISK, view.say(TITLES[RISK]),
        subtitle=_placed(view, county, unit, screen_events.span_words(view)),
        as_of=as_of_events(view), data_class=_class(stage), map=drawn,
        sentence=screen_events.sentence(view, county, unit), left=left, right=right, bottom=bottom,
    )  # fmt: skip


def _placed(view: View, county: Twin, unit: int, told: str) -> str:
    """Return a subtitle with the name of the selected region before it."""
    return f"{name_of(county, unit, view.language)} · {told}" if unit else told


def _week_map(stage: Stage) -> Json:
    view, county, frame = stage.view, stage.county, stage.frame
    title = view.say("Events of the last 7 days")
    found = screen_events.events_of(view)
    if found is None:
        raise SceneError("No events are stored that are open to you.")
    known, day = found
    which = screen_events.last_days(known, day)
    level = "village" if len(county.below(0, "village")) else "township"
    rows = county.below(0, level)
    counts = known.counts(rows, which)
    made = plain(view, frame, level, title)
    made["values"] |= {
        code: int(n)
        for code, n in zip(county.regions["code"].iloc[rows].astype(str), counts, strict=True)
        if code in made["values"]
    }
    glow = (
        (view.tokens.mark, "Glow: many events close together"),
        (tokens.series(view.tokens)[1], "Glow: some events"),
    )
    made["legend"]["rows"] = [
        {"colour": colour, "label": view.say(label)} for colour, label in glow
    ]  # fmt: skip
    made["heat"] = heat_of(frame, known.lon[which], known.lat[which])
    made["labels"] = labels_of(view, frame, county)
    return _looking_at(made, view, frame)


# ---------------------------------------------------------------- early warning


def _warning(stage: Stage) -> Json:
    view, county, frame = stage.view, stage.county, stage.frame
    left = [part(view, view.say("Early warning"), lambda: _alerts(view, county))]
    drawn = _map_or_problem(
        stage, left, lambda: plain(view, frame, "township", view.say("Open alerts and sensors"))
    )
    if drawn is not None:
        marks = [
            *screen_alerts.sensor_marks(view, frame),
            *screen_alerts.alert_marks(view, frame, county),
        ]
        drawn["marks"] = few_marks(marks)
        drawn["labels"] = labels_of(view, frame, county)
        drawn["legend"]["rows"] = screen_alerts.legend(view)
        drawn["legend"]["counted"] = view.say("how many")
        drawn = _looking_at(drawn, view, frame)
    right = [
        part(view, view.say("Sensors"), lambda: screen_alerts.sensor_list(view, county, 7, "")),
        part(view, view.say("Live feeds"), lambda: screen_alerts.feed_list(view, "")),
    ]
    return envelope(
        view, WARNING, view.say(TITLES[WARNING]), as_of=as_of_events(view),
        data_class="备用", map=drawn, left=left, right=right,
        sentence=screen_alerts.sentence(view, name_of(county, 0, view.language)),
    )  # fmt: skip


def _alerts(view: View, county: Twin) -> Json:
    """Return what stands open; with nothing open what ended last."""
    if any(s.kind != "fault" for s in screen_alerts.standing(view)):
        return screen_alerts.alert_list(view, county, 8, "")
    return screen_alerts.closed_list(view, county, 8)


# ---------------------------------------------------------------- one township


def _township(stage: Stage, code: str) -> Json:
    view, county = stage.view, stage.county
    unit = screen_panels.unit_row(county, code)
    if county.regions["level"].iat[unit] != "township":
        raise SceneError("There is no township {code}.", code=code[:40])
    left = [
        part(view, view.say("People"), lambda: screen_panels.people(view, county, unit)),
        part(view, view.say("Residents by age and sex"),
             lambda: screen_panels.pyramid(view, county, code, "")),
    ]  # fmt: skip
    spec = MapSpec("people", heights="people", focus=code)
    at_home = View(view.data_class, view.language, view.public, view.theme, now=view.now)
    drawn = _map_or_problem(
        stage, left, lambda: map_of(at_home, stage.frame, spec, county, unit=unit)
    )
    right = [
        part(view, view.say("Services"), lambda: _services(stage, code)),
        part(view, view.say("Standards"),
             lambda: screen_panels.standards(view, stage.reach(), unit, 6, "")),
    ]  # fmt: skip
    bottom = [
        part(view, view.say("Reports and orders"), lambda: _orders(stage, code)),
        part(view, view.say("Villages"),
             lambda: screen_panels.ranking(view, county, "people", "village", 6, code, "")),
    ]  # fmt: skip
    return envelope(
        view, f"{TOWNSHIP}{code}", name_of(county, unit, view.language),
        subtitle=name_of(county, 0, view.language), as_of=as_of_people(view, county),
        data_class=_class(stage), map=drawn, left=left, right=right, bottom=bottom,
        sentence=_people_sentence(view, county, unit),
    )  # fmt: skip


def townships(view: View) -> tuple[str, ...]:
    """Return the codes of the townships, in the order of the county's table."""
    county = None if view.public else current_twin()
    if county is None:
        return ()
    return tuple(str(county.regions["code"].iat[row]) for row in county.below(0, "township"))


def township_name(view: View, code: str) -> str:
    """Return the name of a township; its code where the county has none of that code."""
    county = current_twin()
    try:
        return code if county is None else name_of(county, county.position(code), view.language)
    except KeyError:
        return code


def invented() -> bool:
    """Tell whether the loaded county is an invented one."""
    county = current_twin()
    return county is not None and bool(county.county.get("invented", False))
