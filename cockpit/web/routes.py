"""All routes of ours, in order; what none of them serves under our paths is a plain 404."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from cockpit.web import (
    accounts,
    alerts,
    appeals,
    audit,
    briefing,
    certificates,
    closures,
    compare,
    coverage,
    downloads,
    feeds,
    findings,
    health,
    layers,
    lite,
    memo,
    open_layers,
    open_routes,
    picture,
    placement,
    risk,
    scenarios,
    screen,
    signin,
    styles,
    timeline,
)
from cockpit.web.errors import NotFoundError
from cockpit.web.guard import guarded


async def nothing(request: Request) -> Response:  # noqa: ARG001
    """Say that nothing is here: otherwise Streamlit would answer with its start page."""
    raise NotFoundError("There is nothing at this address.")


_ALL = (
    *health.ROUTES,
    *feeds.ROUTES,
    *closures.ROUTES,  # before the layers: a level may have any name there
    *coverage.ROUTES,
    *appeals.ROUTES,
    *certificates.ROUTES,
    *scenarios.ROUTES,
    *memo.ROUTES,
    *placement.ROUTES,
    *timeline.ROUTES,
    *compare.ROUTES,
    *risk.ROUTES,  # before the layers: "places" is no level
    *layers.ROUTES,
    *findings.ROUTES,
    *alerts.ROUTES,
    *picture.ROUTES,
    *briefing.ROUTES,
    *downloads.ROUTES,
    *styles.ROUTES,
    *accounts.ROUTES,
    *audit.ROUTES,
    *signin.ROUTES,
    *screen.ROUTES,
    *lite.ROUTES,
    *open_layers.ROUTES,
    *open_routes.ROUTES,
    *(
        Route(f"/{name}/{{rest:path}}", nothing)
        for name in ("layers", "download", "style", "feed", "open", "access", "screen")
    ),
)

ROUTES = guarded(_ALL)
"""As served: each behind its rule (``guard.RULES``)."""
