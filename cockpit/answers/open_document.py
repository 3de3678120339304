"""The OpenAPI document of the open API: every path, parameter, answer and error."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from cockpit.answers.open_catalogue import OpenDataset
from cockpit.answers.open_columns import OpenColumn

CONFORMS = (
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/geojson",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/oas30",
)
CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
MOST, USUAL = 10_000, 100  # features of one page
OPENAPI = "application/vnd.oai.openapi+json;version=3.0"
GEOJSON = "application/geo+json"

_LINK = {
    "type": "object",
    "required": ["href", "rel"],
    "properties": {
        "href": {"type": "string"},
        "rel": {"type": "string"},
        "type": {"type": "string"},
        "title": {"type": "string"},
        "length": {"type": "integer"},
    },
}
_LINKS = {"type": "array", "items": {"$ref": "#/components/schemas/link"}}
_NUMBERS = {"type": "array", "items": {"type": "number"}}


def _object(required: Iterable[str], **properties: Any) -> dict[str, Any]:
    return {"type": "object", "required": list(required), "properties": properties}


_SCHEMAS: dict[str, Any] = {
    "link": _LINK,
    "error": _object(["error"], error={"type": "string"}),
    "landing": _object(["links"], title={"type": "string"}, links=_LINKS),
    "conformance": _object(
        ["conformsTo"], conformsTo={"type": "array", "items": {"type": "string"}}
    ),
    "extent": _object(
        [],
        spatial=_object(["bbox"], bbox={"type": "array", "items": _NUMBERS}),
        temporal=_object(["interval"], interval={"type": "array", "items": {"type": "array"}}),
    ),
    "collection": _object(
        ["id", "links"],
        id={"type": "string"},
        title={"type": "string"},
        description={"type": "string"},
        extent={"$ref": "#/components/schemas/extent"},
        itemType={"type": "string"},
        crs={"type": "array", "items": {"type": "string"}},
        version={"type": "string"},
        licence={"type": "string"},
        links=_LINKS,
    ),
    "collections": _object(
        ["links", "collections"],
        links=_LINKS,
        collections={"type": "array", "items": {"$ref": "#/components/schemas/collection"}},
    ),
    "geometry": {
        "type": "object",
        "nullable": True,
        "required": ["type", "coordinates"],
        "properties": {
            "type": {
                "type": "string",
                "enum": ["Point", "MultiPoint", "LineString", "MultiLineString", "Polygon",
                         "MultiPolygon"],
            },
            "coordinates": {"type": "array", "items": {}},
        },
    },
    "feature": _object(
        ["type", "id", "geometry", "properties"],
        type={"type": "string", "enum": ["Feature"]},
        id={"type": "string"},
        geometry={"$ref": "#/components/schemas/geometry"},
        properties={"type": "object"},
        links=_LINKS,
    ),
}  # fmt: skip

_SENTENCE = {"application/json": {"schema": {"$ref": "#/components/schemas/error"}}}
_ERRORS = {
    "304": {"description": "What the client has is still what we have."},
    "400": {"$ref": "#/components/responses/refused"},
    "404": {"$ref": "#/components/responses/error"},
    "503": {"$ref": "#/components/responses/error"},
}
_LANGUAGE: dict[str, Any] = {
    "name": "lang",
    "in": "query",
    "description": "Language of titles and sentences.",
    "schema": {"type": "string", "enum": ["zh", "en"]},
}
_FORMAT: dict[str, Any] = {
    "name": "f",
    "in": "query",
    "description": "Form of the answer; there is one.",
    "schema": {"type": "string", "enum": ["json"]},
}
_PAGING: tuple[dict[str, Any], ...] = (
    {
        "name": "bbox",
        "in": "query",
        "description": "Only what touches a box in degrees: west, south, east, north (or with "
        "heights, which are left out). The smaller number goes first; a box across the date line "
        "is refused.",
        "style": "form",
        "explode": False,
        "schema": {"type": "array", "minItems": 4, "maxItems": 6, "items": {"type": "number"}},
    },
    {
        "name": "datetime",
        "in": "query",
        "description": "Only what there is on a day (2025-06-30) or between two "
        "(2025-01-01/2025-12-31; .. for without end). Things without a time are always there.",
        "schema": {"type": "string"},
    },
    {
        "name": "limit",
        "in": "query",
        "description": f"Features of a page; at most {MOST} are sent.",
        "schema": {"type": "integer", "minimum": 1, "default": USUAL},
    },
    {
        "name": "offset",
        "in": "query",
        "description": "Features that are left out before; follow the link next instead.",
        "schema": {"type": "integer", "minimum": 0, "default": 0},
    },
)


def document(
    datasets: tuple[OpenDataset, ...], base: str, language: str, title: str
) -> dict[str, Any]:
    """
    Return the OpenAPI 3.0 document of the API as it is now: a path of items for each data set.

    ``base`` is the address of the cockpit without a slash at its end.
    """
    paths: dict[str, Any] = {
        "/open/api": _get("Landing page", _json("landing")),
        "/open/api/conformance": _get("What the API conforms to", _json("conformance")),
        "/open/api/collections": _get("The data sets", _json("collections")),
        "/open/api/openapi.json": _get(
            "This document", {"description": "OpenAPI 3.0", "content": {OPENAPI: _any()}}
        ),
    }
    if datasets:
        paths |= _of_any(datasets)
    for one in datasets:
        paths[f"/open/api/collections/{one.id}/items"] = _items(one, language)
    return {
        "openapi": "3.0.3",
        "info": {
            "title": title,
            "version": "1",
            "description": "Open data feature by feature (OGC API - Features, part 1). No key, no "
            'sign-in. An error is JSON with one sentence: {"error": "..."}.',
        },
        "servers": [{"url": base or "/"}],
        "paths": paths,
        "components": {
            "schemas": _SCHEMAS | {_page_name(one): _page(one, language) for one in datasets},
            "responses": {
                "error": {"description": "One sentence that says why", "content": _SENTENCE},
                "refused": {
                    "description": "One sentence that says why; plain text for an address that "
                    "is too long or has signs that cannot be printed",
                    "content": _SENTENCE | {"text/plain": {"schema": {"type": "string"}}},
                },
            },
        },
    }


def _any() -> dict[str, Any]:
    return {"schema": {"type": "object"}}


def _json(schema: str, kind: str = "application/json") -> dict[str, Any]:
    content = {kind: {"schema": {"$ref": f"#/components/schemas/{schema}"}}}
    headers = {"ETag": {"description": "Tag of the content", "schema": {"type": "string"}}}
    return {"description": "As asked", "headers": headers, "content": content}


def _get(summary: str, answer: dict[str, Any], *parameters: dict[str, Any]) -> dict[str, Any]:
    asked = [_LANGUAGE, _FORMAT, *parameters]
    return {
        "get": {"summary": summary, "parameters": asked, "responses": {"200": answer, **_ERRORS}}
    }


def _of_any(datasets: tuple[OpenDataset, ...]) -> dict[str, Any]:
    one: dict[str, Any] = {
        "name": "collectionId",
        "in": "path",
        "required": True,
        "schema": {"type": "string", "enum": [dataset.id for dataset in datasets]},
    }
    ident = {
        "name": "featureId",
        "in": "path",
        "required": True,
        "schema": {"type": "string", "minLength": 1},
    }
    whole = "/open/api/collections/{collectionId}"
    return {
        whole: _get("One data set", _json("collection"), one),
        f"{whole}/items/{{featureId}}": _get("One feature", _json("feature", GEOJSON), one, ident),
    }


def _items(dataset: OpenDataset, language: str) -> dict[str, Any]:
    title = dataset.title if language == "zh" else dataset.title_en
    filters = [_filter(column, language) for column in dataset.dictionary]
    answer = _json(_page_name(dataset), GEOJSON)
    answer["headers"]["Link"] = {
        "description": "The next and the page before",
        "schema": {"type": "string"},
    }
    return _get(title, answer, *_PAGING, *filters)


def _filter(column: OpenColumn, language: str) -> dict[str, Any]:
    words = column.description if language == "zh" else column.description_en
    return {
        "name": column.name,
        "in": "query",
        "description": words,
        "schema": _type(column) | {"nullable": False},
    }


def _page_name(dataset: OpenDataset) -> str:
    return f"items-{dataset.id}"


def _page(dataset: OpenDataset, language: str) -> dict[str, Any]:
    told = {
        column.name: _type(column)
        | {"title": column.title if language == "zh" else column.title_en}
        for column in dataset.dictionary
    }
    names = [column.name for column in dataset.dictionary]
    properties = {
        "type": "object", "required": names, "properties": told, "additionalProperties": False,
    }  # fmt: skip
    feature = {
        "allOf": [
            {"$ref": "#/components/schemas/feature"},
            {"type": "object", "properties": {"properties": properties}},
        ]
    }
    return _object(
        ["type", "features", "links", "numberMatched", "numberReturned", "timeStamp"],
        type={"type": "string", "enum": ["FeatureCollection"]},
        features={"type": "array", "items": feature},
        links=_LINKS,
        numberMatched={"type": "integer", "minimum": 0},
        numberReturned={"type": "integer", "minimum": 0},
        timeStamp={"type": "string", "format": "date-time"},
    )


def _type(column: OpenColumn) -> dict[str, Any]:
    if column.type == "text":
        return {"type": "string"}
    if column.type == "date":
        return {"type": "string", "format": "date", "nullable": True}
    return {"type": column.type, "nullable": True}
