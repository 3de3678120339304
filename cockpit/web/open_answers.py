"""How the open routes answer: to everybody, from any page, with tags, compressed, never a trace."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from cockpit.answers.open_catalogue import NoOpenDataError
from cockpit.answers.release_store import RetractedError
from cockpit.locale import translate
from cockpit.store.session import StoreError
from cockpit.web.errors import BadRequestError, NotFoundError, language_of
from geodata.errors import CockpitError

FRESH = "public, no-cache"
"""Kept by anybody, but asked for again each time: what was open can be closed or retracted."""

ANYBODY = {
    # Public data without cookies: a page of any other site may read them. "*" is never combined
    # with credentials, and these routes look at none.
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "ETag, Link, Content-Disposition, Content-Length",
    "Cross-Origin-Resource-Policy": "cross-origin",
}
ALLOWED = "GET, HEAD, OPTIONS"

_STATUS: Mapping[type[CockpitError], int] = {
    NoOpenDataError: 404,
    NotFoundError: 404,
    RetractedError: 410,
    StoreError: 503,
}
_PACK_FROM = 1024  # bytes; below it gzip saves nothing

Maker = Callable[[Request], Response]


def opened(make: Maker) -> Callable[[Request], Awaitable[Response]]:
    """Return the endpoint of an open route: asked in a thread, errors as one sentence."""

    async def endpoint(request: Request) -> Response:
        if request.method == "OPTIONS":
            return _options()
        try:
            answer = await run_in_threadpool(make, request)
        except CockpitError as error:
            answer = _refused(request, error)
        answer.headers.update(ANYBODY)
        return answer

    return endpoint


def _options() -> Response:
    headers = {
        "Allow": ALLOWED,
        "Access-Control-Allow-Methods": ALLOWED,
        "Access-Control-Allow-Headers": "Accept, Accept-Language, If-None-Match",
        "Access-Control-Max-Age": "86400",
        **ANYBODY,
    }
    return Response(status_code=204, headers=headers)


def _refused(request: Request, error: CockpitError) -> Response:
    status = next((s for kind, s in _STATUS.items() if isinstance(error, kind)), 400)
    sentence = translate(error.template, language_of(request), **error.values)
    body = json.dumps({"error": sentence}, ensure_ascii=False).encode()
    headers = {"Cache-Control": "no-store", "Content-Length": str(len(body))}
    return Response(b"" if request.method == "HEAD" else body, status, headers, "application/json")


def told(
    request: Request,
    body: bytes,
    media_type: str,
    *,
    tag_of: bytes | None = None,
    links: tuple[str, ...] = (),
) -> Response:
    """
    Return an answer with its tag: compressed when that is wanted, 304 when the client has it.

    ``tag_of`` are the bytes that make the tag when the body itself changes with the time of day.
    """
    tag = f'W/"{hashlib.sha256(body if tag_of is None else tag_of).hexdigest()[:24]}"'
    headers = {"ETag": tag, "Cache-Control": FRESH, "Vary": "Accept-Encoding, Accept-Language"}
    if links:
        headers["Link"] = ", ".join(links)
    if has(request, tag):
        return Response(status_code=304, headers=headers)
    if takes_gzip(request) and len(body) >= _PACK_FROM:
        body = gzip.compress(body, 6, mtime=0)
        headers["Content-Encoding"] = "gzip"
    headers["Content-Length"] = str(len(body))
    return Response(b"" if request.method == "HEAD" else body, 200, headers, media_type)


def as_json(
    request: Request,
    value: Any,
    media_type: str = "application/json",
    *,
    links: tuple[str, ...] = (),
) -> Response:
    """Return a value as JSON."""
    body = json.dumps(value, ensure_ascii=False).encode()
    return told(request, body, media_type, links=links)


def has(request: Request, tag: str) -> bool:
    """Tell whether the client has what a tag stands for."""
    told_tags = request.headers.get("if-none-match", "")
    plain = {one.strip().removeprefix("W/") for one in told_tags.split(",")}
    return "*" in plain or tag.removeprefix("W/") in plain


def takes_gzip(request: Request) -> bool:
    """Tell whether the client takes gzip."""
    told_ways = request.headers.get("accept-encoding", "").lower().split(",")
    return any(
        way.partition(";")[0].strip() == "gzip" and "q=0" not in way.replace(" ", "").split(";")
        for way in told_ways
    )


def base_of(request: Request) -> str:
    """
    Return the address of the cockpit as the client sees it, without a slash at its end.

    A host that is none (the client may write anything there) is left out: links are then relative.
    """
    host = request.headers.get("host", "")
    if not re.fullmatch(
        r"[A-Za-z0-9.\-]{1,253}(:[0-9]{1,5})?|\[[0-9a-fA-F:]{2,45}\](:[0-9]{1,5})?", host
    ):
        return ""
    return f"{request.url.scheme}://{host}"


def only(request: Request, *names: str) -> dict[str, str]:
    """
    Return the query parameters; ``lang`` and ``f`` are always among the names.

    Raises
    ------
    BadRequestError
        For a name that is not known, one given twice, an unknown language or form.
    """
    pairs = request.query_params.multi_items()
    known = (*names, "lang", "f")
    for name, _ in pairs:
        if name not in known:
            raise BadRequestError("There is no parameter {name} here.", name=name[:40])
    found = dict(pairs)
    if len(found) != len(pairs):
        raise BadRequestError("A parameter stands twice in the address.")
    if found.get("lang", "zh") not in ("zh", "en"):
        raise BadRequestError("lang is zh or en.")
    if found.get("f", "json") != "json":
        raise BadRequestError("f is json: there is no other form.")
    return found
