"""Bring a county into the store: all its files or none, and the same files again change nothing."""

from __future__ import annotations

import datetime as dt
import hashlib
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pandas as pd
from sqlalchemy import Connection, Engine, Table, delete, func, insert, select, update

from cockpit.store import loaded as around
from cockpit.store import models as m
from cockpit.store import sealed_files
from cockpit.store.bulk import insert_frame
from cockpit.store.catalogue import (
    CHANGES,
    add_bad,
    bad_rows,
    begin_writing,
    close_again,
    delete_everything,
    delete_rows,
    file_name,
    hash_file,
    is_same,
    is_upload,
    known_places,
    new_batch,
    newest_batch,
    no_longer_named,
    of_a_file,
    put_folder,
    put_meta,
    read_folder,
    read_meta,
    residents_by_leaf,
    row_number,
    store_findings,
    stored_changes,
    uploads,
    upsert_dataset,
    was_loaded,
    worked_on,
)
from cockpit.store.derived import crosscheck_all, settle_all
from cockpit.store.geometry import audit_layer, store_regions
from cockpit.store.live import (
    bring_back,
    building_ids,
    context_of,
    for_kind,
    forget_all,
    place_of,
    put_aside,
    taken_readings,
)
from cockpit.store.migrate import upgrade
from cockpit.store.rows import Place, rows_of
from cockpit.store.sealed import blind_key, ring_of, seal_frame
from cockpit.store.settled import settle
from cockpit.store.whole import write_whole
from geodata.errors import AskFirst, DataFileError
from loaders.manifest import Dataset, Manifest, read_manifest
from loaders.quality import score
from loaders.read import read_dataset
from loaders.table import Finding, LoadedTable

Progress = Callable[[str, int, int], None]
"""Called with what is being done, the step and the number of steps."""
Reader = Callable[..., LoadedTable]
"""``loaders.read.read_dataset``, or its form for uploads that runs in a child process."""

ORDER = (
    "elevation", "regions", "buildings", "population", "households", "vulnerable", "organisations",
    "facilities", "persons", "road_nodes", "road_edges", "roads_osm", "features", "events",
    "sensors", "readings",
)  # fmt: skip
FEWER = 0.7
"""A delivery with less than this share of the rows before is asked about."""


@dataclass(frozen=True)
class DatasetReport:
    """What happened to one data set."""

    id: str
    title: str
    rows_read: int
    rows_stored: int
    rows_bad: int
    findings: int
    score: float
    unchanged: bool = False
    matches: dict[str, str] = field(default_factory=dict)
    """Standard column to header, as this load matched them; empty when nothing was read."""


@dataclass(frozen=True)
class LoadReport:
    """What a load did; ``version`` is the data version afterwards."""

    county: str
    version: str
    changed: bool
    datasets: tuple[DatasetReport, ...]
    conflicts: int = 0
    people: int = 0
    findings: tuple[Finding, ...] = field(default=(), repr=False)


@dataclass(frozen=True)
class _Job:
    """One load: where from, where to, what was answered."""

    manifest: Manifest
    folder: Path  # of the store: rasters and the key of the hashes
    today: dt.date
    confirmed: frozenset[str]  # "dataset:question" or "question"
    progress: Progress
    places: Mapping[str, Mapping[str, tuple[float, float]]] = field(default_factory=dict)
    """Data set to what the store knew of its places before this load."""
    read: Reader = read_dataset
    plain: Path = Path()
    """Where plain copies of sealed uploads are, as long as the load runs."""


def load(
    manifest_path: Path,
    engine: Engine,
    folder: Path,
    *,
    confirmed: frozenset[str] = frozenset(),
    today: dt.date | None = None,
    progress: Progress | None = None,
) -> LoadReport:
    """
    Load a county from its manifest, in one transaction.

    Files whose bytes and manifest entry are those of the last load are not read again. A change in
    regions, cells or buildings reloads everything, because counts hang on them.

    Parameters
    ----------
    confirmed
        Answers to questions: ``"people:fewer_rows"`` for one data set, ``"other_county"`` for the
        store.

    Raises
    ------
    ManifestError, DataFileError, AskFirst
        With nothing changed in the store.
    """
    manifest = read_manifest(manifest_path)
    around.require_standards(manifest, manifest_path)
    upgrade(engine)
    job = _Job(manifest, folder, today or _day(manifest), confirmed, progress or _silent)
    with engine.begin() as connection:
        begin_writing(connection)
        report = _load(connection, replace(job, manifest=around.allowed(connection, manifest)))
        around.write_down(connection, report, manifest.dataset)
    around.destroy_expired(engine)
    return report


