"""The Ed25519 key that signs checkpoints and tombstones, and where its files are."""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from cockpit.access.second_place import home_of, second_place
from cockpit.settings import settings
from cockpit.store.whole import write_whole
from geodata.errors import DataFileError, InputError

PRIVATE, PUBLIC = "audit.pem", "audit-public-{id}.pem"


def key_file(engine: Engine) -> Path | None:
    """Return where the private key is: in COCKPIT_KEYS, else in ``keys/`` of the store's folder."""
    home = home_of(engine)
    return None if home is None else (settings().keys_folder or home / "keys") / PRIVATE


def signing_key(engine: Engine) -> Ed25519PrivateKey:
    """
    Return the key that signs, made at the first time with mode 0600.

    Raises
    ------
    DataFileError
        If the file is no Ed25519 key, or there is none for a store in memory.
    OSError
        If it cannot be read or written.
    """
    path = key_file(engine)
    if path is None:
        raise DataFileError("A store in memory has no signing key.")
    fresh = False
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with locked(path.parent):
            if not path.exists():
                made = Ed25519PrivateKey.generate()
                pem = made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
                write_whole(path, pem, mode=0o600)
                fresh = True
    try:
        key = load_pem_private_key(path.read_bytes(), None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise DataFileError("{file} is no Ed25519 key.", file=path.name) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise DataFileError("{file} is no Ed25519 key.", file=path.name)
    if fresh:
        _tell(engine, key_id(public_bytes(key)))
    _publish(engine, public_bytes(key))
    return key


def _tell(engine: Engine, new: str) -> None:
    """Write into the trail that a new key signs from now on, when there was another before."""
    from cockpit.access import audit  # which needs our files to note its entries

    before = sorted(_published(second_place(engine)))
    if not before:
        return
    with Session(engine) as db:
        audit.record(
            db, audit.actor(), "key", f"signing > {new}",
            detail={"step": "new signing key", "known before": before},
        )  # fmt: skip
        db.commit()


def _publish(engine: Engine, raw: bytes) -> None:
    """Keep the public key in the second place: what it signed outlives the private key."""
    folder = second_place(engine)
    path = folder / PUBLIC.format(id=key_id(raw)) if folder else None
    if path is not None and not path.exists():
        write_whole(path, public_pem(raw))


def _published(folder: Path | None) -> dict[str, bytes]:
    paths = sorted(folder.glob(PUBLIC.format(id="*"))) if folder else ()
    return {key_id(raw): raw for raw in map(read_public, paths)}


def known_keys(engine: Engine) -> dict[str, bytes]:
    """Return our public key and those that the second place knows from before, by id."""
    found, private = _published(second_place(engine)), key_file(engine)
    if private is not None and private.exists():
        raw = public_bytes(signing_key(engine))
        found[key_id(raw)] = raw
    return found


def public_bytes(key: Ed25519PrivateKey) -> bytes:
    """Return the 32 bytes of the public key."""
    return key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def public_pem(raw: bytes) -> bytes:
    """Return a public key as a PEM file."""
    key = Ed25519PublicKey.from_public_bytes(raw)
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def key_id(raw: bytes) -> str:
    """Return the short name of a public key: the first 16 hex digits of its sha256."""
    return hashlib.sha256(raw).hexdigest()[:16]


def read_public(path: Path) -> bytes:
    """Return the 32 bytes of a public key from a PEM file or 64 hex digits."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataFileError("{file} cannot be read.", file=path.name) from error
    try:
        if b"BEGIN" not in content:
            raw = bytes.fromhex(content.decode().strip())
            return Ed25519PublicKey.from_public_bytes(raw).public_bytes_raw()
        key = load_pem_public_key(content)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise InputError("{file} is no public Ed25519 key.", file=path.name) from error
    if not isinstance(key, Ed25519PublicKey):
        raise InputError("{file} is no public Ed25519 key.", file=path.name)
    return key.public_bytes_raw()


def signed_by(raw: bytes, signature: str, content: str) -> bool:
    """Tell whether a hex signature over a text is this public key's."""
    try:
        key = Ed25519PublicKey.from_public_bytes(raw)
        key.verify(bytes.fromhex(signature), content.encode())
    except (InvalidSignature, ValueError):
        return False
    return True


def append_line(path: Path, lines: str, *, wait: bool = True) -> None:
    """Add whole lines to a file, and wait for the disk; a half line of a crash is closed first."""
    with path.open("ab+") as file:
        if file.tell():
            file.seek(-1, os.SEEK_END)
            if file.read(1) != b"\n":
                lines = "\n" + lines
        file.write(lines.encode())
        file.flush()
        if wait:
            os.fsync(file.fileno())


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Keep other processes and threads out of a folder's files; makes the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
