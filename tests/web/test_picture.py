"""The Map as a picture by its address: same figures as the page, only what the visitor may see."""

from __future__ import annotations

import dataclasses
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote

import pytest
from sqlalchemy import Engine
from starlette.applications import Starlette
from streamlit.testing.v1 import AppTest

from cockpit.answers import picture as answers
from cockpit.ui import maps
from tests import signing
from tests.web.asgi import Reply, ask

PAGE = Path(__file__).parents[2] / "pages" / "map.py"
BASE = "/download/tiny1/picture"


@pytest.fixture
def drawn(
    app: Starlette, tiny_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str], Reply]:
    monkeypatch.setattr("cockpit.web.picture.engine", lambda: tiny_engine)
    return lambda address: ask(app, f"{BASE}/{address}")


def words(reply: Reply) -> list[str]:
    assert reply.status == 200, reply.content
    found = ET.fromstring(reply.content.decode()).iter("{http://www.w3.org/2000/svg}text")
    return [text.text or "" for text in found]


def test_the_legend_is_the_pages(drawn: Callable[[str], Reply], tiny_here: Path) -> None:
    query = "level=grid&indicator=density&n=4&classes=equal&few=100"
    page = AppTest.from_file(PAGE, default_timeout=30)
    for name, value in (part.split("=") for part in query.split("&")):
        page.query_params[name] = value
    page.run()
    shown = "".join(str(e.proto.body) for e in page.get("html"))
    legend = re.sub(r"<[^>]+>", "|", shown[shown.index("ct-legend") :])
    said = words(drawn(f"grid/529901/density.svg?lang=zh&{query}"))
    rows = [line for line in said if re.search(r"\(\d+\)$", line)]
    assert len(rows) == 5  # four classes, and what rests on few
    for row in rows:
        text, n = re.fullmatch(r"(.*) \((\d+)\)", row).groups()  # type: ignore[union-attr]
        assert re.search(rf"\|{re.escape(text)} \|\({n}\)\|", legend), row
    assert page.markdown[0].value == "".join(said[2:4]) or page.markdown[0].value in said


def test_the_picture_says_where_it_comes_from(drawn: Callable[[str], Reply]) -> None:
    reply = drawn("township/529901/people.svg?lang=en")
    said = " ".join(words(reply))
    for part in ("Sources: ", "Data as of 1 Nov 2025", "Class: Public", "data version tiny1",
                 "invented county, no review number needed", "Sample county, invented",
                 "Residents (persons)", "km", "Exported by"):  # fmt: skip
        assert part in said
    code = reply.headers["x-trace-code"]
    assert f"Trace code {code}." in said
    name = unquote(reply.headers["content-disposition"])
    assert name.endswith(f"-Residents-2025-11-01-{code}.svg")
    assert reply.headers["cache-control"] == "private, no-store"


@pytest.mark.parametrize(
    ("ending", "begin", "kind"),
    [("png", b"\x89PNG", "image/png"), ("pdf", b"%PDF", "application/pdf")],
)
def test_other_forms(drawn: Callable[[str], Reply], ending: str, begin: bytes, kind: str) -> None:
    reply = drawn(f"grid/529901100/density.{ending}?theme=dark&form=a4&layer=labels&layer=roads")
    assert reply.status == 200, reply.content
    assert reply.content.startswith(begin)
    assert reply.headers["content-type"] == kind


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("grid/529901/people.gif", 404),
        ("grid/529909/people.svg", 404),
        ("street/529901/people.svg", 400),
        ("grid/529901/nothing.svg", 400),
        ("grid/529901/low_income.svg", 400),  # above the visitor's class
        ("grid/529901/people.svg?n=99", 400),
        ("grid/529901/people.svg?n=x", 400),
        ("grid/529901/people.svg?few=7", 400),
        ("grid/529901/people.svg?theme=pink", 400),
        ("grid/529901/people.svg?form=poster", 400),
        ("grid/529901/people.svg?classes=magic", 400),
        ("grid/529901/people.svg?ramp=%3Cscript%3E", 400),
    ],
)
def test_what_there_is_not(drawn: Callable[[str], Reply], address: str, status: int) -> None:
    assert drawn(address).status == status


def test_small_counts_stay_masked(
    drawn: Callable[[str], Reply], visitor: Callable[[str], None]
) -> None:
    visitor("敏感")
    said = words(drawn("grid/529901/low_income.svg?lang=en"))
    assert any(line.startswith("not shown (") for line in said)


def test_a_narrow_territory_gets_its_own_part_alone(
    drawn: Callable[[str], Reply], app: Starlette, monkeypatch: pytest.MonkeyPatch
) -> None:
    narrow = dataclasses.replace(signing.office(), territory="529901100")
    monkeypatch.setattr("cockpit.web.visitors.visitor", lambda _request: narrow)
    assert drawn("grid/529901/people.svg").status == 403
    assert drawn("grid/529901001/people.svg").status == 403
    own = "/download/tiny1~529901100/picture/grid/529901100/people.svg?lang=en"
    assert "760" in " ".join(words(ask(app, own)))


def test_who_may_not_export_gets_no_picture(
    drawn: Callable[[str], Reply], monkeypatch: pytest.MonkeyPatch
) -> None:
    screen = dataclasses.replace(signing.office(), roles=("screen",))
    monkeypatch.setattr("cockpit.web.visitors.visitor", lambda _request: screen)
    assert drawn("grid/529901/people.svg").status == 403


def test_facilities_are_grouped_as_on_the_page() -> None:
    groups = {name: kinds for name, (_, _, kinds) in answers.GROUPS.items()}
    assert groups == {name: parts[3] for name, parts in maps.FACILITY_GROUPS.items()}
    titles = {name: title for name, (title, _, _) in answers.GROUPS.items()}
    assert titles == maps.FACILITY_TITLES
