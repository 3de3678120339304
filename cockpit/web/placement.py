"""Route of the cells on the maps of Placement and Scenarios."""

from __future__ import annotations

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from cockpit.answers import site_layers as answers
from cockpit.answers.reach import current_reach
from cockpit.answers.twin import Twin
from cockpit.settings import settings
from cockpit.store.session import engine
from cockpit.web.errors import NotFoundError
from cockpit.web.layers import _layer, _row


async def cells(request: Request) -> Response:
    """Serve the cells under a region; the same for every question and every plan."""
    parent = request.path_params["parent"]

    def make(county: Twin, visitor: str) -> bytes:
        reach = current_reach(visitor)
        if reach is None:
            raise NotFoundError("The data were loaded anew; open the page again.")
        row, small = _row(county, parent), settings().small_count
        with Session(engine()) as db:
            return answers.cells_layer(db, reach, row, visitor=visitor, small_count=small)

    return await _layer(request, ("sites", parent), make)


ROUTES = (Route("/layers/{version}/sites/{parent}.geojson", cells),)
