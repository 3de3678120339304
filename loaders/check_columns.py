"""Rules about one column: codes, choices, numbers, days."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geodata.hierarchy import level_of_code, normalise_code
from loaders import rules
from loaders.catalog import DATED, Column
from loaders.check_run import Rows, Run, Unique, rows_of, unique_of

LARGEST_NUMBER = 1e15  # above it a float no longer holds every whole number


def _check_text(run: Run, column: Column) -> None:
    unique = unique_of(run.raw[column.name])
    _report_missing(run, column, unique.at)
    if column.longest:
        rows = rows_of(unique, [len(text) > column.longest for text in unique.texts])
        values: list[dict[str, object]] = [
            {"limit": column.longest, "n": len(unique.texts[at])} for at in unique.at[rows]
        ]
        run.report("text.long", column.name, rows, values=values)
    _keep(run, column.name, unique.at, unique.texts)


def _check_choice(run: Run, column: Column) -> None:
    kind, name = run.entry.kind, column.name
    unique = unique_of(run.raw[name])
    mapping = run.entry.values.get(name, {})
    choices = column.choices
    known = [mapping.get(text) or rules.choice(text, kind, name, choices) for text in unique.texts]
    known = [value if value in choices else "" for value in known]
    _report_missing(run, column, unique.at)
    wrong = rows_of(unique, [not value for value in known])
    if len(wrong):
        near = {
            text: rules.nearest_choice(text, kind, name, choices) if number < rules.GUESSES else ""
            for number, text in enumerate(sorted(set(unique.texts[unique.at[wrong]])))
        }
        listed = ", ".join(choices)
        _report_nearest(
            run,
            ("choice.unknown", "choice.nearest"),
            column,
            wrong,
            [{"choices": listed, "nearest": near[unique.texts[at]]} for at in unique.at[wrong]],
        )
    _keep(run, name, unique.at, [value or None for value in known])


def _check_code(run: Run, column: Column) -> None:
    if column.identity:
        _check_identity(run, column)
    elif column.name == "organisation" or run.entry.kind == "organisations":
        _check_organisation(run, column)
    elif run.entry.match == "name" and run.entry.kind != "regions":
        _check_region_name(run, column)
    else:
        _check_region_code(run, column)


def _check_region_code(run: Run, column: Column) -> None:
    unique = unique_of(run.raw[column.name])
    scheme: Any = run.scheme
    mapping = run.entry.values.get(column.name, {})
    codes = [normalise_code(mapping.get(text, text), scheme) for text in unique.texts]
    _report_missing(run, column, unique.at)
    _note_width(run, column, unique)
    known = run.context.known_codes
    unsound = [False] * len(codes)
    if scheme == "cn":
        unsound = _check_structure(run, column, unique, codes)
    if known is not None and run.entry.kind != "regions":
        strange = [not bad and code not in known for code, bad in zip(codes, unsound, strict=True)]
        rows = rows_of(unique, strange)
        near = {codes[at]: run.nearest(codes[at]) for at in np.unique(unique.at[rows])}
        names = run.context.region_names
        _report_nearest(
            run,
            ("code.unknown", "code.nearest"),
            column,
            rows,
            [
                {"nearest": near[codes[at]], "name": names.get(near[codes[at]], "")}
                for at in unique.at[rows]
            ],
        )
    _keep(run, column.name, unique.at, codes)


def _check_structure(run: Run, column: Column, unique: Unique, codes: list[str]) -> list[bool]:
    """Check statistical codes; return which values already have an error."""
    county = normalise_code(run.manifest.county.code)
    stems = [code.partition("-")[0] if "-" in code else code for code in codes]
    formed = [bool(level_of_code(stem)) for stem in stems]
    above = column.name == "parent" and run.entry.level == "county"
    at_home = [above or stem.startswith(county) for stem in stems]
    run.report("code.form", column.name, rows_of(unique, [not ok for ok in formed]))
    away = [ok and not home for ok, home in zip(formed, at_home, strict=True)]
    run.report("code.county", column.name, rows_of(unique, away), values={"county": county})
    odd = [
        ok and home and len(stem) >= 9 and int(stem[6:9]) not in rules.TOWNSHIP_PARTS
        for ok, home, stem in zip(formed, at_home, stems, strict=True)
    ]
    run.report("code.township", column.name, rows_of(unique, odd))
    return [not (ok and home) for ok, home in zip(formed, at_home, strict=True)]


def _check_region_name(run: Run, column: Column) -> None:
    """Find regions by name; a name that several regions of the level share is refused."""
    unique = unique_of(run.raw[column.name])
    _report_missing(run, column, unique.at)
    by_name: dict[str, list[str]] = {}
    for code, name in run.context.region_names.items():
        if run.scheme == "free" or run.entry.level in (None, level_of_code(code)):
            by_name.setdefault(rules.plain(name), []).append(code)
    mapping = run.entry.values.get(column.name, {})
    names = [rules.plain(mapping.get(text, text)) for text in unique.texts]
    hits = [by_name.get(name, [name] if name in run.context.region_names else []) for name in names]
    near = rules.nearest_names([n for n, hit in zip(names, hits, strict=True) if not hit], by_name)
    rows = rows_of(unique, [not hit for hit in hits])
    _report_nearest(
        run,
        ("name.unknown", "name.nearest"),
        column,
        rows,
        [{"nearest": near[names[at]]} for at in unique.at[rows]],
    )
    rows = rows_of(unique, [len(hit) > 1 for hit in hits])
    run.report(
        "name.ambiguous", column.name, rows, values=[{"n": len(hits[at])} for at in unique.at[rows]]
    )
    _keep(run, column.name, unique.at, [hit[0] if len(hit) == 1 else None for hit in hits])


def _check_identity(run: Run, column: Column) -> None:
    unique = unique_of(run.raw[column.name])
    _report_missing(run, column, unique.at)
    numbers = np.array([rules.plain(text).upper() for text in unique.texts], dtype=object)
    broken = np.full(len(numbers), "", dtype=object)
    for at in np.flatnonzero(~rules.identities_right(numbers)):
        broken[at] = rules.identity_fault(numbers[at])
    for rule in ("identity.length", "identity.date", "identity.check"):
        rows = rows_of(unique, broken == rule)
        found = [rules.mask_identity(text) for text in unique.texts[unique.at[rows]]]
        run.report(rule, column.name, rows, found=found)
    _keep(run, column.name, unique.at, numbers)


def _check_organisation(run: Run, column: Column) -> None:
    unique = unique_of(run.raw[column.name])
    _report_missing(run, column, unique.at)
    codes = [rules.plain(text).upper() for text in unique.texts]
    broken = [rules.organisation_fault(code) for code in codes]
    unformed = [rule == "organisation.form" for rule in broken]
    optional = run.may_do_without(column)
    run.report("organisation.form", column.name, rows_of(unique, unformed), optional=optional)
    unproved = [rule == "organisation.check" for rule in broken]
    run.report("organisation.check", column.name, rows_of(unique, unproved))
    kept = [None if bad else code for code, bad in zip(codes, unformed, strict=True)]
    _keep(run, column.name, unique.at, kept)


def _check_number(run: Run, column: Column) -> None:
    values, rows = _numbers(run, column)
    optional = run.may_do_without(column)
    with np.errstate(invalid="ignore"):
        large = np.flatnonzero(np.abs(values) >= LARGEST_NUMBER)
        negative = np.flatnonzero(values < 0)
        fraction = np.flatnonzero((values >= 0) & (values % 1 != 0))
    run.report("number.invalid", column.name, rows, optional=optional)
    run.report(
        "number.range", column.name, large, values={"limit": f"{LARGEST_NUMBER:.0e}"},
        optional=optional,
    )  # fmt: skip
    values[large] = np.nan
    if column.name not in rules.NEGATIVE_ALLOWED:
        rule = "count.negative" if column.type == "count" else "amount.negative"
        run.report(rule, column.name, negative, optional=optional)
        values[negative] = np.nan
    if column.type == "count":
        run.report("count.fraction", column.name, fraction, optional=optional)
        values[fraction] = np.nan
        whole = pd.Series(values).astype("Int64") if np.isnan(values).any() else None
        run.typed[column.name] = values.astype(np.int64) if whole is None else whole.array
    else:
        run.typed[column.name] = values


def _check_degrees(run: Run, column: Column) -> None:
    values, rows = _numbers(run, column)
    optional = run.may_do_without(column)
    run.report("number.invalid", column.name, rows, optional=optional)
    limit = 180 if column.name == "lon" else 90
    with np.errstate(invalid="ignore"):
        far = np.flatnonzero(np.abs(values) > limit)
    run.report(
        "degrees.range", column.name, far, values={"low": -limit, "high": limit}, optional=optional
    )
    values[far] = np.nan
    run.misplaced[rows] = run.misplaced[far] = True
    run.typed[column.name] = values


def _numbers(run: Run, column: Column) -> tuple[NDArray[np.float64], Rows]:
    """Return a column in its standard unit (NaN: none), and the rows that hold no number."""
    raw = run.raw[column.name]
    if pd.api.types.is_numeric_dtype(raw.dtype):
        values = raw.to_numpy(dtype=float, na_value=np.nan).copy()
        at = np.where(np.isnan(values), -1, 0)
        wrong = np.flatnonzero(np.isinf(values))
        values[wrong] = np.nan
    else:
        unique = unique_of(raw)
        at = unique.at
        texts = pd.Series(unique.texts, dtype=object)
        numbers = pd.to_numeric(texts, errors="coerce").to_numpy(dtype=float).copy()
        for place in np.flatnonzero(~np.isfinite(numbers)):
            numbers[place] = _number(unique.texts[place])
        wrong = rows_of(unique, np.isnan(numbers))
        values = np.append(numbers, np.nan)[at]
        _note_width(run, column, unique)
    _report_missing(run, column, at)
    factor = rules.UNIT_FACTORS.get((column.unit, run.entry.units.get(column.name, "")), 1)
    if factor != 1:
        values = np.round(values * factor, 6)
    return values, wrong


def _number(text: str) -> float:
    """Read a number with full-width digits or thousands separators; NaN when it is none."""
    short = rules.plain(text).replace(",", "").replace(" ", "")
    try:
        value = float(short)
    except ValueError:
        return float("nan")
    return value if np.isfinite(value) and "_" not in short else float("nan")


def _check_date(run: Run, column: Column) -> None:
    _check_moment(run, column, rules.parse_date)


def _check_time(run: Run, column: Column) -> None:
    _check_moment(run, column, rules.parse_time)


def _check_moment(
    run: Run, column: Column, parse: Callable[[str], tuple[dt.date | None, str]]
) -> None:
    raw = run.raw[column.name]
    if pd.api.types.is_datetime64_any_dtype(raw.dtype):
        naive = raw.dt.tz_localize(None) if getattr(raw.dtype, "tz", None) is not None else raw
        moments = naive.to_numpy(dtype="datetime64[us]")
        at, known = np.arange(run.n), moments
        at = np.where(np.isnat(moments), -1, at)
        broken = np.full(run.n, "", dtype=object)
    else:
        unique = unique_of(raw)
        at = unique.at
        known, broken = _moments(unique.texts, parse)
    _report_missing(run, column, at)
    optional = run.may_do_without(column)
    span = Unique(at, broken)
    for rule in ("date.form", "date.impossible", "time.form"):
        run.report(rule, column.name, rows_of(span, broken == rule), optional=optional)
    converted = rows_of(span, broken == "date.converted")
    if len(converted):
        run.note("date.converted", column.name, n=len(converted))
    today = run.context.today
    if column.name not in rules.FUTURE_ALLOWED:
        late = known >= np.datetime64(today + dt.timedelta(days=1))
        values: dict[str, object] = {"today": today.isoformat()}
        run.report(
            "date.future", column.name, rows_of(span, late), values=values, optional=optional
        )
        known = np.where(late, np.datetime64("NaT"), known)
    if column.name == "birth":
        old = known < np.datetime64(today.replace(year=today.year - rules.OLDEST_YEARS, day=1))
        values = {"limit": rules.OLDEST_YEARS}
        run.report("age.range", column.name, rows_of(span, old), values=values, optional=optional)
    else:
        old = known < np.datetime64(dt.date(rules.EARLIEST_YEAR, 1, 1))
        values = {"year": rules.EARLIEST_YEAR}
        run.report("date.early", column.name, rows_of(span, old), values=values, optional=optional)
    known = np.where(old, np.datetime64("NaT"), known)
    run.typed[column.name] = np.append(known, np.datetime64("NaT")).astype("datetime64[us]")[at]


def _moments(
    texts: NDArray[np.object_], parse: Callable[[str], tuple[dt.date | None, str]]
) -> tuple[NDArray[np.datetime64], NDArray[np.object_]]:
    """Read moments; the plain ISO ones at once, the others one by one."""
    series = pd.Series(texts, dtype="str")
    plain = series.str.fullmatch(r"\d{4}-\d\d-\d\d([ T]\d\d:\d\d(:\d\d)?)?").to_numpy(dtype=bool)
    if parse is rules.parse_date:
        plain = plain & (series.str.len().to_numpy() == 10)
    known = np.full(len(texts), np.datetime64("NaT"), dtype="datetime64[us]")
    quick = pd.to_datetime(series[plain], format="ISO8601", errors="coerce")
    known[plain] = quick.to_numpy(dtype="datetime64[us]")
    broken = np.full(len(texts), "", dtype=object)
    for at in np.flatnonzero(np.isnat(known)):
        moment, broken[at] = parse(texts[at])
        known[at] = np.datetime64("NaT") if moment is None else np.datetime64(moment, "us")
    return known, broken


def _pass(run: Run, column: Column) -> None:
    """Leave shapes to the geometry audit; only say where a required one is missing."""
    if column.required:
        missing = run.raw[column.name].isna().to_numpy()
        run.report("value.missing", column.name, np.flatnonzero(missing))


CHECK_OF_TYPE: dict[str, Callable[[Run, Column], None]] = {
    "code": _check_code,
    "text": _check_text,
    "choice": _check_choice,
    "count": _check_number,
    "amount": _check_number,
    "degrees": _check_degrees,
    "date": _check_date,
    "time": _check_time,
    "geometry": _pass,
}


def _keep(run: Run, name: str, at: Rows, values: Sequence[Any] | NDArray[np.object_]) -> None:
    table = np.empty(len(values) + 1, dtype=object)
    table[:-1] = values
    run.typed[name] = table[at]


def _report_missing(run: Run, column: Column, at: Rows) -> None:
    missing = np.flatnonzero(at < 0)
    if not len(missing):
        return
    undated = column.name == "date" and run.entry.kind in DATED and run.entry.date is None
    if column.required or undated:
        unnamed = column.name == "name" and run.entry.kind in rules.MAY_BE_UNNAMED
        run.report("value.missing", column.name, missing, optional=unnamed)
    elif len(missing) < run.n:
        run.note("value.sparse", column.name, n=len(missing), n_rows=run.n)


def _report_nearest(
    run: Run,
    pair: tuple[str, str],
    column: Column,
    rows: Rows,
    values: list[dict[str, object]],
) -> None:
    """Report under the second rule where something near is known, else under the first."""
    near = np.array([bool(value["nearest"]) for value in values], dtype=bool)
    optional = column.type == "choice" and run.may_do_without(column)
    for rule, chosen in zip(pair, (~near, near), strict=True):
        own = [values[at] for at in np.flatnonzero(chosen)]
        run.report(rule, column.name, rows[chosen], values=own, optional=optional)


def _note_width(run: Run, column: Column, unique: Unique) -> None:
    wide = [not text.isascii() and rules.plain(text).isascii() for text in unique.texts]
    rows = rows_of(unique, wide)
    if len(rows):
        run.note("text.width", column.name, n=len(rows))
