"""Colours, type and palettes, once, for Streamlit's theme, charts, maps and exports."""

from __future__ import annotations

import re
from dataclasses import dataclass

import streamlit as st

FONT_STACK = (
    '"Noto Sans SC", "Noto Sans CJK SC", "Source Han Sans SC", "PingFang SC", '
    '"Microsoft YaHei", sans-serif'
)
# deck.gl draws letters on a canvas, where the first face the machine has is taken as well.
MAP_FONT = FONT_STACK


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
    map_ground="#EDF1F6",
    map_road="#5B6F92",
    map_water="#9CC3E6",
    map_border="#16202E",
    no_data="#C9D0D9",
    masked="#BFB2CF",
    mark="#D9480F",
)
ALERT = {"blue": "#3B82F6", "yellow": "#FACC15", "orange": "#FB923C", "red": "#EF4444"}
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


def of(name: str) -> Tokens:
    """Return the tokens of "dark" or "light"."""
    return DARK if name == "dark" else LIGHT


def now() -> Tokens:
    """Return the tokens of the theme the visitor sees; Streamlit's menu decides."""
    return of(str(st.context.theme.type or "light"))


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


def streamlit_options(tokens: Tokens) -> dict[str, object]:
    """Return the ``[theme.light]`` or ``[theme.dark]`` options; a test holds them to config."""
    return {
        "primaryColor": tokens.accent,
        "backgroundColor": tokens.ground,
        "secondaryBackgroundColor": tokens.panel,
        "textColor": tokens.text,
        "linkColor": tokens.accent,
        "borderColor": tokens.line,
        "grayTextColor": tokens.quiet,
        "greenColor": tokens.good,
        "redColor": tokens.bad,
        "chartCategoricalColors": list(series(tokens)),
        "dataframeBorderColor": tokens.line,
        "dataframeHeaderBackgroundColor": tokens.panel,
    }


# What Streamlit's theme cannot say: type that grows with the window, figures of equal width,
# a page that starts at its top, and no motion where the visitor asked for less. The button of a
# table that saves it asks no right and leaves no trace: files come from our links.
CSS = """
<style>
html {font-size: clamp(15px, calc(11.2px + .25vw), 24px);}
.stApp {font-variant-numeric: tabular-nums;}
[data-testid="stMainBlockContainer"] {padding: 4.25rem 1.5rem 1.5rem; max-width: none;}
[data-testid="stCaptionContainer"] {color: VAR_QUIET; opacity: 1;}
[data-testid="stCaptionContainer"] p, [data-testid="stWidgetLabel"] p {
  font-size: max(13px, .84rem);}
[data-testid="stMetricDelta"], [data-testid="stMetricDelta"] > div {
  background: transparent; padding-left: 0; color: VAR_QUIET;}
[data-testid="stBaseButton-primary"]:not(:disabled), [data-testid="stMultiSelect"] [data-tag],
[data-testid="stMultiSelect"] [data-tag] * {color: VAR_ON_ACCENT;}
button[aria-label="Download as CSV"] {display: none;}
.ct-quiet {color: VAR_QUIET;}
[data-selected="true"] p {color: VAR_TEXT; font-weight: 600;}
.ct-tiles {display: grid; grid-template-columns: repeat(auto-fit, minmax(9.5rem, 1fr)); gap: 8px;}
.ct-tile, .ct-card {background: VAR_PANEL; border: 1px solid VAR_LINE; border-radius: 8px;
  padding: 8px 16px;}
.ct-value {font-size: 1.75rem; font-weight: 600; line-height: 1.3; white-space: nowrap;}
.ct-unit {font-size: max(13px, .84rem); font-weight: 400; color: VAR_QUIET;}
.st-key-ct-map {position: relative;}
.st-key-ct-map [data-testid="stElementContainer"]:has(.ct-legend) {position: absolute; left: 0;
  bottom: 0; z-index: 5; pointer-events: none; width: auto;}
.ct-legend {display: inline-flex; flex-direction: column; gap: 4px; padding: 8px 12px;
  background: VAR_PANEL; border: 1px solid VAR_LINE; border-radius: 8px; opacity: .94;
  max-width: 220px;}
.ct-key {display: inline-flex; gap: 6px; align-items: center; white-space: nowrap;}
.ct-swatch {width: 20px; height: 14px; border-radius: 3px; display: inline-block;}
.ct-files a {color: VAR_ACCENT; font-weight: 600;}
.ct-head {font-size: 1.25rem; font-weight: 600;}
.ct-facts {display: grid; grid-template-columns: auto auto; gap: 4px 8px;
  margin: 8px 0 !important; padding: 0 !important;}
.ct-facts dt, .ct-facts dd {margin: 0 !important; padding: 0 !important; font-size: .94rem;
  line-height: 1.5;}
.ct-facts dt {color: VAR_QUIET; font-weight: 400;}
.ct-facts dd {text-align: right; font-weight: 500; white-space: nowrap;}
.ct-small {font-size: max(13px, .84rem); line-height: 1.5;}
@media (max-width: 640px) {
  [data-testid="stMainBlockContainer"] {padding: 4.25rem .75rem 1rem;}
  .ct-tiles {grid-template-columns: none; grid-auto-flow: column; grid-auto-columns: 9rem;
    overflow-x: auto; padding-bottom: 4px;}
  .st-key-ct-map [data-testid="stElementContainer"]:has(.ct-legend) {position: static;}}
@media (prefers-reduced-motion: reduce) {*, *::before, *::after {
  animation-duration: .01ms !important; transition-duration: .01ms !important;}}
</style>
"""


def css(tokens: Tokens) -> str:
    """Return the style sheet that every page carries, without its white space."""
    text = re.sub(r"\s*([{};,])\s*", r"\1", re.sub(r":\s+", ":", CSS.strip()))
    for name in ("quiet", "panel", "line", "accent", "on_accent", "text"):
        text = text.replace(f"VAR_{name.upper()}", getattr(tokens, name))
    return text
