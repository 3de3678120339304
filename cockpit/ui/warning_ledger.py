"""The ledger on the page Early warning: every alert and its judgement, and how good rules were."""

from __future__ import annotations

import math
from typing import Any

import pyarrow as pa
import streamlit as st

from cockpit.answers import alerts
from cockpit.answers.alert_scores import FEW_JUDGED, Precision, RuleScore
from cockpit.answers.alert_stories import Story
from cockpit.answers.alert_tables import CUT_OFF, KIND_TITLES, LEVEL_TITLES, UNPLACED
from cockpit.answers.alerts import LedgerFilter
from cockpit.answers.twin import Twin
from cockpit.risk.rules import LEVELS
from cockpit.ui import state, warning_cache, warning_card, warning_parts
from cockpit.ui.words import NO_FIGURE, language, number, percent, say, say_error

_PAGE = 50
JUDGED_TITLES = {
    "no": "Not judged by a person",
    "yes": "Judged by a person",
    "true": "True alarm",
    "false": "False alarm",
    "unknown": "Cannot be told",
}


def show(twin: Twin) -> None:
    """Show precision and lead time of each rule, then the alerts that fit the filters."""
    if not warning_cache.head()[0]:
        st.info(say("No rule has ever raised an alert; the ledger is empty."))
        return
    _scores()
    left, right = st.columns([0.68, 0.32], gap="medium")
    with left:
        _alerts(twin)
    with right:
        warning_card.show(twin)
        _check()


# ---------------------------------------------------------------- how good rules were


def _scores() -> None:
    found = warning_cache.scores()
    rules = {r.id: r for r in warning_cache.rules()}
    rows = [s for s in found.values() if s.rule in rules]
    drills = sum(s.exercises for s in rows)
    people = sum(s.people.decided for s in rows)
    true = sum(s.people.true for s in rows)
    st.markdown(
        say(
            "{n} alerts so far; people have judged {judged} of them, "
            "{true} true and {false} false.",
            n=number(sum(s.alerts for s in rows)),
            judged=number(people),
            true=number(true),
            false=number(people - true),
        )
    )
    warning_parts.table(
        {
            say("Rule"): [warning_parts.rule_title(rules[s.rule]) for s in rows],
            say("Alerts"): [number(s.alerts) for s in rows],
            say("Raised in time"): [number(s.in_time) for s in rows],
            say("Judged by people"): [_judged(s.people) for s in rows],
            say("Precision"): [precision_text(s.people) for s in rows],
            say("Lead time"): [lead_text(s.people) for s in rows],
            say("Proposed by the rule"): [_proposed(s) for s in rows],
        },
        right=(say("Alerts"), say("Raised in time")),
    )
    st.caption(
        say(
            "Precision: true alerts over those judged true or false, with the range in which it "
            "lies nineteen times in twenty; below {n} judged it says little. Counted anew from the "
            "ledger; proposals count only once a person has confirmed them.",
            n=FEW_JUDGED,
        )
        + (
            say(" {n} alerts of exercises are in none of these figures.", n=number(drills))
            if drills
            else ""
        )
    )


def _judged(found: Precision) -> str:
    if not (found.decided or found.unknown):
        return say("none yet")
    told = say("{true} true, {false} false", true=number(found.true), false=number(found.false))
    if found.unknown:
        told += say(", {n} cannot be told", n=number(found.unknown))
    return told


def precision_text(found: Precision) -> str:
    """Return a precision with its range; few judged ones are called few."""
    if not found.decided:
        return NO_FIGURE
    low, high = found.interval
    told = f"{percent(found.share)} ({percent(low)}–{percent(high)})"
    return say("{share}, few judged", share=told) if found.decided < FEW_JUDGED else told


def lead_text(found: Precision) -> str:
    """Return the median lead time in hours and of how many alerts; a dash without any."""
    if not found.lead_hours:
        return NO_FIGURE
    hours = number(found.lead_median_hours, 1)
    return say("{hours} h (of {n})", hours=hours, n=number(len(found.lead_hours)))


def _proposed(score: RuleScore) -> str:
    found = score.proposed
    if not (found.decided or found.unknown):
        return NO_FIGURE
    share = "" if math.isnan(found.share) else percent(found.share)
    return say("{n} waiting to be confirmed, {share} of them true",
               n=number(found.decided + found.unknown), share=share or NO_FIGURE)  # fmt: skip


# ---------------------------------------------------------------- alerts


