"""Layers by address: what they hold, for whom, and how a browser keeps them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from starlette.applications import Starlette

from cockpit.answers.layers import LAYER_MEASURES, layer_key, layer_url, stamp, tile_url
from tests import tiny
from tests.web.asgi import ask

COUNTY = "529901"
ANEW = "The data were loaded anew; open the page again."
VILLAGES = "/layers/tiny1/village/529901.geojson"


def figure(properties: dict[str, Any], measure: str) -> int | None:
    """Read a measure as the browser's expression ``properties.v[...]`` does."""
    assert layer_key(measure) == f"v[{LAYER_MEASURES.index(measure)}]"
    found: int | None = properties["v"][LAYER_MEASURES.index(measure)]
    return found


def by_id(app: Starlette, target: str) -> dict[str, dict[str, Any]]:
    reply = ask(app, target)
    assert reply.status == 200, reply.content
    return {f["id"]: f["properties"] for f in reply.json()["features"]}


def test_serves_the_regions_of_a_level_with_their_measures(app: Starlette) -> None:
    # By hand: village 1 of 东山 is grids 0, 1, 4, 5 with 10 + 20 + 50 + 60 residents.
    villages = by_id(app, VILLAGES)
    assert len(villages) == 4
    first = villages["529901001001"]
    assert first["n"] == "东山一村"
    assert first["e"] == "Village 01"
    assert figure(first, "people") == 140
    assert figure(first, "age_65_plus") == 28
    assert figure(first, "area_km2") == 40_000  # of 100 m²


@pytest.mark.parametrize(
    ("level", "n"), [("county", 1), ("township", 2), ("village", 4), ("grid", 16)]
)
def test_every_level_sums_to_the_county(app: Starlette, level: str, n: int) -> None:
    regions = by_id(app, f"/layers/tiny1/{level}/{COUNTY}.geojson")
    assert len(regions) == n
    assert sum(figure(r, "people") or 0 for r in regions.values()) == 1360


def test_a_parent_bounds_its_layer(app: Starlette) -> None:
    grids = by_id(app, "/layers/tiny1/grid/529901001001.geojson")
    assert sorted(grids) == [tiny.grid_code(k) for k in (0, 1, 4, 5)]


def test_neighbours_keep_touching(app: Starlette) -> None:
    import shapely

    features = ask(app, f"/layers/tiny1/grid/{COUNTY}.geojson").json()["features"]
    shapes = [shapely.geometry.shape(f["geometry"]) for f in features]
    assert shapely.coverage_is_valid(shapes)
    assert shapely.union_all(shapes).area == pytest.approx(0.04 * 0.04)


def test_sensitive_measures_are_left_out_below_their_class(
    app: Starlette, visitor: Callable[[str], None]
) -> None:
    for data_class, seen in (("公开", False), ("备用", False), ("敏感", True), ("秘密", True)):
        visitor(data_class)
        assert all(
            (figure(r, "low_income") is not None) == seen for r in by_id(app, VILLAGES).values()
        ), data_class


def test_small_sensitive_counts_are_masked(app: Starlette, visitor: Callable[[str], None]) -> None:
    visitor("敏感")
    grids = by_id(app, f"/layers/tiny1/grid/{COUNTY}.geojson")
    shown = [figure(grids[tiny.grid_code(k)], "low_income") for k in range(16)]
    # Grid k has k people of low income: 0 stays, 1 to 9 are hidden, 10 and more stand.
    assert shown == [0, *[-1] * 9, 10, 11, 12, 13, 14, 15]


def test_layers_of_things_need_the_class_of_their_data_set(
    app: Starlette, visitor: Callable[[str], None]
) -> None:
    for name in ("facilities", "buildings"):
        target = f"/layers/tiny1/{name}/{COUNTY}.geojson"
        visitor("备用")
        assert ask(app, target).status == 200
        visitor("公开")
        refused = ask(app, target, accept_language="en")
        assert refused.status == 403
        assert refused.json() == {"error": f"The layer {name} is not open to you."}


def test_facilities_and_buildings_of_a_region(app: Starlette) -> None:
    # Facilities stand in grids 0, 5, 15, 10; of these 0 and 5 lie in 东山, village 1.
    facilities = by_id(app, "/layers/tiny1/facilities/529901001001.geojson")
    assert facilities["F0"] == {"id": "F0", "n": "设施1", "k": "clinic", "cap": 20, "staff": 5}
    assert sorted(facilities) == ["F0", "F1"]
    buildings = by_id(app, "/layers/tiny1/buildings/529901001001.geojson")
    assert sorted(buildings) == ["B0", "B1", "B4", "B5"]


def test_labels_stand_inside_their_regions(app: Starlette) -> None:
    features = ask(app, f"/layers/tiny1/labels/township/{COUNTY}.geojson").json()["features"]
    assert [f["geometry"]["coordinates"] for f in features] == [[106.81, 27.22], [106.83, 27.22]]


