"""Blind index: a keyed hash that tells equal values without telling the value."""

from __future__ import annotations

import hashlib
import hmac

BLIND_BYTES = 32
"""Bytes of the key: as many as the hash has."""


def blind(value: str, secret: bytes) -> str:
    """
    Return the keyed hash (HMAC-SHA-256, 64 hex digits) that stands for a value.

    Identity numbers have few possible values, so a hash without a key could be tried out. Small and
    capital letters are the same: the check digit of an identity number is written x or X.
    """
    return hmac.new(secret, value.upper().encode(), hashlib.sha256).hexdigest()
