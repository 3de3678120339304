"""Routes of the public maps: released figures, public borders, names and facilities."""

from __future__ import annotations

from collections.abc import Callable

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from cockpit.answers import open_county
from cockpit.answers import open_county_layers as layers
from cockpit.answers.algorithms import as_plain
from cockpit.answers.open_county_places import OpenPlaces, open_places
from cockpit.web.errors import BadRequestError, NotFoundError, language_of
from cockpit.web.kept import Kept, packed
from cockpit.web.layers import GEOJSON, REVALIDATE, sent

_kept = Kept(32 * 1024 * 1024)


async def figures(request: Request) -> Response:
    """Serve a released class over the regions of a level; gone once it is retracted."""
    path = request.path_params
    key = (path["release"], path["class_id"], path["level"])

    def make(places: OpenPlaces) -> bytes:
        return layers.figures_layer(places, open_county.open_map(*key))

    await run_in_threadpool(open_county.open_map, *key)  # asked anew: it may be withdrawn by now
    return await _layer(request, ("figures", *key), make)


async def borders(request: Request) -> Response:
    """Serve the borders of a level."""
    return await _of_level(request, "borders", layers.borders_layer)


async def labels(request: Request) -> Response:
    """Serve the names of a level as points."""
    return await _of_level(request, "labels", layers.labels_layer)


async def facilities(request: Request) -> Response:
    """Serve the public facilities."""
    return await _layer(request, ("facilities",), layers.facilities_layer)


async def register(request: Request) -> Response:
    """Serve the register of algorithms: ``/open/algorithms.json?lang=en``."""
    cards = await run_in_threadpool(as_plain, language_of(request))
    return JSONResponse(cards, headers={"Cache-Control": "no-cache"})


async def _of_level(
    request: Request, name: str, make: Callable[[OpenPlaces, str], bytes]
) -> Response:
    level = request.path_params["level"]

    def made(places: OpenPlaces) -> bytes:
        if level != "county" and level not in places.levels:
            raise NotFoundError("There is no level {level}.", level=level[:40])
        return make(places, level)

    return await _layer(request, (name, level), made)


async def _layer(
    request: Request, key: tuple[str, ...], make: Callable[[OpenPlaces], bytes]
) -> Response:
    if request.url.query:
        raise BadRequestError("A layer's address has nothing after a question mark.")
    places = await run_in_threadpool(open_places)
    if places is None or request.path_params["version"] != places.version:
        raise NotFoundError("The data were loaded anew; open the page again.")
    whole = (places.version, *key)
    answer = await run_in_threadpool(_kept.get, whole, lambda: packed(make(places), GEOJSON))
    return sent(request, answer, REVALIDATE)


def clear() -> None:
    """Drop all kept answers."""
    _kept.clear()


ROUTES = (
    Route("/open/layers/{version}/facilities.geojson", facilities),
    Route("/open/layers/{version}/borders/{level}.geojson", borders),
    Route("/open/layers/{version}/labels/{level}.geojson", labels),
    Route("/open/layers/{version}/figures/{release}/{level}/{class_id}.geojson", figures),
    Route("/open/algorithms.json", register),
)
