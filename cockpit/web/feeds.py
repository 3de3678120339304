"""The route of live feeds: readings and events as they come, one or many in a request."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Sequence
from functools import partial
from typing import Any

from sqlalchemy import Engine
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from cockpit.answers.feeds_sources import NoTokenError, Source, authorised
from cockpit.answers.feeds_write import Post, Receipt, delivered, sentence, writer
from cockpit.feeds import MOST_BYTES, Refusal, TooLargeError, parsed
from cockpit.store.session import engine
from cockpit.web.errors import BadRequestError, language_of, refused

MOST_DROPPED = 64 * 1024 * 1024
_LINES = ("application/x-ndjson", "application/jsonl", "application/ndjson")
_TRUSTED_SECONDS = 1.0  # a source switched off in another process is refused a second later
_trusted: dict[tuple[str, str, str], tuple[float, Source]] = {}
_MOST_TRUSTED = 256


async def take(request: Request) -> Response:
    """Store what a source sends; answer with what was new, known, refused and marked."""
    language = language_of(request)
    try:
        token = _token(request)
        bind = engine()
        key = request.path_params["source"]
        source = _known(key, token, bind)
        if source is None:
            source = await run_in_threadpool(_looked_up, key, token, bind)
        body = await _body(request)
        lines = request.headers.get("content-type", "").partition(";")[0].strip() in _LINES
        receipt = await _taken(Post(source, partial(parsed, body, lines=lines)), bind)
    except NoTokenError as error:
        answer = refused(request, error)
        answer.headers["WWW-Authenticate"] = 'Bearer realm="feed"'
        return answer
    except ClientDisconnect:
        return Response(status_code=400)
    taken = receipt.new + receipt.known
    return JSONResponse(
        _told(receipt, language),
        status_code=422 if receipt.refused and not taken else 200,
        headers={"Cache-Control": "no-store"},
    )


async def describe(request: Request) -> Response:
    """Tell a sender what its source is, so that a token can be tried without sending a row."""
    try:
        token = _token(request)
    except NoTokenError as error:
        answer = refused(request, error)
        answer.headers["WWW-Authenticate"] = 'Bearer realm="feed"'
        return answer
    source = await run_in_threadpool(authorised, request.path_params["source"], token, engine())
    last = await run_in_threadpool(delivered, engine(), source)
    return JSONResponse(
        {
            "id": source.id, "title": source.title, "kind": source.kind,
            "exercise": source.exercise, "last_delivery": last,
        },
        headers={"Cache-Control": "no-store"},
    )  # fmt: skip


def _token(request: Request) -> str:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise NoTokenError("Send the token of the feed: Authorization: Bearer <token>.")
    return token.strip()


def _asked(key: str, token: str, bind: Engine) -> tuple[str, str, str]:
    return str(bind.url), key, hashlib.sha256(token.encode()).hexdigest()


def _known(key: str, token: str, bind: Engine) -> Source | None:
    """Return the source of a token that was looked up within the last second."""
    found = _trusted.get(_asked(key, token, bind))
    return found[1] if found and time.monotonic() - found[0] < _TRUSTED_SECONDS else None


def _looked_up(key: str, token: str, bind: Engine) -> Source:
    """Look a token up, at most once a second: a gateway sends hundreds of requests in one."""
    source = authorised(key, token, bind)
    if len(_trusted) >= _MOST_TRUSTED:
        _trusted.clear()
    _trusted[_asked(key, token, bind)] = (time.monotonic(), source)
    return source


async def _body(request: Request) -> bytes:
    """
    Return the body; read one that is too large without keeping it, so that its sender hears why.

    A sender who still writes when we answer sees a broken connection, not the sentence. Beyond
    ``MOST_DROPPED`` bytes it is cut off all the same.

    Raises
    ------
    TooLargeError, BadRequestError
    """
    said = request.headers.get("content-length", "0")
    if not said.isascii() or not said.isdigit():
        raise BadRequestError("The length of the request is not readable.")
    parts: list[bytes] = []
    size = 0
    too_large = len(said) > 15 or int(said) > MOST_BYTES
    if len(said) <= 15 and int(said) <= MOST_DROPPED:
        async for part in request.stream():
            size += len(part)
            too_large = too_large or size > MOST_BYTES
            if size > MOST_DROPPED:
                break
            if too_large:
                parts.clear()
            else:
                parts.append(part)
    if too_large:
        raise TooLargeError(
            "The request is larger than {limit} MB; send fewer rows at once.",
            limit=MOST_BYTES // (1024 * 1024),
        )
    return b"".join(parts)


async def _taken(post: Post, bind: Engine) -> Receipt:
    """Wait for the writer; it reads and checks the rows too, so that no other thread has to."""
    await asyncio.wrap_future(writer(bind).put(post))
    if post.receipt is None and post.error is None:
        await asyncio.wrap_future(writer(bind).alone(post))
    return post.answer()


def _told(receipt: Receipt, language: str) -> dict[str, Any]:
    return {
        "delivery": receipt.delivery,
        "new": receipt.new,
        "known": receipt.known,
        "changed": receipt.changed,
        "refused": _rows(receipt.refused, language),
        "marked": _rows(receipt.marked, language),
    }


def _rows(several: Sequence[Refusal], language: str) -> list[dict[str, Any]]:
    return [
        {
            "position": one.position, "id": one.row_id,
            "sentence": sentence(one.template, one.values, language),
        }
        for one in several
    ]  # fmt: skip


ROUTES = (
    Route("/feed/{source}", take, methods=["POST"]),
    Route("/feed/{source}", describe, methods=["GET"]),
)
