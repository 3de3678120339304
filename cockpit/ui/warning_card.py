"""One alert taken in hand: its history, and acknowledging, muting, passing on, judging."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from html import escape
from typing import Any

import streamlit as st

from cockpit.answers import alerts
from cockpit.answers.alert_ledger import LONGEST_WORDS, Entry
from cockpit.answers.alert_stories import Story
from cockpit.answers.alert_tables import VERDICT_TITLES
from cockpit.answers.alerts import NoAlertError
from cockpit.answers.twin import Twin
from cockpit.ui import cache, state, visitor, warning_cache, warning_parts, warning_tiles
from cockpit.ui.words import number, say, say_error
from geodata.errors import CockpitError

ACTION_TITLES = {
    "opened": "Raised as {colour}",
    "raised": "Went up to {colour}",
    "lowered": "Went down to {colour}",
    "closed": "Ended",
    "acknowledged": "Acknowledged",
    "muted": "Muted until {until}",
    "unmuted": "No longer muted",
    "escalated": "Passed on to {to}",
    "judged": "Judged: {verdict}",
    "proposed": "Proposed by the rule: {verdict}",
}
_MUTE_HOURS = (1, 4, 8, 24, 72, 168)
_LAST_LINES = 12


def show(twin: Twin) -> None:
    """Show the alert that was chosen, with what can be done about it."""
    say_result()
    number_of = state.read("warning.alert", 0, address="alert", check=lambda n: n >= 0)
    if not number_of:
        return
    try:
        story = alerts.story_of(cache.visitor_class(), number_of)
    except NoAlertError as error:
        st.warning(say_error(error))
        return
    with st.container(border=True):
        head, leave = st.columns([0.85, 0.15], vertical_alignment="top")
        head.html(warning_tiles.card(twin, story))
        leave.button(
            say("Leave"), key="warning.leave", on_click=state.choose, args=("warning.alert", 0)
        )
        _figures(story)
        _forms(story)
        with st.expander(say("Lines of the ledger"), icon=":material/history:"):
            history(story)


def _figures(story: Story) -> None:
    """Show the value against its threshold, and how it was judged."""
    unit = story.rule.unit
    parts = []
    if story.kind == "threshold":
        parts.append(
            say(
                "Value {value}, threshold {limit}.",
                value=warning_parts.value_text(story.value, unit),
                limit=warning_parts.value_text(story.limit, unit),
            )
        )
    if story.closed is not None:
        parts.append(say("Ended {time}.", time=warning_parts.time_text(story.closed)))
    if story.verdict is not None:
        parts.append(say("Judged: {verdict}.", verdict=warning_parts.verdict_text(story)))
    if story.lead_hours is not None:
        parts.append(say("Lead time {n} hours.", n=number(story.lead_hours, 1)))
    if parts:
        st.markdown(" ".join(parts))


def _forms(story: Story) -> None:
    if not visitor.may("decide"):
        st.caption(say("Your role may look at alerts, but not answer them."))
        return
    st.text_input(
        say("What is to be said"), max_chars=LONGEST_WORDS, key=state.widget_key("warning.words")
    )
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        _button(story, "acknowledge", say("Acknowledge"), _acknowledge, kind="primary",
                icon=":material/check:")  # fmt: skip
        if story.muted_until is None:
            st.selectbox(
                say("Mute for"),
                _MUTE_HOURS,
                format_func=lambda h: say("{n} hours", n=h),
                placeholder=say("Mute for"),
                width=130,
                **state.remembered(_hours_of(story), _first_hours(story), allowed=_MUTE_HOURS),
            )
            _button(story, "mute", say("Mute"), _mute, icon=":material/notifications_off:")
        else:
            _button(story, "unmute", say("Unmute"), _unmute, icon=":material/notifications:")
        ladder = story.rule.escalation.to if story.rule.escalation else ()
        if ladder:
            st.selectbox(
                say("Pass on to"), ladder, width=160, placeholder=say("Pass on to"),
                **state.remembered(f"warning.to.{story.rule.id}", ladder[0], allowed=ladder),
            )  # fmt: skip
            _button(story, "escalate", say("Pass on"), _escalate, icon=":material/forward:")
    if story.muted_until is None:
        st.caption(say("Muting is for this place and this rule. To quiet a rule everywhere, switch "
                       "it off under Rules."))  # fmt: skip
    _judging(story)


def _hours_of(story: Story) -> str:
    return f"warning.hours.{story.rule.id}"


def _first_hours(story: Story) -> int:
    """Return what the rule's people chose to be offered first, of the lengths on offer."""
    return min(_MUTE_HOURS, key=lambda hours: abs(hours - story.rule.mute_hours))


