"""Figures and dates as a memo writes them, the same in both forms."""

from __future__ import annotations

import datetime as dt
import math

NO_FIGURE = "—"


def number(value: float, decimals: int = 0) -> str:
    """Return a figure with grouped thousands and a true minus; a dash for no number."""
    if not math.isfinite(value):
        return NO_FIGURE
    text = f"{value:,.{decimals}f}"
    return text.replace("-", "−") if float(text.replace(",", "")) != 0 else text.lstrip("-")


def signed(value: float, decimals: int = 0) -> str:
    """Return a figure with its sign: +1,200, −3.5, 0."""
    text = number(value, decimals)
    return f"+{text}" if value > 0 and text.strip("0.,") not in ("", NO_FIGURE) else text


def percent(share: float, decimals: int = 1) -> str:
    """Return a share of 0 to 1 as a percentage."""
    text = number(share * 100, decimals)
    return text if text == NO_FIGURE else f"{text}%"


def date(day: dt.date | None, language: str) -> str:
    """Return a date in a language's habit; a dash for None."""
    if day is None:
        return NO_FIGURE
    if language == "zh":
        return f"{day.year}年{day.month}月{day.day}日"
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


# Not by strftime: its words depend on the machine's locale.
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def inside(words: str) -> str:
    """Return words as they stand inside a sentence: "On foot" without its capital, "GP" with it."""
    return words[:1].lower() + words[1:] if words[1:2].islower() else words
