"""Routes of saved scenarios: one as a file to take along, several as a table."""

from __future__ import annotations

from urllib.parse import quote

from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from cockpit.answers import scenario_files as files
from cockpit.answers import scenarios as answers
from cockpit.answers.current import current_twin
from cockpit.answers.downloads import as_csv, as_xlsx
from cockpit.answers.layers import stamp
from cockpit.answers.reach import Reach, current_reach
from cockpit.answers.scenario_compare import require_number
from cockpit.locale import translate
from cockpit.store.session import engine
from cockpit.web.errors import NotFoundError, language_of
from cockpit.web.visitors import visitor_class

_TYPES = {
    "json": "application/json",
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_LONGEST_ID = 18  # digits of the store's numbers


async def scenario(request: Request) -> Response:
    """Serve a scenario as ``/download/<version>/scenario/12.json``."""
    path, visitor = request.path_params, visitor_class(request)

    def make() -> tuple[bytes, str]:
        _require_version(path["version"])
        with Session(engine()) as db:
            found = answers.scenario(db, _id(path["id"]), visitor=visitor)
        return files.exported(found).encode(), f"{found.name}-{found.version}.json"

    return _file(*await run_in_threadpool(make), "json")


async def comparison(request: Request) -> Response:
    """Serve a comparison as ``/download/<version>/comparison.csv?ids=3,5,8``."""
    path, asked = request.path_params, request.query_params.get("ids", "")
    visitor, language = visitor_class(request), language_of(request)
    if path["ending"] not in ("csv", "xlsx"):
        raise NotFoundError("There is no such table.")

    def make() -> tuple[bytes, str]:
        _require_version(path["version"])
        reach = _reach(visitor)
        with Session(engine()) as db:
            ids = tuple(dict.fromkeys(_id(text) for text in asked.split(",") if text))
            require_number(len(ids))
            chosen = [answers.scenario(db, number, visitor=visitor) for number in ids]
        found = answers.compared(reach, chosen, visitor=visitor)
        table = files.comparison_table(found, language)
        title = translate("Comparison of scenarios", language)
        body = as_csv(table) if path["ending"] == "csv" else as_xlsx(table, title)
        return body, f"{title}-{'-'.join(str(s.id) for s in chosen)}.{path['ending']}"

    return _file(*await run_in_threadpool(make), path["ending"])


def _file(body: bytes, name: str, ending: str) -> Response:
    return Response(
        body,
        media_type=_TYPES[ending],
        headers={
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}",
            "Cache-Control": "private, no-store",
        },
    )


def _id(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= _LONGEST_ID):
        raise answers.NoScenarioError("There is no scenario number {id}.", id=text[:40])
    return int(text)


def _require_version(version: str) -> None:
    county = current_twin()
    if county is None or version not in (county.version, stamp(county.version)):
        raise NotFoundError("The data were loaded anew; open the page again.")


def _reach(visitor: str) -> Reach:
    reach = current_reach(visitor)
    if reach is None:
        raise NotFoundError("The data were loaded anew; open the page again.")
    return reach


ROUTES = (
    Route("/download/{version}/scenario/{id}.json", scenario),
    Route("/download/{version}/comparison.{ending}", comparison),
)
