"""Every sentence and figure that a visitor reads: language, catalogue, number and date habits."""

from __future__ import annotations

import datetime as dt
import math
from contextvars import ContextVar
from typing import Any

import streamlit as st

from cockpit.locale import LANGUAGES, catalogue, translate
from cockpit.settings import settings
from cockpit.ui import state
from geodata.errors import CockpitError

NO_FIGURE = "—"
LANGUAGE_NAMES = {"zh": "中文", "en": "English"}


# Set once a run by the shell: a page says a hundred sentences, and the address is slow to read.
_of_this_run: ContextVar[str] = ContextVar("language", default="")


def start() -> None:
    """Settle the language for this run of the script."""
    state.arrive()
    _of_this_run.set("")
    _of_this_run.set(language())


def language() -> str:
    """Return the visitor's language: the address, then what was chosen before, then the setting."""
    if known := _of_this_run.get():
        return known
    return state.read("language", _first(), allowed=LANGUAGES, address="lang", write=False)


def _first() -> str:
    """Return the language of a visitor who has not chosen."""
    return settings().language if settings().language in LANGUAGES else LANGUAGES[0]


def language_switch() -> None:
    """Show the switch between the languages."""
    st.segmented_control(
        say("Language"),
        LANGUAGES,
        format_func=lambda code: LANGUAGE_NAMES[code],
        label_visibility="collapsed",
        required=True,
        **state.remembered("language", _first(), allowed=LANGUAGES, address="lang"),
    )


def say(template: str, **values: object) -> str:
    """Return a sentence in the visitor's language, filled with values."""
    return translate(template, language(), **values)


def say_error(error: CockpitError) -> str:
    """Return an error's sentence in the visitor's language."""
    values = {name: _grouped(v) for name, v in error.values.items()}
    return say(error.template, **values)


def say_terms(terms: list[tuple[str, dict[str, object]]]) -> str:
    """Return several sentences in a row; Chinese ones stand without a space between."""
    return ("" if language() == "zh" else " ").join(say(t, **v) for t, v in terms)


def department_of(name: str) -> str:
    """Return a department in the visitor's language; one that no catalogue knows as it stands."""
    return catalogue(language()).get(name, name)


def name_of(region: Any) -> str:
    """
    Return a region's name in the visitor's language.

    ``region`` has ``name`` and ``name_en`` as attributes or items; without an English name the
    pinyin-free original is shown, so a unit never goes nameless.
    """
    name, name_en = _part(region, "name"), _part(region, "name_en")
    return name_en if language() == "en" and name_en else name


def _part(thing: Any, name: str) -> str:
    found = thing.get(name, "") if hasattr(thing, "get") else getattr(thing, name, "")
    return str(found or "")


def number(value: float | None, decimals: int = 0) -> str:
    """Return a figure with grouped thousands; a dash for None and NaN."""
    if value is None or not math.isfinite(value):
        return NO_FIGURE
    text = f"{value:,.{decimals}f}"
    return text.replace("-", "−") if float(text.replace(",", "")) != 0 else text.lstrip("-")


def compact(value: float | None, decimals: int = 1) -> str:
    """
    Return a figure short enough for a tile: 48.0 万, 1.36 亿; in English 480,000 and 1.36 million.

    Below 10,000 (Chinese) or a million (English) the whole figure stands.
    """
    if value is None or not math.isfinite(value):
        return NO_FIGURE
    size = abs(value)
    steps = (
        ((1e8, " 亿"), (1e4, " 万"))
        if language() == "zh"
        else ((1e9, " billion"), (1e6, " million"))
    )
    for step, word in steps:
        if size >= step:
            return number(value / step, decimals + (step >= 1e6)) + word
    return number(value)


def signed(value: float | None, decimals: int = 0) -> str:
    """Return a figure with its sign: +1,200, −3.5, 0."""
    text = number(value, decimals)
    return f"+{text}" if value is not None and value > 0 and text.strip("0.") else text


def percent(share: float | None, decimals: int = 0) -> str:
    """Return a share of 0 to 1 as a percentage; a dash for None and NaN."""
    text = number(None if share is None else share * 100, decimals)
    return text if text == NO_FIGURE else f"{text}%"


def with_unit(value: float | None, unit: str, decimals: int = 0) -> str:
    """Return a figure and its unit (an English msgid): 12.5%, 1,360 人, 1,360 persons."""
    text = number(value, decimals)
    if text == NO_FIGURE:
        return text
    return f"{text}%" if unit == "%" else f"{text} {say(unit)}"


def date(day: dt.date | None) -> str:
    """Return a date in the visitor's habit: 2025年11月1日, 1 Nov 2025; a dash for None."""
    if day is None:
        return NO_FIGURE
    if language() == "zh":
        return f"{day.year}年{day.month}月{day.day}日"
    return f"{day.day} {day:%b %Y}"


def moment(time: dt.datetime | None) -> str:
    """Return a date with hours and minutes; a dash for None."""
    return NO_FIGURE if time is None else f"{date(time.date())} {time:%H:%M}"


def _grouped(value: object) -> object:
    """Group the thousands of a whole number; codes are text and stay as they are."""
    return number(value) if isinstance(value, int) and abs(value) >= 10_000 else value
