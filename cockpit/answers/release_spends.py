"""What was spent, written down beside the store too: an old backup does not give it back."""

from __future__ import annotations

import json
import logging
from fractions import Fraction
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from cockpit.access.audit_chain import canonical
from cockpit.access.audit_keys import append_line, locked
from cockpit.access.second_place import claim, second_place
from cockpit.store.models_release import MILLION
from cockpit.store.session import StoreError

log = logging.getLogger("cockpit")

SPENDS = "privacy-spends.jsonl"
"""File of the second place: one line for each spending."""


def note(db: Session, line: dict[str, Any], known: list[dict[str, Any]]) -> None:
    """
    Write a spending down beside the store, and those that the store has and the file has not.

    To be called before the spending is committed: without the line nothing is spent. What is rolled
    back afterwards stays spent here; nobody saw its figures, but a year rather loses a little than
    gains.

    Raises
    ------
    StoreError
        If it cannot be written.
    """
    try:
        folder = claim(db.get_bind().engine, name=False)
        if folder is None:
            return
        with locked(folder):
            there = {canonical(one) for one in _lines(folder)}
            fresh = [text for text in map(canonical, [*known, line]) if text not in there]
            append_line(folder / SPENDS, "".join(text + "\n" for text in fresh))
    except OSError as error:
        raise StoreError(
            "The privacy budget's second place cannot be written ({reason}), so nothing was drawn.",
            reason=error.strerror or type(error).__name__,
        ) from error


def forgotten(db: Session, county: str, known: list[dict[str, Any]]) -> dict[int, Fraction]:
    """Return the epsilon of each year that only the second place knows of."""
    folder = _folder(db)
    there = _lines(folder) if folder is not None else []
    told, sums = {canonical(one) for one in known}, dict[int, Fraction]()
    for one in there:
        text = canonical(one)
        if one["county"] == county and text not in told:
            told.add(text)
            year = int(one["year"])
            sums[year] = sums.get(year, Fraction(0)) + Fraction(int(one["millionths"]), MILLION)
    return sums


def _folder(db: Session) -> Path | None:
    return second_place(db.get_bind().engine)


def _lines(folder: Path) -> list[dict[str, Any]]:
    """Return the lines that can be read; one that was torn by a crash was never committed."""
    path = folder / SPENDS
    found: list[dict[str, Any]] = []
    if not path.exists():
        return found
    for text in path.read_text("utf-8", "replace").splitlines():
        try:
            one = json.loads(text)
            if int(one["millionths"]) > 0 and int(one["year"]) and str(one["county"]):
                found.append(one)
        except (ValueError, KeyError, TypeError, RecursionError):
            if text:
                log.warning("a line of %s cannot be read", SPENDS)
    return found
