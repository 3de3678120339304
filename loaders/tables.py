"""Tables as they stand in CSV, workbooks, Parquet and databases: text, headers, row numbers."""

from __future__ import annotations

import csv
import datetime as dt
import io
import os
import sqlite3
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
import pyarrow.parquet as pq
import python_calamine as calamine
import sqlalchemy as sa
from numpy.typing import NDArray

from geodata.errors import DataFileError
from loaders.encodings import decode
from loaders.files import MEGABYTE, Limits

HEADER_ROWS = 10  # a title, a unit line and two header lines stand above real tables; rarely more
LINES_IN_CELL = 50  # a longer text in one cell is a quotation mark that was never closed

HeaderScore = Callable[[Sequence[str]], int]
"""Tells how many cells of a row are known headers."""


@dataclass(frozen=True)
class RowFault:
    """A row of the source that could not even be split into cells."""

    row: int
    text: str
    found: int  # cells
    expected: int


@dataclass(frozen=True)
class RawTable:
    """A table as it stands in the source: cells as text, or numbers where it has numbers."""

    table: pd.DataFrame  # columns are numbered 0, 1, ...; empty cells are missing
    headers: tuple[str, ...]  # of these columns, as they stand in the source
    rows: NDArray[np.int64]  # data row in the source, 1 = first row below the header
    encoding: str = ""
    faults: tuple[RowFault, ...] = ()
    sha256: str = ""  # of databases; files have their own
    geometry: NDArray[np.object_] | None = None  # shapely geometries, row by row
    crs: str = ""  # that the source declares for its geometry
    notes: tuple[str, ...] = field(default=())  # what was mended when reading, in words

    @property
    def n_rows(self) -> int:
        """Rows in the source, unreadable ones included."""
        return len(self.rows) + len(self.faults)


# ---------------------------------------------------------------- CSV


def read_csv(
    path: Path, file: str, *, encoding: str, score: HeaderScore, limits: Limits
) -> RawTable:
    """
    Read a CSV or TSV file of any encoding and delimiter; every cell stays text.

    Rows with too many or too few cells are listed as faults; empty rows are left out. Rows above
    the header (titles, units) are passed over.

    Raises
    ------
    DataFileError
        If characters cannot be read, a quotation mark is never closed, a line is longer or has
        more columns than the limits allow, or there is no row below the header.
    """
    data = path.read_bytes()
    _require_short_lines(data, file, limits)
    decoded = decode(data, file, declared=encoding)
    del data
    text = decoded.text
    delimiter = "\t" if path.suffix.lower() == ".tsv" else sniff_delimiter(text[:65536])
    header, start = _find_header(text, delimiter, score, file, limits)
    names = [str(n) for n in range(len(header))]
    body = text[start:].encode()
    if not body.strip():
        raise DataFileError("{file}: no data rows.", file=file)
    table, rows, faults = _parse(body, names, delimiter, file, limits)
    return _finish_csv(table, rows, header, decoded.encoding, faults, file)


def _require_short_lines(data: bytes, file: str, limits: Limits) -> None:
    """Refuse lines that no table has, before anything tries to hold one as cells."""
    position = 0
    while position < len(data):
        end = data.rfind(b"\n", position, position + limits.line_bytes)
        if end < 0:
            if len(data) - position <= limits.line_bytes:
                return
            end = data.rfind(b"\r", position, position + limits.line_bytes)
        if end < 0:
            raise DataFileError(
                "{file}: a line is longer than {limit} MB.",
                file=file,
                limit=limits.line_bytes // MEGABYTE,
            )
        position = end + 1


def sniff_delimiter(text: str) -> str:
    """Return the delimiter that stands most often, outside quotes, in the first filled lines."""
    lines = [line for line in text.splitlines()[:HEADER_ROWS] if line.strip()]
    bare = "\n".join("".join(line.split('"')[::2]) for line in lines)
    counts = {mark: bare.count(mark) for mark in (",", "\t", ";", "|")}
    best = max(counts, key=lambda mark: counts[mark])
    return best if counts[best] else ","


