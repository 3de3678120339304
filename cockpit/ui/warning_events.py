"""Unusual counts of events: each theme's newest day, and a region's days beside the expected."""

from __future__ import annotations

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from cockpit.answers.alert_rules import StandingRule
from cockpit.answers.alert_series import Unusual
from cockpit.answers.twin import Twin
from cockpit.risk.rules import follow
from cockpit.ui import state, theme, warning_cache, warning_charts, warning_parts
from cockpit.ui.way import plain
from cockpit.ui.words import date, number, say

_MONTH = 28
_DAYS = {"90": 90, "180": 180, "366": 366}
DAY_TITLES = {"90": "90 days", "180": "180 days", "366": "a year"}


def show(twin: Twin) -> None:
    """Show all themes as a table, and the days of the chosen one and region as a chart."""
    rules = [r for r in warning_cache.rules() if r.method == "aberration" and r.enabled]
    if not rules:
        st.info(say("No rule compares counts of events. Load events, or switch such a rule on."))
        return
    found = {r.id: u for r in rules if (u := warning_cache.unusual(r)) is not None and len(u.days)}
    rules = [r for r in rules if r.id in found]
    if not rules:
        st.info(say("There are not enough days of events yet to say what is usual."))
        return
    levels = {r.id: levels_of(r, found[r.id]) for r in rules}
    st.markdown(plain(sentence(twin, rules, found, levels)))
    left, right = st.columns([0.4, 0.6], gap="medium")
    with left:
        _themes(rules, found, levels)
    with right:
        _one(twin, rules, found, levels)


def levels_of(rule: StandingRule, found: Unusual) -> NDArray[np.int8]:
    """Return the rule's level after each day, shape ``(days, regions)``."""
    made = np.zeros(found.counts.shape, np.int8)
    for k in range(len(found.codes)):
        track = follow(rule.rule, found.times, found.value[:, k])
        made[np.searchsorted(found.times, track.times), k] = track.level
    return made


def sentence(
    twin: Twin,
    rules: list[StandingRule],
    found: dict[str, Unusual],
    levels: dict[str, NDArray[np.int8]],
) -> str:
    """Return where something was unusual in the last month, in one sentence."""
    day = date(found[rules[0].id].days[-1].astype("datetime64[D]").item())
    hits = [
        (int(levels[r.id][-_MONTH:, k].max()), r, code)
        for r in rules
        for k, code in enumerate(found[r.id].codes)
        if levels[r.id][-_MONTH:, k].max() > 0
    ]
    if not hits:
        return say(
            "In the {n} days up to {day} no theme was unusual in any region.", n=_MONTH, day=day
        )
    _, rule, code = max(hits, key=lambda hit: hit[0])
    return say(
        "In the {n} days up to {day}, {m} times a region was unusual; the most so: {title}, "
        "{place}.",
        n=_MONTH,
        day=day,
        m=number(len(hits)),
        title=warning_parts.rule_title(rule),
        place=warning_parts.place_text(twin, code),
    )


def _themes(
    rules: list[StandingRule], found: dict[str, Unusual], levels: dict[str, NDArray[np.int8]]
) -> None:
    st.subheader(say("Themes"), anchor=False)
    expected = {r.id: np.nansum(found[r.id].expected[-1]) for r in rules}
    in_a_year = {r.id: _starts(levels[r.id]) for r in rules}
    warning_parts.table(
        {
            say("Rule"): [warning_parts.rule_title(r) for r in rules],
            say("Newest day"): [number(found[r.id].counts[-1].sum()) for r in rules],
            say("Usual"): [number(expected[r.id], 1) for r in rules],
            say("Now"): [warning_parts.level_mark(int(levels[r.id][-1].max())) for r in rules],
            say("Times in all"): [number(in_a_year[r.id]) for r in rules],
        },
        html=(say("Now"),),
        right=(say("Newest day"), say("Usual"), say("Times in all")),
    )


def _starts(levels: NDArray[np.int8]) -> int:
    """Return how often a region's level left none."""
    warned = (levels > 0).astype(np.int8)
    return int((np.diff(warned, axis=0, prepend=0) == 1).sum())


def _one(
    twin: Twin,
    rules: list[StandingRule],
    found: dict[str, Unusual],
    levels: dict[str, NDArray[np.int8]],
) -> None:
    by_id = {r.id: r for r in rules}
    loud = max(rules, key=lambda r: int(levels[r.id].max()))
    with st.container(horizontal=True, gap="small"):
        chosen = st.selectbox(
            say("Rule"), list(by_id), format_func=lambda i: warning_parts.rule_title(by_id[i]),
            width=260, placeholder=say("Rule"),
            **state.remembered("warning.theme", loud.id, allowed=by_id, address="theme"),
        )  # fmt: skip
        rule = by_id[str(chosen or loud.id)]
        mine, codes = levels[rule.id], found[rule.id].codes
        # The region that was most unusual, else the one with the most events.
        first = codes[int(np.lexsort((found[rule.id].counts.sum(axis=0), mine.max(axis=0)))[-1])]
        code = st.selectbox(
            say("Region"), list(codes),
            format_func=lambda c: warning_parts.place_text(twin, c),
            width=220, placeholder=say("Region"),
            **state.remembered(f"warning.region.{rule.id}", first, allowed=codes),
        )  # fmt: skip
        span = st.segmented_control(
            say("Period"), list(DAY_TITLES), format_func=lambda d: say(DAY_TITLES[d]),
            required=True,
            **state.remembered("warning.days", "366", allowed=DAY_TITLES),
        )  # fmt: skip
    k = codes.index(str(code or first))
    _chart(twin, _last(found[rule.id], _DAYS[str(span or "366")]), k, mine, codes[k])


def _last(found: Unusual, days: int) -> Unusual:
    return Unusual(
        found.codes, found.days[-days:], found.counts[-days:], found.expected[-days:],
        found.sd[-days:], found.value[-days:], found.alarm[-days:],
    )  # fmt: skip


def _chart(twin: Twin, found: Unusual, k: int, levels: NDArray[np.int8], code: str) -> None:
    shown = levels[-len(found.days) :, k]
    days = int((shown > 0).sum())
    told = say(
        "{place}: {events} events in {days} days; on {n} of them a warning stood.",
        place=warning_parts.place_text(twin, code),
        events=number(found.counts[:, k].sum()),
        days=number(len(found.days)),
        n=number(days),
    )
    st.markdown(plain(told))
    st.plotly_chart(
        warning_charts.day_counts(found, k, shown.tolist()),
        theme=None,
        config=warning_charts.CONFIG,
        key=f"warning.days.{theme.now().name}",
        alt=told,
    )
    st.caption(
        say("Bars: events a day, in the colour of a warning that stood; line and band: what was to "
            "be expected from the days before, and where nineteen days in twenty lie.")
    )  # fmt: skip
    st.caption(
        say("Only whole days are compared: the day of the newest event or reading is not over yet.")
    )
    warned = np.flatnonzero(shown > 0)[::-1]
    if len(warned):
        with st.expander(say("Days with a warning as a table"), icon=":material/table:"):
            warning_parts.table(
                {
                    say("Day"): [date(found.days[i].item()) for i in warned],
                    say("Colour"): [warning_parts.level_mark(int(shown[i])) for i in warned],
                    say("Events"): [number(found.counts[i, k]) for i in warned],
                    say("Usual"): [number(found.expected[i, k], 1) for i in warned],
                },
                html=(say("Colour"),),
                right=(say("Events"), say("Usual")),
            )
