"""Open alerts: counts by colour, the sentence, and the list."""

from __future__ import annotations

from html import escape

import streamlit as st

from cockpit.answers.alert_sensors import GOOD
from cockpit.answers.alert_stories import Story
from cockpit.answers.alerts import LedgerFilter
from cockpit.answers.twin import Twin
from cockpit.risk.rules import LEVELS
from cockpit.ui import state, theme, warning_cache, warning_parts
from cockpit.ui.way import plain
from cockpit.ui.words import number, say

MOST_SHOWN = 20
_HEIGHT, _FIT = 560, 4
_ENDED = 6


def tiles(twin: Twin) -> None:
    """Show how many alerts stand open by colour, faults, and how many sensors can be believed."""
    every, sensors = warning_cache.standing(), warning_cache.sensors()
    found = tuple(s for s in every if not s.exercise)  # practising alarms nobody
    cards = [
        _tile(
            say(title),
            sum(s.level == level and s.kind != "fault" for s in found),
            theme.ALERT[LEVELS[level]],
            "",
        )
        for level, title in ((4, "Red"), (3, "Orange"), (2, "Yellow"), (1, "Blue"))
    ]
    quiet = theme.now().quiet
    faults = sum(s.kind == "fault" for s in found)
    cards.append(_tile(say("Sensor faults"), faults, quiet, say("not known, never taken as safe")))
    if sensors:
        good = sum(s.state == GOOD for s in sensors)
        note = say("of {n} sensors", n=number(len(sensors)))
        cards.append(_tile(say("Sensors believed"), good, quiet, note))
    waiting = sum(s.acknowledged is None for s in found)
    cards.append(_tile(say("Not acknowledged"), waiting, quiet, say("of the open ones")))
    st.html(f'<div class="ct-tiles ct-wrap" role="group">{"".join(cards)}</div>')
    told = sentence(twin, found)
    if len(every) > len(found):
        told += say(" Alerts of an exercise: {n}, not counted here.",
                    n=number(len(every) - len(found)))  # fmt: skip
    st.markdown(plain(told))


def _tile(title: str, count: int, colour: str, note: str) -> str:
    return (
        f'<div class="ct-tile ct-count" style="border-left-color:{colour}">'
        f'<div class="ct-quiet ct-small">{escape(title)}</div>'
        f'<div class="ct-value">{number(count)}</div>'
        f'<div class="ct-quiet ct-small">{escape(note) or "&nbsp;"}</div></div>'
    )


def sentence(twin: Twin, found: tuple[Story, ...]) -> str:
    """Return what stands open in one sentence: how many, the gravest, how many sensors are out."""
    warned = [s for s in found if s.kind != "fault"]
    faults = len(found) - len(warned)
    if not found:
        return say("Nothing stands open: no rule warns, and every sensor looked after is believed.")
    if not warned:
        return say(
            "No rule warns just now. Sensors out of order: {n}; where they stand nobody can say "
            "that all is well.",
            n=number(faults),
        )
    worst = warned[0]
    told = say(
        "Open warnings: {n}. The gravest is {colour}: {title}, {place}, since {time}.",
        n=number(len(warned)),
        colour=warning_parts.level_text(worst.level),
        title=warning_parts.story_title(worst),
        place=warning_parts.subject_text(twin, worst),
        time=warning_parts.time_text(worst.opened),
    )
    if faults:
        told += say(" Sensors out of order: {n}.", n=number(faults))
    return told


def alerts_list(twin: Twin) -> None:
    """Show the open alerts, the gravest first; each can be taken in hand."""
    found = warning_cache.standing()
    st.subheader(say("Open alerts"), anchor=False)
    if not found:
        st.success(say("Nothing is open."), icon=":material/check_circle:")
    else:
        with st.container(height=_HEIGHT if len(found) > _FIT else "content", border=False):
            for story in found[:MOST_SHOWN]:
                _one(twin, story)
    if len(found) > MOST_SHOWN:
        st.caption(say("{n} more stand in the ledger.", n=number(len(found) - MOST_SHOWN)))

    _ended(twin)


def _ended(twin: Twin) -> None:
    """Show the alerts raised last that have ended: a quiet page is no empty one."""
    newest = warning_cache.ledger(LedgerFilter(), 0, 3 * _ENDED).stories
    ended = [s for s in newest if not s.open][:_ENDED]
    if not ended:
        return
    st.subheader(say("Ended last"), anchor=False)
    warning_parts.table(
        {
            say("Highest colour"): [warning_parts.level_mark(s.peak, s.kind) for s in ended],
            say("Rule"): [warning_parts.story_title(s) for s in ended],
            say("Where"): [warning_parts.subject_text(twin, s) for s in ended],
            say("Closed"): [warning_parts.time_text(s.closed) for s in ended],
        },
        html=(say("Highest colour"),),
    )


def _one(twin: Twin, story: Story) -> None:
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        st.html(card(twin, story), width="stretch")
        chosen = state.chosen("warning.alert", 0) == story.id
        if st.button(
            say("Chosen") if chosen else say("Handle"),
            key=f"warning.take.{story.id}",
            disabled=chosen,
            width="content",
        ):
            state.choose("warning.alert", story.id)
            st.rerun(scope="app")


def card(twin: Twin, story: Story) -> str:
    """Return an alert as HTML: what, where, since when, value against threshold, its state."""
    colour = warning_parts.colour_of(story.level, story.kind)
    chips = "".join(f'<span class="ct-chip">{escape(t)}</span>' for t in marks(story))
    return (
        f'<div class="ct-alert"><i style="background:{colour}"></i><div>'
        f'<div class="t">{escape(warning_parts.level_text(story.level, story.kind))} · '
        f"{escape(warning_parts.story_title(story))}</div>"
        f'<div class="w">{escape(warning_parts.subject_text(twin, story))}</div>'
        f'<div class="w ct-small">{escape(warning_parts.why_text(story))}</div>'
        f'<div class="w ct-quiet ct-small">'
        f"{escape(say('since {time}', time=warning_parts.time_text(story.opened)))}</div>"
        f"<div>{chips}</div></div></div>"
    )


def marks(story: Story) -> list[str]:
    """Return an alert's state in a few words each."""
    told = []
    faults = {s.subject for s in warning_cache.standing() if s.kind == "fault"}
    if story.kind != "fault" and story.rule.kind == "sensor" and story.subject in faults:
        told.append(say("sensor out of order, value not to be trusted"))
    if story.acknowledged is not None:
        told.append(say("acknowledged by {who}", who=story.acknowledged.who))
    elif story.escalated:
        told.append(say("passed on to {to}", to=story.escalated[-1].detail["to"]))
    else:
        told.append(say("not acknowledged"))
    if story.muted_until is not None:
        told.append(say("muted until {time}", time=warning_parts.written_text(story.muted_until)))
    if story.verdict is not None:
        told.append(warning_parts.verdict_text(story))
    if not story.in_time:
        told.append(say("found afterwards"))
    return told
