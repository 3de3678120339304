"""Routes of the page Risk: its cells and villages, and its figures as files."""

from __future__ import annotations

import datetime as dt
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from cockpit.access.classes import TITLES
from cockpit.answers import risk as answers
from cockpit.answers import risk_layers as layers
from cockpit.answers import risk_options, risk_picture, risk_sources, risk_tables
from cockpit.answers.current import current_twin
from cockpit.answers.downloads import as_csv, as_xlsx
from cockpit.answers.happenings import Happenings, current_happenings
from cockpit.answers.layers import stamp
from cockpit.answers.risk_methods import EVENTS
from cockpit.answers.risk_places import LEVELS, places_of
from cockpit.answers.twin import Twin
from cockpit.locale import translate
from cockpit.look.marks import HEAT
from cockpit.web.errors import BadRequestError, NotFoundError, RefusedError, language_of
from cockpit.web.kept import Answer, Kept, unpacked
from cockpit.web.layers import FOREVER, GEOJSON, REVALIDATE, _answer, _layer, _row, sent
from cockpit.web.visitors import visitor_class

_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "geojson": GEOJSON,
}
_PATIENCE_S = 120.0
_pictures = Kept(32 * 1024 * 1024)


async def places(request: Request) -> Response:
    """Serve the cells or villages under a region; the same for every question."""
    level, parent = request.path_params["level"], request.path_params["parent"]

    def make(county: Twin, visitor: str) -> bytes:
        if level not in LEVELS:
            raise NotFoundError("There is no level {level}.", level=level[:40])
        row = _row(county, parent)
        return layers.places_layer(places_of(county, level, visitor), row)

    return await _layer(request, ("places", level, parent), make)


async def hatch(request: Request) -> Response:
    """Serve the pattern of lines."""

    def make(county: Twin, visitor: str) -> Answer:
        del county, visitor
        return unpacked(layers.hatch(), "image/png")

    return await _answer(request, ("places", layers.HATCH), make)


async def heat(request: Request) -> Response:
    """Serve the heat of a question as a picture; the very one for good, when events are as told."""
    if request.url.query:
        raise BadRequestError("A layer's address has nothing after a question mark.")
    path, visitor = dict(request.path_params), visitor_class(request)
    made, lasting = await run_in_threadpool(_heat, path, visitor)
    return sent(request, made, FOREVER if lasting else REVALIDATE)


def _heat(path: dict[str, str], visitor: str) -> tuple[Answer, bool]:
    county, known = _county(path["version"], visitor)
    _county_has(known, path)
    if path["method"] not in risk_picture.DRAWN:
        raise NotFoundError("There is no such picture.")
    look, version = risk_picture.look_of(path["look"])
    if look not in HEAT:
        raise NotFoundError("There is no such picture.")
    q, whole = (
        answers.Question(path["theme"], path["level"], _day(path[first]), _day(path[last]))
        for first, last in (("first", "last"), ("whole_first", "whole_last"))
    )
    there = places_of(county, q.level, visitor)
    key = (known.version, visitor, path["method"], q, whole, look)
    made = _pictures.get(
        key,
        lambda: unpacked(
            risk_picture.picture(known, there, path["method"], q, whole, look), "image/png"
        ),
    )
    return made, version == known.version and path["version"] == stamp(county.version)


def _county(version: str, visitor: str) -> tuple[Twin, Happenings]:
    """Return the county of an address, and its events; refused when other data are loaded."""
    county = current_twin()
    known = current_happenings(visitor)
    versions = () if county is None else (county.version, stamp(county.version))
    if county is None or known is None or version not in versions:
        raise NotFoundError("The data were loaded anew; open the page again.")
    return county, known


def _county_has(known: Happenings, path: dict[str, str]) -> None:
    """Refuse a theme or a level that is none, or not open to the visitor."""
    if path["level"] not in LEVELS or path["theme"] not in answers.themes(known):
        raise NotFoundError("There is no such table.")


async def figures(request: Request) -> Response:
    """Serve the figures of a question for a unit's cells or villages: CSV, XLSX or GeoJSON."""
    path = dict(request.path_params)
    if path["ending"] not in _TYPES:
        raise NotFoundError("There is no such table.")
    visitor, language = visitor_class(request), language_of(request)
    body, name = await run_in_threadpool(_figures, path, visitor, language)
    return Response(
        body,
        media_type=_TYPES[path["ending"]],
        headers={
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}",
            "Cache-Control": "private, no-store",
        },
    )


def _figures(path: dict[str, str], visitor: str, language: str) -> tuple[bytes, str]:
    county, known = _county(path["version"], visitor)
    if path["method"] not in answers.METHODS or path["level"] not in LEVELS:
        raise NotFoundError("There is no such table.")
    unit = _row(county, path["unit"])
    _county_has(known, path)
    if answers.METHODS[path["method"]].about == EVENTS and not known.sources:
        raise RefusedError("No events are stored that are open to you.")
    q = answers.Question(path["theme"], path["level"], _day(path["first"]), _day(path["last"]))
    options = risk_options.checked(path["method"], path["options"])
    there = places_of(county, q.level, visitor)
    work = answers.ask(
        ("answer", known.version, visitor, path["method"], q, options),
        answers.maker(known, there, path["method"], q, visitor=visitor, options=options),
        patience_s=_PATIENCE_S,
    )
    if not work.done.is_set():
        raise NotFoundError("This is still being worked out; ask again in a minute.")
    found = work.result()
    title = translate(answers.METHODS[path["method"]].title, language)
    name = f"{county.regions['name'].iat[unit]}-{title.replace(':', '')}.{path['ending']}"
    told = _origin(known, path["method"], visitor, options, language)
    if path["ending"] == "geojson":
        return risk_tables.areas(there, found, q, unit, language, origin=told), name
    made = risk_tables.table(there, found, q, unit, language, origin=told)
    return (as_csv(made) if path["ending"] == "csv" else as_xlsx(made, title)), name


def _origin(
    known: Happenings, method: str, visitor: str, options: str, language: str
) -> tuple[str, str]:
    """Return the titles of the sources and of their class."""
    told = risk_sources.origin(known, known.twin, method, visitor, options)
    titles = answers.source_titles()
    between = "、" if language == "zh" else ", "
    names = between.join(titles.get(one, {}).get(language, one) for one in told.sources)
    return names, translate(TITLES[told.data_class], language)


def _day(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise NotFoundError("There is no day {day}.", day=text[:40]) from None


ROUTES = (
    Route("/layers/{version}/places/hatch.png", hatch),
    Route("/layers/{version}/places/{level}/{parent}.geojson", places),
    Route(
        "/layers/{version}/risk/{method}/{theme:path}/{level}/{first}/{last}/{whole_first}/"
        "{whole_last}/{look}.png",
        heat,
    ),
    Route(
        "/download/{version}/risk/{method}/{theme:path}/{level}/{first}/{last}/{unit}/"
        "{options}.{ending}",
        figures,
    ),
)
