"""Targets and their light: green when reached, yellow when near, red when not."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

Light = Literal["good", "watch", "bad", "none"]
LIGHT_WORDS: dict[Light, str] = {
    "good": "On target",
    "watch": "Close to target",
    "bad": "Off target",
    "none": "No target set",
}
"""What a light says beside its colour: msgids."""


@dataclass(frozen=True)
class Target:
    """What somebody has set for a figure, in the figure's unit."""

    value: float
    higher: bool  # is more better
    watch: float | None = None  # yellow up to here; None: what misses the target is red
    words: str = ""  # msgid, or text as it stands: who has set it


def light_of(value: float | None, target: Target | None) -> Light:
    """
    Return the light of a value: exactly at the target is green, exactly at ``watch`` yellow.

    "none" without a target or without a value.
    """
    if target is None or value is None or not math.isfinite(value):
        return "none"
    if _reaches(value, target.value, higher=target.higher):
        return "good"
    near = target.watch is not None and _reaches(value, target.watch, higher=target.higher)
    return "watch" if near else "bad"


def _reaches(value: float, limit: float, *, higher: bool) -> bool:
    # Shares are sums of many cells: what rounding takes away must not cost the light.
    slack = 1e-9 * max(1.0, abs(limit))
    return value >= limit - slack if higher else value <= limit + slack
