"""A file brought by hand: what storing it would do, and storing it once somebody has said yes."""

from __future__ import annotations

import hashlib
import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pandas as pd
from pydantic import ValidationError
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from cockpit.answers.data import require_work
from cockpit.settings import settings
from cockpit.store import ingest
from cockpit.store.migrate import upgrade
from cockpit.store.models import (
    Batch,
    Building,
    Event,
    Facility,
    Household,
    Organisation,
    Population,
    Sensor,
    Vulnerable,
)
from cockpit.store.rows import Place, rows_of
from cockpit.store.sealed import is_private
from geodata.errors import AskFirst, DataFileError, InputError
from loaders.manifest import DataClass, Dataset, Manifest
from loaders.quality import QualityScore, score
from loaders.sandbox import read_upload
from loaders.table import Finding, LoadedTable, ReadContext

Entry = Dataset
"""A manifest entry, under the name that pages use."""

FINDINGS_SHOWN = 200
"""Findings of a dry run that the page lists; after storing all are on the work list."""

CLASSES: tuple[str, ...] = get_args(DataClass)
"""Data classes, the most open first."""
_SENSITIVE = {"persons", "vulnerable"}
_LONGEST_STEM = 200  # bytes: file systems take 255 with the ending

_COUNTS: dict[str, tuple[Any, tuple[str, ...], str]] = {
    "population": (
        Population,
        ("region_code", "date", "kind", "sex", "age_band"),
        "persons",
    ),
    "households": (Household, ("region_code", "date", "type"), "households"),
    "vulnerable": (Vulnerable, ("region_code", "date", "group"), "persons"),
}
_THINGS: dict[str, Any] = {
    "facilities": Facility,
    "buildings": Building,
    "organisations": Organisation,
    "events": Event,
    "sensors": Sensor,
}


@dataclass(frozen=True)
class Difference:
    """How the rows of a file differ from those stored, matched by their keys."""

    new: int
    changed: int
    gone: int
    same: int


@dataclass(frozen=True)
class DryRun:
    """What storing a file would do; nothing has been stored."""

    entry: Dataset
    sha256: str
    encoding: str
    matches: dict[str, str]  # standard column -> header of the file
    rows_read: int
    rows_good: int
    rows_before: int | None  # None: a new data set
    quality: QualityScore
    findings: tuple[Finding, ...]  # at most FINDINGS_SHOWN, errors first
    by_severity: dict[str, int]
    difference: Difference | None  # None where rows have no key of their own
    question: AskFirst | None  # must be answered with yes before it is stored


def known_entries(db: Session) -> tuple[Dataset, ...]:
    """Return the entries of the data sets in use, as manifests write them, in their order."""
    rows = db.execute(select(Batch.entry).where(Batch.current).order_by(Batch.dataset_id)).scalars()
    return tuple(Dataset.model_validate(entry) for entry in rows if entry)


def new_entry(values: Mapping[str, Any]) -> Dataset:
    """
    Return an entry from what a visitor filled in; data about single people are at least 敏感.

    Raises
    ------
    InputError
        Naming the first wrong field.
    """
    try:
        entry = Dataset.model_validate({"file": "upload", **values})
    except ValidationError as error:
        first = error.errors()[0]
        raise InputError(
            "{field} is {value}; expected: {expected}.",
            field=".".join(str(part) for part in first["loc"]) or "-",
            value=first["input"] if isinstance(first["input"], str) else "-",
            expected=first["msg"],
        ) from None
    least = max(entry.data_class, least_class(entry.kind), key=CLASSES.index)
    return entry.model_copy(update={"data_class": least})


def least_class(kind: str) -> str:
    """Return the most open class that data of a kind may have."""
    return "敏感" if kind in _SENSITIVE else CLASSES[0]


def dry_run(
    engine: Engine, entry: Dataset, name: str, content: bytes, *, visitor: str, inner: str = ""
) -> DryRun:
    """
    Read an upload in the sandbox and compare it with the store, without storing anything.

    ``inner`` names the file within a zip that holds several.

    Raises
    ------
    InputError
        For a visitor who may not change data, or a file above the size limit.
    DataFileError
        If the file cannot be read as what the entry says.
    AskFirst
        If its places look wrong; the answer goes into ``entry.confirmed`` of the next try.
    """
    _accept(name, content, visitor)
    with tempfile.TemporaryDirectory(prefix="cockpit-upload-") as folder:
        path = Path(folder) / _plain_name(name)
        path.write_bytes(content)
        here = entry.model_copy(update={"file": _with_inner(path, inner), "database": ""})
        found = ingest.preview(here, engine, settings().data_folder, read=_read)
    loaded = found.loaded
    order = {"error": 0, "warning": 1, "note": 2}
    findings = sorted(loaded.findings, key=lambda f: (order[f.severity], f.row or 0))
    with Session(engine) as db:
        difference = _difference(db, loaded)
    return DryRun(
        entry=entry,
        sha256=hashlib.sha256(content).hexdigest(),
        encoding=loaded.encoding,
        matches=dict(loaded.matches),
        rows_read=loaded.n_rows,
        rows_good=len(loaded.table),
        rows_before=found.rows_before,
        quality=score(loaded),
        findings=tuple(findings[:FINDINGS_SHOWN]),
        by_severity={s: sum(f.severity == s for f in findings) for s in order},
        difference=difference,
        question=found.question,
    )


