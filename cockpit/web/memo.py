"""Route of a scenario's decision memo, as HTML or PDF."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import quote

from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from cockpit.access import watermark
from cockpit.answers import memo as answers
from cockpit.answers import scenarios
from cockpit.answers.current import current_twin
from cockpit.answers.layers import stamp
from cockpit.answers.reach import current_reach
from cockpit.locale import translate
from cockpit.store.session import engine
from cockpit.web.errors import NotFoundError, language_of
from cockpit.web.visitors import visitor_class

_TYPES = {"html": "text/html; charset=utf-8", "pdf": "application/pdf"}
_LONGEST_ID = 18  # digits of the store's numbers


async def memo(request: Request) -> Response:
    """Serve a memo as ``/download/<version>/memo/12.pdf?lang=zh``."""
    path, visitor = request.path_params, visitor_class(request)
    language, ending = language_of(request), path["ending"]
    if ending not in _TYPES:
        raise NotFoundError("There is nothing at this address.")
    body, name = await run_in_threadpool(_made, path, visitor, language)
    return Response(
        body,
        media_type=_TYPES[ending],
        headers={
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}",
            "Cache-Control": "private, no-store",
        },
    )


def _made(path: dict[str, str], visitor: str, language: str) -> tuple[bytes, str]:
    number, ending = path["id"], path["ending"]
    if not (number.isascii() and number.isdigit() and len(number) <= _LONGEST_ID):
        raise NotFoundError("There is nothing at this address.")
    county, reach = current_twin(), current_reach(visitor)
    known = county is not None and path["version"] in (county.version, stamp(county.version))
    if reach is None or not known:
        raise NotFoundError("The data were loaded anew; open the page again.")
    with Session(engine()) as db:
        found = scenarios.scenario(db, int(number), visitor=visitor)
        made = answers.memo_of(db, reach, found, language, visitor=visitor)
    mark = watermark.current()
    if mark is not None:
        made = replace(made, footer=f"{made.footer} {mark.sentence}")
    kind = translate("Decision memo", language)
    return answers.FORMS[ending](made), f"{kind}-{found.title}.{ending}"


ROUTES = (Route("/download/{version}/memo/{id}.{ending}", memo),)
