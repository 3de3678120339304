"""The folder of this process's temporary files: for its owner only, and empty after a crash."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from pathlib import Path

FOLDER = "tmp"
_MARK = "cockpit-"


def use_own_temporary(folder: Path, *, make: bool = True) -> None:
    """
    Keep this process's temporary files in a folder that only its owner reads, and remove old ones.

    Uploads are unpacked and read there. What a killed process left behind goes at the next start.
    A disk that cannot be written leaves the system's own folder in use, and so does, without
    ``make``, a data folder that is not there yet.
    """
    if not make and not folder.is_dir():
        return
    own = folder / FOLDER / f"{_MARK}{os.getpid()}"
    if tempfile.tempdir == str(own):
        return  # asked again
    try:
        (folder / FOLDER).mkdir(parents=True, exist_ok=True)
        (folder / FOLDER).chmod(0o700)
        sweep_temporary(folder)
        shutil.rmtree(own, ignore_errors=True)  # in a container each process has the same number
        own.mkdir(mode=0o700)
    except OSError:
        return
    tempfile.tempdir = str(own)
    atexit.register(shutil.rmtree, own, ignore_errors=True)


def sweep_temporary(folder: Path) -> int:
    """Remove the temporary files of processes that are gone; return how many there were."""
    gone = [
        path
        for path in (folder / FOLDER).glob(f"{_MARK}*")
        if not _alive(path.name.removeprefix(_MARK))
    ]
    for path in gone:
        shutil.rmtree(path, ignore_errors=True)
    return len(gone)


def _alive(number: str) -> bool:
    if not number.isdecimal():
        return False
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True  # somebody else's process
    return True
