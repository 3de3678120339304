"""Whether the process can do its work: for a proxy, a watchdog, a colleague."""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from cockpit.store.session import data_version, engine


def _state() -> tuple[bool, str]:
    try:
        with Session(engine()) as db:
            db.execute(text("SELECT 1"))
            return True, data_version(db)
    except SQLAlchemyError:
        return False, ""


async def health(request: Request) -> Response:  # noqa: ARG001
    """Answer 200 with the data version ("" for an empty store), or 503 when the store is away."""
    reachable, version = await run_in_threadpool(_state)
    return JSONResponse(
        {"store": "ok" if reachable else "unreachable", "data_version": version},
        status_code=200 if reachable else 503,
        headers={"Cache-Control": "no-store"},
    )


ROUTES = (Route("/healthz", health),)
