"""Routes of the page Appeals: its layer, and its tables as files."""

from __future__ import annotations

from urllib.parse import quote

from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from cockpit.access.classes import TITLES, may_see
from cockpit.answers import appeals_layers as layers
from cockpit.answers import appeals_tables as tables
from cockpit.answers.appeals import LEAST_CLASS, Appeals, current_appeals
from cockpit.answers.appeals_lists import PERIODS, Asked
from cockpit.answers.current import current_twin
from cockpit.answers.downloads import as_csv, as_xlsx
from cockpit.answers.layers import stamp
from cockpit.answers.twin import Twin
from cockpit.locale import Named, translate
from cockpit.store.session import engine
from cockpit.web.errors import NotFoundError, RefusedError, language_of
from cockpit.web.layers import _layer, _row
from cockpit.web.visitors import visitor_class

_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_MOST_CHANNELS = 50


async def regions(request: Request) -> Response:
    """Serve the regions of a level under a unit with their appeals and rates."""
    path = dict(request.path_params)

    def make(county: Twin, visitor: str) -> bytes:
        known = _known(visitor)
        if path["mark"] != layers.mark(known.version):
            raise NotFoundError("The data were loaded anew; open the page again.")
        if path["level"] not in layers.LEVELS:
            raise NotFoundError("There is no level {level}.", level=path["level"][:40])
        with Session(engine()) as db:
            return layers.appeals_layer(
                db, known, _asked(known, county, path), path["level"], visitor
            )

    return await _layer(request, ("appeals", *(path[name] for name in _NAMES)), make)


async def table(request: Request) -> Response:
    """Serve a table of a question, as CSV or workbook; no table has a text in it."""
    path = dict(request.path_params)
    if path["table"] not in tables.TABLES or path["ending"] not in _TYPES:
        raise NotFoundError("There is no such table.")
    visitor, language = visitor_class(request), language_of(request)
    body, name = await run_in_threadpool(_table, path, visitor, language)
    headers = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}",
        "Cache-Control": "private, no-store",
    }
    return Response(body, media_type=_TYPES[path["ending"]], headers=headers)


def _table(path: dict[str, str], visitor: str, language: str) -> tuple[bytes, str]:
    county = current_twin()
    if county is None or path["version"] not in (county.version, stamp(county.version)):
        raise NotFoundError("The data were loaded anew; open the page again.")
    known = _known(visitor)
    asked = _asked(known, county, path)
    made = tables.table_of(known, asked, path["table"], visitor=visitor, language=language)
    title = translate(tables.FILE_TITLES[path["table"]], language)
    unit = str(county.regions["name"].iat[county.position(asked.unit)])
    body = as_csv(made) if path["ending"] == "csv" else as_xlsx(made, title)
    return body, f"{unit}-{title}.{path['ending']}"


# ------------------------------------------------------------ what an address may say


def _known(visitor: str) -> Appeals:
    if not may_see(visitor, LEAST_CLASS):
        raise RefusedError(
            "Appeals are of class {data_class}; you may see {visitor}.",
            data_class=Named.of(LEAST_CLASS, TITLES[LEAST_CLASS]),
            visitor=Named.of(visitor, TITLES[visitor]),
        )
    known = current_appeals(visitor)
    if known is None:
        raise NotFoundError("The data were loaded anew; open the page again.")
    return known


def _asked(known: Appeals, county: Twin, path: dict[str, str]) -> Asked:
    row = _row(county, path["parent"])
    days = _number(path["days"], "period")
    if days not in PERIODS:
        raise NotFoundError("There is no layer {layer}.", layer=path["days"][:40])
    topic = -1 if path["topic"] == "all" else _number(path["topic"], "topic")
    parts = [] if path["channels"] == "all" else path["channels"].split("-")
    channels = tuple(_number(part, "channel") for part in parts[:_MOST_CHANNELS])
    if topic >= len(known.topics) or any(c >= len(known.channels) for c in channels):
        raise NotFoundError("There is no layer {layer}.", layer="appeals")
    return Asked(str(county.regions["code"].iat[row]), days, channels, topic)


def _number(text: str, name: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 4):
        raise NotFoundError("There is no layer {layer}.", layer=f"{name} {text[:40]}")
    return int(text)


_NAMES = ("mark", "level", "days", "channels", "topic", "parent")
_ASKED = "{days}/{channels}/{topic}/{parent}"

ROUTES = (
    Route(f"/layers/{{version}}/appeals/{{mark}}/{{level}}/{_ASKED}.geojson", regions),
    Route(f"/download/{{version}}/appeals/{{table}}/{_ASKED}.{{ending}}", table),
)
