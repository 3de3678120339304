"""What the visitor of the page Compare chooses, all of it in the address."""

from __future__ import annotations

import datetime as dt

import streamlit as st

from cockpit.access.rules import may_open
from cockpit.answers.compare import EVERY_EVENT, HOWS, SERIES_TITLES, Asked
from cockpit.answers.compare_scenarios import TODAY
from cockpit.answers.happenings import Happenings
from cockpit.answers.map import visible_indicators
from cockpit.answers.twin import LEVELS, Twin
from cockpit.indicators import INDICATORS, MEASURES
from cockpit.overview.periods import YEAR_DAYS, newest_whole_day
from cockpit.risk.themes import themes_in
from cockpit.settings import settings
from cockpit.ui import cache, compare_cache, state
from cockpit.ui import visitor as visitors
from cockpit.ui.days import day_of, is_day
from cockpit.ui.map_choices import LEVEL_TITLES
from cockpit.ui.risk_choices import theme_title
from cockpit.ui.words import date, say

KIND_TITLES = {
    "dates": "Two dates",
    "events": "Two periods",
    "indicators": "Two indicators",
    "scenarios": "Two plans",
}
HOW_TITLES = {"absolute": "Difference", "percent": "In percent of A"}
AGAINST_TITLES = {
    "before": "The period before",
    "year": "The same days 52 weeks earlier",
    "own": "A day of my own",
}
DAYS = (7, 30, 90, 180, YEAR_DAYS)
_EMPTY = Asked("", "-", "", "", 0, "", "")


def kinds(twin: Twin) -> list[str]:
    """Return what this visitor can compare here."""
    known = compare_cache.events()
    found = []
    if compare_cache.dates():
        found.append("dates")
    if known is not None and len(known):
        found.append("events")
    if len(visible_indicators(twin, cache.visitor_class())) > 1:
        found.append("indicators")
    if may_open(visitors.now(), "scenarios") and compare_cache.plans():
        found.append("scenarios")
    return found


def choose(twin: Twin, there: list[str]) -> Asked:
    """Show the bar of choices and return them."""
    with st.container(horizontal=True, vertical_alignment="bottom", key="ct-bar"):
        kind = str(
            st.segmented_control(
                say("Compare"),
                there,
                format_func=lambda k: say(KIND_TITLES[k]),
                required=True,
                **state.remembered("compare.kind", there[0], allowed=there, address="kind"),
            )
        )
        asked = {
            "dates": _dates,
            "events": _events,
            "indicators": _indicators,
            "scenarios": _plans,
        }[kind](twin)
        level = "grid" if kind == "scenarios" else _level(twin, kind)
        how = _how()
    return asked._replace(kind=kind, level=level, how=how)


def _one(
    label: str, name: str, options: list[str], first: str, names: dict[str, str], width: int = 220
) -> str:
    """Show a list and return what is chosen; the address has it under the name's last part."""
    return str(
        st.selectbox(
            label,
            options,
            format_func=lambda key: names[key],
            placeholder=label,
            width=width,
            **state.remembered(
                f"compare.{name}", first, allowed=options, address=name.rpartition(".")[2]
            ),
        )
    )


def _dates(twin: Twin) -> Asked:
    del twin
    known = compare_cache.dates()
    titles = {k: say(SERIES_TITLES.get(k) or MEASURES[k].title) for k in known}
    what = _one(say("What was counted"), "dates.what", list(known), next(iter(known)), titles)
    days = {day.isoformat(): date(day) for day in known[what]}
    options = list(days)
    a = _one(say("A"), "dates.a", options, options[0], days, 170)
    b = _one(say("B"), "dates.b", options, options[-1], days, 170)
    return _EMPTY._replace(what=what, a=a, b=b)


