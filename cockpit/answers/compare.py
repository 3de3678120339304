"""Two sides of one figure by region, and their true difference: dates, periods, indicators."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from cockpit.access.classes import highest, may_see
from cockpit.answers.happenings import Happenings
from cockpit.answers.map import layer_values, masked_at
from cockpit.answers.small_counts import SENSITIVE, hidden_values
from cockpit.answers.twin import LEVELS, SERIES, Twin
from cockpit.breaks import Breaks, classify
from cockpit.indicators import INDICATORS, MEASURES
from cockpit.overview.periods import newest_whole_day
from cockpit.risk.themes import THEMES
from cockpit.store.dates import counted_leaves, whole_dates
from cockpit.store.models import Household, Population, Vulnerable
from geodata.errors import InputError
from loaders.catalog import VULNERABLE_GROUPS

KINDS = ("dates", "events", "indicators", "scenarios")
HOWS = ("absolute", "percent")
CLASSES_OF_SIDES, CLASSES_OF_DIFFERENCE = 5, 7
EVERY_EVENT = "all"
MOST_DAYS = 36_525
"""A hundred years: the longest period that an address may ask for."""
SERIES_TITLES = {
    "usual": "Residents",
    "registered": "Registered people",
    "floating": "Floating people",
    "households": "Households",
}
"""What is counted by date, and its name (a msgid); groups in need of care come beside them."""

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


class Asked(NamedTuple):
    """
    What is compared; everything that makes the answer, in the order of its address.

    ``what`` is a series or group ("dates"), a theme or ``EVERY_EVENT`` ("events"), else "-". ``a``
    and ``b`` are days as ISO 8601, indicators, or numbers of scenarios (0: today). ``days`` is the
    length of both periods of events, else 0.
    """

    kind: str
    what: str
    a: str
    b: str
    days: int
    level: str
    how: str


@dataclass(frozen=True, eq=False)
class Side:
    """One side: a value for each region, NaN where there is none to show."""

    values: Floats
    masked: Bools  # a sensitive count that is not shown
    total: float  # of the county; NaN: not known, or not to be shown


@dataclass(frozen=True, eq=False)
class Compared:
    """
    Two sides and their difference, all rounded as they are shown.

    ``difference`` is B - A (or its share of A in percent) of exactly the rounded values; NaN
    where one of both is missing or masked, or A is 0 and a share is asked for. None: no difference
    is drawn, and ``reason`` (a msgid) says why.
    """

    asked: Asked
    twin: Twin
    rows: NDArray[np.intp]  # of the county's table
    a: Side
    b: Side
    difference: Floats | None
    reason: str
    unit: str  # msgid, of both sides
    decimals: int
    breaks: Breaks  # of both sides
    difference_breaks: Breaks | None
    data_class: str
    sources: tuple[str, ...]
    unplaced: tuple[int, int] = (0, 0)  # events that lie in no region of the level

    @property
    def difference_unit(self) -> str:
        """Return the unit of the difference (a msgid)."""
        return "%" if self.asked.how == "percent" else self.unit

    @property
    def difference_decimals(self) -> int:
        """Return the decimals of the difference: one for shares."""
        return 1 if self.asked.how == "percent" else self.decimals

    @property
    def one_sided(self) -> Bools:
        """Tell which regions have a value on one side alone, or none."""
        return np.isnan(self.a.values) | np.isnan(self.b.values)


def finished(
    twin: Twin,
    asked: Asked,
    rows: NDArray[np.intp],
    a: Side,
    b: Side,
    *,
    unit: str,
    decimals: int,
    data_class: str,
    sources: Sequence[str] = (),
    reason: str = "",
    unplaced: tuple[int, int] = (0, 0),
    comparable: Bools | None = None,
) -> Compared:
    """
    Put two sides together: round them, take the difference, make the classes they share.

    ``comparable`` tells which regions were counted alike on both sides; elsewhere there is no
    difference.
    """
    left, right = (np.where(s.masked, np.nan, np.round(s.values, decimals)) for s in (a, b))
    gap: Floats | None = None
    if not reason:
        gap = difference(left, right, asked.how, decimals)
        if comparable is not None:
            gap[~comparable] = np.nan
    return Compared(
        asked, twin, rows,
        Side(left, a.masked, _told(a, decimals)), Side(right, b.masked, _told(b, decimals)),
        gap, reason, unit, decimals,
        classify(np.concatenate([left, right]), "quantile", CLASSES_OF_SIDES),
        None if gap is None else classify(gap, "quantile", CLASSES_OF_DIFFERENCE, diverging=True),
        data_class, tuple(sources), unplaced,
    )  # fmt: skip


def difference(a: Floats, b: Floats, how: str, decimals: int) -> Floats:
    """
    Return B - A, or its share of A in percent with one decimal; NaN where a side has no value.

    Of zero there is no share: NaN. Values have ``decimals`` decimals, and so has their difference.
    """
    gap = b - a
    if how == "percent":
        with np.errstate(divide="ignore", invalid="ignore"):
            gap = np.where(a == 0, np.nan, np.round(100 * gap / np.abs(a), 1))
    else:
        gap = np.round(gap, decimals)
    return np.asarray(gap + 0.0)  # no minus before a zero


def _told(side: Side, decimals: int) -> float:
    """Return the county's figure, unless a masked part follows from it."""
    return math.nan if side.masked.any() else round(side.total, decimals)


