"""Forms that change something: read with a limit, and believed from our own pages alone."""

from __future__ import annotations

import secrets
from urllib.parse import parse_qs, unquote, urlsplit

from starlette.requests import Request
from starlette.responses import Response

from cockpit.access import secret
from cockpit.web import visitors
from cockpit.web.client import from_ours, is_https
from cockpit.web.errors import BadRequestError

COOKIE = "cockpit_form"
LONGEST = 16 * 1024  # bytes of a form; ours have below 2,000
_MOST_FIELDS = 20


def token_of(request: Request) -> tuple[str, str]:
    """Return the browser's mark for forms, a new one if it has none, and the token it needs."""
    mark = request.cookies.get(COOKIE, "")
    if not 20 <= len(mark) <= 64:
        mark = secrets.token_urlsafe(32)
    return mark, secret.sealed("form", _bound(request, mark))


def keep_mark(request: Request, answer: Response, mark: str) -> None:
    """Give the browser its mark along with a form."""
    answer.set_cookie(
        COOKIE, mark, httponly=True, samesite="lax", secure=is_https(request.scope), path="/"
    )


def is_ours(request: Request, fields: dict[str, str]) -> bool:
    """
    Tell whether a form was filled in on a page of ours, in this browser and sign-in.

    The browser's own word on where the request comes from counts first, then the signed token.
    """
    site = request.headers.get("sec-fetch-site", "same-origin")
    if site not in ("same-origin", "none"):
        return False
    for header in ("origin", "referer"):
        if not from_ours(request.scope, request.headers.get(header, "")):
            return False
    mark = request.cookies.get(COOKIE, "")
    return bool(mark) and secret.fits("form", _bound(request, mark), fields.get("token", ""))


def _bound(request: Request, mark: str) -> str:
    return f"{mark}\x00{visitors.visitor(request).session}"


async def read(request: Request) -> dict[str, str]:
    """
    Return the fields of a posted form, the last value of each.

    Raises
    ------
    BadRequestError
        If it is no form, too long, or not text.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > LONGEST:
            raise BadRequestError("The form is too long.")
    if kind != "application/x-www-form-urlencoded":
        raise BadRequestError("This is no form of ours.")
    try:
        found = parse_qs(
            body.decode(), keep_blank_values=True, max_num_fields=_MOST_FIELDS, errors="strict"
        )
    except ValueError as error:
        raise BadRequestError("This is no form of ours.") from error
    return {key: values[-1] for key, values in found.items()}


def own_path(wanted: str) -> str:
    """
    Return an address of ours to go on to; "/" for everything that could lead elsewhere.

    Also after decoding: browsers and proxies read two slashes, backslashes and line ends behind
    per cent signs in their own ways.
    """
    plain = wanted
    for _ in range(3):
        if (
            not plain.startswith("/")
            or plain.startswith(("//", "/sign-", "/_stcore", "/media"))
            or "\\" in plain
            or "//" in plain.partition("?")[0]
            or not plain.isprintable()
        ):
            return "/"
        plain = unquote(plain)
    parts = urlsplit(wanted)
    if len(wanted) > 2000 or parts.scheme or parts.netloc:
        return "/"
    return parts.path + (f"?{parts.query}" if parts.query else "")
