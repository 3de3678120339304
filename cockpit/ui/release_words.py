"""Names of levels, states and classes on the page Release."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pandas as pd

from cockpit.answers.release_store import Change
from cockpit.release.budget import written
from cockpit.ui.words import NO_FIGURE, language, number, say

LEVEL_NAMES = {
    "county": "County",
    "township": "Township",
    "village": "Village",
    "grid": "Grid",
}
STATE_NAMES = {
    "draft": "Draft",
    "published": "Published",
    "retracted": "Retracted",
    "discarded": "Discarded",
}
KIND_NAMES = {"noisy": "with noise", "suppressed": "with gaps"}


def title_of(thing: Any) -> str:
    """Return a table's title in the visitor's language."""
    return str(thing.title_en if language() == "en" and thing.title_en else thing.title)


def epsilon_of(epsilon: Fraction) -> str:
    """Return an epsilon to read, as a decimal: one without end is rounded and says so."""
    exact = written(epsilon)
    return f"≈ {float(epsilon):.3g}" if "/" in exact or len(exact) > len("0.000001") else exact


def levels_of(levels: Any) -> str:
    """Return levels in a row."""
    return ("、" if language() == "zh" else ", ").join(say(LEVEL_NAMES[x]) for x in levels)


def change_of(change: Change) -> str:
    """Return a line of the changelog."""
    values = dict(change.values)
    for name, value in values.items():
        if isinstance(value, list):
            values[name] = levels_of(value)
        elif name == "class_title":
            values[name] = say(str(value))
        elif isinstance(value, int):
            values[name] = number(value)
    return say(change.template, **values)


def figure(value: Any) -> str:
    """Return a public figure; a hidden one as a dash."""
    return NO_FIGURE if pd.isna(value) else number(int(value))


def columns_of(
    table: pd.DataFrame, classes: Any, level: str, margin: dict[str, int]
) -> dict[str, list[str]]:
    """Return one level of a public table as columns of text, ± with the title of each class."""
    rows = table[table["level"] == level]
    names = rows["name_en"].where(rows["name_en"] != "", rows["name"])
    found = {say("Region"): (names if language() == "en" else rows["name"]).tolist()}
    for class_id, title in classes:
        head = say(title) + (f" ±{number(margin[class_id])}" if class_id in margin else "")
        found[head] = [figure(value) for value in rows[class_id]]
    return found
