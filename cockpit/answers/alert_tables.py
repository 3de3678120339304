"""The ledger as files: a table to read, JSON whose seals anybody can check, open alerts to show."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy.orm import Session

from cockpit.answers import alerts
from cockpit.answers.alert_ledger import Entry, entries
from cockpit.answers.alert_stories import Story
from cockpit.answers.downloads import Cell, escaped
from cockpit.answers.twin import Twin
from cockpit.locale import translate
from cockpit.risk.rules import LEVELS
from cockpit.store.session import engine

KIND_TITLES = {"threshold": "Threshold", "aberration": "Unusual count", "fault": "Sensor fault"}
LEVEL_TITLES = {
    "none": "No warning", "blue": "Blue", "yellow": "Yellow", "orange": "Orange", "red": "Red",
}  # fmt: skip
VERDICT_TITLES = {"true": "True alarm", "false": "False alarm", "unknown": "Cannot be told"}
FOUND_TITLES = {True: "in time", False: "found afterwards"}
UNPLACED = "{n} alerts were written by an older version: their lines do not say where they are."
CUT_OFF = "That no end was cut off is certain only up to a line that was kept elsewhere."
"""What a check of the ledger says beside its finding."""

_HEADER = (
    "Alert", "Exercise", "Rule", "Kind", "Colour", "Sensor or region",
    "Township and village", "Opened", "Closed", "Written (UTC)", "Raised", "Value", "Unit",
    "Threshold", "Reason", "Acknowledged by",
    "Judged", "Judged by", "Remark", "Lead time, hours", "Lines", "Seal of the last line",
)  # fmt: skip


def level_word(level: int, language: str) -> str:
    """Return a level's colour in words."""
    return translate(LEVEL_TITLES[LEVELS[level]], language)


def why_words(found: Story, language: str) -> str:
    """Return the reason of an alert's newest change in a language."""
    return translate(found.why.template, language, **found.why.values)


def title_of(found: Story, language: str) -> str:
    """Return the title of an alert's rule."""
    rule = found.rule
    return rule.title_en if language == "en" and rule.title_en else rule.title


def place_of(found: Story, county: Twin | None, language: str) -> str:
    """Return township and village of an alert; "" where nobody knows."""
    if county is None or found.region_code is None:
        return ""
    try:
        rows = county.ancestors(county.position(found.region_code))
    except KeyError:  # the regions were loaded anew
        return ""
    names = []
    for row in rows[1:3] or rows:
        region = county.regions.iloc[row]
        english = str(region["name_en"] or "") if language == "en" else ""
        names.append(english or str(region["name"]))
    return " ".join(names)


def ledger_table(found: Iterable[Story], county: Twin | None, language: str) -> list[list[Cell]]:
    """Return a header and one row an alert, as people read it."""
    return [
        [translate(title, language) for title in _HEADER],
        *(_row(story, county, language) for story in found),
    ]


def _row(found: Story, county: Twin | None, language: str) -> list[Cell]:
    def say(template: str) -> str:
        return translate(template, language)

    verdict = found.verdict
    judged = ""
    if verdict is not None:
        judged = say(VERDICT_TITLES[verdict.verdict])
        if verdict.proposal:
            judged = translate("{verdict} (proposed by the rule)", language, verdict=judged)
    lead = found.lead_hours
    return [
        found.id, say("exercise") if found.exercise else "",
        escaped(title_of(found, language)), say(KIND_TITLES[found.kind]),
        level_word(found.peak, language) if found.kind != "fault" else "",
        escaped(found.subject), escaped(place_of(found, county, language)),
        _time(found.opened), _time(found.closed), _time(found.written),
        say(FOUND_TITLES[found.in_time]), found.value,
        say(found.rule.unit) if found.rule.unit else "",
        found.limit, escaped(why_words(found, language)),
        escaped(found.acknowledged.who) if found.acknowledged else "",
        judged, escaped(verdict.who) if verdict else "", escaped(verdict.words) if verdict else "",
        None if lead is None else round(lead, 1), len(found.lines), found.lines[-1].hash,
    ]  # fmt: skip


def _time(moment: dt.datetime | None) -> str:
    return "" if moment is None else f"{moment:%Y-%m-%d %H:%M}"


# ---------------------------------------------------------------- JSON


def ledger_json(found: Sequence[Story]) -> bytes:
    """
    Return the lines of alerts with everything that their seals are made of.

    A file of all alerts can be checked anywhere: the seal of a line is the sha256 of its other
    keys as JSON, sorted, without blanks, in UTF-8 (``alert_ledger.hash_of``).
    """
    wanted = {story.id for story in found}
    with Session(engine()) as db:
        lines = [_line(e) for e in entries(db) if e.alert_id in wanted]
    seq, seal = alerts.head_of_ledger()
    told = {"head": {"seq": seq, "hash": seal}, "lines": lines}
    return json.dumps(told, ensure_ascii=False, allow_nan=False, indent=1).encode()


def _line(entry: Entry) -> dict[str, Any]:
    return {
        "seq": entry.seq, "alert": entry.alert_id, "at": entry.at.isoformat(),
        "written": entry.written.isoformat(), "who": entry.who, "action": entry.action,
        "level": entry.level, "detail": entry.detail, "previous": entry.previous,
        "hash": entry.hash,
    }  # fmt: skip


def open_json(visitor: str, county: Twin | None, language: str) -> dict[str, Any]:
    """Return what stands open, small enough for a screen that asks every few seconds."""
    found = alerts.open_alerts(visitor)
    looked = alerts.looked()
    return {
        "looked": looked.isoformat() + "Z" if looked else None,
        "counts": {
            name: sum(s.level == level and s.kind != "fault" and not s.exercise for s in found)
            for level, name in enumerate(LEVELS)
            if level
        },
        "faults": sum(s.kind == "fault" and not s.exercise for s in found),
        "exercises": sum(s.exercise for s in found),
        "alerts": [plain_story(s, county, language) for s in found],
    }


def plain_story(found: Story, county: Twin | None, language: str) -> dict[str, Any]:
    """Return one alert as JSON knows it."""
    lead = found.lead_hours
    return {
        "id": found.id, "rule": found.rule.id, "title": title_of(found, language),
        "kind": found.kind, "level": found.level, "colour": LEVELS[found.level],
        "peak": found.peak, "subject": found.subject,
        "place": place_of(found, county, language), "lon": found.lon, "lat": found.lat,
        "opened": found.opened.isoformat(), "changed": found.changed.isoformat(),
        "closed": found.closed.isoformat() if found.closed else None,
        "value": found.value, "unit": found.rule.unit, "limit": found.limit,
        "why": why_words(found, language), "in_time": found.in_time,
        "acknowledged": found.acknowledged.who if found.acknowledged else None,
        "muted_until": found.muted_until.isoformat() + "Z" if found.muted_until else None,
        "verdict": found.verdict.verdict if found.verdict else None,
        "confirmed": found.judged, "lead_hours": lead, "exercise": found.exercise,
    }  # fmt: skip
