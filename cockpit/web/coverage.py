"""Routes of the page Coverage: its layers, and its tables and areas as files."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from urllib.parse import quote

from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from cockpit.answers import coverage_layers as answers
from cockpit.answers import coverage_tables as tables
from cockpit.answers.coverage import Question, question
from cockpit.answers.coverage_question import LONGEST
from cockpit.answers.coverage_territory import veiled
from cockpit.answers.downloads import as_csv, as_xlsx
from cockpit.answers.layers import stamp
from cockpit.answers.reach import Reach, current_reach
from cockpit.answers.twin import Twin
from cockpit.coverage.access import DECAY_TITLES, USUAL_DECAY
from cockpit.coverage.services import SERVICES
from cockpit.settings import settings
from cockpit.store.session import engine
from cockpit.web.errors import NotFoundError, language_of
from cockpit.web.layers import GEOJSON, _layer, _row, county_of
from cockpit.web.visitors import visitor_class

_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "geojson": GEOJSON,
}
_MOST_LIMITS = 6  # isochrones at once: more are no map


async def minutes(request: Request) -> Response:
    """Serve the minutes of the cells under a region to every service, by one mode."""
    mode, parent = request.path_params["mode"], request.path_params["parent"]

    def make(county: Twin, visitor: str) -> bytes:
        reach = _reach(visitor, county)
        _require_mode(reach, mode)
        with Session(engine()) as db:
            row, small = _row(reach.twin, parent), settings().small_count
            return answers.minutes_layer(db, reach, mode, row, visitor=visitor, small_count=small)

    return await _layer(request, ("minutes", mode, parent), make)


async def covered(request: Request) -> Response:
    """Serve causes and scores of the cells under a region for one question."""
    path = dict(request.path_params)

    def make(county: Twin, visitor: str) -> bytes:
        reach = _reach(visitor, county)
        q = _question(reach, path, visitor)
        with Session(engine()) as db:
            return answers.covered_layer(db, reach, q)

    asked = tuple(path.get(name, "") for name in _ASKED)
    return await _layer(request, ("covered", *asked), make)


async def catchments(request: Request) -> Response:
    """Serve the areas under a region that have each facility nearest."""
    path = dict(request.path_params)
    make = partial(_catchments, path)
    return await _layer(
        request, ("catchments", path["service"], path["mode"], path["parent"]), make
    )


def _catchments(path: dict[str, str], county: Twin, visitor: str) -> bytes:
    reach = _reach(visitor, county)
    _require_service(path["service"])
    _require_mode(reach, path["mode"])
    answers.require_open(reach, "people", visitor)
    row = _row(reach.twin, path["parent"])
    with Session(engine()) as db:
        return answers.catchment_layer(
            db,
            reach,
            path["service"],
            path["mode"],
            row,
            visitor=visitor,
            small_count=settings().small_count,
        )


async def served(request: Request) -> Response:
    """Serve a service's facilities; the parent only has to exist: people cross borders."""
    service, parent = request.path_params["service"], request.path_params["parent"]

    def make(county: Twin, visitor: str) -> bytes:
        _require_service(service)
        _row(county, parent)
        return answers.served_layer(_reach(visitor, county), service)

    return await _layer(request, ("served", service, parent), make)


async def isochrone(request: Request) -> Response:
    """Serve a facility's isochrones, e.g. ``.../isochrone/F1/car/5-10-15.geojson``."""
    path = dict(request.path_params)
    key = ("isochrone", path["facility"], path["mode"], path["limits"])
    return await _layer(request, key, partial(_isochrone, path))


def _isochrone(path: dict[str, str], county: Twin, visitor: str) -> bytes:
    reach = _reach(visitor, county)
    _require_mode(reach, path["mode"])
    limits = [_limit(text) for text in path["limits"].split("-")]
    if len(limits) > _MOST_LIMITS:
        raise NotFoundError("There is no limit {minutes}.", minutes=path["limits"][:40])
    rows = reach.facilities.index[reach.facilities["id"] == path["facility"]]
    if not len(rows) or reach.mine is not None:  # rings do not end at a part's border
        raise NotFoundError("There is no facility {facility}.", facility=path["facility"][:40])
    return answers.isochrone_layer(
        reach,
        int(rows[0]),
        path["mode"],
        limits,
        visitor=visitor,
        small_count=settings().small_count,
    )


# ------------------------------------------------------------ files


async def table(request: Request) -> Response:
    """Serve the table of villages or cells of a question, as CSV or workbook."""
    path = dict(request.path_params)
    if path["level"] not in tables.LEVELS or path["ending"] not in ("csv", "xlsx"):
        raise NotFoundError("There is no such table.")
    visitor, language = visitor_class(request), language_of(request)
    county = await run_in_threadpool(_county, request)
    body, name = await run_in_threadpool(_table, path, county, visitor, language)
    return _file(body, name, path["ending"])


