"""What commands write to: a file that can be written, whole or not at all."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from geodata.errors import DataFileError


def require_writable(file: Path) -> None:
    """
    Refuse a file that cannot be written, before any work is done for it.

    Raises
    ------
    DataFileError
        Naming the folder that there is not, or the file and why.
    """
    folder = file.parent
    if not folder.is_dir():
        raise DataFileError("{folder}: no such folder.", folder=folder)
    target = file if file.exists() else folder
    if file.is_dir() or not os.access(target, os.W_OK):
        raise DataFileError(
            "{file} cannot be read or written ({problem}).", file=file,
            problem=os.strerror(errno.EISDIR if file.is_dir() else errno.EACCES),
        )  # fmt: skip


@contextmanager
def replaced(file: Path) -> Iterator[Path]:
    """Yield a file beside the wanted one that takes its place only when all went well."""
    beside = file.with_name(f".{file.name}.{os.getpid()}.part")
    try:
        yield beside
        beside.replace(file)
    finally:
        beside.unlink(missing_ok=True)
