"""The key of forms and of names in the list of locks: random, in the store's folder, ours alone."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from functools import lru_cache
from pathlib import Path

from cockpit.settings import settings

_FILE = "sign-in.key"
_BYTES = 32


def sealed(purpose: str, value: str) -> str:
    """Return a keyed hash (HMAC-SHA-256, hex) of a value; other purposes give other hashes."""
    message = f"{purpose}\x00{value}".encode()
    return hmac.new(_key(settings().data_folder), message, hashlib.sha256).hexdigest()


def fits(purpose: str, value: str, seal: str) -> bool:
    """Tell whether ``seal`` is the keyed hash of a value."""
    return hmac.compare_digest(sealed(purpose, value).encode(), seal.encode())


@lru_cache(maxsize=8)
def _key(folder: Path) -> bytes:
    """Return the key; the first process that needs one makes it."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / _FILE
    new = folder / f"{_FILE}.{secrets.token_hex(8)}"
    if not path.exists():
        with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(secrets.token_bytes(_BYTES))
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(new, path)  # whole or not at all, and never over that of another process
        except FileExistsError:
            pass
        finally:
            new.unlink()
    return path.read_bytes()
