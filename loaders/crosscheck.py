"""Two sources of the same fact, compared key by key: what differs, what only one of them has."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geodata.errors import InputError
from loaders.rules import mask_text

ConflictKind = Literal["value", "only_left", "only_right", "near"]
NEAR_BY = ("name", "birth")


@dataclass(frozen=True)
class Conflict:
    """One disagreement. ``field`` is empty where whole rows are meant."""

    kind: ConflictKind
    key: str  # of the left row where there is one
    field: str
    left: object
    right: object
    left_row: int | None
    right_row: int | None


@dataclass(frozen=True)
class CrossResult:
    """All disagreements: values in key order of the left source, then near, then one-sided ones."""

    conflicts: tuple[Conflict, ...]
    n_both: int  # keys that both sources have

    def of(self, kind: ConflictKind) -> tuple[Conflict, ...]:
        """Return the conflicts of one kind."""
        return tuple(one for one in self.conflicts if one.kind == kind)


def compare(
    left: pd.DataFrame,
    right: pd.DataFrame,
    *,
    key: str,
    fields: Sequence[str],
    near_by: Sequence[str] = NEAR_BY,
    near_key: str | None = None,
) -> CrossResult:
    """
    Compare two registers.

    Parameters
    ----------
    left, right
        ``key``, the fields, and ``row`` (source row; position if missing). The first row of a key
        counts. A value that one side does not have is no conflict.
    key
        Column that says what a row is about.
    fields
        Columns to compare. Text is compared without outer blanks and full-width forms.
    near_by
        Columns that must agree for a one-sided row to be the near-duplicate of a row of the other
        side: their keys then differ in one character, in two neighbours that changed places, or in
        one of these and the check character at the end. Without these columns none is looked for.
    near_key
        Column that shows the key's characters where ``key`` itself is a hash; "masked" if there.

    Returns
    -------
    CrossResult
        A pair of near-duplicates is not listed as one-sided too.

    Raises
    ------
    InputError
        If a side misses the key or a field.
    """
    for side in (left, right):
        for column in (key, *fields):
            if column not in side:
                raise InputError(
                    "A source of the cross-check has no column {column}.", column=column
                )
    left, right = _side(left, key), _side(right, key)
    rows_left = pd.Index(left[key])
    place = pd.Index(right[key]).get_indexer(rows_left)
    both = np.flatnonzero(place >= 0)
    conflicts = _differing(left.iloc[both], right.iloc[place[both]], key, fields)

    only_left, only_right = left[place < 0], right[~right[key].isin(rows_left)]
    shown = near_key or ("masked" if "masked" in left and "masked" in right else key)
    pairs = _all_near((left, only_left), (right, only_right), near_by, shown)
    conflicts += [
        Conflict(
            "near", str(left[key][i]), "", _hidden(left[shown][i]), _hidden(right[shown][j]),
            int(left["row"][i]), int(right["row"][j]),
        )
        for i, j in pairs
    ]  # fmt: skip
    paired = [{i for i, _ in pairs}, {j for _, j in pairs}]
    conflicts += _one_sided(only_left, paired[0], key, "only_left")
    conflicts += _one_sided(only_right, paired[1], key, "only_right")
    return CrossResult(tuple(conflicts), len(both))


def _side(table: pd.DataFrame, key: str) -> pd.DataFrame:
    if "row" not in table:
        table = table.assign(row=np.arange(1, len(table) + 1))
    return table[table[key].notna()].drop_duplicates(key).reset_index(drop=True)


def _differing(
    left: pd.DataFrame, right: pd.DataFrame, key: str, fields: Sequence[str]
) -> list[Conflict]:
    found: list[tuple[int, Conflict]] = []
    for column in fields:
        ours, theirs = _comparable(left[column]), _comparable(right[column])
        other = pd.notna(ours) & pd.notna(theirs)
        other &= np.array(ours != theirs, dtype=bool)
        at = np.flatnonzero(other)
        found += zip(
            at.tolist(),
            map(
                Conflict,
                ["value"] * len(at),
                left[key].iloc[at].astype(str),
                [column] * len(at),
                left[column].iloc[at].tolist(),
                right[column].iloc[at].tolist(),
                left["row"].iloc[at].tolist(),
                right["row"].iloc[at].tolist(),
            ),
            strict=True,
        )
    return [conflict for _, conflict in sorted(found, key=lambda one: one[0])]


def _comparable(column: pd.Series[Any]) -> NDArray[np.object_]:
    """Return values of any type as text that is equal where they say the same; missing as None."""
    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        at, found = np.arange(len(column)), column.dt.strftime("%Y-%m-%d %H:%M:%S").to_numpy(object)
    else:
        at, found = pd.factorize(column.astype(object), use_na_sentinel=False)
    texts = np.array([_plain(value) for value in found], dtype=object)
    return texts[at] if len(texts) else np.empty(len(column), dtype=object)


def _plain(value: Any) -> str | None:
    if value is None or value is pd.NA or value is pd.NaT or value != value:  # noqa: PLR0124
        return None
    if isinstance(value, (float, np.floating)) and float(value).is_integer():
        value = int(value)
    text = unicodedata.normalize("NFKC", str(value)).strip()
    return text.removesuffix(" 00:00:00") or None


def _all_near(
    left: tuple[pd.DataFrame, pd.DataFrame],
    right: tuple[pd.DataFrame, pd.DataFrame],
    near_by: Sequence[str],
    shown: str,
) -> list[tuple[int, int]]:
    """
    Pair one-sided rows with each other, then the others with somebody who is in both sources.

    The second kind stands in one source under two keys. Takes each side as all and one-sided rows;
    returns row labels.
    """
    if not all(column in side for side in (left[0], right[0]) for column in (*near_by, shown)):
        return []
    pairs = _near(left[1], right[1], near_by, shown)
    for ours, theirs in ((left[0].drop(left[1].index), right[1]), (left[1], None)):
        done = [{i for i, _ in pairs}, {j for _, j in pairs}]
        others = right[0].drop(right[1].index) if theirs is None else theirs
        pairs += _near(
            ours[~ours.index.isin(done[0])], others[~others.index.isin(done[1])], near_by, shown
        )
    return sorted(pairs)


def _near(
    left: pd.DataFrame, right: pd.DataFrame, near_by: Sequence[str], shown: str
) -> list[tuple[int, int]]:
    """Pair rows that agree in ``near_by`` and nearly in their key, each at most once."""
    waiting: dict[tuple[str | None, ...], list[int]] = {}
    for j, who in zip(right.index, _who(right, near_by), strict=True):
        waiting.setdefault(who, []).append(j)
    pairs = []
    for i, who in zip(left.index, _who(left, near_by), strict=True):
        if None in who:
            continue
        for j in waiting.get(who, ()):
            if nearly_same(str(left[shown][i]), str(right[shown][j])):
                pairs.append((i, j))
                waiting[who].remove(j)
                break
    return pairs


def _who(side: pd.DataFrame, near_by: Sequence[str]) -> list[tuple[str | None, ...]]:
    return list(zip(*(_comparable(side[column]) for column in near_by), strict=True))


def nearly_same(one: str, other: str) -> bool:
    """
    Tell whether two keys look like one mistyped.

    >>> nearly_same("1234567", "1234667"), nearly_same("1234567", "1243567")
    (True, True)
    >>> nearly_same("1234567", "1334568"), nearly_same("1234567", "7654321")
    (True, False)
    """
    if len(one) != len(other):
        return False
    wrong = [at for at, (a, b) in enumerate(zip(one, other, strict=True)) if a != b]
    if len(wrong) <= 1:
        return True  # none: the characters that differ are masked
    last = len(one) - 1
    swapped = wrong[0] + 1 == wrong[1] and one[wrong[0]] == other[wrong[1]]
    swapped = swapped and one[wrong[1]] == other[wrong[0]]
    if len(wrong) == 2:
        return swapped or wrong[1] == last
    return len(wrong) == 3 and swapped and wrong[2] == last


def _hidden(value: Any) -> str:
    return mask_text(str(value), codes=True)


def _one_sided(
    side: pd.DataFrame, paired: set[int], key: str, kind: Literal["only_left", "only_right"]
) -> list[Conflict]:
    found = []
    for at, name, row in zip(side.index, side[key], side["row"], strict=True):
        if at not in paired:
            rows = (int(row), None) if kind == "only_left" else (None, int(row))
            found.append(Conflict(kind, str(name), "", None, None, *rows))
    return found
