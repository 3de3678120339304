"""Events on the screen: the last seven days by theme, beside a usual week, and day by day."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cockpit.answers import alerts
from cockpit.answers import screen_words as words
from cockpit.answers.current import current_twin
from cockpit.answers.happenings import Happenings, Times, current_happenings
from cockpit.answers.overview_events import inside_of
from cockpit.answers.risk_question import EVERYTHING, chosen
from cockpit.answers.screen_view import Json, View, name_of, problem
from cockpit.answers.twin import Twin
from cockpit.look import tokens
from cockpit.risk.themes import OTHER, THEMES, themes_in

DAYS = 7
WEEKS = 52
"""Weeks before that tell what is usual."""
LEAST_WEEKS = 8
"""With fewer, nothing is called usual."""


@dataclass(frozen=True)
class Compared:
    """A count of events of the last seven days beside a usual week."""

    now: int
    usual: float  # events in a mean week of the year before; NaN: too few weeks are stored

    @property
    def sign(self) -> int:
        """1: clearly more than usual, -1: clearly fewer (beyond two standard deviations), 0."""
        if math.isnan(self.usual):
            return 0
        beyond = 2 * math.sqrt(max(self.usual, 1.0))
        return int(self.now > self.usual + beyond) - int(self.now < self.usual - beyond)


def today(view: View) -> dt.date | None:
    """
    Return the day that the last seven days end with; None without events and readings.

    It is the day of the newest data, or while feeds are alive the day on the county's clock: it
    moves on at midnight without any new event.
    """
    moment = newest(view)
    return None if moment is None else moment.date()


def newest(view: View) -> dt.datetime | None:
    """Return what counts as now in the data, local time; None without events and readings."""
    if view.now is not None:
        return view.now
    return None if current_twin() is None else alerts.now()


def last_days(known: Happenings, day: dt.date, days: int = DAYS) -> NDArray[np.bool_]:
    """Return which events lie in the days that end with a day, which counts."""
    end = np.datetime64(day, "D") + np.timedelta64(1, "D")
    start = end - np.timedelta64(days, "D")
    return known.between(start.astype("datetime64[s]"), end.astype("datetime64[s]"))


def compared(known: Happenings, theme: str, day: dt.date, unit: int = 0) -> Compared:
    """Return how many events of a theme a unit had in seven days, and in a usual week before."""
    which = chosen(known, theme) & inside_of(known, unit)
    age = _days_ago(known.time[which], day) // DAYS
    weeks = min(WEEKS, _whole_weeks(known, day))
    counts = np.bincount(age[(age >= 0) & (age <= weeks)], minlength=weeks + 1)
    usual = float(counts[1 : weeks + 1].mean()) if weeks >= LEAST_WEEKS else math.nan
    return Compared(int(counts[0]), usual)


def _whole_weeks(known: Happenings, day: dt.date) -> int:
    """Return how many whole weeks of events lie before the last seven days."""
    if not len(known):
        return 0
    before = day - dt.timedelta(days=DAYS)
    days = int(_days_ago(known.time[:1], before)[0]) + 1
    return max(0, days // DAYS)


def _days_ago(time: Times, day: dt.date) -> NDArray[np.int64]:
    """Return how many days before a day each moment lies; 0 is that day, below 0 after it."""
    days = np.datetime64(day, "D") - time.astype("datetime64[D]")
    return np.asarray(days.astype(np.int64))


def events_of(view: View) -> tuple[Happenings, dt.date] | None:
    """Return the events that a view may show and the newest day; None when there are none."""
    known, day = current_happenings(view.seen), today(view)
    if known is None or day is None or not len(known):
        return None
    return known, day


def none_yet(view: View, title: str) -> Json:
    """Return a panel that says that no events are there."""
    return problem(title, view.say("No events are stored that are open to you."))


def themes(view: View, title: str, unit: int = 0) -> Json:
    """Return the themes of the last seven days, the most frequent first, beside a usual week."""
    told = title or view.say("Last 7 days by theme")
    found = events_of(view)
    if found is None:
        return none_yet(view, told)
    known, day = found
    rows = []
    for theme in themes_in(known.categories):
        one = compared(known, theme, day, unit)
        rows.append((one.now, theme, one))
    rows.sort(key=lambda r: -r[0])
    return {
        "type": "list", "title": told,
        "rows": [_theme_row(view, theme, one) for _, theme, one in rows[:8]],
        "empty": view.say("Nothing happened in these days."),
    }  # fmt: skip


def theme_title(view: View, theme: str) -> str:
    """Return the name of a theme of events."""
    if theme == EVERYTHING:
        return view.say("All events")
    return view.say("Other" if theme == OTHER else THEMES[theme].title)


def _theme_row(view: View, theme: str, one: Compared) -> Json:
    return {
        "text": theme_title(view, theme), "note": usual_words(view, one),
        "figure": view.number(one.now), "unit": view.unit("events"),
        "light": {1: "bad", 0: "none", -1: "good"}[one.sign], "alert": 0, "code": "",
    }  # fmt: skip


def usual_words(view: View, one: Compared) -> str:
    """Return what a usual week has, in words; "" where nobody can say."""
    if math.isnan(one.usual):
        return ""
    template = {
        1: "more than usual ({n} a week)", 0: "as usual ({n} a week)",
        -1: "fewer than usual ({n} a week)",
    }[one.sign]  # fmt: skip
    return view.say(template, n=view.number(one.usual, 0 if one.usual >= 10 else 1))


def daily(view: View, theme: str, days: int, title: str, unit: int = 0) -> Json:
    """Return the events of a theme in a unit (a row of the county) day by day."""
    told = title or view.say("Events a day: {theme}", theme=theme_title(view, theme or EVERYTHING))
    found = events_of(view)
    if found is None:
        return none_yet(view, told)
    known, day = found
    which = chosen(known, theme or EVERYTHING) & last_days(known, day, days)
    which &= inside_of(known, unit)
    ago = _days_ago(known.time[which], day)
    counts = np.bincount(ago, minlength=days)[:days][::-1]
    first = day - dt.timedelta(days=days - 1)
    points = [
        [words.short_date(first + dt.timedelta(days=k), view.language), int(n)]
        for k, n in enumerate(counts)
    ]
    top = int(np.argmax(counts))
    return {
        "type": "line", "title": told, "unit": view.unit("events"),
        "series": [{
            "name": theme_title(view, theme or EVERYTHING),
            "colour": tokens.series(view.tokens)[0], "points": points,
        }],
        "mark": {"index": top, "text": view.number(int(counts[top]))},
    }  # fmt: skip


def busy_themes(view: View, n: int, unit: int = 0) -> tuple[str, ...]:
    """Return the themes with the most events of a unit in the last seven days."""
    found = events_of(view)
    if found is None:
        return ()
    known, day = found
    counts = {t: compared(known, t, day, unit).now for t in themes_in(known.categories)}
    order = sorted((t for t in counts if counts[t] and t != OTHER), key=lambda t: -counts[t])
    return tuple(order[:n])


def busiest(view: View, county: Twin, most: int, title: str, unit: int = 0) -> Json:
    """Return the villages of a unit with the most events in the last seven days as bars."""
    told = title or view.say("Most events in 7 days")
    found = events_of(view)
    if found is None:
        return none_yet(view, told)
    known, day = found
    rows = county.below(unit, "village")
    counts = known.counts(rows, last_days(known, day))
    order = np.argsort(-counts, kind="stable")[:most]
    bars = [
        {
            "label": name_of(county, int(rows[k]), view.language), "value": int(counts[k]),
            "text": view.number(int(counts[k])), "code": str(county.regions["code"].iat[rows[k]]),
        }
        for k in order if counts[k]
    ]  # fmt: skip
    if not bars:
        return problem(told, view.say("Nothing happened in these days."))
    return {"type": "bars", "title": told, "unit": view.unit("events"), "rows": bars}


def span_words(view: View) -> str:
    """Return the first and the last of the seven days."""
    day = today(view)
    if day is None:
        return ""
    first = day - dt.timedelta(days=DAYS - 1)
    return words.span(first, day, view.language)


def sentence(view: View, county: Twin, unit: int = 0) -> str:
    """Return how the last seven days were in a unit, in words; its name stands first."""
    found = events_of(view)
    if found is None:
        return view.say("No events are stored that are open to you.")
    one = compared(found[0], EVERYTHING, found[1], unit)
    usual = usual_words(view, one)
    told = view.say("{n} events in the last 7 days", n=view.number(one.now))
    if unit:
        place = name_of(county, unit, view.language)
        told = f"{place}{told}" if view.language == "zh" else f"{place}: {told}"
    between = "，" if view.language == "zh" else ", "
    end = "。" if view.language == "zh" else "."
    return f"{told}{between}{usual}{end}" if usual else f"{told}{end}"
