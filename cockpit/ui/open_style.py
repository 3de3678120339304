"""How public pages look: light whatever the machine prefers, wide enough to read, large for old."""

from __future__ import annotations

import re

import streamlit as st

from cockpit.look.tokens import LARGE, SOFT, SWITCH, TRACK
from cockpit.ui import theme

TOKENS = theme.LIGHT
"""The colours of every public page."""

# Streamlit takes its colours from the machine's preference and cannot be told otherwise by one
# page: what our public pages use of it is painted here.
_LIGHT = """
html {color-scheme: light;}
.stApp, .stApp [data-testid="stHeader"], .stApp [data-testid="stMain"] {
  background: VAR_GROUND; color: VAR_TEXT;}
.stApp h1, .stApp h2, .stApp h3, .stApp p, .stApp li, .stApp label, .stApp summary,
.stApp [data-testid="stMarkdownContainer"], .stApp [data-testid="stTopNavLink"] span {
  color: VAR_TEXT;}
.stApp [data-testid="stHeader"] svg, .stApp [data-testid="stHeader"] button {color: VAR_TEXT;}
.stApp [data-testid="stCaptionContainer"] p {color: VAR_QUIET;}
.stApp input, .stApp [data-testid="stTextInputRootElement"],
.stApp [data-testid="stSelectbox"] [role="group"], .stApp [data-testid="stSelectbox"] > div > div,
[data-testid="stSelectboxVirtualDropdown"], [data-testid="stSelectboxVirtualDropdown"] * {
  background: VAR_PANEL; color: VAR_TEXT; border-color: VAR_LINE;}
.stApp input::placeholder {color: VAR_QUIET; opacity: 1;}
.stApp [data-testid="stCheckbox"] label > div:first-of-type {background: VAR_SWITCH;}
.stApp [data-testid="stCheckbox"] label:has(input:checked) > div:first-of-type {
  background: VAR_ACCENT;}
.stApp [data-testid="stCheckbox"] label > div:first-of-type > div {background: VAR_PANEL;}
.stApp .st-key-ct-header span[style] {color: VAR_TEXT !important;
  border-color: VAR_LINE !important;}
.stApp .st-key-ct-header a {color: VAR_ACCENT !important; border-color: VAR_LINE !important;}
.stApp [data-testid^="stBaseButton"] {background: VAR_PANEL; color: VAR_TEXT;
  border-color: VAR_LINE;}
.stApp [data-testid^="stBaseButton"] p {color: inherit;}
.stApp [data-testid="stButtonGroup"] [role="radio"] {background: VAR_PANEL; color: VAR_TEXT;
  border-color: VAR_LINE;}
.stApp [data-testid="stButtonGroup"] [role="radio"][data-selected="true"] {
  background: VAR_SOFT; color: VAR_ACCENT; border-color: VAR_ACCENT;}
.stApp [data-testid="stAlertContainer"] {background: VAR_SOFT; color: VAR_TEXT;}
.stApp [data-testid="stExpander"] details, .stApp [data-testid="stExpander"] summary {
  background: VAR_PANEL; border-color: VAR_LINE;}
"""
_PAGE = """
[data-testid="stMainBlockContainer"] {max-width: 78rem; margin: 0 auto;}
.op h1 {font-size: 1.9rem; font-weight: 650; margin: 0; padding: 0; line-height: 1.3;}
.op h2 {font-size: 1.3rem; font-weight: 650; margin: 0 0 8px; padding: 0; line-height: 1.4;}
.op h3 {font-size: 1.05rem; font-weight: 650; margin: 0 0 4px; padding: 0; line-height: 1.4;}
.op .op-card h2 {font-size: 1.1rem; margin-bottom: 4px;}
.op p {margin: 0 0 8px; font-size: 1.05rem; line-height: 1.65;}
.op p:last-child {margin-bottom: 0;}
.op .op-lead {font-size: 1.15rem; max-width: 46rem;}
.op a {color: VAR_ACCENT; font-weight: 600; text-underline-offset: 3px;}
.op-quiet, .op .op-quiet {color: VAR_QUIET;}
.op-panel {background: VAR_PANEL; border: 1px solid VAR_LINE; border-radius: 8px;
  padding: 16px 20px; height: 100%;}
.op-help {display: flex; flex-wrap: wrap; gap: 8px 16px; align-items: center;}
.op-help button, .op .op-call {font: inherit; font-weight: 600; min-height: 44px; padding: 6px 16px;
  border: 1px solid VAR_ACCENT; border-radius: 8px; background: VAR_PANEL; color: VAR_ACCENT;
  cursor: pointer; display: none;}
[data-speaks] .op-help button[value="start"], [data-speaking] .op-help button[value="stop"],
.op .op-call {display: inline-block;}
[data-speaking] .op-help button[value="start"] {display: none;}
.op .op-call {color: VAR_ON_ACCENT; background: VAR_ACCENT; text-decoration: none;}
.op-help button:focus-visible, .op-help a:focus-visible {outline: 3px solid VAR_ACCENT;
  outline-offset: 2px;}
.op-reading {outline: 3px solid VAR_ACCENT; outline-offset: 3px; border-radius: 4px;}
.op-cards {display: grid; gap: 12px; grid-template-columns: repeat(auto-fit, minmax(13rem, 1fr));}
.op-cards.op-wide {grid-template-columns: repeat(auto-fit, minmax(20rem, 1fr));}
.op-card {background: VAR_PANEL; border: 1px solid VAR_LINE; border-radius: 8px;
  padding: 12px 16px; display: block;}
.op-cards.op-tops {align-items: start;}
a.op-card {text-decoration: none;}
a.op-card .op-quiet {font-weight: 400;}
a.op-card:hover, a.op-card:focus-visible {border-color: VAR_ACCENT;}
.op-big {font-size: 1.9rem; font-weight: 650; line-height: 1.3; white-space: nowrap;}
.op-unit {font-size: 1rem; font-weight: 400; color: VAR_QUIET;}
.op table {border-collapse: collapse; width: 100%; font-size: 1rem;}
.op caption {text-align: left; color: VAR_QUIET; padding: 0 0 6px; font-size: .95rem;}
.op .op-sr {position: absolute; width: 1px; height: 1px; overflow: hidden; padding: 0;
  clip-path: inset(50%);}
.op-cards + h3 {margin-top: 16px;}
.op th, .op td {border: 0; border-bottom: 1px solid VAR_LINE; padding: 7px 8px; text-align: left;
  vertical-align: top; color: VAR_TEXT;}
.op th {font-weight: 600;}
.op thead th {color: VAR_QUIET; font-weight: 500; font-size: .95rem;}
.op .op-n {text-align: right; white-space: nowrap;}
.op-scroll {overflow-x: auto;}
.op-bar {display: grid; grid-template-columns: 11rem 1fr 11rem; gap: 10px; align-items: center;
  padding: 4px 0;}
.op-track {background: VAR_TRACK; border-radius: 4px; height: 18px; overflow: hidden;}
.op-fill {background: VAR_ACCENT; height: 100%;}
.op-yes {color: VAR_GOOD; font-weight: 600;}
.op-no {color: VAR_BAD; font-weight: 600;}
.op-tag {display: inline-block; border: 1px solid VAR_LINE; border-radius: 999px;
  padding: 1px 10px; margin: 0 6px 4px 0; font-size: .95rem; color: VAR_QUIET;}
.op-legend {display: flex; flex-wrap: wrap; gap: 4px 16px; padding: 8px 0 0;}
.op-key {display: inline-flex; gap: 6px; align-items: center;}
.op-swatch {width: 22px; height: 15px; border-radius: 3px; display: inline-block;
  border: 1px solid VAR_LINE;}
.op dl {display: grid; grid-template-columns: 7.5rem 1fr; gap: 4px 12px;
  margin: 8px 0 !important; padding: 0 !important;}
.op dt {color: VAR_QUIET; font-weight: 400; margin: 0 !important; padding: 0 !important;}
.op dd {margin: 0 !important; padding: 0 !important; overflow-wrap: anywhere;}
.op summary {cursor: pointer; font-weight: 600; padding: 4px 0;}
.op details {border-top: 1px solid VAR_LINE; padding: 4px 0;}
.op code {font-size: .9rem; overflow-wrap: anywhere; background: VAR_GROUND; padding: 2px 6px;
  border-radius: 4px; color: VAR_TEXT;}
.op ul {margin: 0; padding-left: 1.2rem;}
.op li {font-size: 1.05rem; line-height: 1.6; margin: 0 0 4px;}
@media (max-width: 640px) {
  .op-bar {grid-template-columns: 5.5rem 1fr; gap: 2px 8px;}
  .op-bar > :last-child {grid-column: 2;}
  .op dl {grid-template-columns: 1fr; gap: 0;}
  .op dd {margin-bottom: 8px !important;}
  VAR_STACK
  .op-cards.op-wide {grid-template-columns: 1fr;}
  .op-panel {padding: 12px;}}
"""
# Tables with more than a name and a number: row under row, each cell with its heading.
_STACK = """
.op-stack thead {display: none;}
.op-stack tr {display: block; border-bottom: 1px solid VAR_LINE; padding: 8px 0;}
.op-stack td {display: block; border: 0; padding: 2px 0;}
.op-stack td.op-n {text-align: left;}
.op-stack td:empty {display: none;}
.op-stack td:first-child {font-weight: 650;}
.op-stack td:not(:first-child)::before {content: attr(data-h); color: VAR_QUIET;
  margin-right: .6em;}
"""
# One and a half times the type, targets of 44 px and more, black on white, one column. The menu of
# desk pages and the way to the wall are no choice here: the page names its few ways itself.
_ELDER = """
.stApp [data-testid="stHeader"], .stApp [data-testid="stSidebar"],
.st-key-ct-header [data-testid="stElementContainer"]:has(a[href^="/screen"]) {display: none;}
.stApp [data-testid="stMainBlockContainer"] {padding-top: 12px;}
.op-ways {display: flex; flex-wrap: wrap; gap: 8px 24px;}
.op .op-ways a {display: inline-flex; align-items: center; min-height: 44px;}
.stApp .st-key-ct-header a {display: inline-flex !important; align-items: center;
  min-height: 44px; box-sizing: border-box;}
html {font-size: calc(1.5 * clamp(15px, calc(11.2px + .25vw), 24px));}
.stApp {--op-line: VAR_TEXT;}
.stApp h1, .stApp h2, .stApp h3, .stApp p, .stApp label, .op, .op td, .op th, .op-quiet,
.op .op-quiet, .op dt, .op caption, .op thead th, .op-unit, .op-tag {color: VAR_INK;}
.stApp label p {font-size: 1rem;}
.op-panel, .op-card {border: 2px solid VAR_TEXT;}
.op th, .op td {border-bottom-color: VAR_TEXT;}
.op a {color: VAR_LINK;}
.op a:not(.op-card, .op-call) {text-decoration: underline; display: inline-block; padding: 6px 0;
  min-height: 44px; box-sizing: border-box;}
.op .op-yes {color: VAR_YES;}
.op .op-no {color: VAR_NO;}
.stApp button, .stApp [role="radio"], .stApp input, .op summary, .op a.op-card, .op .op-call,
.stApp [data-testid="stCheckbox"] label, .stApp [data-testid="stTopNavLink"] {min-height: 44px;}
.stApp [data-testid="stButtonGroup"] button {min-height: 48px; padding: 8px 16px;}
.op-cards, .op-cards.op-wide {grid-template-columns: repeat(auto-fit, minmax(15rem, 1fr));}
.op-bar {grid-template-columns: 8rem 1fr; gap: 2px 8px;}
.op-bar > :last-child {grid-column: 2;}
.op dl {grid-template-columns: 1fr; gap: 0;}
.op dd {margin-bottom: 8px !important;}
VAR_STACK
@media (max-width: 640px) {
  .op h1, .op-big {font-size: 1.45rem;} .op h2 {font-size: 1.15rem;}
  .op-bar {grid-template-columns: 1fr;} .op-bar > :last-child {grid-column: 1;}}
"""

_NAMES = ("ground", "quiet", "panel", "line", "accent", "on_accent", "text", "good", "bad")


def paint(*, elder: bool) -> None:
    """Put the style of public pages into the page."""
    parts = [_PAGE, _ELDER if elder else ""]
    if theme.now().name != TOKENS.name:
        st.html(theme.css(TOKENS))
        parts.insert(0, _LIGHT)
    st.html(f"<style>{_filled(''.join(parts))}</style>")


def _filled(css: str) -> str:
    css = css.replace("VAR_STACK", _STACK)
    text = re.sub(r"\s*([{};,])\s*", r"\1", re.sub(r":\s+", ":", css.strip()))
    colours = {name: getattr(TOKENS, name) for name in _NAMES}
    colours |= {**LARGE, "soft": SOFT, "track": TRACK, "switch": SWITCH}
    for name, colour in colours.items():
        text = text.replace(f"VAR_{name.upper()}", colour)
    return text
