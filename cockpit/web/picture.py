"""Route of the Map as a picture: SVG, PNG or PDF, made for the one who asks."""

from __future__ import annotations

import datetime as dt
from urllib.parse import quote

from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from cockpit.access import territory
from cockpit.answers import picture as answers
from cockpit.answers.layers import stamp
from cockpit.answers.map import FEW_CASES
from cockpit.answers.twin import Twin
from cockpit.picture import FORMATS, as_pdf, as_png, sheet
from cockpit.settings import settings
from cockpit.store.session import engine
from cockpit.web.errors import NotFoundError, language_of
from cockpit.web.layers import county_of
from cockpit.web.visitors import visitor_class
from geodata.errors import InputError

_TYPES = {"svg": "image/svg+xml", "png": "image/png", "pdf": "application/pdf"}
_MOST = 50  # of a repeated name in an address, and of limits


async def picture(request: Request) -> Response:
    """
    Serve ``/download/<version>/picture/village/529901/people.png?theme=dark&form=a4``.

    The query is that of the page (classes, n, limits, ramp, few, layer, pick) with ``theme`` and
    ``form``.
    """
    path, visitor, language = request.path_params, visitor_class(request), language_of(request)
    if path["ending"] not in _TYPES:
        raise NotFoundError("There is no such picture.")
    asked = asked_of(path["indicator"], path["level"], request.query_params)
    county = await run_in_threadpool(county_of, request)
    body, name = await run_in_threadpool(_file, county, dict(path), asked, visitor, language)
    return Response(
        body,
        media_type=_TYPES[path["ending"]],
        headers={
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}",
            "Cache-Control": "private, no-store",
        },
    )


def asked_of(indicator: str, level: str, query: QueryParams) -> answers.Asked:
    """
    Return what an address asks for.

    Raises
    ------
    InputError
        For a value that the page would not offer.
    """
    try:
        manual = tuple(float(word) for word in query.get("limits", "").split()[:_MOST])
        n, few = int(query.get("n", "5")), int(query.get("few", str(FEW_CASES)))
    except ValueError:
        raise InputError("There is no such picture.") from None
    scheme = query.get("classes", "quantile")
    return answers.Asked(
        indicator,
        level,
        scheme,  # type: ignore[arg-type]  # Asked refuses any other
        n,
        manual if scheme == "manual" else (),
        query.get("ramp", "blue"),
        few,
        tuple(query.getlist("layer")[:_MOST]),
        tuple(query.getlist("pick")[:_MOST]),
        query.get("theme", "light"),
        query.get("form", "slide"),
    )


def _file(
    county: Twin | None, path: dict[str, str], asked: answers.Asked, visitor: str, language: str
) -> tuple[bytes, str]:
    if county is None or path["version"] not in (county.version, stamp(county.version)):
        raise NotFoundError("The data were loaded anew; open the page again.")
    try:
        unit = county.position(path["parent"])
    except KeyError:
        raise NotFoundError("There is no region {code}.", code=path["parent"][:40]) from None
    with Session(engine()) as db:
        made = answers.sheet_of(
            db,
            county,
            unit,
            asked,
            visitor=visitor,
            small_count=settings().small_count,
            language=language,
        )
    svg, (width, height) = sheet(made, asked.form), FORMATS[asked.form]
    day = county.date or territory.data_version(county.version)
    name = f"{made.title.replace(' · ', '-')}-{day}.{path['ending']}"
    if path["ending"] == "svg":
        return svg.encode(), name
    if path["ending"] == "png":
        return as_png(svg, width, height, title=made.title), name
    return as_pdf(svg, width, height, title=made.title, made=dt.datetime.now(dt.UTC)), name


ROUTES = (Route("/download/{version}/picture/{level}/{parent}/{indicator}.{ending}", picture),)
