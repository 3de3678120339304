"""Uploads: read in a child process with little time, little memory and no secrets."""

from __future__ import annotations

import datetime as dt
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyarrow as pa
from pyarrow import feather

from geodata.errors import AskFirst, CockpitError, DataFileError, InputError, ManifestError
from loaders.files import MEGABYTE, Limits
from loaders.manifest import Dataset, Manifest
from loaders.read import file_name, read_dataset, source_path
from loaders.table import Finding, LoadedTable, ReadContext

ROOT = Path(__file__).resolve().parents[1]
_OBJECTS = b"objects"  # names of columns that Arrow would bring back as another text type
_KEPT_ENVIRONMENT = ("PATH", "LANG", "LC_ALL", "TZ", "PROJ_DATA", "GDAL_DATA", "SYSTEMROOT")
_CHILD_ENVIRONMENT = {
    "OGR_SKIP": "OGR_VRT,WFS,HTTP,Carto,AmigoCloud,Elasticsearch,OAPIF,OGCAPI,CSW,EEDA,NGW,"
    "PLSCENES,GDALG,VDV",
    "GDAL_SKIP": "VRT,WMS,WMTS,WCS,EEDAI,PLMOSAIC,STACIT,STACTA,DAAS",
    "GDAL_HTTP_TIMEOUT": "1",
    "CPL_VSIL_CURL_ALLOWED_EXTENSIONS": ".none",
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MALLOC_ARENA_MAX": "2",  # each thread's arena would count against the memory limit
    "ARROW_DEFAULT_MEMORY_POOL": "system",
    "PYTHONDONTWRITEBYTECODE": "1",
}


