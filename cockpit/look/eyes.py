"""How colours look to people who are colour-blind, and how far apart two of them look."""

from __future__ import annotations

import math
from collections.abc import Mapping

Row = tuple[float, float, float]

SEEN: Mapping[str, tuple[Row, Row, Row]] = {
    "protan": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deutan": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "tritan": (
        (1.255528, -0.076749, -0.178779),
        (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.303900),
    ),
}
"""
What people without one kind of cone see, on linear RGB: Machado, G. M., Oliveira, M. M., Fernandes,
L. A. F. (2009), "A physiologically-based model for simulation of color vision deficiency", IEEE
Transactions on Visualization and Computer Graphics 15(6), 1291-1298, severity 1.
"""
JUST_SEEN = 2.3
"""Least CIE 1976 difference that is seen side by side: Mahy, M., Van Eycken, L., Oosterlinck, A.
(1994), Color Research and Application 19(2), 105-121."""

_XYZ = ((0.4124, 0.3576, 0.1805), (0.2126, 0.7152, 0.0722), (0.0193, 0.1192, 0.9505))
_WHITE = (0.9505, 1.0, 1.089)  # D65


def linear(colour: str) -> Row:
    """Return #RRGGBB as linear red, green and blue, 0 to 1 (IEC 61966-2-1)."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in parts)
    return red, green, blue


def seen(colour: str, eye: str) -> str:
    """Return how #RRGGBB looks to an eye of ``SEEN``; any other sees it as it is."""
    if eye not in SEEN:
        return colour
    parts = (min(1.0, max(0.0, v)) for v in _times(SEEN[eye], linear(colour)))
    coded = (12.92 * v if v <= 0.0031308 else 1.055 * v ** (1 / 2.4) - 0.055 for v in parts)
    return "#" + "".join(f"{round(255 * v):02X}" for v in coded)


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours, 1 to 21, as WCAG 2 defines it."""
    low, high = sorted(_times(_XYZ, linear(colour))[1] for colour in (one, other))
    return (high + 0.05) / (low + 0.05)


def difference(one: str, other: str) -> float:
    """Return how far apart two colours look: the distance in CIELAB (CIE 1976), 0 for equal."""
    return math.dist(_lab(one), _lab(other))


def _lab(colour: str) -> Row:
    xyz = (v / w for v, w in zip(_times(_XYZ, linear(colour)), _WHITE, strict=True))
    x, y, z = (v ** (1 / 3) if v > 0.008856 else 7.787 * v + 16 / 116 for v in xyz)
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def _times(matrix: tuple[Row, Row, Row], vector: Row) -> Row:
    first, second, third = (sum(a * b for a, b in zip(row, vector, strict=True)) for row in matrix)
    return first, second, third