def test_a_tile_holds_what_it_touches_cut_at_its_border(app: Starlette) -> None:
    from cockpit.answers.tiles import tile_bounds

    # Zoom 14: tiles of 0.022 degrees; the one around grid 5 (106.815 E, 27.215 N).
    x = int((106.815 + 180) / 360 * 2**14)
    found = None
    for y in range(6880, 6930):
        west, south, east, north = tile_bounds(14, x, y)
        if south <= 27.215 < north:
            found = y
    assert found is not None
    west, south, east, north = tile_bounds(14, x, found)
    reply = ask(app, f"/layers/tiny1/grid/{COUNTY}/14/{x}/{found}.geojson")
    features = reply.json()["features"]
    assert tiny.grid_code(5) in {f["id"] for f in features}
    for feature in features:
        for lon, lat in feature["geometry"]["coordinates"][0]:
            assert west - 1e-5 <= lon <= east + 1e-5
            assert south - 1e-5 <= lat <= north + 1e-5


def test_tiles_together_are_the_layer(app: Starlette) -> None:
    import shapely

    from cockpit.answers.tiles import tile_bounds

    area: dict[str, float] = {}
    for x in range(13052, 13058):
        for y in range(6895, 6920):
            west, south, east, north = tile_bounds(14, x, y)
            if east < 106.79 or west > 106.85 or north < 27.19 or south > 27.25:
                continue
            reply = ask(app, f"/layers/tiny1/grid/{COUNTY}/14/{x}/{y}.geojson")
            for f in reply.json()["features"]:
                shape = shapely.geometry.shape(f["geometry"])
                area[f["id"]] = area.get(f["id"], 0) + shape.area
    assert len(area) == 16
    assert all(a == pytest.approx(1e-4, rel=0.01) for a in area.values())


def test_the_stamped_address_is_kept_for_a_year(app: Starlette) -> None:
    reply = ask(app, layer_url("tiny1", "village", COUNTY))
    assert reply.headers["cache-control"] == "private, max-age=31536000, immutable"
    assert ask(app, VILLAGES).headers["cache-control"] == "private, no-cache"
    assert (
        layer_url("tiny1", "village", COUNTY) == f"/layers/{stamp('tiny1')}/village/529901.geojson"
    )
    assert tile_url("tiny1", "grid", "a/b").endswith("/grid/a%2Fb/{z}/{x}/{y}.geojson")


def test_a_browser_that_has_it_gets_304(app: Starlette) -> None:
    first = ask(app, VILLAGES, accept_encoding="gzip, br")
    assert first.headers["content-encoding"] == "gzip"
    etag = first.headers["etag"]
    assert etag.startswith('"')  # strong
    for value in (etag, f'"other", {etag}', f"W/{etag}", "*"):
        again = ask(app, VILLAGES, if_none_match=value)
        assert (again.status, again.body) == (304, b"")
        assert again.headers["etag"] == etag
    assert ask(app, VILLAGES, if_none_match='"other"').status == 200


def test_gzip_is_for_those_who_take_it(app: Starlette) -> None:
    plain = ask(app, VILLAGES)
    assert "content-encoding" not in plain.headers
    assert plain.body == ask(app, VILLAGES, accept_encoding="gzip").content


def test_head_answers_like_get(app: Starlette) -> None:
    head, get = ask(app, VILLAGES, "HEAD"), ask(app, VILLAGES)
    assert head.status == 200
    assert head.headers["etag"] == get.headers["etag"]
    assert ask(app, VILLAGES, "POST").status == 405


@pytest.mark.parametrize(
    ("target", "status", "sentence"),
    [
        ("/layers/old/village/529901.geojson", 404, ANEW),
        ("/layers/tiny1/street/529901.geojson", 404, "There is no level street."),
        ("/layers/tiny1/village/999999.geojson", 404, "There is no region 999999."),
        ("/layers/tiny1/features/lakes.geojson", 404, "There is no layer lakes."),
        ("/layers/tiny1/relief.png", 404, "There is no layer relief."),
        ("/layers/tiny1/grid/529901/99/0/0.geojson", 404, "There is no tile 99/0/0."),
        ("/layers/tiny1/grid/529901/3/8/0.geojson", 404, "There is no tile 3/8/0."),
        ("/layers/tiny1/grid/529901/-1/0/0.geojson", 404, "There is nothing at this address."),
        ("/layers/", 404, "There is nothing at this address."),
        (f"{VILLAGES}?a=1", 400, "A layer's address has nothing after a question mark."),
    ],
)  # fmt: skip
def test_refusals_are_one_plain_sentence(
    app: Starlette, target: str, status: int, sentence: str
) -> None:
    reply = ask(app, target, accept_language="en-GB,en;q=0.9")
    assert (reply.status, reply.json()) == (status, {"error": sentence})


def test_refusals_come_in_the_visitors_language(app: Starlette) -> None:
    target = "/layers/tiny1/village/1.geojson"
    assert ask(app, target, accept_language="zh-CN").json() == {"error": "没有代码为 1 的区域。"}
    assert ask(app, target).json() == {"error": "没有代码为 1 的区域。"}


def test_health_names_the_data_version(app: Starlette) -> None:
    assert ask(app, "/healthz").json() == {"store": "ok", "data_version": "tiny1"}
