"""All routes of ours, in order; what none of them serves under our paths is a plain 404."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from cockpit.web import downloads, findings, health, layers, styles
from cockpit.web.errors import NotFoundError


async def nothing(request: Request) -> Response:  # noqa: ARG001
    """Say that nothing is here: otherwise Streamlit would answer with its start page."""
    raise NotFoundError("There is nothing at this address.")


ROUTES = (
    *health.ROUTES,
    *layers.ROUTES,
    *findings.ROUTES,
    *downloads.ROUTES,
    *styles.ROUTES,
    *(Route(f"/{name}/{{rest:path}}", nothing) for name in ("layers", "download", "style")),
)
