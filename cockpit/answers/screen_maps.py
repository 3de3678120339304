"""The map of a scene: values, colours, heights, hatching and legend of its regions."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cockpit.answers import map as maps
from cockpit.answers.map import MapAnswer
from cockpit.answers.screen_places import Frame
from cockpit.answers.screen_view import Json, View, known, name_of
from cockpit.answers.twin import Twin
from cockpit.breaks import Breaks
from cockpit.indicators import INDICATORS
from cockpit.look import tokens
from cockpit.screen.scenes import MapSpec
from cockpit.settings import settings

_LABELS = 24
_COUNTED = {
    "county": "no. of counties", "township": "no. of townships", "village": "no. of villages",
    "grid": "no. of grids",
}  # fmt: skip
"""What the figure at a row of the legend counts (a msgid), by level."""
_MARKS = 400
"""More marks than this are a grey area, not a map."""


def map_of(view: View, frame: Frame, spec: MapSpec, county: Twin, *, unit: int = 0) -> Json:
    """
    Return the map of an indicator over the regions of a level in a unit (a row).

    Raises
    ------
    InputError
        If the indicator is not known here or not open to the visitor.
    """
    answer = maps.map_answer(
        county, spec.indicator, unit, spec.level,
        scheme=spec.classification, n_classes=spec.classes,
        visitor=view.seen, small_count=settings().small_count,
    )  # fmt: skip
    codes = [str(code) for code in county.regions["code"].iloc[answer.rows]]
    indicator = answer.indicator
    made = coloured(
        view, frame, codes, answer.values, answer.breaks,
        level=spec.level, ramp=ramp_of(view, answer.breaks, spec.ramp, indicator.diverging),
        texts=limits(answer, view), title=view.say(indicator.title),
        unit=view.unit(indicator.unit), masked=answer.masked,
    )  # fmt: skip
    made["heights"] = _heights(view, spec, county, answer, codes) if spec.heights else None
    made["focus"] = _focus(frame, view.select or spec.focus)
    made["labels"] = labels_of(view, frame, county)
    made["turn"] = spec.turn and not made["focus"]
    return made


def coloured(
    view: View,
    frame: Frame,
    codes: Sequence[str],
    values: NDArray[np.float64],
    breaks: Breaks,
    *,
    level: str,
    ramp: Sequence[str],
    texts: Sequence[str],
    title: str,
    unit: str,
    masked: NDArray[np.bool_] | None = None,
    note: str = "",
) -> Json:
    """
    Return a map of values in classes; regions without a place are left out.

    ``texts`` are the legend's words for each class; ``masked`` regions have a count too small to
    be shown, and are hatched as those that nobody has counted, in a colour of their own.
    """
    there = [k for k, code in enumerate(codes) if frame.place(code) is not None]
    classes = breaks.class_of(values)
    hidden = np.zeros(len(codes), dtype=bool) if masked is None else masked
    tokens_now = view.tokens
    colours, hatched, shown = {}, [], {}
    for k in there:
        code = codes[k]
        shown[code] = known(float(values[k]))
        if classes[k] >= 0:
            colours[code] = ramp[int(classes[k])]
        else:
            hatched.append(code)
            colours[code] = tokens_now.masked if hidden[k] else tokens_now.no_data
    rows: list[Json] = [
        {"colour": colour, "label": text, "n": n}
        for colour, text, n in zip(ramp, texts, breaks.counts, strict=True)
    ]
    n_masked = int(hidden.sum())
    if n_masked:
        rows.append({
            "colour": tokens_now.masked, "label": view.say("not shown"),
            "n": n_masked, "hatched": True,
        })  # fmt: skip
    if breaks.n_missing - n_masked > 0:
        rows.append({
            "colour": tokens_now.no_data, "label": view.say("no data"),
            "n": breaks.n_missing - n_masked, "hatched": True,
        })  # fmt: skip
    return {
        "version": view.version(frame.version), "level": level, "values": shown,
        "colours": colours, "heights": None, "hatched": hatched, "focus": None, "labels": [],
        "outlines": "township" if level in ("village", "grid") else "county",
        "marks": [], "heat": None,
        "legend": {
            "title": title, "unit": unit, "rows": rows, "note": note,
            "counted": view.say(_COUNTED[level]),
        },
        "turn": True,
    }  # fmt: skip


def plain(view: View, frame: Frame, level: str, title: str) -> Json:
    """Return a map without values: borders alone, for what is told by marks."""
    codes = [frame.codes[row] for row in frame.rows(level)]
    none = Breaks((), (), math.nan, (), 0)
    made = coloured(
        view, frame, [], np.empty(0), none, level=level, ramp=(), texts=(), title=title, unit=""
    )
    made["values"] = dict.fromkeys(codes)
    made["colours"] = dict.fromkeys(codes, view.tokens.panel)
    return made


def ramp_of(view: View, breaks: Breaks, ramp: str, diverging: bool) -> tuple[str, ...]:
    """Return the colours of the classes, as the page Map has them."""
    n = len(breaks.uppers)
    return tokens.ramp("change" if diverging else ramp, n, view.tokens) if n else ()


def limits(answer: MapAnswer, view: View) -> list[str]:
    """Return each class's limits as the page Map prints them: "12 – 40"."""
    indicator = answer.indicator
    whole = indicator.decimals == 0 and indicator.additive
    return class_texts(view, answer.breaks, indicator.decimals, whole=whole)


