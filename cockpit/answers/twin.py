"""The county's figures: every region with every measure, summed up the tree from the leaves."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, Select, case, func, select
from sqlalchemy.orm import Session

from cockpit.access.classes import highest
from cockpit.indicators import AGE_GROUPS, INDICATORS, MEASURES, Indicator
from cockpit.store import settled
from cockpit.store.dates import counted_leaves, whole_dates
from cockpit.store.models import (
    Building,
    Dataset,
    Event,
    Facility,
    Household,
    Meta,
    Organisation,
    Population,
    Region,
    Vulnerable,
)
from cockpit.store.models_live import FeedDelivery
from cockpit.store.session import data_version, require_table
from loaders.catalog import (
    FACILITY_KINDS,
    HOUSEHOLD_TYPES,
    POPULATION_KINDS,
    VULNERABLE_GROUPS,
)

LEVELS = ("county", "township", "village", "grid")

SERIES: dict[str, tuple[Any, tuple[ColumnElement[bool], ...]]] = {
    **{k: (Population, (Population.kind == k,)) for k in POPULATION_KINDS},
    "households": (Household, ()),
    "vulnerable": (Vulnerable, ()),
}
"""What is counted by date: the table and what picks its rows."""


@dataclass(frozen=True)
class Twin:
    """
    All regions of the county and their measures.

    ``regions`` has one row a region, parents before children, index = position, columns code,
    level, parent (position, -1 for the county), name, name_en, pinyin, made, is_leaf, has_shape,
    lon, lat, area_km2, elevation_m, path. ``measures`` maps a measure's id to an array of that
    length; NaN: nobody has counted it there. A region's figure is the sum over its leaves that are
    counted, and of what ``unplaced`` keeps at itself and at inner regions below it.
    """

    version: str
    county: dict[str, Any]  # name, name_en, code, crs, language, invented, review_number
    regions: pd.DataFrame
    measures: dict[str, NDArray[np.float64]]
    date: dt.date | None  # of the residents
    date_before: dt.date | None
    classes: dict[str, str]  # measure -> data class, the highest of its sources
    sources: dict[str, tuple[str, ...]]  # measure -> ids of the data sets it comes from
    dates: dict[str, dt.date] = field(default_factory=dict)  # series (``SERIES``) -> date shown
    unplaced: dict[str, NDArray[np.float64]] = field(default_factory=dict)
    """Measure -> things known to be in an inner region but in no leaf of it; others have none."""
    whole: Twin | None = field(default=None, repr=False)
    """The county that this part was cut from (``cockpit.access.territory``); None for the whole."""
    whole_rows: NDArray[np.intp] | None = field(default=None, repr=False)
    """Row in ``whole`` of each region of a part."""

    def position(self, code: str) -> int:
        """Return the row of a region; ``KeyError`` for an unknown code."""
        return int(self._rows[code])

    @property
    def _rows(self) -> dict[str, int]:
        rows: dict[str, int] = self.regions.attrs["rows"]
        return rows

    def path(self, position: int) -> str:
        """Return the codes from the county down to a region, each ended by a slash."""
        return str(self.regions["path"].iat[position])

    def children(self, position: int) -> NDArray[np.intp]:
        """Return the rows right below a region."""
        return np.flatnonzero(self.regions["parent"].to_numpy() == position)

    def below(self, position: int, level: str) -> NDArray[np.intp]:
        """Return the rows of one level in a region (itself included when it is of that level)."""
        path = self.path(position)
        inside = self.regions["path"].str.startswith(path).to_numpy()
        return np.flatnonzero(inside & (self.regions["level"] == level).to_numpy())

    def ancestors(self, position: int) -> list[int]:
        """Return the rows from the county (or the part of it) down to the region, itself last."""
        return [self._rows[c] for c in self.path(position).split("/") if c in self._rows]

    def has_everything(self, position: int) -> bool:
        """Tell whether everything of the county lies in a region, what has no place included."""
        return self.whole is None and bool(self.regions["parent"].iat[position] < 0)

    def values(
        self, indicator: Indicator, rows: NDArray[np.intp] | None = None
    ) -> NDArray[np.float64]:
        """Return an indicator for the given rows (all when None); NaN where it is not known."""
        picked = slice(None) if rows is None else rows
        return indicator.values({m: self.measures[m][picked] for m in indicator.measures})

    def known(self, indicator: Indicator) -> bool:
        """Tell whether the county has the measures of an indicator."""
        return all(not np.isnan(self.measures[m][0]) for m in indicator.measures)

    def class_of(self, indicator: Indicator) -> str:
        """Return the highest class of an indicator's parts."""
        return highest(self.classes[m] for m in indicator.measures)

    def indicators(self) -> list[Indicator]:
        """Return the indicators this county has data for."""
        return [i for i in INDICATORS.values() if self.known(i)]


