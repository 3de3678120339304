"""Appeals as tables to take away: counts, rates, cases and topics, never a text."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from cockpit.answers.appeals import Appeals
from cockpit.answers.appeals_layers import LEVELS
from cockpit.answers.appeals_lists import (
    Asked,
    cases,
    for_a_person,
    line,
    picked,
    places,
    rising_topics,
    topic_counts,
    urgent_rows,
)
from cockpit.answers.downloads import Cell, escaped
from cockpit.appeals.urgency import TITLES_OF
from cockpit.locale import catalogue, translate

MOST_ROWS = 5000

Table = list[list[Cell]]


def table_of(known: Appeals, asked: Asked, name: str, *, visitor: str, language: str) -> Table:
    """
    Return one of ``TABLES``: a header and its rows, in a language.

    No table has a text: what people wrote stays on the server.
    """
    head, rows = TABLES[name](known, asked, visitor, language)
    return [[translate(title, language) for title in head], *rows]


def _named(name: str, language: str) -> str:
    return escaped(catalogue(language).get(name, name))


def _region(known: Appeals, row: int, language: str) -> list[Cell]:
    """Return code and name of a region; nothing where it is not known."""
    if row < 0:
        return ["", ""]
    region = known.happenings.twin.regions.iloc[row]
    name = region["name_en"] if language == "en" and region["name_en"] else region["name"]
    return [str(region["code"]), escaped(str(name))]


def _when(time: np.datetime64) -> str:
    return str(time.astype("datetime64[m]")).replace("T", " ")


def _places(
    level: str, known: Appeals, asked: Asked, visitor: str, language: str
) -> tuple[list[str], Table]:
    found = places(known, picked(known, asked), asked.unit, level, visitor)
    rows: Table = [
        [*_region(known, int(row), language), k, _known(p, 0), _known(raw, 1), _known(rate, 1)]
        for row, k, p, raw, rate in zip(
            found.rows.tolist(),
            found.counts.tolist(),
            found.people.tolist(),
            found.raw.tolist(),
            found.rate.tolist(),
            strict=True,
        )
    ]  # fmt: skip
    head = [
        "Code",
        "Name",
        "Appeals",
        "Residents",
        "Appeals per 10,000 residents",
        "The same, small places smoothed",
    ]
    return head, rows


def _known(value: float, decimals: int) -> Cell:
    if math.isnan(value):
        return None
    return round(value, decimals) if decimals else round(value)


def _topics(known: Appeals, asked: Asked, visitor: str, language: str) -> tuple[list[str], Table]:
    del visitor
    rows: Table = [
        [_named(known.topics[k], language), _named(known.department(k), language), n, urgent]
        for k, n, urgent in topic_counts(known, picked(known, asked))
    ]
    return ["Topic", "Usual department", "Appeals", "Urgent"], rows


def _rising(known: Appeals, asked: Asked, visitor: str, language: str) -> tuple[list[str], Table]:
    del visitor, language
    rows: Table = [
        [
            escaped(topic.phrase),
            escaped("、".join(topic.words)),
            topic.now,
            topic.before,
            None if math.isinf(topic.ratio) else round(topic.ratio, 1),
            float(f"{topic.p:.2g}"),
        ]
        for topic in rising_topics(known, asked).topics
    ]
    head = ["Phrase", "With it", "Last 4 weeks", "The year before", "Times as many a week", "p"]
    return head, rows


def _repeats(known: Appeals, asked: Asked, visitor: str, language: str) -> tuple[list[str], Table]:
    found, _ = cases(known, picked(known, asked), visitor, most=MOST_ROWS)
    rows: Table = [
        [
            case.lines[0].id,
            _named(case.lines[0].topic, language),
            *_region(known, case.lines[0].region, language),
            case.n,
            _when(case.first),
            _when(case.last),
            round(case.alike, 2),
            case.open,
        ]
        for case in found
    ]
    head = ["First appeal", "Topic", "Code", "Name", "Appeals", "First", "Last", "Least likeness",
            "Still open"]  # fmt: skip
    return head, rows


def _urgent(known: Appeals, asked: Asked, visitor: str, language: str) -> tuple[list[str], Table]:
    rows: Table = []
    for row in urgent_rows(known, picked(known, asked), MOST_ROWS).tolist():
        one = line(known, row, visitor)
        signs = "、".join(translate(TITLES_OF[s.sign], language) for s in one.signs)
        rows.append(
            [
                one.id,
                _when(one.time),
                _named(one.topic, language),
                _named(one.department, language),
                *_region(known, one.region, language),
                signs,
                translate("not yet closed" if one.open else "closed by its office", language),
            ]
        )
    return [
        "Number",
        "Time",
        "Topic",
        "Usual department",
        "Code",
        "Name",
        "Signs",
        "Still open",
    ], rows


def _person(known: Appeals, asked: Asked, visitor: str, language: str) -> tuple[list[str], Table]:
    rows: Table = []
    for row in for_a_person(known, picked(known, asked))[:MOST_ROWS].tolist():
        one = line(known, row, visitor)
        rows.append(
            [
                one.id,
                _when(one.time),
                _named(one.topic, language) if one.stated else "",
                _named(one.suggested, language),
                _known(one.confidence, 2),
            ]
        )
    return ["Number", "Time", "Registered topic", "Suggested topic", "Confidence"], rows


def _of_level(level: str) -> Callable[[Appeals, Asked, str, str], tuple[list[str], Table]]:
    return lambda known, asked, visitor, language: _places(level, known, asked, visitor, language)


TABLES: dict[str, Callable[[Appeals, Asked, str, str], tuple[list[str], Table]]] = {
    **{level: _of_level(level) for level in LEVELS},
    "topics": _topics,
    "rising": _rising,
    "repeats": _repeats,
    "urgent": _urgent,
    "person": _person,
}
"""Name in an address -> what makes the table."""
FILE_TITLES = {
    "township": "Appeals by township",
    "village": "Appeals by village",
    "grid": "Appeals by grid",
    "topics": "Topics of appeals",
    "rising": "Rising topics",
    "repeats": "Repeat cases",
    "urgent": "Urgent appeals",
    "person": "Appeals for a person to look at",
}
