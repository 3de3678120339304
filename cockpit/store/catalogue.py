"""The catalogue: data sets, batches, findings and facts about the store."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import pandas as pd
import shapely
from sqlalchemy import ColumnElement, Connection, Table, delete, func, insert, select, update
from sqlalchemy.engine import make_url

from cockpit.store import models as m
from cockpit.store.dates import complete_dates
from cockpit.store.sealed import Opener, findings_sealed
from geodata.errors import DataFileError
from loaders.files import Limits
from loaders.manifest import Dataset, Manifest
from loaders.quality import score
from loaders.table import Finding, LoadedTable
from loaders.tables import read_database


def row_number(value: Any) -> int | None:
    """Return a source row as a number; None for a row that the cockpit made."""
    return None if pd.isna(value) else int(value)


def file_name(entry: Dataset) -> str:
    """Return the file name of an entry, or the table of its database."""
    return Path(entry.file).name or entry.table


def table_of(model: type[m.Base]) -> Table:
    """Return the table of a mapped class."""
    table = model.__table__
    assert isinstance(table, Table)  # noqa: S101 - mapped classes have tables, not joins
    return table


def hash_file(entry: Dataset, manifest: Manifest) -> str:
    """Return the hash of a file's bytes; of a database entry "" (it is always read)."""
    if not entry.file:
        rows = read_database(entry.database, entry.table, folder=manifest.folder, limits=Limits())
        return rows.sha256
    path = manifest.folder / entry.file.partition("!")[0]
    if not path.is_file():
        raise DataFileError(
            "{file}: there is no such file; data set {dataset} of the manifest names it.",
            file=entry.file,
            dataset=entry.id,
        )
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def is_upload(entry: Dataset, folder: Path) -> bool:
    """Tell whether an entry's file is one that came through the page."""
    kept = (folder / "uploads").resolve()
    return entry.file != "" and Path(entry.file).resolve().is_relative_to(kept)


def dump_entry(entry: Dataset, folder: Path) -> dict[str, Any]:
    """Return an entry as JSON, without answers; an upload's file starts at the data folder."""
    found = entry.model_dump(
        mode="json", by_alias=True, exclude={"confirmed"}, exclude_defaults=True
    )
    if is_upload(entry, folder):
        found["file"] = Path(entry.file).resolve().relative_to(folder.resolve()).as_posix()
    return found


def newest_batch(connection: Connection, dataset: str) -> Any:
    """Return the newest batch of a data set, or None."""
    return connection.execute(
        select(m.Batch.id, m.Batch.sha256, m.Batch.entry, m.Batch.rows_read, m.Batch.rows_stored)
        .where(m.Batch.dataset_id == dataset)
        .order_by(m.Batch.version.desc())
        .limit(1)
    ).first()


def newest_batch_id(connection: Connection, dataset: str) -> int:
    """Return the id of the newest batch of a data set."""
    return int(newest_batch(connection, dataset).id)


def is_same(connection: Connection, entry: Dataset, sha256: str, folder: Path) -> bool:
    """
    Tell whether the stored batch came from the same bytes and the same entry.

    Columns that the manifest names now and that were matched to the same headers then are no
    change, so that matches can be written back into the manifest.
    """
    found = connection.execute(
        select(m.Batch.sha256, m.Batch.entry, m.Batch.matches).where(
            m.Batch.dataset_id == entry.id, m.Batch.current
        )
    ).first()
    if found is None or found.sha256 != sha256:
        return False
    then, now = dict(found.entry), dump_entry(entry, folder)
    named_then, named_now = then.pop("columns", {}), now.pop("columns", {})
    kept = all(named_now.get(name) == header for name, header in named_then.items())
    matched = all(
        found.matches.get(name, named_then.get(name)) == header
        for name, header in named_now.items()
    )
    return then == now and kept and matched


FED = "feed:"
"""How the source of a batch begins whose rows came by a live feed."""


