"""Open files on disk: made once a version, written whole or not at all, checked when first read."""

from __future__ import annotations

import gzip
import hashlib
import json
import shutil
import tempfile
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cockpit.answers.open_files import files_of
from cockpit.answers.open_package import About, file_name, package_of
from cockpit.answers.open_tables import OpenTable
from cockpit.settings import settings
from cockpit.store.session import StoreError

PACKED = frozenset({"csv", "geojson", "datapackage"})
"""Formats that are also kept compressed, for those who ask with ``Accept-Encoding: gzip``."""

_making = threading.Lock()
_checked: dict[Path, KeptVersion | None] = {}
_INDEX = "index.json"


@dataclass(frozen=True)
class KeptFile:
    """One file of a version: format, name, bytes and sha256 as they are sent uncompressed."""

    format: str
    name: str
    bytes: int
    sha256: str


@dataclass(frozen=True)
class KeptVersion:
    """The files of one version; ``needs``: the data sets that all must be open for it."""

    folder: Path
    files: tuple[KeptFile, ...]
    rows: int
    bbox: tuple[float, float, float, float] | None
    needs: frozenset[str]

    def path(self, name: str) -> Path | None:
        """Return where a file lies; None for a name that is not of this version."""
        return self.folder / name if any(file.name == name for file in self.files) else None


def kept(
    identity: str,
    about: About,
    make: Callable[[], OpenTable],
    *,
    state: str = "",
    needs: frozenset[str] = frozenset(),
) -> KeptVersion:
    """
    Return the files of a version, made now when they are not there.

    ``identity`` names the version for ever; ``state`` is everything else that its files depend
    on: when that, or ``about``, changes, they are made anew and the old ones go.

    Raises
    ------
    StoreError
        If the data folder cannot be written.
    """
    told = json.dumps([about.__dict__, state, sorted(needs)], sort_keys=True)
    folder = _root() / f"{_hash(identity)[:24]}-{_hash(told)[:12]}"
    found = _read(folder)
    if found is not None:
        return found
    with _making:
        found = _read(folder)
        if found is None:
            _checked.pop(folder, None)
            try:
                _write(folder, about, make(), needs)
                _drop_others(folder)
            except OSError as error:
                raise StoreError(
                    "The files of open data cannot be written: {reason}.",
                    reason=error.strerror or "?",
                ) from error
            found = _read(folder)
    if found is None:
        raise StoreError("The files of open data cannot be written: {reason}.", reason="?")
    return found


def kept_before(identity: str, open_ids: frozenset[str]) -> KeptVersion | None:
    """Return the files of a version whose rows are gone, if they were kept and may still be had."""
    for folder in sorted(_root().glob(f"{_hash(identity)[:24]}-*")):
        found = _read(folder)
        if found is not None and found.needs <= open_ids:
            return found
    return None


def forget() -> None:
    """Check the files again before they are next used."""
    _checked.clear()


def _root() -> Path:
    return settings().data_folder / "open"


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _write(folder: Path, about: About, table: OpenTable, needs: frozenset[str]) -> None:
    files = package_of(about, table, files_of(table, about.id))
    _root().mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=_root(), prefix="making-") as made:
        draft = Path(made) / "files"
        draft.mkdir()
        told = []
        for form, body in files.items():
            name = file_name(about.id, about.version, form)
            (draft / name).write_bytes(body)
            if form in PACKED:
                (draft / f"{name}.gz").write_bytes(gzip.compress(body, 6, mtime=0))
            told.append([form, name, len(body), hashlib.sha256(body).hexdigest()])
        bbox = [round(value, 7) for value in table.bbox] if table.bbox else None
        index = {"files": told, "rows": len(table.frame), "bbox": bbox, "needs": sorted(needs)}
        (draft / _INDEX).write_text(json.dumps(index), encoding="utf-8")
        if _checked_version(folder) is not None:  # another process was quicker
            return
        shutil.rmtree(folder, ignore_errors=True)  # damaged
        draft.rename(folder)


def _drop_others(folder: Path) -> None:
    for other in folder.parent.glob(f"{folder.name.partition('-')[0]}-*"):
        if other != folder:
            _checked.pop(other, None)
            shutil.rmtree(other, ignore_errors=True)


def _read(folder: Path) -> KeptVersion | None:
    """Return a version as its index has it; None when a file is missing or is not as written."""
    if folder not in _checked or not folder.is_dir():
        _checked[folder] = _checked_version(folder)
    return _checked[folder]


def _checked_version(folder: Path) -> KeptVersion | None:
    try:
        index: Mapping[str, Any] = json.loads((folder / _INDEX).read_text(encoding="utf-8"))
        files = tuple(KeptFile(*told) for told in index["files"])
        for file in files:
            body = (folder / file.name).read_bytes()
            packed = folder / f"{file.name}.gz"
            whole = gzip.decompress(packed.read_bytes()) if file.format in PACKED else body
            if hashlib.sha256(body).hexdigest() != file.sha256 or whole != body:
                return None
    except (OSError, EOFError, ValueError, KeyError, TypeError):
        return None
    bbox = index["bbox"]
    return KeptVersion(
        folder, files, int(index["rows"]), tuple(bbox) if bbox else None, frozenset(index["needs"])
    )
