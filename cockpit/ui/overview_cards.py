"""The cards of the page Overview: value, light, change, the last thirteen weeks, details."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from html import escape
from urllib.parse import quote, urlencode

from cockpit.access.classes import TITLES
from cockpit.access.rules import may_open
from cockpit.answers import overview_words as words
from cockpit.answers.overview_parts import Change, Headline
from cockpit.overview.periods import Period
from cockpit.ui import overview_cache, theme, visitor
from cockpit.ui.words import NO_FIGURE, date, language, number, say

_ARROWS = {1: "▲", -1: "▼", 0: ""}
_MOODS = {"better": "better", "worse": "worse", "same": ""}
_SAFE = " /:=,.-()'"
_WIDE, _HIGH, _PAD = 120.0, 36.0, 4.0


def link(page: str, query: Mapping[str, str]) -> str:
    """Return the address of a place on another page; "" when it is not open to the visitor."""
    if not page or not may_open(visitor.now(), page):
        return ""
    return f"/{page}?{urlencode({'lang': language(), **query})}"


def linked(text: str, address: str) -> str:
    """Return text as a link; without an address as it stands."""
    if not address:
        return escape(text)
    return f'<a href="{escape(address)}" target="_self">{escape(text)}</a>'


def cards(lines: tuple[Headline, ...], period: Period) -> str:
    """Return the cards of headlines as HTML."""
    return f'<div class="ov-cards">{"".join(card(line, period) for line in lines)}</div>'


def card(line: Headline, period: Period) -> str:
    """Return one card as HTML."""
    change = line.change(period)
    shown = _of_period(line, change, period)
    value, unit = words.parts_of(shown, language())
    if unit == "%" and value != NO_FIGURE:
        value, unit = f"{value}%", ""
    return (
        '<section class="ov-card">'
        f'<span class="ov-name">{linked(say(line.title), link(line.page, line.query))}</span>'
        f'<div class="ov-mid"><span class="ov-big">{escape(value)}'
        f'<span class="ov-unit">{escape(unit)}</span></span>'
        f'<span class="ov-right">{_light(shown)}{trend(line)}</span></div>'
        f"{_change(line, change)}"
        f'<div class="ov-q ov-foot">{_below(shown)}</div>'
        f"{_details(line)}</section>"
    )


def _of_period(line: Headline, change: Change | None, period: Period) -> Headline:
    """Return a headline with the value of the period; a target of seven days is none of one day."""
    if not line.counted or change is None or period != "day":
        return line
    return replace(line, value=change.now, unit="in one day", light="none", target=None)


def _light(line: Headline) -> str:
    if line.light == "none":
        return ""
    word = words.light_of(line, language())
    return f'<span class="ov-light ov-{line.light}"><i></i>{escape(word)}</span>'


def _change(line: Headline, change: Change | None) -> str:
    note = words.note_of(line, language())
    if change is None:
        return f'<div class="ov-change">{escape(note) or "&nbsp;"}</div>'
    if change.difference is None:
        return f'<div class="ov-change ov-q">{escape(words.no_data(line, language()))}</div>'
    sign = (change.difference > 0) - (change.difference < 0)
    mood = words.mood_of(change)
    told = f"{_ARROWS[sign]} {words.change_of(line, change.period, language())}".strip()
    word = f"<span>{escape(say(_MOODS[mood]))}</span>" if _MOODS[mood] else ""
    return f'<div class="ov-change ov-{mood}"><span>{escape(told)}</span>{word}</div>'


def _below(line: Headline) -> str:
    note = words.note_of(line, language()) if line.changes else ""
    told = (words.target_of(line, language()), words.as_of(line, language()), note)
    return "".join(f"<span>{escape(t)}</span>" for t in told if t)


def trend(line: Headline) -> str:
    """Return the last weeks as a line, told in words as well; "" for fewer than three."""
    values = line.trend
    if len(values) < 3:
        return ""
    low, high = min(values), max(values)
    step = (_WIDE - 2 * _PAD) / (len(values) - 1)
    room = _HIGH - 2 * _PAD
    shares = [(v - low) / (high - low) if high > low else 0.5 for v in values]
    points = [f"{_PAD + k * step:.1f} {_HIGH - _PAD - room * s:.1f}" for k, s in enumerate(shares)]
    path = "M" + "L".join(points)
    told = say(
        "Last {n} weeks: from {first} to {last}, least {low}, most {high}.",
        n=len(values), first=number(values[0]), last=number(values[-1]), low=number(low),
        high=number(high),
    )  # fmt: skip
    colour, end = theme.now().accent, points[-1].split()
    drawn = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDE:.0f} {_HIGH:.0f}">'
        f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="2" stroke-linejoin="round"/>'
        f'<circle cx="{end[0]}" cy="{end[1]}" r="3.2" fill="{colour}"/></svg>'
    )
    return picture(drawn, told, "ov-line")


def picture(drawn: str, told: str, name: str) -> str:
    """Return a drawing as HTML: as a picture, since a page's own markup may hold none."""
    return (
        f'<img class="{name}" alt="{escape(told)}" title="{escape(told)}" '
        f'src="data:image/svg+xml,{quote(drawn, safe=_SAFE)}">'
    )


# ---------------------------------------------------------------- details


def _details(line: Headline) -> str:
    lang = language()
    told = [say(line.definition)]
    if line.parts:
        told.append(_parts(line))
    names = overview_cache.sources(line.sources, lang)
    foot = [say("Class: {data_class}", data_class=say(TITLES[line.data_class]))]
    if names:
        foot.insert(0, say("Source: {names}", names=("、" if lang == "zh" else ", ").join(names)))
    if line.target is None:
        foot.append(say("No target set"))
    body = "".join(f"<p>{escape(t)}</p>" for t in told)
    return (
        f"<details><summary>{escape(say('Details'))}</summary>{_table(line)}{body}"
        f'<p class="ov-q">{escape(" · ".join(foot))}</p></details>'
    )


def _parts(line: Headline) -> str:
    comma = "，" if language() == "zh" else ", "
    return comma.join(f"{say(title)} {number(n)}" for title, n in line.parts)


def _table(line: Headline) -> str:
    if not line.changes:
        return ""
    head = "".join(
        f'<th{mark}>{escape(say(title))}</th>'
        for title, mark in (("Period", ""), ("Now", ' class="n"'), ("Before", ' class="n"'),
                            ("Change", ' class="n"'))
    )  # fmt: skip
    rows = "".join(_row(line, change) for change in line.changes)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def _row(line: Headline, change: Change) -> str:
    now, then = (words.figure(v, line.decimals, language()) for v in (change.now, change.before))
    days = _days(change)
    if change.before is None:
        days += f" · {words.no_data(line, language())}"
    return (
        f"<tr><td>{escape(say(words.PERIOD_TITLES[change.period]))}"
        f'<br><span class="ov-q">{escape(days)}</span></td><td class="n">{escape(now)}</td>'
        f'<td class="n">{escape(then)}</td>'
        f'<td class="n ov-{words.mood_of(change)}">'
        f"{escape(words.difference(line, change))}</td></tr>"
    )


def _days(change: Change) -> str:
    if change.start == change.end:
        return f"{date(change.end)} / {date(change.before_end)}"
    return (
        f"{date(change.start)} – {date(change.end)} / "
        f"{date(change.before_start)} – {date(change.before_end)}"
    )
