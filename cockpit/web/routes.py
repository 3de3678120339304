"""All routes of ours, in order; what none of them serves under our paths is a plain 404."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from cockpit.web import (
    alerts,
    appeals,
    certificates,
    closures,
    coverage,
    downloads,
    feeds,
    findings,
    health,
    layers,
    memo,
    placement,
    risk,
    scenarios,
    styles,
)
from cockpit.web.errors import NotFoundError


async def nothing(request: Request) -> Response:  # noqa: ARG001
    """Say that nothing is here: otherwise Streamlit would answer with its start page."""
    raise NotFoundError("There is nothing at this address.")


async def map_page(request: Request) -> Response:
    """Lead to the map: it is the start page, but people write its name as that of the others."""
    query = request.url.query
    return RedirectResponse(f"/?{query}" if query else "/", status_code=307)


ROUTES = (
    Route("/map", map_page),
    *health.ROUTES,
    *feeds.ROUTES,
    *closures.ROUTES,  # before the layers: a level may have any name there
    *coverage.ROUTES,
    *appeals.ROUTES,
    *certificates.ROUTES,
    *scenarios.ROUTES,
    *memo.ROUTES,
    *placement.ROUTES,
    *risk.ROUTES,  # before the layers: "places" is no level
    *layers.ROUTES,
    *findings.ROUTES,
    *alerts.ROUTES,
    *downloads.ROUTES,
    *styles.ROUTES,
    *(Route(f"/{name}/{{rest:path}}", nothing) for name in ("layers", "download", "style", "feed")),
)
