"""Tables as files: figures, classes, and cells that no program takes for a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable

import openpyxl
import pytest
from starlette.applications import Starlette

from cockpit.answers.downloads import as_csv, as_xlsx, escaped
from cockpit.indicators import INDICATORS
from cockpit.locale import translate
from tests.web.asgi import Reply, ask

TABLE = "/download/tiny1/village/529901.csv?lang=en"


def rows_of(reply: Reply) -> list[dict[str, str]]:
    assert reply.status == 200, reply.content
    return list(csv.DictReader(io.StringIO(reply.table)))


def test_csv_has_a_mark_and_the_figures(app: Starlette) -> None:
    reply = ask(app, TABLE)
    assert reply.content.startswith(b"\xef\xbb\xbf")
    rows = rows_of(reply)
    assert rows[0]["Code"] == "529901001001"
    assert rows[0]["Residents (persons)"] == "140"
    assert rows[0]["Residents per km² (persons per km²)"] == "35"
    assert reply.headers["cache-control"] == "private, no-store"
    assert "attachment" in reply.headers["content-disposition"]


def test_columns_above_the_class_are_left_out(
    app: Starlette, visitor: Callable[[str], None]
) -> None:
    column = f"{translate(INDICATORS['low_income'].title, 'en')} (persons)"
    assert column not in rows_of(ask(app, TABLE))[0]
    visitor("敏感")
    rows = rows_of(ask(app, TABLE.replace("village", "grid")))
    assert [row[column] for row in rows[8:12]] == [
        "not shown",
        "not shown",
        "10",
        "11",
    ]


def test_workbook_keeps_codes_as_text(app: Starlette) -> None:
    reply = ask(app, "/download/tiny1/village/529901.xlsx?lang=en")
    page = openpyxl.load_workbook(io.BytesIO(reply.content)).active
    assert page is not None
    assert page["A2"].value == "529901001001"
    assert page["D2"].value == 140
    assert page.title == "小青县"


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_cells_that_look_like_formulas_get_a_quote(start: str) -> None:
    assert escaped(f"{start}1+1") == f"'{start}1+1"
    assert escaped("东山") == "东山"


def test_no_cell_of_a_file_is_a_formula() -> None:
    table = [["name"], [escaped("=cmd|' /C calc'!A0")], [escaped("@SUM(1)")]]
    assert b"\n'=cmd" in as_csv(table)
    page = openpyxl.load_workbook(io.BytesIO(as_xlsx(table, "[a]:*?/\\'"))).active
    assert page is not None
    assert [cell.data_type for (cell,) in page["A1:A3"]] == ["s", "s", "s"]


@pytest.mark.parametrize(
    "target",
    [
        "/download/old/village/529901.csv",
        "/download/tiny1/street/529901.csv",
        "/download/tiny1/village/1.csv",
        "/download/tiny1/village/529901.exe",
        "/download/tiny1",
    ],
)
def test_unknown_tables_are_not_found(app: Starlette, target: str) -> None:
    reply = ask(app, target)
    assert reply.status == 404
    assert set(reply.json()) == {"error"}
