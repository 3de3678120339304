"""How long a fault lasts is told as of now, not as of the hour it was found in."""

from __future__ import annotations

import datetime as dt

from cockpit.answers.alert_lasting import why_now
from cockpit.risk.why import Why

FOUND = dt.datetime(2025, 8, 20, 13)
SILENT = Why(
    "No reading for {hours} h; usually there is one every {every} h.", {"hours": "13", "every": "3"}
)
STUCK = Why(
    "The same value {value} in {n} readings over {hours} h, unlike its past.",
    {"value": "1.5", "n": "9", "hours": "24"},
)


def test_a_silence_of_months_is_told_in_days() -> None:
    # Silent since midnight of 20 August; to noon of 31 October are 72 days and a half.
    told = why_now(SILENT, FOUND, dt.datetime(2025, 10, 31, 12))
    assert str(told) == (
        "No reading for 72 days as of 2025-10-31 12:00; usually there is one every 3 h."
    )


def test_a_short_silence_grows_by_the_hour() -> None:
    told = why_now(SILENT, FOUND, FOUND + dt.timedelta(hours=5))
    assert str(told) == "No reading for 18 h; usually there is one every 3 h."


def test_a_stuck_value_and_all_others() -> None:
    # 24 h before 13:00 of 20 August, to the same hour of the 30th: 11 days.
    told = why_now(STUCK, FOUND, dt.datetime(2025, 8, 30, 13))
    assert str(told) == "The same value 1.5 for 11 days as of 2025-08-30 13:00, unlike its past."
    assert why_now(STUCK, FOUND, FOUND + dt.timedelta(hours=3)) is STUCK
    never = Why("It has never sent a reading.")
    assert why_now(never, FOUND, dt.datetime(2026, 1, 1)) is never
