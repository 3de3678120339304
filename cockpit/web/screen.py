"""Routes of the command-centre screen: its page, its files, scenes, the pulse, walls, renewal."""

from __future__ import annotations

import json
import re
import threading
import time
from collections import OrderedDict
from collections.abc import Hashable
from pathlib import Path
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from cockpit.access import audit, clock, sessions
from cockpit.access.classes import CLASSES
from cockpit.access.rules import may_watch
from cockpit.access.visitor import Visitor
from cockpit.answers import screen, screen_places, screen_pulse, screen_wall
from cockpit.answers.screen_fixed import fixed_words
from cockpit.answers.screen_view import Json, View
from cockpit.look.tokens import css_variables
from cockpit.web import visitors
from cockpit.web.client import address_of, agent_of, from_ours, is_https
from cockpit.web.errors import (
    BadRequestError,
    NotFoundError,
    RefusedError,
    SignInError,
    language_of,
)
from cockpit.web.kept import Answer, Kept, packed, unpacked
from cockpit.web.layers import FOREVER, REVALIDATE, sent

FILES = Path(__file__).parent / "screen_files"
PAGE = "screen.html"
MOST_BODY = 2_048
"""Bytes of what is posted to a wall: a code, or the id of a scene."""
_TYPES = {
    ".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml", ".json": "application/json", ".woff2": "font/woff2",
    ".png": "image/png",
}  # fmt: skip
_FILE = re.compile(r"[a-z0-9][a-z0-9_.-]{0,60}")
_JSON = "application/json"
_WHOSE = ("open", *(f"own{k}" for k in range(len(CLASSES))))
_ENDS_KEPT = 30.0
_MOST_ENDS = 512

_kept = Kept(64 * 1024 * 1024)
_lock = threading.Lock()
_ends: OrderedDict[str, tuple[float, Any]] = OrderedDict()


def view_of(request: Request) -> View:
    """Return how the screen is drawn for whoever asks: the lobby's form unless he may watch."""
    who, query = visitors.visitor(request), request.query_params
    public = query.get("lobby", "") == "1" or not may_watch(who)
    theme = "light" if query.get("theme") == "light" else "dark"
    return View(
        CLASSES[0] if public else who.data_class, language_of(request), public, theme,
        select="" if public else query.get("select", "")[:40],
    )  # fmt: skip


# ---------------------------------------------------------------- the page and its files


async def page(request: Request) -> Response:
    """Serve the page; opening it counts as something done in the session."""
    who = visitors.visitor(request)
    if who.session and sessions.untouched(who):
        await run_in_threadpool(sessions.touch, who)
    view = view_of(request)
    await run_in_threadpool(_noted, who, view)
    return sent(request, _page(view), REVALIDATE)


def _page(view: View) -> Answer:
    """
    Return the page with its colours and words.

    They stand in the page itself, so that a screen whose server has gone can still say so.
    """
    path = FILES / PAGE
    if not path.is_file():
        raise NotFoundError("There is nothing at this address.")
    key = ("page", path.stat().st_mtime_ns, view.language, view.theme)
    return _kept.get(key, lambda: packed(_filled(path, view), _TYPES[".html"]))


def _filled(path: Path, view: View) -> bytes:
    told = json.dumps(fixed_words(view), ensure_ascii=False).replace("<", "\\u003c")
    text = path.read_text(encoding="utf-8")
    for name, value in (
        ("{{variables}}", css_variables(view.tokens)), ("{{words}}", told),
        ("{{language}}", "zh-CN" if view.language == "zh" else "en"), ("{{theme}}", view.theme),
    ):  # fmt: skip
        text = text.replace(name, value)
    return text.encode()


async def file(request: Request) -> Response:
    """Serve a script, a style sheet or a picture of the page."""
    return sent(request, _file(request.path_params["name"]), REVALIDATE)


def _file(name: str) -> Answer:
    path = FILES / name
    if not _FILE.fullmatch(name) or path.suffix not in _TYPES or not path.is_file():
        raise NotFoundError("There is nothing at this address.")
    key = ("file", name, path.stat().st_mtime_ns)
    return _kept.get(key, lambda: _packed_file(path))


