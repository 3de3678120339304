"""
Checks a table in standard columns: good rows typed, bad rows worded as findings.

Rules run on the different values of a column, before typing. A schema library (pandera) judges
typed rows only, knows no spellings and suggestions, and takes as long for them as all of this; the
tests hold the good rows against such a schema.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geodata.errors import DataFileError
from geodata.hierarchy import level_of_code, normalise_code, parent_by_prefix
from loaders import rules
from loaders.catalog import COLUMNS, Column
from loaders.manifest import Dataset, Manifest
from loaders.table import Finding, ReadContext, Severity

BOX_MARGIN_DEGREES = 0.001  # about 100 m: borders of different sources never agree to the metre
LARGEST_NUMBER = 1e15  # above it a float no longer holds every whole number
LONGEST_FOUND, LONGEST_TEXT = 200, 2000  # characters: one hostile cell must not fill the store
MEANING = {"regions", "population", "households", "vulnerable"}
"""Kinds in which a wrong value in any column makes the row say something else."""

Rows = NDArray[np.int64]
Values = dict[str, object] | Sequence[dict[str, object]]


class _Unique(NamedTuple):
    """A text column as its different values: ``at`` is -1 where nothing stands."""

    at: Rows  # (n_rows,)
    texts: NDArray[np.object_]  # (n_unique,)


@dataclass(frozen=True)
class _Issue:
    rule: str
    column: str
    rows: Rows
    found: Sequence[str]
    values: Values
    severity: Severity


def check_table(
    table: pd.DataFrame, *, entry: Dataset, manifest: Manifest, context: ReadContext
) -> tuple[pd.DataFrame, list[Finding]]:
    """
    Check a table and type its columns.

    Parameters
    ----------
    table
        Standard columns of ``loaders.catalog`` for the kind as text, numbers or dates, missing as
        None or NaN, and ``row`` (1-based row of the source; the position if missing). Geometry and
        unknown columns pass through.
    entry, manifest
        The data set and its county. ``entry.values``, ``constant``, ``units`` and ``date`` are
        applied here to whatever they fit.
    context
        The county's box, the known region codes and names, and today.

    Returns
    -------
    table
        The good rows, index from 0. Codes, text and choices as ``str`` (missing: None); counts
        ``int64`` (``Int64`` where one is missing); amounts and degrees ``float64``; dates and times
        ``datetime64[us]``. A bad value in a column that the row can do without (the capacity of a
        school) is emptied with a warning; other bad values cost the row.
    findings
        In row order, those of the whole file first. Nothing is capped.

    Raises
    ------
    DataFileError
        If a required column is missing.
    """
    run = _Run(table, entry, manifest, context)
    for column in run.columns:
        _TYPES[column.type](run, column)
    if entry.kind == "persons":
        _check_person(run)
    _check_places(run)
    _check_order(run)
    if entry.kind == "regions":
        _check_parents(run)
    if entry.kind == "population":
        _check_totals(run)
    _check_duplicates(run)
    _check_age_of_data(run)
    return run.good_rows(), run.findings()


class _Run:
    """What is known about one table while it is checked."""

    def __init__(
        self, table: pd.DataFrame, entry: Dataset, manifest: Manifest, context: ReadContext
    ) -> None:
        self.entry, self.manifest, self.context = entry, manifest, context
        self.raw = _with_constants(table, entry)
        self.n = len(table)
        known = {column.name: column for column in COLUMNS[entry.kind]}
        self._require(known)
        self.columns = [column for name, column in known.items() if name in self.raw]
        self.typed: dict[str, NDArray[Any]] = {}
        self.keys: dict[str, Rows] = {}  # column to small whole numbers, equal where values are
        self.bad = np.zeros(self.n, dtype=bool)
        self.dropped = np.zeros(self.n, dtype=bool)
        self.misplaced = np.zeros(self.n, dtype=bool)  # a wrong degree has been told already
        self.issues: list[_Issue] = []
        given = table["row"] if "row" in table else pd.Series(np.arange(1, self.n + 1))
        self.row = given.to_numpy(dtype=np.int64)
        self.nearest = rules.Nearest(context.known_codes or frozenset())

    def _require(self, known: dict[str, Column]) -> None:
        missing = [c.name for c in known.values() if c.required and c.name not in self.raw]
        if missing and self.n:
            raise DataFileError(
                "{file}: missing column {column}. Found: {columns}.",
                file=_file(self.entry),
                column=missing[0],
                columns=", ".join(name for name in self.raw if name != "row"),
            )

    @property
    def scheme(self) -> str:
        return self.manifest.county.code_scheme

    def has(self, *columns: str) -> bool:
        return all(column in self.typed for column in columns)

    def report(
        self,
        rule: str,
        column: str,
        rows: Rows,
        *,
        values: Values | None = None,
        found: Sequence[str] | None = None,
        optional: bool = False,
    ) -> None:
        """Note that rows break a rule; an error costs the row, unless the value is optional."""
        if not len(rows):
            return
        severity = rules.RULES[rule].severity
        if severity == "error" and optional:
            severity = "warning"
        if severity == "error":
            self.bad[rows] = True
        if found is None:
            found = _shown(self.raw[column], rows)
        self.issues.append(_Issue(rule, column, rows, found, values or {}, severity))

    def note(self, rule: str, column: str, **values: object) -> None:
        """Tell one thing about the whole file."""
        self.issues.append(
            _Issue(rule, column, np.array([-1]), [""], values, rules.RULES[rule].severity)
        )

    def may_do_without(self, column: Column) -> bool:
        """Whether a row is still worth storing when this value is wrong."""
        return not column.required and self.entry.kind not in MEANING

    def good_rows(self) -> pd.DataFrame:
        """Return the rows without an error, typed."""
        kept = np.flatnonzero(~(self.bad | self.dropped))
        out: dict[str, Any] = {"row": self.row[kept]}
        for name in self.raw.columns:
            if name in self.typed:
                out[name] = _series(self.typed[name][kept])
            elif name not in ("row", "geometry"):
                out[name] = self.raw[name].iloc[kept].reset_index(drop=True)
        table = pd.DataFrame(out)
        if "geometry" not in self.raw:
            return table
        shapes = self.raw["geometry"].iloc[kept].reset_index(drop=True)
        if isinstance(self.raw, gpd.GeoDataFrame):
            return gpd.GeoDataFrame(table, geometry=gpd.GeoSeries(shapes, crs=self.raw.crs))
        return table.assign(geometry=shapes)

    def findings(self) -> list[Finding]:
        """Word every issue, in row order, those of the whole file first."""
        texts = self._row_texts()
        told = [
            (self.row[row] if row >= 0 else -1, number, finding)
            for number, issue in enumerate(self.issues)
            for row, finding in zip(
                issue.rows.tolist(), self._findings_of(issue, texts), strict=True
            )
        ]
        return [finding for _, _, finding in sorted(told, key=lambda one: one[:2])]

    def _findings_of(self, issue: _Issue, texts: dict[int, str]) -> Iterator[Finding]:
        rule, file = rules.RULES[issue.rule], _file(self.entry)
        for place, row in enumerate(issue.rows.tolist()):
            values = issue.values if isinstance(issue.values, dict) else issue.values[place]
            yield Finding(
                dataset=self.entry.id,
                file=file,
                row=int(self.row[row]) if row >= 0 else None,
                column=issue.column,
                rule=rule.name,
                dimension=rule.dimension,
                severity=issue.severity,
                found=issue.found[place][:LONGEST_FOUND],
                expected=rule.expected,
                values=dict(values),
                text=texts[row] if issue.severity == "error" else "",
            )

    def _row_texts(self) -> dict[int, str]:
        """Return every row that is lost as one masked line of text."""
        lost = [issue.rows for issue in self.issues if issue.severity == "error"]
        if not lost:
            return {}
        rows = np.unique(np.concatenate(lost))
        names = [name for name in self.raw.columns if name not in ("row", "geometry")]
        cells = [_texts_at(self.raw[name], rows) for name in names]
        for place, name in enumerate(names):
            if self.entry.kind == "persons" and name == "identity":
                cells[place] = [rules.mask_identity(text) for text in cells[place]]
        lines = (
            rules.mask_text("; ".join(map("{}={}".format, names, line)))[:LONGEST_TEXT]
            for line in zip(*cells, strict=True)
        )
        return dict(zip(rows.tolist(), lines, strict=True))


# ---------------------------------------------------------------- text, codes, choices


def _check_text(run: _Run, column: Column) -> None:
    unique = _unique(run.raw[column.name])
    _report_missing(run, column, unique.at)
    _keep(run, column.name, unique.at, unique.texts)


def _check_choice(run: _Run, column: Column) -> None:
    kind, name = run.entry.kind, column.name
    unique = _unique(run.raw[name])
    mapping = run.entry.values.get(name, {})
    choices = column.choices
    known = [mapping.get(text) or rules.choice(text, kind, name, choices) for text in unique.texts]
    known = [value if value in choices else "" for value in known]
    _report_missing(run, column, unique.at)
    wrong = _rows_of(unique, [not value for value in known])
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


def _check_code(run: _Run, column: Column) -> None:
    if column.identity:
        _check_identity(run, column)
    elif column.name == "organisation" or run.entry.kind == "organisations":
        _check_organisation(run, column)
    elif run.entry.match == "name" and run.entry.kind != "regions":
        _check_region_name(run, column)
    else:
        _check_region_code(run, column)


def _check_region_code(run: _Run, column: Column) -> None:
    unique = _unique(run.raw[column.name])
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
        rows = _rows_of(unique, strange)
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


def _check_structure(run: _Run, column: Column, unique: _Unique, codes: list[str]) -> list[bool]:
    """Check statistical codes; return which values already have an error."""
    county = normalise_code(run.manifest.county.code)
    stems = [code.partition("-")[0] if "-" in code else code for code in codes]
    formed = [bool(level_of_code(stem)) for stem in stems]
    above = column.name == "parent" and run.entry.level == "county"
    at_home = [above or stem.startswith(county) for stem in stems]
    run.report("code.form", column.name, _rows_of(unique, [not ok for ok in formed]))
    away = [ok and not home for ok, home in zip(formed, at_home, strict=True)]
    run.report("code.county", column.name, _rows_of(unique, away), values={"county": county})
    odd = [
        ok and home and len(stem) >= 9 and int(stem[6:9]) not in rules.TOWNSHIP_PARTS
        for ok, home, stem in zip(formed, at_home, stems, strict=True)
    ]
    run.report("code.township", column.name, _rows_of(unique, odd))
    return [not (ok and home) for ok, home in zip(formed, at_home, strict=True)]


def _check_region_name(run: _Run, column: Column) -> None:
    """Find regions by name; a name that several regions of the level share is refused."""
    unique = _unique(run.raw[column.name])
    _report_missing(run, column, unique.at)
    by_name: dict[str, list[str]] = {}
    for code, name in run.context.region_names.items():
        if run.scheme == "free" or run.entry.level in (None, level_of_code(code)):
            by_name.setdefault(rules.plain(name), []).append(code)
    mapping = run.entry.values.get(column.name, {})
    names = [rules.plain(mapping.get(text, text)) for text in unique.texts]
    hits = [by_name.get(name, [name] if name in run.context.region_names else []) for name in names]
    near = rules.nearest_names([n for n, hit in zip(names, hits, strict=True) if not hit], by_name)
    rows = _rows_of(unique, [not hit for hit in hits])
    _report_nearest(
        run,
        ("name.unknown", "name.nearest"),
        column,
        rows,
        [{"nearest": near[names[at]]} for at in unique.at[rows]],
    )
    rows = _rows_of(unique, [len(hit) > 1 for hit in hits])
    run.report(
        "name.ambiguous", column.name, rows, values=[{"n": len(hits[at])} for at in unique.at[rows]]
    )
    _keep(run, column.name, unique.at, [hit[0] if len(hit) == 1 else None for hit in hits])


def _check_identity(run: _Run, column: Column) -> None:
    unique = _unique(run.raw[column.name])
    _report_missing(run, column, unique.at)
    numbers = np.array([rules.plain(text).upper() for text in unique.texts], dtype=object)
    broken = np.full(len(numbers), "", dtype=object)
    for at in np.flatnonzero(~rules.identities_right(numbers)):
        broken[at] = rules.identity_fault(numbers[at])
    for rule in ("identity.length", "identity.date", "identity.check"):
        rows = _rows_of(unique, broken == rule)
        found = [rules.mask_identity(text) for text in unique.texts[unique.at[rows]]]
        run.report(rule, column.name, rows, found=found)
    _keep(run, column.name, unique.at, numbers)


def _check_organisation(run: _Run, column: Column) -> None:
    unique = _unique(run.raw[column.name])
    _report_missing(run, column, unique.at)
    codes = [rules.plain(text).upper() for text in unique.texts]
    broken = [rules.organisation_fault(code) for code in codes]
    unformed = [rule == "organisation.form" for rule in broken]
    optional = run.may_do_without(column)
    run.report("organisation.form", column.name, _rows_of(unique, unformed), optional=optional)
    unproved = [rule == "organisation.check" for rule in broken]
    run.report("organisation.check", column.name, _rows_of(unique, unproved))
    kept = [None if bad else code for code, bad in zip(codes, unformed, strict=True)]
    _keep(run, column.name, unique.at, kept)


# ---------------------------------------------------------------- numbers, dates, times


def _check_number(run: _Run, column: Column) -> None:
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


def _check_degrees(run: _Run, column: Column) -> None:
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


def _numbers(run: _Run, column: Column) -> tuple[NDArray[np.float64], Rows]:
    """Return a column in its standard unit (NaN: none), and the rows that hold no number."""
    raw = run.raw[column.name]
    if pd.api.types.is_numeric_dtype(raw.dtype):
        values = raw.to_numpy(dtype=float, na_value=np.nan).copy()
        at = np.where(np.isnan(values), -1, 0)
        wrong = np.flatnonzero(np.isinf(values))
        values[wrong] = np.nan
    else:
        unique = _unique(raw)
        at = unique.at
        texts = pd.Series(unique.texts, dtype=object)
        numbers = pd.to_numeric(texts, errors="coerce").to_numpy(dtype=float).copy()
        for place in np.flatnonzero(~np.isfinite(numbers)):
            numbers[place] = _number(unique.texts[place])
        wrong = _rows_of(unique, np.isnan(numbers))
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


def _check_date(run: _Run, column: Column) -> None:
    _check_moment(run, column, rules.parse_date)


def _check_time(run: _Run, column: Column) -> None:
    _check_moment(run, column, rules.parse_time)


def _check_moment(
    run: _Run, column: Column, parse: Callable[[str], tuple[dt.date | None, str]]
) -> None:
    raw = run.raw[column.name]
    if pd.api.types.is_datetime64_any_dtype(raw.dtype):
        naive = raw.dt.tz_localize(None) if getattr(raw.dtype, "tz", None) is not None else raw
        moments = naive.to_numpy(dtype="datetime64[us]")
        at, known = np.arange(run.n), moments
        at = np.where(np.isnat(moments), -1, at)
        broken = np.full(run.n, "", dtype=object)
    else:
        unique = _unique(raw)
        at = unique.at
        known, broken = _moments(unique.texts, parse)
    _report_missing(run, column, at)
    optional = run.may_do_without(column)
    span = _Unique(at, broken)
    for rule in ("date.form", "date.impossible", "time.form"):
        run.report(rule, column.name, _rows_of(span, broken == rule), optional=optional)
    converted = _rows_of(span, broken == "date.converted")
    if len(converted):
        run.note("date.converted", column.name, n=len(converted))
    today = run.context.today
    if column.name not in rules.FUTURE_ALLOWED:
        late = known >= np.datetime64(today + dt.timedelta(days=1))
        values: dict[str, object] = {"today": today.isoformat()}
        run.report(
            "date.future", column.name, _rows_of(span, late), values=values, optional=optional
        )
        known = np.where(late, np.datetime64("NaT"), known)
    if column.name == "birth":
        old = known < np.datetime64(today.replace(year=today.year - rules.OLDEST_YEARS, day=1))
        values = {"limit": rules.OLDEST_YEARS}
        run.report("age.range", column.name, _rows_of(span, old), values=values, optional=optional)
    else:
        old = known < np.datetime64(dt.date(rules.EARLIEST_YEAR, 1, 1))
        values = {"year": rules.EARLIEST_YEAR}
        run.report("date.early", column.name, _rows_of(span, old), values=values, optional=optional)
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


def _pass(run: _Run, column: Column) -> None:
    """Leave shapes to the geometry audit; only say where a required one is missing."""
    if column.required:
        missing = run.raw[column.name].isna().to_numpy()
        run.report("value.missing", column.name, np.flatnonzero(missing))


_TYPES: dict[str, Callable[[_Run, Column], None]] = {
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


# ---------------------------------------------------------------- rules over several columns


def _check_person(run: _Run) -> None:
    """Compare date of birth and sex with what the identity number says."""
    numbers = run.typed["identity"]
    sound = np.flatnonzero(~run.bad)  # their numbers are right, so their digits can be trusted
    if not len(sound):
        return
    text = numbers[sound].astype("U18")
    if run.has("birth"):
        born = _births(text)
        given = run.typed["birth"][sound]
        other = ~np.isnat(given) & (given.astype("datetime64[D]") != born)
        run.report("identity.birth", "birth", sound[other])
    if run.has("sex"):
        odd = text.view(np.uint32).reshape(-1, 18)[:, 16] % 2 == 1
        told = np.where(odd, "m", "f").astype(object)
        sex = run.typed["sex"][sound]
        run.report("identity.sex", "sex", sound[pd.notna(sex) & (sex != told)])


def _births(numbers: NDArray[np.str_]) -> NDArray[np.datetime64]:
    letters = numbers.view(np.uint32).reshape(-1, 18)[:, 6:14].astype(np.int64) - ord("0")
    year = letters[:, :4] @ [1000, 100, 10, 1]
    month, day = letters[:, 4:6] @ [10, 1], letters[:, 6:] @ [10, 1]
    months = (year - 1970).astype("timedelta64[Y]").astype("timedelta64[M]")
    start = np.datetime64("1970-01") + months + (month - 1).astype("timedelta64[M]")
    return np.asarray(start.astype("datetime64[D]") + (day - 1).astype("timedelta64[D]"))


def _check_places(run: _Run) -> None:
    """Half a place is none; a place outside the county's box is reported."""
    if not run.has("lon", "lat"):
        return
    lon, lat = run.typed["lon"], run.typed["lat"]
    half = np.isnan(lon) != np.isnan(lat)
    run.report("place.half", "lon", np.flatnonzero(half & ~run.bad & ~run.misplaced))
    lon[half] = lat[half] = np.nan
    if run.context.box is None:
        return
    west, south, east, north = run.context.box
    edge = BOX_MARGIN_DEGREES
    with np.errstate(invalid="ignore"):
        outside = (
            (lon < west - edge) | (lon > east + edge) | (lat < south - edge) | (lat > north + edge)
        )
    rows = np.flatnonzero(outside)
    required = any(c.name == "lon" and c.required for c in run.columns)
    # Roads and the regions' middle points may lie beyond the border: marked, but kept as they are.
    kept = run.entry.kind in ("road_nodes", "regions")
    box = {"west": west, "south": south, "east": east, "north": north}
    run.report(
        "place.outside",
        "lon",
        rows,
        values={side: round(value, 4) for side, value in box.items()},
        found=[f"{lon[row]:.6f}, {lat[row]:.6f}" for row in rows],
        optional=kept or not required,
    )
    if not kept:
        lon[rows] = lat[rows] = np.nan