def _find_header(
    text: str, delimiter: str, score: HeaderScore, file: str, limits: Limits
) -> tuple[list[str], int]:
    """Return the header's cells and where the text below it starts."""
    stream = io.StringIO(text[: 4 * MEGABYTE], newline="")
    first_line = text[: text.find("\n") if "\n" in text else len(text)]
    if first_line.count(delimiter) >= limits.columns:
        raise DataFileError(
            "{file}: has {found} columns; at most {limit} are read.",
            file=file,
            found=first_line.count(delimiter) + 1,
            limit=limits.columns,
        )
    candidates: list[tuple[list[str], int]] = []
    reader = csv.reader(iter(stream.readline, ""), delimiter=delimiter)
    try:
        for row in reader:
            if any(cell.strip() for cell in row):
                candidates.append((row, stream.tell()))
            if len(candidates) == HEADER_ROWS:
                break
    except csv.Error as error:  # a cell of more than 128 kB
        raise DataFileError(
            "{file}: a quotation mark is opened and never closed.", file=file
        ) from error
    if not candidates:
        raise DataFileError("{file}: no data rows.", file=file)
    best = _best_header([row for row, _ in candidates], score)
    header, start = candidates[best]
    while header and not header[-1].strip():
        header = header[:-1]
    return header, start


def _best_header(rows: Sequence[Sequence[str]], score: HeaderScore) -> int:
    """Return which row is the header: the first of those with the most known headers."""
    scores = [score(row) for row in rows]
    return scores.index(max(scores)) if max(scores) > 0 else 0


def _parse(
    body: bytes, names: list[str], delimiter: str, file: str, limits: Limits
) -> tuple[pa.Table, NDArray[np.int64], list[RowFault]]:
    bad: list[Any] = []

    def skip(row: Any) -> str:
        bad.append(row)
        return "skip"

    quoted = b'"' in body
    table = _arrow(body, names, delimiter, file, limits, skip, quoted=quoted, threads=True)
    if quoted:
        _require_closed_quotes(body, table, delimiter, file)
    if not bad:
        return table, np.arange(1, table.num_rows + 1), []
    bad.clear()  # once more on one thread: only then does the reader know row numbers
    table = _arrow(body, names, delimiter, file, limits, skip, quoted=quoted, threads=False)
    return _mend_rows(table, bad, delimiter)


def _arrow(
    body: bytes,
    names: list[str],
    delimiter: str,
    file: str,
    limits: Limits,
    skip: Callable[[Any], str],
    *,
    quoted: bool,
    threads: bool,
) -> pa.Table:
    try:
        return pacsv.read_csv(
            pa.BufferReader(body),
            read_options=pacsv.ReadOptions(
                column_names=names,
                use_threads=threads,
                block_size=min(max(limits.line_bytes, 1 << 20), 4 << 20),
            ),
            parse_options=pacsv.ParseOptions(
                delimiter=delimiter, newlines_in_values=quoted, invalid_row_handler=skip
            ),
            convert_options=pacsv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()),
                strings_can_be_null=True,
                quoted_strings_can_be_null=True,
                null_values=[""],
                check_utf8=False,  # we made these bytes from text
            ),
        )
    except pa.ArrowInvalid as error:
        # The reader's ways to say that a quoted cell runs on past everything it looked at.
        if "straddling" in str(error) or (quoted and "out of sync" in str(error)):
            raise DataFileError(
                "{file}: a quotation mark is opened and never closed.", file=file
            ) from error
        raise DataFileError("{file}: not a readable {type} file.", file=file, type="CSV") from error


def _require_closed_quotes(body: bytes, table: pa.Table, delimiter: str, file: str) -> None:
    """Find the quotation mark that swallows the rows after it."""
    for column in table.columns:
        lines = pc.max(pc.count_substring(column, "\n")).as_py() or 0
        if lines > LINES_IN_CELL:
            raise DataFileError("{file}: a quotation mark is opened and never closed.", file=file)
    if body.count(b'"') % 2 == 0:
        return
    stream = io.StringIO(body.decode(), newline="")
    try:
        for _ in csv.reader(stream, delimiter=delimiter, strict=True):
            pass
    except csv.Error as error:
        if "unexpected end" in str(error):
            raise DataFileError(
                "{file}: a quotation mark is opened and never closed.", file=file
            ) from error