def require(asked: Asked) -> None:
    """Refuse a question that is none."""
    if asked.kind not in KINDS or asked.how not in HOWS or asked.level not in LEVELS[1:]:
        raise InputError("There is no such comparison.")
    if asked.days > MOST_DAYS:
        raise InputError("A period has at most {most} days.", most=MOST_DAYS)


# ---------------------------------------------------------------- indicators


def by_indicator(twin: Twin, asked: Asked, *, visitor: str, small_count: int) -> Compared:
    """
    Return two indicators of the same regions.

    Of different units both become an index, 100 for the mean of the regions shown: they stand side
    by side, and no difference is drawn, because one of indices would have no unit.

    Raises
    ------
    InputError
        If an indicator is unknown here, or above the visitor's class.
    """
    rows = twin.below(0, asked.level)
    found = [INDICATORS.get(name) for name in (asked.a, asked.b)]
    sides, classes, sources = [], [], []
    for name, one in zip((asked.a, asked.b), found, strict=True):
        if one is None or not twin.known(one):
            raise InputError("There are no figures for {indicator}.", indicator=name[:40])
        if not may_see(visitor, twin.class_of(one)):
            raise InputError("The figures for {indicator} are not open to you.", indicator=name)
        masked = masked_at(twin, one, rows, small_count)
        total = float(twin.values(one, np.array([0]))[0])
        if masked_at(twin, one, np.array([0]), small_count)[0]:
            total = math.nan
        sides.append(Side(layer_values(twin, one, rows), masked, total))
        classes.append(twin.class_of(one))
        sources += [key for m in one.measures for key in twin.sources[m]]
    first, second = found
    assert first is not None  # noqa: S101 - looked at above
    assert second is not None  # noqa: S101
    reason, unit, decimals = "", first.unit, max(first.decimals, second.decimals)
    if first.unit != second.unit:
        reason = (
            "{a} and {b} have different units: a difference of the two would mean nothing. Both "
            "are shown as an index, 100 being the mean of the regions."
        )
        unit, decimals = "index, mean = 100", 1
        sides = [_indexed(side) for side in sides]
    return finished(
        twin, asked, rows, sides[0], sides[1], unit=unit, decimals=decimals,
        data_class=highest(classes), sources=tuple(dict.fromkeys(sources)), reason=reason,
    )  # fmt: skip


