"""Files as they come: where they are, what they really hold, how much of it is safe to unpack."""

from __future__ import annotations

import gzip
import hashlib
import lzma
import stat
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, cast

from geodata.errors import DataFileError
from loaders.encodings import plausible_chinese

MEGABYTE = 1024 * 1024
CHUNK = 1024 * 1024


@dataclass(frozen=True)
class Limits:
    """How much one file may hold; FAULTS.md, P11 and P12."""

    file_bytes: int = 100 * MEGABYTE  # uploads only
    unpacked_bytes: int = 1024 * MEGABYTE
    ratio: int = 100  # unpacked over packed size
    entries: int = 1000  # of an archive
    features: int = 2_000_000
    vertices: int = 1_000_000  # of one feature
    columns: int = 2_000
    line_bytes: int = 8 * MEGABYTE
    cells: int = 50_000_000  # of a table
    pixels: int = 400_000_000  # of a raster
    depth: int = 100  # nesting of JSON
    seconds: float = 30.0  # uploads only
    memory_bytes: int = 1024 * MEGABYTE  # uploads only


KINDS = {
    ".csv": "csv",
    ".txt": "csv",
    ".tsv": "csv",
    ".xlsx": "workbook",
    ".xlsm": "workbook",
    ".xls": "workbook",
    ".ods": "workbook",
    ".parquet": "parquet",
    ".geoparquet": "parquet",
    ".geojson": "geojson",
    ".json": "geojson",
    ".sqlite": "sqlite",
    ".db": "sqlite",
    ".gpkg": "geopackage",
    ".shp": "shapefile",
    ".fgb": "flatgeobuf",
    ".pbf": "osm",
    ".tif": "geotiff",
    ".tiff": "geotiff",
}
"""End of a file's name to what we take it for."""

TITLES = {
    "csv": "CSV",
    "workbook": "workbook",
    "parquet": "Parquet",
    "sqlite": "SQLite",
    "geojson": "GeoJSON",
    "geopackage": "GeoPackage",
    "shapefile": "Shapefile",
    "flatgeobuf": "FlatGeobuf",
    "osm": "OSM PBF",
    "geotiff": "GeoTIFF",
}