def _check_order(run: _Run) -> None:
    start, end = rules.ORDERED.get(run.entry.kind, ("", ""))
    if run.has(start, end):
        run.report("time.order", end, np.flatnonzero(run.typed[end] < run.typed[start]))


def _check_parents(run: _Run) -> None:
    """
    Look for the parent that a region names, or that its code tells, here or among the known codes.

    Without known codes nothing is said: the parents may stand in another file.
    """
    known = run.context.known_codes
    if known is None or run.entry.level == "county":
        return
    codes = run.typed["code"]
    everywhere = set(codes[~run.bad]) | known
    if run.scheme == "free":  # there a parent may also be named
        everywhere |= set(run.context.region_names.values())
    parents = run.typed["parent"] if run.has("parent") else np.full(run.n, None, dtype=object)
    rows, values = [], []
    for row in np.flatnonzero(~run.bad):
        parent = parents[row] or _told_parent(codes[row], run.scheme, everywhere)
        if parent and parent not in everywhere:
            rows.append(row)
            values.append({"parent": parent})
    column = "parent" if run.has("parent") else "code"
    run.report("code.orphan", column, np.array(rows, dtype=np.int64), values=values)


def _told_parent(code: str, scheme: str, known: set[str]) -> str:
    """Return the nearest known parent of a code; if none is known, the one it should have."""
    if scheme == "free":
        return ""
    direct = {9: 6, 12: 9, 15: 12}.get(len(code), 0)
    return parent_by_prefix(code, known) or code[:direct]