def _mend_rows(
    table: pa.Table, bad: list[Any], delimiter: str
) -> tuple[pa.Table, NDArray[np.int64], list[RowFault]]:
    """Take rows whose surplus cells are empty as good ones, and number all rows."""
    faults, mended, numbers = [], [], []
    for row in bad:
        cells = next(csv.reader([row.text], delimiter=delimiter), [])
        if len(cells) > row.expected_columns and not any(
            cell.strip() for cell in cells[row.expected_columns :]
        ):
            mended.append([cell or None for cell in cells[: row.expected_columns]])
            numbers.append(row.number)
        else:
            faults.append(RowFault(row.number, row.text, row.actual_columns, row.expected_columns))
    taken = np.array([row.number for row in bad], dtype=np.int64)
    rows = np.setdiff1d(np.arange(1, table.num_rows + len(bad) + 1), taken)
    if mended:
        extra = pa.table(
            {
                name: pa.array([cells[i] for cells in mended], pa.string())
                for i, name in enumerate(table.column_names)
            }
        )
        rows = np.concatenate([rows, np.array(numbers, dtype=np.int64)])
        order = np.argsort(rows, kind="stable")
        table, rows = pa.concat_tables([table, extra]).take(order), rows[order]
    return table, rows, faults


def _finish_csv(
    table: pa.Table,
    rows: NDArray[np.int64],
    header: list[str],
    encoding: str,
    faults: list[RowFault],
    file: str,
) -> RawTable:
    columns = []
    for column in table.columns:
        trimmed = pc.utf8_trim_whitespace(column)
        columns.append(pc.if_else(pc.equal(trimmed, ""), None, trimmed))
    frame = pa.table(columns, names=table.column_names).to_pandas()
    frame.columns = pd.RangeIndex(len(header))
    return _without_empty(frame, rows, header, file, encoding=encoding, faults=tuple(faults))


def _without_empty(
    frame: pd.DataFrame,
    rows: NDArray[np.int64],
    header: Sequence[str],
    file: str,
    *,
    encoding: str = "",
    faults: tuple[RowFault, ...] = (),
) -> RawTable:
    """Leave out rows and unnamed columns without a value."""
    some = frame[0].notna().to_numpy(dtype=bool) if len(header) else np.zeros(len(frame), bool)
    if not some.all():
        some = frame.notna().any(axis=1).to_numpy(dtype=bool)
        frame, rows = frame[some].reset_index(drop=True), rows[some]
    if len(frame) == 0:
        raise DataFileError("{file}: no data rows.", file=file)
    named = [i for i, name in enumerate(header) if name.strip()]
    frame = frame[named].set_axis(pd.RangeIndex(len(named)), axis=1)
    headers = tuple(header[i].strip() for i in named)
    return RawTable(frame, headers, rows, encoding, faults)


# ---------------------------------------------------------------- workbooks


def read_workbook(
    path: Path, file: str, *, sheet: str, score: HeaderScore, limits: Limits
) -> RawTable:
    """
    Read one sheet of an XLSX, XLS or ODS workbook; whole numbers lose their ".0", dates are ISO.

    Without a name the first sheet with cells is taken. Formulas give their stored results.

    Raises
    ------
    DataFileError
        If it is no workbook, has no such sheet, is empty, or unpacks to more than the limits.
    """
    if path.read_bytes()[:2] == b"PK":
        require_modest_zip(path, file, limits)
    try:
        with calamine.CalamineWorkbook.from_path(str(path)) as book:
            cells = _sheet(book, sheet, file)
    except (calamine.CalamineError, OSError, ValueError) as error:
        raise DataFileError(
            "{file}: not a readable {type} file.", file=file, type="workbook"
        ) from error
    filled = [(n, row) for n, row in enumerate(cells) if any(c not in ("", None) for c in row)]
    if not filled:
        raise DataFileError("{file}: no data rows.", file=file)
    if len(filled) * max(len(row) for _, row in filled) > limits.cells:
        raise DataFileError("{file}: has more than {limit} cells.", file=file, limit=limits.cells)
    texts = [(n, [as_text(cell) for cell in row]) for n, row in filled]
    best = _best_header([[c or "" for c in row] for _, row in texts[:HEADER_ROWS]], score)
    top, header = texts[best][0], [c or "" for c in texts[best][1]]
    body = texts[best + 1 :]
    frame = pd.DataFrame([row for _, row in body], columns=range(len(header)), dtype="str")
    rows = np.array([n - top for n, _ in body], dtype=np.int64)
    return _without_empty(frame, rows, header, file)


