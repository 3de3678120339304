"""The chosen region, shared by all pages through the address, and what is near it."""

from __future__ import annotations

import re

from cockpit.answers.population import Place, place_of
from cockpit.answers.twin import Twin
from cockpit.ui import cache, map_choices, state


def current(county: Twin) -> int:
    """Return the row of the chosen region; the county's when none is chosen or it is gone."""
    top = str(county.regions["code"].iat[0])
    known: dict[str, int] = county.regions.attrs["rows"]
    return known[state.read("view.region", top, allowed=known, address="region")]


def region() -> str:
    """Return the chosen region's code."""
    county = cache.twin()
    assert county is not None  # noqa: S101 - the shell shows no such page without a county
    return str(county.regions["code"].iat[current(county)])


def near(county: Twin, position: int) -> dict[str, Place]:
    """Return the regions one may want beside another: those above, its neighbours, townships."""
    parent = int(county.regions["parent"].iat[position])
    rows = [
        *county.ancestors(position)[:-1],
        *(county.children(parent).tolist() if parent >= 0 else []),
        *county.children(position).tolist(),
        *county.children(0).tolist(),
    ]
    found = {row: place_of(county, row) for row in dict.fromkeys(rows) if row != position}
    return {place.code: place for place in found.values()}


def show() -> None:
    """Show the way from the county down to the region, its parts to go on to, and the search."""
    county = cache.twin()
    assert county is not None  # noqa: S101 - the shell shows no such page without a county
    map_choices.where(county, current(county))


_MARKS = re.compile(r"([\\`*_{}\[\]<>#|$~:])")


def plain(text: str) -> str:
    """Return text in which nothing is markup: names come from files."""
    return _MARKS.sub(r"\\\1", text)