def of_a_file() -> ColumnElement[bool]:
    """Return the condition that a batch was loaded, and did not come by a live feed."""
    return m.Batch.source.not_like(f"{FED}%")


def uploads(connection: Connection, folder: Path) -> dict[str, Dataset]:
    """
    Return the entries in use that came through the page, with the places of their kept files.

    Those whose file was destroyed because some of its rows had expired are left out.
    """
    rows = connection.execute(
        select(m.Batch.entry)
        .where(m.Batch.current, m.Batch.uploaded, m.Batch.source.not_like("% (destroyed)"))
        .order_by(m.Batch.id)
    ).scalars()
    entries = [Dataset.model_validate(entry) for entry in rows]
    return {
        entry.id: entry.model_copy(update={"file": str(folder / entry.file)}) for entry in entries
    }


def was_loaded(connection: Connection, dataset: str, sha256: str) -> bool:
    """Tell whether these bytes of a data set have been loaded before."""
    query = select(m.Batch.id).where(m.Batch.dataset_id == dataset, m.Batch.sha256 == sha256)
    return connection.execute(query).first() is not None


def no_longer_named(connection: Connection, manifest: Manifest) -> list[str]:
    """Return stored data sets that the manifest no longer names (uploads stay)."""
    known = {entry.id for entry in manifest.dataset}
    stored = connection.execute(
        select(m.Batch.dataset_id).where(m.Batch.current, ~m.Batch.uploaded, of_a_file())
    ).scalars()
    return [dataset for dataset in stored if dataset not in known]


# Rows are deleted children first, so that no foreign key is left hanging.
_TABLES: tuple[type[m.Base], ...] = (
    m.Reading, m.Sensor, m.Event, m.Person, m.Organisation, m.Facility, m.RoadEdge, m.RoadNode,
    m.Feature, m.Vulnerable, m.Household, m.Population, m.Building, m.Raster, m.Region,
)  # fmt: skip


def delete_everything(connection: Connection) -> None:
    """Delete the rows of all data sets; batches stay for the lineage."""
    connection.execute(delete(m.Conflict))
    for model in _TABLES:
        if model is m.Region:
            connection.execute(update(m.Region).values(parent_code=None))
        connection.execute(delete(model))


def delete_rows(connection: Connection, dataset: str) -> None:
    """Delete what a data set's batches brought, its findings and conflicts included."""
    batches = select(m.Batch.id).where(m.Batch.dataset_id == dataset)
    connection.execute(delete(m.QualityIssue).where(m.QualityIssue.dataset_id == dataset))
    connection.execute(
        delete(m.Conflict).where(
            (m.Conflict.left_dataset == dataset) | (m.Conflict.right_dataset == dataset)
        )
    )
    for model in _TABLES:
        table = table_of(model)
        connection.execute(delete(table).where(table.c.batch_id.in_(batches)))


def upsert_dataset(connection: Connection, entry: Dataset, position: int) -> None:
    """Write what the catalogue says of a data set."""
    values = {
        "title": entry.title, "title_en": entry.title_en, "kind": entry.kind,
        "department": entry.department, "owner": entry.owner, "purpose": entry.purpose,
        "data_class": entry.data_class, "licence": entry.licence, "as_of": entry.date,
        "refresh_days": entry.refresh_days,
        "position": position,
    }  # fmt: skip
    known = connection.execute(select(m.Dataset.id).where(m.Dataset.id == entry.id)).scalar()
    if known:
        connection.execute(update(m.Dataset).where(m.Dataset.id == entry.id).values(**values))
    else:
        connection.execute(insert(m.Dataset).values(id=entry.id, **values))


