"""Headlines of residents: as counted, beside the count before."""

from __future__ import annotations

import numpy as np

from cockpit.answers.overview_parts import Headline
from cockpit.answers.twin import Twin

_FIGURES = (
    ("residents", "Residents", "people", "people", "Usual residents at the newest count."),
    ("aged", "Residents of 60 and over", "age_60_plus", "share_60_plus",
     "Usual residents of 60 years and over at the newest count."),
)  # fmt: skip
"""Id, title, measure, indicator of the map, definition."""


def headlines(county: Twin, unit: int) -> tuple[Headline, ...]:
    """
    Return residents of a unit and those of 60 and over, as far as somebody has counted them.

    They are not followed by days: a count has a date, and what it is held against is the count
    before (``parts``).
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
                page="map" if name == "residents" else "population",
                query={"indicator": indicator} if name == "residents" else {},
                sources=county.sources[measure],
                definition=definition,
                parts=_parts(county, unit, name, float(value)),
                first=county.date,
            )
        )
    return tuple(found)


def _parts(county: Twin, unit: int, name: str, value: float) -> tuple[tuple[str, float], ...]:
    measures = county.measures
    if name == "aged":
        everyone = measures["people_aged"][unit]
        return (("share of residents, %", float(100 * value / everyone)),) if everyone > 0 else ()
    before = measures["people_before"][unit]
    return () if np.isnan(before) else (("at the count before", float(before)),)
