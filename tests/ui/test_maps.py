"""The deck: its expressions say what Python computes, and it stays small."""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cockpit.answers import map as answers
from cockpit.answers.current import current_twin
from cockpit.answers.layers import layer_key, layer_scale
from cockpit.answers.twin import Twin
from cockpit.ui import coverage_maps, hatching, maps, theme


@pytest.fixture
def county(tiny_here: Path) -> Twin:
    found = current_twin()
    assert found is not None
    return found


def browser(expression: str, properties: dict[str, int]) -> Any:
    """Work an expression out as the browser does: ternaries from the left, division by zero."""

    class Figures:
        def __getitem__(self, place: int) -> np.float64:
            return np.float64(properties[f"v[{place}]"])

    class Properties:
        v = Figures()

    text = expression.removeprefix("@@=")
    while "?" in text:  # innermost last: a?b:c -> (b) if (a) else (c)
        test, rest = text.split("?", 1)
        then, other = rest.split(":", 1)
        found = eval(
            test.replace("||", " or ").replace("&&", " and "), {"properties": Properties()}
        )
        if found:
            return json.loads(then)
        text = other
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return eval(text, {"properties": Properties()})


def properties(county: Twin, row: int) -> dict[str, int]:
    return {
        layer_key(m): round(float(values[row]) * layer_scale(m))
        for m, values in county.measures.items()
        if m in maps_measures() and not np.isnan(values[row])
    }


def maps_measures() -> tuple[str, ...]:
    from cockpit.answers.layers import LAYER_MEASURES

    return LAYER_MEASURES


@pytest.mark.parametrize("scheme", ["quantile", "equal", "jenks"])
def test_browser_and_python_agree_on_every_class(county: Twin, scheme: Any) -> None:
    with np.errstate(divide="ignore", invalid="ignore"):
        for indicator in county.indicators():
            answer = answers.map_answer(
                county, indicator.id, 0, "grid", scheme=scheme, visitor="秘密", small_count=0
            )
            colours = maps.class_colours(answer, "blue", theme.LIGHT)
            text = maps.colour_expression(
                answer, colours, no_data="#000000", masked="#111111", masked_measures=(), alpha=1
            )
            for row, k in zip(answer.rows, answer.breaks.class_of(answer.values), strict=True):
                expected = theme.rgba(colours[k] if k >= 0 else "#000000")
                assert browser(text, properties(county, int(row))) == expected, indicator.id


def test_values_in_the_browser_are_those_of_python(county: Twin) -> None:
    for indicator in county.indicators():
        value = browser(maps.value_expression(indicator), properties(county, 0))
        assert value == pytest.approx(county.values(indicator)[0])


def test_masked_counts_get_their_own_colour(county: Twin) -> None:
    answer = answers.map_answer(county, "low_income", 0, "grid", visitor="秘密", small_count=10)
    text = maps.colour_expression(
        answer,
        maps.class_colours(answer, "blue", theme.LIGHT),
        no_data="#000000",
        masked="#111111",
        masked_measures=("low_income",),
        alpha=1,
    )
    assert browser(text, {layer_key("low_income"): -1}) == [17, 17, 17, 255]


@pytest.mark.parametrize("few", [0, 25, 80, 1000])
def test_lines_lie_across_few_cases_and_no_data_and_nothing_else(county: Twin, few: int) -> None:
    seen = set()
    with np.errstate(divide="ignore", invalid="ignore"):
        for indicator in county.indicators():
            answer = answers.map_answer(
                county, indicator.id, 0, "grid", n_classes=3, visitor="秘密", small_count=0
            )
            inks = [[k, 0, 0, 255] for k in range(len(answer.breaks.cuts))]
            text = maps.hatch_expression(answer, few=few, on_few=inks, on_no_data=[9, 9, 9, 255])
            classes = answer.breaks.class_of(answer.values)
            for row, k, sparse in zip(answer.rows, classes, answer.few(few), strict=True):
                found = browser(text, properties(county, int(row)))
                wanted = [9, 9, 9, 255] if k < 0 else inks[k] if sparse else [0, 0, 0, 0]
                assert found == wanted, indicator.id
                seen.add(tuple(wanted))
    assert ((0, 0, 0, 255) in seen) == (few > 10)  # the smallest grid has 10 residents


def test_lines_can_be_seen_on_every_class(county: Twin) -> None:
    answer = answers.map_answer(
        county, "age_60_plus_share", 0, "grid", n_classes=7, visitor="备用", small_count=0
    )
    for tokens in (theme.LIGHT, theme.DARK):
        for name in theme.RAMPS:
            for colour in maps.class_colours(answer, name, tokens):
                one, other = (theme.rgba(c)[0] for c in (hatching.ink(colour), colour))
                assert abs(one - other) > 60


