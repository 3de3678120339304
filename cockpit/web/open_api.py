"""The open API in the manner of OGC API - Features: collections, items, paging, its document."""

from __future__ import annotations

import datetime as dt
import json
import re
from typing import Any
from urllib.parse import quote, urlencode

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from cockpit.answers import open_document, open_features
from cockpit.answers.open_catalogue import OpenDataset, catalogue
from cockpit.answers.open_dcat import titles_of
from cockpit.answers.open_document import CONFORMS, CRS84, GEOJSON, MOST, OPENAPI, USUAL
from cockpit.answers.open_features import Wanted
from cockpit.locale import translate
from cockpit.web.errors import BadRequestError, language_of
from cockpit.web.open_answers import as_json, base_of, opened, told
from cockpit.web.open_answers import only as only_known

API = "/open/api"
_JSON = "application/json"
_PAGING = ("bbox", "datetime", "limit", "offset")


def landing(request: Request) -> Response:
    """Say what there is and where."""
    only_known(request)
    base, language = base_of(request), language_of(request)
    zh, en = titles_of(catalogue().county)
    links = [
        _link(base, API, "self", _JSON, translate("This page", language)),
        _link(base, f"{API}/openapi.json", "service-desc", OPENAPI, "OpenAPI"),
        _link(base, "/open", "service-doc", "text/html", zh if language == "zh" else en),
        _link(base, f"{API}/conformance", "conformance", _JSON, "OGC API - Features"),
        _link(base, f"{API}/collections", "data", _JSON, translate("The data sets", language)),
        _link(base, "/open/catalogue.jsonld", "describedby", "application/ld+json", "DCAT"),
    ]
    words = translate("Features by place, time and property (OGC API - Features).", language)
    title = zh if language == "zh" else en
    told_first = tuple(_headers(links, "service-desc", "conformance", "data", "describedby"))
    return as_json(
        request, {"title": title, "description": words, "links": links}, links=told_first
    )


def conformance(request: Request) -> Response:
    """Name the parts of the standard that the API follows."""
    only_known(request)
    return as_json(request, {"conformsTo": list(CONFORMS)})


def openapi(request: Request) -> Response:
    """Send the document of the API."""
    only_known(request)
    language = language_of(request)
    zh, en = titles_of(catalogue().county)
    made = open_document.document(
        open_features.collections(), base_of(request), language, zh if language == "zh" else en
    )
    return as_json(request, made, OPENAPI)


def collections(request: Request) -> Response:
    """List the data sets."""
    only_known(request)
    base, language = base_of(request), language_of(request)
    found = [_collection(one, base, language) for one in open_features.collections()]
    links = [_link(base, f"{API}/collections", "self", _JSON)]
    return as_json(request, {"links": links, "collections": found})


def collection(request: Request) -> Response:
    """Describe one data set."""
    only_known(request)
    found = open_features.collection(request.path_params["collection"])
    return as_json(request, _collection(found, base_of(request), language_of(request)))


def _collection(dataset: OpenDataset, base: str, language: str) -> dict[str, Any]:
    chinese = language == "zh"
    here = f"{API}/collections/{dataset.id}"
    extent: dict[str, Any] = {}
    if dataset.bbox is not None:
        extent["spatial"] = {"bbox": [list(dataset.bbox)], "crs": CRS84}
    if dataset.as_of is not None:
        day = f"{dataset.as_of.isoformat()}T00:00:00Z"
        extent["temporal"] = {"interval": [[day, day]]}
    licence = dataset.licence if chinese else dataset.licence_en
    links = [
        _link(base, here, "self", _JSON),
        _link(base, f"{here}/items", "items", GEOJSON),
        *_files(dataset, base),
    ]
    if dataset.licence_uri:
        host = base if dataset.licence_uri.startswith("/") else ""
        links.append(_link(host, dataset.licence_uri, "license", "text/html", licence))
    return {
        "id": dataset.id,
        "title": dataset.title if chinese else dataset.title_en,
        "description": dataset.description if chinese else dataset.description_en,
        "itemType": "feature",
        "crs": [CRS84],
        "version": str(dataset.version),
        "licence": licence,
        "updated": dataset.updated.isoformat(),
        "extent": extent,
        "links": links,
    }


def _files(dataset: OpenDataset, base: str) -> list[dict[str, Any]]:
    """Return links to the whole data set as files, and to the words about it."""
    links = []
    for file in dataset.formats:
        rel = "describedby" if file.format == "datapackage" else "enclosure"
        one = _link(base, file.href, rel, file.media_type.partition(";")[0], file.name)
        links.append(one | {"length": file.bytes, "sha256": file.sha256})
    return links


