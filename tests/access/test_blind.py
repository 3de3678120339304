"""The keyed hash that tells people apart, and how its key came under the key ring."""

from __future__ import annotations

import hashlib
import secrets
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from cockpit.access.blind import blind
from cockpit.store import ingest
from cockpit.store import models as m
from cockpit.store.sealed import ring_of
from cockpit.store.session import open_engine
from geodata.errors import DataFileError
from tests import sealed_small


def test_it_is_hmac_sha_256_of_the_number_in_capitals() -> None:
    key, number = b"\x0b" * 32, "11010519491231002X"
    # By the definition of RFC 2104, with hashes alone.
    inner = hashlib.sha256(bytes(b ^ 0x36 for b in key.ljust(64, b"\0")) + number.encode())
    outer = bytes(b ^ 0x5C for b in key.ljust(64, b"\0")) + inner.digest()
    assert blind(number, key) == hashlib.sha256(outer).hexdigest()
    assert blind(number.lower(), key) == blind(number, key)
    assert blind(number, b"\x0c" * 32) != blind(number, key)


def _keys(folder: Path) -> set[str]:
    engine = open_engine(f"sqlite:///{folder / 'county.sqlite'}")
    with Session(engine) as db:
        found = set(db.execute(select(m.Person.key)).scalars())
    engine.dispose()
    return found


def test_the_key_of_an_older_version_is_taken_over(tmp_path: Path) -> None:
    old = secrets.token_bytes(32)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "person.key").write_bytes(old)
    engine = sealed_small.loaded(tmp_path)
    assert blind(sealed_small.NUMBER, old) in _keys(tmp_path / "data")
    assert not (tmp_path / "data" / "person.key").exists()
    assert ring_of(engine).blind() == old
    # A second load tells the same people by the same keys.
    register = tmp_path / "raw" / "register.csv"
    register.write_text(register.read_text("utf-8") + "\n", encoding="utf-8")
    ingest.load(tmp_path / "raw" / "county.toml", engine, tmp_path / "data")
    assert blind(sealed_small.NUMBER, old) in _keys(tmp_path / "data")


def test_a_damaged_old_key_is_refused_and_kept(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "person.key").write_bytes(b"short")
    with pytest.raises(DataFileError, match="has 5 bytes; expected 32"):
        sealed_small.loaded(tmp_path)
    assert (tmp_path / "data" / "person.key").read_bytes() == b"short"
