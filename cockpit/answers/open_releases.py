"""Published releases as open data: figures with their margins and the marks of hidden ones."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from cockpit.answers.open_columns import OpenColumn, column, key_of
from cockpit.answers.open_tables import OpenTable, typed
from cockpit.answers.release_store import Published, all_versions, published
from cockpit.locale import translate


def series_in_order() -> tuple[tuple[Published, ...], ...]:
    """Return every public series with all its versions, the newest first."""
    names = dict.fromkeys(one.series for one in published(retracted=True))
    return tuple(all_versions(series) for series in names)


def told_at(moment: dt.datetime) -> dt.datetime:
    """Return a time of the store (UTC without zone) with its zone."""
    return moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)


def column_names(classes: tuple[str, ...]) -> tuple[str, ...]:
    """
    Return a column name for each class id: letters, digits and underscores, a letter first.

    >>> column_names(("00-04", "85+", "women", "85_"))
    ('n_00_04', 'n_85_plus', 'women', 'n_85_')
    """
    names: list[str] = []
    for one in classes:
        name = re.sub(r"[^A-Za-z0-9_]", "_", one.replace("+", "_plus"))
        name = name if name[:1].isalpha() else f"n_{name}"
        while name in names or name in _FIRST_NAMES:
            name += "_2"
        names.append(name)
    return tuple(names)


_FIRST = (
    ("code", "text", "Code", "Statistical code of the region"),
    ("level", "text", "Region level", "county, township, village or grid"),
    ("parent", "text", "Parent code", "Code of the region it belongs to"),
    ("name", "text", "Name", "Official name"),
    ("name_en", "text", "English name", "Name in English, where it has one"),
    ("as_of", "date", "Date", "Day that the figures speak of"),
)
_FIRST_NAMES = frozenset(
    [
        *(words[0] for words in _FIRST),
        "geometry",
        "bbox",
        "datetime",
        "limit",
        "offset",
        "lang",
        "f",
    ]
)  # the others mean something in an address


def release_columns(release: Published) -> tuple[OpenColumn, ...]:
    """Return the columns of a release: figure, margin where there is noise, mark, by class."""
    told = [column(*words) for words in _FIRST]  # type: ignore[arg-type]
    names = column_names(release.classes)
    for name, title in zip(names, release.class_titles, strict=True):
        told += _of_class(name, title, release)
    return tuple(told)


def _of_class(name: str, title: str, release: Published) -> tuple[OpenColumn, ...]:
    zh, en = translate(title, "zh"), translate(title, "en")
    noisy = release.kind == "noisy"
    figure = (
        "With random noise that protects single persons (epsilon {epsilon} in all); see the margin"
        if noisy
        else "Exact; small figures and those that would give them away are hidden"
    )
    margin = "95 of 100 figures are no further from the truth than this; empty: no noise"
    hidden = "true: the figure is kept back to protect persons"

    def made(suffix: str, kind: Any, words: str, says: str, unit: str) -> OpenColumn:
        told = column(
            name + suffix, kind, words, says, unit, what="{what}", epsilon=f"{release.epsilon:g}"
        )
        return OpenColumn(
            told.name, told.type, told.title.replace("{what}", zh),
            told.title_en.replace("{what}", en), told.description, told.description_en,
            told.unit, told.unit_en,
        )  # fmt: skip

    margins = made("_margin", "integer", "{what}: margin (±)", margin, release.unit)
    return (
        made("", "integer", "{what}", figure, release.unit),
        *((margins,) if noisy else ()),
        made("_hidden", "boolean", "{what}: hidden", hidden, ""),
    )


def release_table(release: Published, shapes: Mapping[str, Any]) -> OpenTable:
    """
    Return a release's figures with the open boundaries of its regions (``shapes``, by code).

    A class that is NA at a level that is offered is hidden; margins are told by level. Without
    any shape the table has no place.

    Raises
    ------
    RetractedError
        If the release was retracted.
    """
    told = release.table()
    rows = [
        (
            line["code"], line["level"], line.get("parent", ""), line["name"], line["name_en"],
            release.as_of, *_figures(line, release),
        )
        for line in told.to_dict("records")
    ]  # fmt: skip
    placed = np.array([shapes.get(row[0]) for row in rows], dtype=object)
    where = placed if any(shape is not None for shape in placed) else None
    return typed(release_columns(release), rows, key_of("release"), where)


def _figures(line: Mapping[str, Any], release: Published) -> list[Any]:
    values: list[Any] = []
    for one in release.classes:
        count = line[one]
        hidden = not isinstance(count, int | np.integer)
        margin = None if hidden else release.margins.get((str(line["level"]), one))
        margins = [margin] if release.kind == "noisy" else []
        values += [None if hidden else int(count), *margins, hidden]
    return values
