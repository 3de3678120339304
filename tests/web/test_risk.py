"""Layers and files of the risk map by address."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from starlette.applications import Starlette

from cockpit.answers.happenings import current_happenings
from cockpit.answers.layers import stamp
from cockpit.answers.risk_layers import hatch_url, places_url
from cockpit.answers.risk_picture import picture_url
from cockpit.answers.risk_places import places_of
from cockpit.answers.risk_question import question
from cockpit.web import layers
from tests import risky, tiny
from tests.web.asgi import Reply, ask, cockpit_app

COUNTY, V = "529901", risky.VERSION
DAYS = "2025-01-01/2025-12-31"


@pytest.fixture
def app(risky_here: Path) -> Iterator[Starlette]:
    layers.clear()
    yield cockpit_app()
    layers.clear()


def file(app: Starlette, path: str, **headers: str) -> Reply:
    return ask(app, f"/download/{stamp(V)}/risk/{path}", accept_language="en", **headers)


def test_cells_and_villages_by_address(app: Starlette) -> None:
    for level, n in (("cell", 16), ("village", 4)):
        reply = ask(app, places_url(V, level, COUNTY))
        assert reply.status == 200
        assert "immutable" in reply.headers["cache-control"]
        found = reply.json()["features"]
        assert sorted(f["properties"]["i"] for f in found) == list(range(n))


def test_the_pattern_is_a_picture(app: Starlette) -> None:
    reply = ask(app, hatch_url(V))
    assert reply.status == 200
    assert reply.headers["content-type"] == "image/png"
    assert reply.content.startswith(b"\x89PNG")


def test_the_figures_as_a_table(app: Starlette) -> None:
    reply = file(app, f"poisson/all/cell/{DAYS}/{COUNTY}/-.csv")
    assert reply.status == 200
    rows = list(csv.reader(io.StringIO(reply.table)))
    assert len(rows) == 17
    hot = next(r for r in rows if r[0] == tiny.grid_code(risky.HOT))
    assert hot[rows[0].index("Events here")] == "42"
    assert hot[rows[0].index("Finding")] == "more than expected, significant"
    assert hot[rows[0].index("Data source")] == "Events"
    assert hot[rows[0].index("Data class")] == "Internal"
    assert "no-store" in reply.headers["cache-control"]


@pytest.mark.parametrize(("ending", "begins"), [("xlsx", b"PK"), ("geojson", b"{")])
def test_the_figures_in_other_forms(app: Starlette, ending: str, begins: bytes) -> None:
    part = tiny.grid_code(0)[:12]
    reply = file(app, f"rate/盗窃/cell/{DAYS}/{part}/-.{ending}")
    assert reply.status == 200
    assert reply.content.startswith(begins)
    if ending == "geojson":
        assert len(reply.json()["features"]) == 4


def test_slow_methods_wait_for_their_answer(app: Starlette) -> None:
    reply = file(app, f"clusters/盗窃/village/{DAYS}/{COUNTY}/-.csv")
    assert reply.status == 200
    assert "in a significant cluster" in reply.content.decode("utf-8-sig")


def test_options_stand_in_the_address(app: Starlette) -> None:
    options = "order.age_60_plus~own~sum~3.1"
    reply = file(app, f"index/all/cell/{DAYS}/{COUNTY}/{options}.csv")
    assert reply.status == 200
    assert "Public order" in reply.content.decode("utf-8-sig")


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        (f"magic/all/cell/{DAYS}/{COUNTY}/-.csv", 404, "There is no such table."),
        (f"poisson/magic/cell/{DAYS}/{COUNTY}/-.csv", 404, "There is no such table."),
        (f"poisson/all/street/{DAYS}/{COUNTY}/-.csv", 404, "There is no such table."),
        (f"poisson/all/cell/{DAYS}/{COUNTY}/-.exe", 404, "There is no such table."),
        (f"poisson/all/cell/soon/2025-12-31/{COUNTY}/-.csv", 404, "There is no day soon."),
        (f"poisson/all/cell/{DAYS}/nowhere/-.csv", 404, "There is no region nowhere."),
        (f"index/all/cell/{DAYS}/{COUNTY}/-.csv", 400, "The weights of the index cannot be read"),
        (f"readings/all/cell/{DAYS}/{COUNTY}/-.csv", 400, "There is no method readings."),
    ],
)
def test_refusals_are_plain(app: Starlette, path: str, status: int, words: str) -> None:
    reply = file(app, path)
    assert reply.status == status
    assert words in reply.json()["error"]


def test_the_public_gets_no_event(app: Starlette, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cockpit.web.risk.visitor_class", lambda _request: "公开")
    reply = file(app, f"poisson/盗窃/cell/{DAYS}/{COUNTY}/-.csv")
    assert reply.status == 404  # not even the names of categories
    everything = file(app, f"density/all/cell/{DAYS}/{COUNTY}/-.csv")
    assert everything.status == 403  # nor zeros, which would be a lie
    assert "No events are stored that are open to you." in everything.json()["error"]


HEAT = f"/layers/{stamp(V)}/risk"
BOTH = f"{DAYS}/{DAYS}"


def test_the_heat_is_a_lasting_picture(app: Starlette) -> None:
    known = current_happenings("备用")
    assert known is not None
    places = places_of(known.twin, "cell", "备用")
    q = question(known, "盗窃")
    reply = ask(app, picture_url(known, places, "density", q, q, "dark"))
    assert reply.status == 200
    assert reply.headers["content-type"] == "image/png"
    assert reply.content.startswith(b"\x89PNG")
    assert "immutable" in reply.headers["cache-control"]
    tag = reply.headers["etag"]
    assert tag.startswith('"')
    again = ask(app, picture_url(known, places, "density", q, q, "dark"), if_none_match=tag)
    assert again.status == 304


def test_a_picture_of_older_events_is_asked_for_again(app: Starlette) -> None:
    reply = ask(app, f"{HEAT}/relative/all/village/{BOTH}/light1-{V}.0.9.png")
    assert reply.status == 200
    assert reply.headers["cache-control"] == "private, no-cache"


@pytest.mark.parametrize(
    ("path", "words"),
    [
        (f"rate/all/cell/{BOTH}/dark1-x.png", "There is no such picture."),
        (f"density/all/cell/{BOTH}/pink1-x.png", "There is no such picture."),
        (f"density/magic/cell/{BOTH}/dark1-x.png", "There is no such table."),
        (f"density/all/cell/{DAYS}/soon/2025-12-31/dark1-x.png", "There is no day soon."),
    ],
)
def test_no_other_picture(app: Starlette, path: str, words: str) -> None:
    reply = ask(app, f"{HEAT}/{path}", accept_language="en")
    assert reply.status == 404
    assert words in reply.json()["error"]


def test_the_public_sees_no_heat(app: Starlette, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cockpit.web.risk.visitor_class", lambda _request: "公开")
    assert ask(app, f"{HEAT}/density/盗窃/cell/{BOTH}/dark1-x.png").status == 404
    reply = ask(app, f"{HEAT}/density/all/cell/{BOTH}/dark1-x.png")
    assert not np.asarray(Image.open(io.BytesIO(reply.content)).convert("RGBA"))[..., 3].any()
