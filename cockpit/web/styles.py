"""Map styles of our own origin: a plain ground, an official map service's tiles where set."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from cockpit.look.tokens import DARK, LIGHT
from cockpit.settings import settings
from cockpit.web.errors import NotFoundError

_GROUNDS = {t.name: t.ground for t in (DARK, LIGHT)}


def style_of(theme: str, tiles: str) -> dict[str, Any]:
    """Return a MapLibre style; ``tiles`` is the address pattern of raster tiles, or ""."""
    layers: list[dict[str, Any]] = [
        {
            "id": "ground",
            "type": "background",
            "paint": {"background-color": _GROUNDS[theme]},
        }
    ]
    sources: dict[str, Any] = {}
    if tiles:
        sources["base"] = {"type": "raster", "tiles": [tiles], "tileSize": 256}
        layers.append({"id": "base", "type": "raster", "source": "base"})
    return {"version": 8, "name": theme, "sources": sources, "layers": layers}


async def style(request: Request) -> Response:
    """Serve the style of a theme."""
    theme = request.path_params["theme"]
    if theme not in _GROUNDS:
        raise NotFoundError("There is no style {theme}.", theme=theme[:40])
    return JSONResponse(
        style_of(theme, settings().basemap_tiles), headers={"Cache-Control": "no-cache"}
    )


ROUTES = (Route("/style/{theme}.json", style),)
