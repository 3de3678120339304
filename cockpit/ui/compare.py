"""The page Compare put together: choices, sentence, three maps, table."""

from __future__ import annotations

import streamlit as st

from cockpit.answers.compare import Compared
from cockpit.answers.twin import Twin
from cockpit.ui import compare_cache, compare_choices, compare_maps
from cockpit.ui import compare_shown as shown
from cockpit.ui.way import plain
from cockpit.ui.words import say


def show(twin: Twin) -> None:
    """Show the choices and what they compare; say what is missing when there is nothing."""
    there = compare_choices.kinds(twin)
    if not there:
        st.info(
            say(
                "There is nothing to compare yet: load a second date, events or more indicators on "
                "the page Data."
            )
        )
        return
    asked = compare_choices.choose(twin, there)
    found = compare_cache.compared(asked)
    told = shown.sentences(found)
    st.markdown(plain(told))
    _maps(found, told)
    shown.table(found)
    shown.files(found)
    shown.remarks(found)


def _maps(found: Compared, told: str) -> None:
    a, b = compare_cache.titles(found.asked)
    columns = st.columns(3 if found.difference is not None else 2, gap="small")
    for column, side, title in zip(columns, "abd", (f"A · {a}", f"B · {b}", "B − A"), strict=False):
        with column:
            st.markdown(f"**{plain(say('Difference') + ' ' + title if side == 'd' else title)}**")
            compare_maps.show(found, side, alt=f"{title}. {told}")
    unit = say(found.unit)
    left, right = st.columns([0.66, 0.34], gap="small")
    with left:
        shown.legend(
            found, found.breaks, say("A and B, the same classes ({unit})", unit=unit),
            found.decimals,
        )  # fmt: skip
    if found.difference_breaks is not None:
        with right:
            shown.legend(
                found, found.difference_breaks,
                say("Difference ({unit})", unit=say(found.difference_unit)),
                found.difference_decimals,
            )  # fmt: skip
