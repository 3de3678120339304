"""A new rule on the page Early warning: chosen, tried on the past, then switched on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import streamlit as st

from cockpit.answers import alerts
from cockpit.answers.alert_ledger import LONGEST_NAME
from cockpit.answers.alert_new import Choices, free_id, new_rule
from cockpit.answers.alert_rules import StandingRule
from cockpit.answers.alert_tables import LEVEL_TITLES
from cockpit.answers.alert_usual import ON_DUTY
from cockpit.answers.twin import Twin
from cockpit.indicators import INDICATORS
from cockpit.risk.rules import LEVELS
from cockpit.risk.themes import THEMES
from cockpit.ui import cache, state, visitor, warning_cache, warning_parts, warning_trial
from cockpit.ui.way import plain
from cockpit.ui.words import language, say, say_error
from geodata.errors import CockpitError

WHAT_TITLES = {
    "kind": "All sensors of a kind",
    "sensor": "One sensor",
    "theme": "Events of a theme",
    "category": "Events of a category",
    "indicator": "Indicator of regions",
}
REGION_TITLES = {"county": "County", "township": "Township", "village": "Village"}
SCALE_TITLES = {
    "own": "shares of each sensor's own past",
    "unit": "values in the sensor's unit",
}
COUNT_TITLES = {
    "unusual": "days with unusually many",
    "count": "how many in a window of hours",
}
SIDE_TITLES = {"above": "High values are dangerous", "below": "Low values are dangerous"}
WINDOW_TITLES = {
    "last": "the last value",
    "mean": "mean of a window",
    "max": "extreme of a window",
    "sum": "sum of a window",
    "rise": "change over a window",
}
MUTE_HOURS = (1, 4, 8, 24, 72, 168)
_SUBJECT = {"kind": "sensor", "sensor": "sensor", "theme": "events", "category": "events",
            "indicator": "indicator"}  # fmt: skip
_OWN = (0.97, 0.98, 0.99, 0.998)
_OWN_HARM = 0.98
_RARE = (0.05, 0.01, 0.001, 0.0001)  # as the usual rules over events have them


def show(twin: Twin) -> None:
    """Ask for a new rule, try it on the past year, and switch it on when asked."""
    found = warning_cache.choices()
    kinds = _kinds(found)
    if not kinds:
        st.info(say("There is nothing to warn of yet: no sensors, no events, no indicators."))
        return
    told = _asked(found, kinds)
    if not any(t is not None for t in told["rule"]["thresholds"]):
        st.info(say("Give at least one threshold; the rule is then tried on the past year."))
        return
    try:
        rule = new_rule(told, found)
        with st.spinner(say("Reading the past year with this rule"), show_time=False):
            tried = warning_cache.tried(rule)
    except CockpitError as error:
        st.error(say_error(error), icon=":material/block:")
        return
    st.markdown(plain(warning_trial.sentence(tried)))
    warning_trial.figures(tried, head=say("Tried"))
    warning_trial.chart(twin, rule, tried)
    warning_trial.alarms(twin, tried)
    _take(rule)


def _kinds(found: Choices) -> list[str]:
    """Return what the county has to warn of, of the five."""
    there: dict[str, Sequence[object]] = {
        "kind": list(found.kinds), "sensor": list(found.sensors), "theme": found.themes,
        "category": found.categories, "indicator": found.indicators,
    }  # fmt: skip
    return [kind for kind in WHAT_TITLES if there[kind]]


# ---------------------------------------------------------------- what is asked for


def _asked(found: Choices, kinds: list[str]) -> dict[str, Any]:
    """Return what the visitor has put together, as plain JSON."""
    with _row():
        what = _choice("what", say("Warn of"), {k: say(WHAT_TITLES[k]) for k in kinds}, 200)
        about = _choice(f"about.{what}", say("Which"), _abouts(found, what), 220)
        level = ""
        if _SUBJECT[what] != "sensor":
            levels = {one: say(REGION_TITLES[one]) for one in found.levels}
            usual = "township" if "township" in levels else ""  # villages see too few events
            level = _choice("level", say("Level of regions"), levels, 150, first=usual)
        mode = _mode(what)
        rule = _compared(mode)
    subject = f"{_SUBJECT[what]}:{about}"
    with _row():
        rule["thresholds"] = _thresholds(mode)
        if mode in ("own", "unit"):
            rule |= _held(mode)
    _note(mode, found.unit_of(subject))
    told: dict[str, Any] = {
        "id": free_id(), "subject": subject, "level": level, "rule": rule, "own": mode == "own",
        "method": "aberration" if mode == "unusual" else "threshold",
    }  # fmt: skip
    if mode == "unusual":
        told["baseline"] = "seasonal"
    with _row():
        if mode not in ("indicator", "unusual"):
            told["outcome"] = _harm(mode, rule)
        told |= _title(_named(what, about))
    if told.get("outcome") is None:
        st.caption(say("Without a value to warn of, alarms are only counted, not judged."))
    with _row():
        return told | _people()


def _row() -> Any:
    return st.container(horizontal=True, gap="small", vertical_alignment="bottom")


def _abouts(found: Choices, what: str) -> dict[str, str]:
    """Return what can be chosen of a sort, by name."""
    if what == "kind":
        return {kind: warning_parts.kind_text(kind) for kind in found.kinds}
    if what == "sensor":
        return {name: f"{name} · {warning_parts.kind_text(kind)}"
                for name, kind in found.sensors.items()}  # fmt: skip
    return {about: _named(what, about) for about in (
        found.themes if what == "theme" else
        found.categories if what == "category" else found.indicators
    )}  # fmt: skip


def _named(what: str, about: str) -> str:
    if what == "theme":
        return say(THEMES[about].title)
    if what == "indicator":
        return say(INDICATORS[about].title)
    return warning_parts.kind_text(about)


def _mode(what: str) -> str:
    """Return what thresholds are compared with: own, unit, unusual, count or indicator."""
    if what == "indicator":
        return "indicator"
    titles = SCALE_TITLES if _SUBJECT[what] == "sensor" else COUNT_TITLES
    return _choice(f"mode.{_SUBJECT[what]}", say("Thresholds are"),
                   {mode: say(title) for mode, title in titles.items()}, 230)  # fmt: skip


def _compared(mode: str) -> dict[str, Any]:
    """Return direction, window and aggregate."""
    rule: dict[str, Any] = {"above": mode != "unusual"}
    if mode in ("unit", "indicator"):
        side = _choice("side", say("Direction"), {s: say(t) for s, t in SIDE_TITLES.items()}, 260)
        rule["above"] = side == "above"
    if mode in ("own", "unit"):
        windows = {w: say(t) for w, t in WINDOW_TITLES.items()}
        rule["aggregate"] = _choice("aggregate", say("Compared with them"), windows, 190)
    if mode == "count":
        rule["aggregate"] = "sum"
    if rule.get("aggregate", "last") != "last":
        rule["window_hours"] = _number(f"window.{mode}", say("Window, hours"), 24.0, 130)
    return rule


def _thresholds(mode: str) -> list[float | None]:
    first = {"own": _OWN, "unusual": _RARE}.get(mode, (None,) * 4)
    return [
        st.number_input(
            say(LEVEL_TITLES[LEVELS[level]]), value=value, format="%g", width=145,
            step=0.01 if mode == "own" else None,
            key=state.widget_key(f"warning.new.{mode}.{level}"),
        )
        for level, value in enumerate(first, start=1)
    ]  # fmt: skip


def _held(mode: str) -> dict[str, Any]:
    """Return how many readings raise and clear, and the margin."""
    held: dict[str, Any] = {
        "hold": int(_number("hold", say("Readings in a row"), 1, 135) or 1),
        "clear_hold": int(_number("clear", say("Readings to clear"), 8, 135) or 1),
    }
    if mode == "unit":
        held["clear_margin"] = _number("margin", say("Margin to clear"), 0.0, 135) or 0.0
    return held


def _note(mode: str, unit: str) -> None:
    """Say what the thresholds are numbers of."""
    notes = {
        "own": say("Thresholds are shares of each sensor's own past: 0.95 is passed by one "
                   "reading in twenty."),
        "unusual": say("Thresholds are the share of false discoveries among the days that reach "
                       "them: 0.05 is one in twenty; smaller is rarer."),
        "count": say("Thresholds are numbers of events."),
    }  # fmt: skip
    note = notes.get(mode) or (say("Unit: {unit}.", unit=say(unit)) if unit else "")
    if note:
        st.caption(note)


def _harm(mode: str, rule: dict[str, Any]) -> dict[str, Any] | None:
    """Return what the rule warns of and is measured by; None when nothing was named."""
    first = _OWN_HARM if mode == "own" else None
    value = _number(f"harm.{mode}", say("It warns of values from"), first, 190)
    within = _number("within", say("within hours"), 24.0, 135)
    if value is None:
        return None
    harm = {"threshold": value, "within_hours": within or 0.0, "above": rule["above"]}
    if mode == "count":
        harm |= {"aggregate": "sum", "window_hours": rule.get("window_hours") or 0.0}
    return harm


def _title(name: str) -> dict[str, str]:
    typed = st.text_input(
        say("Title of the rule"), value="", placeholder=name, max_chars=LONGEST_NAME, width=300,
        key=state.widget_key("warning.new.title"),
    )  # fmt: skip
    title = (typed or "").strip() or name
    return {"title": title, "title_en": title if language() == "en" else ""}


def _people() -> dict[str, Any]:
    """Return who is told when nobody acknowledges, and for how long muting is offered."""
    hours = {str(h): say("{n} hours", n=h) for h in MUTE_HOURS}
    mute = _choice("mute", say("Mute for, offered first"), hours, 190, first="8")
    minutes = _number("minutes", say("Passed on after minutes"), 30.0, 190)
    to = st.text_input(
        say("Passed on to, in turn"), value="、".join(ON_DUTY), width=300,
        key=state.widget_key("warning.new.to"),
    )  # fmt: skip
    names = [name.strip() for name in (to or "").replace(",", "、").replace("，", "、").split("、")]
    told: dict[str, Any] = {"mute_hours": float(mute)}
    if minutes is not None and any(names):
        told["escalation"] = {"minutes": minutes, "to": [name for name in names if name]}
    return told


def _choice(name: str, label: str, words: dict[str, str], width: int, *, first: str = "") -> str:
    options = list(words)
    default = first or options[0]
    chosen = st.selectbox(
        label, options, format_func=words.__getitem__, width=width, placeholder=label,
        **state.remembered(f"warning.new.{name}", default, allowed=options),
    )  # fmt: skip
    return str(chosen or default)


def _number(name: str, label: str, first: float | None, width: int) -> float | None:
    whole = isinstance(first, int)
    least = None if name.startswith("harm") else 0 if whole else 0.0
    return st.number_input(
        label, value=first, min_value=least, format=None if whole else "%g", width=width,
        key=state.widget_key(f"warning.new.{name}"),
    )  # fmt: skip


# ---------------------------------------------------------------- switching it on


def _take(rule: StandingRule) -> None:
    if not visitor.may("rules"):
        st.caption(say("Your role may look at rules, but not change them."))
        return
    with st.container(border=True):
        st.checkbox(
            say("I have seen what this rule would have done in the past year."),
            key=state.widget_key("warning.new.seen"),
        )
        seen = bool(state.widget_value("warning.new.seen"))
        with st.container(horizontal=True, gap="small"):
            st.button(say("Switch the new rule on"), type="primary", key="warning.add",
                      disabled=not seen, on_click=_add, args=(rule,))  # fmt: skip
            st.button(say("Store it switched off"), key="warning.add.off", disabled=not seen,
                      on_click=_add, args=(replace(rule, enabled=False),))  # fmt: skip
        st.caption(say("A rule is never removed, for its alerts stay in the ledger; it is switched "
                       "off under “Try thresholds on the past”."))  # fmt: skip


def _add(rule: StandingRule) -> None:
    try:
        visitor.require("rules")
        alerts.add_rule(rule, visitor.signature(), visitor=cache.visitor_class())
    except CockpitError as error:
        state.choose("warning.saved", error)
        return
    state.choose("warning.saved", "new")
    state.choose("warning.rule", rule.id)
    state.choose("warning.part", "try")
    for name in ("seen", "title"):
        state.forget_widget(f"warning.new.{name}")
    warning_cache.changed()
