"""Every measure of a coverage question as plain data: what the command line and programs get."""

from __future__ import annotations

import math
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np

from cockpit.answers import coverage as answers
from cockpit.answers.coverage_cell import LISTED
from cockpit.answers.coverage_keys import KEYS
from cockpit.answers.coverage_question import matrix_minutes, rows_of, told_cells
from cockpit.answers.coverage_results import Question
from cockpit.answers.coverage_sources import source_text
from cockpit.answers.reach import Note, Reach
from cockpit.coverage.access import decay_of
from cockpit.coverage.nearest import Nearest, nearest_k
from cockpit.coverage.services import service_of
from cockpit.coverage.standard_check import Checked


def everything(reach: Reach, q: Question) -> dict[str, Any]:
    """Return every measure of a question as plain data (``KEYS``); null where there is none."""
    found = answers.summary(reach, q)
    parts: dict[str, Any] = {
        "version": reach.version,
        "date": None if reach.twin.date is None else reach.twin.date.isoformat(),
        "question": _question(reach, q),
        "summary": _without(found, "minutes", "cells", "people", "covered", "notes"),
        "within": _within(answers.within(reach, q)),
        "curve": answers.curve(reach, q),
        "villages": [_without(v, "row") for v in answers.villages(reach, q)],
        "facilities": [_without(f, "row") for f in answers.facilities(reach, q)],
        "scores": {
            key: {"title": s.title, "unit": s.unit, "mean": s.mean}
            for key, s in answers.access_scores(reach, q).items()
        },
        "supply": _without(answers.supply(reach, q), "dual_minutes", "loss", "notes"),
        "referral": _referral(reach, q),
        "sensitivity": answers.sensitivity(reach, q),
        "standards": standards(
            reach,
            [c for c in _checked(reach, q) if c.standard.service == q.service],
        ),
        "cells": _cells(reach, q),
    }
    causes, room = answers.causes(reach, q), answers.capacity(reach, q)
    equity = answers.equity(reach, q)
    parts["equity"] = {**_without(equity, "notes"), **_thinned(equity)}
    by_minutes = answers.equity(reach, q, by="minutes")
    parts["equity_minutes"] = {
        **_without(by_minutes, "notes", "by_township"),
        **_thinned(by_minutes),
    }
    parts["capacity"] = _without(room, "served", "left_over", "notes")
    parts["causes"] = {answers.CAUSE_IDS[code]: people for code, people in causes.people.items()}
    told = dict.fromkeys(
        sentence(n) for some in (found, equity, by_minutes, causes, room) for n in some.notes
    )
    parts["notes"] = list(told)
    return {key: plain(parts[key]) for key in KEYS}


def _checked(reach: Reach, q: Question) -> list[Checked]:
    return answers.health_check(reach, unit=q.unit, visitor=q.visitor, small_count=q.small_count)


def _question(reach: Reach, q: Question) -> dict[str, Any]:
    region = reach.twin.regions.iloc[q.unit]
    return {
        "service": q.service,
        "mode": q.mode,
        "minutes": q.minutes,
        "group": q.group,
        "decay": {"name": q.decay, **_without(decay_of(q.decay, q.minutes))},
        "unit": region["code"],
        "name": region["name"],
    }


def _thinned(found: answers.Equity) -> dict[str, Any]:
    """Return the Lorenz curve at each hundredth of the people: it bends at every cell."""
    at = np.linspace(0, 1, 101)
    return {"lorenz_x": at, "lorenz_y": np.interp(at, found.lorenz_x, found.lorenz_y)}


def _within(found: answers.Within) -> dict[str, Any]:
    return {
        "minutes": found.limits,
        "people": dict(zip(found.groups, found.people, strict=True)),
        "totals": dict(zip(found.groups, found.totals, strict=True)),
    }


def _referral(reach: Reach, q: Question) -> dict[str, Any]:
    found = answers.referral(
        reach, q.unit, group=q.group, visitor=q.visitor, small_count=q.small_count
    )
    kept = _without(found, "cells", "people", "total", "notes", "legs")
    kept["legs"] = [_without(leg, "legs") for leg in found.legs]
    return kept


