"""What the visitor of the page Risk chooses, all of it in the address."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import streamlit as st

from cockpit.answers import risk as answers
from cockpit.answers.happenings import Happenings
from cockpit.answers.risk import EVERYTHING, METHODS, Method
from cockpit.answers.twin import Twin
from cockpit.locale import catalogue
from cockpit.risk.themes import OTHER, THEMES, themes_in
from cockpit.ui import layer_choice, risk_cache, risk_options, state, way
from cockpit.ui.risk_cache import Asked
from cockpit.ui.words import date, language, say

LEVEL_TITLES = {"cell": "Grids", "village": "Villages"}
STEP_TITLES = {"whole": "Whole period", "month": "By month", "week": "By week"}
PERIOD_TITLES = {
    "all": "All that is stored",
    "365": "Last 12 months",
    "180": "Last 6 months",
    "90": "Last 90 days",
    "30": "Last 30 days",
    "own": "My own days",
}
EVERYTHING_TITLE = "All events"
OTHER_TITLE = "Other"
UNDATED = ("impact", "readings")
"""Methods that no period is chosen for: the ground as it is, and the newest readings."""
_MOVED = {
    "swapped": "The last day lay before the first: they were swapped.",
    "cut": "The days asked for go beyond what is stored: they were cut to it.",
    "all": "Nothing is stored of the days asked for: all that is stored is shown.",
}
_FIRST_LAYERS = ("labels", "rivers", "water")


@dataclass(frozen=True)
class Choice:
    """What the address holds."""

    asked: Asked
    step: str  # of the slider: whole, month, week
    unit: str
    place: str  # code of the chosen cell or village, "" for none
    layers: tuple[str, ...]

    @property
    def method(self) -> Method:
        """Return the chosen method."""
        return METHODS[self.asked.method]

    @property
    def over_time(self) -> bool:
        """Tell whether the slider has parts to go through."""
        return self.method.over_time and self.step != "whole"


def choose(twin: Twin, known: Happenings) -> Choice:
    """Show the bar of choices and return them."""
    unit = str(twin.regions["code"].iat[way.current(twin)])
    with st.container(horizontal=True, vertical_alignment="bottom", key="ct-bar"):
        theme = _theme(known)
        method = _method(known, theme)
        dated = method not in UNDATED and len(known)
        first, last = _period(known) if dated else _empty(twin, known)
        level = _level() if method != "readings" else "cell"
        step = _step(first, last) if METHODS[method].over_time else "whole"
        options = risk_options.choose(method)
        layers = layer_choice.choose("risk", twin, _FIRST_LAYERS)
    own = dated and state.chosen("risk.period", "") == "own"
    if own and (moved := state.chosen("risk.moved", "")):
        st.caption(f":material/info: {say(_MOVED[moved])}")
    asked = Asked(method, theme, level, first, last, options)
    return Choice(asked, step, unit, _place(twin), layers)


def theme_title(theme: str) -> str:
    """Return the name of a theme in the visitor's language; a category as its department has it."""
    if theme in THEMES:
        return say(THEMES[theme].title)
    return {EVERYTHING: say(EVERYTHING_TITLE), OTHER: say(OTHER_TITLE)}.get(
        theme, category_text(theme)
    )


def category_text(category: str) -> str:
    """Return a category in the visitor's language; one that no catalogue knows as it is."""
    return catalogue(language()).get(category, category)


def _option(theme: str) -> str:
    """Return a theme's name, or a category's with a mark: one may be called like the other."""
    title = theme_title(theme)
    return title if theme in (EVERYTHING, OTHER, *THEMES) else f"· {title}"


def _theme(known: Happenings) -> str:
    kinds = {kind for theme in THEMES.values() for kind in theme.kinds}
    there = {device.kind for device in risk_cache.sensors(tuple(kinds))}
    options = [EVERYTHING, *themes_in(known.categories, there), *known.categories]
    return str(
        st.selectbox(
            say("Theme"),
            options,
            format_func=_option,
            width=190,
            placeholder=say("Theme"),
            **state.remembered(
                "risk.theme", EVERYTHING, allowed=options, address="theme", then=_let_go
            ),
        )
    )


