"""Rules on the page Early warning: what they watch, and other thresholds tried on the past."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import streamlit as st

from cockpit.answers import alerts
from cockpit.answers.alert_rules import StandingRule
from cockpit.answers.alert_tables import LEVEL_TITLES
from cockpit.answers.twin import Twin
from cockpit.risk.rules import LEVELS
from cockpit.ui import (
    cache,
    state,
    visitor,
    warning_cache,
    warning_new,
    warning_parts,
    warning_trial,
)
from cockpit.ui.way import plain
from cockpit.ui.words import NO_FIGURE, number, say, say_error
from geodata.errors import CockpitError

PART_TITLES = {"try": "Try thresholds on the past", "new": "New rule"}
AGGREGATE_TITLES = {
    "last": "the last value",
    "mean": "mean of {hours} hours",
    "max": "extreme of {hours} hours",
    "sum": "sum of {hours} hours",
    "rise": "change over {hours} hours",
}


def show(twin: Twin) -> None:
    """Show all rules, and the chosen one to try with other thresholds."""
    rules = warning_cache.rules()
    if not rules:
        st.info(say("There is no rule yet; the usual ones are made when data are first looked at."))
        warning_new.show(twin)
        return
    _say_result()
    left, right = st.columns([0.4, 0.6], gap="medium")
    with left:
        _list(rules)
    with right:
        if _part() == "new":
            warning_new.show(twin)
        else:
            _try(twin, rules)


def _part() -> str:
    """Return which part is open: trying a rule that is there, or a new one."""
    chosen = st.segmented_control(
        say("Part"), list(PART_TITLES), format_func=lambda p: say(PART_TITLES[p]),
        label_visibility="collapsed", required=True,
        **state.remembered("warning.part", "try", allowed=PART_TITLES, address="part"),
    )  # fmt: skip
    return str(chosen or "try")


def _list(rules: tuple[StandingRule, ...]) -> None:
    st.subheader(say("Rules"), anchor=False)
    on = sum(r.enabled for r in rules)
    st.markdown(say("{n} rules, {on} of them switched on.", n=number(len(rules)), on=number(on)))
    warning_parts.table(
        {
            say("Rule"): [warning_parts.rule_title(r) for r in rules],
            say("Thresholds, blue to red"): [limits_text(r) for r in rules],
            say("Compared with them"): [compared_text(r) for r in rules],
            say("State"): [say("on") if r.enabled else say("off") for r in rules],
        }
    )


def limits_text(rule: StandingRule) -> str:
    """Return a rule's thresholds in a row; shares of a sensor's own past as such."""
    if rule.method == "health":
        return NO_FIGURE
    texts = [
        NO_FIGURE if t is None else f"{100 * t:.5g}%" if rule.own else warning_parts.plain_number(t)
        for t in rule.rule.thresholds
    ]
    told = " / ".join(texts)
    return f"{told} {say(rule.unit)}" if rule.unit and not rule.own else told


def compared_text(rule: StandingRule) -> str:
    """Return what is compared with the thresholds."""
    if rule.method == "health":
        return say("each sensor with its own past")
    if rule.method == "aberration":
        return say("chance of so many events in a day")
    text = say(AGGREGATE_TITLES[rule.rule.aggregate], hours=f"{rule.rule.window_hours:g}")
    return say("{what}, within each sensor's own past", what=text) if rule.own else text


# ---------------------------------------------------------------- one rule, tried


def _try(twin: Twin, rules: tuple[StandingRule, ...]) -> None:
    by_id = {r.id: r for r in rules if r.method != "health"}
    if not by_id:
        return
    first = next(iter(by_id))
    chosen = st.selectbox(
        say("Rule"), list(by_id), format_func=lambda i: warning_parts.rule_title(by_id[i]),
        width=320, placeholder=say("Rule"),
        **state.remembered("warning.rule", first, allowed=by_id, address="try"),
    )  # fmt: skip
    rule = by_id[str(chosen or first)]
    if rule.source:
        st.caption(say("Source of the thresholds: {source}.", source=say(rule.source)))
    try:
        tried_rule = _form(rule)
        with st.spinner(say("Reading the past year with this rule"), show_time=False):
            now, then = warning_cache.tried(rule), warning_cache.tried(tried_rule)
    except CockpitError as error:
        st.error(say_error(error), icon=":material/block:")
        return
    differs = tried_rule.rule != rule.rule
    st.markdown(plain(warning_trial.sentence(then, now if differs else None)))
    warning_trial.figures(now, then if differs else None)
    warning_trial.chart(twin, tried_rule, then)
    warning_trial.alarms(twin, then)
    _switch(rule, tried_rule, differs=differs)


def _form(rule: StandingRule) -> StandingRule:
    """Return the rule with what the visitor typed; its own values where nothing was."""
    name = f"warning.try.{rule.id}"
    step = 0.01 if rule.own else None
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        typed = [
            st.number_input(
                say(LEVEL_TITLES[LEVELS[level]]), value=value, step=step, format="%g", width=130,
                key=state.widget_key(f"{name}.{level}"),
            )
            for level, value in enumerate(rule.rule.thresholds, start=1)
        ]  # fmt: skip
        hold = st.number_input(
            say("Readings in a row"), value=rule.rule.hold, min_value=1, max_value=48, width=140,
            key=state.widget_key(f"{name}.hold"),
        )  # fmt: skip
        margin = rule.rule.clear_margin
        if not rule.own:
            margin = st.number_input(
                say("Margin to clear"), value=float(margin), min_value=0.0, format="%g", width=140,
                key=state.widget_key(f"{name}.margin"),
            )  # fmt: skip
    if rule.own:
        st.caption(say("Thresholds are shares of each sensor's own past: 0.95 is passed by one "
                       "reading in twenty."))  # fmt: skip
    if rule.hourly and rule.kind == "sensor":
        st.caption(say("Readings in a row are counted for one reading an hour; for sensors that "
                       "send more rarely or more often they are fitted."))  # fmt: skip
    blue, yellow, orange, red = typed
    changed = replace(
        rule.rule,
        thresholds=(blue, yellow, orange, red),
        hold=int(hold),
        clear_margin=float(margin),
    )
    return replace(rule, rule=changed)


# ---------------------------------------------------------------- taking it over


def _switch(rule: StandingRule, tried: StandingRule, *, differs: bool) -> None:
    """Take the tried thresholds over, or switch the rule; both ask once more."""
    if not visitor.may("rules"):
        st.caption(say("Your role may look at rules, but not change them."))
        return
    with st.container(border=True):
        st.checkbox(
            say("I have seen what this rule would have done in the past year."),
            key=state.widget_key(f"warning.seen.{rule.id}"),
        )
        seen = bool(state.widget_value(f"warning.seen.{rule.id}"))
        with st.container(horizontal=True, gap="small"):
            st.button(
                say("Use these thresholds"), type="primary", key="warning.use",
                disabled=not (differs and seen), on_click=_use, args=(tried,),
                help=say("From now on; what the rule has warned of stays in the ledger."),
            )  # fmt: skip
            st.button(
                say("Switch the rule off") if rule.enabled else say("Switch the rule on"),
                key="warning.switch", disabled=not seen, on_click=_turn,
                args=(rule.id, not rule.enabled),
            )  # fmt: skip
        if rule.changed_by:
            st.caption(say("Last changed by {who}, {time}.", who=plain(rule.changed_by),
                           time=warning_parts.written_text(rule.changed)))  # fmt: skip


def _use(rule: StandingRule) -> None:
    _done(rule.id, lambda who: alerts.save_rule(rule, who, visitor=cache.visitor_class()))


def _turn(rule: str, on: bool) -> None:
    _done(rule, lambda who: alerts.switch_rule(rule, who, on=on, visitor=cache.visitor_class()))


def _done(rule: str, act: Callable[[str], object]) -> None:
    try:
        visitor.require("rules")
        act(visitor.signature())
    except CockpitError as error:
        state.choose("warning.saved", error)
        return
    state.choose("warning.saved", rule)
    state.forget_widget(f"warning.seen.{rule}")
    for level in (1, 2, 3, 4, "hold", "margin"):  # their own values are the new ones now
        state.forget_widget(f"warning.try.{rule}.{level}")
    warning_cache.changed()


def _say_result() -> None:
    result = state.chosen("warning.saved", None)
    if isinstance(result, CockpitError):
        st.error(say_error(result), icon=":material/block:")
    elif result == "new":
        st.success(say("The new rule is stored; what it would have warned of in the past year is "
                       "being read and marked as found afterwards."))  # fmt: skip
    elif result is not None:
        st.success(say("The rule is changed; it warns this way from now on."))
    state.choose("warning.saved", None)
