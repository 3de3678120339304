"""What stands around the map of the page Timeline: sentence, figures, strip, legend, table."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from html import escape
from typing import Any
from urllib.parse import quote

import streamlit as st

from cockpit.answers.alert_tables import LEVEL_TITLES
from cockpit.answers.timeline import FAULT, QUIET, UNKNOWN, Timeline
from cockpit.answers.timeline_clock import Minutes, Step
from cockpit.risk.rules import LEVELS
from cockpit.ui import cache, theme, timeline_map
from cockpit.ui.risk_choices import theme_title
from cockpit.ui.timeline_cache import Moment
from cockpit.ui.timeline_choices import Choice
from cockpit.ui.words import date, language, moment, number, say

STYLE = """<style>
.ct-strip{position:relative;padding-bottom:4px}
.ct-strip img{display:block;width:100%;height:56px}
.ct-two{grid-template-columns:repeat(2,minmax(0,1fr))}
.ct-clock{font-size:1.25rem;font-weight:600;white-space:nowrap}
.ct-table{width:100%;border-collapse:collapse}
.ct-table th{text-align:left;font-weight:400;padding:4px 12px 4px 0;vertical-align:bottom}
.ct-table td{padding:4px 12px 4px 0;border-top:1px solid LINE;vertical-align:top}
.ct-table .n{text-align:right;white-space:nowrap}
.ct-scroll{overflow-x:auto}
div:has(>.st-key-time-still),.st-key-time-still{display:none}
@media (prefers-reduced-motion: reduce){div:has(>.st-key-time-play),.st-key-time-play{display:none}
div:has(>.st-key-time-still),.st-key-time-still{display:flex}}
@media (max-width:640px){.ct-tiles.ct-wrap{grid-auto-flow:row;grid-auto-columns:auto;
 grid-template-columns:repeat(2,minmax(0,1fr));overflow-x:visible;white-space:normal}
 .ct-tile{padding:8px 12px;overflow-wrap:anywhere}.ct-clock{white-space:normal}}
</style>"""
_DOT = "width:12px;height:12px;border-radius:50%;"
_DIAMOND = "width:10px;height:10px;border-radius:0;transform:rotate(45deg);margin:0 3px;"
_MOST_BARS = 200
_MOST_REGIONS = 6
_SAFE = " /:=,.-()'"
"""Stands in a picture's address as it is: every character less is sent in every step."""


def styles() -> None:
    """Put the page's own style sheet down once."""
    st.html(STYLE.replace("LINE", theme.now().line))


# ---------------------------------------------------------------- words


def window_text(line: Timeline, step: Step) -> str:
    """Return a window in words: a day, a span of days, or hours of a day."""
    first, end = line.moment(step.start), line.moment(step.end)
    if first.time() == dt.time() and end.time() == dt.time():
        last = (end - dt.timedelta(days=1)).date()
        if last == first.date():
            return date(last)
        return say("{first} to {last}", first=date(first.date()), last=date(last))
    if end - first <= dt.timedelta(hours=1):
        return f"{date(first.date())} {first:%H:%M}–{end:%H:%M}"
    return say("{first} to {last}", first=moment(first), last=moment(end))


def sentence(line: Timeline, choice: Choice, at: Moment) -> str:
    """Return what the map shows in words: the figures of the same moment."""
    parts = []
    when = window_text(line, at.step)
    if choice.shows("events"):
        parts.append(
            say(
                "{when}: {opened} events were reported, {standing} stood open at the end.",
                when=when, opened=number(at.events.opened), standing=number(at.events.standing),
            )
        )  # fmt: skip
    if choice.shows("alerts"):
        parts.append(
            say(
                "Alerts: {opened} were raised, {standing} stood at the end.",
                opened=number(at.alerts.opened), standing=number(at.alerts.standing),
            )
        )  # fmt: skip
    if choice.shows("sensors"):
        parts.append(
            say(
                "Of {n} sensors, {warned} were above a threshold and {unknown} not known.",
                n=number(len(at.sensors)),
                warned=number(sum(state > QUIET for state in at.sensors)),
                unknown=number(sum(state == UNKNOWN for state in at.sensors)),
            )
        )
    if not parts:
        return say("{when}: no layer is chosen.", when=when)
    return ("" if language() == "zh" else " ").join(parts)


