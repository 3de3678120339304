"""The work list of findings as a CSV file, filtered as on the page, within the visitor's class."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from cockpit.answers import data as answers
from cockpit.answers.data import FindingFilter
from cockpit.web.errors import language_of
from cockpit.web.visitors import visitor_class

LONGEST_VALUE = 200
_FILTERS = ("dataset", "rule", "severity", "department", "status")


async def findings(request: Request) -> Response:
    """Serve ``/download/findings.csv?lang=zh&dataset=...&status=open``."""
    values = {name: request.query_params.get(name, "")[:LONGEST_VALUE] for name in _FILTERS}
    body = await run_in_threadpool(
        answers.findings_csv, FindingFilter(**values), visitor_class(request), language_of(request)
    )
    return Response(
        body,
        media_type="text/csv; charset=utf-8",
        headers={
            "Content-Disposition": 'attachment; filename="findings.csv"',
            "Cache-Control": "private, no-store",
        },
    )


ROUTES = (Route("/download/findings.csv", findings),)
