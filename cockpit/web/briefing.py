"""Route of the one-page briefing: an issue as HTML, PDF or DOCX."""

from __future__ import annotations

import datetime as dt
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from cockpit.answers import briefing as answers
from cockpit.memo.content import Language
from cockpit.web.errors import NotFoundError, language_of
from cockpit.web.visitors import visitor_class

_TYPES = {
    "html": "text/html; charset=utf-8",
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}


async def briefing(request: Request) -> Response:
    """Serve an issue as ``/download/briefing/daily.pdf?lang=zh``; ``date`` asks for a kept one."""
    path, visitor = request.path_params, visitor_class(request)
    ending = path["ending"]
    if ending not in _TYPES:
        raise NotFoundError("There is nothing at this address.")
    language: Language = "en" if language_of(request) == "en" else "zh"
    day = answers.day_of(request.query_params.get("date", ""))
    body, name = await run_in_threadpool(_made, path["issue"], visitor, day, language, ending)
    return Response(
        body,
        media_type=_TYPES[ending],
        headers={
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}",
            "Cache-Control": "private, no-store",
        },
    )


def _made(
    kind: str, visitor: str, day: dt.date | None, language: Language, ending: str
) -> tuple[bytes, str]:
    found = answers.issue(kind, visitor, day)
    return (
        answers.file_of(found, language, ending),
        answers.name_of(found, language, ending),
    )


ROUTES = (Route("/download/briefing/{issue}.{ending}", briefing),)
