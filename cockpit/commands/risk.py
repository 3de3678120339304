"""``python -m cockpit risk``: every method of risk on plain files, for people and for programs."""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cockpit.answers.downloads import as_csv, as_xlsx
from cockpit.commands import risk_criteria, risk_forecasts, risk_places, risk_spots, risk_times
from cockpit.commands.output import replaced, require_writable
from cockpit.commands.risk_cases import Case, Found, case_of, outside_of
from cockpit.locale import catalogue, translate
from geodata.errors import InputError
from loaders.export import escape_formulas

_ENDINGS = ("json", "csv", "xlsx", "geojson")
_FEW = 99  # permutations
_SHOWN = 12  # rows that a terminal shows
_OF_EVENTS: dict[str, Callable[[Case, argparse.Namespace], Found]] = {
    "density": risk_places.heat,
    "gi": risk_spots.gi,
    "moran": risk_spots.moran,
    "hotspots": risk_spots.hot,
    "eb": risk_places.rates_of,
    "spatial-eb": risk_places.rates_of,
    "scan": risk_places.clusters,
    "emerging": risk_spots.histories,
    "near-repeat": risk_times.repeats,
    **dict.fromkeys(("c1", "c2", "c3", "cusum", "seasonal"), risk_times.unusual_days),
    "forecast": risk_forecasts.next_period,
    "backtest": risk_forecasts.judged,
}
_CLASSES = frozenset({"spot", "kind", "history", "map"})  # columns of words, not of names
_UNTIMED = ("density", "gi", "moran", "hotspots", "eb", "spatial-eb")
_OF_TABLES: dict[str, Callable[[argparse.Namespace], Found]] = {
    "rule": risk_times.warnings_of,
    "composite": risk_criteria.index,
    "impact": risk_criteria.affected,
}


def run(given: argparse.Namespace) -> int:
    """Answer and print or write; return 0."""
    ending = given.output.suffix.lstrip(".").lower() if given.output else ""
    if given.output and ending not in _ENDINGS:
        raise InputError(
            "{file}: unknown ending; expected one of {known}.",
            file=given.output.name, known=", ".join(_ENDINGS),
        )  # fmt: skip
    if given.output:
        require_writable(given.output)
    _note_few(given)
    found, plain = _answer(given)
    if not given.output:
        _show(found, plain, given)
        return 0
    body = _as_file(found, plain, ending)
    with replaced(given.output) as file:
        file.write_bytes(body)
    print(translate("{file}: written.", given.lang, file=given.output.name))
    return 0


def _note_few(given: argparse.Namespace) -> None:
    """Say that few permutations cannot tell much."""
    n = given.permutations
    if n is not None and n < _FEW:
        sentence = "With {n} permutations no p-value is below {p}; {few} or more tell better."
        told = translate(sentence, given.lang, n=n, p=f"{1 / (n + 1):.3g}", few=_FEW)
        print(told, file=sys.stderr)


def _answer(given: argparse.Namespace) -> tuple[Found, dict[str, Any]]:
    head = {"method": given.method, "file": Path(given.file).name, "seed": given.seed}
    if given.method in _OF_TABLES:
        found = _OF_TABLES[given.method](given)
        return found, {**head, **found.plain}
    timed = given.method not in _UNTIMED or bool(given.start or given.end)
    case = case_of(given, timed=timed)
    found = _OF_EVENTS[given.method](case, given)
    n_outside, outside = outside_of(case)
    head |= {
        "events": len(case.x), "outside": n_outside,
        "left_out": [vars(one) for one in (*case.events.left_out, *outside)],
    }  # fmt: skip
    _warn(case, n_outside, given.lang)
    return found, {**head, **found.plain}


def _warn(case: Case, n_outside: int, language: str) -> None:
    """Name the first row that is not counted for each reason, and how many there are."""
    say = partial(print, file=sys.stderr)
    for reason in dict.fromkeys(one.expected for one in case.events.left_out):
        out = [one for one in case.events.left_out if one.expected == reason]
        say(translate(
            "{file}, row {row}: {column} is {found}; expected {expected}. Rows left out: {n}.",
            language, file=case.events.file, row=out[0].row, column=out[0].column,
            found=out[0].found, expected=translate(reason, language), n=len(out),
        ))  # fmt: skip
    if n_outside:
        say(translate(
            "{file}: events in none of the areas, not counted there: {n}, the first in row {row}.",
            language, file=case.events.file, n=n_outside,
            row=int(case.events.rows[case.area < 0][0]),
        ))  # fmt: skip


