"""Bridges, closed roads, minutes lost and their files by address."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.applications import Starlette

from cockpit.answers.closure_layers import bridges_url, closed_url, lost_url
from cockpit.web import layers
from tests import bridged, tiny
from tests.web.asgi import Reply, ask, cockpit_app

FIRST, LAST = bridged.bridge_ids()
COUNTY, V = "529901", bridged.VERSION
BOTH = f"e{FIRST}.{LAST}"


@pytest.fixture
def app(bridged_here: Path) -> Iterator[Starlette]:
    layers.clear()
    yield cockpit_app()
    layers.clear()


def features(app: Starlette, target: str) -> list[dict[str, object]]:
    reply = ask(app, target)
    assert reply.status == 200, reply.content
    found: list[dict[str, object]] = reply.json()["features"]
    return found


def cells(app: Starlette, key: str, parent: str = COUNTY) -> dict[str, dict[str, object]]:
    found = features(app, lost_url(V, "car", "hospital", key, parent))
    return {str(f["id"]): f["properties"] for f in found}  # type: ignore[misc]


def test_bridges_are_lines_with_a_point_to_hit(app: Starlette) -> None:
    found = features(app, bridges_url(V, COUNTY))
    assert [f["id"] for f in found] == [str(FIRST), str(LAST)]
    shape = found[0]["geometry"]
    assert [g["type"] for g in shape["geometries"]] == ["LineString", "Point"]  # type: ignore[index]
    told = found[1]["properties"]
    assert told["n"].startswith("青桥 · ")  # type: ignore[index]
    assert told["t"] == "1,000 m"  # type: ignore[index]


def test_cells_tell_what_they_lose(app: Starlette) -> None:
    found = cells(app, f"e{LAST}")
    assert len(found) == 16
    last_row = found[tiny.grid_code(12)]
    assert last_row["d"] == pytest.approx(6 * bridged.EDGE_MINUTES, abs=0.1)
    assert last_row["p"] == 130
    assert " → " in str(last_row["t"])
    assert found[tiny.grid_code(15)]["d"] == 0
    assert "→" not in str(found[tiny.grid_code(15)]["t"])


def test_who_is_cut_off_has_a_null(app: Starlette) -> None:
    found = cells(app, BOTH)
    shut = {tiny.grid_code(k) for k in bridged.WEST_GRIDS}
    assert {code for code, told in found.items() if told["d"] is None} == shut
    assert str(found[tiny.grid_code(0)]["t"]).endswith("→ ✕")
    assert not any("u" in told for told in found.values())


def test_nothing_closed_loses_nothing(app: Starlette) -> None:
    assert all(told["d"] == 0 for told in cells(app, "").values())


def test_a_parent_bounds_its_cells(app: Starlette) -> None:
    assert len(cells(app, BOTH, "529901001001")) == 4


def test_what_is_closed(app: Starlette) -> None:
    found = features(app, closed_url(V, f"e{LAST}~z{bridged.POOL}"))
    kinds = [f["properties"] for f in found]
    # The first bridge is closed by the water, the last by itself: that one has the large cross.
    assert kinds == [{"k": "water"}, {"k": "road"}, {"k": "mark"}, {"k": "mark", "s": 1}]
    assert features(app, closed_url(V, "")) == []


@pytest.mark.parametrize(
    ("target", "status", "words"),
    [
        (lost_url(V, "car", "hospital", "nonsense", COUNTY), 400, "cannot be read: nonsense."),
        (lost_url(V, "car", "hospital", "e999", COUNTY), 400, "no road number 999 any more."),
        (lost_url(V, "car", "hospital", "e1" * 1100, COUNTY), 400, "do not fit into one address"),
        (lost_url(V, "rocket", "hospital", "", COUNTY), 400, "no way of travelling rocket"),
        (lost_url(V, "car", "casino", "", COUNTY), 400, "There is no service casino"),
        (lost_url(V, "car", "hospital", "", "nowhere"), 404, "There is no region nowhere."),
        (lost_url("old", "car", "hospital", "", COUNTY), 404, "The data were loaded anew"),
        (closed_url(V, f"z{bridged.SECRET}"), 403, "The layer plans is not open to you."),
        (bridges_url(V, "nowhere"), 404, "There is no region nowhere."),
        (f"/download/{V}/closures/car/hospital/people/-/secrets.csv", 404, "no such table"),
        (f"/download/{V}/closures/car/hospital/low_income/-/cells.csv", 400, "not open to you"),
    ],
)
def test_refusals_are_plain(app: Starlette, target: str, status: int, words: str) -> None:
    reply = ask(app, target, accept_language="en")
    assert reply.status == status
    assert words in reply.json()["error"]


def test_the_longest_key_still_has_an_address(app: Starlette) -> None:
    key = ".".join(["e0000001"] + ["000000001"] * 199)[:1998]
    assert ask(app, lost_url(V, "ambulance", "primary_school", key, COUNTY)).status == 200


def test_a_browser_keeps_a_layer(app: Starlette) -> None:
    target = lost_url(V, "car", "hospital", BOTH, COUNTY)
    first = ask(app, target)
    assert "immutable" in first.headers["cache-control"]
    assert ask(app, target, if_none_match=first.headers["etag"]).status == 304


def rows(reply: Reply) -> list[list[str]]:
    assert reply.status == 200, reply.content
    return list(csv.reader(io.StringIO(reply.table)))


def test_files_of_villages_and_cells(app: Starlette) -> None:
    address = f"/download/{V}/closures/car/hospital/people/{BOTH}"
    villages = rows(ask(app, f"{address}/villages.csv?lang=en"))
    assert villages[0][3:6] == ["Residents", "People cut off", "People with a longer way"]
    assert villages[1][:6] == ["529901001002", "东山二村", "Village 02", "460", "460", "0"]
    assert len(villages) == 3
    table = rows(ask(app, f"{address}/cells.csv?lang=zh"))
    assert table[0][-1] == "现已断路"
    assert len(table) == 17
    by_code = {row[0]: row for row in table[1:]}
    assert by_code[tiny.grid_code(0)][3:] == ["10", by_code[tiny.grid_code(0)][4], "", "", "是"]
    assert by_code[tiny.grid_code(15)][-2:] == ["0.0", "否"]


def test_file_of_the_cells_that_are_cut_off(app: Starlette) -> None:
    address = f"/download/{V}/closures/car/hospital/people/{BOTH}/cut-off.geojson"
    reply = ask(app, address)
    code = reply.headers["x-trace-code"]
    name = f'filename="closures-cut-off-{code}.geojson"'
    assert name in reply.headers["content-disposition"]
    assert code in reply.json()["watermark"]
    found = {f["id"]: f["properties"] for f in reply.json()["features"]}
    assert set(found) == {tiny.grid_code(k) for k in bridged.WEST_GRIDS}
    assert sum(told["people"] for told in found.values()) == bridged.WEST_PEOPLE
