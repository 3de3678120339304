"""The table behind a map as a file: CSV for everything, XLSX for offices."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cockpit.access import watermark
from cockpit.access.classes import may_see
from cockpit.answers.layers import MASKED, shown_values
from cockpit.answers.twin import Twin
from cockpit.indicators import Indicator
from cockpit.locale import translate

Cell = str | int | float | None

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def escaped(text: str) -> str:
    """Return text that no table program takes for a formula: a leading quote where it would."""
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text


def region_table(
    county: Twin, level: str, parent: int, *, visitor: str, small_count: int, language: str
) -> list[list[Cell]]:
    """
    Return a header and one row a region of ``level`` under a parent, with all visible indicators.

    What is not known is None. A sensitive count below ``small_count`` reads "not shown", and so
    does one from which such a count would follow: all alike, or the words would bound the count.
    """
    rows = county.below(parent, level)
    picked = county.regions.iloc[rows]
    columns: list[list[Cell]] = [
        [escaped(str(value)) for value in picked[name]] for name in ("code", "name", "name_en")
    ]
    header = [translate(title, language) for title in ("Code", "Name", "English name")]
    hidden = translate("not shown", language)
    for indicator in county.indicators():
        if not may_see(visitor, county.class_of(indicator)):
            continue
        title = translate(indicator.title, language)
        header.append(f"{title} ({translate(indicator.unit, language)})")
        columns.append(_column(county, indicator, rows, small_count, hidden))
    return [list(header), *(list(row) for row in zip(*columns, strict=True))]


def _column(
    county: Twin, indicator: Indicator, rows: NDArray[np.intp], small_count: int, hidden: str
) -> list[Cell]:
    values = county.values(indicator, rows).round(indicator.decimals)
    masked = np.zeros(len(rows), dtype=bool)
    for measure in indicator.measures:
        masked |= shown_values(county, measure, rows, small_count) == MASKED
    whole = indicator.decimals == 0
    return [
        hidden if hide else None if np.isnan(value) else int(value) if whole else float(value)
        for value, hide in zip(values, masked, strict=True)
    ]


def as_csv(table: Iterable[Iterable[Cell]]) -> bytes:
    """
    Return a table as CSV in UTF-8 with a byte-order mark, which Excel needs to read Chinese.

    Below an export's last row stands who exported it, in a line that begins with ``#``.
    """
    text = io.StringIO()
    csv.writer(text).writerows(table)
    return (text.getvalue() + foot()).encode("utf-8-sig")


def _mark(book: Any, page: Any) -> None:
    """Say who exported a workbook: in the foot of its printed pages, its comment, and a sheet."""
    mark = watermark.current()
    if mark is None:
        return
    page.set_footer(f"&L&8{mark.sentence.replace('&', '&&')[:200]}")
    book.set_properties({"comments": mark.sentence})
    about = book.add_worksheet(translate("Export", mark.language))
    about.write_string(0, 0, mark.sentence)


def foot() -> str:
    """Return the last line of an export, ended as CSV ends lines; "" where nobody exports."""
    mark = watermark.current()
    if mark is None:
        return ""
    line = io.StringIO()
    csv.writer(line).writerow([f"# {' '.join(mark.sentence.split())}"])
    return line.getvalue()


def as_xlsx(table: Iterable[Iterable[Cell]], sheet: str) -> bytes:
    """Return a table as a workbook of one sheet; codes stay text, figures numbers."""
    import xlsxwriter

    file = io.BytesIO()
    # No links and no formulas: whatever stands in a name stays a name.
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(file, options) as book:
        # Excel allows 31 characters and none of []:*?/\ in a sheet's name.
        name = "".join(c for c in sheet if c not in "[]:*?/\\'")[:31]
        page = book.add_worksheet(name or "1")
        bold = book.add_format({"bold": True})
        for number, row in enumerate(table):
            page.write_row(number, 0, row, bold if number == 0 else None)
        page.freeze_panes(1, 2)
        page.set_column(0, 0, 18)
        page.set_column(1, 2, 16)
        _mark(book, page)
    return file.getvalue()
