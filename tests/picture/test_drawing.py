"""Maps as SVG: what is drawn where, in which colour, with which lines, and nothing else."""

from __future__ import annotations

import datetime as dt
import gzip
import xml.etree.ElementTree as ET
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from cockpit.look.tokens import DARK, LIGHT, RAMPS
from cockpit.picture import (
    FORMATS,
    Legend,
    Link,
    Mark,
    Name,
    Outline,
    Picture,
    Row,
    Sheet,
    as_pdf,
    as_png,
    draw,
    sheet,
)  # fmt: skip
from cockpit.picture.drawing import bright, lines_over, scale_length
from cockpit.picture.shapes import FINE, Frame, path

SVG = "{http://www.w3.org/2000/svg}"


def squares(n: int, side: float = 1000.0) -> Any:
    """Return ``n`` squares in a row, the first with its south-west corner at 0, 0."""
    return np.array([shapely.box(k * side, 0, (k + 1) * side, side) for k in range(n)])


def read(svg: str) -> ET.Element:
    return ET.fromstring(svg)


def test_a_square_lies_where_it_should() -> None:
    # 800 m wide in 400 units: half a unit a metre, in the middle of the height.
    frame = Frame.around(np.array([shapely.box(0, 0, 800, 400)]), 0, 0, 400, 300)
    assert frame.point(0, 0) == (0, 250)
    assert frame.point(800, 400) == (400, 50)
    assert path(shapely.box(0, 0, 800, 400), frame) in (
        "M800 500l0-400-800 0 0 400z",
        "M800 500l0-400 -800 0 0 400z",
    )


def test_every_region_has_its_colour_title_and_link_in_their_order() -> None:
    fills = ["#111111", "", "#333333"]
    titles = ["东山街道 12", "西河镇 —", 'a "quoted" <b>']
    links = [Link("/low?region=1&lang=zh"), Link("/low?region=2", current=True), None]
    svg = draw(Picture(squares(3), fills, LIGHT, titles=titles, links=links, label="Map"))
    tree = read(svg)
    assert tree.attrib["role"] == "group"
    anchors = list(tree.iter(f"{SVG}a"))
    assert [a.attrib["href"] for a in anchors] == ["/low?region=1&lang=zh", "/low?region=2"]
    assert [a.attrib["aria-label"] for a in anchors] == titles[:2]
    assert [a.get("aria-current") for a in anchors] == [None, "true"]
    assert [t.text for t in tree.iter(f"{SVG}title")] == titles
    drawn = [p for p in tree.iter(f"{SVG}path") if p.find(f"{SVG}title") is not None]
    assert [p.attrib["fill"] for p in drawn] == ["#111111", LIGHT.no_data, "#333333"]
    assert "<script" not in svg
    assert "http" not in svg.replace("http://www.w3.org/2000/svg", "")


@given(st.lists(st.sampled_from(["", "#E3EEF9", "#0B3B72"]), min_size=1, max_size=12), st.data())
def test_lines_lie_across_no_data_and_the_unsure_and_nothing_else(
    fills: list[str], data: st.DataObject
) -> None:
    unsure = np.array(data.draw(st.lists(st.booleans(), min_size=len(fills), max_size=len(fills))))
    tree = read(draw(Picture(squares(len(fills)), fills, LIGHT, unsure=unsure)))
    lines = [p.attrib["fill"] for p in tree.iter(f"{SVG}path") if "url(" in p.get("fill", "")]
    wanted = [lines_over(f) for f, odd in zip(fills, unsure, strict=True) if odd or not f]
    assert lines == wanted
    known = {p.attrib["id"] for p in tree.iter(f"{SVG}pattern")}
    assert all(fill[5:-1] in known for fill in lines)


def test_lines_stand_out_on_each_colour_of_each_ramp() -> None:
    for steps in RAMPS.values():
        assert bright(steps[0])
        assert not bright(steps[-1])
    assert lines_over("") == "url(#lines-none)"