def tiles(line: Timeline, choice: Choice, at: Moment) -> None:
    """Show the figures of the moment."""
    cards = [
        f'<div class="ct-tile"><div class="ct-quiet ct-small">{escape(say("The clock"))}</div>'
        f'<div class="ct-clock">{escape(clock_text(line, at.step))}</div>'
        f'<div class="ct-quiet ct-small">{escape(window_text(line, at.step))}</div></div>'
    ]
    if choice.shows("events"):
        cards.append(_tile(say("Reported in the window"), at.events.opened, say("events")))
        cards.append(_tile(say("Open at the end"), at.events.standing, say("events")))
    if choice.shows("alerts"):
        cards.append(_tile(say("Alerts at the end"), at.alerts.standing, _levels(at)))
    if choice.shows("sensors"):
        warned = sum(state > QUIET for state in at.sensors)
        note = say("of {n} sensors", n=number(len(at.sensors)))
        cards.append(_tile(say("Sensors above a threshold"), warned, note))
    if choice.shows("facilities"):
        cards.append(_tile(say("Facilities open"), at.facilities.standing, say("facilities")))
    st.html(f'<div class="ct-tiles ct-wrap ct-two" role="group">{"".join(cards)}</div>')


def clock_text(line: Timeline, step: Step) -> str:
    """Return the moment that figures at the end speak of."""
    end = line.moment(step.end)
    if end.time() == dt.time():
        return say("end of {date}", date=date((end - dt.timedelta(days=1)).date()))
    return moment(end)


def _levels(at: Moment) -> str:
    """Return the alerts of the window by colour, the gravest first."""
    told = [
        f"{say(LEVEL_TITLES[LEVELS[k]])} {number(at.levels[k])}"
        for k in (4, 3, 2, 1)
        if at.levels.get(k)
    ]
    if at.levels.get(FAULT):
        told.append(f"{say('Sensor faults')} {number(at.levels[FAULT])}")
    if not told:
        return say("none in the window")
    return say("in the window: {levels}", levels=" · ".join(told))


def _tile(title: str, count: int, note: str) -> str:
    return (
        f'<div class="ct-tile"><div class="ct-quiet ct-small">{escape(title)}</div>'
        f'<div class="ct-value">{number(count)}</div>'
        f'<div class="ct-quiet ct-small">{escape(note)}</div></div>'
    )


# ---------------------------------------------------------------- strip


def strip(line: Timeline, found: tuple[Step, ...], counts: Minutes, at: Moment) -> None:
    """Show the whole range as bars, one a step or a few, with the mark of the clock."""
    tokens = theme.now()
    begin, end = found[0].start, found[-1].end
    each, path = -(-len(found) // _MOST_BARS), ""
    sums = [int(counts[k : k + each].sum()) for k in range(0, len(found), each)]
    for k, n in enumerate(sums):
        first, last = found[k * each].start, found[min(k * each + each, len(found)) - 1].end
        left, wide = 1000 * (first - begin) / (end - begin), 1000 * (last - first) / (end - begin)
        high = 56 - 50 * n / max(*sums, 1)
        path += f"M{left:.0f} 56V{high:.0f}H{left + 0.8 * wide:.0f}V56" if n else ""
    left, right = (1000 * (x - begin) / (end - begin) for x in (at.step.start, at.step.end))
    told = say(
        "Events reported in each step from {first} to {last}; most: {most}.",
        first=date(line.moment(begin).date()),
        last=date(line.moment(end - 1).date()),
        most=number(int(counts.max(initial=0))),
    )
    drawn = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1000 56" preserveAspectRatio="none">'
        f'<rect x="{left:.1f}" width="{max(right - left, 3):.1f}" height="56" fill="{tokens.mark}" '
        f'fill-opacity=".35"/><path d="{path}" fill="{tokens.accent}"/>'
        f'<rect x="{max(right - 2.5, 0):.1f}" width="2.5" height="56" fill="{tokens.mark}"/></svg>'
    )
    # As a picture: a page's own markup may hold no drawing.
    st.html(
        f'<div class="ct-strip"><img alt="{escape(told)}" '
        f'src="data:image/svg+xml,{quote(drawn, safe=_SAFE)}">'
        f'<div class="ct-quiet ct-small">{escape(told)}</div></div>'
    )


# ---------------------------------------------------------------- legend and table


