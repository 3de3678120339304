"""Routes of the page Closures: bridges, what is closed, what it costs, and the files."""

from __future__ import annotations

from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from cockpit.answers import closure_files as files
from cockpit.answers import closure_layers as answers
from cockpit.answers import closures
from cockpit.answers.closure_key import parsed
from cockpit.answers.closures import Answer, Question
from cockpit.answers.current import current_twin
from cockpit.answers.downloads import as_csv
from cockpit.answers.layers import stamp
from cockpit.answers.reach import Reach, current_reach
from cockpit.answers.twin import Twin
from cockpit.settings import settings
from cockpit.store.session import engine
from cockpit.web.errors import NotFoundError, language_of
from cockpit.web.layers import GEOJSON, _layer, _row
from cockpit.web.visitors import visitor_class

CSV = "text/csv; charset=utf-8"
FILES = {"villages.csv": CSV, "cells.csv": CSV, "cut-off.geojson": GEOJSON}


async def bridges(request: Request) -> Response:
    """Serve the bridges near the villages of a region."""
    parent = request.path_params["parent"]

    def make(county: Twin, visitor: str) -> bytes:
        return answers.bridge_layer(_reach(visitor), _row(county, parent))

    return await _layer(request, ("bridges", parent), make)


async def closed(request: Request) -> Response:
    """Serve the closed roads and the flooded areas of a key."""
    key = request.path_params["key"]

    def make(_county: Twin, visitor: str) -> bytes:
        reach = _reach(visitor)
        with Session(engine()) as db:
            meant = closures.closed_by(reach, db, parsed(answers.key_of(key)), visitor=visitor)
        return answers.closed_layer(reach, meant)

    return await _layer(request, ("closed", key), make)


async def lost(request: Request) -> Response:
    """Serve the cells under a region with the minutes they lose."""
    mode, service, key, parent = (
        request.path_params[name] for name in ("mode", "service", "key", "parent")
    )

    def make(county: Twin, visitor: str) -> bytes:
        reach = _reach(visitor)
        q = closures.question(
            reach, service, mode=mode, visitor=visitor, small_count=settings().small_count
        )
        row = _row(county, parent)
        with Session(engine()) as db:
            meant = closures.closed_by(reach, db, parsed(answers.key_of(key)), visitor=visitor)
            return answers.lost_layer(
                reach, db, q.service, q.mode, meant, row, visitor=visitor, small_count=q.small_count
            )

    return await _layer(request, ("lost", mode, service, key, parent), make)


async def file(request: Request) -> Response:
    """Serve a file, e.g. ``/download/<version>/closures/car/hospital/people/<key>/cells.csv``."""
    path = request.path_params
    if path["file"] not in FILES:
        raise NotFoundError("There is no such table.")
    visitor, language = visitor_class(request), language_of(request)
    body = await run_in_threadpool(_file, dict(path), visitor, language)
    return Response(
        body,
        media_type=FILES[path["file"]],
        headers={
            "Content-Disposition": f'attachment; filename="closures-{path["file"]}"',
            "Cache-Control": "private, no-store",
        },
    )


def _file(path: dict[str, str], visitor: str, language: str) -> bytes:
    county = current_twin()
    if county is None or path["version"] not in (county.version, stamp(county.version)):
        raise NotFoundError("The data were loaded anew; open the page again.")
    reach = _reach(visitor)
    q = closures.question(
        reach,
        path["service"],
        mode=path["mode"],
        group=path["group"],
        visitor=visitor,
        small_count=settings().small_count,
    )
    with Session(engine()) as db:
        answer = _answer(reach, db, q, path["key"])
        if path["file"] == "cut-off.geojson":
            return files.cut_off_cells(reach, db, answer)
    make = files.village_table if path["file"] == "villages.csv" else files.cell_table
    return as_csv(make(reach, answer, language))


def _answer(reach: Reach, db: Session, q: Question, key: str) -> Answer:
    meant = closures.closed_by(reach, db, parsed(answers.key_of(key)), visitor=q.visitor)
    return closures.answer(reach, q, meant)


def _reach(visitor: str) -> Reach:
    reach = current_reach(visitor)
    if reach is None:
        raise NotFoundError("The data were loaded anew; open the page again.")
    return reach


ROUTES = (
    Route("/layers/{version}/bridges/{parent}.geojson", bridges),
    Route("/layers/{version}/closed/{key}.geojson", closed),
    Route("/layers/{version}/lost/{mode}/{service}/{key}/{parent}.geojson", lost),
    Route("/download/{version}/closures/{mode}/{service}/{group}/{key}/{file}", file),
)
