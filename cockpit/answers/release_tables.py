"""What a steward can release: tables, their exact counts at the leaves, and their class."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from cockpit.access.classes import highest, may_see
from cockpit.answers import coverage, release_again
from cockpit.answers.reach import current_reach
from cockpit.answers.release_store import NOISY, SUPPRESSED
from cockpit.answers.twin import Twin
from cockpit.coverage.services import SERVICES, Service, service_of
from cockpit.indicators import MEASURES
from cockpit.locale import translate
from cockpit.release.partitions import PARTITIONS, Partition, band_measure, covered_by
from cockpit.release.tree import LEVELS, Tree
from cockpit.store import settled
from cockpit.store.models import Dataset, Event, Population
from geodata.errors import InputError
from loaders.catalog import HOUSEHOLD_TYPES, SEXES

MOST_OPEN = "备用"
"""The highest class that can be made public; 敏感 and 秘密 stay inside, whatever the noise."""
HOUSEHOLDS, EVENTS = "households", "events"
_COVERED = "covered-"
_REACH = {"covered": "Within these minutes", "not_covered": "Farther away"}
"""A service's usual minutes, which its title tells, are no standard."""


@dataclass(frozen=True)
class TableKind:
    """A table that can be released."""

    id: str
    kind: str  # noisy, suppressed
    series: str
    title: str
    title_en: str
    unit: str  # msgid


@dataclass(frozen=True, eq=False)
class Exact:
    """Exact counts of a table: they stay with the steward."""

    tree: Tree
    rows: NDArray[np.intp]  # (len(tree),) rows of twin.regions
    counts: NDArray[np.int64]  # (n_leaves, n_classes)
    classes: tuple[tuple[str, str], ...]  # id, title (msgid, or the data's own name)
    as_of: dt.date | None
    data_class: str  # of the data sets behind it
    version: str
    left_out: int = 0  # things without a leaf, or persons that the table does not place

    @property
    def figures(self) -> NDArray[np.int64]:
        """Exact figures of all regions, shape ``(n_regions, n_classes)``."""
        return self.tree.from_leaves(self.counts)

    def down_to(self, level: str) -> Exact:
        """Return the same counts without the levels below one."""
        tree, rows = self.tree.down_to(LEVELS.index(level))
        counts = self.figures[rows][tree.leaves]
        return Exact(
            tree, self.rows[rows], counts, self.classes, self.as_of, self.data_class,
            self.version, self.left_out,
        )  # fmt: skip

    def levels(self) -> tuple[str, ...]:
        """Return the levels that there are, the highest first."""
        return tuple(LEVELS[k] for k in sorted(set(self.tree.level.tolist())))


def tables(county: Twin) -> tuple[TableKind, ...]:
    """Return the tables that the county's data allow, of people first."""
    found = [_of_people(p) for p in PARTITIONS.values() if _has(county, p.needs)]
    if _has(county, ("people",)):
        found += [_covered(s) for s in SERVICES.values() if _given(county, s)]
    if _has(county, (HOUSEHOLDS,)):
        found.append(_suppressed(HOUSEHOLDS, "households-by-type", "Households by type"))
    if _has(county, (EVENTS,)):
        found.append(
            _suppressed(EVENTS, release_again.EVENT_SERIES, "Events of twelve months by category")
        )
    return tuple(found)


def table_kind(county: Twin, table: str) -> TableKind:
    """Return a table by id; ``InputError`` when the county cannot release it."""
    for one in tables(county):
        if one.id == table:
            return one
    raise InputError("There is no table {table} to release.", table=table[:48])


def _of_people(partition: Partition) -> TableKind:
    zh, en = (translate(partition.title, language) for language in ("zh", "en"))
    return TableKind(partition.id, NOISY, f"people-by-{partition.id}", zh, en, "persons")


def _covered(service: Service) -> TableKind:
    partition = covered_by(service.id)
    zh, en = (
        translate(
            "{table}: {service}, {minutes} min",
            language,
            table=translate(partition.title, language),
            service=translate(service.title, language),
            minutes=f"{service.minutes:g}",
        )
        for language in ("zh", "en")
    )
    return TableKind(partition.id, NOISY, f"people-{partition.id}", zh, en, "persons")


def _suppressed(table: str, series: str, title: str) -> TableKind:
    zh, en = (translate(title, language) for language in ("zh", "en"))
    return TableKind(table, SUPPRESSED, series, zh, en, table)


def _has(county: Twin, needs: Iterable[str]) -> bool:
    """Tell whether the county has counted what a table needs; ages by sex come with the ages."""
    for name in needs:
        measure = "people_aged" if name.startswith("usual:") else name
        if measure not in county.measures or np.isnan(county.measures[measure][0]):
            return False
    return True


def _given(county: Twin, service: Service) -> bool:
    return any(np.nan_to_num(county.measures[f"facility_{kind}"][0]) > 0 for kind in service.kinds)


# ---------------------------------------------------------------- exact counts


def exact_of(db: Session, county: Twin, table: str) -> Exact:
    """
    Return the exact counts of a table.

    Raises
    ------
    InputError
        If there is no such table, or a data set behind it is above 备用.
    """
    kind = table_kind(county, table)
    whole = Tree.of(
        county.regions["parent"].to_numpy(),
        [LEVELS.index(level) for level in county.regions["level"]],
    )
    if kind.kind == NOISY:
        partition = _partition(table)
        measures = _measures(db, county, partition)
        classes = tuple((c.id, _REACH.get(c.id, c.title)) for c in partition.classes)
    else:
        partition = None
        measures = _things(db, county, table)
        classes = tuple((name, _title(name)) for name in measures)
    data_class, left_out = _class(db, county, table), _unplaced(county, whole, table)
    _require_open(data_class)
    unknown = np.isnan(np.column_stack(list(measures.values()))).any(axis=1)
    tree, rows = whole.keep(np.asarray(~unknown))
    at_leaves = {name: values[rows[tree.leaves]] for name, values in measures.items()}
    if partition is not None:
        counts = partition.counts(at_leaves)
    else:
        counts = np.rint(np.column_stack(list(at_leaves.values()))).astype(np.int64)
        filled = counts.sum(axis=0) > 0  # what stands at inner regions alone would read as 0
        counts = counts[:, filled]
        classes = tuple(c for c, kept in zip(classes, filled, strict=True) if kept)
    day = _day(db, county, table)
    return Exact(tree, rows, counts, classes, day, data_class, county.version, left_out)