def check(
    manifest_path: Path,
    *,
    today: dt.date | None = None,
    progress: Progress | None = None,
) -> LoadReport:
    """Read and check all files of a manifest in a store of its own that is thrown away."""
    from cockpit.store.session import open_engine

    with tempfile.TemporaryDirectory(prefix="cockpit-check-") as name:
        engine = open_engine("sqlite:///:memory:")
        try:
            return load(manifest_path, engine, Path(name), today=today, progress=progress)
        finally:
            engine.dispose()


@dataclass(frozen=True)
class Preview:
    """What storing a file would do; nothing is stored yet."""

    loaded: LoadedTable
    score: dict[str, Any]
    question: AskFirst | None
    rows_before: int | None  # None: a new data set
    rows_after: int


def preview(entry: Dataset, engine: Engine, folder: Path, *, read: Reader) -> Preview:
    """
    Read one file against the stored county and say what storing it would do.

    ``folder`` holds the data; ``read`` is ``read_dataset``, or its sandboxed form for uploads.

    Raises
    ------
    DataFileError
        If the store is empty, or the file cannot be read at all.
    """
    with engine.connect() as connection:
        manifest = _stored_manifest(connection, entry, folder)
        day = _day(manifest)
        context = context_of(connection, day, entry)
        context = replace(context, reference=known_places(connection, entry))
        loaded = read(entry, manifest, context=context)
        before = newest_batch(connection, entry.id)
    question = None
    try:
        _ask_fewer(entry, before.rows_read if before else None, loaded.n_rows, frozenset())
    except AskFirst as asked:
        question = asked
    return Preview(
        loaded, score(loaded, today=day).as_json(), question,
        before.rows_stored if before else None, len(loaded.table),
    )  # fmt: skip


def apply(
    entry: Dataset,
    engine: Engine,
    folder: Path,
    *,
    confirmed: frozenset[str] = frozenset(),
    read: Reader = read_dataset,
) -> LoadReport:
    """
    Store one more file, or a newer one of a data set, in the stored county.

    The file is first copied below ``folder``, so that later loads find it again. Everything else of
    the county stays; counts that hang on it are settled anew.
    """
    upgrade(engine)  # an older version may have loaded the county
    with engine.begin() as connection:
        begin_writing(connection)
        manifest = _stored_manifest(connection, entry, folder)
        around.require_allowed(connection, entry)
        job = _Job(manifest, folder, _day(manifest), confirmed, _silent, read=read)
        report = _load(connection, job, only=entry.id)
        around.write_down(connection, report, [entry])
    around.destroy_expired(engine)
    return report


def _silent(_what: str, _step: int, _of: int) -> None:
    """Tell nobody."""


def _day(manifest: Manifest) -> dt.date:
    """Return the day that deliveries are judged against."""
    return manifest.county.as_of or dt.date.today()


def keep_upload(name: str, content: bytes, folder: Path, *, seal_in: Engine | None = None) -> Path:
    """
    Keep an uploaded file under the hash of its bytes; return where.

    With ``seal_in``, the store whose keys are used, it is sealed on the disk.
    """
    place = folder / sealed_files.UPLOADS / hashlib.sha256(content).hexdigest()[:16]
    path = place / Path(name).name
    if seal_in is None:
        write_whole(path, content)
    else:
        sealed_files.keep(seal_in, folder, path, content)
    return path


def _load(connection: Connection, job: _Job, only: str = "") -> LoadReport:
    """Load what has changed; with ``only`` nothing but that data set is looked at."""
    with tempfile.TemporaryDirectory(prefix="cockpit-load-") as plain:
        return _load_all(connection, replace(job, plain=Path(plain)), only)


def _hash(connection: Connection, entry: Dataset, job: _Job) -> str:
    """Return the hash of a file's bytes as they were brought, sealed since or not."""
    path = Path(entry.file.partition("!")[0])
    if is_upload(entry, job.folder) and path.is_file() and sealed_files.is_sealed_file(path):
        content = sealed_files.read(ring_of(connection), job.folder, path)
        return hashlib.sha256(content).hexdigest()
    return hash_file(entry, job.manifest)


