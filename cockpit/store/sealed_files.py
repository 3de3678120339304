"""Kept uploads of sensitive data sets, sealed on the disk."""

from __future__ import annotations

import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import Engine

from cockpit.access.keys import Ring
from cockpit.access.sealing import (
    FILE_HEAD,
    Key,
    file_key_id,
    open_bytes,
    seal_bytes,
)
from cockpit.store.sealed import active_key, ring_of
from cockpit.store.whole import write_whole

UPLOADS = "uploads"
_MARK = "cockpit-"
_ON_ITS_WAY = 600  # s that writing a file may take


def keep(engine: Engine, folder: Path, path: Path, content: bytes) -> None:
    """
    Seal a file below the data folder, bound to its place there.

    Raises
    ------
    KeysLostError
        If the key file is missing or is another one; nothing is written then.
    """
    ring = ring_of(engine)
    with ring.changing():  # a rotation that begins now must find the file, or seal with its key
        with engine.begin() as connection:
            key = active_key(connection)
        write_whole(path, seal_bytes(key, _name(folder, path), content), mode=0o600)


def read(ring: Ring, folder: Path, path: Path) -> bytes:
    """Return the plain bytes of a file, sealed or not."""
    return open_bytes(ring.key, _name(folder, path), path.read_bytes())


def is_sealed_file(path: Path) -> bool:
    """Tell whether a file is sealed."""
    with path.open("rb") as file:
        return file.read(len(FILE_HEAD)) == FILE_HEAD


def plain_copy(ring: Ring, folder: Path, path: Path, into: Path) -> Path:
    """
    Return a file that can be read as it was brought: itself, or a plain copy of a sealed one.

    The copy has the same name in a new folder below ``into``, which the caller removes.
    """
    if not path.is_file() or not is_sealed_file(path):
        return path
    copy = Path(tempfile.mkdtemp(prefix=_MARK, dir=into)) / path.name
    copy.write_bytes(read(ring, folder, path))
    copy.chmod(0o600)
    return copy


def _name(folder: Path, path: Path) -> str:
    return path.resolve().relative_to(folder.resolve()).as_posix()


# ------------------------------------------------------------ rotation


def _sealed(folder: Path) -> Iterator[Path]:
    for path in sorted((folder / UPLOADS).glob("*/*")):
        half = path.name.startswith(".")  # what a killed ``write_whole`` has left
        if path.is_file() and not half and is_sealed_file(path):
            yield path


def _clear_halves(folder: Path) -> None:
    """
    Remove what killed writings have left: nobody reads it, and an old key may have sealed it.

    A younger one may be on its way.
    """
    for half in (folder / UPLOADS).glob("*/.*"):
        if time.time() - half.stat().st_mtime > _ON_ITS_WAY:
            half.unlink(missing_ok=True)


def by_key(folder: Path) -> dict[str, int]:
    """Return how many files each key seals."""
    found: Counter[str] = Counter()
    for path in _sealed(folder):
        with path.open("rb") as file:
            found[file_key_id(file.read(len(FILE_HEAD) + 16))] += 1
    return dict(found)


def reseal(folder: Path, ring: Ring, key: Key) -> int:
    """Seal with a key what others have sealed; each file is whole at every moment."""
    n = 0
    _clear_halves(folder)
    for path in _sealed(folder):
        content = path.read_bytes()
        if file_key_id(content) != key.id:
            name = _name(folder, path)
            plain = open_bytes(ring.key, name, content)
            write_whole(path, seal_bytes(key, name, plain), mode=0o600)
            n += 1
    return n


def check(folder: Path, ring: Ring) -> None:
    """Open every sealed file; ``SealError`` names the first that does not open."""
    for path in _sealed(folder):
        read(ring, folder, path)


def seal_kept(engine: Engine, folder: Path, files: Iterator[str]) -> int:
    """Seal kept files (relative to the data folder) that still lie there plain."""
    n = 0
    for file in files:
        path = folder / file.partition("!")[0]
        if path.is_file() and not is_sealed_file(path):
            keep(engine, folder, path, path.read_bytes())
            n += 1
    return n