def _show(found: Found, plain: dict[str, Any], given: argparse.Namespace) -> None:
    if given.json:
        print(as_json(plain))
        return
    print(translate(found.sentence, given.lang, **found.values))
    if not len(found.rows):
        return
    print()
    with pd.option_context(
        "display.width", 110, "display.max_columns", 12, "display.unicode.east_asian_width", True
    ):
        rows = in_words(_printable(found.rows.head(_SHOWN)), given.lang)
        print(rows.to_string(index=False, max_colwidth=40))
    if len(found.rows) > _SHOWN:
        print(translate("... and {n} more.", given.lang, n=len(found.rows) - _SHOWN))


def _printable(rows: pd.DataFrame) -> pd.DataFrame:
    """Return a table in which a list is its members, and figures have four digits."""
    made = rows.copy()
    for name in made:
        if made[name].map(lambda one: isinstance(one, np.ndarray)).any():
            made[name] = made[name].map(lambda many: " ".join(map(str, many)))
        elif name in ("lon", "lat"):
            made[name] = made[name].map("{:.5f}".format)
        elif made[name].dtype == np.float64:
            made[name] = made[name].map(lambda one: f"{one:.4g}")
    return made


def in_words(rows: pd.DataFrame, language: str) -> pd.DataFrame:
    """Return a table with headers and classes in a language; files keep the English ones."""
    if language == "en":
        return rows
    made = rows.copy()
    for name in _CLASSES.intersection(made.columns):
        made[name] = made[name].map(lambda one: _class_word(str(one), language))
    return made.rename(columns=lambda name: _header(str(name), language))


def _class_word(name: str, language: str) -> str:
    known = catalogue(language)
    word, _, width = name.partition(" ")
    if width.endswith(" m"):  # a kernel and its metres
        return f"{known.get(f'risk class: {word}', word)} {width}"
    return known.get(f"risk class: {name}") or known.get(name, name)


def _header(name: str, language: str) -> str:
    """Return a header in words; "from fire" keeps the name that the file gave."""
    known = catalogue(language)
    if f"risk column: {name}" in known:
        return known[f"risk column: {name}"]
    for mark in ("from_", "from ", "affected "):
        if name.startswith(mark):
            rest = name.removeprefix(mark)
            word = known[f"risk column: {mark.rstrip('_ ')} {{name}}"]
            return word.format(name=known.get(f"risk column: part {rest}", rest))
    return name


def _as_file(found: Found, plain: dict[str, Any], ending: str) -> bytes:
    rows = escape_formulas(found.rows)
    for name in rows:
        if rows[name].map(lambda one: isinstance(one, np.ndarray)).any():
            rows[name] = rows[name].map(lambda many: " ".join(map(str, many)))
    if ending == "json":
        return as_json(plain).encode()
    if ending in ("csv", "xlsx"):
        cells = rows.astype(object).where(rows.notna(), None).to_numpy().tolist()
        table = [[str(name) for name in rows], *cells]
        return as_csv(table) if ending == "csv" else as_xlsx(table, str(plain["method"]))
    if found.shapes is None:
        raise InputError("This method has no places to draw; write csv, xlsx or json.")
    return _geojson(rows, found.shapes)


def _geojson(rows: pd.DataFrame, shapes: NDArray[np.object_]) -> bytes:
    frame = gpd.GeoDataFrame(rows, geometry=list(shapes), crs="EPSG:4326")
    return str(frame.to_json(na="null", drop_id=True, ensure_ascii=False)).encode()


def as_json(plain: object) -> str:
    """Return plain values, arrays and tables as JSON; what is no number becomes null."""
    return json.dumps(_plain(plain), ensure_ascii=False, indent=1, allow_nan=False)


def _plain(value: Any) -> Any:
    if isinstance(value, pd.DataFrame):
        return [_plain(row) for row in value.to_dict("records")]
    if isinstance(value, dict):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, np.ndarray | list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, np.generic):
        return _plain(value.item())
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value