def _packed_file(path: Path) -> Answer:
    body, media_type = path.read_bytes(), _TYPES[path.suffix]
    return (
        unpacked(body, media_type)
        if path.suffix in (".png", ".woff2")
        else packed(body, media_type)
    )


# ---------------------------------------------------------------- figures


async def playlist(request: Request) -> Response:
    """Serve the scenes, their seconds and the words of the page."""
    view = view_of(request)
    answer = await run_in_threadpool(_playlist, visitors.visitor(request), view)
    return sent(request, answer, REVALIDATE)


def _playlist(who: Visitor, view: View) -> Answer:
    _noted(who, view)
    return _packed(screen.playlist(view))


async def scene(request: Request) -> Response:
    """Serve a scene; the same bytes to everybody of a class within a minute."""
    view, name = view_of(request), request.path_params["id"]
    answer = await run_in_threadpool(_scene, visitors.visitor(request), view, name)
    return sent(request, answer, REVALIDATE)


def _scene(who: Visitor, view: View, name: str) -> Answer:
    if view.public and name not in {s.id for s in screen.scenes_of(view)}:
        if not who.signed_in:
            raise SignInError("This scene is not open to the public.")
        raise RefusedError("This scene is not open to the public.")
    _noted(who, view)
    now = time.time()
    key: tuple[Hashable, ...] = (
        "scene", screen.version_of(view), screen.playlist_mark(view), view.data_class,
        view.language, view.public, view.theme, view.select, name, int(now // 60),
        screen.turn_of(view, now), screen.living_mark(view),
    )  # fmt: skip
    return _kept.get(key, lambda: _packed(screen.scene(view, name, moment_s=now)))


def _noted(who: Visitor, view: View) -> None:
    """
    Write down, once an hour, that a screen looks at more than published figures.

    Not in the pulse: a load may hold the store for half a minute, and an alert must not wait for
    it. A screen that pulses has opened the page, the playlist and its scenes.
    """
    if not view.public:
        audit.read_once(who, "screen", data_class=who.data_class)


def _packed(made: Json) -> Answer:
    # NaN is no JSON: a browser would refuse the whole scene.
    return packed(json.dumps(made, ensure_ascii=False, allow_nan=False,
                             separators=(",", ":")).encode(), _JSON)  # fmt: skip


async def shapes(request: Request) -> Response:
    """Serve the shapes of a level; their address changes with the data and the language."""
    level = request.path_params["level"]
    return await _places(
        request, level, lambda f, v: screen_places.shapes_json(f, level, v.language)
    )


async def lines(request: Request) -> Response:
    """Serve main roads and water."""
    return await _places(request, "lines", screen_places.lines_json)


async def _places(request: Request, name: str, make: Any) -> Response:
    asked = request.path_params["version"]
    view, who = _view_of_version(request, asked), visitors.visitor(request)

    def find() -> Answer:
        _noted(who, view)
        frame = screen.frame_of(view)
        if frame is None or asked != view.version(frame.version):
            raise NotFoundError("The data were loaded anew; open the page again.")
        return _kept.get((name, asked, view.data_class), lambda: _packed(make(frame, view)))

    return sent(request, await run_in_threadpool(find), FOREVER)


def _view_of_version(request: Request, version: str) -> View:
    """Return the view that an address of places tells: its language, and whether it is public."""
    parts = version.rsplit(".", 2)
    if len(parts) != 3 or parts[1] not in ("zh", "en") or parts[2] not in _WHOSE:
        raise NotFoundError("The data were loaded anew; open the page again.")
    who = visitors.visitor(request)
    public = parts[2] == "open"
    if not public and not may_watch(who):
        raise (RefusedError if who.signed_in else SignInError)("This is not open to the public.")
    return View(CLASSES[0] if public else who.data_class, parts[1], public)


# ---------------------------------------------------------------- the pulse, walls, sessions


async def pulse(request: Request) -> Response:
    """Serve what every screen asks every two seconds."""
    view, who = view_of(request), visitors.visitor(request)
    made = await run_in_threadpool(_pulse, view, who, request.query_params.get("wall", "")[:60])
    return JSONResponse(made, headers={"Cache-Control": "no-store"})


def _pulse(view: View, who: Visitor, wall: str) -> Json:
    made = screen_pulse.pulse(view, wall)
    role = "public" if view.public else "screen" if "screen" in who.roles else who.roles[0]
    name = "" if view.public else who.name  # drawn faintly over what is not public
    session = {"role": role, "ends_minutes": _ends_minutes(who), "name": name}
    return {**made, "session": session}


def _ends_minutes(who: Visitor) -> int | None:
    """Return in how many minutes the session ends; None without one."""
    if not who.session:
        return None
    kept = _ends.get(who.session)
    if kept is None or time.monotonic() - kept[0] > _ENDS_KEPT:
        with _lock:
            _ends[who.session] = kept = (time.monotonic(), sessions.ends(who))
            while len(_ends) > _MOST_ENDS:
                _ends.popitem(last=False)
    if kept[1] is None:
        return None
    left: float = (kept[1] - clock.utc_now()).total_seconds()
    return max(0, int(left // 60))


async def follow(request: Request) -> Response:
    """Let the screens of a wall follow a region or a scene."""
    who = _ours(request)
    told = await _body(request)
    seq = await run_in_threadpool(
        lambda: screen_wall.choose(
            who, request.path_params["wall"], select_code=told.get("select"),
            scene=told.get("scene"),
        )
    )  # fmt: skip
    screen_pulse.forget()
    return JSONResponse({"seq": seq}, headers={"Cache-Control": "no-store"})


async def renew(request: Request) -> Response:
    """
    Give the session of a running screen another twelve hours, under a new cookie.

    Thirty days after it was signed in it ends for good.
    """
    who = _ours(request)
    value = await run_in_threadpool(
        lambda: sessions.renew(
            who, address=address_of(request.scope), agent=agent_of(request.scope)
        )
    )
    answer = Response(status_code=204, headers={"Cache-Control": "no-store"})
    if value:
        answer.set_cookie(
            sessions.COOKIE, value, httponly=True, samesite="lax", path="/",
            secure=is_https(request.scope),
        )  # fmt: skip
    return answer


def _ours(request: Request) -> Visitor:
    """Return who posts; refused to the public, from a lobby, and from pages that are not ours."""
    who = visitors.visitor(request)
    if not who.signed_in:
        raise SignInError("Please sign in first.")
    if not may_watch(who) or request.query_params.get("lobby", "") == "1":
        raise RefusedError("Your account is not allowed to do this.")
    site = request.headers.get("sec-fetch-site", "")
    origin = request.headers.get("origin", "")
    told = bool(site or (origin and origin != "null"))
    if not told or site not in ("", "same-origin") or not from_ours(request.scope, origin):
        raise RefusedError("This request does not come from a page of ours.")
    return who


async def _body(request: Request) -> dict[str, str]:
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > MOST_BODY:
            raise BadRequestError("The form is too long.")
    try:
        told = json.loads(body)
    except (ValueError, RecursionError) as error:  # lists within lists are no form either
        raise BadRequestError("This is no form of ours.") from error
    known = {"select", "scene"}
    if not isinstance(told, dict) or not told or not told.keys() <= known:
        raise BadRequestError("This is no form of ours.")
    # Half a character of two cannot be stored, nor be repeated in an answer.
    if not all(isinstance(v, str) and len(v) <= 80 and v.isprintable() for v in told.values()):
        raise BadRequestError("This is no form of ours.")
    return told


def clear() -> None:
    """Drop all kept answers: a test changed the store behind our back."""
    _kept.clear()
    _ends.clear()
    screen_places.forget()
    screen_pulse.forget()
    screen_wall.forget()


ROUTES = (
    Route("/screen", page),
    Route("/screen/files/{name}", file),
    Route("/screen/playlist.json", playlist),
    Route("/screen/pulse.json", pulse),
    Route("/screen/scene/{id}.json", scene),
    Route("/screen/shapes/{version}/{level}.json", shapes),
    Route("/screen/lines/{version}.json", lines),
    Route("/screen/wall/{wall}", follow, methods=["POST"]),
    Route("/screen/renew", renew, methods=["POST"]),
)
