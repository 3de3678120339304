"""A character a cell: text, colours, and what the browser makes of them (tests/browser looks)."""

from __future__ import annotations

import json

import numpy as np
import pytest

from cockpit.ui import cell_map, theme
from cockpit.ui.cell_map import CellMap, classes_of, fill

COLOURS = (("#FF0000", 1.0), ("#00FF00", 0.5))


def test_a_class_is_a_digit() -> None:
    assert classes_of(np.array([0, 9, 3], dtype=np.intp)) == "093"
    assert classes_of([]) == ""


@pytest.mark.parametrize("wrong", [[0, 10], [-1]])
def test_no_digit_no_class(wrong: list[int]) -> None:
    with pytest.raises(ValueError, match="classes are 0 to 9"):
        classes_of(wrong)


def test_the_text_is_sent_once() -> None:
    text = fill(CellMap("0110", COLOURS))
    assert text == '@@=([[255,0,0,255],[0,255,0,128]])[("0110")[properties.i]]'


def test_another_plan_keeps_the_layer_and_its_shapes() -> None:
    first, other = (
        cell_map.layer(CellMap(text, COLOURS), "v1", "529901", theme.LIGHT) for text in ("00", "01")
    )
    assert first["id"] == other["id"]
    assert first["data"] == other["data"]
    assert first["data"].endswith("/sites/529901.geojson")
    assert first["updateTriggers"]["getFillColor"] != other["updateTriggers"]["getFillColor"]


def test_three_thousand_cells_are_a_few_kilobytes() -> None:
    cells = CellMap("0" * 3000, COLOURS * 5)
    assert len(json.dumps(cell_map.layer(cells, "v1", "529901", theme.DARK))) < 4000


def test_one_cell_has_a_thick_line() -> None:
    made = cell_map.layer(CellMap("00", COLOURS), "v", "1", theme.LIGHT, outlined=1)
    assert made["getLineWidth"] == "@@=properties.i==1?3:0.5"
    assert made["updateTriggers"]["getLineWidth"] == 1
