"""Routes of the page Compare: the layer of both sides and their difference, and its table."""

from __future__ import annotations

from urllib.parse import quote

from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from cockpit.access.rules import may_open
from cockpit.answers import compare_layers as layers
from cockpit.answers import compare_now
from cockpit.answers.compare import Asked, Compared
from cockpit.answers.compare_titles import titles
from cockpit.answers.current import current_twin
from cockpit.answers.downloads import as_csv
from cockpit.answers.layers import stamp
from cockpit.locale import translate
from cockpit.store.session import engine
from cockpit.web import visitors
from cockpit.web.errors import BadRequestError, NotFoundError, RefusedError, language_of
from cockpit.web.kept import Answer, Kept, packed
from cockpit.web.layers import FOREVER, GEOJSON, REVALIDATE, sent
from cockpit.web.visitors import visitor_class

_kept = Kept(32 * 1024 * 1024)
_PARTS = "{kind}/{what}/{a}/{b}/{days:int}/{level}/{how}"


def _asked(request: Request) -> Asked:
    """Return what an address asks; plans only of those who may open their page."""
    path = request.path_params
    asked = Asked(*(path[name] for name in Asked._fields))
    if asked.kind == "scenarios" and not may_open(visitors.visitor(request), "scenarios"):
        raise RefusedError("Your account is not allowed to see this.")
    return asked


def _require_version(version: str) -> str:
    """Return the version of the county; refused when an address speaks of another."""
    county = current_twin()
    if county is None or version not in (county.version, stamp(county.version)):
        raise NotFoundError("The data were loaded anew; open the page again.")
    return county.version


async def layer(request: Request) -> Response:
    """Serve the regions with A, B and their difference."""
    if request.url.query:
        raise BadRequestError("A layer's address has nothing after a question mark.")
    asked, visitor = _asked(request), visitor_class(request)
    version, given = request.path_params["version"], request.path_params["mark"]

    def find() -> tuple[Answer, bool]:
        now = _require_version(version)
        mark = compare_now.mark(asked.kind, visitor)
        answer = _kept.get(
            (now, mark, visitor, asked), lambda: packed(_layer(asked, visitor), GEOJSON)
        )
        return answer, given == mark and version == stamp(now)

    answer, lasting = await run_in_threadpool(find)
    return sent(request, answer, FOREVER if lasting else REVALIDATE)


def _layer(asked: Asked, visitor: str) -> bytes:
    found = compare_now.compared(asked, visitor)
    with Session(engine()) as db:
        return layers.compared_layer(db, found)


async def figures(request: Request) -> Response:
    """Serve the table as CSV."""
    asked, visitor, language = _asked(request), visitor_class(request), language_of(request)

    def make() -> tuple[bytes, Compared]:
        _require_version(request.path_params["version"])
        found = compare_now.compared(asked, visitor)
        named = titles(asked, visitor, language)
        return as_csv(layers.table(found, named, language)), found

    body, found = await run_in_threadpool(make)
    name = f"{found.twin.regions['name'].iat[0]}-{translate('Compare', language)}.csv"
    return Response(
        body,
        media_type="text/csv; charset=utf-8",
        headers={
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}",
            "Cache-Control": "private, no-store",
        },
    )


ROUTES = (
    Route(f"/layers/{{version}}/compare/{{mark}}/{_PARTS}.geojson", layer),
    Route(f"/download/{{version}}/compare/{_PARTS}.csv", figures),
)
