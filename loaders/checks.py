"""
Checks a table in standard columns: good rows typed, bad rows worded as findings.

Rules run on the different values of a column, before typing. A schema library (pandera) judges
typed rows only, knows no spellings and suggestions, and takes as long for them as all of this; the
tests hold the good rows against such a schema.
"""

from __future__ import annotations

import pandas as pd

from loaders import check_rows
from loaders.check_columns import CHECK_OF_TYPE
from loaders.check_run import Run
from loaders.manifest import Dataset, Manifest
from loaders.table import Finding, ReadContext


def check_table(
    table: pd.DataFrame, *, entry: Dataset, manifest: Manifest, context: ReadContext
) -> tuple[pd.DataFrame, list[Finding]]:
    """
    Check a table and type its columns.

    Parameters
    ----------
    table
        Standard columns of ``loaders.catalog`` for the kind as text, numbers or dates, missing as
        None or NaN, and ``row`` (1-based row of the source; the position if missing). Geometry and
        unknown columns pass through.
    entry, manifest
        The data set and its county. ``entry.values``, ``constant``, ``units`` and ``date`` are
        applied here to whatever they fit.
    context
        The county's box, the known region codes and names, and today.

    Returns
    -------
    table
        The good rows, index from 0. Codes, text and choices as ``str`` (missing: None); counts
        ``int64`` (``Int64`` where one is missing); amounts and degrees ``float64``; dates and times
        ``datetime64[us]``. A bad value in a column that the row can do without (the capacity of a
        school) is emptied with a warning; other bad values cost the row.
    findings
        In row order, those of the whole file first. Nothing is capped.

    Raises
    ------
    DataFileError
        If a required column is missing.
    """
    run = Run(table, entry, manifest, context)
    for column in run.columns:
        CHECK_OF_TYPE[column.type](run, column)
    if entry.kind == "persons":
        check_rows.check_person(run)
    check_rows.check_places(run)
    check_rows.check_order(run)
    if entry.kind == "regions":
        check_rows.check_parents(run)
    if entry.kind == "population":
        check_rows.check_totals(run)
    check_rows.check_duplicates(run)
    check_rows.check_age_of_data(run)
    return run.good_rows(), run.findings()
