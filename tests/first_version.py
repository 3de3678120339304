"""What loads do that the first version did not: without it they write into the first tables."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest
from sqlalchemy import Engine

from cockpit.store import catalogue, derived, geometry, ingest, loaded


def loading(patch: pytest.MonkeyPatch, to_the_first_tables: Callable[[Engine], None]) -> None:
    """Let loads neither seal nor keep a trail, and make the first tables only."""
    patch.setattr(ingest, "upgrade", to_the_first_tables)
    patch.setattr(ingest, "seal_frame", _plain)
    patch.setattr(ingest, "blind_key", lambda _connection, _folder: b"k" * 32)
    patch.setattr(derived, "seal_rows", lambda _connection, _table, rows: rows)
    for module in (catalogue, geometry):
        patch.setattr(module, "findings_sealed", lambda _connection, rows: rows)
    patch.setattr(loaded, "allowed", lambda _connection, manifest: manifest)
    patch.setattr(loaded, "write_down", _nothing)
    patch.setattr(loaded, "destroy_expired", _nothing)


def _plain(_connection: object, _table: object, frame: pd.DataFrame) -> pd.DataFrame:
    if "birth" not in frame:
        return frame
    return frame.assign(birth=pd.to_datetime(frame["birth"]).dt.strftime("%Y-%m-%d"))


def _nothing(*_arguments: Any) -> None:
    """Do nothing."""
