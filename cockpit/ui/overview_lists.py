"""The lists of the page Overview: villages that need attention, open alerts, what is missing."""

from __future__ import annotations

from html import escape

from cockpit.answers import overview_words as words
from cockpit.answers.alert_stories import Story
from cockpit.answers.overview_parts import Attention, Overview
from cockpit.answers.overview_villages import CARD_TITLE
from cockpit.answers.twin import Twin
from cockpit.overview.attention import (
    ALERT_POINTS,
    LATE_EACH,
    LATE_MOST,
    REACH_MOST,
    RISE_EACH,
    RISE_FROM,
    RISE_MOST,
)
from cockpit.ui import overview_map, warning_parts
from cockpit.ui.overview_cards import link, linked
from cockpit.ui.words import language, number, say

REASONS = 3
"""Shown at once; the others behind a click."""
MOST_ALERTS = 6
_FROM_TO, _EACH = "{a} to {b}", "{a}, at most {b}"
_POINTS = (
    ("Each open alert, from blue to red", _FROM_TO, f"{ALERT_POINTS[1]:g}", f"{ALERT_POINTS[4]:g}"),
    ("More events in 28 days than usual", _FROM_TO, f"{RISE_FROM * RISE_EACH:g}", f"{RISE_MOST:g}"),
    ("Each event open beyond its time", _EACH, f"{LATE_EACH:g}", f"{LATE_MOST:g}"),
    ("Each 100 people beyond a service's standard", _EACH, "1", f"{REACH_MOST:g}"),
)
"""What gives points (msgids), and how many: as ``cockpit.overview.attention`` counts."""


def villages(found: Overview) -> str:
    """Return the villages that need attention as HTML."""
    head = f"<h2>{escape(say('Villages that need attention'))}</h2>"
    if not found.villages:
        told = say("No village stands out: no open alert, no rise, nothing beyond its time.")
        return f'<section class="ov-list">{head}<p>{escape(told)}</p></section>'
    items = "".join(_village(k, one) for k, one in enumerate(found.villages, start=1))
    return f'<section class="ov-list">{head}<ol>{items}</ol></section>'


def places(county: Twin, found: Overview) -> str:
    """Return where the villages lie and how they came by their points, as HTML."""
    if not found.villages:
        return ""
    rows = "".join(
        f'<tr><td>{escape(say(title))}</td><td class="n">{escape(say(points, a=a, b=b))}</td></tr>'
        for title, points, a, b in _POINTS
    )
    more = linked(say("More on the method"), link("algorithms", {"q": say(CARD_TITLE)}))
    return (
        f'<section class="ov-list ov-where"><div>{overview_map.picture(county, found.villages)}'
        f"</div><div><h2>{escape(say('How the points are given'))}</h2><table>{rows}</table>"
        f'<p class="ov-q">{more}</p></div></section>'
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
        f'<span class="ov-q">{escape(say("score {n}", n=number(one.score, 1)))}</span></div>'
        f"<ul>{''.join(told[:REASONS])}</ul>{more}</div></li>"
    )


def _reason(one: Attention, k: int) -> str:
    reason = one.reasons[k]
    return (
        f"<li>{linked(words.sentence_of(reason, language()), link(reason.page, reason.query))}</li>"
    )


def alerts(county: Twin, found: Overview) -> str:
    """Return the open alerts as HTML: level, place, since when, what is being done; "" for none."""
    if not found.alerts:
        return ""
    body = "".join(_alert(county, found, story) for story in found.alerts[:MOST_ALERTS])
    rest = len(found.alerts) - MOST_ALERTS
    foot = ""
    if rest > 0:
        told = linked(say("{n} more open alerts", n=number(rest)), link("warning", {}))
        foot = f'<p class="ov-q">{told}</p>'
    head = f"<h2>{escape(say('Open alerts'))}</h2>"
    return f'<section class="ov-list">{head}<div class="ov-alerts">{body}</div>{foot}</section>'


def _alert(county: Twin, found: Overview, story: Story) -> str:
    title = f"{warning_parts.level_text(story.level)} · {warning_parts.story_title(story)}"
    place = warning_parts.place_text(county, story.region_code) or story.subject
    since = say("since {time}", time=warning_parts.time_text(story.opened))
    told = [since, doing(story)]
    if story.rule.kind == "sensor" and story.subject in found.faulty:
        told.append(say("sensor out of order, value not to be trusted"))
    return (
        f'<div class="ov-alert ov-l{story.level}"><i></i><div>'
        f"<strong>{linked(title, link('warning', {'alert': str(story.id)}))}</strong>"
        f"<div>{escape(place)}</div>"
        f'<div class="ov-q">{escape(" · ".join(told))}</div></div></div>'
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
