"""A briefing in one language, ready to be laid out: the same words in every form."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Literal

from cockpit.memo.content import Language, Picture, Table

Mood = Literal["better", "worse", "same"]


@dataclass(frozen=True)
class Change:
    """A figure against an earlier time, with whether that is good."""

    text: str
    mood: Mood


@dataclass(frozen=True)
class Card:
    """One headline figure."""

    id: str
    label: str
    figure: str
    unit: str
    light: Literal["good", "watch", "bad", "none"]
    light_word: str
    target: str
    changes: tuple[Change, ...]


@dataclass(frozen=True)
class Place:
    """A village that needs attention."""

    number: str  # as on the map
    name: str
    township: str
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Alarm:
    """An open alert."""

    number: str  # as on the map
    level: int  # 1 to 4
    level_word: str
    title: str
    place: str
    since: str
    doing: str


@dataclass(frozen=True)
class Section:
    """A heading, what to say when nothing stands below it, and how many more there are."""

    heading: str
    empty: str = ""
    more: str = ""


@dataclass(frozen=True)
class Page:
    """The whole page."""

    language: Language
    kind: str  # "Daily briefing"
    title: str  # county and kind
    issue: str  # "No. 2025-304"
    date: str
    as_of: str
    marks: tuple[str, ...]  # data class; invented county
    author: str
    cards: tuple[Card, ...]
    changed: Section
    sentences: tuple[str, ...]
    attention: Section
    places: tuple[Place, ...]
    place_head: tuple[str, str, str]
    warnings: Section
    alarms: tuple[Alarm, ...]
    differs: Section
    differences: tuple[str, ...]
    origin: Section
    sources: tuple[str, ...]
    method: tuple[str, ...]
    check: str
    checked: Table  # each recomputed figure with its id and lineage; to open in HTML alone
    check_title: str
    picture: Picture
    footer: str
    page_words: str  # "page {page} of {pages}", filled by the paper form
    made: dt.datetime  # of the data: never of the clock