def _indexed(side: Side) -> Side:
    """Return a side as an index of its own mean; masked regions neither count nor show."""
    shown = side.values[~side.masked & ~np.isnan(side.values)]
    mean = float(shown.mean()) if len(shown) else math.nan
    with np.errstate(divide="ignore", invalid="ignore"):
        values = 100 * side.values / mean if mean else np.full_like(side.values, np.nan)
    return Side(values, side.masked, math.nan)


# ---------------------------------------------------------------- dates


def series_dates(db: Session, twin: Twin, visitor: str) -> dict[str, list[dt.date]]:
    """
    Return what was counted on at least two days that are open to a visitor, with those days.

    Only days that count the whole county are among them.
    """
    found = {}
    for name in (*SERIES_TITLES, *VULNERABLE_GROUPS):
        if not may_see(visitor, _class_of(twin, name)):
            continue
        model, where = _series(name)
        dates = whole_dates(counted_leaves(db, model, *where))
        if len(dates) > 1:
            found[name] = dates
    return found


def _series(name: str) -> tuple[Any, tuple[Any, ...]]:
    if name in VULNERABLE_GROUPS:
        return SERIES["vulnerable"]
    return SERIES[name]


def _class_of(twin: Twin, name: str) -> str:
    return twin.classes[{"usual": "people"}.get(name, name)]


def by_date(db: Session, twin: Twin, asked: Asked, *, visitor: str, small_count: int) -> Compared:
    """
    Return what was counted on two days.

    A region of which more was counted on one day than on the other has no difference: it would
    tell of the counting.

    Raises
    ------
    InputError
        If there is no such series or day that is open to the visitor.
    """
    known = SERIES_TITLES if asked.what in SERIES_TITLES else VULNERABLE_GROUPS
    if asked.what not in known or not may_see(visitor, _class_of(twin, asked.what)):
        raise InputError("There are no figures for {indicator}.", indicator=asked.what[:40])
    model, where = _series(asked.what)
    leaves = counted_leaves(db, model, *where)
    rows = twin.below(0, asked.level)
    data_class = _class_of(twin, asked.what)
    sides, counted = [], []
    for text in (asked.a, asked.b):
        day = _day(text)
        if day not in whole_dates(leaves):
            raise InputError("Nothing was counted on {day}.", day=text[:20])
        values, hidden = _counted(db, twin, asked.what, day, small_count)
        total = math.nan if hidden[0] else float(values[0])
        sides.append(Side(values[rows], hidden[rows], total))
        counted.append(leaves[day])
    there = rows if twin.whole_rows is None else twin.whole_rows[rows]
    alike = _same_below(twin.whole or twin, counted[0], counted[1])[there]
    measure = MEASURES[{"usual": "people"}.get(asked.what, asked.what)]
    return finished(
        twin, asked, rows, sides[0], sides[1], unit=measure.unit, decimals=0,
        data_class=data_class, sources=twin.sources[measure.id], comparable=alike,
    )  # fmt: skip


def _counted(
    db: Session, twin: Twin, name: str, day: dt.date, small_count: int
) -> tuple[Floats, Bools]:
    """Return what was counted in each region on a day, and where it is not shown."""
    whole = twin if twin.whole is None else twin.whole
    model, where = _series(name)
    known = counted_leaves(db, model, *where)[day]
    values = _summed(whole, _persons(db, whole, name, day), known)
    # Over the whole county, or two territories could be subtracted from each other.
    hidden = np.zeros(len(values), dtype=bool)
    if _class_of(twin, name) in SENSITIVE:
        hidden = hidden_values(whole, values, small_count)
    rows = twin.whole_rows
    return (values, hidden) if rows is None else (values[rows], hidden[rows])


