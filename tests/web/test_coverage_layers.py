"""Coverage by address: what layers and files hold, for whom, and how large they are."""

from __future__ import annotations

import csv
import gzip
import io
import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import shapely
from sqlalchemy.orm import Session
from starlette.applications import Starlette

from cockpit.answers import coverage_layers as layers
from cockpit.answers import reach
from cockpit.answers.layers import stamp
from cockpit.coverage.causes import CUT_OFF, NO_ROAD, TOO_FAR
from cockpit.store.session import open_engine
from cockpit.web import coverage as routes
from tests import roaded, tiny
from tests.roaded import COUNTY, EAST, MINUTES, WEST
from tests.web.asgi import Reply, ask, cockpit_app

QUESTION = "clinic/car/6/people"


@pytest.fixture(scope="module")
def county_engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    engine = open_engine(f"sqlite:///{tmp_path_factory.mktemp('roads') / 'county.sqlite'}")
    roaded.fill(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def app(county_engine: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Starlette]:
    """Return the routes on the county with roads, for a visitor of class 备用."""
    from cockpit.answers import current
    from cockpit.web import layers as kept

    for module in (current, kept, reach, routes):
        monkeypatch.setattr(module, "engine", lambda: county_engine)
    for forget in (current.forget, reach.forget, kept.clear):
        forget()
    yield cockpit_app()
    for forget in (current.forget, reach.forget, kept.clear):
        forget()


def by_id(reply: Reply) -> dict[str, dict[str, Any]]:
    assert reply.status == 200, reply.content
    return {f["properties"]["id"]: f["properties"] for f in reply.json()["features"]}


def minutes_of(properties: dict[str, Any], service: str) -> float | None:
    """Read a service's minutes as the browser's expression ``properties.m[...]`` does."""
    place = int(layers.SERVICE_KEYS[service].removeprefix("m[").removesuffix("]"))
    found: float | None = properties["m"][place]
    return found


def test_minutes_of_every_service_in_one_layer(app: Starlette) -> None:
    cells = by_id(ask(app, layers.minutes_url("tiny1", "car", COUNTY)))
    assert len(cells) == 16
    for k, expected in enumerate(MINUTES):
        found = minutes_of(cells[tiny.grid_code(k)], "clinic")
        assert found == (None if math.isinf(expected) else expected), k
    first = cells[tiny.grid_code(0)]
    assert (first["n"], first["e"], first["p"]) == ("第1网格", "Grid 1", 10)
    assert minutes_of(first, "hospital") == 9
    # No ambulance leaves the one-way street to cell 3, and there is no library.
    assert minutes_of(first, "ambulance") is None
    assert minutes_of(cells[tiny.grid_code(3)], "ambulance") == 0
    assert minutes_of(first, "library") is None


def test_minutes_are_rounded_up_so_that_limits_stay_true(app: Starlette) -> None:
    cells = by_id(ask(app, layers.minutes_url("tiny1", "walk", COUNTY)))
    # 1,250 m at 1.1 m/s are 1,136 s: 18.93 minutes, shown as 19; two of them 37.87, as 38.
    assert minutes_of(cells[tiny.grid_code(1)], "clinic") == 19
    assert minutes_of(cells[tiny.grid_code(2)], "clinic") == 38
    assert minutes_of(cells[tiny.grid_code(7)], "clinic") == 76


def test_a_parent_bounds_the_cells_and_not_the_facilities(app: Starlette) -> None:
    cells = by_id(ask(app, layers.minutes_url("tiny1", "car", EAST)))
    assert len(cells) == 8
    assert minutes_of(cells[tiny.grid_code(2)], "clinic") == 6  # to A in the west


def test_causes_and_scores(app: Starlette) -> None:
    cells = by_id(ask(app, layers.covered_url("tiny1", "clinic", "car", 6, "people", COUNTY)))
    causes = {k: cells[tiny.grid_code(k)]["k"] for k in range(16)}
    assert [causes[k] for k in (0, 7, 13, 15)] == [0, TOO_FAR, CUT_OFF, NO_ROAD]
    place = layers.SCORE_KEYS["two_step"]
    assert place == "s[2]"
    assert cells[tiny.grid_code(0)]["s"][2] == pytest.approx(2 / 260, rel=0.005)
    assert cells[tiny.grid_code(15)]["s"] == [0] * len(layers.SCORE_KEYS)


def test_scores_follow_the_decay_of_the_address(app: Starlette) -> None:
    asked = ("tiny1", "clinic", "car", 6, "people", COUNTY)
    place = int(layers.SCORE_KEYS["gravity"][2:-1])
    usual, step = (
        by_id(ask(app, layers.covered_url(*asked, decay)))[tiny.grid_code(1)]["s"][place]
        for decay in ("exponential", "step")
    )
    assert step == 2  # only clinic A is within six minutes, at three; B is fifteen away
    assert usual == pytest.approx(2 * 0.5**0.5 + 2 * 0.5**2.5, rel=0.005)
    short = layers.covered_url(*asked).replace("/exponential", "")
    assert by_id(ask(app, short))[tiny.grid_code(1)]["s"][place] == usual
    assert ask(app, layers.covered_url(*asked, "slope")).status == 404


def test_catchments_are_the_cells_led_to_a_facility(app: Starlette) -> None:
    reply = ask(app, layers.catchments_url("tiny1", "clinic", "car", COUNTY))
    areas = by_id(reply)
    assert {i: a["p"] for i, a in areas.items()} == {"A": 540, "B": 330}
    shapes = {f["id"]: shapely.geometry.shape(f["geometry"]) for f in reply.json()["features"]}
    assert shapes["A"].area == pytest.approx(9e-4)  # nine cells of a hundredth of a degree
    assert shapes["B"].area == pytest.approx(3e-4)


def test_served_facilities_tell_their_supply_where_known(app: Starlette) -> None:
    places = by_id(ask(app, layers.served_url("tiny1", "clinic", WEST)))
    assert places["A"] == {"id": "A", "n": "设施A", "cap": 2}
    assert places["B"] == {"id": "B", "n": "=B"}


def test_isochrones_come_largest_first_with_their_roads(app: Starlette) -> None:
    reply = ask(app, layers.isochrone_url("tiny1", "A", "car", (3, 6)))
    large, small, roads = reply.json()["features"]
    assert [f["properties"]["m"] for f in (large, small)] == [6, 3]
    assert [f["properties"]["p"] for f in (large, small)] == [260, 80]
    assert roads["properties"] == {"r": 1}
    assert roads["geometry"]["type"].endswith("LineString")


@pytest.mark.parametrize(
    "target",
    [
        f"/layers/tiny1/minutes/sledge/{COUNTY}.geojson",
        "/layers/tiny1/minutes/car/1.geojson",
        f"/layers/tiny1/covered/spa/car/6/people/{COUNTY}.geojson",
        f"/layers/tiny1/covered/clinic/car/0/people/{COUNTY}.geojson",
        f"/layers/tiny1/covered/clinic/car/601/people/{COUNTY}.geojson",
        f"/layers/tiny1/covered/clinic/car/6.25/people/{COUNTY}.geojson",
        f"/layers/tiny1/covered/clinic/car/1e1/people/{COUNTY}.geojson",
        f"/layers/tiny1/covered/clinic/car/-6/people/{COUNTY}.geojson",
        f"/layers/tiny1/covered/clinic/car/nan/people/{COUNTY}.geojson",
        f"/layers/tiny1/covered/clinic/car/6/elves/{COUNTY}.geojson",
        f"/layers/tiny1/catchments/clinic/sledge/{COUNTY}.geojson",
        f"/layers/tiny1/served/spa/{COUNTY}.geojson",
        "/layers/tiny1/isochrone/Z/car/5.geojson",
        "/layers/tiny1/isochrone/A/car/1-2-3-4-5-6-7.geojson",
        f"/layers/tiny0/minutes/car/{COUNTY}.geojson",
        f"/download/tiny1/coverage/{QUESTION}/{COUNTY}/street.csv",
        f"/download/tiny1/coverage/{QUESTION}/{COUNTY}/cell.exe",
        f"/download/tiny0/coverage/{QUESTION}/{COUNTY}/cell.csv",
    ],
)
def test_what_there_is_not_is_a_plain_404(app: Starlette, target: str) -> None:
    reply = ask(app, target)
    assert reply.status == 404
    assert set(reply.json()) == {"error"}


def test_a_group_above_the_class_is_refused(app: Starlette, visitor: Callable[[str], None]) -> None:
    target = f"/layers/tiny1/covered/clinic/car/6/low_income/{COUNTY}.geojson"
    refused = ask(app, target, accept_language="en")
    assert refused.status == 403
    assert refused.json() == {"error": "The layer low_income is not open to you."}
    assert (
        ask(app, f"/download/tiny1/coverage/clinic/car/6/low_income/{COUNTY}/cell.csv").status
        == 403
    )
    visitor("敏感")
    cells = by_id(ask(app, target))
    # Grid k has k people on support: below ten they are masked.
    assert [cells[tiny.grid_code(k)]["p"] for k in (0, 1, 9, 10, 15)] == [0, -1, -1, 10, 15]


def test_facilities_above_the_class_are_in_no_layer(
    app: Starlette, visitor: Callable[[str], None]
) -> None:
    """They are of class 备用: a visitor of class 公开 neither sees nor reaches them."""
    visitor("公开")
    assert by_id(ask(app, layers.served_url("tiny1", "clinic", COUNTY))) == {}
    cells = by_id(ask(app, layers.minutes_url("tiny1", "car", COUNTY)))
    assert {minutes_of(c, "clinic") for c in cells.values()} == {None}
    assert ask(app, layers.isochrone_url("tiny1", "A", "car", (5,))).status == 404


def test_layers_are_kept_by_the_browser_and_by_us(app: Starlette) -> None:
    target = layers.minutes_url("tiny1", "car", COUNTY)
    assert stamp("tiny1") in target
    first = ask(app, target, accept_encoding="gzip")
    assert first.headers["cache-control"] == "private, max-age=31536000, immutable"
    again = ask(app, target, if_none_match=first.headers["etag"])
    assert again.status == 304
    plain = ask(app, f"/layers/tiny1/minutes/car/{COUNTY}.geojson")
    assert plain.headers["cache-control"] == "private, no-cache"


# ------------------------------------------------------------ files


def test_the_table_of_villages_in_both_languages(app: Starlette) -> None:
    target = f"/download/tiny1/coverage/{QUESTION}/{COUNTY}/village.csv"
    reply = ask(app, f"{target}?lang=en")
    assert reply.content.startswith(b"\xef\xbb\xbf")
    rows = {r["Code"]: r for r in csv.DictReader(io.StringIO(reply.table))}
    assert rows[f"{EAST}002"]["Uncovered people"] == "310"
    assert rows[f"{EAST}002"]["Nearest facility"] == "'=B"
    assert rows[f"{WEST}002"]["Main cause"] == "Cut off"  # 140 of 13 against 130 of 12
    assert reply.headers["cache-control"] == "private, no-store"
    assert "attachment" in reply.headers["content-disposition"]
    assert ask(app, f"{target}?lang=zh").content.decode("utf-8-sig").startswith("代码,名称,")


def test_the_table_of_cells_as_a_workbook(app: Starlette) -> None:
    reply = ask(app, f"/download/tiny1/coverage/{QUESTION}/{EAST}/cell.xlsx?lang=en")
    page = openpyxl.load_workbook(io.BytesIO(reply.content)).active
    assert page is not None
    rows = {row[0].value: row for row in page.iter_rows(min_row=2)}
    assert len(rows) == 8
    assert rows[tiny.grid_code(2)][4].value == 6
    assert rows[tiny.grid_code(15)][7].value == "No road"


@pytest.mark.parametrize(
    "target",
    [f"/download/tiny1/catchments/clinic/car/{COUNTY}.geojson",
     "/download/tiny1/isochrone/A/car/3-6.geojson"],
)  # fmt: skip
def test_areas_can_be_kept_as_geojson(app: Starlette, target: str) -> None:
    reply = ask(app, target)
    assert reply.status == 200
    assert reply.json()["type"] == "FeatureCollection"
    assert "attachment" in reply.headers["content-disposition"]


# ------------------------------------------------------------ size


@pytest.mark.slow
def test_minutes_of_three_thousand_grids_fit_into_250_kb(
    sample_store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cockpit.answers.twin import twin

    engine = open_engine(f"sqlite:///{sample_store / 'county.sqlite'}")
    with Session(engine) as db:
        county = twin(db)
        assert county is not None
        ours = reach.reach_for(
            county, db, allowed=[d.id for d in db.query(reach.Dataset)], keep=None
        )
        for mode in ("walk", "car"):
            body = layers.minutes_layer(db, ours, mode, 0, visitor="备用")
            assert len(ours.rows) == 3000
            assert len(gzip.compress(body, 9, mtime=0)) <= 250_000, mode
    engine.dispose()
