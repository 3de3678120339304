"""Refusals and faults of the routes: one plain sentence as JSON, never a trace."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Mapping
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from cockpit.access.visitor import NotAllowedError
from cockpit.answers.feeds_sources import FeedOffError, NoFeedError, NoTokenError
from cockpit.answers.overlays import LayerRefusedError, NoLayerError
from cockpit.answers.scenario_store import NoScenarioError, ScenarioRefusedError
from cockpit.answers.screen_view import SceneError
from cockpit.answers.screen_wall import WallBusyError
from cockpit.feeds import TooLargeError
from cockpit.locale import LANGUAGES, translate
from cockpit.settings import settings
from cockpit.store.session import StoreError
from cockpit.web.headers import SECURITY_HEADERS
from geodata.errors import CockpitError

OUR_PATHS = (
    "/layers/",
    "/download/",
    "/style/",
    "/healthz",
    "/feed/",
    "/open/",
    "/access/",
    "/screen",
)

log = logging.getLogger("cockpit")


class BadRequestError(CockpitError):
    """An address that no page of ours makes."""


class NotFoundError(CockpitError):
    """Nothing is at this address, or no longer."""


class RefusedError(CockpitError):
    """The visitor's role, class or territory does not reach what was asked for."""


class SignInError(CockpitError):
    """Nobody has signed in, and this is not for the public."""


_STATUS: Mapping[type[CockpitError], int] = {
    BadRequestError: 400,
    NotFoundError: 404,
    NoTokenError: 401,
    NoFeedError: 404,
    FeedOffError: 403,
    TooLargeError: 413,
    NoLayerError: 404,
    SceneError: 404,
    WallBusyError: 429,
    NoScenarioError: 404,
    RefusedError: 403,
    NotAllowedError: 403,
    SignInError: 401,
    LayerRefusedError: 403,
    ScenarioRefusedError: 403,
    StoreError: 503,
}


def language_of(request: Request) -> str:
    """Return an answer's language: ``?lang=``, then what the browser prefers, then the setting."""
    asked = request.query_params.get("lang", "")
    if asked in LANGUAGES:
        return asked
    preferred = request.headers.get("accept-language", "")[:2].lower()
    return preferred if preferred in LANGUAGES else settings().language


def _sentence(status: int, sentence: str, **more: str) -> JSONResponse:
    headers = {"Cache-Control": "no-store"}
    return JSONResponse({"error": sentence, **more}, status_code=status, headers=headers)


def refused(request: Request, error: CockpitError) -> Response:
    """Answer a known error with its sentence."""
    status = next((s for kind, s in _STATUS.items() if isinstance(error, kind)), 400)
    return _sentence(status, translate(error.template, language_of(request), **error.values))


def http_error(request: Request, error: HTTPException) -> Response:
    """Answer an error of Starlette's on our routes; Streamlit's own keep their short text."""
    if not request.url.path.startswith(OUR_PATHS):
        return PlainTextResponse(error.detail, error.status_code, error.headers)
    sentence = translate("This address cannot be served.", language_of(request))
    answer = _sentence(error.status_code, sentence)
    answer.headers.update(error.headers or {})
    return answer


def fault(request: Request, error: Exception) -> Response:
    """Answer an unexpected error with a number; the log has the rest under that number."""
    number = error_number()
    log.error("error %s at %s", number, request.url.path, exc_info=error)
    sentence = translate(
        "Something went wrong here. Error number {number}.", language_of(request), number=number
    )
    answer = _sentence(500, sentence, number=number)
    # Starlette answers faults outside of our middleware, so the headers come from here.
    for name, value in SECURITY_HEADERS:
        answer.headers[name.decode()] = value.decode()
    return answer


def error_number() -> str:
    """Return a number to find an error in the log by: short enough to read out on the telephone."""
    return f"{secrets.randbelow(10**8):08d}"


HANDLERS: Mapping[Any, Callable[[Any, Any], Response]] = {
    CockpitError: refused,
    HTTPException: http_error,
    Exception: fault,
}
