"""Downloads of tables: asked with the visitor's class, never left lying at a public address."""

from __future__ import annotations

from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from cockpit.access import territory
from cockpit.answers import downloads as answers
from cockpit.answers.layers import stamp
from cockpit.answers.twin import LEVELS, Twin
from cockpit.settings import settings
from cockpit.web.errors import NotFoundError, language_of
from cockpit.web.layers import county_of
from cockpit.web.visitors import visitor_class

_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


async def table(request: Request) -> Response:
    """Serve a level under a parent as ``/download/<version>/village/529901.csv?lang=zh``."""
    path = request.path_params
    visitor, language = visitor_class(request), language_of(request)
    county = await run_in_threadpool(county_of, request)
    body, name = await run_in_threadpool(
        _file, county, path["version"], path["level"], path["parent"], path["ending"],
        visitor, language,
    )  # fmt: skip
    return Response(
        body,
        media_type=_TYPES[path["ending"]],
        headers={
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}",
            "Cache-Control": "private, no-store",
        },
    )


def _file(
    county: Twin | None,
    version: str,
    level: str,
    parent: str,
    ending: str,
    visitor: str,
    language: str,
) -> tuple[bytes, str]:
    if county is None or version not in (county.version, stamp(county.version)):
        raise NotFoundError("The data were loaded anew; open the page again.")
    if level not in LEVELS or ending not in _TYPES:
        raise NotFoundError("There is no such table.")
    try:
        row = county.position(parent)
    except KeyError:
        raise NotFoundError("There is no region {code}.", code=parent[:40]) from None
    made = answers.region_table(
        county,
        level,
        row,
        visitor=visitor,
        small_count=settings().small_count,
        language=language,
    )
    name = str(county.regions["name"].iat[row])
    body = answers.as_csv(made) if ending == "csv" else answers.as_xlsx(made, name)
    return body, f"{name}-{level}-{county.date or territory.data_version(county.version)}.{ending}"


ROUTES = (Route("/download/{version}/{level}/{parent}.{ending}", table),)