def test_neighbours_keep_touching() -> None:
    # A wavy border with 200 points, shared: simplified, both still have the same points.
    y = np.linspace(0, 1000, 200)
    border = np.column_stack((500 + 3 * np.sin(y / 30), y))
    left = shapely.Polygon([*border, (0, 1000), (0, 0)])
    right = shapely.Polygon([*border, (1000, 1000), (1000, 0)])
    tree = read(draw(Picture(np.array([left, right]), ["#111111", "#222222"], LIGHT)))
    data = [p.attrib["d"] for p in tree.iter(f"{SVG}path") if p.get("fill", "").startswith("#")]
    assert all(len(d) < 600 for d in data)
    points = [corners(d) for d in data]
    shared = points[0] & points[1]
    assert len(shared) >= 10
    assert len(points[0] - shared) == 2
    assert len(points[1] - shared) == 2


def corners(data: str) -> set[tuple[int, int]]:
    """Return the corners of path data that moves on from each to the next."""
    first, rest = data.removesuffix("z").removeprefix("M").split("l")
    numbers = [int(x) for x in rest.replace("-", " -").split()]
    at = np.array([int(x) for x in first.split()])
    moves = np.array(numbers).reshape(-1, 2)
    return {(int(x), int(y)) for x, y in np.vstack((at, at + moves.cumsum(axis=0)))}


def test_points_are_dots_and_what_has_no_place_is_left_out() -> None:
    shapes = np.array([shapely.Point(0, 0), None, shapely.Point(10, 10)], dtype=object)
    tree = read(draw(Picture(shapes, ["#111111"] * 3, DARK)))
    assert len(list(tree.iter(f"{SVG}circle"))) == 2
    nothing = np.array([None], dtype=object)
    assert not list(read(draw(Picture(nothing, [""], DARK))).iter(f"{SVG}circle"))


