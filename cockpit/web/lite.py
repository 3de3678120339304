"""Routes of the simple pages: HTML made here, without script, WebGL or Streamlit; open to all."""

from __future__ import annotations

import gzip
from collections.abc import Awaitable, Callable
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from cockpit.answers import lite
from cockpit.answers.lite import Seen
from cockpit.answers.lite_words import Words
from cockpit.answers.release_store import NoReleaseError
from cockpit.store.session import StoreError
from cockpit.web import (
    lite_data,
    lite_figures,
    lite_map,
    lite_office,
    lite_village,
    speak,
    visitors,
)
from cockpit.web.errors import NotFoundError, language_of
from cockpit.web.lite_page import OFFICE, Page, panel, said, whole
from cockpit.web.open_answers import takes_gzip, told
from geodata.errors import CockpitError, InputError

Maker = Callable[[Page, Seen], tuple[str, str]]
"""Returns a page's title and what stands below it, both HTML."""

_KEYS = ("figures", "who", "level", "in", "village", "q", "dataset")
_LONGEST = 80  # characters of a value; our longest id is below it


def _served(make: Maker, path: str) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        return await run_in_threadpool(_answer, request, make, path)

    return endpoint


def _answer(request: Request, make: Maker, path: str) -> Response:
    page = Page(
        Words(language_of(request)),
        elder=request.query_params.get("elder") == "1",
        path=path,
        asked={k: v[:_LONGEST] for k in _KEYS if (v := request.query_params.get(k, ""))},
        who=visitors.visitor(request).account,
        saving=request.headers.get("save-data", "").lower() == "on",
    )
    status = 200
    try:
        there = lite.seen()
        if there is None:
            title, inside = _nothing(page)
        else:
            page = _of_county(page, there)
            title, inside = make(page, there)
    except (NotFoundError, InputError, NoReleaseError) as error:
        status, title, inside = 404, *_refused(page, error)
    except StoreError as error:
        status, title, inside = 503, *_refused(page, error)
    return _sent(request, page, whole(page, title, inside), status)


def _of_county(page: Page, there: Seen) -> Page:
    county = there.places.county
    return Page(
        page.words, page.elder, page.path, page.asked, page.words.name_of(
            {"name": county["name"], "name_en": county.get("name_en")}
        ),
        there.places.version, bool(county.get("invented")), page.who, page.saving,
    )  # fmt: skip


def _nothing(page: Page) -> tuple[str, str]:
    text = said(page, page.say("No county has been loaded yet."))
    return page.say("Open data of the county"), panel(page.say("Nothing here yet"), text)


def _refused(page: Page, error: CockpitError) -> tuple[str, str]:
    values = {k: str(v) for k, v in error.values.items()}
    back = f'<p><a href="{page.link("/lite")}">{page.say("The county in figures")}</a></p>'
    title = page.say("This cannot be shown")
    return title, panel(title, said(page, page.say(error.template, **values)) + back)


def _sent(request: Request, page: Page, html: str, status: int) -> Response:
    """Return a page: kept by anybody where it is public, by nobody where somebody is signed in."""
    body = html.encode()
    if status == 200 and not page.who:
        answer = told(request, body, "text/html; charset=utf-8")
        answer.headers["vary"] = f"{answer.headers['vary']}, Cookie, Save-Data"
        return answer
    headers = {"Cache-Control": "private, no-store", "Vary": "Cookie"}
    if takes_gzip(request):
        body, headers["Content-Encoding"] = gzip.compress(body, 6, mtime=0), "gzip"
    return Response(body, status, headers, "text/html; charset=utf-8")


async def office(request: Request) -> Response:
    """Serve the office's part: to who may open Overview, traced like that page."""
    who = visitors.visitor(request)
    if not who.signed_in:  # a page: it leads to the form instead of refusing in JSON
        there = f"/sign-in?next={quote(OFFICE, safe='')}&lang={language_of(request)}"
        return RedirectResponse(there, 303, {"Cache-Control": "no-store"})
    lite_office.require(who)
    await run_in_threadpool(lite_office.trace, who)

    def make(page: Page, there: Seen) -> tuple[str, str]:  # noqa: ARG001
        return lite_office.office(page, who)

    return await run_in_threadpool(_answer, request, make, OFFICE)


async def nothing(request: Request) -> Response:
    """Say that nothing is here, as a page."""

    def make(page: Page, there: Seen) -> tuple[str, str]:  # noqa: ARG001
        raise NotFoundError("There is nothing at this address.")

    return await run_in_threadpool(_answer, request, make, "/lite")


ROUTES = (
    *speak.ROUTES,
    Route("/lite", _served(lite_figures.county, "/lite")),
    Route("/lite/map", _served(lite_map.county_map, "/lite/map")),
    Route("/lite/village", _served(lite_village.village, "/lite/village")),
    Route("/lite/data", _served(lite_data.data, "/lite/data")),
    Route(OFFICE, office),
    Route("/lite/{rest:path}", nothing),
)
"""The simple pages, and the script that reads them aloud."""
