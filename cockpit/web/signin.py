"""Routes of signing in and out; every one that changes something wants a form of ours."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from anyio import CapacityLimiter, to_thread
from anyio.lowlevel import RunVar
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import URL
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from cockpit.access import first_start, passwords, sessions, sign_in
from cockpit.access.demo import Demo
from cockpit.access.locks import TooManyAttemptsError
from cockpit.access.sign_in import SignInRefusedError
from cockpit.answers import sign_in as answers
from cockpit.locale import translate
from cockpit.settings import settings
from cockpit.store.session import StoreError
from cockpit.web import forms, oidc, signin_page, visitors
from cockpit.web.client import address_of, agent_of, is_https
from cockpit.web.errors import language_of
from cockpit.web.signin_page import Form
from geodata.errors import CockpitError, InputError

_T = TypeVar("_T")
_NO_STORE = {"Cache-Control": "no-store"}
_PASSWORD_PAGE = "/account/password"  # noqa: S105 -- an address
_line: RunVar[CapacityLimiter] = RunVar("sign-in")


async def hashing(work: Callable[[], _T]) -> _T:
    """Run what hashes a password; those in the queue hold no thread that a page could use."""
    try:
        line = _line.get()
    except LookupError:
        line = CapacityLimiter(passwords.AT_ONCE)
        _line.set(line)
    return await to_thread.run_sync(work, limiter=line)


async def show(request: Request) -> Response:
    """Show the page to sign in on; who is signed in goes on to where he wanted to go."""
    target = forms.own_path(request.query_params.get("next", "/"))
    if visitors.visitor(request).signed_in and target != "/":
        return RedirectResponse("/" if _needs_password(request) else target, 303, _NO_STORE)
    return await _sign_in_page(request, target)


async def take(request: Request) -> Response:
    """Sign in with name and password."""
    fields = await forms.read(request)
    target = forms.own_path(fields.get("next", "/"))
    if not forms.is_ours(request, fields):
        return _old_form(request)
    name = fields.get("name", "")
    try:
        cookie = await hashing(
            lambda: sign_in.with_password(
                name, fields.get("password", ""), address=address_of(request.scope),
                agent=agent_of(request.scope),
            )
        )  # fmt: skip
    except (SignInRefusedError, TooManyAttemptsError, StoreError) as error:
        return await _sign_in_page(request, target, error=error, name=name[:64])
    return await welcomed(request, cookie, target)


async def take_demo(request: Request) -> Response:
    """Sign in to a demo account: an invented county, and a setting that allows it."""
    fields = await forms.read(request)
    target = forms.own_path(fields.get("next", "/"))
    if not forms.is_ours(request, fields):
        return _old_form(request)
    try:
        cookie = await run_in_threadpool(
            answers.with_demo, fields.get("demo", ""), address=address_of(request.scope),
            agent=agent_of(request.scope),
        )  # fmt: skip
    except (InputError, SignInRefusedError, TooManyAttemptsError, StoreError) as error:
        return await _sign_in_page(request, target, error=error)
    return await welcomed(request, cookie, target)


async def welcomed(request: Request, cookie: str, target: str) -> Response:
    """Return the way on, with the cookie of a session that has just begun; the one before ends."""
    await run_in_threadpool(sign_in.sign_out, visitors.visitor(request))
    visitor = await run_in_threadpool(sessions.visitor_by_cookie, cookie)
    if visitor.roles == ("public",):  # somebody else chose the password
        target = f"{_PASSWORD_PAGE}?lang={language_of(request)}"
    answer = RedirectResponse(target, 303, _NO_STORE)
    answer.set_cookie(
        sessions.COOKIE, cookie, httponly=True, samesite="lax", path="/",
        secure=is_https(request.scope),
    )  # fmt: skip
    return answer


async def show_first(request: Request) -> Response:
    """Show the page that makes the first administrator, while there is none."""
    if not await run_in_threadpool(first_start.needed):
        return RedirectResponse("/sign-in", 303, _NO_STORE)
    form, mark = await _form(request)
    return _kept(request, signin_page.first_account(form), mark)


async def take_first(request: Request) -> Response:
    """Make the first administrator and sign in."""
    fields = await forms.read(request)
    if not forms.is_ours(request, fields):
        return _old_form(request)
    address, agent = address_of(request.scope), agent_of(request.scope)
    name, password = fields.get("name", ""), fields.get("password", "")

    def make() -> str:
        _require_twice(fields)
        first_start.make_administrator(
            fields.get("code", ""), name, password, display="", address=address
        )
        return sign_in.with_password(name, password, address=address, agent=agent)

    try:
        cookie = await hashing(make)
    except CockpitError as error:
        form, mark = await _form(request, error=error, name=name[:64])
        return _kept(request, signin_page.first_account(form, status=_status(error)), mark)
    return await welcomed(request, cookie, "/")


async def show_sign_out(request: Request) -> Response:
    """Ask before signing out: an address alone changes nothing."""
    visitor = visitors.visitor(request)
    if not visitor.signed_in:
        return RedirectResponse("/sign-in", 303, _NO_STORE)
    form, mark = await _form(request)
    return _kept(request, signin_page.sign_out(form, visitor.name or visitor.account), mark)


async def take_sign_out(request: Request) -> Response:
    """End this session, or all sessions of the account."""
    fields = await forms.read(request)
    if not forms.is_ours(request, fields):
        return _old_form(request)
    everywhere = request.url.path == "/sign-out-everywhere"
    await run_in_threadpool(sign_in.sign_out, visitors.visitor(request), everywhere=everywhere)
    answer = signin_page.message(language_of(request), "signed out", 200)
    answer.delete_cookie(sessions.COOKIE, path="/", httponly=True, samesite="lax")
    answer.headers["Clear-Site-Data"] = '"cache"'  # maps and tables that the browser still holds
    return answer


async def show_password(request: Request) -> Response:
    """Show the page to change the password on."""
    if not visitors.visitor(request).signed_in:
        return RedirectResponse(f"/sign-in?next={_PASSWORD_PAGE}", 303, _NO_STORE)
    return await _password_page(request)


async def take_password(request: Request) -> Response:
    """Change the password; all other sessions of the account end."""
    fields = await forms.read(request)
    visitor = visitors.visitor(request)
    if not visitor.signed_in or not forms.is_ours(request, fields):
        return _old_form(request)
    address = address_of(request.scope)

    def change() -> None:
        _require_twice(fields)
        answers.change_password(
            visitor, fields.get("present", ""), fields.get("password", ""), address=address
        )

    try:
        await hashing(change)
    except CockpitError as error:
        return await _password_page(request, error=error)
    return await _password_page(request, done=True)


async def _password_page(
    request: Request, *, error: CockpitError | None = None, done: bool = False
) -> Response:
    visitor = visitors.visitor(request)
    form, mark = await _form(request, error=error)
    places = await run_in_threadpool(answers.places_of, visitor.account)
    changeable = await run_in_threadpool(answers.has_password, visitor.account)
    page = signin_page.password(
        form, visitor.account, places, changeable=changeable, done=done,
        status=_status(error) if error else 200,
    )  # fmt: skip
    return _kept(request, page, mark)


async def _sign_in_page(
    request: Request, target: str, *, error: CockpitError | None = None, name: str = ""
) -> Response:
    form, mark = await _form(request, target=target, error=error, name=name)
    try:
        demos: tuple[Demo, ...] = await run_in_threadpool(answers.demos)
        first = await run_in_threadpool(first_start.needed)
    except StoreError as away:
        demos, first, error = (), False, error or away
        form, mark = await _form(request, target=target, error=error, name=name)
    page = signin_page.sign_in(
        form, demos=demos, first=first, oidc=bool(settings().oidc_metadata),
        ended="ended" in request.query_params,
        status=_status(error) if error else 200,
    )  # fmt: skip
    if isinstance(error, TooManyAttemptsError):
        page.headers["Retry-After"] = str(error.values["seconds"])
    return _kept(request, page, mark)


async def _form(
    request: Request, *, target: str = "/", error: CockpitError | None = None, name: str = ""
) -> tuple[Form, str]:
    language = language_of(request)
    mark, token = forms.token_of(request)
    told = translate(error.template, language, **error.values) if error else ""
    county = await run_in_threadpool(answers.county_name, language)
    return Form(language, county, token, target, told, name), mark


def _kept(request: Request, page: HTMLResponse, mark: str) -> Response:
    forms.keep_mark(request, page, mark)
    return page


def _old_form(request: Request) -> Response:
    return signin_page.message(language_of(request), "form", 403)


def _require_twice(fields: dict[str, str]) -> None:
    if fields.get("password", "") != fields.get("again", ""):
        raise InputError("The two new passwords are not the same.")


def _needs_password(request: Request) -> bool:
    return visitors.visitor(request).roles == ("public",)


def _status(error: CockpitError) -> int:
    if isinstance(error, TooManyAttemptsError):
        return 429
    if isinstance(error, StoreError):
        return 503
    return 401 if isinstance(error, SignInRefusedError) else 400


async def begin_oidc(request: Request) -> Response:
    """Lead to the identity provider."""
    target = forms.own_path(request.query_params.get("next", "/"))
    try:
        return await oidc.begin(request, target)
    except CockpitError as error:
        return await _sign_in_page(request, target, error=error)


async def end_oidc(request: Request) -> Response:
    """Take what the identity provider says, and sign in if it is about an account of ours."""
    try:
        cookie, target = await oidc.end(request)
    except CockpitError as error:
        return await _sign_in_page(request, "/", error=error)
    answer = await welcomed(request, cookie, forms.own_path(target))
    oidc.clean(answer)
    return answer


async def home(request: Request) -> Response:
    """Lead from a page that only takes forms to one that can be looked at."""
    return RedirectResponse(URL("/sign-in").include_query_params(lang=language_of(request)), 303)


ROUTES = (
    Route("/sign-in", show, methods=["GET"]),
    Route("/sign-in", take, methods=["POST"]),
    Route("/sign-in/first", show_first, methods=["GET"]),
    Route("/sign-in/first", take_first, methods=["POST"]),
    Route("/sign-in/demo", take_demo, methods=["POST"]),
    Route("/sign-in/demo", home, methods=["GET"]),
    Route("/sign-in/oidc", begin_oidc, methods=["GET"]),
    Route("/sign-in/oidc/callback", end_oidc, methods=["GET"]),
    Route("/sign-out", show_sign_out, methods=["GET"]),
    Route("/sign-out", take_sign_out, methods=["POST"]),
    Route("/sign-out-everywhere", take_sign_out, methods=["POST"]),
    Route("/sign-out-everywhere", home, methods=["GET"]),
    Route(_PASSWORD_PAGE, show_password, methods=["GET"]),
    Route(_PASSWORD_PAGE, take_password, methods=["POST"]),
)
"""Each decides by itself who may: none of them has a page's rule."""