def _load_all(connection: Connection, job: _Job, only: str) -> LoadReport:
    """Do what ``_load`` says; plain copies of sealed uploads are gone afterwards."""
    _refuse_other_county(connection, job)
    job = replace(job, manifest=_with_uploads(connection, job))
    entries = sorted(job.manifest.dataset, key=lambda entry: ORDER.index(entry.kind))
    settings = job.manifest.model_dump(mode="json", include={"county", "cells", "crosscheck"})
    same_settings = read_meta(connection, "manifest") == settings
    looked_at = [entry for entry in entries if only in ("", entry.id)]
    hashes = {entry.id: _hash(connection, entry, job) for entry in looked_at}
    stale = [
        entry for entry in looked_at if not is_same(connection, entry, hashes[entry.id], job.folder)
    ]
    gone = [] if only else no_longer_named(connection, job.manifest)
    same_figures = all(stored_changes(connection, t) == job.manifest.changes(t) for t in CHANGES)
    if not stale and same_settings and not gone and same_figures:
        return _unchanged(connection, job)
    job = replace(job, places={e.id: known_places(connection, e) for e in stale})
    # No file has the rows that came live: a load must not lose them.
    sensors = any(entry.kind == "sensors" for entry in stale)
    live = put_aside(connection, all_readings=sensors or bool(gone))
    if not same_settings or any(entry.kind in _FOUNDATION for entry in stale):
        stale = list(entries)
        hashes = {entry.id: _hash(connection, entry, job) for entry in entries}
        delete_everything(connection)
    for dataset in gone:
        delete_rows(connection, dataset)
        connection.execute(
            update(m.Batch).where(m.Batch.dataset_id == dataset).values(current=False)
        )
    reports, findings = _load_entries(connection, job, stale, hashes)
    bring_back(connection, live, _place(connection, job) if live else None)
    job.progress("", len(stale), len(stale) + 1)
    people = settle_all(connection, job.folder)
    conflicts = crosscheck_all(connection, job.manifest.crosscheck)
    version = _new_version(connection, job, settings)
    unchanged = [_report_of(connection, entry) for entry in entries if entry not in stale]
    return LoadReport(
        job.manifest.county.name, version, True, (*reports, *unchanged), conflicts, people,
        tuple(findings),
    )  # fmt: skip


_FOUNDATION = ("elevation", "regions", "buildings")
"""Kinds that everything else hangs on: places by regions, moved counts by buildings."""


def _load_entries(
    connection: Connection, job: _Job, stale: list[Dataset], hashes: dict[str, str]
) -> tuple[list[DatasetReport], list[Finding]]:
    """Read, check and store each data set, regions first; see ``ORDER``."""
    reports: list[DatasetReport] = []
    findings: list[Finding] = []
    regions: list[LoadedTable] = []
    raster: Path | None = None
    place: Place | None = None
    for step, entry in enumerate(stale):
        job.progress(entry.title, step, len(stale) + 1)
        if entry.kind not in ("elevation", "regions") and place is None:
            findings += _finish_regions(connection, job, regions, raster)
            place = _place(connection, job)
        loaded = _read(connection, job, entry, first_regions=entry.kind == "regions")
        batch, found = _store_entry(connection, job, loaded, hashes[entry.id], place)
        if entry.kind == "regions":
            regions.append(loaded)
        elif entry.kind == "elevation":
            raster = _keep_raster(connection, job, loaded, batch)
        elif entry.kind == "buildings" and place is not None:
            place = replace(place, buildings=building_ids(connection))
        findings += found
        reports.append(_report(loaded, found, job.today))
    if place is None:
        findings += _finish_regions(connection, job, regions, raster)
    return reports, findings


def _finish_regions(
    connection: Connection, job: _Job, regions: list[LoadedTable], raster: Path | None
) -> list[Finding]:
    if not regions:
        return []
    return store_regions(connection, job.manifest, regions, raster)


def _read(connection: Connection, job: _Job, entry: Dataset, *, first_regions: bool) -> LoadedTable:
    """Read one data set and ask when it has shrunk."""
    context = context_of(connection, job.today, entry)
    if first_regions:  # the old regions are gone or about to go
        context = replace(context, known_codes=None, box=job.manifest.county.box)
    elif entry.kind == "regions":  # parents are looked for when all files are together
        context = replace(context, known_codes=None)
    context = replace(context, reference=job.places.get(entry.id, {}))
    # Only what came through the page is read at arm's length; the manifest's files are our own.
    uploaded = is_upload(entry, job.folder)
    read = job.read if uploaded else read_dataset
    answered = _answered(entry, job.confirmed)
    here = _plain(connection, job, answered) if uploaded else answered
    loaded = replace(read(here, job.manifest, context=context), dataset=answered)
    before = newest_batch(connection, entry.id)
    _ask_fewer(entry, before.rows_read if before else None, loaded.n_rows, job.confirmed)
    return loaded