def _events(twin: Twin) -> Asked:
    del twin
    known = compare_cache.events()
    assert known is not None  # noqa: S101 - else this kind is not among the choices
    options = [EVERY_EVENT, *themes_in(known.categories)]
    titles = {k: say("All events") if k == EVERY_EVENT else theme_title(k) for k in options}
    what = _one(say("Theme"), "events.what", options, EVERY_EVENT, titles, 190)
    oldest, newest = _span(known)
    lengths = [n for n in DAYS if n <= (newest - oldest).days + 1] or [1]
    days = int(
        st.selectbox(
            say("Length"),
            lengths,
            format_func=lambda n: say("{n} days", n=n),
            placeholder=say("Length"),
            width=120,
            **state.remembered(
                "compare.days", 30 if 30 in lengths else lengths[0], allowed=lengths,
                address="days",
            ),
        )
    )  # fmt: skip
    usual = newest - dt.timedelta(days=days - 1)
    b = _first_day(say("First day of B"), "b", usual, oldest, newest)
    against = _one(say("A"), "events.against", list(AGAINST_TITLES), "before",
                   {k: say(v) for k, v in AGAINST_TITLES.items()}, 220)  # fmt: skip
    a = b - dt.timedelta(days=YEAR_DAYS if against == "year" else days)
    if against == "own":
        a = _first_day(say("First day of A"), "a", a, oldest, newest)
    return _EMPTY._replace(what=what, a=a.isoformat(), b=b.isoformat(), days=days)


def _span(known: Happenings) -> tuple[dt.date, dt.date]:
    """Return the first day with events and the newest whole one; never one before the first."""
    first, last = (t.astype("datetime64[s]").item() for t in (known.first, known.last))
    return first.date(), max(first.date(), newest_whole_day(last))


def _first_day(label: str, side: str, usual: dt.date, oldest: dt.date, newest: dt.date) -> dt.date:
    """Ask for the first day of a period, kept as text for the address."""
    name = f"compare.events.{side}"
    kept = day_of(state.read(name, "", address=side, check=is_day)) or usual
    shown = min(max(kept, oldest), newest)
    widget = f"{name}.day"

    def picked() -> None:
        day = state.chosen(widget, shown)
        state.choose(name, day.isoformat() if day != usual else "")

    state.choose(widget, shown)
    day = st.date_input(
        label, min_value=oldest, max_value=newest, width=150,
        **state.remembered(widget, shown, then=picked),
    )  # fmt: skip
    return day if isinstance(day, dt.date) else shown


def _indicators(twin: Twin) -> Asked:
    found = [i.id for i in visible_indicators(twin, cache.visitor_class())]
    titles = {i: say(INDICATORS[i].title) for i in found}
    first = "age_0_14" if "age_0_14" in found else found[0]
    second = "age_60_plus" if "age_60_plus" in found else found[1]
    a = _one(say("A"), "indicators.a", found, first, titles, 300)
    b = _one(say("B"), "indicators.b", found, second, titles, 300)
    return _EMPTY._replace(a=a, b=b)


def _plans(twin: Twin) -> Asked:
    del twin
    known = compare_cache.plans()
    titles = {str(TODAY): say("Today"), **{str(s.id): s.title for s in known}}
    options = list(titles)
    a = _one(say("A"), "plans.a", options, options[0], titles, 260)
    b = _one(say("B"), "plans.b", options, options[1], titles, 260)
    return _EMPTY._replace(a=a, b=b)


def _level(twin: Twin, kind: str) -> str:
    options = [
        level
        for level in LEVELS[1:]
        if 0 < len(twin.below(0, level)) <= settings().tile_above
        and not (level == "grid" and kind == "events")  # too few events a grid to compare
    ]
    return str(
        st.segmented_control(
            say("Show as"),
            options,
            format_func=lambda k: say(LEVEL_TITLES[k]),
            required=True,
            **state.remembered("compare.level", options[0], allowed=options, address="level"),
        )
    )


def _how() -> str:
    return str(
        st.segmented_control(
            say("Difference as"),
            list(HOWS),
            format_func=lambda k: say(HOW_TITLES[k]),
            required=True,
            **state.remembered("compare.how", HOWS[0], allowed=HOWS, address="how"),
        )
    )
