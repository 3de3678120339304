"""What the two sides of a comparison are called."""

from __future__ import annotations

import datetime as dt

from sqlalchemy.orm import Session

from cockpit.answers.compare import EVERY_EVENT, SERIES_TITLES, Asked
from cockpit.answers.compare_scenarios import TODAY
from cockpit.answers.scenario_store import scenario
from cockpit.indicators import INDICATORS, MEASURES
from cockpit.locale import catalogue, translate
from cockpit.risk.themes import THEMES
from cockpit.store.session import engine


def titles(asked: Asked, visitor: str, language: str) -> tuple[str, str]:
    """Return the names of A and B in a language; the question has been answered before."""
    first, second = (_title(asked, text, visitor, language) for text in (asked.a, asked.b))
    return first, second


def subject(asked: Asked, language: str) -> str:
    """Return what is compared: a count, kinds of events, or "" where the sides say it."""
    if asked.kind == "dates":
        title = SERIES_TITLES.get(asked.what) or MEASURES[asked.what].title
        return translate(title, language)
    if asked.kind == "events":
        if asked.what == EVERY_EVENT:
            return translate("All events", language)
        if asked.what in THEMES:
            return translate(THEMES[asked.what].title, language)
        return catalogue(language).get(asked.what, asked.what)
    if asked.kind == "scenarios":
        return translate("Minutes to the nearest facility", language)
    return ""


def day_text(day: dt.date, language: str) -> str:
    """Return a date in the habit of a language."""
    if language == "zh":
        return f"{day.year}年{day.month}月{day.day}日"
    return f"{day.day} {day:%b %Y}"


def _title(asked: Asked, text: str, visitor: str, language: str) -> str:
    if asked.kind == "dates":
        return day_text(dt.date.fromisoformat(text), language)
    if asked.kind == "events":
        first = dt.date.fromisoformat(text)
        last = first + dt.timedelta(days=asked.days - 1)
        return translate(
            "{first} to {last}", language,
            first=day_text(first, language), last=day_text(last, language),
        )  # fmt: skip
    if asked.kind == "indicators":
        return translate(INDICATORS[text].title, language)
    if int(text) == TODAY:
        return translate("Today", language)
    with Session(engine()) as db:
        return scenario(db, int(text), visitor=visitor).title
