"""Small parts that the panels of Early warning share: colours, names, figures, times."""

from __future__ import annotations

import datetime as dt
from html import escape
from typing import Any

import numpy as np
import streamlit as st

from cockpit.answers import feeds_county
from cockpit.answers.alert_rules import StandingRule
from cockpit.answers.alert_stories import Story
from cockpit.answers.alert_tables import LEVEL_TITLES, VERDICT_TITLES
from cockpit.answers.twin import Twin
from cockpit.locale import catalogue
from cockpit.risk.rules import LEVELS
from cockpit.ui import cache, theme, warning_cache
from cockpit.ui.words import NO_FIGURE, language, moment, number, say

FAULT_TITLES = {
    "wrong clock": "Wrong clock",
    "silent": "Silent",
    "out of range": "Out of range",
    "stuck": "Stuck",
    "jumping": "Jumping",
}

STYLE = """<style>
.ct-alert{display:grid;grid-template-columns:6px 1fr;gap:0 12px;align-items:stretch}
.ct-alert>i{border-radius:3px;min-height:100%}
.ct-alert .t{font-weight:600;font-size:1rem;line-height:1.5}
.ct-alert .w{line-height:1.5}
.ct-chip{border:1px solid LINE;border-radius:4px;padding:0 6px;white-space:nowrap;margin-right:6px;
 font-size:max(13px,.84rem)}
.ct-level{display:inline-flex;gap:6px;align-items:center;white-space:nowrap;font-weight:600}
.ct-level>i{width:.8rem;height:.8rem;border-radius:3px;display:inline-block;flex:none}
.ct-count{border-left:6px solid LINE;border-radius:8px}
.ct-log{display:grid;grid-template-columns:auto auto 1fr;gap:2px 12px;font-size:max(13px,.84rem);
 line-height:1.6}
.ct-log>*{min-width:0}
.ct-table{width:100%;border-collapse:collapse}
.ct-table th{text-align:left;font-weight:400;padding:6px 12px 6px 0;vertical-align:bottom}
.ct-table td{padding:6px 12px 6px 0;border-top:1px solid LINE;vertical-align:top}
.ct-table .n{text-align:right;white-space:nowrap}
.ct-scroll{overflow-x:auto}
@media (max-width:640px){.ct-tiles.ct-wrap{grid-auto-flow:row;grid-auto-columns:auto;
 grid-template-columns:1fr 1fr;overflow-x:visible}}
</style>"""


def styles() -> None:
    """Put the page's own style sheet down once."""
    st.html(STYLE.replace("LINE", theme.now().line))


def colour_of(level: int, kind: str = "") -> str:
    """Return the colour of a level; grey for a fault or for none."""
    if kind == "fault" or level == 0:
        return theme.now().quiet
    return theme.ALERT[LEVELS[level]]


def level_text(level: int, kind: str = "") -> str:
    """Return a level in words."""
    return say("Sensor fault") if kind == "fault" else say(LEVEL_TITLES[LEVELS[level]])


def rule_title(rule: StandingRule) -> str:
    """Return a rule's title in the visitor's language."""
    return rule.title_en if language() == "en" and rule.title_en else rule.title


def story_title(story: Story) -> str:
    """Return the title of an alert's rule; one of an exercise says so first."""
    title = rule_title(story.rule)
    return say("exercise: {title}", title=title) if story.exercise else title


def place_text(twin: Twin, code: str | None) -> str:
    """Return township and village of a region, or its own name; "" where nobody knows."""
    known: dict[str, int] = twin.regions.attrs["rows"]
    if code is None or code not in known:
        return ""
    names = cache.names(twin.version, language())
    rows = twin.ancestors(known[code])
    return " · ".join(names[row] for row in rows[1:3] or rows)


def subject_text(twin: Twin, story: Story) -> str:
    """Return what an alert is about: the sensor and its place, or the region."""
    place = place_text(twin, story.region_code)
    if story.rule.kind != "sensor":
        return place or story.subject
    kind = next(
        (r.device.kind for r in warning_cache.sensors() if r.device.id == story.subject), ""
    )
    return " · ".join(part for part in (kind_text(kind), story.subject, place) if part)


def kind_text(kind: str) -> str:
    """Return a kind of sensor in the visitor's language; one that no catalogue knows as it is."""
    return catalogue(language()).get(kind, kind)


def value_text(value: float | None, unit: str) -> str:
    """Return a value with its unit and no needless decimals."""
    if value is None or not np.isfinite(value):
        return NO_FIGURE
    text = plain_number(value)
    return f"{text} {say(unit)}" if unit else text


def plain_number(value: float) -> str:
    """Return a figure with three digits that count, whole ones without decimals."""
    if value == round(value):
        return number(value)
    size = abs(value)
    if size >= 0.1:
        return number(value, 1 if size >= 100 else 2)
    return f"{value:.3g}"


def why_text(story: Story) -> str:
    """Return why an alert stands, in the visitor's language."""
    return say(story.why.template, **story.why.values)


def verdict_text(story: Story) -> str:
    """Return how an alert was judged; "" when it was not."""
    if story.verdict is None:
        return ""
    word = say(VERDICT_TITLES[story.verdict.verdict])
    return say("{verdict} (proposed by the rule)", verdict=word) if story.verdict.proposal else word


def time_text(time: dt.datetime | np.datetime64 | None) -> str:
    """Return a local time of the data with hours and minutes."""
    told = time.astype("datetime64[s]").item() if isinstance(time, np.datetime64) else time
    return moment(told)


def written_text(time: dt.datetime | None) -> str:
    """Return a time that was written down in UTC as the county's clocks show it."""
    if time is None:
        return NO_FIGURE
    local = time.replace(tzinfo=dt.UTC).astimezone(feeds_county.zone())
    return moment(local.replace(tzinfo=None))


def level_mark(level: int, kind: str = "") -> str:
    """Return a level as HTML: a swatch and its word."""
    colour = colour_of(level, kind)
    return (
        f'<span class="ct-level"><i style="background:{colour}"></i>'
        f"{escape(level_text(level, kind))}</span>"
    )


def table(columns: dict[str, list[Any]], *, html: tuple[str, ...] = (), right: tuple[str, ...] = ()) -> None:  # fmt: skip  # noqa: E501
    """Show a short table whose texts may run over several lines; ``html`` cells are our own."""
    side = {name: ' class="n"' if name in right else "" for name in columns}
    head = "".join(
        f'<th class="ct-quiet{" n" if name in right else ""}">{escape(name)}</th>'
        for name in columns
    )
    body = "".join(
        "<tr>"
        + "".join(
            f"<td{side[name]}>{cell if name in html else escape(str(cell))}</td>"
            for name, cell in zip(columns, row, strict=True)
        )
        + "</tr>"
        for row in zip(*columns.values(), strict=True)
    )
    st.html(
        f'<div class="ct-scroll"><table class="ct-table ct-small"><thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )
