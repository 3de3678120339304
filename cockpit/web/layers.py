"""Routes of the map's layers: by data version, compressed, refused above the visitor's class."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from functools import partial

from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from cockpit.access import territory
from cockpit.access.classes import CLASSES, may_see
from cockpit.access.visitor import WITHOUT_PURPOSE
from cockpit.answers import layers as answers
from cockpit.answers import overlays, relief, tiles
from cockpit.answers.current import current_twin
from cockpit.answers.twin import LEVELS, Twin
from cockpit.settings import settings
from cockpit.store.session import engine
from cockpit.web import visitors
from cockpit.web.errors import BadRequestError, NotFoundError
from cockpit.web.kept import Answer, Kept, packed, unpacked
from cockpit.web.visitors import visitor_class

GEOJSON = "application/geo+json"
FOREVER = "private, max-age=31536000, immutable"
REVALIDATE = "private, no-cache"

_kept = Kept(128 * 1024 * 1024)
_index_lock = threading.Lock()
_indexes: dict[tuple[str, ...], tiles.TileIndex] = {}
_MOST_INDEXES = 4  # one of 100,000 cells is about 200 MB

OVERLAYS = {
    "roads": overlays.roads,
    "facilities": overlays.facilities,
    "buildings": overlays.buildings,
}


async def regions(request: Request) -> Response:
    """Serve the regions of a level under a parent."""
    level, parent = _level(request), request.path_params["parent"]
    return await _layer(request, ("regions", level, parent), partial(_regions, level, parent))


def _regions(level: str, parent: str, county: Twin, visitor: str) -> bytes:
    with Session(engine()) as db:
        return answers.region_layer(
            db,
            county,
            level,
            _row(county, parent),
            visitor=visitor,
            small_count=settings().small_count,
        )


def make_regions(county: Twin, level: str, parent: str) -> Answer:
    """Make and keep a layer of regions for the installation's visitor, ahead of any request."""
    visitor = settings().visitor_class
    return _kept.get(
        (county.version, visitor, "regions", level, parent),
        lambda: packed(_regions(level, parent, county, visitor), GEOJSON),
    )


async def tile(request: Request) -> Response:
    """Serve one tile of a level under a parent."""
    level, parent = _level(request), request.path_params["parent"]
    z, x, y = (request.path_params[name] for name in "zxy")
    if z > tiles.DEEPEST or x >= 1 << z or y >= 1 << z:
        raise NotFoundError("There is no tile {z}/{x}/{y}.", z=z, x=x, y=y)

    def make(county: Twin, visitor: str) -> bytes:
        return tiles.tile(_index(county, level, parent, visitor), z, x, y)

    return await _layer(request, ("tile", level, parent, str(z), str(x), str(y)), make)


async def overlay(request: Request, *, name: str) -> Response:
    """Serve roads, facilities or buildings of a region."""
    parent = request.path_params["parent"]

    def make(county: Twin, visitor: str) -> bytes:
        with Session(engine()) as db:
            return OVERLAYS[name](db, county, _row(county, parent), visitor=visitor)

    return await _layer(request, (name, parent), make)


async def features(request: Request) -> Response:
    """Serve a stored layer such as rivers."""
    name = request.path_params["layer"]

    def make(county: Twin, visitor: str) -> bytes:
        with Session(engine()) as db:
            return overlays.features(db, county, name, visitor=visitor)

    return await _layer(request, ("features", name), make)


async def labels(request: Request) -> Response:
    """Serve the names of a level's regions under a parent as points."""
    level, parent = _level(request), request.path_params["parent"]

    def make(county: Twin, _visitor: str) -> bytes:
        with Session(engine()) as db:
            return overlays.labels(db, county, level, _row(county, parent))

    return await _layer(request, ("labels", level, parent), make)


async def relief_picture(request: Request) -> Response:
    """Serve the hillshade."""
    return await _answer(request, ("relief",), partial(_relief, picture=True))


async def relief_place(request: Request) -> Response:
    """Serve where the hillshade lies: ``{"bounds": [west, south, east, north]}``."""
    return await _answer(request, ("relief", "bounds"), partial(_relief, picture=False))


def _relief(county: Twin, visitor: str, *, picture: bool) -> Answer:
    # One picture of the whole county: in a part of it only where everybody may see it.
    seen = visitor if county.whole is None else CLASSES[0]
    with Session(engine()) as db:
        file = relief.relief_file(db, seen)
    if file is None or not file.is_file():
        raise NotFoundError("There is no layer {layer}.", layer="relief")
    if picture:
        return unpacked(relief.relief(file).png, "image/png")
    return packed(json.dumps({"bounds": relief.relief_bounds(file)}).encode(), "application/json")


