"""How an entry of the audit trail is written and sealed; needs no store."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from cockpit.access.audit_tree import leaf_hash

COLUMNS = ("seq", "at", "who", "account", "session_id", "roles", "act", "subject", "data_class")
"""Columns that repeat what the sealed text says."""


def canonical(content: Mapping[str, Any]) -> str:
    """Return the one way in which the trail writes JSON: sorted keys, no blanks, no NaN."""
    return json.dumps(
        content, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )


def hash_of(previous: str, payload: str) -> str:
    """Return the sha256 (hex) over the hash of the entry before, a line end and the payload."""
    return hashlib.sha256(f"{previous}\n{payload}".encode()).hexdigest()


def leaf_of(sealed: str) -> bytes:
    """Return the leaf of an entry in the Merkle tree: over the 32 bytes of its hash."""
    return leaf_hash(bytes.fromhex(sealed))
