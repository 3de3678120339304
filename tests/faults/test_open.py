"""U01, PRV-3, PRV-8, WEB-9, WEB-12 at the open routes: what is not open is in no byte of them."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pyarrow.parquet as pq
import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session
from starlette.applications import Starlette

from cockpit.answers import open_columns, open_sources, release_write
from cockpit.answers.open_catalogue import open_datasets
from cockpit.answers.open_columns import ALLOWED
from cockpit.store.models import Dataset, Facility
from cockpit.store.models_release import Release
from cockpit.store.session import engine
from cockpit.web import open_routes
from loaders.catalog import COLUMNS
from tests.openly import CANARY, FIGURE, OPEN, change, shown_copy
from tests.released import NOISY, SUPPRESSED
from tests.web.asgi import Reply, ask, cockpit_app

API = "/open/api"
HEADERS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
}


@pytest.fixture
def app(open_here: Path) -> Starlette:
    return cockpit_app(*open_routes.ROUTES)


def addresses() -> Iterator[str]:
    """Yield every open address that is listed, with every feature of every data set."""
    for language in ("zh", "en"):
        for path in (
            "/open/",
            "/open/licence",
            "/open/catalogue.jsonld",
            API,
            f"{API}/conformance",
            f"{API}/openapi.json",
            f"{API}/collections",
        ):
            yield f"{path}?lang={language}"
        for one in open_datasets():
            yield f"{API}/collections/{one.id}?lang={language}"
    for one in open_datasets():
        yield f"{API}/collections/{one.id}/items?limit=10000"
        yield f"{API}/collections/{one.id}/items?bbox=106,27,107,28&limit=10000"
        yield from (file.href for version in one.versions for file in version.formats)


def unpacked(target: str, body: bytes) -> list[bytes]:
    """Return the bytes as they are sent, and what stands in them compressed."""
    if target.endswith(".parquet"):
        table = pq.read_table(io.BytesIO(body))
        return [body, str(table.to_pydict()).encode(), str(table.schema).encode()]
    if not target.endswith((".xlsx", ".zip")):
        return [body]
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        inside = [
            part for name in archive.namelist() for part in unpacked(name, archive.read(name))
        ]
    return [body, *inside]


def everything(app: Starlette) -> dict[str, bytes]:
    """Return all bytes and headers of all open addresses, errors included, by address."""
    guessed = [
        pattern.format(ident)
        for ident in ("people", "care", "homes", "houses", "shut31", "shut45", "shut60")
        for pattern in (
            f"{API}/collections/{{0}}", f"{API}/collections/{{0}}/items",
            f"{API}/collections/{{0}}/items/1", "/open/data/{0}/1/{0}.csv",
        )
    ]  # fmt: skip
    found: dict[str, bytes] = {}
    for target in (*addresses(), *guessed):
        reply = ask(app, target, host="h")
        assert reply.status == (404 if target in guessed else 200), target
        told = json.dumps(reply.headers).encode()
        found[target] = b"\n".join((*unpacked(target.partition("?")[0], reply.content), told))
    return found


def forms_of(words: str) -> tuple[bytes, ...]:
    """Return how text may stand in bytes: UTF-8, UTF-16, as JSON writes it."""
    return words.encode(), words.encode("utf-16-le"), json.dumps(words)[1:-1].encode()


@pytest.fixture(scope="module")
def sent(open_store: Path) -> dict[str, bytes]:
    with shown_copy(open_store):
        return everything(cockpit_app(*open_routes.ROUTES))


def test_no_canary_is_in_any_byte(sent: dict[str, bytes]) -> None:  # PRV-8
    names = [f"shut{n}" for n in range(31, 61)]
    assert len(sent) > 100
    for target, body in sent.items():
        for wanted in (*forms_of(CANARY), str(FIGURE).encode(), f"{FIGURE}.0".encode()):
            assert wanted not in body, target
        for name in names:
            assert name.encode() not in body or name in target, target
        assert "数据管理员".encode() not in body, "who made a release is nobody's business"


def test_a_search_in_the_right_bytes_finds_what_is_open(sent: dict[str, bytes]) -> None:
    for ending in ("csv", "xlsx", "geojson", "gpkg", "parquet", "zip"):
        name = "rivers-1.zip" if ending == "zip" else f"rivers.{ending}"
        assert "青水河".encode() in sent[f"/open/data/rivers/1/{name}"], ending


def test_the_exact_figures_are_in_no_byte(sent: dict[str, bytes]) -> None:  # PRV-8
    """The tiny county has 1,360 residents; what was released of them are other figures."""
    for target, body in sent.items():
        if target.endswith((".csv", ".geojson")) or "/items" in target:
            assert b"1360" not in body, target


@pytest.mark.parametrize("ident", OPEN)
def test_raising_a_class_takes_a_data_set_out_of_everything(
    app: Starlette,
    ident: str,
) -> None:  # U01
    file = next(one for one in open_datasets() if one.id == ident).formats[0].href
    assert ask(app, file).status == 200
    for data_class in ("备用", ""):
        change(ident, data_class=data_class)
        assert ident not in [one.id for one in open_datasets()]
        for target in (file, f"{API}/collections/{ident}", f"{API}/collections/{ident}/items"):
            assert ask(app, target).status == 404
        for target in ("/open/", "/open/catalogue.jsonld", f"{API}/openapi.json",
                       f"{API}/collections"):  # fmt: skip
            assert f'/{ident}"'.encode() not in ask(app, target).content
            assert f"/{ident}/".encode() not in ask(app, target).content


def test_the_canaries_sing_when_a_class_is_called_open(
    app: Starlette,
) -> None:
    """Were the class not asked, the search above would find it: here it does."""
    change("shut31", data_class="公开")
    assert CANARY.encode() in ask(app, "/open/data/shut31/1/shut31.csv").content


def test_kinds_about_people_are_never_open() -> None:  # U01
    assert set(ALLOWED) <= set(COLUMNS)
    assert not set(ALLOWED) & {
        "population", "households", "vulnerable", "persons", "events", "organisations",
        "buildings", "readings",
    }  # fmt: skip
    assert open_columns.columns_of("persons") == ()


def test_a_column_that_is_not_on_the_list_is_in_no_file(app: Starlette) -> None:  # U01
    for one in open_datasets():
        allowed = [column.name for column in one.dictionary]
        if one.group == "data":
            assert allowed == [words[0] for words in ALLOWED[one.kind]]
        base = f"/open/data/{one.id}/{one.version}/{one.id}"
        rows = list(csv.reader(io.StringIO(ask(app, f"{base}.csv").content.decode("utf-8-sig"))))
        assert rows[0] == allowed
        book = openpyxl.load_workbook(io.BytesIO(ask(app, f"{base}.xlsx").content))
        assert [cell.value for cell in book["data"][1]] == allowed
        table = pq.read_table(io.BytesIO(ask(app, f"{base}.parquet").content))
        assert [n for n in table.column_names if n != "geometry"] == allowed
        for feature in ask(app, f"{base}.geojson").json()["features"]:
            assert list(feature["properties"]) == allowed


def test_a_new_column_of_the_store_stays_inside(app: Starlette) -> None:  # U01
    with engine().begin() as connection:
        connection.execute(text("ALTER TABLE facility ADD COLUMN telephone TEXT"))
        connection.execute(text("UPDATE facility SET telephone = '13800001111'"))
    body = ask(app, "/open/data/places/1/places.csv").content
    assert b"telephone" not in body
    assert b"13800001111" not in body


def test_without_its_condition_the_list_would_leak(
    app: Starlette, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Take the class out of the rule: what the tests above hold is then broken."""
    monkeypatch.setattr(open_sources, "PUBLIC_CLASS", "敏感")
    leaked = {one.id for one in open_datasets() if one.group == "data"}
    assert leaked == {"shut34", "shut35", "shut36"}


