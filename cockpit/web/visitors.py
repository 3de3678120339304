"""Who asks: until people sign in, everybody is the installation's visitor."""

from __future__ import annotations

from starlette.requests import Request

from cockpit.settings import settings


def visitor_class(request: Request) -> str:  # noqa: ARG001 -- the session cookie will decide
    """Return the highest data class that this visitor may see."""
    return settings().visitor_class