def _day(db: Session, county: Twin, table: str) -> dt.date | None:
    if table == EVENTS:
        return release_again.months_of(db)[1] - dt.timedelta(days=1)
    return county.dates.get(HOUSEHOLDS) if table == HOUSEHOLDS else county.date


def _require_open(data_class: str) -> None:
    if not may_see(MOST_OPEN, data_class):
        raise InputError(
            "The figures are of class {data_class}; only 公开 and 备用 can be made public.",
            data_class=data_class,
        )


def _partition(table: str) -> Partition:
    if table.startswith(_COVERED):
        return covered_by(service_of(table.removeprefix(_COVERED)).id)
    return PARTITIONS[table]


def _measures(db: Session, county: Twin, partition: Partition) -> dict[str, NDArray[np.float64]]:
    """Return what a partition needs at every region; only leaves are used of it."""
    found: dict[str, NDArray[np.float64]] = {}
    bands = _bands(db, county) if any(n.startswith("usual:") for n in partition.needs) else {}
    for name in partition.needs:
        if name.startswith("usual:"):
            found[name] = bands[name]
        elif name.startswith("covered:"):
            found[name] = _covered_people(county, name.removeprefix("covered:"))
        else:
            found[name] = county.measures[name]
    return found


def _bands(db: Session, county: Twin) -> Mapping[str, NDArray[np.float64]]:
    """Return the usual residents of each sex and age band; NaN where ages are not counted."""
    known = np.where(np.isnan(county.measures["people_aged"]), np.nan, 0.0)
    found: dict[str, NDArray[np.float64]] = {}
    query = (
        select(
            Population.region_code, Population.sex, Population.age_band,
            func.sum(Population.persons),
        )
        .where(Population.kind == "usual", Population.date == county.date)
        .group_by(Population.region_code, Population.sex, Population.age_band)
    )  # fmt: skip
    for sex in SEXES:
        for band in PARTITIONS["age-18"].classes:
            found[band_measure(sex, band.id)] = known.copy()
    for code, sex, band_id, persons in db.execute(query):
        name = band_measure(sex, band_id)
        if name in found:
            found[name][county.position(code)] += persons
    return found


def _covered_people(county: Twin, service: str) -> NDArray[np.float64]:
    """Return the residents of each leaf within reach of a service: all of a cell or none."""
    reach = current_reach(MOST_OPEN)
    if reach is None or reach.version != county.version:
        raise InputError("The data changed while the figures were counted. Ask again.")
    asked = coverage.question(reach, service, group="people", visitor=MOST_OPEN)
    found = coverage.summary(reach, asked)
    covered = np.full(len(county.regions), np.nan)
    cells = reach.rows[found.cells]
    covered[cells] = np.where(found.covered, county.measures["people"][cells], 0.0)
    return covered


def _things(db: Session, county: Twin, table: str) -> dict[str, NDArray[np.float64]]:
    if table == HOUSEHOLDS:
        return {
            name: county.measures[name]
            for name in (f"household_{kind}" for kind in HOUSEHOLD_TYPES)
            if np.nan_to_num(county.measures[name][0]) > 0
        }
    return _events(db, county)


def _events(db: Session, county: Twin) -> dict[str, NDArray[np.float64]]:
    """Return the events of twelve months by category at every region, the most frequent first."""
    first, end = (dt.datetime.combine(day, dt.time()) for day in release_again.months_of(db))
    query = select(Event.category, Event.region_code, func.count()).where(
        settled.counts(db), Event.region_code.is_not(None),
        Event.reported >= first, Event.reported < end,
    )  # fmt: skip
    rows = db.execute(query.group_by(Event.category, Event.region_code)).all()
    if not rows:
        raise InputError("The county has no events to release.")
    sums: dict[str, int] = {}
    for category, _, n in rows:
        sums[category] = sums.get(category, 0) + n
    n_regions = len(county.regions)
    found = {c: np.zeros(n_regions) for c in sorted(sums, key=lambda c: (-sums[c], c))}
    for category, code, n in rows:
        found[category][county.position(str(code))] += n
    return found


def _title(name: str) -> str:
    """Return the msgid of a class; a category of events is called as the data call it."""
    return MEASURES[name].title if name in MEASURES else name


def _class(db: Session, county: Twin, table: str) -> str:
    """Return the highest class of the data sets behind a table."""
    measure = table if table in (HOUSEHOLDS, EVENTS) else "people"
    used = set(county.sources.get(measure, ()))
    if table == "kind":
        used |= set(county.sources.get("floating", ()))
    rows = db.execute(select(Dataset.id, Dataset.data_class)).all()
    return highest([MOST_OPEN, *(c for dataset, c in rows if dataset in used)])


def _unplaced(county: Twin, tree: Tree, table: str) -> int:
    """Return what is known to be in an inner region but in no leaf: no table of leaves has it."""
    measure = table if table in (HOUSEHOLDS, EVENTS) else "people"
    kept = county.unplaced.get(measure)
    return 0 if kept is None else int(np.nan_to_num(kept)[~tree.is_leaf].sum())
