"""What stands before every route of ours: its rule, the visitor's territory, and the trace."""

from __future__ import annotations

import datetime as dt
from collections.abc import Awaitable, Callable, Iterable, Mapping
from zoneinfo import ZoneInfo

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from cockpit.access import audit
from cockpit.access.rules import RouteRule, may_ask
from cockpit.access.visitor import Visitor
from cockpit.access.watermark import mark_of, marked
from cockpit.answers.current import current_twin
from cockpit.settings import settings
from cockpit.web import visitors
from cockpit.web.errors import RefusedError, SignInError, language_of
from cockpit.web.stamps import stamped
from geodata.errors import CockpitError

Endpoint = Callable[[Request], Awaitable[Response]]

_MAPS = (
    "map", "population", "coverage", "closures", "risk", "warning", "appeals", "placement",
    "scenarios", "data", "timeline", "compare",
)  # fmt: skip
_COVERAGE = ("coverage", "closures", "placement", "scenarios")
_PLANS = ("placement", "scenarios")
_OPEN = RouteRule()

RULES: Mapping[str, RouteRule] = {
    "/healthz": _OPEN,
    "/style/{theme}.json": _OPEN,
    "/feed/{source}": _OPEN,  # asks for its own token
    "/layers/{version}/relief.png": RouteRule(_MAPS, narrow=True),
    "/layers/{version}/relief.json": RouteRule(_MAPS, narrow=True),
    "/layers/{version}/features/{layer}.geojson": RouteRule(_MAPS, narrow=True),
    "/layers/{version}/labels/{level}/{parent}.geojson": RouteRule(_MAPS, unit="parent"),
    "/layers/{version}/facilities/{parent}.geojson": RouteRule(_MAPS, unit="parent"),
    "/layers/{version}/roads/{parent}.geojson": RouteRule(_MAPS, unit="parent"),
    "/layers/{version}/buildings/{parent}.geojson": RouteRule(_MAPS, unit="parent"),
    "/layers/{version}/{level}/{parent}.geojson": RouteRule(_MAPS, unit="parent"),
    "/layers/{version}/{level}/{parent}/{z:int}/{x:int}/{y:int}.geojson": RouteRule(
        _MAPS, unit="parent"
    ),
    "/download/{version}/{level}/{parent}.{ending}": RouteRule(
        ("map", "population"), "export", unit="parent"
    ),
    "/layers/{version}/bridges/{parent}.geojson": RouteRule(_COVERAGE),
    "/layers/{version}/closed/{key}.geojson": RouteRule(_COVERAGE),
    "/layers/{version}/lost/{mode}/{service}/{key}/{parent}.geojson": RouteRule(_COVERAGE),
    "/layers/{version}/sites/{parent}.geojson": RouteRule(_PLANS),
    "/layers/{version}/standing/{service}.geojson": RouteRule(_PLANS),
    "/layers/{version}/places/hatch.png": RouteRule(("risk", "warning", "compare")),
    "/layers/{version}/places/{level}/{parent}.geojson": RouteRule(("risk", "warning")),
    "/download/findings.csv": RouteRule(("data",), "export"),
    "/download/alerts/open.json": RouteRule(("warning",)),
}
"""Path of a route to its rule; those of one family follow below."""