def twin(db: Session) -> Twin | None:
    """
    Read the whole county; None when nothing has been loaded yet.

    20,000 grids with a million people take about two seconds; callers keep the result for a
    data version (``cockpit.ui.cache``, ``cockpit.web.layers``).
    """
    version = data_version(db)
    county = (
        db.execute(select(Meta.value).where(Meta.key == "county")).scalar() if version else None
    )
    if county is None:
        return None
    require_table(db, FeedDelivery.__tablename__)
    regions = _regions(db)
    code_row: dict[str, int] = regions.attrs["rows"]
    series = {name: _Counted.of(db, name) for name in SERIES}
    leaf = _LeafTable(code_row, len(regions))
    _add_people(db, leaf, series)
    _add_households(db, leaf, series["households"])
    _add_groups(db, leaf, series["vulnerable"])
    _add_things(db, leaf)
    leaf.put(
        "area_km2",
        regions["code"].tolist(),
        regions["area_km2"].where(regions["is_leaf"], 0.0).fillna(0.0).tolist(),
    )
    unplaced = leaf.unplaced(regions)
    measures = leaf.summed(regions)
    # A region's own area beats the sum of its leaves: cut cells may leave slivers between borders.
    own = regions["area_km2"].to_numpy(dtype=float)
    measures["area_km2"] = np.where(np.isnan(own), measures["area_km2"], own)
    classes, sources = _origins(db)
    dates = {name: counted.dates[-1] for name, counted in series.items() if counted.dates}
    before = series["usual"].dates[-2:-1]
    return Twin(
        version,
        dict(county),
        regions,
        measures,
        dates.get("usual"),
        before[0] if before else None,
        classes,
        sources,
        dates,
        unplaced,
    )


@dataclass(frozen=True)
class _Counted:
    """A series: the dates that count the whole county, and the leaves known at each."""

    dates: list[dt.date]
    leaves: dict[dt.date, NDArray[np.bool_]]

    @classmethod
    def of(cls, db: Session, series: str) -> _Counted:
        model, where = SERIES[series]
        leaves = counted_leaves(db, model, *where)
        return cls(whole_dates(leaves), leaves)


class _Rows(dict[str, int]):
    """
    Row of each code, kept in ``regions.attrs``.

    pandas copies ``attrs`` deeply at every step: nine tenths of a page's time until copies of
    this became the thing itself. Nobody changes it.
    """

    def __deepcopy__(self, memo: dict[int, Any]) -> _Rows:
        return self


def rows_by_code(codes: Iterable[str]) -> dict[str, int]:
    """Return the row of each code, as ``regions.attrs["rows"]`` has them."""
    return _Rows((code, row) for row, code in enumerate(codes))


class _LeafTable:
    """Measures at the rows of regions, to be summed up the tree."""

    def __init__(self, code_row: dict[str, int], n: int) -> None:
        self.code_row = code_row
        self.columns = {m: np.full(n, np.nan) for m in MEASURES}

    def start(self, *measures: str, known: NDArray[np.bool_] | None = None) -> None:
        """Say where these measures are known (everywhere when None): 0 where none is counted."""
        for measure in measures:
            column = self.columns[measure]
            column[np.isnan(column) if known is None else np.isnan(column) & known] = 0.0

    def put(
        self,
        measure: str,
        codes: list[str],
        values: list[float],
        known: NDArray[np.bool_] | None = None,
    ) -> None:
        self.start(measure, known=known)
        rows = np.fromiter((self.code_row[c] for c in codes), np.intp, len(codes))
        np.add.at(self.columns[measure], rows, np.asarray(values, dtype=float))

    def unplaced(self, regions: pd.DataFrame) -> dict[str, NDArray[np.float64]]:
        """Return what stands at inner regions, of the measures that have any there."""
        inner = ~regions["is_leaf"].to_numpy(dtype=bool)
        kept = {m: np.where(inner, np.nan_to_num(c), 0.0) for m, c in self.columns.items()}
        return {m: column for m, column in kept.items() if column.any()}

    def summed(self, regions: pd.DataFrame) -> dict[str, NDArray[np.float64]]:
        """Return every measure summed into each region from what is known in it; NaN: nothing."""
        parent = regions["parent"].to_numpy()
        names = list(self.columns)
        table = np.column_stack([self.columns[m] for m in names])
        known = ~np.isnan(table)
        table = np.nan_to_num(table)
        # Children come after their parents, so walking the levels backwards adds each once.
        depth = regions["path"].str.count("/").to_numpy()
        for d in range(int(depth.max(initial=1)), 1, -1):
            rows = np.flatnonzero(depth == d)
            np.add.at(table, parent[rows], table[rows])
            np.logical_or.at(known, parent[rows], known[rows])
        table[~known] = np.nan
        return {m: table[:, k] for k, m in enumerate(names)}


