"""Routes of early warning: what stands open, for screens, and the ledger as files."""

from __future__ import annotations

from functools import partial
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from cockpit.access.classes import CLASSES
from cockpit.answers import alert_tables as tables
from cockpit.answers import alerts as answers
from cockpit.answers.current import current_twin
from cockpit.answers.downloads import as_csv
from cockpit.locale import translate
from cockpit.web.errors import BadRequestError, RefusedError, language_of
from cockpit.web.visitors import visitor_class

_TYPES = {"csv": "text/csv; charset=utf-8", "json": "application/json"}
_JUDGED = ("", "yes", "no", "true", "false", "unknown")
_KINDS = ("", "threshold", "aberration", "fault")
_PRIVATE = {"Cache-Control": "private, no-store"}


async def open_now(request: Request) -> Response:
    """Serve what stands open as ``/download/alerts/open.json``."""
    visitor, language = visitor_class(request), language_of(request)
    found = await run_in_threadpool(lambda: tables.open_json(visitor, current_twin(), language))
    return JSONResponse(found, headers=_PRIVATE)


async def ledger(request: Request, *, ending: str) -> Response:
    """Serve the ledger as ``/download/alerts/ledger.csv?rule=water&judged=no``, or as JSON."""
    visitor, language = visitor_class(request), language_of(request)
    wanted = _filter(request)

    def make() -> bytes:
        if not answers.rules_in(visitor) and answers.rules_in(CLASSES[-1]):
            raise RefusedError("Nothing of early warning is open to you.")
        found = answers.ledger(visitor, wanted).stories
        if ending == "json":
            return tables.ledger_json(found)
        return as_csv(tables.ledger_table(found, current_twin(), language))

    name = f"{translate('Ledger of alerts', language)}.{ending}"
    return Response(
        await run_in_threadpool(make),
        media_type=_TYPES[ending],
        headers={**_PRIVATE, "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}"},
    )


def _filter(request: Request) -> answers.LedgerFilter:
    asked = request.query_params
    peak, judged, kind = (asked.get(name, "") for name in ("peak", "judged", "kind"))
    if peak not in ("", "1", "2", "3", "4") or judged not in _JUDGED or kind not in _KINDS:
        raise BadRequestError("This address cannot be served.")
    return answers.LedgerFilter(asked.get("rule", ""), int(peak or 0), judged, kind)


ROUTES = (
    Route("/download/alerts/open.json", open_now),
    *(
        Route(f"/download/alerts/ledger.{ending}", partial(ledger, ending=ending))
        for ending in _TYPES
    ),
)
