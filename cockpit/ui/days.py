"""Days as they stand in an address: ISO 8601, or nothing."""

from __future__ import annotations

import datetime as dt


def day_of(text: str) -> dt.date | None:
    """Return the day that a text names; None where it names none."""
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return None


def is_day(text: str) -> bool:
    """Tell whether a text names a day or says nothing: what ``state.read`` may take."""
    return not text or day_of(text) is not None
