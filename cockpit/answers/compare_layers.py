"""A comparison as a map layer and as a table: A, B and their difference, region by region."""

from __future__ import annotations

import math
from urllib.parse import quote

import numpy as np
from sqlalchemy.orm import Session

from cockpit.answers.compare import Asked, Compared
from cockpit.answers.downloads import Cell, escaped
from cockpit.answers.layers import along_a_curve, collection, layer_url, region_shapes, simplified
from cockpit.answers.layers import stamp as stamped
from cockpit.locale import translate


def parts_of(asked: Asked) -> tuple[str, ...]:
    """Return a question as parts of an address."""
    return (asked.kind, asked.what, asked.a, asked.b, str(asked.days), asked.level, asked.how)


def compare_url(version: str, mark: str, asked: Asked) -> str:
    """Return the address of the layer with both sides and their difference."""
    return layer_url(version, "compare", mark, *parts_of(asked))


def file_url(version: str, asked: Asked) -> str:
    """Return the address of the table as a file."""
    parts = "/".join(quote(part, safe="") for part in parts_of(asked))
    return f"/download/{stamped(version)}/compare/{parts}.csv"


def compared_layer(db: Session, found: Compared) -> bytes:
    """
    Return the regions as GeoJSON with ``a``, ``b`` and ``d``: B - A, or its share of A in percent.

    null where there is no value to show. ``m`` tells what is masked: 1 A, 2 B, 3 both.
    """
    twin = found.twin
    shapes = simplified(region_shapes(db, twin, found.rows, twin.path(0)))
    order = along_a_curve(shapes)
    picked = twin.regions.iloc[found.rows[order]]
    gap = found.difference
    properties = [
        {
            "id": code,
            "n": name,
            "e": name_en or name,
            "a": _plain(found.a.values[k], found.decimals),
            "b": _plain(found.b.values[k], found.decimals),
            "d": None if gap is None else _plain(gap[k], found.difference_decimals),
            "m": int(found.a.masked[k]) + 2 * int(found.b.masked[k]),
        }
        for k, code, name, name_en in zip(
            order.tolist(), picked["code"], picked["name"], picked["name_en"], strict=True
        )
    ]
    return collection(shapes[order], properties)


def _plain(value: float, decimals: int) -> float | int | None:
    """Return a number as short as it is: whole ones without a point, None for NaN."""
    if not math.isfinite(value):
        return None
    return round(value) if decimals == 0 else round(float(value), decimals)


def order_of(found: Compared) -> list[int]:
    """Return the places of the regions: the largest difference first, those without one last."""
    gap = found.difference if found.difference is not None else found.b.values
    size = np.where(np.isnan(gap), -1.0, np.abs(gap))
    return [int(k) for k in np.argsort(-size, kind="stable")]


def cells_of(found: Compared, k: int, hidden: str) -> tuple[Cell, Cell, Cell]:
    """Return A, B and difference of a region; ``hidden`` stands for masked ones."""

    def side(value: float, *, masked: bool) -> Cell:
        return hidden if masked else _plain(value, found.decimals)

    a_masked, b_masked = bool(found.a.masked[k]), bool(found.b.masked[k])
    gap: Cell = None
    if a_masked or b_masked:
        gap = hidden
    elif found.difference is not None:
        gap = _plain(float(found.difference[k]), found.difference_decimals)
    return (
        side(float(found.a.values[k]), masked=a_masked),
        side(float(found.b.values[k]), masked=b_masked),
        gap,
    )


def table(found: Compared, titles: tuple[str, str], language: str) -> list[list[Cell]]:
    """Return a header and one row a region, in the order of the county; no data is empty."""

    def say(template: str, **values: object) -> str:
        return translate(template, language, **values)

    hidden = say("not shown")
    unit, gap_unit = say(found.unit), say(found.difference_unit)
    made: list[list[Cell]] = [
        [say("Code"), say("Name"), say("English name"), f"A: {titles[0]} ({unit})",
         f"B: {titles[1]} ({unit})", f"{say('Difference')} B - A ({gap_unit})"]
    ]  # fmt: skip
    picked = found.twin.regions.iloc[found.rows]
    for k, (code, name, name_en) in enumerate(
        zip(picked["code"], picked["name"], picked["name_en"], strict=True)
    ):
        named = [escaped(str(text)) for text in (code, name, name_en or "")]
        made.append([*named, *cells_of(found, k, hidden)])
    return made