def read_upload(entry: Dataset, manifest: Manifest, *, context: ReadContext) -> LoadedTable:
    """
    Read an uploaded file as `read_dataset` does, but in a child process within limits.

    The child has the time and memory of ``context.limits``, none of our environment beyond the
    language, and no drivers that reach other files or addresses. What comes back is data only
    (Arrow and JSON), so a child that a hostile file has taken over cannot run anything here.

    Raises
    ------
    DataFileError
        As `read_dataset`; also if the file is larger than the limits, is no plain file, or takes
        more time or memory than allowed, or stops its reader.
    AskFirst
        As `read_dataset`.
    """
    file, limits = file_name(entry), context.limits
    if entry.database:
        raise DataFileError("{file}: an upload is a file, not a database.", file=file)
    path, _ = source_path(entry, manifest)
    if path.is_symlink() or (path.exists() and not path.is_file()):
        raise DataFileError("{file}: the file cannot be read.", file=file)
    if path.exists() and path.stat().st_size > limits.file_bytes:
        raise DataFileError(
            "{file}: has {found} MB; at most {limit} MB are read.",
            file=file,
            found=-(-path.stat().st_size // MEGABYTE),
            limit=limits.file_bytes // MEGABYTE,
        )
    with tempfile.TemporaryDirectory(prefix="cockpit-") as folder:
        _run(_job(entry, manifest, context, folder), folder, file, limits)
        return _result(Path(folder), entry)


_ERRORS: dict[str, type[CockpitError]] = {
    kind.__name__: kind for kind in (AskFirst, DataFileError, InputError, ManifestError)
}


def _job(entry: Dataset, manifest: Manifest, context: ReadContext, folder: str) -> dict[str, Any]:
    given = {f.name: getattr(context, f.name) for f in fields(context)}
    given["known_codes"] = None if context.known_codes is None else sorted(context.known_codes)
    given["region_names"] = dict(context.region_names)
    given["reference"] = {name: list(place) for name, place in context.reference.items()}
    given["today"] = context.today.isoformat()
    given["limits"] = asdict(context.limits)
    return {
        "entry": entry.model_dump(mode="json", by_alias=True),
        "manifest": manifest.model_dump(mode="json", by_alias=True),
        "context": given,
        "folder": folder,
    }


def _run(job: dict[str, Any], folder: str, file: str, limits: Limits) -> None:
    """Run the child to its end; a time limit, a lack of memory and a crash become errors."""
    environment = {k: v for k, v in os.environ.items() if k in _KEPT_ENVIRONMENT}
    environment |= _CHILD_ENVIRONMENT | {"TMPDIR": folder, "HOME": folder}
    try:
        done = subprocess.run(
            [sys.executable, "-m", "loaders.sandbox"],
            input=json.dumps(job).encode(),
            cwd=ROOT,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=limits.seconds,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise DataFileError(
            "{file}: not read within {seconds} s; smaller files are.",
            file=file,
            seconds=f"{limits.seconds:g}",
        ) from error
    if (Path(folder) / "result.json").is_file():
        return
    if done.returncode in (_NO_MEMORY, -signal.SIGKILL):
        raise DataFileError(
            "{file}: takes more than {limit} MB of memory to read.",
            file=file,
            limit=limits.memory_bytes // MEGABYTE,
        )
    raise DataFileError("{file}: the file stopped its reader; it is damaged.", file=file)


def _result(folder: Path, entry: Dataset) -> LoadedTable:
    told = json.loads((folder / "result.json").read_text("utf-8"))
    if "error" in told:
        kind = _ERRORS[told["error"]["kind"]]
        raise kind(told["error"]["template"], **told["error"]["values"])
    extra = dict(told["extra"])
    if (folder / "nodes.feather").is_file():
        extra["nodes"] = _read_frame(folder / "nodes.feather", shapes=False)
    return LoadedTable(
        dataset=entry,
        table=_read_frame(folder / "table.feather", shapes=told["shapes"]),
        findings=tuple(Finding(**finding) for finding in told["findings"]),
        matches=told["matches"],
        sha256=told["sha256"],
        n_rows=told["n_rows"],
        encoding=told["encoding"],
        extra=extra,
    )


def _read_frame(path: Path, *, shapes: bool) -> pd.DataFrame:
    stored = feather.read_table(path, memory_map=False)
    frame = stored.to_pandas()
    for name in (stored.schema.metadata or {}).get(_OBJECTS, b"").decode().split("\n"):
        if name in frame.columns and name != "geometry":
            column = frame[name].astype("object")
            frame[name] = column.where(column.notna(), None)
    if not shapes:
        return frame
    geometry = gpd.GeoSeries.from_wkb(frame["geometry"], crs="EPSG:4326")
    return gpd.GeoDataFrame(frame.drop(columns="geometry"), geometry=geometry)


# ---------------------------------------------------------------- in the child

_NO_MEMORY = 3  # exit code


def main() -> None:
    """Read the job from standard input, the file, and write the result into the job's folder."""
    job = json.load(sys.stdin.buffer)
    folder = Path(job["folder"])
    context = _context(job["context"])
    _limit(context.limits)
    try:
        loaded = read_dataset(
            Dataset.model_validate(job["entry"]),
            Manifest.model_validate(job["manifest"]),
            context=context,
        )
        _write(loaded, folder)
    except CockpitError as error:
        told = {
            "kind": type(error).__name__,
            "template": error.template,
            "values": error.values,
        }
        _write_json(folder, {"error": told})
    except (MemoryError, pa.ArrowMemoryError):
        os._exit(_NO_MEMORY)


def _context(given: dict[str, Any]) -> ReadContext:
    known = given["known_codes"]
    return ReadContext(
        box=None if given["box"] is None else tuple(given["box"]),
        known_codes=None if known is None else frozenset(known),
        region_names=given["region_names"],
        today=dt.date.fromisoformat(given["today"]),
        reference={name: (lon, lat) for name, (lon, lat) in given["reference"].items()},
        limits=Limits(**given["limits"]),
    )


def _limit(limits: Limits) -> None:
    """Limit what this process may use; private memory, so that mapped libraries do not count."""
    memory = limits.memory_bytes  # of which the libraries take 160 MB before the first byte
    seconds = int(limits.seconds) + 1
    for what, most in (
        (resource.RLIMIT_DATA, memory),
        (resource.RLIMIT_CPU, 2 * seconds),
        (resource.RLIMIT_FSIZE, limits.unpacked_bytes),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))


def _write(loaded: LoadedTable, folder: Path) -> None:
    shapes = isinstance(loaded.table, gpd.GeoDataFrame)
    table = pd.DataFrame(loaded.table.to_wkb()) if shapes else loaded.table
    _write_frame(table, folder / "table.feather")
    extra = dict(loaded.extra)
    nodes = extra.pop("nodes", None)
    if isinstance(nodes, pd.DataFrame):
        _write_frame(nodes, folder / "nodes.feather")
    _write_json(
        folder,
        {
            "findings": [asdict(finding) for finding in loaded.findings],
            "matches": loaded.matches,
            "sha256": loaded.sha256,
            "n_rows": loaded.n_rows,
            "encoding": loaded.encoding,
            "extra": extra,
            "shapes": shapes,
        },
    )


def _write_frame(frame: pd.DataFrame, path: Path) -> None:
    table = pa.Table.from_pandas(frame, preserve_index=False)
    objects = "\n".join(name for name in frame.columns if frame[name].dtype == object)
    kept = {**(table.schema.metadata or {}), _OBJECTS: objects.encode()}
    feather.write_feather(table.replace_schema_metadata(kept), path)


def _write_json(folder: Path, told: dict[str, Any]) -> None:
    draft = folder / "result.new"
    draft.write_text(json.dumps(told, default=_plain, ensure_ascii=False), encoding="utf-8")
    draft.replace(folder / "result.json")


def _plain(value: Any) -> object:
    """Return NumPy numbers as Python's; everything else as text."""
    return value.item() if hasattr(value, "item") else str(value)


if __name__ == "__main__":
    main()