def test_a_draft_and_a_retracted_release_show_no_figure(app: Starlette) -> None:  # PRV-3
    with Session(engine()) as db:
        for ident in db.execute(select(Release.id).where(Release.series == SUPPRESSED)).scalars():
            release_write.retract(db, ident, reason="算错了", who="管理员")
    for name in (f"{SUPPRESSED}.csv", f"{SUPPRESSED}.geojson", f"{SUPPRESSED}-1.zip"):
        reply = ask(app, f"/open/data/{SUPPRESSED}/1/{name}")
        assert reply.status == 410
        assert len(reply.content) < 300
    assert ask(app, f"{API}/collections/{SUPPRESSED}").status == 404
    assert SUPPRESSED.encode() in ask(app, "/open/").content, "the notice stays"
    assert next(o for o in open_datasets() if o.id == SUPPRESSED).formats == ()


def test_no_filter_leads_below_what_was_released(app: Starlette) -> None:  # PRV-3
    items = f"{API}/collections/{NOISY}/items"
    assert ask(app, f"{items}?level=grid").json()["numberMatched"] == 0
    assert ask(app, f"{items}/529901001001001").status == 404
    assert ask(app, f"{items}?sex=f").status == 400
    assert ask(app, f"{items}?age_0_14=1").json()["features"] == []
    hidden = ask(app, f"{API}/collections/{SUPPRESSED}/items?household_single_hidden=true").json()
    assert [f["properties"]["household_single"] for f in hidden["features"]] == [None, None]


def test_the_same_figures_every_time(app: Starlette) -> None:  # PRV-2
    tags = {ask(app, f"{API}/collections/{NOISY}/items").headers["etag"] for _ in range(20)}
    assert len(tags) == 1