def _check_totals(run: _Run) -> None:
    """Leave out totals that stand beside their parts, so that nobody is counted twice."""
    for column, total in (("sex", "t"), ("age_band", "all")):
        if run.has(column, "code"):
            _leave_out_totals(run, column, total)


def _leave_out_totals(run: _Run, column: str, total: str) -> None:
    values = run.typed[column]
    is_total = (values == total) & ~run.bad & ~run.dropped
    if not is_total.any() or is_total.all():
        return
    names = [n for n in ("code", "date", "kind", "sex", "age_band") if n != column and run.has(n)]
    key = _joint_key(run, names)
    n_keys = int(key.max()) + 1
    part = ~is_total & ~run.bad & ~run.dropped & pd.notna(values)
    persons = np.asarray(run.typed["persons"], dtype=float)
    sums = np.bincount(key[part], persons[part], minlength=n_keys)
    has_parts = np.bincount(key[part], minlength=n_keys) > 0
    extra = np.flatnonzero(is_total & has_parts[key])
    if not len(extra):
        return
    run.dropped[extra] = True
    run.note("total.extra", column, n=len(extra))
    other = extra[persons[extra] != sums[key[extra]]]
    run.report(
        "total.differs", "persons", other, values=[{"parts": int(sums[key[row]])} for row in other]
    )


