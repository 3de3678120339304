"""The scene file of an installation: read again when it changes."""

from __future__ import annotations

import hashlib
import threading
from pathlib import Path

from cockpit.screen.reader import BROKEN, MOST_BYTES, Playlist, playlist_of
from cockpit.screen.scenes import Problem, usual_scenes
from cockpit.settings import settings

NAME = "scenes.toml"

_lock = threading.Lock()
_kept: dict[tuple[str, int, int, int], Playlist] = {}


def path() -> Path:
    """Return where the file is: COCKPIT_SCENES, else scenes.toml in the data folder."""
    return settings().scenes or settings().data_folder / NAME


def playlist() -> Playlist:
    """
    Return the scenes as the file has them now; without a file the built-in ones.

    A file that was named in COCKPIT_SCENES and is not there is said.
    """
    file = path()
    try:
        found = file.stat()
        key = (str(file), found.st_mtime_ns, found.st_size, found.st_ino)
    except OSError as error:
        if settings().scenes is not None:
            return _away(file, error)
        return Playlist(usual_scenes())
    with _lock:
        if key not in _kept:
            try:
                with file.open("rb") as opened:
                    body = opened.read(MOST_BYTES + 1)
            except OSError as error:
                return _away(file, error)
            _kept.clear()
            _kept[key] = playlist_of(body, file.name)
        return _kept[key]


def _away(file: Path, error: OSError) -> Playlist:
    reason = error.strerror or type(error).__name__
    return Playlist(usual_scenes(), (Problem(BROKEN, {"file": file.name, "reason": reason}),))


def digest(found: Playlist) -> str:
    """Return what changes with any entry of the playlist."""
    return hashlib.sha256(repr(found).encode()).hexdigest()[:12]