def test_cells_that_look_like_formulas_are_text(app: Starlette) -> None:
    starts = ("=", "+", "-", "@", "\t", "\r")
    with Session(engine()) as db:
        for number, start in enumerate(starts):
            base = db.execute(select(Facility).where(Facility.id == "F0")).scalar_one()
            db.add(
                Facility(
                    id=f"X{number}", dataset_id="places", name=f"{start}cmd|'/C calc'!A0",
                    kind="clinic", lon=base.lon, lat=base.lat, batch_id=base.batch_id,
                    source_row=10 + number,
                )
            )  # fmt: skip
        db.commit()
    body = ask(app, "/open/data/places/1/places.csv").content.decode("utf-8-sig")
    names = [row["name"] for row in csv.DictReader(io.StringIO(body, newline=""))]
    assert names[-6:] == [f"'{start}cmd|'/C calc'!A0" for start in starts]
    book = openpyxl.load_workbook(io.BytesIO(ask(app, "/open/data/places/1/places.xlsx").content))
    cells = [cell for page in book for row in page.iter_rows() for cell in row]
    assert not [cell for cell in cells if cell.data_type == "f"]


ODD_PARTS = (
    "%00", "%0d%0aSet-Cookie:%20a=b", "'%20OR%201=1--", "..%2f..%2fcounty.sqlite",
    "%3Cscript%3Ealert(1)%3C%2Fscript%3E", "9" * 24, "%F0%9F%92%A9" * 40, "%ff%fe", "{0}", "%25s",
)  # fmt: skip


@pytest.mark.parametrize("part", ODD_PARTS)
def test_odd_addresses_are_refused(app: Starlette, part: str) -> None:  # WEB-9
    for pattern in (
        "/open/data/{}/1/places.csv", "/open/data/places/{}/places.csv",
        "/open/data/places/1/{}", f"{API}/collections/{{}}", f"{API}/collections/{{}}/items",
        f"{API}/collections/places/items/{{}}", f"{API}/{{}}",
    ):  # fmt: skip
        refused(ask(app, pattern.replace("{}", part), host="h"))
    for name in ("bbox", "datetime", "limit", "offset", "lang", "f", "capacity", part):
        target = f"{API}/collections/places/items?{name}={part}"
        reply = ask(app, target, host="h")
        if not (part.isdigit() and name in ("limit", "offset", "capacity")):
            refused(reply)


def refused(reply: Reply) -> None:
    """Hold a refusal to one short sentence that no browser takes for a page."""
    assert reply.status in (400, 404), reply.content
    assert "set-cookie" not in reply.headers
    assert len(reply.content) < 500
    assert b"Traceback" not in reply.content
    assert b"SQLite" not in reply.content
    assert reply.headers["content-type"].partition(";")[0] in ("application/json", "text/plain")


def test_text_of_an_address_is_only_a_value(app: Starlette) -> None:  # WEB-9
    target = f"{API}/collections/places/items?name=%27%20OR%201=1%20--"
    assert ask(app, target).json()["numberMatched"] == 0
    found = ask(app, f"{API}/collections/places/items?name=%3DHYPERLINK(1)").json()
    assert [f["id"] for f in found["features"]] == ["F1"]
    assert ask(app, f"{API}/collections/places/items?name={'a' * 9000}").status == 400


def test_headers_stand_on_every_open_answer(app: Starlette) -> None:  # WEB-12
    targets = (
        "/open/", "/open/licence", "/open/catalogue.jsonld", API, f"{API}/none",
        f"{API}/collections/places/items", f"{API}/collections/places/items?limit=x",
        "/open/data/places/1/places.csv", "/open/data/places/9/places.csv", "/open/data/%01",
    )  # fmt: skip
    for target in targets:
        for method in ("GET", "HEAD", "OPTIONS", "POST"):
            headers = ask(app, target, method).headers
            assert {name: headers.get(name) for name in HEADERS} == HEADERS, (method, target)
            assert "default-src 'self'" in headers["content-security-policy"]
            # A browser gets a name at pages, before anybody signs in; the index leads to one.
            assert "cockpit_session" not in headers.get("set-cookie", "")
            assert headers.get("access-control-allow-credentials") is None


def test_a_closed_data_set_is_not_told_from_none(app: Starlette) -> None:
    for pattern in (f"{API}/collections/{{}}", "/open/data/{}/1/x.csv"):
        closed, none = (
            ask(app, pattern.format(name), accept_language="en") for name in ("shut31", "shut99")
        )
        assert closed.status == none.status == 404
        assert closed.content.replace(b"shut31", b"shut99") == none.content


def test_a_signed_in_visitor_gets_the_same_bytes(app: Starlette) -> None:
    """What is open is open to all alike: the routes look at no cookie and no identity."""
    for target in (f"{API}/collections", "/open/data/places/1/places.csv"):
        plain = ask(app, target, host="h")
        named = ask(app, target, host="h", cookie="cockpit_session=x", x_cockpit_session="1")
        assert plain.content == named.content


def test_the_store_was_planted(open_here: Path) -> None:
    with Session(engine()) as db:
        found = db.execute(select(Dataset.id).where(Dataset.title.startswith(CANARY))).all()
    assert len(found) == 4 * 3 + 5 + 1
