"""The open API and downloads: what each address sends, to anybody, as its document says."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi import checks as promises
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.applications import Starlette

from cockpit.answers import release_write
from cockpit.answers.open_catalogue import open_datasets
from cockpit.store.models_release import Release
from cockpit.store.session import engine
from cockpit.web import open_routes
from tests.openly import change, shown_copy
from tests.released import NOISY
from tests.web.asgi import Reply, ask, cockpit_app

API = "/open/api"
MOST_QUESTIONS = 4
"""To each operation, in each of two ways."""


@pytest.fixture
def app(open_here: Path) -> Starlette:
    return cockpit_app(*open_routes.ROUTES)


def followed(app: Starlette, target: str) -> Iterator[dict[str, Any]]:
    """Yield a page and all that its links lead on to."""
    while target:
        reply = ask(app, target, host="h")
        assert reply.status == 200, reply.content
        told = reply.json()
        yield told
        found = [link["href"] for link in told["links"] if link["rel"] == "next"]
        split = urlsplit(found[0]) if found else None
        target = f"{split.path}?{split.query}" if split else ""


def test_the_landing_page_leads_everywhere(app: Starlette) -> None:
    told = ask(app, f"{API}?lang=en", host="county.example:8501").json()
    assert told["title"] == "Open data of Little Qing"
    links = {link["rel"]: link["href"] for link in told["links"]}
    assert links["self"] == "http://county.example:8501/open/api"
    assert {"service-desc", "conformance", "data"} <= set(links)
    for rel in ("service-desc", "conformance", "data", "describedby"):
        assert ask(app, urlsplit(links[rel]).path).status == 200


def test_links_stand_in_headers_too(app: Starlette) -> None:
    told = ask(app, API, host="h").headers["link"]
    assert '<http://h/open/api/openapi.json>; rel="service-desc"' in told
    page = ask(app, f"{API}/collections/regions/items?limit=2&offset=2", host="h")
    assert 'offset=4>; rel="next"' in page.headers["link"]
    assert 'offset=0>; rel="prev"' in page.headers["link"]
    file = ask(app, "/open/data/places/1/places.csv", host="h").headers["link"]
    assert file.startswith('<http://h/open/data/places/1/datapackage.json>; rel="describedby"')


def test_an_odd_host_makes_links_relative(app: Starlette) -> None:
    for host in ("evil.example/x?", 'a"><script>', "", "a b"):
        told = ask(app, API, host=host).json()
        assert told["links"][0]["href"] == "/open/api"


def test_conformance_names_the_parts_of_the_standard(app: Starlette) -> None:
    told = ask(app, f"{API}/conformance").json()["conformsTo"]
    assert [one.rpartition("/")[2] for one in told] == ["core", "geojson", "oas30"]


def test_collections_are_the_open_data_sets(app: Starlette) -> None:
    told = ask(app, f"{API}/collections?lang=zh", host="h").json()
    assert [one["id"] for one in told["collections"]] == [one.id for one in open_datasets()]
    places = next(one for one in told["collections"] if one["id"] == "places")
    assert places["title"] == "设施"
    assert places["extent"]["spatial"]["bbox"][0] == pytest.approx(
        [106.804, 27.204, 106.834, 27.234]
    )
    assert ask(app, f"{API}/collections/places?lang=zh", host="h").json() == places
    bulk = [link for link in places["links"] if link["rel"] == "enclosure"]
    assert {link["type"] for link in bulk} >= {"application/geo+json", "text/csv"}
    for link in bulk:
        body = ask(app, urlsplit(link["href"]).path).content
        assert (len(body), hashlib.sha256(body).hexdigest()) == (link["length"], link["sha256"])


def test_following_next_gives_the_whole_file(app: Starlette) -> None:
    for dataset in open_datasets():
        pages = list(followed(app, f"{API}/collections/{dataset.id}/items?limit=3"))
        found = [feature for page in pages for feature in page["features"]]
        file = dataset.file("geojson")
        assert file is not None
        assert found == ask(app, file.href).json()["features"]
        assert [page["numberReturned"] for page in pages] == [len(p["features"]) for p in pages]
        assert {page["numberMatched"] for page in pages} == {dataset.rows}
        assert "prev" not in [link["rel"] for link in pages[0]["links"]]
        if len(pages) > 1:
            assert "prev" in [link["rel"] for link in pages[1]["links"]]


def test_links_keep_what_was_asked(app: Starlette) -> None:
    target = f"{API}/collections/places/items?kind=clinic&limit=1&bbox=106,27,107,28"
    first, second = followed(app, target)
    assert [f["id"] for page in (first, second) for f in page["features"]] == ["F0", "F1"]


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("bbox=1,2,3", "bbox needs 4 or 6 numbers: west, south, east, north."),
        ("bbox=170,0,-170,1", "bbox is west, south, east, north: the smaller number goes first."),
        ("limit=0", "limit is a whole number, 1 or more."),
        ("limit=-1", "limit is a whole number, 1 or more."),
        ("limit=1.5", "limit is a whole number, 1 or more."),
        ("offset=x", "offset is a whole number, 0 or more."),
        (
            "datetime=yesterday",
            "datetime needs a day such as 2025-06-30, or two with a slash between.",
        ),
        ("colour=red", "There is no parameter colour here."),
        ("kind=a&kind=b", "A parameter stands twice in the address."),
        ("capacity=many", "capacity cannot be many."),
        ("f=html", "f is json: there is no other form."),
    ],
)
def test_an_odd_question_is_refused_in_one_sentence(
    app: Starlette, query: str, sentence: str
) -> None:
    reply = ask(app, f"{API}/collections/places/items?{query}", accept_language="en")
    assert (reply.status, reply.json()) == (400, {"error": sentence})
    assert reply.headers["access-control-allow-origin"] == "*"


def test_a_limit_above_the_most_is_cut_and_no_error(app: Starlette) -> None:
    told = ask(app, f"{API}/collections/regions/items?limit={10**30}").json()
    assert told["numberReturned"] == 23


def test_errors_speak_the_readers_language(app: Starlette) -> None:
    assert ask(app, f"{API}/collections/x?lang=zh").json() == {"error": "没有名为“x”的开放数据。"}
    assert ask(app, f"{API}/collections/x", accept_language="en").json() == {
        "error": "There is no open data set x."
    }


@pytest.mark.parametrize(
    "target",
    [
        f"{API}/collections/care", f"{API}/collections/shut31", f"{API}/collections/none/items",
        f"{API}/collections/places/items/none", f"{API}/nothing", f"{API}/",
        "/open/data/places/2/places.csv", "/open/data/places/1/places.exe",
        "/open/data/places/1/index.json", "/open/data/places/1/..%2f..%2fcounty.sqlite",
        "/open/data/people/1/people.csv", "/open/data/places", "/open/data/",
        "/open/data/places/1/places.csv.gz",
    ],
)  # fmt: skip
def test_what_is_not_open_is_not_found(app: Starlette, target: str) -> None:
    reply = ask(app, target)
    assert reply.status == 404
    assert set(reply.json()) == {"error"}


def test_a_tag_spares_sending_it_again(app: Starlette) -> None:
    for target in (API, "/open/catalogue.jsonld", f"{API}/collections/places/items",
                   "/open/data/places/1/places.csv", "/open/licence"):  # fmt: skip
        first = ask(app, target)
        again = ask(app, target, if_none_match=first.headers["etag"])
        assert (again.status, again.body) == (304, b"")
        assert ask(app, target, if_none_match='"other"').status == 200
        assert first.headers["cache-control"] == "public, no-cache"


def test_answers_are_compressed_when_wanted(app: Starlette) -> None:
    for target in ("/open/catalogue.jsonld", f"{API}/collections/regions/items",
                   "/open/data/regions/1/regions.geojson"):  # fmt: skip
        plain, packed = ask(app, target), ask(app, target, accept_encoding="gzip")
        assert packed.headers["content-encoding"] == "gzip"
        assert len(packed.body) < len(plain.body) / 2
        assert int(packed.headers["content-length"]) == len(packed.body)
        assert "content-encoding" not in ask(app, target, accept_encoding="gzip;q=0").headers
    whole = ask(app, "/open/data/regions/1/regions.geojson")
    assert gzip.decompress(
        ask(app, "/open/data/regions/1/regions.geojson", accept_encoding="gzip").body
    ) == whole.body  # fmt: skip


def test_head_and_options_and_nothing_else(app: Starlette) -> None:
    for target in (API, f"{API}/collections/places/items", "/open/data/places/1/places.csv"):
        got, head = ask(app, target), ask(app, target, "HEAD")
        assert (head.status, head.body) == (200, b"")
        assert head.headers["content-length"] == str(len(got.body))
        options = ask(app, target, "OPTIONS", origin="https://other.example")
        assert options.status == 204
        assert options.headers["access-control-allow-origin"] == "*"
        assert "access-control-allow-credentials" not in options.headers
        for method in ("POST", "PUT", "DELETE", "PATCH"):
            refused = ask(app, target, method)
            assert refused.status == 405
            assert "GET" in refused.headers["allow"]


def test_a_retracted_file_is_gone_with_its_notice(app: Starlette) -> None:
    with Session(engine()) as db:
        ident = db.execute(
            select(Release.id).where(Release.series == NOISY, Release.version == 2)
        ).scalar_one()
        release_write.retract(db, ident, reason="算错了", who="管理员")
    reply = ask(app, f"/open/data/{NOISY}/2/{NOISY}.csv", accept_language="en")
    assert reply.status == 410
    assert "was retracted on" in reply.json()["error"]
    assert reply.json()["error"].endswith("算错了")
    assert ask(app, f"/open/data/{NOISY}/1/{NOISY}.csv").status == 200
    told = ask(app, f"{API}/collections/{NOISY}").json()
    assert told["version"] == "1"


def test_the_index_is_for_programs_and_leads_readers_to_the_page(app: Starlette) -> None:
    told = ask(app, "/open/", host="h").json()
    assert told["links"]["page"] == "http://h/open"
    for one in told["datasets"]:
        for file in one["files"]:
            body = ask(app, urlsplit(file["href"]).path).content
            assert hashlib.sha256(body).hexdigest() == file["sha256"]
    page = ask(app, "/open/", accept="text/html,*/*")
    assert (page.status, page.headers["location"]) == (307, "/open")


def test_the_licence_names_the_county(app: Starlette) -> None:
    assert "Little Qing" in ask(app, "/open/licence?lang=en").content.decode()
    assert "小青县" in ask(app, "/open/licence?lang=zh").content.decode()


def test_a_closed_data_set_leaves_the_document(
    app: Starlette,
) -> None:
    path = f"{API}/collections/places/items"
    assert path in ask(app, f"{API}/openapi.json").json()["paths"]
    change("places", data_class="敏感")
    assert path not in ask(app, f"{API}/openapi.json").json()["paths"]
    assert ask(app, path).status == 404


# ---- the API against its own document -----------------------------------------------------------

CHECKS = (
    not_a_server_error,
    promises.status_code_conformance,
    promises.content_type_conformance,
    promises.response_headers_conformance,
    promises.response_schema_conformance,
    promises.negative_data_rejection,
    promises.unsupported_method,
)


@pytest.fixture(scope="module")
def document(open_store: Path) -> Any:
    """Return the API's own document, read by schemathesis, while the county is shown."""
    with shown_copy(open_store):
        app = cockpit_app(*open_routes.ROUTES)
        yield schemathesis.openapi.from_asgi(f"{API}/openapi.json", app)