def _cells(reach: Reach, q: Question) -> list[dict[str, Any]]:
    found = answers.summary(reach, q)
    minutes = matrix_minutes(reach, q)[found.cells]
    nearest = nearest_k(minutes, LISTED)
    told = told_cells(reach, q, found.cells)
    room, reserve = answers.capacity(reach, q), answers.supply(reach, q)
    ids = reach.facilities["id"].to_numpy()[rows_of(reach, q)]
    listed = [_listed(nearest, ids, i) for i in range(len(minutes))]
    scores = answers.access_scores(reach, q)
    causes = answers.causes(reach, q).codes
    codes = reach.codes[found.cells]
    return [
        {
            "code": codes[i],
            "people": told[i],
            "minutes": found.minutes[i],
            "nearest": next((place["id"] for place in listed[i]), None),
            "nearest_k": listed[i],
            "mean_k": nearest.mean_k[i],
            "dual_minutes": reserve.dual_minutes[i],
            "loss": reserve.loss[i],
            "served": room.served[i],
            "left_over": room.left_over[i],
            "covered": found.covered[i],
            "cause": answers.CAUSE_IDS[int(causes[i])],
            "scores": {key: s.values[i] for key, s in scores.items()},
        }
        for i in range(len(found.cells))
    ]


def _listed(nearest: Nearest, ids: Any, cell: int) -> list[dict[str, Any]]:
    """Return the nearest facilities of a cell with their minutes, those that can be reached."""
    found = zip(nearest.index[cell].tolist(), nearest.minutes[cell].tolist(), strict=True)
    return [{"id": ids[place], "minutes": minutes} for place, minutes in found if place >= 0]


def standards(reach: Reach, checked: list[Checked]) -> list[dict[str, Any]]:
    """Return checked standards as plain data, one object a standard."""
    return [plain(_standard(reach, c)) for c in checked]


def _standard(reach: Reach, c: Checked) -> dict[str, Any]:
    regions, s = reach.twin.regions, c.standard
    return {
        "id": s.id,
        "service": s.service,
        "title": s.title,
        "rule": s.rule,
        "limit": s.limit,
        "limit_unit": s.unit,
        "or_minutes": s.or_minutes,
        "or_mode": s.or_mode,
        "where": s.where,
        "mode": s.mode,
        "group": s.group,
        "kinds": service_of(s.service).kinds,
        "value": c.value,
        "unit": c.unit,
        "light": c.light,
        "goal": s.goal,
        "watch": s.watch,
        "achieved": c.achieved,
        "people": c.people_total,
        "people_missing": c.people_missing,
        "lacking": c.lacking,
        "worst": [
            {"code": regions["code"].iat[row], "name": regions["name"].iat[row], "people": people}
            for row, people in c.worst
        ],
        "source": source_text(s, "en"),
        "confirm": s.confirm,
        "changed": s.changed,
        "reason": c.reason.format(**c.values) if c.reason else "",
        "note": s.note,
    }


def sentence(note: Note) -> str:
    """Return a remark in English."""
    return note.template.format(**note.in_language("en")) if note.values else note.template


def _without(result: Any, *names: str) -> dict[str, Any]:
    return {f.name: getattr(result, f.name) for f in fields(result) if f.name not in names}


def plain(value: Any) -> Any:
    """
    Return a value as JSON knows it.

    Dataclasses become objects, arrays lists, and numbers that JSON has no word for
    (NaN, inf) null.
    """
    result = value
    if is_dataclass(value) and not isinstance(value, type):
        result = {f.name: plain(getattr(value, f.name)) for f in fields(value)}
    elif isinstance(value, dict):
        result = {str(key): plain(item) for key, item in value.items()}
    elif isinstance(value, np.ndarray | np.generic):
        result = plain(value.tolist())
    elif isinstance(value, list | tuple):
        result = [plain(item) for item in value]
    elif isinstance(value, float) and not math.isfinite(value):
        result = None
    return result
