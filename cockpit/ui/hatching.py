"""Lines across regions of a map: what is not known, and what rests on few cases."""

from __future__ import annotations

import math
from typing import Any

from cockpit.answers.risk_layers import HATCH, MAPPING, hatch_url
from cockpit.look.tokens import BLACK, DARK, LIGHT
from cockpit.picture.drawing import bright
from cockpit.ui.theme import rgba

FEW_ALPHA = 0.75
_SHARE = 0.4  # of a pixel of the map as it opens: lines about six pixels apart
_EARTH_M, _TILE_PX = 40_075_016, 512  # around the equator, and as many pixels at zoom 0


def layer(
    name: str, address: str, colour: str, version: str, view: dict[str, Any], *, tiled: bool = False
) -> dict[str, Any]:
    """
    Return a layer of lines over the regions at ``address``.

    ``colour`` is an expression over a region's properties that gives the lines' colour, see-through
    where there are none. ``view`` is the map's first view: lines are as wide on every map as it
    opens. ``tiled``: the address is a pattern of tiles.
    """
    return {
        "@@type": "TileLayer" if tiled else "GeoJsonLayer",
        "id": name,
        "data": address,
        **({"maxZoom": 14} if tiled else {}),
        "stroked": False,
        "filled": True,
        "pointRadiusUnits": "pixels",
        "getPointRadius": 5,
        "getFillColor": colour,
        "updateTriggers": {"getFillColor": colour},
        "extensions": [{"@@type": "FillStyleExtension", "pattern": True}],
        "fillPatternMask": True,
        "fillPatternAtlas": hatch_url(version),
        "fillPatternMapping": MAPPING,
        "getFillPattern": f"@@='{HATCH}'",
        "getFillPatternScale": round(_SHARE * metres_a_pixel(view), 2),
        "getFillPatternOffset": [0, 0],
    }


def metres_a_pixel(view: dict[str, Any]) -> float:
    """Return how many metres a pixel is at a first view with latitude and zoom (Web Mercator)."""
    round_the_earth = _EARTH_M * math.cos(math.radians(float(view["latitude"])))
    return round_the_earth / (_TILE_PX * 2 ** float(view["zoom"]))


def ink(ground: str) -> str:
    """Return the colour of lines that can be seen on a colour, whatever the theme."""
    return LIGHT.text if bright(ground) else DARK.text


def swatch(ground: str, ink: str) -> str:
    """Return the CSS of a legend's swatch with lines across."""
    return (
        f"background:repeating-linear-gradient(135deg,{ink} 0 1.5px,{ground} 1.5px 5px);"
        f"border:1px solid {ground}"
    )


def see_through() -> list[int]:
    """Return the colour of no lines."""
    return rgba(BLACK, 0.0)
