"""The audit trail as a table and the proof of one entry as a file, for auditors."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from functools import partial

from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from cockpit.access import watermark
from cockpit.access.audit_proof import proof_of
from cockpit.answers import audit
from cockpit.store.session import engine
from cockpit.web import visitors
from cockpit.web.errors import NotFoundError
from cockpit.web.guard import _export
from geodata.errors import InputError

_PLAIN = ("who", "subject", "text")


async def trail(request: Request) -> Response:
    """Serve ``/access/trail.csv?who=&act=&class=&since=``: what the page shows, all of it."""
    who = visitors.visitor(request)
    who.require("audit")
    wanted = filter_of(request)
    return await _export(request, who, "/access/trail", partial(_table, wanted=wanted))


async def _table(request: Request, *, wanted: audit.Filter) -> Response:  # noqa: ARG001
    mark = watermark.current()  # nobody marks any more when the lines are sent
    return StreamingResponse(
        _lines(wanted, mark), media_type="text/csv; charset=utf-8", headers=_headers("audit.csv")
    )


def _lines(wanted: audit.Filter, mark: watermark.Mark | None) -> Iterator[str]:
    with Session(engine()) as db:
        yield from audit.csv_lines(db, wanted)
    if mark is not None:
        yield audit.csv_line((f"# {mark.sentence}",))


async def proof(request: Request) -> Response:
    """Serve ``/access/proof/1234.json``: the entry, its path, the signed root, the key."""
    who = visitors.visitor(request)
    who.require("audit")
    return await _export(request, who, "/access/proof", _proof)


async def _proof(request: Request) -> Response:
    seq = int(request.path_params["seq"])
    try:
        found = await run_in_threadpool(proof_of, engine(), seq)
    except InputError as error:
        raise NotFoundError("There is no entry {seq}.", seq=seq) from error
    return Response(
        json.dumps(found, ensure_ascii=False, indent=1),
        media_type="application/json",
        headers=_headers(f"proof-{seq}.json"),
    )


def filter_of(request: Request) -> audit.Filter:
    """Return the filter that an address asks for."""
    asked = request.query_params
    plain = {name: asked.get(name, "")[:200] for name in _PLAIN}
    return audit.Filter(
        since=_moment(asked.get("since", "")),
        until=_moment(asked.get("until", "")),
        acts=tuple(asked.getlist("act"))[:30],
        classes=tuple(asked.getlist("class"))[:4],
        **plain,
    )


def _moment(text: str) -> dt.datetime | None:
    if not text:
        return None
    try:
        return dt.datetime.fromisoformat(text[:32]).replace(tzinfo=None)
    except ValueError as error:
        raise InputError("{value} is no time.", value=text[:32]) from error


def _headers(name: str) -> dict[str, str]:
    return {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Cache-Control": "private, no-store",
    }


ROUTES = (
    Route("/access/trail.csv", trail),
    Route("/access/proof/{seq:int}.json", proof),
)