def _table(path: dict[str, str], county: Twin, visitor: str, language: str) -> tuple[bytes, str]:
    reach = _reach(visitor, county)
    q = _question(reach, path, visitor)
    made = tables.LEVELS[path["level"]](reach, q, language)
    name = str(reach.twin.regions["name"].iat[q.unit])
    title = tables.title_of(q, language)
    body = as_csv(made) if path["ending"] == "csv" else as_xlsx(made, f"{name} {title}")
    return body, f"{name}-{title}-{path['level']}.{path['ending']}"


async def areas(
    request: Request, *, make: Callable[[dict[str, str], Twin, str], bytes]
) -> Response:
    """Serve a layer of areas as a file to keep."""
    path = dict(request.path_params)
    visitor = visitor_class(request)

    def made() -> bytes:
        return make(path, _county(request), visitor)

    named = path.get("service") or path["facility"]
    return _file(await run_in_threadpool(made), f"{named}-{path['mode']}.geojson", "geojson")


def _file(body: bytes, name: str, ending: str) -> Response:
    return Response(
        body,
        media_type=_TYPES[ending],
        headers={
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}",
            "Cache-Control": "private, no-store",
        },
    )


# ------------------------------------------------------------ what an address may say


def _reach(visitor: str, county: Twin) -> Reach:
    reach = current_reach(visitor)
    if reach is None:
        raise NotFoundError("The data were loaded anew; open the page again.")
    return veiled(reach, county)


def _county(request: Request) -> Twin:
    county, version = county_of(request), request.path_params["version"]
    if county is None or version not in (county.version, stamp(county.version)):
        raise NotFoundError("The data were loaded anew; open the page again.")
    return county


def _question(reach: Reach, path: dict[str, str], visitor: str) -> Question:
    _require_service(path["service"])
    _require_mode(reach, path["mode"])
    if path["group"] not in reach.groups:
        raise NotFoundError("There are no figures for {indicator}.", indicator=path["group"][:40])
    answers.require_open(reach, path["group"], visitor)
    return question(
        reach,
        path["service"],
        mode=path["mode"],
        minutes=_limit(path["minutes"]),
        group=path["group"],
        unit=_row(reach.twin, path["parent"]),
        decay=_decay(path.get("decay", USUAL_DECAY)),
        visitor=visitor,
        small_count=settings().small_count,
    )


def _require_service(service: str) -> None:
    if service not in SERVICES:
        raise NotFoundError("There is no layer {layer}.", layer=service[:40])


def _require_mode(reach: Reach, mode: str) -> None:
    if mode not in reach.travel.modes:
        raise NotFoundError("There is no layer {layer}.", layer=mode[:40])


def _decay(name: str) -> str:
    if name not in DECAY_TITLES:
        raise NotFoundError("There is no layer {layer}.", layer=name[:40])
    return name


def _limit(text: str) -> float:
    """Return the minutes that an address tells: plain digits, at most one decimal."""
    whole, _, tenth = text.partition(".")
    plain = text.isascii() and whole.isdigit() and len(whole) <= 3
    if not plain or (tenth and not (tenth.isdigit() and len(tenth) == 1)) or text.endswith("."):
        raise NotFoundError("There is no limit {minutes}.", minutes=text[:40])
    limit = float(text)
    if not 0 < limit <= LONGEST:
        raise NotFoundError("There is no limit {minutes}.", minutes=text[:40])
    return limit


_ASKED = ("service", "mode", "minutes", "group", "decay", "parent")
_QUESTION = "/".join(f"{{{name}}}" for name in _ASKED)
# An address without a decay means the usual one.
_SHORT = _QUESTION.replace("{decay}/", "")

ROUTES = (
    Route("/layers/{version}/minutes/{mode}/{parent}.geojson", minutes),
    Route(f"/layers/{{version}}/covered/{_QUESTION}.geojson", covered),
    Route(f"/layers/{{version}}/covered/{_SHORT}.geojson", covered),
    Route("/layers/{version}/catchments/{service}/{mode}/{parent}.geojson", catchments),
    Route("/layers/{version}/served/{service}/{parent}.geojson", served),
    Route("/layers/{version}/isochrone/{facility:path}/{mode}/{limits}.geojson", isochrone),
    Route(f"/download/{{version}}/coverage/{_QUESTION}/{{level}}.{{ending}}", table),
    Route(f"/download/{{version}}/coverage/{_SHORT}/{{level}}.{{ending}}", table),
    Route(
        "/download/{version}/catchments/{service}/{mode}/{parent}.geojson",
        partial(areas, make=_catchments),
    ),
    Route(
        "/download/{version}/isochrone/{facility:path}/{mode}/{limits}.geojson",
        partial(areas, make=_isochrone),
    ),
)
