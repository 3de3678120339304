"""Routes of the cells and facilities on the maps of Placement and Scenarios."""

from __future__ import annotations

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from cockpit.answers import site_layers as answers
from cockpit.answers.reach import Reach, current_reach
from cockpit.answers.twin import Twin
from cockpit.coverage.services import SERVICES
from cockpit.settings import settings
from cockpit.store.session import engine
from cockpit.web.errors import NotFoundError
from cockpit.web.layers import _layer, _row


async def cells(request: Request) -> Response:
    """Serve the cells under a region; the same for every question and every plan."""
    parent = request.path_params["parent"]

    def make(county: Twin, visitor: str) -> bytes:
        reach = _reach(visitor)
        row, small = _row(county, parent), settings().small_count
        with Session(engine()) as db:
            return answers.cells_layer(db, reach, row, visitor=visitor, small_count=small)

    return await _layer(request, ("sites", parent), make)


async def standing(request: Request) -> Response:
    """Serve the facilities of a service as they stand today."""
    service = request.path_params["service"]

    def make(_county: Twin, visitor: str) -> bytes:
        if service not in SERVICES:
            raise NotFoundError("There is no layer {layer}.", layer=service[:40])
        return answers.standing_layer(_reach(visitor), service)

    return await _layer(request, ("standing", service), make)


def _reach(visitor: str) -> Reach:
    reach = current_reach(visitor)
    if reach is None:
        raise NotFoundError("The data were loaded anew; open the page again.")
    return reach


ROUTES = (
    Route("/layers/{version}/sites/{parent}.geojson", cells),
    Route("/layers/{version}/standing/{service}.geojson", standing),
)