def _plain(connection: Connection, job: _Job, entry: Dataset) -> Dataset:
    """Return the entry of an upload with a file that can be read: a plain copy of a sealed one."""
    file, mark, inner = entry.file.partition("!")
    path = sealed_files.plain_copy(ring_of(connection), job.folder, Path(file), job.plain)
    return entry.model_copy(update={"file": f"{path}{mark}{inner}"})


def _with_uploads(connection: Connection, job: _Job) -> Manifest:
    """
    Add the data sets that came by upload, so that a load keeps them.

    An upload of a data set that the manifest names too stays in place of the manifest's file as
    long as that file is one that was loaded before; a file that is new to the store replaces it.
    """
    mine = uploads(connection, job.folder)
    entries = []
    for entry in job.manifest.dataset:
        upload = mine.pop(entry.id, None)
        stays = upload is not None and not is_upload(entry, job.folder)
        if stays and was_loaded(connection, entry.id, _hash(connection, entry, job)):
            entries.append(upload)
        else:
            entries.append(entry)
    return job.manifest.model_copy(update={"dataset": (*entries, *mine.values())})


def _answered(entry: Dataset, confirmed: frozenset[str]) -> Dataset:
    """Return the entry with the questions that were answered for it, or for all."""
    mine = [c.partition(":")[2] for c in confirmed if c.startswith(f"{entry.id}:")]
    general = [c for c in confirmed if ":" not in c]
    return entry.model_copy(update={"confirmed": (*entry.confirmed, *mine, *general)})


def _store_entry(
    connection: Connection, job: _Job, loaded: LoadedTable, sha256: str, place: Place | None
) -> tuple[int, list[Finding]]:
    entry = loaded.dataset
    closed = worked_on(connection, entry.id)
    delete_rows(connection, entry.id)
    position = [e.id for e in job.manifest.dataset].index(entry.id)
    upsert_dataset(connection, entry, position)
    batch = new_batch(connection, loaded, sha256, job.today, job.folder)
    found = list(loaded.findings)
    if place is not None:
        place = for_kind(connection, place, entry.kind)
        tables, late = rows_of(loaded, place)
        for table, frame in tables:
            free, taken = _without_taken(connection, table, frame, loaded)
            late += taken
            sealed = seal_frame(connection, table, free)
            insert_frame(connection, table, sealed, constant={"batch_id": batch})
        add_bad(connection, batch, bad_rows(late))
        found += late
        if entry.tiles:
            audit_layer(connection, job.manifest, loaded, batch)
    store_findings(connection, batch, found)
    close_again(connection, entry.id, closed)
    return batch, found


def _without_taken(
    connection: Connection, table: Table, frame: pd.DataFrame, loaded: LoadedTable
) -> tuple[pd.DataFrame, list[Finding]]:
    """Take out rows whose key another data set has stored already, with a finding each."""
    keys = [column.name for column in table.primary_key if column.name in frame.columns]
    if keys == ["sensor_id", "time"]:
        key, taken = "sensor_id", taken_readings(connection, frame)
    elif keys in (["id"], ["code"]) and "source_row" in frame:
        key = keys[0]
        stored = set(connection.execute(select(table.c[key])).scalars())
        taken = frame[key].isin(stored).to_numpy()
    else:
        return frame, []
    found = [
        Finding(
            dataset=loaded.dataset.id, file=file_name(loaded.dataset), row=row_number(row),
            column=key, rule="key.elsewhere", dimension="uniqueness", severity="error",
            found=str(value),
            expected="a key that no other data set has",
        )
        for value, row in zip(frame.loc[taken, key], frame.loc[taken, "source_row"], strict=True)
    ]  # fmt: skip
    return frame[~taken], found


def _ask_fewer(entry: Dataset, before: int | None, now: int, confirmed: frozenset[str]) -> None:
    answers = {"fewer_rows", f"{entry.id}:fewer_rows"}
    if before and now < FEWER * before and not answers & {*confirmed, *entry.confirmed}:
        raise AskFirst(
            "{file}: {now} rows, the last delivery had {before}. Store it all the same?",
            file=file_name(entry),
            now=now,
            before=before,
            dataset=entry.id,
            question="fewer_rows",
        )