def new_batch(
    connection: Connection, loaded: LoadedTable, sha256: str, today: dt.date, folder: Path
) -> int:
    """Begin a batch; the batches before it are no longer current."""
    entry = loaded.dataset
    newest = connection.execute(
        select(func.max(m.Batch.version)).where(m.Batch.dataset_id == entry.id)
    ).scalar()
    connection.execute(update(m.Batch).where(m.Batch.dataset_id == entry.id).values(current=False))
    result = connection.execute(
        insert(m.Batch).values(
            dataset_id=entry.id, version=(newest or 0) + 1, current=True,
            source=dump_entry(entry, folder).get("file") or _without_password(entry.database),
            sha256=sha256 or loaded.sha256, entry=dump_entry(entry, folder), matches=loaded.matches,
            uploaded=is_upload(entry, folder),
            encoding=loaded.encoding, rows_read=loaded.n_rows, rows_stored=len(loaded.table),
            rows_bad=bad_rows(loaded.findings), quality=score(loaded, today=today).as_json(),
            loaded_at=dt.datetime.now(dt.UTC).replace(tzinfo=None),
        )
    )  # fmt: skip
    key = result.inserted_primary_key
    assert key is not None  # noqa: S101 - an insert of one row always has one
    return int(key[0])


def _without_password(address: str) -> str:
    return make_url(address).render_as_string(hide_password=True)


def bad_rows(findings: tuple[Finding, ...] | list[Finding]) -> int:
    """Count the rows that have an error."""
    return len({f.row for f in findings if f.severity == "error" and f.row is not None})


def add_bad(connection: Connection, batch: int, n: int) -> None:
    """Count ``n`` more stored rows of a batch as bad."""
    connection.execute(
        update(m.Batch)
        .where(m.Batch.id == batch)
        .values(rows_bad=m.Batch.rows_bad + n, rows_stored=m.Batch.rows_stored - n)
    )


def store_findings(connection: Connection, batch: int, findings: list[Finding]) -> None:
    """Store findings under a batch."""
    rows = [
        {
            "batch_id": batch, "dataset_id": f.dataset, "file": f.file, "row": f.row,
            "column": f.column, "rule": f.rule, "dimension": f.dimension, "severity": f.severity,
            "found": f.found, "expected": f.expected, "values": _plain(f.values), "text": f.text,
            "region_code": None, "geometry": None, "area_m2": None, "status": "open",
        }
        for f in findings
    ]  # fmt: skip
    if rows:
        connection.execute(insert(m.QualityIssue), findings_sealed(connection, rows))


def _plain(values: Mapping[str, object]) -> dict[str, object]:
    """Return values that JSON can hold."""
    return {
        k: v if isinstance(v, (str, int, float, bool, type(None))) else str(v)
        for k, v in values.items()
    }


def read_meta(connection: Connection, key: str) -> Any:
    """Return a fact about the store, None when it is not there."""
    return connection.execute(select(m.Meta.value).where(m.Meta.key == key)).scalar()


def put_meta(connection: Connection, key: str, value: Any) -> None:
    """Write a fact about the store."""
    connection.execute(delete(m.Meta).where(m.Meta.key == key))
    connection.execute(insert(m.Meta).values(key=key, value=value))


def put_folder(connection: Connection, folder: Path, data: Path) -> None:
    """
    Note where the manifest's file names start.

    Within the data folder it is noted from there: that folder may be moved with all that is in it.
    """
    inside = folder.is_relative_to(data.resolve())
    put_meta(connection, "folder", str(folder.relative_to(data.resolve()) if inside else folder))


def read_folder(connection: Connection, data: Path) -> Path:
    """Return where the manifest's file names start, once the data folder is ``data``."""
    return data / (read_meta(connection, "folder") or "")


CHANGES: tuple[Literal["standards", "travel"], ...] = ("standards", "travel")
"""Tables of the manifest that change no data, only what is reckoned from them."""


def stored_changes(connection: Connection, table: str) -> dict[str, Any]:
    """Return a county's own standards or speeds; empty when it has none."""
    return read_meta(connection, table) or {}


