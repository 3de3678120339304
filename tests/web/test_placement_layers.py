"""The lasting layer of cells by address."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy.orm import Session
from starlette.applications import Starlette

from cockpit.answers.layers import MASKED
from cockpit.answers.reach import current_reach
from cockpit.answers.site_layers import cells_layer, cells_url, standing_url
from cockpit.store.session import engine
from cockpit.web import layers
from tests import bridged, tiny
from tests.web.asgi import ask, cockpit_app

COUNTY, V = "529901", bridged.VERSION


@pytest.fixture
def app(bridged_here: Path) -> Iterator[Starlette]:
    layers.clear()
    yield cockpit_app()
    layers.clear()


def cells(app: Starlette, parent: str = COUNTY) -> dict[str, dict[str, object]]:
    reply = ask(app, cells_url(V, parent))
    assert reply.status == 200, reply.content
    return {str(f["id"]): f["properties"] for f in reply.json()["features"]}


def test_each_cell_knows_its_place(app: Starlette) -> None:
    found = cells(app)
    assert len(found) == 16
    reach = current_reach()
    assert reach is not None
    assert {code: told["i"] for code, told in found.items()} == {
        code: i for i, code in enumerate(reach.codes.tolist())
    }
    assert found[tiny.grid_code(12)]["p"] == 130
    assert found[tiny.grid_code(12)]["n"]


def test_a_part_keeps_the_places_of_the_whole(app: Starlette) -> None:
    whole, part = cells(app), cells(app, "529901001001")
    assert len(part) == 4
    assert all(whole[code]["i"] == told["i"] for code, told in part.items())


def told(visitor: str) -> list[object]:
    """Return the residents of the cells as a visitor sees them, were they sensitive."""
    reach = current_reach()
    assert reach is not None
    twin = replace(reach.twin, classes={**reach.twin.classes, "people": "敏感"})
    with Session(engine()) as db:
        body = cells_layer(db, replace(reach, twin=twin), 0, visitor=visitor, small_count=30)
    return [f["properties"]["p"] for f in json.loads(body)["features"]]


def test_people_above_the_class_are_not_told(bridged_here: Path) -> None:
    assert set(told("公开")) == {None}


def test_few_people_are_not_told(bridged_here: Path) -> None:
    found = told("敏感")
    assert found.count(MASKED) >= 2  # those of 10 and of 20
    assert not {10, 20} & set(found)
    assert 140 in found


def test_facilities_of_a_service(app: Starlette) -> None:
    reply = ask(app, standing_url(V, "hospital"))
    (only,) = reply.json()["features"]
    assert only["properties"]["n"] == only["properties"]["e"]
    assert only["geometry"]["coordinates"] == pytest.approx(bridged.middle(15), abs=1e-5)


@pytest.mark.parametrize(
    ("target", "words"),
    [
        (cells_url(V, "nowhere"), "There is no region nowhere."),
        (standing_url(V, "casino"), "There is no layer casino."),
        (cells_url("old", COUNTY), "The data were loaded anew"),
    ],
)
def test_refusals_are_plain(app: Starlette, target: str, words: str) -> None:
    reply = ask(app, target, accept_language="en")
    assert reply.status == 404
    assert words in reply.json()["error"]


def test_a_browser_keeps_it(app: Starlette) -> None:
    first = ask(app, cells_url(V, COUNTY))
    assert "immutable" in first.headers["cache-control"]