def _check_duplicates(run: _Run) -> None:
    names = [name for name in rules.KEYS.get(run.entry.kind, ()) if run.has(name)]
    live = ~(run.bad | run.dropped)
    stand_in = rules.STAND_IN_KEYS.get(run.entry.kind, ())
    if stand_in and run.has(*stand_in):
        unkeyed = live.copy()
        if names:
            unkeyed &= pd.isna(run.typed[names[0]])
        _report_duplicates(run, list(stand_in), np.flatnonzero(unkeyed))
    if not names or not run.has(rules.KEYS[run.entry.kind][0]):
        return
    if stand_in:
        live &= pd.notna(run.typed[names[0]])
    _report_duplicates(run, names, np.flatnonzero(live))


def _report_duplicates(run: _Run, names: list[str], rows: Rows) -> None:
    key = _joint_key(run, names)[rows]
    if not len(rows) or not pd.Series(key).duplicated().any():
        return
    order = np.argsort(key, kind="stable")
    starts = np.r_[True, key[order][1:] != key[order][:-1]]
    first_in_order = order[np.maximum.accumulate(np.where(starts, np.arange(len(order)), 0))]
    first = np.empty(len(rows), dtype=np.int64)
    first[order] = rows[first_in_order]
    later = np.flatnonzero(first != rows)
    same = _same_rows(run, rows[later], first[later])
    for rule, chosen in (("duplicate.same", later[same]), ("duplicate.conflict", later[~same])):
        at = np.sort(rows[chosen])
        before = dict(zip(rows[chosen].tolist(), first[chosen].tolist(), strict=True))
        run.report(
            rule,
            names[0],
            at,
            found=_key_texts(run, names, at),
            values=[{"first": int(run.row[before[int(row)]])} for row in at],
        )
    run.dropped[rows[later[same]]] = True