def _sheet(book: Any, sheet: str, file: str) -> list[list[Any]]:
    names = list(book.sheet_names)
    if sheet:
        if sheet not in names:
            raise DataFileError(
                "{file}: no sheet {sheet}. Found: {found}.",
                file=file,
                sheet=sheet,
                found=", ".join(names),
            )
        return list(book.get_sheet_by_name(sheet).to_python())
    for name in names:
        cells = book.get_sheet_by_name(name).to_python()
        if cells:
            return list(cells)
    return []


def require_modest_zip(path: Path, file: str, limits: Limits) -> None:
    """Refuse a workbook that unpacks to more than the limits, whatever its entries say."""
    allowed = min(limits.unpacked_bytes, max(limits.ratio * path.stat().st_size, 10 * MEGABYTE))
    total = 0
    try:
        with zipfile.ZipFile(path) as archive:
            if len(archive.infolist()) > limits.entries:
                raise DataFileError(
                    "{file}: holds {found} files; at most {limit} are read.",
                    file=file,
                    found=len(archive.infolist()),
                    limit=limits.entries,
                )
            for info in archive.infolist():
                with archive.open(info) as stream:
                    while chunk := stream.read(MEGABYTE):
                        total += len(chunk)
                        if total > allowed:
                            raise DataFileError(
                                "{file}: unpacks to more than {limit} MB; more is not read.",
                                file=file,
                                limit=allowed // MEGABYTE,
                            )
    except (zipfile.BadZipFile, NotImplementedError, EOFError, RuntimeError, OSError) as error:
        raise DataFileError(
            "{file}: not a readable {type} file.", file=file, type="workbook"
        ) from error


def as_text(value: object) -> str | None:
    """Return a cell as text: 3.0 as "3", dates as ISO, empty as None."""
    if value is None or value is pd.NaT:
        return None
    if isinstance(value, bool | np.bool_):
        return "true" if value else "false"
    if isinstance(value, float | np.floating):
        if np.isnan(value):
            return None
        number = float(value)
        return str(int(number)) if number.is_integer() and abs(number) < 1e18 else repr(number)
    if isinstance(value, dt.datetime):
        value = value.date() if value.time() == dt.time() else value.replace(microsecond=0)
    return str(value).strip() or None


# ---------------------------------------------------------------- Parquet and databases


def read_parquet(path: Path, file: str, *, limits: Limits) -> RawTable:
    """
    Read a Parquet file; numbers stay numbers, everything else becomes text.

    Raises
    ------
    DataFileError
        If it is not readable, empty, or larger than the limits.
    """
    try:
        source = pq.ParquetFile(path)
        require_modest_parquet(source, file, limits)
        frame = source.read().to_pandas()
    except (pa.ArrowException, OSError, ValueError) as error:
        raise DataFileError(
            "{file}: not a readable {type} file.", file=file, type="Parquet"
        ) from error
    return from_frame(frame.reset_index(drop=True), file)


def require_modest_parquet(source: Any, file: str, limits: Limits) -> None:
    """Refuse a Parquet file that claims more cells or bytes than the limits, before reading it."""
    meta = source.metadata
    size = sum(meta.row_group(i).total_byte_size for i in range(meta.num_row_groups))
    if size > limits.unpacked_bytes or meta.num_rows * meta.num_columns > limits.cells:
        raise DataFileError("{file}: has more than {limit} cells.", file=file, limit=limits.cells)


def from_frame(frame: pd.DataFrame, file: str) -> RawTable:
    """Return a data frame as a raw table; columns that are no numbers become text."""
    if len(frame) == 0:
        raise DataFileError("{file}: no data rows.", file=file)
    headers = tuple(str(name).strip() for name in frame.columns)
    columns = {n: _plain_column(frame.iloc[:, n]) for n in range(len(headers))}
    rows = np.arange(1, len(frame) + 1, dtype=np.int64)
    return RawTable(pd.DataFrame(columns), headers, rows)


