"""Faults as they stand now: the ledger keeps the sentence of the hour they were found in."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from cockpit.answers.alert_stories import Story
from cockpit.risk.why import Why

_SILENT = "No reading for {hours} h; usually there is one every {every} h."
_STUCK = "The same value {value} in {n} readings over {hours} h, unlike its past."
_HOUR = dt.timedelta(hours=1)
_IN_DAYS = 48
"""Hours from which days are told."""


def as_of(story: Story, now: dt.datetime | None) -> Story:
    """
    Return an alert with how long its fault lasts at a moment; others stay as they are.

    Parameters
    ----------
    now
        Local time of the data; None: nothing is known, and nothing is changed.
    """
    if story.kind != "fault" or not story.open or now is None or now <= story.opened:
        return story
    return replace(story, why=why_now(story.why, story.opened, now))


def why_now(why: Why, found: dt.datetime, now: dt.datetime) -> Why:
    """Return the sentence to a fault that was found at one time and still stands at another."""
    if why.template not in (_SILENT, _STUCK):
        return why
    began = found - float(str(why.values["hours"])) * _HOUR
    hours = (now - began) / _HOUR
    if hours < _IN_DAYS:
        silent = replace(why, values={**why.values, "hours": f"{hours:.0f}"})
        return silent if why.template == _SILENT else why
    told = {"days": int(hours // 24), "now": f"{now:%Y-%m-%d %H:%M}"}
    if why.template == _SILENT:
        return Why(
            "No reading for {days} days as of {now}; usually there is one every {every} h.",
            {**told, "every": why.values["every"]},
        )
    return Why(
        "The same value {value} for {days} days as of {now}, unlike its past.",
        {**told, "value": why.values["value"]},
    )
