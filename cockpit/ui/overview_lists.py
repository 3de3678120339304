"""The lists of the page Overview: villages that need attention, open alerts, what is missing."""

from __future__ import annotations

from html import escape

from cockpit.answers import overview_words as words
from cockpit.answers.alert_stories import Story
from cockpit.answers.overview_parts import Attention, Overview
from cockpit.answers.twin import Twin
from cockpit.ui import overview_map, warning_parts
from cockpit.ui.overview_cards import link, linked
from cockpit.ui.words import language, number, say

REASONS = 3
"""Shown at once; the others behind a click."""
MOST_ALERTS = 6


def villages(county: Twin, found: Overview) -> str:
    """Return the villages that need attention as HTML."""
    head = f"<h2>{escape(say('Villages that need attention'))}</h2>"
    how = linked(
        say("how the points are given"),
        link("algorithms", {"group": "overview"}),
    )
    if not found.villages:
        told = say("No village stands out: no open alert, no rise, nothing beyond its time.")
        return f'<section class="ov-list">{head}<p>{escape(told)}</p></section>'
    items = "".join(_village(k, one) for k, one in enumerate(found.villages, start=1))
    drawn = overview_map.picture(county, found.villages)
    return (
        f'<section class="ov-list">{head}{drawn}<ol>{items}</ol><p class="ov-q">{how}</p></section>'
    )


def _village(rank: int, one: Attention) -> str:
    lang = language()
    english = lang == "en"
    name = one.name_en if english and one.name_en else one.name
    township = one.township_en if english and one.township_en else one.township
    told = [_reason(one, k) for k in range(len(one.reasons))]
    more = ""
    if len(told) > REASONS:
        title = say("{n} more reasons", n=len(told) - REASONS)
        more = (
            f"<details><summary>{escape(title)}</summary>"
            f"<ul>{''.join(told[REASONS:])}</ul></details>"
        )
    place = linked(name, link("map", {"region": one.code}))
    return (
        f'<li><span class="ov-no">{rank}</span><div><div class="ov-top">'
        f'<span><span class="ov-place">{place}</span> '
        f'<span class="ov-q">{escape(township)}</span></span>'
        f'<span class="ov-q">{escape(say("{n} points", n=number(one.score, 1)))}</span></div>'
        f"<ul>{''.join(told[:REASONS])}</ul>{more}</div></li>"
    )


def _reason(one: Attention, k: int) -> str:
    reason = one.reasons[k]
    return (
        f"<li>{linked(words.sentence_of(reason, language()), link(reason.page, reason.query))}</li>"
    )


def alerts(county: Twin, found: Overview) -> str:
    """Return the open alerts as HTML: level, place, since when, what is being done."""
    head = f"<h2>{escape(say('Open alerts'))}</h2>"
    body = "".join(_alert(county, story) for story in found.alerts[:MOST_ALERTS])
    if not found.alerts:
        body = f"<p>{escape(say('No warning stands open.'))}</p>"
    rest = len(found.alerts) - MOST_ALERTS
    notes = []
    if rest > 0:
        notes.append(linked(say("{n} more open alerts", n=number(rest)), link("warning", {})))
    if found.sensors_faulty:
        told = say("Sensors out of order: {n}", n=number(found.sensors_faulty))
        notes.append(linked(told, link("warning", {"view": "sensors"})))
    foot = f'<p class="ov-q">{" · ".join(notes)}</p>' if notes else ""
    return f'<section class="ov-list">{head}{body}{foot}</section>'


def _alert(county: Twin, story: Story) -> str:
    title = f"{warning_parts.level_text(story.level)} · {warning_parts.story_title(story)}"
    place = warning_parts.place_text(county, story.region_code) or story.subject
    since = say("since {time}", time=warning_parts.time_text(story.opened))
    return (
        f'<div class="ov-alert ov-l{story.level}"><i></i><div>'
        f"<strong>{linked(title, link('warning', {'alert': str(story.id)}))}</strong>"
        f"<div>{escape(place)} · {escape(since)}</div>"
        f'<div class="ov-q">{escape(doing(story))}</div></div></div>'
    )


def doing(story: Story) -> str:
    """Return what is being done about an alert, in words."""
    if story.acknowledged is not None:
        return say("acknowledged by {who}", who=story.acknowledged.who)
    if story.escalated:
        return say("passed on to {to}", to=story.escalated[-1].detail["to"])
    return say("nobody has taken it up yet")


def gaps(found: Overview) -> str:
    """Return what cannot be said and why as HTML; "" when nothing is missing."""
    if not found.gaps:
        return ""
    items = "".join(f"<li>{escape(words.gap_of(gap, language()))}</li>" for gap in found.gaps)
    head = f"<h2>{escape(say('What is missing'))}</h2>"
    return f'<section class="ov-list">{head}<ul>{items}</ul></section>'
