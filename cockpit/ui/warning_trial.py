"""What a rule would have done in the past: sentence, figures, chart, the alarms themselves."""

from __future__ import annotations

import streamlit as st

from cockpit.answers.alert_rules import StandingRule
from cockpit.answers.alert_tables import LEVEL_TITLES, VERDICT_TITLES
from cockpit.answers.alert_trial import Tried, WouldBe
from cockpit.answers.twin import Twin
from cockpit.risk.rules import LEVELS
from cockpit.ui import state, theme, warning_cache, warning_charts, warning_parts
from cockpit.ui.words import NO_FIGURE, moment, number, percent, say

_LISTED = 12


def sentence(then: Tried, now: Tried | None = None) -> str:
    """Return what a rule would have done in the past year; ``now``: the one in use, if other."""
    told = say(
        "In the past year this rule would have raised {n} alarms at {places} places.",
        n=number(len(then.alarms)),
        places=number(len({a.subject for a in then.alarms})),
    )
    if then.trial is not None and then.trial.alarms:
        told += say(
            " {hits} were followed by what it warns of, {false} were not; {missed} times it "
            "would have missed it.",
            hits=number(then.trial.hits),
            false=number(then.trial.false_alarms),
            missed=number(then.trial.missed),
        )
    if now is not None:
        told += say(" The thresholds that are in use raise {n}.", n=number(len(now.alarms)))
    return told


def figures(now: Tried, then: Tried | None = None, *, head: str = "") -> None:
    """Show alarms, hits, misses, precision and lead time, of one rule or of two."""
    shown = [now] if then is None else [now, then]
    heads = [head or say("In use"), say("Tried")]
    rows = {
        say("Alarms"): [number(len(t.alarms)) for t in shown],
        **{
            say(LEVEL_TITLES[LEVELS[n]]): [number(t.by_level()[n]) for t in shown]
            for n in (4, 3, 2, 1)
        },
    }
    if now.trial is not None:
        trials = [t.trial for t in shown if t.trial is not None]
        rows |= {
            say("True alarms"): [number(t.hits) for t in trials],
            say("False alarms"): [number(t.false_alarms) for t in trials],
            say("Missed"): [number(t.missed) for t in trials],
            say("Precision"): [percent(t.precision) for t in trials],
            say("Recall"): [percent(t.recall) for t in trials],
            say("Lead time, hours"): [number(t.lead_hours, 1) for t in trials],
            say("False alarms a year and place"): [number(t.false_a_year, 1) for t in trials],
        }
    columns = {"": heads[: len(shown)], **rows}
    warning_parts.table(columns, right=tuple(rows))
    if now.trial is None:
        st.caption(say("The rule names nothing to measure it by, so alarms are counted only; "
                       "people judge them."))  # fmt: skip


def chart(twin: Twin, rule: StandingRule, found: Tried) -> None:
    """Show one sensor or region with thresholds, would-be alarms and what then came."""
    subjects = sorted(found.places)
    if not subjects:
        return
    loud = found.noisiest or subjects[0]
    subject = st.selectbox(
        say("Drawn"), subjects, format_func=lambda s: _subject(twin, found, s), width=520,
        placeholder=say("Drawn"),
        **state.remembered(f"warning.drawn.{rule.id}", loud, allowed=subjects),
    )  # fmt: skip
    drawn = warning_cache.drawn(rule, str(subject or loud))
    if not len(drawn.times):
        st.caption(say("Nothing was measured or counted there in the past year."))
        return
    alarms = sum(a.subject == (subject or loud) for a in found.alarms)
    told = say("{place}: {n} alarms in the past year",
               place=_subject(twin, found, str(subject or loud)), n=number(alarms))  # fmt: skip
    st.plotly_chart(
        warning_charts.trial(drawn, say(rule.unit) if rule.unit else ""),
        theme=None,
        config=warning_charts.CONFIG,
        key=f"warning.trial.{theme.now().name}",
        alt=told,
    )
    st.caption(
        say("Coloured strips at the top: the alarms that this rule would have raised; below them, "
            "in the colour of letters, what it warns of. Dotted: the thresholds.")
    )  # fmt: skip


def _subject(twin: Twin, found: Tried, subject: str) -> str:
    place = found.places.get(subject)
    name = warning_parts.place_text(twin, place.region_code if place else None)
    if found.rule.kind != "sensor":
        return name or subject
    return f"{subject} · {name}" if name else subject


def alarms(twin: Twin, found: Tried) -> None:
    """Show the newest of the would-be alarms as a table."""
    if not found.alarms:
        return
    with st.expander(say("The newest of these alarms as a table"), icon=":material/table:"):
        shown = found.alarms[:_LISTED]
        warning_parts.table(
            {
                say("Highest colour"): [warning_parts.level_mark(a.peak) for a in shown],
                say("Where"): [_subject(twin, found, a.subject) for a in shown],
                say("Opened"): [moment(a.begin) for a in shown],
                say("Closed"): [moment(a.end) if a.end else say("stands open") for a in shown],
                say("Judgement"): [_verdict(a) for a in shown],
            },
            html=(say("Highest colour"),),
        )


def _verdict(alarm: WouldBe) -> str:
    return say(VERDICT_TITLES[alarm.verdict]) if alarm.verdict else NO_FIGURE