def _same_rows(run: _Run, later: Rows, first: Rows) -> NDArray[np.bool_]:
    """Return which rows say in every column what the first one of their key says."""
    same = np.ones(len(later), dtype=bool)
    for values in run.typed.values():
        left, right = pd.Series(values[later]), pd.Series(values[first])
        equal = (left == right).fillna(False).to_numpy(dtype=bool)
        same &= equal | (left.isna() & right.isna()).to_numpy()
    return same


def _key_texts(run: _Run, names: list[str], rows: Rows) -> list[str]:
    cells = [_texts_at(run.raw[name], rows) for name in names]
    if run.entry.kind == "persons":
        cells = [[rules.mask_identity(text) for text in column] for column in cells]
    return [rules.mask_text(" · ".join(filter(None, line))) for line in zip(*cells, strict=True)]


def _joint_key(run: _Run, names: list[str]) -> Rows:
    """Give equal rows of some columns equal numbers, from 0 and without gap."""
    key = np.zeros(run.n, dtype=np.int64)
    for name in names:
        if name not in run.keys:
            run.keys[name] = pd.factorize(run.typed[name], use_na_sentinel=False)[0]
        own = run.keys[name]
        size = int(own.max(initial=0)) + 1
        if int(key.max(initial=0)) > 2**62 // size:
            key = pd.factorize(key)[0]
        key = key * size + own
    return pd.factorize(key)[0] if names else key