def _level(request: Request) -> str:
    level: str = request.path_params["level"]
    if level not in LEVELS:
        raise NotFoundError("There is no level {level}.", level=level[:40])
    return level


def _row(county: Twin, code: str) -> int:
    try:
        return county.position(code)
    except KeyError:
        raise NotFoundError("There is no region {code}.", code=code[:40]) from None


def _index(county: Twin, level: str, parent: str, visitor: str) -> tiles.TileIndex:
    key = (county.version, level, parent, visitor)
    with _index_lock:
        if key not in _indexes:
            with Session(engine()) as db:
                made = tiles.tile_index(
                    db,
                    county,
                    level,
                    _row(county, parent),
                    visitor=visitor,
                    small_count=settings().small_count,
                )
            while len(_indexes) >= _MOST_INDEXES:
                _indexes.pop(next(iter(_indexes)))
            _indexes[key] = made
        return _indexes[key]


async def _layer(
    request: Request, key: tuple[str, ...], make: Callable[[Twin, str], bytes]
) -> Response:
    def answer(county: Twin, visitor: str) -> Answer:
        return packed(make(county, visitor), GEOJSON)

    return await _answer(request, key, answer)


async def _answer(
    request: Request, key: tuple[str, ...], make: Callable[[Twin, str], Answer]
) -> Response:
    """Find or make the answer in a thread, then send it, or 304 when the browser has it."""
    if request.url.query:
        raise BadRequestError("A layer's address has nothing after a question mark.")
    visitor = visitor_class(request)
    asked = request.path_params["version"]

    def find() -> tuple[Answer, bool]:
        county = county_of(request)
        if county is None or asked not in (county.version, answers.stamp(county.version)):
            raise NotFoundError("The data were loaded anew; open the page again.")
        answer = _kept.get((county.version, visitor, *key), lambda: make(county, visitor))
        return answer, asked != county.version

    answer, stamped = await run_in_threadpool(find)
    return sent(request, answer, FOREVER if stamped else REVALIDATE)


def county_of(request: Request) -> Twin | None:
    """Return the county as stored now, as far as the visitor's territory reaches; None if empty."""
    county = current_twin()
    return None if county is None else territory.of(county, visitors.visitor(request))


def sent(request: Request, answer: Answer, cache_control: str) -> Response:
    """Return an answer as the browser wants it: compressed or not, or 304 when it has it."""
    # The cookie too: who signs in next in the same browser must not see what it has kept. And who
    # is cleared above what opens without a purpose gets more at the same address after saying one,
    # and less after taking it back.
    who = visitors.visitor(request)
    if not may_see(WITHOUT_PURPOSE, who.clearance):
        cache_control = REVALIDATE
    headers = {
        "ETag": answer.etag,
        "Cache-Control": cache_control,
        "Vary": "Accept-Encoding, Cookie",
    }
    tags = {tag.strip().removeprefix("W/") for tag in _header(request, "if-none-match").split(",")}
    if answer.etag in tags or "*" in tags:
        return Response(status_code=304, headers=headers)
    takes_gzip = "gzip" in _header(request, "accept-encoding")
    if answer.packed and takes_gzip:
        headers["Content-Encoding"] = "gzip"
    body = answer.body if takes_gzip or not answer.packed else answer.plain()
    return Response(body, headers=headers, media_type=answer.media_type)


def _header(request: Request, name: str) -> str:
    value: str = request.headers.get(name, "")
    return value


def clear() -> None:
    """Drop all kept answers and indexes."""
    _kept.clear()
    _indexes.clear()


ROUTES = (
    Route("/layers/{version}/relief.png", relief_picture),
    Route("/layers/{version}/relief.json", relief_place),
    Route("/layers/{version}/features/{layer}.geojson", features),
    Route("/layers/{version}/labels/{level}/{parent}.geojson", labels),
    *(
        Route(f"/layers/{{version}}/{name}/{{parent}}.geojson", partial(overlay, name=name))
        for name in OVERLAYS
    ),
    Route("/layers/{version}/{level}/{parent}.geojson", regions),
    Route("/layers/{version}/{level}/{parent}/{z:int}/{x:int}/{y:int}.geojson", tile),
)
