"""The map as a vector picture: classes, marks, names, scale, and words that are escaped."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from cockpit.memo import drawing
from cockpit.memo.drawing import CHANGE, Picture, Place, Words, classes_of, draw, steps_for
from cockpit.ui import theme

SVG = "{http://www.w3.org/2000/svg}"
WORDS = Words(
    "Change <b>", tuple(f"class {k}" for k in range(7)), "nobody", "no way",
    {k: f"kind {k}" for k in ("kept", "new", "moved", "closed", "away")}, "{n} km", "N",
)  # fmt: skip


def picture(**changed: object) -> Picture:
    """Two cells of 10 km side by side in one township: fewer minutes west, more in the east."""
    cells = np.array([shapely.box(0, 0, 10_000, 10_000), shapely.box(10_000, 0, 20_000, 10_000)])
    whole = np.array([shapely.box(0, 0, 20_000, 10_000)])
    places = (Place(5_000, 5_000, "new", "1"), Place(15_000, 5_000, "kept"))
    parts = {
        "cells": cells, "classes": np.array([0, 6]), "townships": whole, "names": ("West & East",),
        "places": places, "words": WORDS, **changed,
    }  # fmt: skip
    return Picture(**parts)  # type: ignore[arg-type]


def test_colours_are_those_of_the_pages_but_for_the_middle() -> None:
    assert [c for k, c in enumerate(CHANGE) if k != 3] == [
        c for k, c in enumerate(theme.DIVERGING) if k != 3
    ]


def test_limits_belong_to_the_class_nearer_to_zero() -> None:
    change = np.array([-6, -5, -2, -1, 0, 1, 1.1, 2.1, 5.1, np.nan])
    assert classes_of(change, (1, 2, 5)).tolist() == [0, 1, 2, 3, 3, 3, 4, 5, 6, -2]


@given(st.lists(st.floats(-200, 200), min_size=1))
def test_both_sides_are_alike(values: list[float]) -> None:
    change = np.array(values)
    steps = steps_for(change)
    assert steps == steps_for(-change)
    assert (classes_of(change, steps) + classes_of(-change, steps) == 6).all()


def test_steps_fit_the_changes() -> None:
    assert steps_for(np.array([0.0, np.nan])) == drawing.STEPS[0]
    assert steps_for(np.array([1.5] * 10)) == (0.5, 1.0, 2.0)
    assert steps_for(np.array([500.0])) == drawing.STEPS[-1]


def test_cells_stand_where_they_are_in_their_colours() -> None:
    made = ET.fromstring(draw(picture()))
    fills = {p.get("fill"): p.get("d") for p in made.iter(f"{SVG}path") if p.get("d")}
    west, east = fills[CHANGE[0]], fills[CHANGE[6]]
    # 484 units for 20 km: 242 a cell, from 8 on.
    corners = {"8 8", "250 8", "250 250", "8 250"}
    assert set(west.strip("MZ").split("L")) == corners  # type: ignore[union-attr]
    assert "492 250" in east  # type: ignore[operator]


def test_scale_bar_is_as_long_as_it_says() -> None:
    made = draw(picture())
    # A fifth of the map is 4.1 km: 2 km, 48.4 units.
    assert "h48.4v-5" in made
    assert ">2 km<" in made


def test_words_are_escaped_and_legend_tells_what_is_there() -> None:
    made = draw(picture())
    assert "West &amp; East" in made
    assert "Change &lt;b&gt;" in made
    assert "kind new" in made
    assert "kind closed" not in made
    assert "no way" not in made
    assert "no way" in draw(picture(classes=np.array([-2, 3])))
    assert 'fill="url(#hatch)"' in draw(picture(classes=np.array([-2, 3])))


def test_a_name_never_hides_another() -> None:
    halves = np.array([shapely.box(0, 0, 20_000, 9_990), shapely.box(9_000, 9_990, 11_000, 10_000)])
    again = np.array([halves[0], halves[0], halves[0], halves[0], halves[0]])
    made = draw(picture(townships=again, names=tuple("abcde"), places=()))
    assert sum(f">{name}<" in made for name in "abcde") == 3  # in place, above, below
    assert ">a<" in made


def test_a_move_is_drawn_to_where_it_goes() -> None:
    away = Place(0, 0, "away", toward=(20_000, 10_000))
    made = draw(picture(places=(away,)))
    assert 'd="M8.0 250.0L492.0 8.0"' in made
    assert "stroke-dasharray" in made


def test_cells_without_shape_are_dots() -> None:
    dots = np.array([shapely.box(0, 0, 10_000, 10_000), shapely.Point(15_000, 5_000)])
    assert f'r="2.5" fill="{CHANGE[6]}"' in draw(picture(cells=dots))


def test_the_same_picture_gives_the_same_text() -> None:
    assert draw(picture()) == draw(picture())


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("分钟数变化方案", ["分钟数变", "化方案"]),
        ("minutes of change", ["minutes", "of", "change"]),
        ("", [""]),
    ],
)
def test_lines_break_between_words_or_letters(text: str, lines: list[str]) -> None:
    assert drawing.wrapped(text, 4) == lines
