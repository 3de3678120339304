"""The map of the page Coverage: its expressions say what Python says, and it stays small."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from cockpit.answers.coverage_layers import SCORE_KEYS, SERVICE_KEYS
from cockpit.answers.current import current_twin
from cockpit.answers.map import Box
from cockpit.answers.twin import Twin
from cockpit.coverage.causes import CAUSES, COVERED, NO_ROAD, TOO_FAR
from cockpit.coverage.services import SERVICES
from cockpit.ui import coverage_maps as maps
from cockpit.ui import theme
from cockpit.ui.coverage_cache import Asked
from tests import tiny

ASKED = Asked("clinic", "walk", 15.0, "people", "529901")
BOX = Box(106.8, 27.2, 106.84, 27.24)


@pytest.fixture
def county(tiny_here: Path) -> Twin:
    found = current_twin()
    assert found is not None
    return found


def scene(county: Twin, **more: Any) -> maps.Scene:
    return maps.Scene(county, more.pop("asked", ASKED), BOX, more.pop("colour", "covered"), **more)


def browser(expression: str, **properties: Any) -> Any:
    """Work an expression out as the browser does: ternaries from the left, null as 0."""

    class Properties:
        pass

    feature = Properties()
    for name, value in properties.items():
        setattr(feature, name, value)
    text = expression.removeprefix("@@=")
    while "?" in text:
        test, rest = text.split("?", 1)
        then, other = rest.split(":", 1)
        python = test.replace("===null", " is None").replace("===", "==")
        if eval(python, {"properties": feature}):
            return json.loads(then)
        text = other
    return json.loads(text)


def minutes(service: str, value: float | None) -> list[float | None]:
    """Return the list of a cell in which one service has a value and the others have none."""
    return [value if s == service else None for s in SERVICES]


@pytest.mark.parametrize(
    ("value", "colour"),
    [
        (0, theme.COVERED),
        (15, theme.COVERED),  # exactly at the limit counts
        (15.1, theme.NOT_COVERED),
        (None, theme.LIGHT.no_data),
    ],
)
def test_covered_or_not(county: Twin, value: float | None, colour: str) -> None:
    fill = maps.fill(scene(county), theme.LIGHT)
    found = browser(fill, p=10, m=minutes("clinic", value))
    assert found == theme.rgba(colour, 0.88)


def test_each_service_reads_its_own_minutes(county: Twin) -> None:
    for service in SERVICES:
        fill = maps.fill(scene(county, asked=ASKED._replace(service=service)), theme.LIGHT)
        assert browser(fill, p=1, m=minutes(service, 3)) == theme.rgba(theme.COVERED, 0.88)
        assert browser(fill, p=1, m=minutes(service, None)) == theme.rgba(theme.LIGHT.no_data, 0.88)


@pytest.mark.parametrize("colour", ["covered", "minutes", "catchments"])
def test_lines_lie_across_what_has_no_way_and_nothing_else(county: Twin, colour: str) -> None:
    over = maps.lines(scene(county, colour=colour), theme.LIGHT)
    assert browser(over, p=1, m=minutes("clinic", None)) == theme.rgba(theme.LIGHT.panel)
    assert browser(over, p=1, m=minutes("clinic", 90))[3] == 0
    assert browser(over, p=0, m=minutes("clinic", None))[3] == 0


def test_lines_lie_across_the_cause_no_road(county: Twin) -> None:
    over = maps.lines(scene(county, colour="cause"), theme.LIGHT)
    shown = [code for code in maps.CAUSE_COLOURS if browser(over, p=1, k=code)[3]]
    assert shown == [NO_ROAD]


def test_without_a_cut_off_cell_there_are_no_lines(county: Twin) -> None:
    for cut, n in ((True, 1), (False, 0)):
        layers = json.loads(maps.deck(scene(county, cut=cut), theme.LIGHT).to_json())["layers"]
        assert sum(layer["id"].startswith("hatch") for layer in layers) == n


def test_where_nobody_lives_is_faint(county: Twin) -> None:
    for colour in ("covered", "minutes", "cause", "catchments"):
        fill = maps.fill(scene(county, colour=colour), theme.DARK)
        assert browser(fill, p=0, m=minutes("clinic", 3), k=COVERED)[3] < 100


@pytest.mark.parametrize(("value", "k"), [(5, 0), (5.1, 1), (60, 5), (60.1, 6)])
def test_minutes_in_classes(county: Twin, value: float, k: int) -> None:
    fill = maps.fill(scene(county, colour="minutes"), theme.LIGHT)
    colours = maps.minute_colours(theme.LIGHT)
    assert browser(fill, p=1, m=minutes("clinic", value)) == theme.rgba(colours[k], 0.88)


def test_every_cause_has_a_colour_of_its_own(county: Twin) -> None:
    fill = maps.fill(scene(county, colour="cause"), theme.LIGHT)
    found = {tuple(browser(fill, p=1, k=code)) for code in maps.CAUSE_COLOURS}
    assert len(found) == len(maps.CAUSE_COLOURS)
    assert set(maps.CAUSE_COLOURS) == {cause.code for cause in CAUSES}
    assert browser(fill, p=1, k=TOO_FAR) == theme.rgba(theme.NOT_COVERED, 0.88)


def test_scores_in_classes(county: Twin) -> None:
    method = "two_step"
    view = scene(county, colour="score", method=method, cuts=(0.5, 2.0))
    fill = maps.fill(view, theme.LIGHT)
    colours = maps.score_colours(2, theme.LIGHT)
    place = list(SCORE_KEYS).index(method)
    for value, colour in ((0.5, colours[0]), (0.6, colours[1]), (9.0, colours[1])):
        scores = [value if k == place else 0.0 for k in range(len(SCORE_KEYS))]
        assert browser(fill, p=1, s=scores) == theme.rgba(colour, 0.88)


def test_keys_are_those_of_the_layer() -> None:
    assert maps.minutes_value("clinic") == f"properties.{SERVICE_KEYS['clinic']}"


# ---------------------------------------------------------------- the deck as a whole


def everything(county: Twin) -> maps.Scene:
    return scene(
        county,
        colour="catchments",
        extras=("labels", "roads", "rivers", "water"),
        cell=tiny.grid_code(3),
        village="529901100001",
        facility="F0",
        rings=(5.0, 10.0, 15.0),
        way=((106.8, 27.2), (106.81, 27.21), (106.82, 27.22)),
        clicks=3,
    )


def test_a_deck_with_everything_is_below_10_kb(county: Twin) -> None:
    for tokens in (theme.LIGHT, theme.DARK):
        text = maps.deck(everything(county), tokens).to_json()
        assert len(text.encode()) < 10_000
        ids = [layer["id"] for layer in json.loads(text)["layers"]]
        assert len(ids) == len(set(ids))


def test_no_address_leaves_the_host(county: Twin) -> None:
    text = maps.deck(everything(county), theme.LIGHT).to_json()
    assert "http" not in text
    addresses = re.findall(r'"data":"([^"]*)"', text)
    assert len(addresses) > 8
    assert all(a.startswith("/layers/") for a in addresses)


def test_limit_group_and_colours_keep_addresses_and_camera(county: Twin) -> None:
    first = json.loads(maps.deck(scene(county), theme.LIGHT).to_json())
    other = ASKED._replace(minutes=30.0, group="age_60_plus")
    for colour in ("covered", "minutes"):
        second = json.loads(
            maps.deck(scene(county, asked=other, colour=colour), theme.LIGHT).to_json()
        )
        assert [x["data"] for x in first["layers"]] == [x["data"] for x in second["layers"]]
        assert [x["id"] for x in first["layers"]] == [x["id"] for x in second["layers"]]
        assert first["initialViewState"] == second["initialViewState"]


@pytest.mark.parametrize(
    ("objects", "expected"),
    [
        ({"cells-3": [{"properties": {"id": "529901001"}}]}, ("cells-3", "529901001")),
        ({"served-0": [{"properties": {"id": "F1"}}]}, ("served-0", "F1")),
        ({"cells-0": [{"properties": {}}]}, None),
        ({"roads": [{"properties": {"id": 4}}]}, None),
        ({}, None),
    ],
)
def test_what_was_clicked(objects: dict[str, Any], expected: tuple[str, str] | None) -> None:
    assert maps.picked({"selection": {"objects": objects}}) == expected


def test_nothing_was_clicked() -> None:
    assert maps.picked(None) is None
