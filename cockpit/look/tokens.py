"""
The design language, once: colours, type and palettes of pages, charts, maps, screens and files.

Streamlit's theme, the charts, the map, the plain pages and everything that is exported take their
looks from here and name no colour of their own. Nothing is imported but the standard library, so
that every layer may use it. Colours of single subjects (kinds of places, hot and cold spots, what a
closure takes away) stand in ``marks``.
"""

from __future__ import annotations

from dataclasses import dataclass

FONT_STACK = (
    '"Noto Sans SC", "Noto Sans CJK SC", "Source Han Sans SC", "PingFang SC", '
    '"Microsoft YaHei", sans-serif'
)
# deck.gl draws letters on a canvas, where the first face the machine has is taken as well.
MAP_FONT = FONT_STACK

WHITE, INK = "#FFFFFF", "#16202E"
"""Rings and letters of marks, on whatever ground they stand."""


@dataclass(frozen=True)
class Tokens:
    """The colours of one theme, as #RRGGBB."""

    name: str
    ground: str
    panel: str
    line: str
    text: str
    quiet: str
    accent: str
    on_accent: str  # words on a ground of the accent
    good: str
    bad: str
    watch: str  # neither good nor bad: look at it
    edge: str  # of a field to write in: three to one against its ground
    map_ground: str
    map_road: str
    map_water: str
    map_border: str  # of the chosen unit; the parts inside are quieter
    no_data: str
    masked: str  # counts too small to be shown
    mark: str  # outline of chosen regions


DARK = Tokens(
    name="dark",
    ground="#0B1220",
    panel="#121B2D",
    line="#22304A",
    text="#E8EEF7",
    quiet="#93A4BF",
    accent="#4DA3FF",
    on_accent="#0B1220",
    good="#2DD4BF",
    bad="#FB7185",
    watch="#FACC15",
    edge="#5E7093",
    map_ground="#0B1220",
    map_road="#7898D8",
    map_water="#17345C",
    map_border="#E8EEF7",
    no_data="#3A4658",
    masked="#5B4A72",
    mark="#FFD166",
)
LIGHT = Tokens(
    name="light",
    ground="#F5F7FA",
    panel="#FFFFFF",
    line="#DCE3EC",
    text="#16202E",
    quiet="#5A6B82",
    accent="#1668C7",
    on_accent="#FFFFFF",
    good="#0B7A6F",
    bad="#C5304B",
    watch="#8A6100",
    edge="#7C8BA0",
    map_ground="#EDF1F6",
    map_road="#5B6F92",
    map_water="#9CC3E6",
    map_border="#16202E",
    no_data="#C9D0D9",
    masked="#BFB2CF",
    mark="#D9480F",
)
BLACK = "#000000"
LARGE = {"ink": BLACK, "link": "#0B3B72", "yes": "#00544B", "no": "#9B1030"}
"""Words of public pages in large type: black on white, and colours nearly as dark."""
SOFT, TRACK, SWITCH = "#E3EEF9", "#E9EEF5", "#74849A"
"""On light pages: what is chosen, the empty part of a bar, a switch that is off."""
ALERT = {"blue": "#3B82F6", "yellow": "#FACC15", "orange": "#FB923C", "red": "#EF4444"}
ALERT_ON = {"blue": WHITE, "yellow": INK, "orange": INK, "red": WHITE}
"""Letters on a ground of an alert's colour."""
LIGHTS = {"good": "good", "watch": "watch", "bad": "bad", "none": "quiet"}
"""A light to the token of its colour; a word always stands beside it."""
COVERED, NOT_COVERED = "#2A9D8F", "#E9C46A"