def _judging(story: Story) -> None:
    proposed = story.verdict if story.verdict is not None and story.verdict.proposal else None
    told = say("Was it true? The judgement is written into the ledger and stays there.")
    if proposed is not None:
        told = say(
            "The rule itself proposes: {verdict}. Confirm it or judge otherwise; it stays written.",
            verdict=say(VERDICT_TITLES[proposed.verdict]),
        )
    st.caption(told)
    with st.container(horizontal=True, gap="small"):
        for verdict, title in VERDICT_TITLES.items():
            primary = proposed is not None and proposed.verdict == verdict
            _button(story, verdict, say(title), _judge(verdict),
                    kind="primary" if primary else "secondary")  # fmt: skip


_Act = Callable[[int, str, str], None]


def _button(
    story: Story, name: str, title: str, act: _Act, *, kind: Any = "secondary", icon: str = ""
) -> None:
    def done() -> None:
        words = str(state.widget_value("warning.words") or "")
        try:
            visitor.require("decide")
            act(story.id, visitor.signature(), words)
        except CockpitError as error:
            state.choose("warning.result", error)
            return
        state.choose("warning.result", story.id)
        state.forget_widget("warning.words")
        warning_cache.changed()

    st.button(title, key=f"warning.{name}.{story.id}", type=kind, icon=icon or None, on_click=done)


def _acknowledge(alert: int, who: str, words: str) -> None:
    alerts.acknowledge(alert, who, words, visitor=cache.visitor_class())


def _mute(alert: int, who: str, words: str) -> None:
    story = alerts.story_of(cache.visitor_class(), alert)
    hours = float(state.chosen(_hours_of(story), _first_hours(story)))
    alerts.mute(alert, who, words, hours=hours, visitor=cache.visitor_class())


def _unmute(alert: int, who: str, words: str) -> None:
    alerts.unmute(alert, who, words, visitor=cache.visitor_class())


def _escalate(alert: int, who: str, words: str) -> None:
    story = alerts.story_of(cache.visitor_class(), alert)
    ladder = story.rule.escalation.to if story.rule.escalation else ("",)
    to = str(state.chosen(f"warning.to.{story.rule.id}", ladder[0]))
    alerts.escalate(alert, who, words, to=to, visitor=cache.visitor_class())


def _judge(verdict: str) -> _Act:
    def act(alert: int, who: str, words: str) -> None:
        alerts.judge(alert, who, verdict, words, visitor=cache.visitor_class())

    return act


def say_result() -> None:
    """Show once what came of the last click."""
    result = state.chosen("warning.result", None)
    if isinstance(result, CockpitError):
        st.error(say_error(result), icon=":material/block:")
    elif result is not None:
        st.success(say("Alert {id}: written down.", id=result), icon=":material/check:")
    state.choose("warning.result", None)


# ---------------------------------------------------------------- what was written


def history(story: Story) -> None:
    """Show an alert's lines, the newest first: when, who, what."""
    rows = []
    for entry in story.lines[::-1][:_LAST_LINES]:
        words = str(entry.detail.get("words", ""))
        what = action_text(entry) + (f": {words}" if words else "")
        who = warning_parts.rule_title(story.rule) if entry.who == story.rule.id else entry.who
        rows.append(
            f"<span class='ct-quiet'>{escape(warning_parts.written_text(entry.written))}</span>"
            f"<span>{escape(who)}</span><span>{escape(what)}</span>"
        )
    st.html(f'<div class="ct-log">{"".join(rows)}</div>')
    st.caption(say("Local times of writing; line {seq} is sealed {seal}.",
                   seq=story.lines[-1].seq, seal=story.lines[-1].hash[:12]))  # fmt: skip


def action_text(entry: Entry) -> str:
    """Return what a line of the ledger says."""
    detail = entry.detail
    action = entry.action
    values: dict[str, object] = {}
    if action in ("opened", "raised", "lowered"):
        kind = str(detail.get("kind", ""))
        values = {"colour": warning_parts.level_text(entry.level, kind)}
    elif action == "muted":
        until = detail.get("until")
        action = "muted" if until else "unmuted"
        values = (
            {"until": warning_parts.written_text(dt.datetime.fromisoformat(until))} if until else {}
        )
    elif action == "escalated":
        values = {"to": detail["to"]}
    elif action == "judged":
        action = "proposed" if detail.get("proposal") else "judged"
        values = {"verdict": say(VERDICT_TITLES[detail["verdict"]])}
    return say(ACTION_TITLES[action], **values)
