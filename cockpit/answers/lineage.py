"""Lineage of a figure: its data sets, files and rows, and the same number worked out again."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from sqlalchemy import ColumnElement, and_, false, func, or_, select, true
from sqlalchemy.orm import Session

from cockpit.access.classes import may_see
from cockpit.answers.kept import Kept, kept
from cockpit.answers.population import Place, place_of, position_of
from cockpit.answers.twin import Twin
from cockpit.indicators import INDICATORS
from cockpit.store.models import Batch, Dataset, Region
from geodata.errors import InputError

ROWS_SHOWN = 200
"""Source rows listed on the page; the sums are over all of them."""


@dataclass(frozen=True)
class SourceRow:
    """A row of a source that a figure is made of."""

    dataset_id: str
    row: int | None
    region_code: str
    what: str  # sex and age band, type, group or kind, as the store keeps it
    value: float


@dataclass(frozen=True)
class FileUse:
    """A file and what of it stands in a figure."""

    batch_id: int
    dataset_id: str
    title: str
    title_en: str
    department: str
    data_class: str
    source: str
    sha256: str
    version: int
    loaded_at: dt.datetime
    rows_read: int
    matches: dict[str, str]
    amount: float  # what this file brings to the figure
    rows: int  # rows of the source behind it


@dataclass(frozen=True)
class PartLineage:
    """
    One measure of a figure: what is shown, what its rows add up to, and where they stand.

    ``moved_from`` is empty when the sources count this region or regions in it. Otherwise it names
    the region whose count was moved to the leaves: then ``rows`` are that region's, ``whole`` is
    their sum, and ``whole_moved`` what all leaves of that region have.
    """

    measure: str
    shown: float
    recomputed: float
    files: tuple[FileUse, ...]
    rows: tuple[SourceRow, ...]  # at most ROWS_SHOWN
    n_rows: int
    moved_from: Place | None = None
    whole: float = float("nan")
    whole_moved: float = float("nan")

    @property
    def agrees(self) -> bool:
        """True when the rows give the number shown, and a moved count lost nobody."""
        moved_all = self.moved_from is None or _same(self.whole, self.whole_moved)
        return moved_all and _same(self.shown, self.recomputed)


def _same(one: float, other: float) -> bool:
    """Tell whether two sums agree; areas are sums of fractions, so the last digits may not."""
    return abs(one - other) <= 1e-6 * max(1.0, abs(one))


@dataclass(frozen=True)
class Lineage:
    """A figure of one region and everything it comes from."""

    place: Place
    indicator: str
    shown: float
    recomputed: float
    parts: tuple[PartLineage, ...]

    @property
    def agrees(self) -> bool:
        """True when every part agrees."""
        return all(part.agrees for part in self.parts)


def lineage(db: Session, county: Twin, code: str, indicator_id: str, *, visitor: str) -> Lineage:
    """
    Return where a figure comes from, and the figure worked out again from the sources' rows.

    The second number is summed from the rows as they stood in the files, at the regions where the
    files count them; the shown one from the leaves of the tree. A region below the one that a file
    counts has the share that was moved to it.

    Raises
    ------
    InputError
        If the region or the indicator is unknown, not known in this county, or above the visitor's
        class.
    """
    indicator = INDICATORS.get(indicator_id)
    if indicator is None or not county.known(indicator):
        raise InputError("The county has no figure {indicator}.", indicator=indicator_id)
    if not may_see(visitor, county.class_of(indicator)):
        raise InputError(
            "This figure is of class {data_class}; you may see {visitor}.",
            data_class=county.class_of(indicator),
            visitor=visitor,
        )
    at = position_of(county, code)
    parts = tuple(_part(db, county, at, measure) for measure in dict.fromkeys(indicator.measures))
    table = {part.measure: np.array([part.recomputed]) for part in parts}
    return Lineage(
        place=place_of(county, at),
        indicator=indicator_id,
        shown=float(county.values(indicator)[at]),
        recomputed=float(indicator.values(table)[0]),
        parts=parts,
    )


def _part(db: Session, county: Twin, at: int, measure: str) -> PartLineage:
    spec = kept(db, county, measure)
    path = county.path(at)
    origin = _moved_from(db, county, at, spec)
    rows = _rows_of_figure(db, county, at, spec, origin)
    own = _sums(db, spec, rows) if origin is None else _moved(db, path, spec)
    n_rows = _sums(db, spec, rows)
    files = tuple(_files(db, own, n_rows))
    return PartLineage(
        measure=measure,
        shown=float(county.measures[measure][at]),
        recomputed=sum(file.amount for file in files),
        files=files,
        rows=_rows(db, spec, rows),
        n_rows=sum(n for _, n in n_rows.values()),
        moved_from=origin,
        whole=sum(total for total, _ in n_rows.values()),
        whole_moved=(
            float("nan")
            if origin is None
            else sum(t for t, _ in _at_leaves(db, _path(county, origin), spec).values())
        ),
    )


def figure_rows(db: Session, county: Twin, at: int, spec: Kept) -> ColumnElement[bool]:
    """Return the condition on the sources' rows behind a measure of one region."""
    rows = _rows_of_figure(db, county, at, spec, _moved_from(db, county, at, spec))
    return and_(rows, ~spec.table.moved) if spec.counted else rows


def _rows_of_figure(
    db: Session, county: Twin, at: int, spec: Kept, origin: Place | None
) -> ColumnElement[bool]:
    if origin is not None:
        return and_(spec.where, ~spec.table.moved, spec.region == origin.code)
    standing = _standing(db, county.path(at), spec)
    return and_(spec.where, _inside(county, at, spec), standing)