@pytest.mark.parametrize("mode", list(GenerationMode))
def test_the_api_keeps_its_own_document(document: Any, mode: GenerationMode) -> None:
    """Ask each operation what its document allows, and what it does not."""
    asked = set()
    for found in document.get_all_operations():
        operation = found.ok()

        @settings(
            max_examples=MOST_QUESTIONS,
            deadline=None,
            phases=(Phase.generate,),
            suppress_health_check=list(HealthCheck),
            derandomize=True,
            database=None,
        )
        @given(case=operation.as_strategy(generation_mode=mode))
        def ask_it(case: Any) -> None:
            case.call_and_validate(checks=list(CHECKS))

        ask_it()
        asked.add(operation.path)
    # The document itself is read first of all, and no operation to schemathesis.
    assert asked == set(document.raw_schema["paths"]) - {f"{API}/openapi.json"}


def test_the_document_names_every_path(app: Starlette) -> None:
    told = json.loads(ask(app, f"{API}/openapi.json").content)
    assert told["openapi"] == "3.0.3"
    names = {one.id for one in open_datasets()}
    assert {f"{API}/collections/{name}/items" for name in names} <= set(told["paths"])
    places = told["paths"][f"{API}/collections/places/items"]["get"]
    asked = {p["name"] for p in places["parameters"]}
    assert {"bbox", "datetime", "limit", "offset", "lang", "f", "kind", "open_from"} <= asked
    assert "404" in places["responses"]


def test_a_reply_is_no_bigger_than_it_says(app: Starlette) -> None:
    replies: list[Reply] = [ask(app, t) for t in (API, f"{API}/conformance", "/open/")]
    assert all(int(r.headers["content-length"]) == len(r.body) for r in replies)
