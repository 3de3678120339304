"""Who asks: the identity that the middleware found for a request."""

from __future__ import annotations

from starlette.requests import Request

from cockpit.access.visitor import PUBLIC, Visitor


def visitor(request: Request) -> Visitor:
    """Return who asks; the public when the middleware has found no session."""
    found = request.scope.get("cockpit.visitor")
    return found if isinstance(found, Visitor) else PUBLIC


def visitor_class(request: Request) -> str:
    """Return the highest data class that is open to this visitor now."""
    return visitor(request).data_class