# Seven steps each, light to dark; fewer classes take evenly spaced steps. On the dark ground they
# run the other way, so that "more" always stands out most.
RAMPS: dict[str, tuple[str, ...]] = {
    "blue": ("#E3EEF9", "#C0D9F0", "#93BDE4", "#619CD3", "#367ABD", "#19599C", "#0B3B72"),
    "viridis": ("#FDE725", "#90D743", "#35B779", "#21918C", "#31688E", "#443983", "#440154"),
    "cividis": ("#FEE838", "#D3C164", "#A69D75", "#7C7B78", "#575D6D", "#2A4069", "#00224E"),
}
DIVERGING: tuple[str, ...] = (
    "#1F6FB2",
    "#5E9CCB",
    "#A3C4DF",
    "#C9CDD2",
    "#F0BE8C",
    "#E28A43",
    "#B85A12",
)
# On the dark ground the middle is dark, and both ends shine.
DIVERGING_DARK: tuple[str, ...] = (
    "#5AB0FF",
    "#3D82C4",
    "#2F5C88",
    "#4A5363",
    "#8A5A2B",
    "#C97B2E",
    "#FF9F45",
)
SERIES = ("#1668C7", "#E07B1A", "#0F8B7E", "#8C5BB5", "#A0803A", "#C5304B", "#5A6B82")
SERIES_DARK = ("#4DA3FF", "#FFA94D", "#2DD4BF", "#B794F6", "#E9C46A", "#FB7185", "#93A4BF")


@dataclass(frozen=True)
class Type:
    """Sizes of type in pixels, on a window of 1920 by 1080; everything scales with the window."""

    headline: int  # the figures
    title: int
    body: int
    small: int  # the smallest there is


SCREEN_TYPE = Type(headline=56, title=20, body=16, small=14)
WORK_TYPE = Type(headline=28, title=18, body=15, small=13)
SPACE = 8
"""Pixels; all gaps are multiples of it."""
RADIUS = 8
QUICK_MS = 200
"""Longest motion of anything but the camera; none where the visitor asked for less."""


def of(name: str) -> Tokens:
    """Return the tokens of "dark" or "light"."""
    return DARK if name == "dark" else LIGHT


def series(tokens: Tokens) -> tuple[str, ...]:
    """Return the colours of chart series, in order."""
    return SERIES_DARK if tokens.name == "dark" else SERIES


def ramp(name: str, n: int, tokens: Tokens) -> tuple[str, ...]:
    """
    Return ``n`` colours, 1 to 7, from least to most.

    ``name`` is one of ``RAMPS`` or "change": blue through grey to orange, zero in the middle.
    """
    if name == "change":
        steps = DIVERGING_DARK if tokens.name == "dark" else DIVERGING
        return tuple(steps[i] for i in _spread(len(steps), n))
    steps = RAMPS.get(name, RAMPS["blue"])
    # The palest and the deepest step come near to the ground of one theme or the other.
    colours = tuple(steps[i] for i in _spread(len(steps), n))
    return colours[::-1] if tokens.name == "dark" else colours


def _spread(of_n: int, n: int) -> list[int]:
    return [of_n // 2] if n == 1 else [round(i * (of_n - 1) / (n - 1)) for i in range(n)]


def rgba(colour: str, alpha: float = 1.0) -> list[int]:
    """Return #RRGGBB as red, green, blue, alpha of 0 to 255 (what deck.gl takes)."""
    return [*(int(colour[i : i + 2], 16) for i in (1, 3, 5)), round(alpha * 255)]


_VARIABLES = (
    "ground", "panel", "line", "text", "quiet", "accent", "on_accent", "good", "bad", "watch",
    "edge", "map_ground", "map_road", "map_water", "map_border", "no_data", "masked", "mark",
)  # fmt: skip


def css_variables(tokens: Tokens) -> str:
    """Return the tokens as custom properties of a style sheet: ``--ground:#0B1220;...``."""
    found = {name.replace("_", "-"): str(getattr(tokens, name)) for name in _VARIABLES}
    found |= {f"alert-{name}": colour for name, colour in ALERT.items()}
    found |= {f"on-alert-{name}": colour for name, colour in ALERT_ON.items()}
    found |= {"covered": COVERED, "not-covered": NOT_COVERED, "face": FONT_STACK}
    found |= {f"series-{k}": colour for k, colour in enumerate(series(tokens), start=1)}
    return "".join(f"--{name}:{value};" for name, value in found.items())
