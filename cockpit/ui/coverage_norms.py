"""The visitor's own standards: kept for the visit, and short enough to stand in the address."""

from __future__ import annotations

from typing import Any

from cockpit.ui import coverage_cache, state
from cockpit.ui.coverage_cache import Changes
from geodata.errors import CockpitError, InputError

FIELDS = {"l": "limit", "o": "or_minutes", "g": "goal", "w": "watch", "s": "source"}
"""What may be changed, by the letter that stands before it in the address."""
_KEYS = {name: letter for letter, name in FIELDS.items()}
_BETWEEN = "~"
LONGEST = 1500
"""Characters of all changes in the address: the rest of it needs room as well."""
_NAME, _ADDRESS = "coverage.norms", "norm"
_NOTHING: list[str] = []


def arrive() -> None:
    """Take the changes that the address tells, and write there what holds now."""
    state.read(_NAME, _NOTHING, check=_fits, address=_ADDRESS)
    kept = state.chosen(_NAME, _NOTHING)
    if not _hold_together(kept):  # each may make sense, and all of them be too many
        state.choose(_NAME, _NOTHING)
        state.read(_NAME, _NOTHING, check=_fits, address=_ADDRESS)


def changes() -> Changes:
    """Return the visitor's own standards."""
    return tuple(read(text) for text in state.chosen(_NAME, _NOTHING))


def take(wanted: Changes) -> None:
    """
    Keep these changes and no others.

    Raises
    ------
    InputError
        For figures that make no sense, and for more than an address can hold.
    """
    coverage_cache.standards(wanted)
    texts = [written(one) for one in wanted]
    if not _short(texts):
        raise InputError(
            "These are more changes than a link can hold. Put them into county.toml, or shorten "
            "the sources."
        )
    state.choose(_NAME, texts)


def written(change: tuple[str, tuple[tuple[str, float | str], ...]]) -> str:
    """Return one standard's changes as a value of the address: ``clinic_15min~l20~g0.9``."""
    name, fields = change
    return _BETWEEN.join([name, *(f"{_KEYS[key]}{_told(value)}" for key, value in fields)])


def _told(value: float | str) -> str:
    return value.replace(_BETWEEN, "-") if isinstance(value, str) else f"{value:.6g}"


def read(text: str) -> tuple[str, tuple[tuple[str, float | str], ...]]:
    """
    Return what a value of the address changes.

    Raises
    ------
    ValueError
        When it is none of ours: an unknown or repeated letter, or no number where one belongs.
    """
    name, *parts = text.split(_BETWEEN)
    fields: dict[str, float | str] = {}
    for part in parts:
        key = FIELDS.get(part[:1])
        if key is None or key in fields:
            raise ValueError(text)
        fields[key] = part[1:] if key == "source" else float(part[1:])
    if not fields:
        raise ValueError(text)
    return name, tuple(sorted(fields.items()))


def frozen(wanted: dict[str, dict[str, Any]]) -> Changes:
    """Return changes as a key of the cache, without those that change nothing."""
    known = coverage_cache.standards(())
    return tuple(
        (key, tuple(sorted(kept.items())))
        for key, fields in sorted(wanted.items())
        if (kept := {f: v for f, v in _rounded(fields).items() if getattr(known[key], f) != v})
    )


def _rounded(fields: dict[str, Any]) -> dict[str, Any]:
    """Return figures as the address holds them, so that a shared link shows the same lights."""
    return {
        name: float(f"{value:.6g}")
        if isinstance(value, int | float) and not isinstance(value, bool)
        else value.strip().replace(_BETWEEN, "-")
        if isinstance(value, str)
        else value
        for name, value in fields.items()
    }


def _fits(text: object) -> bool:
    """Tell whether one value of the address changes a standard into one that makes sense."""
    try:
        coverage_cache.standards((read(str(text)),))
    except (ValueError, CockpitError):
        return False
    return len(str(text)) <= state.LONGEST_VALUE


def _hold_together(texts: list[str]) -> bool:
    names = [read(text)[0] for text in texts]
    return len(names) == len(set(names)) and _short(texts)


def _short(texts: list[str]) -> bool:
    return sum(map(len, texts)) <= LONGEST and all(len(t) <= state.LONGEST_VALUE for t in texts)