def residents_by_leaf(connection: Connection) -> dict[str, int]:
    """Return the usual residents of the newest complete date in each leaf that has any."""
    dates = complete_dates(connection, m.Population, m.Population.kind == "usual")
    if not dates:
        return {}
    leaves = select(m.Region.code).where(m.Region.is_leaf)
    query = (
        select(m.Population.region_code, func.sum(m.Population.persons))
        .where(
            m.Population.kind == "usual",
            m.Population.date == dates[-1],
            m.Population.region_code.in_(leaves),
        )
        .group_by(m.Population.region_code)
    )
    return {code: int(persons) for code, persons in connection.execute(query)}


_PLACED: dict[str, tuple[type[m.Base], str]] = {
    "facilities": (m.Facility, "name"),
    "buildings": (m.Building, "id"),
    "sensors": (m.Sensor, "id"),
}


def known_places(connection: Connection, entry: Dataset) -> dict[str, tuple[float, float]]:
    """
    Return where the store has the things that a new delivery brings again (degrees).

    Regions by code (middle of their bounds), buildings and sensors by id, facilities by name; what
    shares its name with another is left out. Empty for other kinds. A delivery in which most of
    them have moved the same way is in another system than it says.
    """
    if entry.kind == "regions":
        query = select(m.Region.code, m.Region.geometry).where(
            m.Region.level == (entry.level or "grid"),
            m.Region.geometry.is_not(None),
            ~m.Region.made,
        )
        found = connection.execute(query).all()
        bounds = shapely.bounds(shapely.from_wkb([row[1] for row in found]))
        middles = (bounds[:, :2] + bounds[:, 2:]) / 2 if len(found) else []
        return {row[0]: (x, y) for row, (x, y) in zip(found, middles, strict=True)}
    if entry.kind not in _PLACED:
        return {}
    model, key = _PLACED[entry.kind]
    table = table_of(model)
    rows = connection.execute(select(table.c[key], table.c.lon, table.c.lat)).all()
    once = Counter(row[0] for row in rows)
    return {row[0]: (row[1], row[2]) for row in rows if once[row[0]] == 1}


_SAME_FINDING = ("rule", "column", "row", "found")  # the last one may be sealed


def worked_on(connection: Connection, dataset: str) -> dict[tuple[Any, ...], str]:
    """Return the findings of a data set that somebody has closed, with their status."""
    closed = m.QualityIssue.status != "open"
    return {key: status for _, status, key in _findings_of(connection, dataset, closed)}


def _findings_of(
    connection: Connection, dataset: str, *where: ColumnElement[bool]
) -> list[tuple[int, str, tuple[Any, ...]]]:
    """Return id, status and what tells a finding from others, with sealed parts opened."""
    table = table_of(m.QualityIssue)
    columns = [table.c[name] for name in _SAME_FINDING]
    query = select(table.c.id, table.c.status, *columns).where(
        table.c.dataset_id == dataset, *where
    )
    rows = connection.execute(query).all()
    found = Opener(connection).texts(
        table.name, "found", (row.id for row in rows), (row.found for row in rows)
    )
    return [(row.id, row.status, (*row[2:-1], text)) for row, text in zip(rows, found, strict=True)]


def close_again(
    connection: Connection, dataset: str, closed: Mapping[tuple[Any, ...], str]
) -> None:
    """Give findings that came back unchanged with a new delivery the status they had."""
    if not closed:
        return
    table = table_of(m.QualityIssue)
    rules = table.c.rule.in_({finding[0] for finding in closed})
    for key, _, finding in _findings_of(connection, dataset, rules):
        if finding in closed:
            connection.execute(
                update(table).where(table.c.id == key).values(status=closed[finding])
            )


def begin_writing(connection: Connection) -> None:
    """
    Wait for other writers before the first read, so that what is read cannot grow old on the way.

    SQLite refuses to write in a transaction that has read what somebody else changed meanwhile.
    """
    connection.execute(delete(m.Meta).where(m.Meta.key == "nothing"))