def _alerts(twin: Twin) -> None:
    wanted = _filter()
    page = max(1, int(state.chosen("warning.page", 1)))
    found = warning_cache.ledger(wanted, (page - 1) * _PAGE, _PAGE)
    pages = max(1, math.ceil(found.total / _PAGE))
    if page > pages:
        page = pages
        found = warning_cache.ledger(wanted, (page - 1) * _PAGE, _PAGE)
    st.markdown(say("{n} alerts fit.", n=number(found.total)))
    if found.stories:
        _table(twin, found.stories)
    if pages > 1:
        st.pagination(pages, default=page, key=state.widget_key("warning.page"), on_change=_turned)
    _files(wanted)


def _turned() -> None:
    state.choose("warning.page", int(state.widget_value("warning.page") or 1))


def _filter() -> LedgerFilter:
    rules = {r.id: warning_parts.rule_title(r) for r in warning_cache.rules()}
    levels = {str(n): say(LEVEL_TITLES[LEVELS[n]]) for n in (4, 3, 2, 1)}
    judged = {k: say(t) for k, t in JUDGED_TITLES.items()}
    kinds = {k: say(t) for k, t in KIND_TITLES.items()}
    with st.container(horizontal=True, gap="small"):
        return LedgerFilter(
            rule=_choice("rule", say("Rule"), rules, 220),
            peak=int(_choice("peak", say("Highest colour"), levels, 130) or 0),
            judged=_choice("judged", say("Judgement"), judged, 190),
            kind=_choice("what", say("Kind"), kinds, 130),
        )


def _choice(name: str, label: str, words: dict[str, str], width: int) -> str:
    options = ["", *words]
    chosen = st.selectbox(
        label,
        options,
        format_func=lambda value: words[value] if value else say("all"),
        placeholder=say("all"),
        width=width,
        **state.remembered(
            f"warning.ledger.{name}", "", allowed=options, address=name, then=_first_page
        ),
    )
    return str(chosen or "")


def _first_page() -> None:
    state.choose("warning.page", 1)


def _table(twin: Twin, stories: tuple[Story, ...]) -> None:
    columns: dict[str, list[Any]] = {
        say("Alert"): [s.id for s in stories],
        say("Highest colour"): [warning_parts.level_text(s.peak, s.kind) for s in stories],
        say("Rule"): [warning_parts.story_title(s) for s in stories],
        say("Opened"): [warning_parts.time_text(s.opened) for s in stories],
        say("Closed"): [warning_parts.time_text(s.closed) if s.closed else say("stands open")
                        for s in stories],
        say("Judgement"): [warning_parts.verdict_text(s) for s in stories],
        say("Where"): [warning_parts.subject_text(twin, s) for s in stories],
        say("Lead time, hours"): [s.lead_hours for s in stories],
        say("Raised"): [say("in time") if s.in_time else say("found afterwards") for s in stories],
    }  # fmt: skip
    chosen = st.dataframe(
        pa.table(columns),
        hide_index=True,
        height=520,
        on_select="rerun",
        selection_mode="single-row",
        placeholder="",
        key=state.widget_key("warning.ledger"),
        column_config={
            say("Alert"): st.column_config.NumberColumn(width="small"),
            say("Lead time, hours"): st.column_config.NumberColumn(format="%.1f"),
        },
        alt=say("Table of the alerts"),
    )
    rows = chosen["selection"]["rows"]
    if rows and rows[0] < len(stories):
        number_of = stories[rows[0]].id
        if state.chosen("warning.row", 0) != number_of:  # not again after it was left
            state.choose("warning.row", number_of)
            state.choose("warning.alert", number_of)
    st.caption(say("Choose a row to see its lines and to judge it."))


def _files(wanted: LedgerFilter) -> None:
    query = f"rule={wanted.rule}&peak={wanted.peak or ''}&judged={wanted.judged}&kind={wanted.kind}"
    links = " · ".join(
        f'<a href="/download/alerts/ledger.{ending}?{query}&lang={language()}" download>'
        f"{ending.upper()}</a>"
        for ending in ("csv", "json")
    )
    st.html(f'<div class="ct-small ct-files">{say("Take away:")} {links}</div>')


def _check() -> None:
    """Show the seal of the newest line, and check the whole ledger when asked."""
    seq, seal = warning_cache.head()
    with st.container(border=True):
        st.markdown(
            say(
                "The ledger has {n} lines. The last is sealed {seal}; keep it elsewhere to prove "
                "later that nothing was cut off.",
                n=number(seq),
                seal=f"`{seal[:16]}`",
            )
        )
        if not st.button(say("Check every line"), icon=":material/verified:", key="warning.check"):
            return
        with st.spinner(say("Checking the ledger"), show_time=False):
            found = alerts.verify_ledger()
        if found.why is None:
            told = [say("All {n} lines are as they were written.", n=number(found.n))]
            if found.unplaced:
                told.append(say(UNPLACED, n=number(found.unplaced)))
            st.success(" ".join([*told, say(CUT_OFF)]))
        else:
            st.error(say_error(found.why))
