"""Appeals as a map layer: regions of a level with their appeals and rates, and its address."""

from __future__ import annotations

import math
import zlib

import numpy as np
from sqlalchemy.orm import Session

from cockpit.answers.appeals import Appeals
from cockpit.answers.appeals_lists import Asked, picked, places
from cockpit.answers.layers import (
    along_a_curve,
    collection,
    layer_url,
    region_shapes,
    simplified,
)

LEVELS = ("township", "village", "grid")
DECIMALS = 1
"""Of a rate, in the layer and where classes are made: both must fall into the same class."""


def mark(version: str) -> str:
    """Return what changes in an address with every appeal that a feed brings."""
    return f"{zlib.crc32(version.encode()):08x}"


def path_of(asked: Asked) -> tuple[str, str, str, str]:
    """Return a question as parts of an address: days, channels, topic, unit."""
    channels = "-".join(str(c) for c in sorted(asked.channels)) or "all"
    topic = "all" if asked.topic < 0 else str(asked.topic)
    return str(asked.days), channels, topic, asked.unit


def appeals_url(known: Appeals, asked: Asked, level: str) -> str:
    """Return the address of the regions of a level with the appeals that were asked for."""
    version = known.happenings.twin.version
    return layer_url(version, "appeals", mark(known.version), level, *path_of(asked))


def appeals_layer(db: Session, known: Appeals, asked: Asked, level: str, visitor: str) -> bytes:
    """
    Return the regions of a level under the unit as GeoJSON.

    ``id`` code, ``n`` name, ``e`` English name, ``k`` appeals, ``r`` appeals per 10,000 residents,
    ``v`` the same with small places drawn towards the county's mean (null where nobody lives or
    residents are not open to the visitor).
    """
    twin = known.happenings.twin
    found = places(known, picked(known, asked), asked.unit, level, visitor)
    path = twin.path(twin.position(asked.unit))
    shapes = simplified(region_shapes(db, twin, found.rows, path))
    order = along_a_curve(shapes)
    regions = twin.regions.iloc[found.rows[order]]
    properties = [
        {"id": code, "n": name, "e": name_en or name, "k": k, "r": _short(r), "v": _short(v)}
        for code, name, name_en, k, r, v in zip(
            regions["code"],
            regions["name"],
            regions["name_en"],
            found.counts[order].tolist(),
            found.raw[order].tolist(),
            np.asarray(found.rate)[order].tolist(),
            strict=True,
        )
    ]
    return collection(shapes[order], properties)


def _short(value: float) -> float | None:
    return None if math.isnan(value) else round(value, DECIMALS)