def _refuse_other_county(connection: Connection, job: _Job) -> None:
    stored = read_meta(connection, "county")
    if not stored or stored["code"] == job.manifest.county.code:
        return
    if not stored.get("invented") and "other_county" not in job.confirmed:
        raise AskFirst(
            "The store holds {stored}. Replace it by {new}?",
            stored=stored["name"],
            new=job.manifest.county.name,
            question="other_county",
        )
    forget_all(connection)
    delete_everything(connection)
    connection.execute(delete(m.QualityIssue))
    connection.execute(delete(m.Batch))
    connection.execute(delete(m.Dataset))


def _new_version(connection: Connection, job: _Job, settings: dict[str, Any]) -> str:
    newest = connection.execute(select(func.max(m.Batch.id))).scalar() or 0
    hashes = connection.execute(
        select(m.Batch.dataset_id, m.Batch.sha256)
        .where(m.Batch.current, of_a_file())
        .order_by(m.Batch.dataset_id)
    ).all()
    own = {table: job.manifest.changes(table) for table in CHANGES}
    content: list[Any] = [tuple(row) for row in hashes]
    # Without figures of its own a county keeps the version it had before these tables existed.
    content += [own] if any(own.values()) else []
    digest = hashlib.sha256(repr(content).encode()).hexdigest()[:8]
    last = settle(connection)
    version = f"{newest}.{last}-{digest}" if last else f"{newest}-{digest}"
    for table, changes in own.items():
        put_meta(connection, table, changes)
    put_meta(connection, "data_version", version)
    put_meta(connection, "county", job.manifest.county.model_dump(mode="json"))
    put_meta(connection, "manifest", settings)
    put_folder(connection, job.manifest.folder, job.folder)
    return version


def _stored_manifest(connection: Connection, entry: Dataset, data: Path) -> Manifest:
    """Return the stored county as a manifest, with one entry added or replaced."""
    settings = read_meta(connection, "manifest")
    if settings is None:
        raise DataFileError("Nothing is loaded yet; load a county first.")
    rows = connection.execute(
        select(m.Batch.entry)
        .where(m.Batch.current, ~m.Batch.uploaded, of_a_file())
        .order_by(m.Batch.id)
    ).scalars()
    entries = [Dataset.model_validate(found) for found in rows if found["id"] != entry.id]
    return Manifest(
        county=settings["county"], cells=settings["cells"], crosscheck=settings["crosscheck"],
        standards=stored_changes(connection, "standards"),
        travel=stored_changes(connection, "travel"),
        dataset=(*entries, entry), folder=read_folder(connection, data),
    )  # fmt: skip


def _report(loaded: LoadedTable, findings: list[Finding], today: dt.date) -> DatasetReport:
    return DatasetReport(
        loaded.dataset.id, loaded.dataset.title, loaded.n_rows, len(loaded.table),
        bad_rows(findings), len(findings), score(loaded, today=today).total,
        matches=loaded.matches,
    )  # fmt: skip


def _report_of(connection: Connection, entry: Dataset) -> DatasetReport:
    row = connection.execute(
        select(m.Batch.rows_read, m.Batch.rows_stored, m.Batch.rows_bad, m.Batch.quality).where(
            m.Batch.dataset_id == entry.id, m.Batch.current
        )
    ).one()
    issues = connection.execute(
        select(func.count())
        .select_from(m.QualityIssue)
        .where(m.QualityIssue.dataset_id == entry.id)
    ).scalar_one()
    return DatasetReport(
        entry.id, entry.title, row[0], row[1], row[2], issues, float(row[3]["total"]), True
    )


def _unchanged(connection: Connection, job: _Job) -> LoadReport:
    reports = tuple(_report_of(connection, entry) for entry in job.manifest.dataset)
    contradicting = m.Conflict.kind.in_(("value", "near"))
    conflicts = connection.execute(select(func.count()).where(contradicting)).scalar_one()
    version = str(read_meta(connection, "data_version"))
    people = sum(residents_by_leaf(connection).values())
    return LoadReport(job.manifest.county.name, version, False, reports, conflicts, people)


def _place(connection: Connection, job: _Job) -> Place:
    return place_of(connection, blind_key(connection, job.folder), job.manifest.county.name)


def _keep_raster(connection: Connection, job: _Job, loaded: LoadedTable, batch: int) -> Path:
    source = Path(str(loaded.extra["path"]))
    kept = job.folder / "rasters" / f"{loaded.sha256[:16]}.tif"
    if not kept.exists():
        write_whole(kept, source.read_bytes())
    connection.execute(
        insert(m.Raster).values(
            dataset_id=loaded.dataset.id, kind="elevation", file=f"rasters/{kept.name}",
            batch_id=batch, source_row=None,
        )
    )  # fmt: skip
    return kept