def _check_age_of_data(run: _Run) -> None:
    """Compare the newest date of the data (or of the manifest) with the promised rhythm."""
    refresh = run.entry.refresh_days
    if refresh is None:
        return
    newest = run.entry.date
    for name in ("date", "reported", "time"):
        if run.has(name) and not np.isnat(run.typed[name]).all():
            newest = pd.Timestamp(np.nanmax(run.typed[name])).date()
    if newest is not None and (age := (run.context.today - newest).days) > refresh:
        run.note("date.stale", "", refresh=refresh, age=age)


# ---------------------------------------------------------------- small helpers


def _with_constants(table: pd.DataFrame, entry: Dataset) -> pd.DataFrame:
    known = {column.name for column in COLUMNS[entry.kind]}
    extra: dict[str, Any] = {
        name: value for name, value in entry.constant.items() if name in known and name not in table
    }
    if "date" in known and entry.date is not None:
        day = entry.date.isoformat()
        if ("date" not in table and "date" not in extra) or (
            "date" in table and table["date"].isna().all()
        ):
            extra["date"] = day
    return table.assign(**extra) if extra else table


def _unique(raw: pd.Series[Any]) -> _Unique:
    """Factorise a column as trimmed text; spellings of "nothing" count as missing."""
    at, found = pd.factorize(raw)
    texts = np.array([_text(value).strip() for value in found], dtype=object)
    empty = np.array([text.lower() in rules.MISSING for text in texts], dtype=bool)
    return _Unique(np.where((at >= 0) & ~np.append(empty, True)[at], at, -1), texts)