def _method(known: Happenings, theme: str) -> str:
    there = bool(len(known)) and (theme == EVERYTHING or bool(known.of(theme).any()))
    options = answers.methods_for(theme, has_events=there)
    return str(
        st.selectbox(
            say("Method"),
            options,
            format_func=lambda m: say(METHODS[m].title),
            width=300,
            placeholder=say("Method"),
            **state.remembered("risk.method", options[0], allowed=options, address="method"),
        )
    )


def _period(known: Happenings) -> tuple[dt.date, dt.date]:
    """Ask for the days; counted back from the newest event, which is today for the data."""
    oldest, newest = answers.span(known)
    chosen = str(
        st.selectbox(
            say("Period"),
            list(PERIOD_TITLES),
            format_func=lambda p: say(PERIOD_TITLES[p]),
            width=160,
            placeholder=say("Period"),
            **state.remembered("risk.period", "365", allowed=PERIOD_TITLES, address="period"),
        )
    )
    if chosen == "own":
        return _own_days(oldest, newest)
    if chosen == "all":
        return oldest, newest
    return max(oldest, newest - dt.timedelta(days=int(chosen) - 1)), newest


def _own_days(oldest: dt.date, newest: dt.date) -> tuple[dt.date, dt.date]:
    def fits(text: str) -> bool:
        return not text or _day(text) is not None

    first = _day(state.read("risk.from", "", address="from", check=fits)) or oldest
    last = _day(state.read("risk.to", "", address="to", check=fits)) or newest
    first, last, moved = within(first, last, oldest, newest)
    if moved:
        state.choose("risk.moved", moved)
    shown = first, last
    picked = st.date_input(
        say("From and to"),
        (first, last),
        min_value=oldest,
        max_value=newest,
        width=230,
        key=state.widget_key("risk.days"),
    )
    if isinstance(picked, tuple) and len(picked) == 2:
        first, last = picked
        if picked != shown:
            state.choose("risk.moved", "")
        state.choose("risk.from", first.isoformat())
        state.choose("risk.to", last.isoformat())
    return first, last


def within(
    first: dt.date, last: dt.date, oldest: dt.date, newest: dt.date
) -> tuple[dt.date, dt.date, str]:
    """Return days that are stored, and how they were moved: "", swapped, cut, or all instead."""
    moved = ""
    if first > last:
        first, last, moved = last, first, "swapped"
    if last < oldest or first > newest:
        return oldest, newest, "all"
    if first < oldest or last > newest:
        moved = moved or "cut"
    return max(first, oldest), min(last, newest), moved


def _day(text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return None


def _empty(twin: Twin, known: Happenings) -> tuple[dt.date, dt.date]:
    """Return days for methods that ask for no events: all, or any one where there are none."""
    if len(known):
        return answers.span(known)
    day = twin.date or dt.date(2000, 1, 1)
    return day, day


def _level() -> str:
    return str(
        st.segmented_control(
            say("Show as"),
            list(LEVEL_TITLES),
            format_func=lambda k: say(LEVEL_TITLES[k]),
            required=True,
            **state.remembered(
                "risk.level", "cell", allowed=LEVEL_TITLES, address="level", then=_let_go
            ),
        )
    )


def _step(first: dt.date, last: dt.date) -> str:
    days = (last - first).days + 1
    options = [s for s, least in (("whole", 0), ("month", 60), ("week", 21)) if days >= least]
    return str(
        st.segmented_control(
            say("Time slider"),
            options,
            format_func=lambda k: say(STEP_TITLES[k]),
            required=True,
            **state.remembered("risk.step", "whole", allowed=options, address="step"),
        )
    )


def _place(twin: Twin) -> str:
    codes = twin.regions.attrs["rows"]
    return state.read("risk.place", "", address="place", check=lambda c: not c or c in codes)


# ---------------------------------------------------------------- what a click does


def _let_go() -> None:
    state.choose("risk.place", "")


def picked(code: str) -> None:
    """Take a click on a cell; the same again lets it go."""
    state.choose("risk.place", "" if state.chosen("risk.place", "") == code else code)


def days_text(first: dt.date, last: dt.date) -> str:
    """Return a period in words: one day, or from and to."""
    if first == last:
        return date(first)
    return say("{first} to {last}", first=date(first), last=date(last))
