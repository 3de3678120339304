"""The design language (``cockpit.look``) as Streamlit takes it: theme options and style sheet."""

from __future__ import annotations

import re

import streamlit as st

from cockpit.look.tokens import (
    ALERT,
    COVERED,
    DARK,
    DIVERGING,
    DIVERGING_DARK,
    FONT_STACK,
    LIGHT,
    MAP_FONT,
    NOT_COVERED,
    RAMPS,
    SERIES,
    SERIES_DARK,
    Tokens,
    of,
    ramp,
    rgba,
    series,
)

__all__ = [
    "ALERT", "COVERED", "DARK", "DIVERGING", "DIVERGING_DARK", "FONT_STACK", "LIGHT", "MAP_FONT",
    "NOT_COVERED", "RAMPS", "SERIES", "SERIES_DARK", "Tokens", "css", "now", "of", "ramp", "rgba",
    "series", "streamlit_options",
]  # fmt: skip


def now() -> Tokens:
    """Return the tokens of the theme the visitor sees; Streamlit's menu decides."""
    return of(str(st.context.theme.type or "light"))


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
.ct-value {font-size: 1.75rem; font-weight: 600; line-height: 1.3;}
.ct-unit {display: inline-block; font-size: max(13px, .84rem); font-weight: 400; color: VAR_QUIET;}
.st-key-ct-map {position: relative;}
.st-key-ct-map [data-testid="stElementContainer"]:has(.ct-legend) {position: absolute; left: 0;
  bottom: 0; z-index: 5; pointer-events: none; width: auto;}
.ct-legend {display: inline-flex; flex-direction: column; gap: 4px; padding: 8px 12px;
  background: VAR_PANEL; border: 1px solid VAR_LINE; border-radius: 8px; opacity: .94;
  max-width: 220px;}
.ct-key {display: inline-flex; gap: 6px; align-items: center; white-space: nowrap;}
.ct-swatch {width: 20px; height: 14px; border-radius: 3px; display: inline-block; flex: none;}
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
  .ct-tiles {grid-template-columns: none; grid-auto-flow: column;
    grid-auto-columns: minmax(8rem, max-content); overflow-x: auto; padding-bottom: 4px;
    white-space: nowrap;}
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