def _path(county: Twin, place: Place) -> str:
    return county.path(county.position(place.code))


def _inside(county: Twin, at: int, spec: Kept) -> ColumnElement[bool]:
    if spec.table is Region:  # a region's own area, not the sum of all levels below
        return Region.code == str(county.regions["code"].iat[at])
    return Region.path.startswith(county.path(at), autoescape=True)


def _standing(db: Session, path: str, spec: Kept) -> ColumnElement[bool]:
    """
    Return the condition on the rows under a path that stand in the figure.

    Where a region below has a count of the same series, that one stands. What a region's own count
    has beyond those below it was moved to leaves that none of them counts: these rows stand too.
    """
    if not spec.counted:
        return true()
    paths = sorted(_counted_paths(db, path, spec))
    # In this order everything below a region comes right after it.
    finest = [
        one for one, after in zip(paths, [*paths[1:], ""], strict=True) if not after.startswith(one)
    ]
    if not finest:
        return false()
    codes = [_code(one) for one in finest]
    rest = [_code(one) for one in _moved_paths(db, path, spec) if not _under(one, set(finest))]
    return or_(
        and_(~spec.table.moved, spec.region.in_(codes)),
        and_(spec.table.moved, spec.region.in_(rest)),
    )


def _code(path: str) -> str:
    return path.rstrip("/").rsplit("/", 1)[-1]


def _under(path: str, tops: set[str]) -> bool:
    """Tell whether a path is one of ``tops`` or lies under one."""
    parts = path.rstrip("/").split("/")
    return any("/".join(parts[:n]) + "/" in tops for n in range(1, len(parts) + 1))


def _moved_paths(db: Session, path: str, spec: Kept) -> list[str]:
    query = (
        select(Region.path)
        .join(spec.table, spec.region == Region.code)
        .where(spec.series, spec.table.moved, Region.path.startswith(path, autoescape=True))
        .distinct()
    )
    return list(db.execute(query).scalars())


def _counted_paths(db: Session, path: str, spec: Kept) -> list[str]:
    query = (
        select(Region.path)
        .join(spec.table, spec.region == Region.code)
        .where(spec.series, ~spec.table.moved, Region.path.startswith(path, autoescape=True))
        .distinct()
    )
    return list(db.execute(query).scalars())


def _moved_from(db: Session, county: Twin, at: int, spec: Kept) -> Place | None:
    """
    Return the nearest region above whose count was moved here; None when this one has its own.

    A region with any count below it does not move its own, so a figure is either counted or moved.
    """
    if not spec.counted or _counted_paths(db, county.path(at), spec):
        return None
    above = county.ancestors(at)[:-1]
    codes = {str(county.regions["code"].iat[row]): row for row in above}
    found = db.execute(
        select(spec.region).where(spec.series, ~spec.table.moved, spec.region.in_(codes)).distinct()
    ).scalars()
    rows = [codes[code] for code in found]
    # Without a count above, moved rows are all there is: they stand for themselves.
    return place_of(county, max(rows)) if rows else place_of(county, at)


def _moved(db: Session, path: str, spec: Kept) -> dict[int, tuple[float, int]]:
    inside = Region.path.startswith(path, autoescape=True)
    return _sums(db, spec, and_(spec.where, spec.table.moved, inside))


def _at_leaves(db: Session, path: str, spec: Kept) -> dict[int, tuple[float, int]]:
    """Return what the leaves under a path have, counted there or moved."""
    inside = Region.path.startswith(path, autoescape=True)
    return _sums(db, spec, and_(spec.where, Region.is_leaf, inside))


def _sums(db: Session, spec: Kept, where: ColumnElement[bool]) -> dict[int, tuple[float, int]]:
    """Return batch -> (sum, number of rows) of a measure's rows."""
    query = select(spec.table.batch_id, func.sum(spec.value), func.count())
    if spec.table is not Region:
        query = query.join(Region, Region.code == spec.region)
    found = db.execute(query.where(where).group_by(spec.table.batch_id))
    return {batch: (float(total or 0), int(n)) for batch, total, n in found}


def _files(
    db: Session, own: dict[int, tuple[float, int]], rows: dict[int, tuple[float, int]]
) -> Iterator[FileUse]:
    query = (
        select(Batch, Dataset)
        .join(Dataset, Dataset.id == Batch.dataset_id)
        .where(Batch.id.in_({*own, *rows}))
        .order_by(Dataset.position)
    )
    for batch, dataset in db.execute(query):
        yield FileUse(
            batch_id=batch.id,
            dataset_id=dataset.id,
            title=dataset.title,
            title_en=dataset.title_en,
            department=dataset.department,
            data_class=dataset.data_class,
            source=batch.source,
            sha256=batch.sha256,
            version=batch.version,
            loaded_at=batch.loaded_at,
            rows_read=batch.rows_read,
            matches=dict(batch.matches),
            amount=own.get(batch.id, (0.0, 0))[0],
            rows=rows.get(batch.id, (0.0, 0))[1],
        )


def _rows(db: Session, spec: Kept, where: ColumnElement[bool]) -> tuple[SourceRow, ...]:
    query = (
        select(Batch.dataset_id, spec.table.source_row, spec.region, spec.value, *spec.what)
        .select_from(spec.table)
        .join(Batch, Batch.id == spec.table.batch_id)
    )
    if spec.table is not Region:
        query = query.join(Region, Region.code == spec.region)
    query = query.where(where).order_by(Batch.dataset_id, spec.table.source_row).limit(ROWS_SHOWN)
    return tuple(
        SourceRow(dataset, row, region, " ".join(str(w) for w in what if w), float(value or 0))
        for dataset, row, region, value, *what in db.execute(query)
    )
