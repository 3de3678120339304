"""Two saved plans, or one beside today, as minutes of way in every cell."""

from __future__ import annotations

import math

import numpy as np
from sqlalchemy.orm import Session

from cockpit.access.classes import highest
from cockpit.answers.compare import Asked, Compared, Floats, Side, finished
from cockpit.answers.reach import Reach
from cockpit.answers.scenario_compare import compare
from cockpit.answers.scenario_reopen import reopened
from cockpit.answers.scenario_store import scenario
from cockpit.answers.siting_figures import Figures
from geodata.errors import InputError

TODAY = 0
"""Stands for the facilities as they are, in the place of a scenario's number."""


def by_scenario(db: Session, reach: Reach, asked: Asked, *, visitor: str) -> Compared:
    """
    Return the minutes to the nearest facility under two plans, cell by cell of their question.

    Both are computed on the data of today, as on the page Scenarios, and capped alike where there
    is no way.

    Raises
    ------
    InputError
        If a number is none, both are today, or the plans are of different questions.
    CockpitError
        As ``scenario`` and ``reopened``.
    """
    numbers = [_number(asked.a), _number(asked.b)]
    chosen = [scenario(db, n, visitor=visitor) for n in numbers if n != TODAY]
    if not chosen:
        raise InputError("Choose at least one saved scenario.")
    found = [reopened(reach, one, visitor=visitor).figures for one in chosen]
    if len(found) == 2 and numbers[0] != numbers[1]:
        compare(list(zip((s.title for s in chosen), found, strict=True)))  # of one question
    figures: dict[int, Figures] = dict(zip((s.id for s in chosen), found, strict=True))
    ground = found[0].ground
    rows = reach.rows[ground.cells]
    sides = []
    for n in numbers:
        seconds = found[0].before if n == TODAY else figures[n].after
        minutes: Floats = ground.minutes(seconds)
        sides.append(Side(minutes, np.zeros(len(rows), dtype=bool), math.nan))
    return finished(
        reach.twin, asked, rows, sides[0], sides[1], unit="minutes", decimals=1,
        data_class=highest(s.data_class for s in chosen),
    )  # fmt: skip


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise InputError("There is no scenario {number}.", number=text[:20])
    return int(text)
