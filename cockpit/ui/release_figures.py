"""The figures of a release, level by level, as the public sees them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd
import streamlit as st

from cockpit.ui import coverage_parts
from cockpit.ui.release_words import LEVEL_NAMES, columns_of
from cockpit.ui.words import say


def show(
    figures: pd.DataFrame,
    classes: Sequence[tuple[str, str]],
    levels: Sequence[str],
    margins: Mapping[tuple[str, str], int],
    key: str,
) -> None:
    """Show one level; ``classes`` are ids with titles, ``key`` is of the choice of level."""
    level = st.segmented_control(
        say("Level"),
        levels,
        format_func=lambda one: say(LEVEL_NAMES[one]),
        default=levels[min(1, len(levels) - 1)],
        label_visibility="collapsed",
        required=True,
        key=key,
    )
    level = str(level or levels[0])
    margin = {c: m for (of, c), m in margins.items() if of == level}
    columns = columns_of(figures, classes, level, margin)
    coverage_parts.table(columns, words=[say("Region")], alt=say("Table of the figures"))
