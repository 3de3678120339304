"""Appeals by address: who gets the layer and the tables, and what no file has."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from pathlib import Path

import openpyxl
import pytest
from sqlalchemy.orm import Session
from starlette.applications import Starlette

from cockpit.answers import appeals as answers
from cockpit.answers.appeals_layers import mark
from cockpit.answers.layers import stamp
from cockpit.store.session import engine
from cockpit.web import layers
from tests import eventful
from tests.web.asgi import Reply, ask, cockpit_app

PRIVATE = "我叫张三，电话13812345678，燃气泄漏"


@pytest.fixture
def app(eventful_here: Path) -> Iterator[Starlette]:
    with Session(engine()) as db:
        eventful.add_event(db, "P1", "供水供电", grid=3, day=5, text=PRIVATE)
        db.commit()
    answers.forget()
    layers.clear()
    yield cockpit_app()
    answers.forget()
    layers.clear()


def layer(app: Starlette, level: str = "village", rest: str = "0/all/all/529901") -> Reply:
    version = answers.current_appeals("备用").version  # type: ignore[union-attr]
    return ask(app, f"/layers/{stamp('tiny1')}/appeals/{mark(version)}/{level}/{rest}.geojson")


def table(app: Starlette, name: str, ending: str = "csv", rest: str = "0/all/all/529901") -> Reply:
    return ask(app, f"/download/{stamp('tiny1')}/appeals/{name}/{rest}.{ending}?lang=en")


def test_the_layer_counts_by_hand(app: Starlette) -> None:
    reply = layer(app)
    assert reply.status == 200
    assert "immutable" in reply.headers["cache-control"]
    found = {f["properties"]["id"]: f["properties"]["k"] for f in reply.json()["features"]}
    # Ten thefts and a dispute; nothing; the private one of grid 3; a dispute and a complaint.
    assert found == {"529901001001": 11, "529901001002": 0, "529901100001": 1, "529901100002": 2}


def test_tables_have_no_text(app: Starlette) -> None:
    for name in ("township", "village", "grid", "topics", "rising", "repeats", "urgent", "person"):
        reply = table(app, name)
        assert reply.status == 200, name
        assert reply.headers["cache-control"] == "private, no-store"
        text = reply.content.decode("utf-8-sig")
        assert "张三" not in text
        assert "1381234" not in text
        assert len({len(row) for row in csv.reader(io.StringIO(reply.table))}) == 1
    (head, urgent) = csv.reader(io.StringIO(table(app, "urgent").table))
    assert head[-2:] == ["Signs", "Still open"]
    assert urgent[0] == "P1"
    assert urgent[-2] == "gas or dangerous goods"
    assert urgent[-1] in ("not yet closed", "closed by its office")


def test_a_workbook_opens(app: Starlette) -> None:
    book = openpyxl.load_workbook(io.BytesIO(table(app, "village", "xlsx").content))
    rows = list(book.active.values)  # type: ignore[union-attr]
    assert len(rows) == 5
    assert rows[1][2] == 11


def test_the_public_gets_nothing(app: Starlette, visitor: Callable[[str], None]) -> None:
    address = layer(app)
    assert address.status == 200
    visitor("公开")
    for reply in (layer(app), table(app, "village"), table(app, "topics", "xlsx")):
        assert reply.status == 403
        assert "529901001001" not in reply.content.decode()


@pytest.mark.parametrize(
    "rest",
    ["3/all/all/529901", "0/9/all/529901", "0/all/99/529901", "0/x/all/529901", "0/all/-1/529901",
     "0/all/all/999", "all/all/all/529901", "0/0-0-²/all/529901"],
)  # fmt: skip
def test_other_addresses_are_not_found(app: Starlette, rest: str) -> None:
    assert layer(app, rest=rest).status == 404
    assert table(app, "village", rest=rest).status == 404


def test_other_levels_tables_and_versions_are_not_found(app: Starlette) -> None:
    assert layer(app, level="county").status == 404
    assert table(app, "texts").status == 404
    assert table(app, "village", "json").status == 404
    assert ask(app, "/download/x/appeals/village/0/all/all/529901.csv").status == 404
    old = f"/layers/{stamp('tiny1')}/appeals/00000000/village/0/all/all/529901.geojson"
    reply = ask(app, old, accept_language="en")
    assert reply.status == 404
    assert "loaded anew" in reply.json()["error"]
