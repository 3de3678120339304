"""Targets that a county sets for its figures: ``targets.toml`` in the data folder."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cockpit.answers.overview_parts import Gap
from cockpit.overview.lights import Target
from cockpit.settings import settings

NAME = "targets.toml"
LONGEST_SOURCE = 120
MOST_BYTES = 256 * 1024
MOST_TOLD = 10
"""Sentences about one file; how many more there would be is told in one."""
_LONGEST_FOUND = 80
_FIELDS = ("value", "better", "watch", "source")
_BETTER = ("higher", "lower")
_COUNTY = "This county's"
_WRONG = "Targets: {file}, {entry}: found {found}; expected {expected}. It is left out."
_DEEP = "Targets: {file} cannot be read: its lists lie too deep in each other. No target is taken."
_LARGE = "Targets: {file} cannot be read: it is larger than {size} KiB. No target is taken."
_DIGITS = "Targets: {file} cannot be read: a number in it is too long. No target is taken."
_MORE = "Targets: {n} more entries of {file} cannot be used and are left out."


@dataclass(frozen=True)
class Targets:
    """What the file says, and what of it cannot be used."""

    by_id: Mapping[str, Target]
    gaps: tuple[Gap, ...] = ()


def path() -> Path:
    """Return where the file is looked for: COCKPIT_TARGETS, else in the data folder."""
    return settings().targets or settings().data_folder / NAME


def stamp() -> tuple[str, int, int]:
    """Return what changes when the file does; zeros when there is none."""
    file = path()
    try:
        found = file.stat()
    except OSError:
        return str(file), 0, 0
    return str(file), found.st_mtime_ns, found.st_size


def read(known: tuple[str, ...]) -> Targets:
    """
    Return the county's targets; none without a file.

    What is wrong is left out, and told in one sentence that names file, entry, what was found and
    what was expected; everything else of the file counts. After ``MOST_TOLD`` sentences one says
    how many more there would be. A file larger than ``MOST_BYTES`` is not read.

    Parameters
    ----------
    known
        Ids of the figures that may have a target.
    """
    file = path()
    try:
        with file.open("rb") as source:
            body = source.read(MOST_BYTES + 1)
        if len(body) > MOST_BYTES:
            return Targets({}, ((_LARGE, {"file": file.name, "size": MOST_BYTES // 1024}),))
        told = tomllib.loads(body.decode("utf-8"))
        by_id, gaps = _entries(file, told, known)
    except FileNotFoundError:
        return Targets({})
    except RecursionError:  # in tomllib, or in writing out what was found
        return Targets({}, ((_DEEP, {"file": file.name}),))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        return Targets({}, (_wrong(file, "-", str(error), "a TOML file"),))
    except ValueError:  # Python converts no text of more than 4,300 digits to a number
        return Targets({}, ((_DIGITS, {"file": file.name}),))
    if len(gaps) > MOST_TOLD:
        left = len(gaps) - MOST_TOLD
        gaps = [*gaps[:MOST_TOLD], (_MORE, {"file": file.name, "n": left})]
    return Targets(by_id, tuple(gaps))


def _entries(
    file: Path, told: Mapping[str, Any], known: tuple[str, ...]
) -> tuple[dict[str, Target], list[Gap]]:
    """Return the targets of a file, and a sentence for each entry that is none."""
    table = told.get("targets")
    others = sorted(set(told) - {"targets"})
    gaps = [_wrong(file, others[0], others[0], "[targets.<id>]")] if others else []
    if table is None:
        return {}, gaps
    if not isinstance(table, dict):
        return {}, [*gaps, _wrong(file, "targets", table, "[targets.<id>]")]
    by_id: dict[str, Target] = {}
    for name, entry in table.items():
        try:
            by_id[name] = _target(name, entry, known)
        except _EntryError as error:
            gaps.append(_wrong(file, error.entry, error.found, error.expected))
    return by_id, gaps


class _EntryError(Exception):
    def __init__(self, entry: str, found: object, expected: str) -> None:
        super().__init__(entry)
        self.entry, self.found, self.expected = entry, found, expected


def _target(name: str, entry: Any, known: tuple[str, ...]) -> Target:
    where = f"[targets.{name}]"
    if name not in known:
        raise _EntryError(where, name, ", ".join(known))
    if not isinstance(entry, dict):
        raise _EntryError(where, entry, ", ".join(_FIELDS))
    for key in entry:
        if key not in _FIELDS:
            raise _EntryError(where, key, ", ".join(_FIELDS))
    value = _number(where, "value", entry.get("value"))
    better = entry.get("better")
    if better not in _BETTER:
        raise _EntryError(f"{where} better", better, " / ".join(_BETTER))
    higher = better == "higher"
    watch = None if "watch" not in entry else _number(where, "watch", entry["watch"])
    if watch is not None and (watch > value if higher else watch < value):
        raise _EntryError(f"{where} watch", f"{watch:g}", f"{'<=' if higher else '>='} {value:g}")
    source = entry.get("source", _COUNTY)
    if not isinstance(source, str) or not 0 < len(source.strip()) <= LONGEST_SOURCE:
        raise _EntryError(f"{where} source", source, f"1-{LONGEST_SOURCE}")
    return Target(value, higher, watch, source.strip())


def _number(where: str, key: str, value: object) -> float:
    wrong = _EntryError(f"{where} {key}", value, "0, 1.5, 90 …")
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise wrong
    try:
        number = float(value)
    except OverflowError:  # a whole number of hundreds of digits
        raise wrong from None
    if not math.isfinite(number):
        raise wrong
    return number


def _wrong(file: Path, entry: str, found: object, expected: str) -> Gap:
    told = str(found) if found is not None else "-"
    return _WRONG, {
        "file": file.name, "entry": _short(entry), "found": _short(told), "expected": expected,
    }  # fmt: skip


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST_FOUND else f"{text[: _LONGEST_FOUND - 1]}…"
