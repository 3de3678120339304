"""Routes of the page Timeline: layers with their spans of time."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from cockpit.answers import timeline_layers as layers
from cockpit.answers.layers import stamp
from cockpit.answers.timeline import REGION_LEVELS, Timeline, current_timeline
from cockpit.answers.twin import Twin
from cockpit.store.session import engine
from cockpit.web.errors import BadRequestError, NotFoundError
from cockpit.web.kept import Answer, Kept, packed
from cockpit.web.layers import FOREVER, GEOJSON, REVALIDATE, _layer, sent
from cockpit.web.visitors import visitor_class

_kept = Kept(48 * 1024 * 1024)


async def regions(request: Request) -> Response:
    """Serve the regions of a level, the same whatever happens in them."""
    level = request.path_params["level"]

    def make(county: Twin, visitor: str) -> bytes:
        del visitor  # names and borders are open to whoever may open the page
        if level not in REGION_LEVELS:
            raise NotFoundError("There is no level {level}.", level=level[:40])
        with Session(engine()) as db:
            return layers.regions_layer(db, county, level)

    return await _layer(request, ("timeline regions", level), make)


async def events(request: Request) -> Response:
    """Serve the events of a theme."""
    theme = request.path_params["theme"]

    def make(timeline: Timeline) -> bytes:
        if theme not in timeline.themes:
            raise NotFoundError("There is no such layer.")
        return layers.events_layer(timeline, theme)

    return await _spans(request, f"events {theme}", make)


async def things(request: Request) -> Response:
    """Serve alerts, sensors or facilities."""
    layer = request.path_params["layer"]

    def make(timeline: Timeline) -> bytes:
        if layer not in layers.LAYERS:
            raise NotFoundError("There is no such layer.")
        return layers.things_layer(timeline, layer)

    return await _spans(request, layer, make)


async def _spans(request: Request, name: str, make: Callable[[Timeline], bytes]) -> Response:
    if request.url.query:
        raise BadRequestError("A layer's address has nothing after a question mark.")
    visitor, path = visitor_class(request), dict(request.path_params)

    def find() -> tuple[Answer, bool]:
        timeline = current_timeline(visitor)
        versions: tuple[str, ...] = ()
        if timeline is not None:
            versions = (timeline.twin.version, stamp(timeline.twin.version))
        if timeline is None or path["version"] not in versions:
            raise NotFoundError("The data were loaded anew; open the page again.")
        key = (timeline.twin.version, timeline.mark, visitor, name)
        answer = _kept.get(key, lambda: packed(make(timeline), GEOJSON))
        # Kept for good only at the address of what it is: the page soon asks for the new one.
        lasting = path["mark"] == timeline.mark and path["version"] == versions[-1]
        return answer, lasting

    answer, lasting = await run_in_threadpool(find)
    return sent(request, answer, FOREVER if lasting else REVALIDATE)


ROUTES = (
    Route("/layers/{version}/timeline/{mark}/regions/{level}.geojson", regions),
    Route("/layers/{version}/timeline/{mark}/events/{theme}.geojson", events),
    Route("/layers/{version}/timeline/{mark}/{layer}.geojson", things),
)
