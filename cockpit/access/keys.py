"""The key ring: keys that seal values and files, and the key of the blind index, in one file."""

from __future__ import annotations

import base64
import datetime as dt
import fcntl
import json
import os
import secrets
import threading
from binascii import Error as NotBase64
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.keywrap import (
    InvalidUnwrap,
    aes_key_unwrap_with_padding,
    aes_key_wrap_with_padding,
)

from cockpit.access.blind import BLIND_BYTES
from cockpit.access.sealing import Key, SealError, new_key

FILE = "keys.json"
ACTIVE, RETIRED = "active", "retired"
BLIND = "blind"


class KeysLostError(SealError):
    """The key file is not there, not readable, or another one than the store was sealed with."""


@dataclass(frozen=True)
class Held:
    """A key as the ring holds it; ``state`` is active or retired."""

    key: Key
    state: str
    created: str  # UTC, ISO 8601


class Ring:
    """
    The keys of one installation.

    The file has mode 0600 in a folder of mode 0700, and is always written whole: a new one takes
    the place of the old one. Without a path the keys live as long as the process, for stores that
    do the same. Keys once read stay in memory, so that a process can open what it read before a
    rotation ended in another.
    """

    def __init__(self, path: Path | None, *, cipher: str = "aes", secret: str = "") -> None:
        self.path, self.cipher = path, cipher
        self._secret = secret
        self._lock = threading.RLock()
        self._changing = False
        self._held: dict[str, Held] = {}
        self._seen: dict[str, Key] = {}
        self._blind = b""
        self._salt = b""
        self._stamp: tuple[int, int, int] | None = None

    # ------------------------------------------------------------ reading

    def exists(self) -> bool:
        """Tell whether there are keys already."""
        return bool(self._held) if self.path is None else self.path.exists()

    @property
    def name(self) -> str:
        """The key file, as sentences name it."""
        return "-" if self.path is None else f"{self.path.parent.name}/{self.path.name}"

    def held(self) -> tuple[Held, ...]:
        """Return the keys that seal, oldest first."""
        self._refresh()
        return tuple(sorted(self._held.values(), key=lambda one: (one.created, one.key.id)))

    def active(self) -> Key | None:
        """Return the newest active key; None when there is none yet."""
        found = [one.key for one in self.held() if one.state == ACTIVE]
        return found[-1] if found else None

    def key(self, key_id: str) -> Key:
        """
        Return a key by its id.

        Raises
        ------
        KeysLostError
            If the file is gone or has no such key.
        """
        found = self._seen.get(key_id)
        if found is None:
            self._refresh()
            found = self._seen.get(key_id)
        if found is None:
            raise self.lost(key_id)
        return found

    def lost(self, key_id: str) -> KeysLostError:
        """Return the error that a key is missing."""
        if self.path is not None and not self.path.exists():
            return KeysLostError(
                "The key file {file} is missing: sealed values cannot be read, and none are "
                "written. Put it back from its copy; nothing was changed.",
                file=self.name,
            )
        return KeysLostError(
            "The key file {file} has no key {key}, with which this store is sealed: it is another "
            "one. Put the right one back; nothing was changed.",
            file=self.name,
            key=key_id,
        )

    @property
    def wrapped(self) -> bool:
        """Whether the file's keys are wrapped with a key made of COCKPIT_KEY_SECRET."""
        self._refresh()
        return bool(self._salt)

    def _refresh(self) -> None:
        """Read the file when it is not the one that was read last."""
        if self.path is None:
            return
        with self._lock:
            try:
                found = self.path.stat()
            except FileNotFoundError:
                return  # what was read stays readable
            stamp = (found.st_mtime_ns, found.st_ino, found.st_size)
            if stamp != self._stamp:
                self._read(self.path)
                self._stamp = stamp

    def _read(self, path: Path) -> None:
        try:
            stored = json.loads(path.read_bytes())
            self._salt = base64.b64decode(stored["salt"])
            self._blind = self._unwrapped(stored["blind"])
            self._held = {
                one["id"]: Held(
                    Key(one["id"], one["cipher"], self._unwrapped(one["key"])),
                    one["state"],
                    one["created"],
                )
                for one in stored["keys"]
            }
        except (OSError, ValueError, KeyError, TypeError, NotBase64) as error:
            raise KeysLostError(
                "The key file {file} cannot be read. Put it back from its copy; nothing was "
                "changed.",
                file=self.name,
            ) from error
        self._seen.update({key_id: held.key for key_id, held in self._held.items()})

    def _unwrapped(self, text: str) -> bytes:
        stored = base64.b64decode(text)
        if not self._salt or not stored:
            return stored
        if not self._secret:
            raise KeysLostError(
                "The key file {file} is locked: set COCKPIT_KEY_SECRET to what it was locked with.",
                file=self.name,
            )
        try:
            return aes_key_unwrap_with_padding(self._kek(), stored)
        except InvalidUnwrap as error:
            raise KeysLostError(
                "The key file {file} does not open with this COCKPIT_KEY_SECRET.", file=self.name
            ) from error

    def _kek(self) -> bytes:
        made = HKDF(SHA256(), 32, salt=self._salt, info=b"cockpit keys 1")
        return made.derive(self._secret.encode())

    # ------------------------------------------------------------ writing

    @contextmanager
    def changing(self) -> Iterator[None]:
        """Let one process at a time change the file; may be held while it is taken again."""
        with self._lock:
            if self.path is None or self._changing:
                yield
                return
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self.path.parent.chmod(0o700)
            with (self.path.parent / ".lock").open("w") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                self._changing = True
                try:
                    self._refresh()
                    yield
                finally:
                    self._changing = False

    def first(self) -> Key:
        """Return the active key; the first ever is made here, and is on the disk before it is."""
        with self.changing():
            found = self.active()
            if found is None:
                found = self._add(new_key(self.cipher))
            return found

    def add(self) -> Key:
        """Make another active key of the cipher that is set; the others become retired."""
        with self.changing():
            return self._add(new_key(self.cipher))

    def _add(self, key: Key) -> Key:
        before = {k: replace(one, state=RETIRED) for k, one in self._held.items()}
        self._write({**before, key.id: Held(key, ACTIVE, _now())}, self._blind)
        return key

    def destroy(self, key_id: str) -> None:
        """Take a key out of the file, for good; of this process's memory it goes with the end."""
        with self.changing():
            if key_id in self._held:
                rest = {k: one for k, one in self._held.items() if k != key_id}
                self._write(rest, self._blind)

    def blind(self, old: bytes = b"") -> bytes:
        """Return the key of the blind index; made once, or taken over from an ``old`` place."""
        self._refresh()
        if not self._blind:
            with self.changing():
                if not self._blind:
                    self._write(self._held, old or secrets.token_bytes(BLIND_BYTES))
        return self._blind

    def rewrite(self) -> None:
        """Write the file anew: wrapped, if a secret is set now."""
        with self.changing():
            self._write(self._held, self._blind)

    def _write(self, held: Mapping[str, Held], blind: bytes) -> None:
        self._salt = (self._salt or secrets.token_bytes(16)) if self._secret else b""
        self._held, self._blind = dict(held), blind
        self._seen.update({key_id: one.key for key_id, one in held.items()})
        if self.path is None:
            return
        stored = {
            "version": 1,
            "salt": _text(self._salt),
            "blind": self._wrapped(blind),
            "keys": [
                {
                    "id": one.key.id, "cipher": one.key.cipher, "state": one.state,
                    "created": one.created, "key": self._wrapped(one.key.material),
                }
                for one in held.values()
            ],
        }  # fmt: skip
        write_secret(self.path, json.dumps(stored, indent=1).encode())
        self._stamp = None

    def _wrapped(self, material: bytes) -> str:
        if self._salt and material:
            material = aes_key_wrap_with_padding(self._kek(), material)
        return _text(material)

    def about(self) -> dict[str, Any]:
        """Return what can be shown of the ring: no key."""
        return {
            "file": self.name,
            "wrapped": self.wrapped,
            "keys": [(one.key.id, one.key.cipher, one.state, one.created) for one in self.held()],
        }


def _now() -> str:
    return dt.datetime.now(dt.UTC).isoformat(timespec="microseconds")


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode()


def write_secret(path: Path, content: bytes) -> None:
    """Write a file that only its owner reads, whole or not at all, and on the disk afterwards."""
    half = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    at = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(at, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    half.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)  # else a power cut could bring the old name back without its file
    finally:
        os.close(folder)
