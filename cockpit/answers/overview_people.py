"""Headlines of residents: as counted, beside the count before."""

from __future__ import annotations

import numpy as np

from cockpit.answers.overview_parts import Gap, Headline
from cockpit.answers.twin import Twin
from cockpit.memo.words import percent, signed

_FIGURES = (
    ("residents", "Residents", "people", "people", "Usual residents at the newest count."),
    ("aged", "Residents of 60 and over", "age_60_plus", "age_60_plus_share",
     "Usual residents of 60 years and over at the newest count."),
)  # fmt: skip
"""Id, title, measure, indicator of the map, definition."""


def headlines(county: Twin, unit: int) -> tuple[Headline, ...]:
    """
    Return residents of a unit and those of 60 and over, as far as somebody has counted them.

    They are not followed by days: a count has a date, and what it is held against is the count
    before (``note``).
    """
    found = []
    for name, title, measure, indicator, definition in _FIGURES:
        value = county.measures[measure][unit]
        if np.isnan(value):
            continue
        found.append(
            Headline(
                name,
                title,
                "people",
                float(value),
                0,
                county.date,
                county.classes[measure],
                page="map",
                query={"indicator": indicator},
                sources=county.sources[measure],
                definition=definition,
                note=_note(county, unit, name, float(value)),
                first=county.date,
            )
        )
    return tuple(found)


def _note(county: Twin, unit: int, name: str, value: float) -> Gap:
    measures = county.measures
    if name == "aged":
        everyone = float(measures["people_aged"][unit])
        if not everyone > 0:
            return "", {}
        return "{share} of all residents", {"share": percent(value / everyone)}
    before = float(measures["people_before"][unit])
    if np.isnan(before) or county.date_before is None:
        return "no count before this one", {}
    told = {"difference": signed(value - before), "date": county.date_before}
    return "{difference} against the count of {date}", told
