"""What a scene of the screen shows, as it is written down: map, panels, title, seconds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from cockpit.breaks import Scheme

COUNTY, COVERAGE, RISK, WARNING, TOWNSHIPS = "county", "coverage", "risk", "warning", "townships"
TOWNSHIP = "township:"
"""Beginning of the id of the scene of one township: ``township:529901100``."""

TITLES: Mapping[str, str] = {
    COUNTY: "County at a glance",
    COVERAGE: "Service coverage",
    RISK: "Risk",
    WARNING: "Early warning",
    TOWNSHIPS: "Townships in turn",
}
"""Title (a msgid) of each built-in scene, in the order of the usual playlist."""

SECONDS: Mapping[str, int] = {COUNTY: 40, COVERAGE: 30, RISK: 30, WARNING: 30, TOWNSHIPS: 25}
"""How long each stands: what five metres away can be read of it, and no longer."""

PUBLIC = (COUNTY, COVERAGE)
"""Scenes that a lobby may show: they have a form of published figures alone."""

SIDES = ("left", "right", "bottom")
LEAST_SECONDS, MOST_SECONDS = 5, 600


@dataclass(frozen=True)
class Problem:
    """What is wrong with an entry, as a template (a msgid) and its values."""

    template: str
    values: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class MapSpec:
    """The map of a scene."""

    indicator: str
    level: str = "village"
    classification: Scheme = "quantile"
    classes: int = 5
    ramp: str = "blue"
    heights: str = ""  # id of an indicator; "" keeps the map flat
    focus: str = ""  # code of a region to fly to
    turn: bool = True  # slowly, while the scene stands


@dataclass(frozen=True)
class PanelSpec:
    """One panel beside the map."""

    kind: str  # of ``reader.KINDS``
    side: str = "left"
    title: Mapping[str, str] = field(default_factory=dict)  # zh, en; empty: the kind's own
    indicators: tuple[str, ...] = ()
    service: str = ""
    theme: str = ""  # of events
    level: str = "township"
    days: int = 30
    most: int = 8  # rows
    region: str = ""  # code; "" is the county


@dataclass(frozen=True)
class Scene:
    """
    One scene: a built-in one by its name, or one that was put together in a file.

    A part that is wrong stands as a ``Problem`` in its own place, so that all others go on.
    """

    id: str
    title: Mapping[str, str] = field(default_factory=dict)  # zh, en
    seconds: int = 30
    builtin: str = ""
    map: MapSpec | Problem | None = None
    panels: tuple[PanelSpec | tuple[str, Problem], ...] = ()
    """A broken panel is its side and what is wrong with it."""


def usual_scenes() -> tuple[Scene, ...]:
    """Return the built-in scenes in the order of the usual playlist."""
    return tuple(Scene(name, seconds=SECONDS[name], builtin=name) for name in TITLES)


def in_turn(moment_s: float, loop_s: int, n: int) -> int:
    """
    Return which of ``n`` things is shown in the loop that a moment lies in.

    One a loop, in order, by the clock alone: several screens show the same without speaking to
    each other, and one that was restarted goes on where the others are.
    """
    return int(moment_s // max(loop_s, 1)) % n if n else 0