def class_texts(view: View, breaks: Breaks, decimals: int, *, whole: bool) -> list[str]:
    """Return the limits of classes; ``whole``: things are counted, so classes share no number."""
    texts = []
    for k, upper in enumerate(breaks.uppers):
        lower = breaks.lowest if k == 0 else breaks.uppers[k - 1]
        if k > 0 and whole and not breaks.diverging:
            lower = min(math.floor(lower) + 1, upper)
        low, high = view.number(lower, decimals), view.number(upper, decimals)
        texts.append(high if low == high else f"{low} – {high}")
    return texts


def _heights(
    view: View, spec: MapSpec, county: Twin, answer: MapAnswer, codes: Sequence[str]
) -> Mapping[str, float]:
    """Return how tall each region stands, 0 to 1, in proportion to its figure."""
    if spec.heights == spec.indicator:
        values = answer.values
    else:
        values = maps.map_answer(
            county, spec.heights, answer.unit, spec.level, visitor=view.seen,
            small_count=settings().small_count,
        ).values  # fmt: skip
    return heights_of(codes, values)


def heights_of(codes: Sequence[str], values: NDArray[np.float64]) -> dict[str, float]:
    """Return values in proportion to the largest, 0 to 1; none below zero or missing."""
    size = np.clip(np.nan_to_num(values), 0, None)
    most = float(size.max(initial=0.0))
    return {
        code: round(float(v) / most, 4) if most else 0.0
        for code, v in zip(codes, size, strict=True)
    }


def _focus(frame: Frame, code: str) -> str | None:
    return code if code and frame.place(code) is not None else None


def labels_of(view: View, frame: Frame, county: Twin) -> list[Json]:
    """Return the names of the townships."""
    rows = [int(row) for row in county.below(0, "township")][:_LABELS]
    codes = county.regions["code"]
    return [
        {"code": str(codes.iat[row]), "text": name_of(county, row, view.language)}
        for row in rows
        if frame.place(str(codes.iat[row])) is not None
    ]


def places_of(view: View, frame: Frame) -> list[Json]:
    """Return the names of the townships from their places alone, as the public may know them."""
    pick = 1 if view.language == "en" else 0
    rows = [int(row) for row in frame.rows("township")][:_LABELS]
    return [{"code": frame.codes[row], "text": frame.names[row][pick]} for row in rows]


def mark(
    at: tuple[int, int] | None, shape: str, colour: str, label: str,
    *, pulse: bool = False, size: int = 1,
) -> list[Json]:  # fmt: skip
    """Return a mark in a list; an empty one where nobody knows the place."""
    if at is None:
        return []
    return [{
        "x": at[0], "y": at[1], "shape": shape, "colour": colour, "label": label,
        "pulse": pulse, "size": size,
    }]  # fmt: skip


def few_marks(marks: list[Json]) -> list[Json]:
    """Return as many marks as a map can show."""
    return marks[:_MARKS]


def title_of(indicator: str) -> str:
    """Return an indicator's title (a msgid)."""
    return INDICATORS[indicator].title


def heat_of(frame: Frame, lon: Any, lat: Any) -> list[Json]:
    """Return events as heat: one entry a place, ``w`` events there; those without place none."""
    x, y = frame.moved(np.asarray(lon, dtype=float), np.asarray(lat, dtype=float))
    there = ~np.isnan(x)
    xy = np.rint(np.column_stack((x[there], y[there]))).astype(np.int64)
    if not len(xy):
        return []
    places, n = np.unique(xy, axis=0, return_counts=True)
    return [{"x": int(p[0]), "y": int(p[1]), "w": int(w)} for p, w in zip(places, n, strict=True)]