def store(
    engine: Engine,
    entry: Dataset,
    name: str,
    content: bytes,
    *,
    confirmed: frozenset[str],
    visitor: str,
    inner: str = "",
) -> ingest.LoadReport:
    """
    Store an upload after its dry run: keep the file, then load it in one transaction.

    ``confirmed`` are the questions answered with yes. Raises what the loading raises, with nothing
    changed in the store.
    """
    _accept(name, content, visitor)
    folder = settings().data_folder
    upgrade(engine)  # its keys are needed before its first table is read
    private = is_private(entry.kind, entry.data_class)
    path = ingest.keep_upload(
        _plain_name(name), content, folder, seal_in=engine if private else None
    )
    here = entry.model_copy(update={"file": _with_inner(path.resolve(), inner), "database": ""})
    return ingest.apply(here, engine, folder, confirmed=confirmed, read=_read)


def _read(entry: Dataset, manifest: Manifest, *, context: ReadContext) -> LoadedTable:
    """Read in the sandbox, up to the size that this installation takes."""
    limits = replace(context.limits, file_bytes=settings().upload_bytes)
    return read_upload(entry, manifest, context=replace(context, limits=limits))


def _with_inner(path: Path, inner: str) -> str:
    return f"{path}!{inner}" if inner else str(path)


def _accept(name: str, content: bytes, visitor: str) -> None:
    require_work(visitor)
    if len(content) > settings().upload_bytes:
        raise InputError(
            "{file}: has {found} MB; at most {limit} MB are read.",
            file=_plain_name(name),
            found=len(content) // 1024**2,
            limit=settings().upload_bytes // 1024**2,
        )
    if not content:
        raise DataFileError("{file}: the file is empty.", file=_plain_name(name))


def _plain_name(name: str) -> str:
    """
    Return a file name without folders and control characters, never empty, of at most 222 bytes.

    An exclamation mark would name a file within a zip, so it is replaced.
    """
    last = name.replace("\\", "/").rsplit("/", 1)[-1].replace("!", "_")
    plain = "".join(c for c in last if c.isprintable()).lstrip(".") or "upload"
    ending = re.search(r"(?:\.[A-Za-z0-9]{1,10}){0,2}$", plain)
    assert ending is not None  # noqa: S101 - it may be empty
    stem = plain[: ending.start()].encode(errors="ignore")[:_LONGEST_STEM].decode(errors="ignore")
    return f"{stem}{ending.group()}" if stem else f"upload{ending.group()}"


def _difference(db: Session, loaded: LoadedTable) -> Difference | None:
    entry = loaded.dataset
    current = select(Batch.id).where(Batch.dataset_id == entry.id, Batch.current)
    if entry.kind in _COUNTS:
        table, keys, value = _COUNTS[entry.kind]
        stored = select(*(getattr(table, k) for k in keys), getattr(table, value)).where(
            ~table.moved, table.batch_id.in_(current)
        )
        nowhere = Place(np.array([], object), np.array([], object), frozenset(), b"")
        ((_, frame),), _findings = rows_of(loaded, nowhere)
        return _compare(db.execute(stored).all(), frame, keys, value)
    if entry.kind not in _THINGS or ("id" not in loaded.table and "code" not in loaded.table):
        return None
    key = "code" if entry.kind == "organisations" else "id"
    table = _THINGS[entry.kind]
    rows = db.execute(select(getattr(table, key)).where(table.batch_id.in_(current))).scalars()
    # Facilities and events carry their data set's id in front of the file's own number.
    before = {str(row).removeprefix(f"{entry.id}:") for row in rows}
    now = set(loaded.table[key].astype(str)) if key in loaded.table else set()
    return Difference(len(now - before), 0, len(before - now), len(now & before))


def _compare(stored: Any, frame: pd.DataFrame, keys: tuple[str, ...], value: str) -> Difference:
    before = pd.DataFrame(stored, columns=[*keys, value])
    sides = [
        (side.assign(date=pd.to_datetime(side["date"])) if "date" in side else side)
        .groupby(list(keys))[value]
        .sum()
        for side in (before, frame)
    ]
    both = pd.concat(sides, axis=1, keys=["before", "now"])
    new, gone = both["before"].isna(), both["now"].isna()
    same = both["before"] == both["now"]
    changed = ~(new | gone | same)
    return Difference(int(new.sum()), int(changed.sum()), int(gone.sum()), int(same.sum()))
