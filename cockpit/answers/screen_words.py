"""Figures, dates and sentences of the screen, in a language."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping

from cockpit.locale import translate
from cockpit.screen.scenes import Problem
from geodata.errors import CockpitError

NO_FIGURE = "—"
_STEPS = {
    "zh": ((1e8, "亿"), (1e4, "万")),
    "en": ((1e9, " billion"), (1e6, " million")),
}


def number(value: float | None, decimals: int = 0) -> str:
    """Return a figure with grouped thousands; a dash for None and NaN."""
    if value is None or not math.isfinite(value):
        return NO_FIGURE
    text = f"{value:,.{decimals}f}"
    return text.replace("-", "−") if float(text.replace(",", "")) != 0 else text.lstrip("-")


def compact(value: float | None, language: str, decimals: int = 0) -> str:
    """
    Return a figure short enough for a wall: 48.0万, 1.36亿; in English 480,000 and 1.36 million.

    Below 100,000 (Chinese) or a million (English) the whole figure stands.
    """
    if value is None or not math.isfinite(value):
        return NO_FIGURE
    for step, word in _STEPS[language if language in _STEPS else "en"]:
        if abs(value) >= max(step, 1e5):
            return number(value / step, 2 if step >= 1e6 else 1) + word
    return number(value, decimals)


def signed(value: float | None, decimals: int = 0) -> str:
    """Return a figure with its sign: +1,200, −3.5, 0."""
    text = number(value, decimals)
    return f"+{text}" if value is not None and value > 0 and text.strip("0.") else text


def with_unit(value: float | None, unit: str, language: str, decimals: int = 0) -> str:
    """Return a figure and its unit (a msgid): 12.5%, 1,360 人, 1,360 persons."""
    text = number(value, decimals)
    if text == NO_FIGURE or not unit:
        return text
    return f"{text}%" if unit == "%" else f"{text} {translate(unit, language)}"


def unit_word(unit: str, language: str) -> str:
    """Return a unit (a msgid) in a language."""
    return unit if unit in ("", "%") else translate(unit, language)


def date(day: dt.date | None, language: str) -> str:
    """Return a date: 2025年11月1日, 1 Nov 2025; a dash for None."""
    if day is None:
        return NO_FIGURE
    if language == "zh":
        return f"{day.year}年{day.month}月{day.day}日"
    return f"{day.day} {day:%b %Y}"


def short_date(day: dt.date, language: str) -> str:
    """Return a date without its year: 11月1日, 1 Nov."""
    return f"{day.month}月{day.day}日" if language == "zh" else f"{day.day} {day:%b}"


def span(first: dt.date, last: dt.date, language: str) -> str:
    """Return the days from one to another: 2025年10月25日至10月31日, 25 Oct to 31 Oct 2025."""
    near = first.year == last.year
    if language == "zh":
        return f"{date(first, language)}至{(short_date if near else date)(last, language)}"
    return f"{(short_date if near else date)(first, language)} to {date(last, language)}"


def measured(value: float | None) -> str:
    """Return a reading with at most two decimals, as a sensor's sentences have it: 2.47, 2.5, 3."""
    text = number(value, 2)
    return text.rstrip("0").rstrip(".") if "." in text else text


def moment(time: dt.datetime | None, language: str) -> str:
    """Return a date with hours and minutes; a dash for None."""
    return NO_FIGURE if time is None else f"{date(time.date(), language)} {time:%H:%M}"


def error_text(error: CockpitError, language: str) -> str:
    """Return an error's sentence."""
    return translate(error.template, language, **error.values)


def problem_text(problem: Problem, language: str) -> str:
    """Return what is wrong with a scene file's entry; what was expected is a sentence as well."""
    values: Mapping[str, object] = problem.values
    if "expected" in values:
        told = translate(str(values["expected"]), language)
        for name in ("low", "high"):
            told = told.replace(f"{{{name}}}", str(values.get(name, "")))
        values = {**values, "expected": told}
    return translate(problem.template, language, **values)
