"""A figure's sum read once more from the file itself, where that still lies where it was."""

from __future__ import annotations

import hashlib
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
from sqlalchemy import select
from sqlalchemy.orm import Session

from cockpit.access.classes import may_see
from cockpit.answers.kept import Kept, kept
from cockpit.answers.lineage import figure_rows
from cockpit.answers.population import position_of
from cockpit.answers.twin import Twin
from cockpit.settings import settings
from cockpit.store import sealed_files
from cockpit.store.catalogue import read_folder
from cockpit.store.models import Batch, Household, Meta, Population, Region, Vulnerable
from cockpit.store.rows import Place, rows_of
from cockpit.store.sealed import ring_of
from geodata.errors import InputError
from loaders.manifest import Dataset, Manifest
from loaders.read import read_dataset
from loaders.table import ReadContext

State = Literal["same", "changed", "gone", "database"]

# What tells the rows of one source row apart, when a wide table became a long one.
_KEYS: dict[Any, tuple[str, ...]] = {
    Population: ("sex", "age_band", "kind", "date"),
    Household: ("type",),
    Vulnerable: ("group",),
}


@dataclass(frozen=True)
class Reread:
    """The rows of one file behind a figure: as stored, and as the file has them now."""

    dataset_id: str
    file: str
    state: State  # same bytes, changed since, gone, or a database without bytes
    stored: float
    found: float | None  # None where the file could not be read again

    @property
    def agrees(self) -> bool:
        """True when the file gives the stored sum."""
        return self.found is not None and abs(self.found - self.stored) < 1e-6 * max(
            1.0, abs(self.stored)
        )


def reread(
    db: Session, county: Twin, code: str, measure: str, *, visitor: str
) -> tuple[Reread, ...]:
    """
    Read the files behind a measure of one region again and sum the same rows.

    A file whose bytes are no longer those of the load, or that is gone, is named and not read.
    Areas have no row to read. Raises ``InputError`` when the measure is above the visitor's class.
    """
    data_class = county.classes.get(measure, "公开")
    if not may_see(visitor, data_class):
        raise InputError(
            "This figure is of class {data_class}; you may see {visitor}.",
            data_class=data_class,
            visitor=visitor,
        )
    spec = kept(db, county, measure)
    if spec.table is Region:  # areas are worked out from shapes, no row has them as a number
        return ()
    stored = _stored_rows(db, county, position_of(county, code), spec)
    batches = db.execute(select(Batch).where(Batch.id.in_(set(stored["batch_id"].tolist()))))
    return tuple(
        _reread_one(db, county, spec, batch, stored[stored["batch_id"] == batch.id])
        for batch in batches.scalars()
    )


def _stored_rows(db: Session, county: Twin, at: int, spec: Kept) -> pd.DataFrame:
    keys = _KEYS.get(spec.table, ())
    query = select(
        spec.table.batch_id,
        spec.table.source_row,
        *(getattr(spec.table, key) for key in keys),
        spec.value,
    )
    if spec.table is not Region:
        query = query.join(Region, Region.code == spec.region)
    rows = db.execute(query.where(figure_rows(db, county, at, spec))).all()
    frame = pd.DataFrame(rows, columns=["batch_id", "source_row", *keys, "value"])
    return _dated(frame.dropna(subset=["source_row"]))


def _dated(frame: pd.DataFrame) -> pd.DataFrame:
    """Make dates of files and of the store comparable."""
    return frame.assign(date=pd.to_datetime(frame["date"])) if "date" in frame else frame


def _reread_one(
    db: Session, county: Twin, spec: Kept, batch: Batch, stored: pd.DataFrame
) -> Reread:
    total = float(stored["value"].fillna(0).sum())
    entry = Dataset.model_validate(batch.entry) if batch.entry else None
    if entry is not None and batch.uploaded:  # kept below the data folder
        entry = entry.model_copy(update={"file": str(settings().data_folder / entry.file)})
    if entry is not None and entry.database:
        return Reread(batch.dataset_id, batch.source, "database", total, None)
    path = _folder(db) / (entry.file if entry else batch.source).partition("!")[0]
    name = Path(batch.source.partition("!")[0]).name
    if entry is None or not path.is_file():
        return Reread(batch.dataset_id, name, "gone", total, None)
    with tempfile.TemporaryDirectory(prefix="cockpit-reread-") as folder:
        if batch.uploaded:  # may be sealed
            ring = ring_of(db)
            path = sealed_files.plain_copy(ring, settings().data_folder, path, Path(folder))
            inner = "".join(entry.file.partition("!")[1:])
            entry = entry.model_copy(update={"file": f"{path}{inner}"})
        with path.open("rb") as file:
            if hashlib.file_digest(file, "sha256").hexdigest() != batch.sha256:
                return Reread(batch.dataset_id, name, "changed", total, None)
        found = _sum_again(db, county, entry, spec, stored)
        return Reread(batch.dataset_id, name, "same", total, found)


def _sum_again(
    db: Session, county: Twin, entry: Dataset, spec: Kept, stored: pd.DataFrame
) -> float:
    stored_as = db.execute(select(Meta.value).where(Meta.key == "manifest")).scalar_one()
    manifest = Manifest(
        county=stored_as["county"], cells=stored_as["cells"], dataset=(entry,), folder=_folder(db)
    )
    regions = county.regions
    codes = regions["code"].tolist()
    context = ReadContext(
        known_codes=frozenset(codes),
        region_names=dict(zip(codes, regions["name"], strict=True)),
    )
    loaded = read_dataset(entry, manifest, context=context)
    keys = ["source_row", *_KEYS.get(spec.table, ())]
    if not spec.counted:  # things: the rows are the file's rows
        table = pd.DataFrame(loaded.table).rename(columns={"row": "source_row"})
        again = table[table["source_row"].isin(stored["source_row"])]
        return float(again[spec.column].sum()) if spec.column else float(len(again))
    nowhere = Place(np.array([], object), np.array([], object), frozenset(), b"")
    ((_, frame),), _findings = rows_of(loaded, nowhere)
    joined = _dated(frame).merge(stored[keys].drop_duplicates(), on=keys)
    return float(joined[spec.column].sum())


def _folder(db: Session) -> Path:
    """Return where the manifest's relative file names start."""
    return read_folder(db.connection(), settings().data_folder)