def items(request: Request) -> Response:
    """Send one page of a data set's features."""
    dataset = open_features.collection(request.path_params["collection"])
    names = tuple(column.name for column in dataset.dictionary)
    asked = only_known(request, *_PAGING, *names)
    wanted = _wanted(dataset, asked)
    page = open_features.page(dataset, wanted)
    base, here = base_of(request), f"{API}/collections/{dataset.id}/items"
    links = [_link(base, _with(here, asked), "self", GEOJSON)]
    after, before = wanted.offset + wanted.limit, max(0, wanted.offset - wanted.limit)
    if after < page.matched:
        links.append(_link(base, _with(here, asked | {"offset": str(after)}), "next", GEOJSON))
    if wanted.offset > 0:
        links.append(_link(base, _with(here, asked | {"offset": str(before)}), "prev", GEOJSON))
    links.append(_link(base, f"{API}/collections/{dataset.id}", "collection", _JSON))
    links += [one for one in _files(dataset, base) if one["type"] == GEOJSON]
    facts = {
        "numberMatched": page.matched,
        "numberReturned": len(page.lines),
        "links": links,
    }
    head = json.dumps(facts, ensure_ascii=False)[1:-1].encode()
    now = dt.datetime.now(dt.UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    rest = head + b',"features":[' + b",\n".join(page.lines) + b"]}"
    body = b'{"type":"FeatureCollection","timeStamp":"' + now.encode() + b'",' + rest
    return told(
        request, body, GEOJSON, tag_of=rest, links=tuple(_headers(links, "self", "next", "prev"))
    )


def feature(request: Request) -> Response:
    """Send one feature."""
    only_known(request)
    dataset = open_features.collection(request.path_params["collection"])
    ident = request.path_params["feature"]
    line = open_features.feature(dataset, ident)
    base, whole = base_of(request), f"{API}/collections/{dataset.id}"
    links = [
        _link(base, f"{whole}/items/{quote(ident, safe='')}", "self", GEOJSON),
        _link(base, whole, "collection", _JSON),
    ]
    told_links = json.dumps(links, ensure_ascii=False).encode()
    return told(request, line[:-1] + b',"links":' + told_links + b"}", GEOJSON)


def _wanted(dataset: OpenDataset, asked: dict[str, str]) -> Wanted:
    return Wanted(
        box=open_features.box_of(asked["bbox"]) if "bbox" in asked else None,
        span=open_features.span_of(asked["datetime"]) if "datetime" in asked else None,
        equal=tuple(
            (column.name, open_features.property_value(dataset, column.name, asked[column.name]))
            for column in dataset.dictionary
            if column.name in asked
        ),
        limit=min(_count(asked, "limit", USUAL, 1), MOST),
        offset=_count(asked, "offset", 0, 0),
    )


def _count(asked: dict[str, str], name: str, usual: int, least: int) -> int:
    text = asked.get(name, str(usual))
    if not re.fullmatch(r"[0-9]+", text) or int(text[:18]) < least:
        raise BadRequestError("{name} is a whole number, {least} or more.", name=name, least=least)
    return int(text[:18])  # so far no county has more


def _link(base: str, path: str, rel: str, kind: str, title: str = "") -> dict[str, Any]:
    one = {"href": base + path, "rel": rel, "type": kind}
    return one | ({"title": title} if title else {})


def _with(path: str, asked: dict[str, str]) -> str:
    return f"{path}?{urlencode(asked)}" if asked else path


def _headers(links: list[dict[str, Any]], *rels: str) -> list[str]:
    """Return links as the header has them (RFC 8288)."""
    kept = [one for one in links if one["rel"] in rels]
    return [f'<{one["href"]}>; rel="{one["rel"]}"; type="{one["type"]}"' for one in kept]


METHODS = ["GET", "HEAD", "OPTIONS"]
ROUTES = (
    Route(API, opened(landing), methods=METHODS),
    Route(f"{API}/conformance", opened(conformance), methods=METHODS),
    Route(f"{API}/openapi.json", opened(openapi), methods=METHODS),
    Route(f"{API}/collections", opened(collections), methods=METHODS),
    Route(f"{API}/collections/{{collection}}", opened(collection), methods=METHODS),
    Route(f"{API}/collections/{{collection}}/items", opened(items), methods=METHODS),
    # An id may hold a slash.
    Route(f"{API}/collections/{{collection}}/items/{{feature:path}}", opened(feature),
          methods=METHODS),
)  # fmt: skip
