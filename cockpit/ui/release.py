"""The page Release: what is public, what waits, what the year's privacy budget has left."""

from __future__ import annotations

from fractions import Fraction

import streamlit as st

from cockpit.answers.release_budget import Budget
from cockpit.answers.twin import Twin
from cockpit.release.budget import written
from cockpit.ui import coverage_parts, release_cache, release_list, release_new, state, theme
from cockpit.ui.release_words import STATE_NAMES, title_of
from cockpit.ui.words import moment, number, percent, say

VIEWS = {"new": "New release", "released": "Released", "budget": "Privacy budget"}


def show(twin: Twin) -> None:
    """
    Show the page to a steward.

    Raises
    ------
    NotAllowedError
        For anybody else, before anything is read.
    """
    release_cache.steward()
    found = release_cache.budget()
    st.markdown(
        say("Public figures are made here once, with noise or with gaps; the public sees nothing "
            "else of the county's people.")
    )  # fmt: skip
    _meter(found)
    view = st.segmented_control(
        say("View"),
        list(VIEWS),
        format_func=lambda v: say(VIEWS[v]),
        label_visibility="collapsed",
        required=True,
        **state.remembered("release.view", "new", allowed=list(VIEWS), address="work"),
    )
    if view == "budget":
        _ledger(found)
    elif view == "released":
        release_list.show()
    else:
        release_new.show(twin, found)


def _meter(found: Budget) -> None:
    """Show the year's budget as a bar up to the hard stop: spent, left, and where it ends."""
    tokens = theme.now()
    whole = float(found.hard_stop)
    spent, allowed = float(found.spent) / whole, float(found.allowed) / whole
    told = say(
        "Privacy budget {year}: {spent} of ε {allowed} spent, {left} left.",
        year=found.year,
        spent=written(found.spent),
        allowed=written(found.allowed),
        left=written(found.left),
    )
    st.html(
        f'<div style="margin:.2rem 0 .6rem"><div style="font-weight:600">{told}</div>'
        f'<div role="img" aria-label="{told}" style="position:relative;height:14px;'
        f'border-radius:7px;background:{tokens.line};overflow:hidden;margin:.35rem 0">'
        f'<div style="position:absolute;inset:0;width:{allowed:.2%};background:{tokens.good};'
        f'opacity:.35"></div><div style="position:absolute;inset:0;width:{spent:.2%};'
        f'background:{tokens.accent}"></div></div><div class="ct-quiet">'
        + say(
            "The bar ends at ε {stop}: no setting allows more in a year. What was drawn is spent, "
            "also when it is discarded or retracted.",
            stop=written(found.hard_stop),
        )
        + "</div></div>"
    )


def _ledger(found: Budget) -> None:
    st.markdown(
        say("Every noisy figure tells a little about the people behind it. Epsilon (ε) measures "
            "how much, and what several releases tell adds up: so a year has a budget. The smaller "
            "the ε of a release, the larger its noise.")
    )  # fmt: skip
    if found.forgotten:
        st.warning(
            say("ε {epsilon} was spent after the backup that this store was put back from. It is "
                "counted, and stands in no line below.",
                epsilon=written(sum(found.forgotten.values(), Fraction(0)))),
            icon=":material/settings_backup_restore:",
        )  # fmt: skip
    if not found.years():
        st.info(say("Nothing has been spent yet."), icon=":material/savings:")
        return
    years = found.years()
    coverage_parts.table(
        {
            say("Year"): [str(year) for year in years],
            say("ε spent"): [written(sum_) for sum_ in years.values()],
            say("Share of the hard stop"): [
                percent(float(sum_ / found.hard_stop)) for sum_ in years.values()
            ],
        },
        words=[say("Year")],
        alt=say("Table of what each year spent"),
    )
    coverage_parts.table(
        {
            say("No."): [number(s.seq) for s in found.spends],
            say("Table"): [title_of(s) for s in found.spends],
            say("State"): [say(STATE_NAMES[s.state]) for s in found.spends],
            "ε": [written(s.epsilon) for s in found.spends],
            say("Drawn (UTC)"): [moment(s.at) for s in found.spends],
            say("By"): [s.who for s in found.spends],
        },
        words=[say(t) for t in ("Table", "State", "Drawn (UTC)", "By")],
        alt=say("Table of everything that was spent"),
    )