def test_lines_are_a_layer_only_where_there_are_any(county: Twin) -> None:
    answer = answers.map_answer(
        county, "age_60_plus_share", 0, "grid", visitor="备用", small_count=0
    )
    box = answers.Box(106.8, 27.2, 106.84, 27.24)
    for few, n in ((0, 0), (10, 0), (11, 1)):
        spec = json.loads(maps.deck(maps.Scene(county, answer, box, few=few), theme.DARK).to_json())
        assert sum(layer["id"] == "hatch" for layer in spec["layers"]) == n


def scene(county: Twin, **more: Any) -> maps.Scene:
    answer = answers.map_answer(county, "change", 0, "grid", visitor="备用", small_count=10)
    box = answers.Box(106.8, 27.2, 106.84, 27.24)
    return maps.Scene(county, answer, box, **more)


def test_a_deck_with_all_layers_is_below_10_kb(county: Twin) -> None:
    extras = ("labels", "roads", "facilities", "buildings", "rivers", "relief")
    for tokens in (theme.LIGHT, theme.DARK):
        text = maps.deck(
            scene(
                county,
                extras=extras,
                relief_bounds=(106.8, 27.2, 106.84, 27.24),
                tall=True,
                marked=("a", "b", "c"),
            ),
            tokens,
        ).to_json()
        assert len(text.encode()) < 10_000
        deck = json.loads(text)
        ids = [layer["id"] for layer in deck["layers"]]
        assert len(ids) == len(set(ids))


def test_no_address_leaves_the_host(county: Twin) -> None:
    extras = ("labels", "roads", "facilities", "buildings", "rivers")
    text = maps.deck(scene(county, extras=extras), theme.LIGHT).to_json()
    assert "http" not in text
    assert all(a.startswith("/layers/") for a in re.findall(r'"data":"([^"]*)"', text))


def test_another_indicator_keeps_layers_and_camera(county: Twin) -> None:
    first = json.loads(maps.deck(scene(county), theme.LIGHT).to_json())
    other = answers.map_answer(county, "people", 0, "grid", visitor="备用", small_count=10)
    box = answers.Box(106.8, 27.2, 106.84, 27.24)
    second = json.loads(maps.deck(maps.Scene(county, other, box), theme.LIGHT).to_json())
    assert first["initialViewState"] == second["initialViewState"]
    assert [x["id"] for x in first["layers"]] == [x["id"] for x in second["layers"]]
    assert [x["data"] for x in first["layers"]] == [x["data"] for x in second["layers"]]


def test_many_regions_come_in_tiles(county: Twin, monkeypatch: pytest.MonkeyPatch) -> None:
    from cockpit.settings import settings

    monkeypatch.setenv("COCKPIT_TILE_ABOVE", "10")
    settings.cache_clear()
    layer = json.loads(maps.deck(scene(county), theme.LIGHT).to_json())["layers"][0]
    assert layer["@@type"] == "TileLayer"
    assert layer["data"].endswith("/grid/529901/{z}/{x}/{y}.geojson")


@pytest.mark.parametrize(
    ("event", "code"),
    [
        (None, None),
        ({"selection": {"objects": {}}}, None),
        ({"selection": {"objects": {"regions-0": [{"properties": {"id": "5299"}}]}}}, "5299"),
        ({"selection": {"objects": {"facilities": [{"properties": {"id": "F1"}}]}}}, None),
        ({"selection": {"objects": {"regions-0": [{"id": "7"}]}}}, "7"),
    ],
)
def test_a_click_means_a_region_or_nothing(event: Any, code: str | None) -> None:
    assert maps.picked_code(event) == code


def pixels(view: dict[str, Any], lon: float, width: float) -> float:
    """Return where a longitude lies in a map of a width, from its left edge."""
    return float(width / 2 + (lon - view["longitude"]) * 512 * 2 ** view["zoom"] / 360)


@pytest.mark.parametrize("box", [(106.0, 27.0, 107.0, 27.2), (106.8, 27.2, 106.84, 27.24)])
@pytest.mark.parametrize(
    ("telephone", "narrow", "wide"),
    [(False, (706, 747, 1008), (804, 849, 1145)), (True, (336, 366), (336, 366))],
)
def test_nothing_is_cut_on_any_screen(
    monkeypatch: pytest.MonkeyPatch,
    box: tuple[float, float, float, float],
    *,
    telephone: bool,
    narrow: tuple[int, ...],
    wide: tuple[int, ...],
) -> None:
    # Widths measured in a browser: Map and Coverage at 1366, 1440 and 1920; telephones of 360, 390.
    monkeypatch.setattr(maps.state, "on_telephone", lambda: telephone)
    for module, widths in ((maps, narrow), (coverage_maps, wide)):
        width, height, left = module._window()
        place = answers.Box(*box)
        lon, _, zoom = place.camera(width, height, left_px=left)
        view = {"longitude": lon, "zoom": zoom}
        for shown in widths:
            assert pixels(view, place.west, shown) >= left
            assert pixels(view, place.east, shown) <= shown
