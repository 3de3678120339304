"""The permission matrix and each person's access as files, for who gives rights or checks them."""

from __future__ import annotations

from functools import partial

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from cockpit.access.rules import RouteRule
from cockpit.answers import access_tables, accounts, downloads
from cockpit.answers.downloads import Cell
from cockpit.locale import translate
from cockpit.web import visitors
from cockpit.web.errors import NotFoundError, language_of
from cockpit.web.guard import _export, rule_of

_TITLES = {"matrix": "Permission matrix", "people": "Access by person"}
_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


async def file(request: Request, *, name: str) -> Response:
    """Serve ``/access/matrix.xlsx?lang=zh``; each file is an export in the audit trail."""
    if request.path_params["ending"] not in _TYPES:
        raise NotFoundError("There is no such table.")
    who = visitors.visitor(request)
    accounts.require_reader(who)
    return await _export(request, who, f"/access/{name}", partial(_file, name=name))


async def _file(request: Request, *, name: str) -> Response:
    body = await run_in_threadpool(_made, request, name)
    ending = request.path_params["ending"]
    return Response(
        body,
        media_type=_TYPES[ending],
        headers={
            "Content-Disposition": f'attachment; filename="{name}.{ending}"',
            "Cache-Control": "private, no-store",
        },
    )


def _made(request: Request, name: str) -> bytes:
    language = language_of(request)
    table: list[list[Cell]]
    if name == "matrix":
        table = access_tables.matrix_table(access_tables.things(live_routes()), language)
    else:
        table = access_tables.people_table(visitors.visitor(request), language)
    if request.path_params["ending"] == "csv":
        return downloads.as_csv(table)
    return downloads.as_xlsx(table, translate(_TITLES[name], language))


def live_routes() -> dict[str, RouteRule | None]:
    """Return every route served now with the rule that it obeys."""
    from cockpit.web import routes  # it imports us

    return {route.path: rule_of(route.path) for route in routes.ROUTES}


ROUTES = tuple(
    Route(f"/access/{name}.{{ending}}", partial(file, name=name)) for name in ("matrix", "people")
)
