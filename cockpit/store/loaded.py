"""Around a load: what its manifest may change, its entry in the trail, what may not stay."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine
from sqlalchemy.orm import Session

from cockpit.access import audit
from cockpit.access.classes import highest
from cockpit.access.retention_rules import without_expired
from cockpit.coverage.standards import STANDARDS, changed
from geodata.errors import DataFileError, InputError
from loaders.manifest import Dataset, Manifest, at_line

if TYPE_CHECKING:
    from cockpit.store.ingest import LoadReport


def require_standards(manifest: Manifest, path: Path) -> None:
    """Refuse own figures for standards that there are not, or that make no sense."""
    for name, change in manifest.changes("standards").items():
        try:
            changed(STANDARDS, {name: change})
        except InputError as error:
            raise at_line(path, ("standards", name), error) from error


def allowed(connection: Connection, manifest: Manifest) -> Manifest:
    """Return a manifest without the data sets that may not be kept any more."""
    entries = without_expired(connection, manifest.dataset, dt.date.today())
    return manifest.model_copy(update={"dataset": entries})


def require_allowed(connection: Connection, entry: Dataset) -> None:
    """Refuse a data set that may not be kept any more."""
    if not without_expired(connection, [entry], dt.date.today()):
        raise DataFileError("{title} may not be kept any more.", title=entry.title)


def write_down(connection: Connection, report: LoadReport, entries: Iterable[Dataset]) -> None:
    """Write a load into the audit trail, in its own transaction: both or neither."""
    if not report.changed:
        return
    new = {one.id: one.rows_stored for one in report.datasets if not one.unchanged}
    classes = [entry.data_class for entry in entries if entry.id in new]
    with Session(connection) as db:
        audit.record(
            db, audit.actor(), "load", f"county {report.county}", data_class=highest(classes),
            detail={"version": report.version, "rows": new},
        )  # fmt: skip


def destroy_expired(engine: Engine) -> None:
    """Let go at once what may not be kept of what was just loaded."""
    from cockpit.access.retention import run  # which itself settles counts anew

    run(engine)