def _text(value: Any) -> str:
    """Return a raw value as text; a whole float without its point, missing as ""."""
    if isinstance(value, str):
        return value
    if value is None or value is pd.NaT or value is pd.NA or value != value:  # noqa: PLR0124
        return ""
    if isinstance(value, (float, np.floating)) and float(value).is_integer():
        return str(int(value))
    if isinstance(value, (pd.Timestamp, dt.datetime)):
        return value.isoformat(sep=" ")
    return str(value)


def _texts_at(raw: pd.Series[Any], rows: Rows) -> list[str]:
    return [_text(value) for value in raw.iloc[rows].tolist()]


def _shown(raw: pd.Series[Any], rows: Rows) -> list[str]:
    return [rules.mask_text(text) for text in _texts_at(raw, rows)]


def _rows_of(unique: _Unique, chosen: Sequence[bool] | NDArray[np.bool_]) -> Rows:
    """Return the rows whose value is among the chosen ones."""
    flags = np.append(np.asarray(chosen, dtype=bool), False)
    return np.flatnonzero(flags[unique.at]) if flags.any() else np.zeros(0, dtype=np.int64)


def _keep(run: _Run, name: str, at: Rows, values: Sequence[Any] | NDArray[np.object_]) -> None:
    table = np.empty(len(values) + 1, dtype=object)
    table[:-1] = values
    run.typed[name] = table[at]


def _report_missing(run: _Run, column: Column, at: Rows) -> None:
    missing = np.flatnonzero(at < 0)
    if not len(missing):
        return
    if column.required:
        unnamed = column.name == "name" and run.entry.kind in rules.MAY_BE_UNNAMED
        run.report("value.missing", column.name, missing, optional=unnamed)
    elif len(missing) < run.n:
        run.note("value.sparse", column.name, n=len(missing), n_rows=run.n)


def _report_nearest(
    run: _Run,
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


def _note_width(run: _Run, column: Column, unique: _Unique) -> None:
    wide = [not text.isascii() and rules.plain(text).isascii() for text in unique.texts]
    rows = _rows_of(unique, wide)
    if len(rows):
        run.note("text.width", column.name, n=len(rows))


def _series(values: Any) -> Any:
    if isinstance(values, np.ndarray) and values.dtype == object:
        return pd.Series(values, dtype=object)
    return pd.Series(values)


def _file(entry: Dataset) -> str:
    return entry.file or entry.table or entry.id