def _plain_column(column: pd.Series[Any]) -> pd.Series[Any]:
    if pd.api.types.is_bool_dtype(column):
        return column.map(as_text).astype("str")
    if pd.api.types.is_numeric_dtype(column):
        return (
            pd.Series(column.to_numpy(dtype="float64", na_value=np.nan))
            if (column.isna().any() and column.dtype.kind not in "iuf")
            else column.reset_index(drop=True)
        )
    if pd.api.types.is_string_dtype(column) and column.dtype == "str":
        stripped = column.str.strip()
        return stripped.where(stripped != "").reset_index(drop=True)
    return column.map(as_text, na_action="ignore").astype("str").reset_index(drop=True)


def read_database(address: str, table: str, *, folder: Path, limits: Limits) -> RawTable:
    """
    Read a whole table of any database that SQLAlchemy knows.

    ``$NAME`` in the address is filled from the environment, so that no password stands in the
    manifest. A relative SQLite file starts at the manifest's folder and is opened for reading
    only.

    Raises
    ------
    DataFileError
        If the address is wrong, the database cannot be reached, the table is not there, or it is
        empty or too large.
    """
    url, name = _url(address, folder)
    try:
        engine = sa.create_engine(url)
    except (sa.exc.SQLAlchemyError, ImportError) as error:
        raise DataFileError("{file}: the database cannot be opened.", file=name) from error
    try:
        with engine.connect() as connection:
            return _read_sql(connection, table, name, limits)
    except (sa.exc.SQLAlchemyError, OSError) as error:
        raise DataFileError("{file}: the database cannot be opened.", file=name) from error
    finally:
        engine.dispose()


def _url(address: str, folder: Path) -> tuple[sa.URL, str]:
    """Return the address to open and its name without password."""
    try:
        url = sa.make_url(os.path.expandvars(address))
    except (sa.exc.ArgumentError, ValueError) as error:
        raise DataFileError(
            "{file}: not a database address.", file=address.rsplit("@", maxsplit=1)[-1][:80]
        ) from error
    name = url.render_as_string(hide_password=True)
    if url.get_backend_name() == "sqlite" and url.database and url.database != ":memory:":
        path = folder / url.database
        name = path.name
        if not path.is_file():
            raise DataFileError("{file}: no such file.", file=name)
        url = url.set(database=f"file:{path}", query={"mode": "ro", "uri": "true"})
    return url, name


def _read_sql(connection: sa.Connection, table: str, name: str, limits: Limits) -> RawTable:
    inspector = sa.inspect(connection)
    tables = inspector.get_table_names()
    schema, _, short = table.rpartition(".")
    known = inspector.get_table_names(schema=schema) if schema else tables
    views = inspector.get_view_names(schema=schema or None)
    if not table and len(tables) == 1:
        short, known = tables[0], tables
    if short not in (*known, *views):
        raise DataFileError(
            "{file}: no table {table}. Found: {found}.",
            file=name,
            table=table or "-",
            found=", ".join(sorted((*known, *views))) or "-",
        )
    source = sa.Table(short, sa.MetaData(), schema=schema or None, autoload_with=connection)
    most = limits.cells // max(1, len(source.columns))
    frame = pd.read_sql(sa.select(source).limit(most + 1), connection)
    if len(frame) > most:
        raise DataFileError("{file}: has more than {limit} cells.", file=name, limit=limits.cells)
    raw = from_frame(frame, name)
    digest = sha256(frame.to_csv(index=False).encode()).hexdigest()
    return RawTable(raw.table, raw.headers, raw.rows, sha256=digest)


def read_sqlite(path: Path, file: str, *, table: str, limits: Limits) -> RawTable:
    """Read one table of an SQLite file; a view is refused, its query may never end."""
    try:
        with sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True) as db:
            kinds = dict(db.execute("SELECT name, type FROM sqlite_master"))
    except sqlite3.Error as error:
        raise DataFileError(
            "{file}: not a readable {type} file.", file=file, type="SQLite"
        ) from error
    views = [name for name, kind in kinds.items() if kind == "view"]
    if views:
        raise DataFileError(
            "{file}: holds the database view {view}; only tables are read.",
            file=file,
            view=views[0],
        )
    return read_database(f"sqlite:///{path}", table, folder=Path(), limits=limits)
