"""Scenes that were put together in a file: each panel by itself, each fault in its place."""

from __future__ import annotations

from collections.abc import Callable

from cockpit.access.classes import CLASSES, highest
from cockpit.answers import screen_alerts, screen_events, screen_panels
from cockpit.answers import screen_words as words
from cockpit.answers.screen_builtin import Stage, as_of_people, envelope, part
from cockpit.answers.screen_maps import map_of, title_of
from cockpit.answers.screen_view import Json, SceneError, View, name_of, problem
from cockpit.indicators import INDICATORS
from cockpit.screen.scenes import SIDES, MapSpec, PanelSpec, Problem, Scene
from geodata.errors import CockpitError

_TITLES = {
    "figures": "Figures", "ranking": "Ranking", "pyramid": "Residents by age and sex",
    "coverage": "Service coverage", "standards": "Standards", "villages": "Villages",
    "events": "Events", "themes": "Risk", "alerts": "Early warning", "sensors": "Sensors",
    "feeds": "Live feeds",
}  # fmt: skip


def scene(view: View, found: Scene, file: str) -> Json:
    """Return a scene of the file; a map or panel that cannot be shown says why in its place."""
    stage = Stage(view)
    sides: dict[str, list[Json]] = {side: [] for side in SIDES}
    drawn = _map(stage, found, sides["left"], file)
    for spec in found.panels:
        if isinstance(spec, tuple):
            side, wrong = spec
            text = words.problem_text(wrong, view.language)
            sides[side].append(problem(view.say("Scene file"), text))
        else:
            sides[spec.side].append(_panel(stage, spec))
    if drawn is None and not any(sides.values()):
        text = view.say(
            "{file}, scene {scene}: neither a map nor a panel.", file=file, scene=found.id
        )
        sides["left"].append(problem(view.say("Scene file"), text))
    return envelope(
        view, found.id, found.title.get(view.language, found.id),
        subtitle=name_of(stage.county, 0, view.language), as_of=as_of_people(view, stage.county),
        data_class=_class(stage, found), map=drawn, left=sides["left"], right=sides["right"],
        bottom=sides["bottom"],
    )  # fmt: skip


def _map(stage: Stage, found: Scene, left: list[Json], file: str) -> Json | None:
    view, spec = stage.view, found.map
    if spec is None:
        return None
    if isinstance(spec, Problem):
        left.append(problem(view.say("Map"), words.problem_text(spec, view.language)))
        return None
    try:
        _require_region(stage, spec.focus, f"{file}, {found.id}")
        return map_of(view, stage.frame, spec, stage.county)
    except CockpitError as error:
        left.append(problem(view.say("Map"), words.error_text(error, view.language)))
        return None


def _require_region(stage: Stage, code: str, where: str) -> None:
    if code and stage.frame.place(code) is None:
        raise SceneError("{where}: there is no region {code}.", where=where, code=code)


def _panel(stage: Stage, spec: PanelSpec) -> Json:
    view, county = stage.view, stage.county
    own = spec.title.get(view.language, "")
    makers: dict[str, Callable[[], Json]] = {
        "figures": lambda: screen_panels.indicators(
            view, county, spec.indicators, spec.region, own or view.say("Figures")
        ),
        "ranking": lambda: screen_panels.ranking(
            view, county, spec.indicators[0], spec.level, spec.most, spec.region, own
        ),
        "pyramid": lambda: screen_panels.pyramid(view, county, spec.region, own),
        "coverage": lambda: screen_panels.figures(
            own or view.say("Service coverage"),
            [screen_panels.service_item(view, stage.reach(), spec.service)],
        ),
        "standards": lambda: screen_panels.standards(view, stage.reach(), 0, spec.most, own),
        "villages": lambda: screen_panels.villages(
            view, stage.reach(), spec.service, spec.most, own
        ),
        "events": lambda: screen_events.daily(view, spec.theme, spec.days, own),
        "themes": lambda: screen_events.themes(view, own),
        "alerts": lambda: screen_alerts.alert_list(view, county, spec.most, own),
        "sensors": lambda: screen_alerts.sensor_list(view, county, spec.most, own),
        "feeds": lambda: screen_alerts.feed_list(view, own),
    }  # fmt: skip
    title = own or view.say(_TITLES[spec.kind])
    if spec.kind == "ranking":
        title = own or view.say(title_of(spec.indicators[0]))
    return part(view, title, makers[spec.kind])


def _class(stage: Stage, found: Scene) -> str:
    """Return the highest class of what the scene is made of, as far as it is shown."""
    county, parts = stage.county, [stage.county.classes["people"]]
    named = [i for p in found.panels if isinstance(p, PanelSpec) for i in p.indicators]
    if isinstance(found.map, MapSpec):
        named += [i for i in (found.map.indicator, found.map.heights) if i]
    parts += [county.class_of(INDICATORS[i]) for i in named if county.known(INDICATORS[i])]
    kinds = {p.kind for p in found.panels if isinstance(p, PanelSpec)}
    if kinds & {"events", "themes", "alerts", "sensors", "feeds"}:
        parts.append("备用")
    return min(highest(parts), stage.view.data_class, key=CLASSES.index)
