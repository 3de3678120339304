"""Small counties and files that the tests of the readers share."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import shapely

from loaders.manifest import County, Dataset, Manifest
from loaders.read import read_dataset
from loaders.table import LoadedTable, ReadContext

BOX = (113.0, 24.0, 113.6, 24.6)
CODES = frozenset({"529901", "529901101", "529901102", "529901101001", "529901101002"})
TODAY = dt.date(2025, 6, 1)
CONTEXT = ReadContext(box=BOX, today=TODAY)


def manifest_of(folder: Path, **entry: object) -> Manifest:
    """Return a manifest of one data set in the folder; figures get a date."""
    if entry["kind"] in ("population", "households", "vulnerable"):
        entry.setdefault("date", dt.date(2025, 5, 1))
    dataset = Dataset.model_validate({"id": "it", "title": "it", **entry})
    county = County(code="529901", name="青岚县", crs="EPSG:4547", box=BOX)
    return Manifest(county=county, dataset=(dataset,), folder=folder)


def read(folder: Path, *, context: ReadContext = CONTEXT, **entry: object) -> LoadedTable:
    """Read one file through the common door."""
    manifest = manifest_of(folder, **entry)
    return read_dataset(manifest.dataset[0], manifest, context=context)


def squares() -> dict[str, object]:
    """Return two townships side by side, 0.1 degrees wide, as columns."""
    return {
        "区划代码": ["529901101", "529901102"],
        "名称": ["青岚镇", "白水乡"],
        "geometry": [shapely.box(113.1, 24.1, 113.2, 24.2), shapely.box(113.2, 24.1, 113.3, 24.2)],
    }