@pytest.mark.parametrize(
    ("more", "words"),
    [({"titles": ["a"]}, "1 entries for 2 shapes"), ({"links": [None] * 3}, "3 ")],
)
def test_one_entry_a_shape(more: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        draw(Picture(squares(2), ["", ""], LIGHT, **more))


def test_a_name_that_would_hide_another_is_left_out() -> None:
    names = [Name(500, 500, "城关镇"), Name(505, 505, "南门街道"), Name(2500, 500, "高桥镇")]
    tree = read(draw(Picture(squares(3), ["#111111"] * 3, LIGHT, names=names)))
    assert [t.text for t in tree.iter(f"{SVG}text")] == ["城关镇", "高桥镇"]


@pytest.mark.parametrize("shape", ["circle", "square", "diamond", "triangle", "cross"])
def test_marks_differ_in_shape_and_carry_their_words(shape: Any) -> None:
    mark = Mark(500, 500, "#D6336C", shape, label="1", title="县医院 & 诊所", href="/low/site?id=1")
    svg = draw(Picture(squares(2), ["#111111"] * 2, LIGHT, marks=[mark]))
    tree = read(svg)
    assert "县医院 & 诊所" in [t.text for t in tree.iter(f"{SVG}title")]
    assert svg.count('fill="#D6336C"') == 1
    assert next(tree.iter(f"{SVG}a")).attrib["href"] == "/low/site?id=1"


@given(st.floats(1e-5, 10), st.floats(100, 2000))
def test_the_scale_is_a_round_length_that_fits(units_a_metre: float, width: float) -> None:
    length = scale_length(units_a_metre, width)
    share = length * 1000 * units_a_metre / width
    assert 0.18 / 2.5 - 1e-6 <= share <= 0.18 + 1e-6
    digits = f"{length:.6e}"
    assert digits.split("e", maxsplit=1)[0] in ("1.000000", "2.000000", "5.000000")


def a_sheet(**more: Any) -> Sheet:
    picture = Picture(
        squares(3),
        ["#E3EEF9", "#0B3B72", ""],
        more.pop("tokens", LIGHT),
        unsure=np.array([True, False, False]),
        outlines=[Outline(squares(3), LIGHT.map_border)],
        scale_words="{n} 公里",
        north="北",
    )
    rows = (Row("#E3EEF9", "1 – 2", "1"), Row("#E3EEF9", "基数不足", "1", "unsure"),
            Row("", "无数据", "1", "none"))  # fmt: skip
    given_: dict[str, Any] = {
        "title": "青岚县 · 常住人口",
        "sentence": "一句话。",
        "stamps": ("示例县",),
        "picture": picture,
        "legend": Legend("常住人口（人）", rows, ("括号内为区域数。",)),
        "foot": ("来源：统计局", "追踪码 0001-A。"),
    }
    return Sheet(**(given_ | more))


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("tokens", [LIGHT, DARK])
def test_a_sheet_says_everything_within_its_edges(form: str, tokens: Any) -> None:
    made = sheet(a_sheet(tokens=tokens), form)
    tree, (width, height) = read(made), FORMATS[form]
    words = [t.text or "" for t in tree.iter(f"{SVG}text")]
    known = ("青岚县 · 常住人口", "一句话。", "示例县", "常住人口（人）", "1 – 2 (1)")
    for said in (*known, "无数据 (1)", "来源：统计局", "追踪码 0001-A。", "北"):
        assert said in words
    for text in tree.iter(f"{SVG}text"):
        assert 0 <= float(text.attrib["x"]) < width
        assert 0 < float(text.attrib["y"]) < height - 4
    assert tokens.ground in made


def test_words_are_escaped() -> None:
    made = sheet(a_sheet(title='<script>alert("1")</script>', foot=("a & b", "</svg><x/>")))
    assert "<script" not in made
    assert read(made).find(f"{SVG}x") is None


def test_the_same_sheet_gives_the_same_picture_and_document() -> None:
    svg, (width, height) = sheet(a_sheet()), FORMATS["slide"]
    assert svg == sheet(a_sheet())
    png = as_png(svg, width, height, title="t")
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    assert int.from_bytes(png[16:20], "big") == 1920
    assert int.from_bytes(png[20:24], "big") == 1080
    made = dt.datetime(2026, 1, 2, 3, 4, 5, 678, tzinfo=dt.UTC)
    document = as_pdf(svg, width, height, title="t", made=made)
    assert document == as_pdf(svg, width, height, title="t", made=made)
    assert document.startswith(b"%PDF")


def test_three_hundred_villages_stay_small() -> None:
    # Borders of 12 points a side, as wavy as those of real villages are in a picture.
    shapes = villages(15, 20, points=12)
    titles = [f"第{k}村 1,234 人" for k in range(len(shapes))]
    links = [Link(f"/low/map?region=5299011{k:05d}&lang=zh") for k in range(len(shapes))]
    made = draw(Picture(shapes, ["#367ABD"] * len(shapes), LIGHT, titles=titles, links=links))
    assert len(made.encode()) < 120_000
    assert len(gzip.compress(made.encode())) < 40_000
    assert max(abs(n) for n in coordinates(made)) <= 720 * FINE


def coordinates(svg: str) -> list[int]:
    tree = read(svg)
    data = [p.attrib["d"] for p in tree.iter(f"{SVG}path") if p.find(f"{SVG}title") is not None]
    return [number for d in data for corner in corners(d) for number in corner]


def villages(columns: int, rows: int, points: int) -> Any:
    """Return areas that share wavy borders, row by row."""

    def corner(i: int, j: int) -> tuple[float, float]:
        return 1000.0 * i, 1000.0 * j

    def line(a: tuple[float, float], b: tuple[float, float]) -> list[tuple[float, float]]:
        t = np.linspace(0, 1, points, endpoint=False)
        wave = 60 * np.sin(6 * np.pi * t) * np.sin(np.pi * t)
        across = (b[1] - a[1], a[0] - b[0])
        return [
            (a[0] + s * (b[0] - a[0]) + w * across[0] / 1000,
             a[1] + s * (b[1] - a[1]) + w * across[1] / 1000)
            for s, w in zip(t, wave, strict=True)
        ]  # fmt: skip

    made = []
    for j in range(rows):
        for i in range(columns):
            a, b, c, d = corner(i, j), corner(i + 1, j), corner(i + 1, j + 1), corner(i, j + 1)
            ring = [*line(a, b), *line(b, c), c]
            ring += [*line(d, c)[::-1], *line(a, d)[::-1]]
            made.append(shapely.Polygon(list(dict.fromkeys(ring))))
    return np.array(made)
