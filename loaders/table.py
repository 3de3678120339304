"""What every reader hands on: a checked table in standard columns, its findings and its origin."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import pandas as pd

from loaders.files import Limits
from loaders.manifest import Dataset

Dimension = Literal["completeness", "validity", "consistency", "timeliness", "uniqueness", "place"]
Severity = Literal["error", "warning", "note"]


@dataclass(frozen=True)
class ReadContext:
    """What is known about the county when a file is read; every part may be missing."""

    box: tuple[float, float, float, float] | None = None
    """West, south, east, north of the county in degrees, EPSG:4326."""
    known_codes: frozenset[str] | None = None
    """Normalised codes of the regions that stand in the store; None: not known yet."""
    region_names: Mapping[str, str] = field(default_factory=dict)
    """Region code to name, to find regions by name and to word suggestions."""
    today: dt.date = field(default_factory=dt.date.today)
    """The day against which dates and deliveries are judged."""
    reference: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    """Code, id or name of known places to longitude and latitude: shows GCJ-02 and BD-09."""
    limits: Limits = field(default_factory=Limits)
    """How much one file may hold."""


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong or doubtful, worded so that somebody can mend it."""

    dataset: str
    file: str
    row: int | None  # data row of the file, 1 = first row below the header; None: the whole file
    column: str  # standard column, or ""
    rule: str  # stable name of the rule, e.g. "code.check", "amount.negative"
    dimension: Dimension
    severity: Severity  # error: the row is not stored; warning: stored and marked; note: told
    found: str  # as it stands in the file, identity numbers masked
    expected: str  # English sentence template of the rule; translated through the catalogue
    values: dict[str, object] = field(default_factory=dict)  # fill the template
    text: str = ""  # the whole bad row as text (errors only), identity numbers masked


@dataclass(frozen=True)
class LoadedTable:
    """
    One data set, read and checked.

    ``table`` has the standard columns of ``loaders.catalog`` for the kind and ``row`` (source row,
    1-based). Only rows without an error are in it. A table with polygons, lines or points is a
    GeoDataFrame with ``geometry`` in EPSG:4326 (longitude, latitude).
    """

    dataset: Dataset
    table: pd.DataFrame
    findings: tuple[Finding, ...]
    matches: dict[str, str]  # standard column -> header of the file
    sha256: str  # of the file's bytes (for a database: of the table's rows as CSV)
    n_rows: int  # rows in the source, bad ones included
    encoding: str = ""
    extra: dict[str, object] = field(default_factory=dict)  # roads: "nodes"; elevation: "path"