def legend(choice: Choice, limits: tuple[int, ...]) -> None:
    """Show what the colours mean; only those of the chosen layers."""
    tokens = theme.now()
    keys = []
    if choice.shows("events"):
        colours = timeline_map.theme_colours(choice.asked.themes, tokens)
        keys += [_key(colour, theme_title(name), shape=_DOT) for name, colour in colours.items()]
    if choice.shows("alerts"):
        keys.append(_title(say("Rings: alerts")))
        row = "".join(
            _ring(theme.ALERT[LEVELS[k]], say(LEVEL_TITLES[LEVELS[k]])) for k in (1, 2, 3, 4)
        )
        keys.append(f'<span style="display:flex;flex-wrap:wrap;gap:2px 8px">{row}</span>')
        keys.append(_ring(tokens.quiet, say("Sensor faults")))
    if choice.shows("sensors"):
        colours_of = timeline_map.sensor_colours(tokens)
        keys.append(_title(say("Diamonds: sensors")))
        keys.append(_key(colours_of[QUIET], say("no warning"), shape=_DIAMOND))
        keys.append(_key(colours_of[UNKNOWN], say("not known"), shape=_DIAMOND))
    if choice.asked.level:
        keys.append(_title(say("Events reported, by region")))
        low = 1
        shades = timeline_map.shades(len(limits), tokens)
        for colour, upper in zip(shades, limits, strict=True):
            text = number(upper) if upper == low else f"{number(low)}–{number(upper)}"
            keys.append(_key(colour, text))
            low = upper + 1
    if keys:
        st.html(f'<div class="ct-legend ct-small">{"".join(keys)}</div>')


def _title(text: str) -> str:
    return f'<span class="ct-quiet">{escape(text)}</span>'


def _key(colour: str, text: str, *, shape: str = "") -> str:
    return (
        f'<span class="ct-key"><span class="ct-swatch" style="{shape}background:{colour}"></span>'
        f"{escape(text)}</span>"
    )


def _ring(colour: str, text: str) -> str:
    shape = f"{_DOT}box-sizing:border-box;border:3px solid {colour};"
    return _key("transparent", text, shape=shape)


def table(choice: Choice, at: Moment) -> None:
    """Show the figures of the moment layer by layer: what the map shows, as a table."""
    rows: list[tuple[str, Any, Any, Any]] = []
    if choice.shows("events"):
        e = at.events
        rows.append((say("Events"), e.opened, e.standing, e.visible))
        if at.placed < e.visible:
            rows.append((say("… on the map"), "", "", at.placed))
    if choice.shows("alerts"):
        a = at.alerts
        rows.append((say("Alerts"), a.opened, a.standing, a.visible))
        rows += [
            ("… " + (say(LEVEL_TITLES[LEVELS[k]]) if k != FAULT else say("Sensor faults")),
             "", "", at.levels[k])
            for k in (4, 3, 2, 1, FAULT) if at.levels.get(k)
        ]  # fmt: skip
    if choice.shows("facilities"):
        f = at.facilities
        rows.append((say("Facilities"), f.opened, f.standing, f.visible))
    if not rows:
        return
    head = (say("Layer"), say("Begun in the window"), say("Standing at the end"),
            say("At some time in the window"))  # fmt: skip
    _html_table(
        say("Figures of the moment"), head, [(r[0], *(_figure(v) for v in r[1:])) for r in rows]
    )


def regions(line: Timeline, choice: Choice, at: Moment) -> None:
    """Show the regions with the most events of the window."""
    if not choice.asked.level or not any(at.counts):
        return
    rows = line.twin.below(0, choice.asked.level)
    names = cache.names(line.twin.version, language())
    order = sorted(range(len(rows)), key=lambda k: -at.counts[k])[:_MOST_REGIONS]
    found = [(names[rows[k]], number(at.counts[k])) for k in order if at.counts[k]]
    title = say("Events reported, by region")
    _html_table(title, (say("Region"), say("Events reported")), found)


def _figure(value: Any) -> str:
    return number(value) if isinstance(value, int) else str(value)


def _html_table(title: str, head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> None:
    """Show a table that scrolls within itself: by keyboard too, so it takes the focus."""
    top = "".join(
        f'<th class="ct-quiet{" n" if k else ""}">{escape(text)}</th>'
        for k, text in enumerate(head)
    )
    body = "".join(
        "<tr>"
        + "".join(f"<td{' class=n' if k else ''}>{escape(t)}</td>" for k, t in enumerate(row))
        + "</tr>"
        for row in rows
    )
    st.html(
        f'<div class="ct-scroll" tabindex="0" role="group" aria-label="{escape(title)}">'
        f'<table class="ct-table ct-small"><thead><tr>{top}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )
