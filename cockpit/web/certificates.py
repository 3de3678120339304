"""The proof of a plan as a file: what was asked, the plan, its bound, and how to check it."""

from __future__ import annotations

import re

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from cockpit.answers import siting_archive, siting_runs
from cockpit.answers.current import current_twin
from cockpit.answers.layers import stamp
from cockpit.web.errors import NotFoundError
from cockpit.web.visitors import visitor_class
from geodata.errors import InputError

_KEY = re.compile(r"[0-9a-f]{32}")


async def certificate(request: Request) -> Response:
    """Serve the certificate of a search, ``/download/<version>/plan/<key>.json``."""
    version, key = request.path_params["version"], request.path_params["key"]
    body = await run_in_threadpool(_certificate, version, key, visitor_class(request))
    return Response(
        body,
        media_type="application/json",
        headers={
            "Content-Disposition": 'attachment; filename="plan.json"',
            "Cache-Control": "private, no-store",
        },
    )


def _certificate(version: str, key: str, visitor: str) -> bytes:
    county = current_twin()
    if county is None or version not in (county.version, stamp(county.version)):
        raise NotFoundError("The data were loaded anew; open the page again.")
    if not _KEY.fullmatch(key):
        raise NotFoundError("There is no such plan.")
    try:
        return siting_runs.certificate(key, visitor=visitor).encode()
    except InputError:  # forgotten, searched before the server was started, or for others
        kept = siting_archive.kept(key, visitor=visitor)
    if kept is None:
        raise NotFoundError("There is no such plan.")
    return kept.certificate.encode()


ROUTES = (Route("/download/{version}/plan/{key}.json", certificate),)