_MAGIC = {
    "workbook": (b"PK\x03\x04", b"\xd0\xcf\x11\xe0"),
    "parquet": (b"PAR1",),
    "sqlite": (b"SQLite format 3\x00",),
    "geopackage": (b"SQLite format 3\x00",),
    "shapefile": (b"\x00\x00\x27\x0a",),
    "flatgeobuf": (b"fgb\x03",),
    "geotiff": (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+"),
}
# Text formats that make GDAL open other files or addresses.
_DANGEROUS = (
    b"<ogrvrtdatasource",
    b"<vrtdataset",
    b"<gdal_wms",
    b"<ogrwfs",
    b"<!entity",
    b"<!doctype",
)


@dataclass(frozen=True)
class Opened:
    """One file, found, unpacked where needed, and of the type that its name says."""

    path: Path  # the file to read; beside it its companions (.dbf, .prj ...)
    name: str  # as messages name it
    kind: str  # a value of KINDS
    suffix: str
    sha256: str  # of the file that was given, before unpacking


@contextmanager
def opened(path: Path, *, inner: str = "", limits: Limits) -> Iterator[Opened]:
    """
    Open a file that may be packed (.zip, .gz, .xz); what was unpacked is removed at the end.

    Parameters
    ----------
    path
        The file.
    inner
        Name of the wanted file within a zip; "" if it holds only one that can be read.

    Raises
    ------
    DataFileError
        If the file is missing or unreadable, unpacks to more than the limits allow, is of no
        known type, or its content is not what its name says.
    """
    name = path.name
    sha256 = hash_of(path)
    suffix = path.suffix.lower()
    with tempfile.TemporaryDirectory(prefix="cockpit-") as folder:
        if suffix == ".zip":
            unpacked = unzip(path, Path(folder), limits=limits)
            path = _wanted(unpacked, inner, name)
        elif suffix in (".gz", ".xz"):
            path = _unpack(path, Path(folder), limits=limits)
        elif inner:
            raise DataFileError("{file}: no zip, so it has no inner file.", file=name)
        kind = kind_of(path, name)
        require_content(path, kind, name)
        yield Opened(path, name, kind, path.suffix.lower(), sha256)


def hash_of(path: Path) -> str:
    """
    Return the SHA-256 of a file's bytes, in hexadecimal.

    Raises
    ------
    DataFileError
        If there is no such file, or it cannot be read.
    """
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except FileNotFoundError as error:
        raise DataFileError("{file}: no such file.", file=path.name) from error
    except (OSError, ValueError) as error:
        raise DataFileError("{file}: the file cannot be read.", file=path.name) from error


def kind_of(path: Path, name: str) -> str:
    """Return what a file is by the end of its name; refuse what we do not read."""
    kind = KINDS.get(path.suffix.lower(), "")
    if not kind:
        raise DataFileError(
            "{file}: files of this type are not read. Read are: {known}.",
            file=name,
            known=" ".join((*KINDS, ".zip", ".gz", ".xz")),
        )
    return kind


def require_content(path: Path, kind: str, name: str) -> None:
    """
    Refuse a file whose first bytes are not those of its declared type.

    Text types have no first bytes of their own; in them, XML that makes a library open other
    files is looked for.
    """
    with path.open("rb") as stream:
        head = stream.read(4096)
    if not head:
        raise DataFileError("{file}: the file is empty.", file=name)
    if any(word in head.lower().replace(b"\x00", b"") for word in _DANGEROUS):
        raise DataFileError(
            "{file}: the content refers to other files; such files are not read.", file=name
        )
    magic = _MAGIC.get(kind)
    if magic and not head.startswith(magic):
        raise DataFileError("{file}: not a readable {type} file.", file=name, type=TITLES[kind])
    text = head.lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n\x00")
    if kind in ("csv", "geojson") and head.startswith(
        (b"PK\x03\x04", b"SQLite format 3", b"\x7fELF")
    ):
        raise DataFileError("{file}: not a readable {type} file.", file=name, type=TITLES[kind])
    if kind == "geojson" and not text.startswith(b"{"):
        raise DataFileError("{file}: not a readable {type} file.", file=name, type=TITLES[kind])


def _unpack(path: Path, folder: Path, *, limits: Limits) -> Path:
    target = folder / path.stem
    packed = path.stat().st_size
    open_packed = gzip.open if path.suffix.lower() == ".gz" else lzma.open
    try:
        with open_packed(path, "rb") as source, target.open("wb") as out:
            _copy(cast(IO[bytes], source), out, path.name, _allowed(packed, limits))
    except (OSError, EOFError, lzma.LZMAError) as error:
        raise DataFileError(
            "{file}: the archive is damaged and cannot be unpacked.", file=path.name
        ) from error
    return target


def _allowed(packed: int, limits: Limits) -> int:
    """Return how many bytes may come out; small files may compress better than the ratio."""
    return min(limits.unpacked_bytes, max(limits.ratio * packed, MEGABYTE))


def _copy(source: IO[bytes], out: IO[bytes], name: str, allowed: int) -> int:
    total = 0
    while chunk := source.read(CHUNK):
        total += len(chunk)
        if total > allowed:
            raise DataFileError(
                "{file}: unpacks to more than {limit} MB; more is not read.",
                file=name,
                limit=max(1, allowed // MEGABYTE),
            )
        out.write(chunk)
    return total


# ---------------------------------------------------------------- zip


def unzip(path: Path, folder: Path, *, limits: Limits) -> list[Path]:
    """
    Unpack a zip into ``folder``, flat: every file keeps only the last part of its name.

    Returns
    -------
    list of Path
        The files that we can use, in the order of the archive. Archives in the archive, and
        files of other types, are left packed.

    Raises
    ------
    DataFileError
        If there are too many entries or bytes, an entry leads outside (absolute, ``..``, a
        link), two have the same name, one is encrypted, or the archive is damaged.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            infos = archive.infolist()
            if len(infos) > limits.entries:
                raise DataFileError(
                    "{file}: holds {found} files; at most {limit} are read.",
                    file=path.name,
                    found=len(infos),
                    limit=limits.entries,
                )
            return _extract(archive, infos, path, folder, limits)
    except (zipfile.BadZipFile, NotImplementedError, EOFError, OSError, RuntimeError) as error:
        raise DataFileError(
            "{file}: the archive is damaged and cannot be unpacked.", file=path.name
        ) from error


def _extract(
    archive: zipfile.ZipFile,
    infos: list[zipfile.ZipInfo],
    path: Path,
    folder: Path,
    limits: Limits,
) -> list[Path]:
    left = _allowed(path.stat().st_size, limits)
    files: list[Path] = []
    for info in infos:
        name = entry_name(info)
        _require_safe(info, name, path.name)
        if info.is_dir() or not _wanted_type(name):
            continue
        target = folder / PurePosixPath(name).name
        if target.exists():
            raise DataFileError(
                "{file}: holds two files named {name}.", file=path.name, name=target.name
            )
        with archive.open(info) as source, target.open("wb") as out:
            left -= _copy(source, out, path.name, left)
        files.append(target)
    return files


def entry_name(info: zipfile.ZipInfo) -> str:
    """Return an entry's name; names that Chinese Windows wrote in GBK become readable."""
    if info.flag_bits & 0x800:  # the archive says UTF-8
        return info.filename.replace("\\", "/")
    raw = info.orig_filename.encode("cp437", errors="replace")
    for codec in ("utf-8", "gb18030"):
        try:
            name = raw.decode(codec)
        except UnicodeDecodeError:
            continue
        if codec == "utf-8" or plausible_chinese(name):
            return name.replace("\\", "/")
    return info.filename.replace("\\", "/")


_SIDE_FILES = (".shx", ".dbf", ".prj", ".cpg")


def _wanted_type(name: str) -> bool:
    suffix = PurePosixPath(name).suffix.lower()
    hidden = name.startswith("__MACOSX/") or PurePosixPath(name).name.startswith("._")
    return not hidden and (suffix in KINDS or suffix in _SIDE_FILES)


def _require_safe(info: zipfile.ZipInfo, name: str, file: str) -> None:
    parts = PurePosixPath(name).parts
    leads_out = ".." in parts or name.startswith("/") or name[1:2] == ":" or "\x00" in name
    link = stat.S_ISLNK(info.external_attr >> 16)
    if leads_out or link:
        raise DataFileError(
            "{file}: the entry {name} leads outside the archive.", file=file, name=name[:80]
        )
    if info.flag_bits & 0x1:
        raise DataFileError("{file}: is protected by a password.", file=file)


def _wanted(files: list[Path], inner: str, name: str) -> Path:
    readable = [f for f in files if f.suffix.lower() in KINDS]
    if inner:
        readable = [f for f in readable if f.name == PurePosixPath(inner.replace("\\", "/")).name]
    if len(readable) == 1:
        return readable[0]
    found = ", ".join(sorted(f.name for f in files)) or "-"
    if not readable:
        raise DataFileError(
            "{file}: holds no file to read. Found: {found}.", file=name, found=found
        )
    raise DataFileError(
        "{file}: holds more than one file; name one after '!'. Found: {found}.",
        file=name,
        found=found,
    )
