"""The time as accounts and sessions keep it; one place, so that a test can move it."""

from __future__ import annotations

import datetime as dt


def utc_now() -> dt.datetime:
    """Return the time in UTC, without a zone, as the store keeps it."""
    return dt.datetime.now(dt.UTC).replace(tzinfo=None)