def _persons(db: Session, twin: Twin, name: str, day: dt.date) -> Floats:
    """Return what was counted in each leaf on a day, 0 elsewhere, shape ``(n_regions,)``."""
    model, where = _series(name)
    count = {Population: Population.persons, Vulnerable: Vulnerable.persons}.get(
        model, Household.households
    )
    query = (
        select(model.region_code, func.sum(count))
        .where(*where, model.date == day)
        .group_by(model.region_code)
    )
    if name in VULNERABLE_GROUPS:
        query = query.where(Vulnerable.group == name)
    leaf = twin.regions["is_leaf"].to_numpy(dtype=bool)
    place: dict[str, int] = twin.regions.attrs["rows"]
    found = np.zeros(len(leaf))
    for code, n in db.execute(query):
        row = place.get(code, -1)
        if row >= 0 and leaf[row]:
            found[row] = float(n)
    return found


def _summed(twin: Twin, values: Floats, known: Bools) -> Floats:
    """Return values summed up the tree from the known leaves; NaN where none below is known."""
    parent = twin.regions["parent"].to_numpy()
    total, there = np.where(known, values, 0.0), known.copy()
    for row in range(len(parent) - 1, 0, -1):  # children stand behind their parents
        if parent[row] >= 0:
            total[parent[row]] += total[row]
            there[parent[row]] |= there[row]
    return np.where(there, total, np.nan)


def _same_below(twin: Twin, a: Bools, b: Bools) -> Bools:
    """Tell of which regions the same leaves are known on both days."""
    parent = twin.regions["parent"].to_numpy()
    same = a == b
    for row in range(len(parent) - 1, 0, -1):
        if parent[row] >= 0:
            same[parent[row]] &= same[row]
    return np.asarray(same)


def _day(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise InputError("There is no day {day}.", day=text[:40]) from None


# ---------------------------------------------------------------- events


def by_period(known: Happenings, asked: Asked) -> Compared:
    """
    Return the events of two periods of the same length; ``a`` and ``b`` are their first days.

    Raises
    ------
    InputError
        If a day is none, there is no such theme, or the periods have no day.
    """
    twin, rows = known.twin, known.twin.below(0, asked.level)
    themed = asked.what in THEMES or asked.what == "other"
    if asked.what != EVERY_EVENT and not themed and asked.what not in known.categories:
        raise InputError("There are no events of {theme}.", theme=asked.what[:40])
    if asked.days < 1:
        raise InputError("The periods have no day.")
    which = np.ones(len(known), dtype=bool) if asked.what == EVERY_EVENT else known.of(asked.what)
    sides, outside = [], []
    for text in (asked.a, asked.b):
        day = _day(text)
        if (dt.date.max - day).days < asked.days:
            raise InputError("There is no day {day}.", day=text[:40])
        start = np.datetime64(day, "s")
        inside = which & known.between(start, start + np.timedelta64(asked.days, "D"))
        counts = known.counts(rows, inside).astype(float)
        no_data = not _covers(known, start, asked.days)
        values = np.full(len(rows), np.nan) if no_data else counts
        total = math.nan if no_data else float(inside.sum())
        sides.append(Side(values, np.zeros(len(rows), dtype=bool), total))
        outside.append(int(inside.sum()) - int(counts.sum()))
    return finished(
        twin, asked, rows, sides[0], sides[1], unit="events", decimals=0,
        data_class=known.data_class, sources=known.sources, unplaced=(outside[0], outside[1]),
    )  # fmt: skip


def _covers(known: Happenings, start: np.datetime64, days: int) -> bool:
    """
    Tell whether events are stored of all days of a period: before and after nobody knows.

    The newest day counts once it is over: half a day beside whole ones would look like a fall.
    """
    if not len(known):
        return False
    first = known.first.astype("datetime64[D]")
    last = np.datetime64(newest_whole_day(known.last.astype("datetime64[s]").item()), "D")
    end = start.astype("datetime64[D]") + np.timedelta64(days - 1, "D")
    return bool(start.astype("datetime64[D]") >= first and end <= last)