def _regions(db: Session) -> pd.DataFrame:
    columns = (
        Region.code,
        Region.level,
        Region.parent_code,
        Region.name,
        Region.name_en,
        Region.pinyin,
        Region.made,
        Region.is_leaf,
        Region.geometry.is_not(None).label("has_shape"),
        Region.lon,
        Region.lat,
        Region.area_km2,
        Region.elevation_m,
        Region.path,
    )
    frame = pd.DataFrame(
        db.execute(select(*columns).order_by(Region.position)).all(),
        columns=[c.key for c in columns],
    )
    rows = rows_by_code(frame["code"])
    frame["parent"] = [rows.get(code, -1) for code in frame.pop("parent_code")]
    for column in ("lon", "lat", "area_km2", "elevation_m"):
        frame[column] = frame[column].astype(float)
    frame.attrs["rows"] = rows
    return frame


def _band_sum(bands: tuple[str, ...]) -> ColumnElement[int]:
    return func.sum(case((Population.age_band.in_(bands), Population.persons), else_=0))


def _at_leaves(query: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    return query.join(Region, Region.code == Population.region_code).where(Region.is_leaf)


def _add_people(db: Session, leaf: _LeafTable, series: dict[str, _Counted]) -> None:
    usual = series["usual"]
    if usual.dates:
        latest = usual.dates[-1]
        sums = {
            "people": func.sum(Population.persons),
            "people_aged": func.sum(
                case((Population.age_band != "all", Population.persons), else_=0)
            ),
            "male": func.sum(case((Population.sex == "m", Population.persons), else_=0)),
            "female": func.sum(case((Population.sex == "f", Population.persons), else_=0)),
            **{group: _band_sum(bands) for group, bands in AGE_GROUPS.items()},
        }
        query = _at_leaves(select(Population.region_code, *sums.values())).where(
            Population.kind == "usual", Population.date == latest
        )
        rows = db.execute(query.group_by(Population.region_code)).all()
        codes = [row[0] for row in rows]
        filled = {name: [float(row[k]) for row in rows] for k, name in enumerate(sums, start=1)}
        # A count without ages (or sexes) is "not known", not "no children".
        unknown = {
            n for n in ("male", "female") if sum(filled["male"]) + sum(filled["female"]) == 0
        }
        if sum(filled["people_aged"]) == 0:
            unknown |= {"people_aged", *AGE_GROUPS}
        for name in sums.keys() - unknown:
            leaf.put(name, codes, filled[name], usual.leaves[latest])
    for measure, kind, back in (
        ("people_before", "usual", 2),
        ("registered", "registered", 1),
        ("floating", "floating", 1),
    ):
        counted = series[kind]
        if len(counted.dates) < back:
            continue
        date = counted.dates[-back]
        query = _at_leaves(select(Population.region_code, func.sum(Population.persons))).where(
            Population.kind == kind, Population.date == date
        )
        rows = db.execute(query.group_by(Population.region_code)).all()
        _put_rows(leaf, measure, rows, counted.leaves[date])


def _put_rows(
    leaf: _LeafTable, measure: str, rows: Any, known: NDArray[np.bool_] | None = None
) -> None:
    leaf.put(measure, [row[0] for row in rows], [float(row[1]) for row in rows], known)


def _add_households(db: Session, leaf: _LeafTable, counted: _Counted) -> None:
    if not counted.dates:
        return
    newest = counted.dates[-1]
    known = counted.leaves[newest]
    query = (
        select(Household.region_code, Household.type, func.sum(Household.households))
        .join(Region, Region.code == Household.region_code)
        .where(Region.is_leaf, Household.date == newest)
        .group_by(Household.region_code, Household.type)
    )
    rows = db.execute(query).all()
    if rows:
        leaf.start(*(f"household_{t}" for t in HOUSEHOLD_TYPES), known=known)
        leaf.put("households", [r[0] for r in rows], [float(r[2]) for r in rows], known)
        for kind in {r[1] for r in rows}:
            leaf.put(
                f"household_{kind}",
                [r[0] for r in rows if r[1] == kind],
                [float(r[2]) for r in rows if r[1] == kind],
                known,
            )


def _add_groups(db: Session, leaf: _LeafTable, counted: _Counted) -> None:
    if not counted.dates:
        return
    newest = counted.dates[-1]
    known = counted.leaves[newest]
    query = (
        select(Vulnerable.region_code, Vulnerable.group, func.sum(Vulnerable.persons))
        .join(Region, Region.code == Vulnerable.region_code)
        .where(Region.is_leaf, Vulnerable.date == newest)
        .group_by(Vulnerable.region_code, Vulnerable.group)
    )
    rows = db.execute(query).all()
    for group in VULNERABLE_GROUPS if rows else ():
        leaf.put(
            group,
            [r[0] for r in rows if r[1] == group],
            [float(r[2]) for r in rows if r[1] == group],
            known,
        )


def _add_things(db: Session, leaf: _LeafTable) -> None:
    rows: Sequence[Any] = db.execute(
        select(Facility.region_code, Facility.kind, func.count(), func.sum(Facility.capacity))
        .where(Facility.region_code.is_not(None))
        .group_by(Facility.region_code, Facility.kind)
    ).all()
    if rows:
        leaf.start(*(f"facility_{k}" for k in FACILITY_KINDS))
        leaf.put("facilities", [r[0] for r in rows], [float(r[2]) for r in rows])
        # A file without a column of beds says nothing about beds, not that there are none.
        beds = {kind for _, kind, _, capacity in rows if capacity is not None}
        for region, kind, n, capacity in rows:
            leaf.put(f"facility_{kind}", [region], [float(n)])
            measure = _BEDS.get(kind)
            if measure is not None and kind in beds:
                leaf.put(measure, [region], [float(capacity or 0)])
    counted: tuple[tuple[str, Any, Any], ...] = (
        ("buildings", Building.region_code, True),
        ("organisations", Organisation.region_code, True),
        ("events", Event.region_code, _last_year(db)),
        ("events_open", Event.region_code, settled.still_open(db)),
    )
    for measure, column, condition in counted:
        query = select(column, func.count()).where(column.is_not(None)).group_by(column)
        if condition is not True:
            query = query.where(condition)
        found = db.execute(query).all()
        if found:
            _put_rows(leaf, measure, found)
            if measure == "events":  # all of them may be closed
                leaf.start("events_open")


_BEDS = {
    "care_home": "capacity_care",
    "hospital": "beds_hospital",
    "health_centre": "beds_hospital",
}


def _last_year(db: Session) -> Any:
    counts = settled.counts(db)
    newest = db.execute(select(func.max(Event.reported)).where(counts)).scalar()
    return True if newest is None else counts & (Event.reported > newest - dt.timedelta(days=365))


_FROM_KIND = {
    "population": (
        "people",
        "people_before",
        "people_aged",
        "male",
        "female",
        *AGE_GROUPS,
        "registered",
        "floating",
    ),
    "households": ("households", *(f"household_{t}" for t in HOUSEHOLD_TYPES)),
    "vulnerable": VULNERABLE_GROUPS,
    "facilities": (
        "facilities",
        *(f"facility_{k}" for k in FACILITY_KINDS),
        "capacity_care",
        "beds_hospital",
    ),
    "buildings": ("buildings",),
    "organisations": ("organisations",),
    "events": ("events", "events_open"),
    "regions": ("area_km2",),
}


def _origins(db: Session) -> tuple[dict[str, str], dict[str, tuple[str, ...]]]:
    """
    Return class and data sets of each measure.

    A count of people by region is an aggregate and keeps the class declared in ``MEASURES``; a data
    set above 备用 raises it.
    """
    datasets = db.execute(select(Dataset.id, Dataset.kind, Dataset.data_class)).all()
    classes = {m: MEASURES[m].data_class for m in MEASURES}
    sources: dict[str, list[str]] = {m: [] for m in MEASURES}
    for dataset_id, kind, data_class in datasets:
        for measure in _FROM_KIND.get(kind, ()):
            sources[measure].append(dataset_id)
            if data_class in ("敏感", "秘密") and kind not in ("events", "organisations"):
                classes[measure] = highest((classes[measure], data_class))
    return classes, {m: tuple(ids) for m, ids in sources.items()}