_FAMILIES: tuple[tuple[str, RouteRule], ...] = (
    ("/download/briefing/", RouteRule(("overview",), "export")),
    ("/download/{version}/plan/", RouteRule(_PLANS, "export")),
    ("/download/{version}/memo/", RouteRule(_PLANS, "export")),
    ("/download/{version}/scenario/", RouteRule(_PLANS, "export")),
    ("/download/{version}/comparison", RouteRule(_PLANS, "export")),
    ("/download/{version}/picture/", RouteRule(("map",), "export", unit="parent")),
    ("/download/{version}/closures/", RouteRule(("closures",), "export")),
    ("/download/{version}/catchments/", RouteRule(_COVERAGE, "export", unit="parent")),
    ("/download/{version}/isochrone/", RouteRule(_COVERAGE, "export")),
    ("/download/{version}/coverage/", RouteRule(("coverage",), "export", unit="parent")),
    ("/download/{version}/appeals/", RouteRule(("appeals",), "export")),
    ("/download/{version}/risk/", RouteRule(("risk",), "export")),
    ("/download/alerts/ledger.", RouteRule(("warning",), "export")),
    ("/layers/{version}/appeals/", RouteRule(("appeals",))),
    ("/layers/{version}/risk/", RouteRule(("risk", "warning"))),
    ("/layers/{version}/timeline/", RouteRule(("timeline",))),
    ("/layers/{version}/compare/", RouteRule(("compare",))),
    ("/download/{version}/compare/", RouteRule(("compare",), "export")),
    ("/layers/{version}/minutes/", RouteRule(_COVERAGE, unit="parent")),
    ("/layers/{version}/covered/", RouteRule(_COVERAGE, unit="parent")),
    ("/layers/{version}/catchments/", RouteRule(_COVERAGE, unit="parent")),
    ("/layers/{version}/served/", RouteRule(_COVERAGE, unit="parent")),
    ("/layers/{version}/isochrone/", RouteRule(_COVERAGE)),
    ("/open/", _OPEN),  # published figures and nothing else
    ("/lite", _OPEN),  # public figures for all; the office's part looks itself for who asks
    ("/screen", _OPEN),  # looks itself for who may see more than published figures
    ("/sign-", _OPEN),
    ("/access/trail", RouteRule(("audit",), "audit", narrow=True)),
    ("/access/proof/", RouteRule(("audit",), "audit", narrow=True)),
    ("/access/", RouteRule(("accounts", "audit"), narrow=True)),  # who may what: no figures
    ("/account/password", _OPEN),  # looks itself for who is signed in
)


def rule_of(path: str) -> RouteRule | None:
    """Return the rule of a route by its path pattern; None: nobody may ask it."""
    if path in RULES:
        return RULES[path]
    if path.endswith("/{rest:path}"):  # says that nothing is there
        return _OPEN
    return next((rule for begin, rule in _FAMILIES if path.startswith(begin)), None)


def guarded(routes: Iterable[Route]) -> tuple[Route, ...]:
    """Return the routes with their rules before them; one without a rule refuses everybody."""
    return tuple(
        Route(
            route.path,
            _guard(route.endpoint, route.path, rule_of(route.path)),
            methods=sorted(route.methods or ("GET",)),
        )
        for route in routes
    )


def _guard(ask: Endpoint, path: str, rule: RouteRule | None) -> Endpoint:
    if rule is _OPEN:
        return ask

    async def guard(request: Request) -> Response:
        who = visitors.visitor(request)
        if rule is None or not may_ask(who, rule):
            raise _refusal(who)
        if who.territory and not rule.narrow:
            await run_in_threadpool(_require_within, who, request.path_params.get(rule.unit, ""))
        if rule.act == "export":
            return await _export(request, who, path, ask)
        await run_in_threadpool(
            audit.read_once, who, subject_of(path), data_class=who.data_class,
            detail={"path": request.url.path[:300]},
        )  # fmt: skip
        return await ask(request)

    return guard


def _refusal(who: Visitor) -> CockpitError:
    if not who.signed_in:
        return SignInError("Please sign in first.")
    return RefusedError("Your account is not allowed to see this.")


def _require_within(who: Visitor, code: str) -> None:
    county = current_twin()
    try:
        path = county.path(county.position(code)) if county else ""
    except KeyError:
        path = ""
    if not who.reaches(path):
        raise RefusedError("This is outside of your area.")


def subject_of(path: str) -> str:
    """Return what a route is called in the trail: its path without the version, up to a value."""
    parts = [part for part in path.split("/") if part and part != "{version}"]
    fixed = parts[:1]
    for part in parts[1:]:
        if part.startswith("{"):
            break
        fixed.append(part.partition(".")[0])
    return " ".join(fixed)


async def _export(request: Request, who: Visitor, path: str, ask: Endpoint) -> Response:
    """Write the trace first, then make the file with the mark in it."""
    seq = await run_in_threadpool(
        audit.record_now, who, "export", subject_of(path), data_class=who.data_class,
        detail={"path": request.url.path[:300], "query": request.url.query[:300]},
    )  # fmt: skip
    now = dt.datetime.now(ZoneInfo(settings().timezone)).replace(tzinfo=None)
    with marked(mark_of(who, audit.code_of(seq), now, language_of(request))) as mark:
        return stamped(await ask(request), mark)
