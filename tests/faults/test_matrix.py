"""WEB-2, WEB-5 and P5: roles x pages x routes x classes x territories, made from the code."""

from __future__ import annotations

import asyncio
import itertools
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import shapely
from sqlalchemy.orm import Session
from starlette.applications import Starlette

from cockpit.access import territory
from cockpit.access.classes import CLASSES, may_see
from cockpit.access.matrix import visitor_of
from cockpit.access.roles import ROLES
from cockpit.access.rules import PAGES, RouteRule, may_ask, may_open
from cockpit.access.visitor import Visitor
from cockpit.answers import current
from cockpit.answers.layers import stamp
from cockpit.locale import translate
from cockpit.store.models import Batch, Dataset, Feature
from cockpit.store.session import open_engine
from cockpit.ui import cache, menu, population_choices
from cockpit.web import layers
from cockpit.web.accounts import live_routes
from tests import bridged, conftest, signing, tiny
from tests.benchmarks import viewer
from tests.servers import serving
from tests.web.asgi import Reply, ask, cockpit_app

ROOT = Path(__file__).parents[2]
COUNTY, EAST, WEST = "529901", "529901001", "529901100"
BEING_BUILT = {"open", "village", "datasets", "algorithms", "release", "audit"}
OF_WEST = (WEST.encode(), "西河".encode(), b"Xihe", b"\\u897f\\u6cb3")
"""Codes and names of the township that an account of the other one must not get."""

SAID = {
    translate(sentence, "zh")
    for sentence in (
        "Please sign in first.",
        "Your account is not allowed to see this.",
        "This is outside of your area.",
    )
}
"""What a route says that is closed."""

VALUES = {
    "source": "none", "mode": "car", "service": "clinic", "group": "people", "decay": "none",
    "minutes": "15", "key": "z1", "file": "villages.csv", "facility:path": "F0", "limits": "5-10",
    "level": "village", "ending": "csv", "mark": "n", "days": "30", "channels": "-", "topic": "-",
    "table": "topics", "id": "1", "method": "poisson", "theme:path": "all", "first": "1",
    "last": "2", "whole_first": "1", "whole_last": "2", "look": "blue", "unit": COUNTY,
    "options": "-", "layer": "water", "z:int": "10", "x:int": "815", "y:int": "431",
    "theme": "dark", "release": "none", "class_id": "none", "collection": "none",
    "feature:path": "1", "dataset": "none", "version:int": "1", "name": "a.csv", "rest:path": "x",
}  # fmt: skip
"""Values for path parameters; others are 1."""

PEOPLE = [
    (role, part)
    for role in ROLES
    for part in ("", EAST)
    if not (role == "public" and part)
]  # fmt: skip


def asked(pattern: str, version: str, parent: str) -> str:
    """Return an address of a route."""

    def value(found: re.Match[str]) -> str:
        name = found.group(1)
        return {"version": version, "parent": parent}.get(name) or VALUES.get(name, "1")

    return re.sub(r"\{([^}]+)\}", value, pattern)


# ---------------------------------------------------------------- nothing without a rule


def test_every_page_has_a_rule_and_every_rule_a_page() -> None:
    files = {path.stem for path in (ROOT / "pages").glob("*.py")}
    assert files - set(PAGES) == set(), "a page without a rule in cockpit/access/rules.py"
    assert set(PAGES) - files <= BEING_BUILT, "a rule without a page"


def test_every_page_of_the_menu_has_a_rule() -> None:
    named = {name for _, pages in menu._GROUPS for name, _, _ in pages}
    assert named == set(PAGES)


def test_every_route_has_a_rule() -> None:
    assert [path for path, rule in live_routes().items() if rule is None] == []


def test_only_what_asks_for_nothing_is_open_to_everybody() -> None:
    free = {path for path, rule in live_routes().items() if rule is not None and not rule.pages}
    begins = (
        "/open/", "/lite", "/screen", "/sign-", "/style/", "/healthz", "/feed/",
        "/account/password",
    )  # fmt: skip
    assert [p for p in free if not p.startswith(begins) and not p.endswith("/{rest:path}")] == []


def test_rules_name_pages_and_parameters_that_there_are() -> None:
    for path, rule in live_routes().items():
        assert rule is not None
        assert set(rule.pages) <= set(PAGES), path
        assert not rule.unit or f"{{{rule.unit}}}" in path, path


@pytest.mark.parametrize("role", ROLES)
def test_pages_open_by_role_and_territory_alone(role: str) -> None:
    whole, part = visitor_of(role, "county"), visitor_of(role, "part")
    for page, rule in PAGES.items():
        assert may_open(whole, page) == (role in rule.roles)
        assert may_open(part, page) == (role in rule.roles and rule.narrow)
        assert not may_open(Visitor("x", roles=()), page)
        assert not may_open(Visitor("x", roles=("nobody",)), page)
    assert not may_open(whole, "forgotten")


# ---------------------------------------------------------------- every route, asked by everybody


@pytest.fixture(scope="module")
def store(bridged_store: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the tiny county with roads, and a layer of each class with a word in it."""
    folder = tmp_path_factory.mktemp("matrix") / "data"
    shutil.copytree(bridged_store, folder)
    engine = open_engine(f"sqlite:///{folder / 'county.sqlite'}")
    with Session(engine) as db:
        _plant(db)
    engine.dispose()
    return folder


def _plant(db: Session) -> None:
    batch = db.get(Batch, 1)
    assert batch is not None
    copied = {c.key: getattr(batch, c.key) for c in Batch.__table__.columns}
    for number, data_class in enumerate(CLASSES):
        key = f"planted{number}"
        db.add(
            Dataset(
                id=key, title=key, title_en=key, kind="features", department="x", as_of=tiny.DATE,
                data_class=data_class, refresh_days=365,
            )
        )  # fmt: skip
        db.flush()
        db.add(Batch(**{**copied, "id": 80 + number, "dataset_id": key}))
        db.flush()
        for side, west in (("east", 0.005), ("west", 0.025)):
            db.add(
                Feature(
                    dataset_id=key, layer="planted", name=f"word{number}{side}", kind="x",
                    batch_id=80 + number, source_row=1,
                    geometry=shapely.to_wkb(
                        shapely.Point(tiny.WEST + west, tiny.SOUTH + 0.005)
                    ),
                )
            )  # fmt: skip
    db.commit()


@pytest.fixture(scope="module")
def cookies(store: Path) -> dict[tuple[str, str], str]:
    """Sign an account of each role in, for the county and for one township."""
    return {
        (role, part): signing.add_person(
            store, f"{role}{part}", [role], ROLES[role].clearance, purpose="tests", territory=part
        )
        for role, part in PEOPLE
        if role != "public"
    }


@pytest.fixture
def app(store: Path, monkeypatch: pytest.MonkeyPatch, real_visitors: None) -> Iterator[Starlette]:
    monkeypatch.setenv("COCKPIT_DATA", str(store))
    conftest._forget_store()
    layers.clear()
    yield cockpit_app()
    layers.clear()
    conftest._forget_store()


def get(app: Starlette, target: str, cookie: str) -> Reply:
    return ask(app, target, cookie=f"{signing.COOKIE}={cookie}") if cookie else ask(app, target)


def version_of(part: str) -> str:
    return stamp(f"{bridged.VERSION}{territory.MARK}{part}" if part else bridged.VERSION)


def about_the_county(rule: RouteRule | None) -> bool:
    return rule is not None and bool(rule.pages) and not set(rule.pages) <= {"accounts", "audit"}


@pytest.mark.parametrize(("role", "part"), PEOPLE)
def test_every_route_refuses_as_the_rules_say(
    app: Starlette, cookies: dict[tuple[str, str], str], role: str, part: str
) -> None:
    who = visitor_of(role, "part" if part else "county")
    cookie = cookies.get((role, part), "")
    wrong = []
    for pattern, rule in live_routes().items():
        assert rule is not None
        if not rule.pages:
            continue
        for parent, version in itertools.product(
            (EAST, WEST, COUNTY) if "{parent}" in pattern else (EAST,),
            {version_of(part), version_of("")} if "{version}" in pattern else {""},
        ):
            reply = get(app, asked(pattern, version, parent), cookie)
            inside = not part or rule.narrow or parent == EAST
            refused = not (may_ask(who, rule) and inside)
            # A layer of its own may be above a class; that says another sentence.
            closed = reply.status in (401, 403) and bool({*reply.json().values()} & set(SAID))
            if refused != closed:
                wrong.append((pattern, parent, version, reply.status))
            if refused and (len(reply.body) > 300 or leaks(reply, COUNTY.encode())):
                wrong.append((pattern, parent, "tells more than no"))
            if part and about_the_county(rule) and leaks(reply):
                wrong.append((pattern, parent, "tells of the other township"))
    assert wrong == []


def leaks(reply: Reply, *more: bytes) -> list[bytes]:
    told = reply.content + repr(sorted(reply.headers.items())).encode()
    return [word for word in (*OF_WEST, *more) if word in told]


def test_a_part_is_not_empty(app: Starlette, cookies: dict[tuple[str, str], str]) -> None:
    """What the search above would find is there for those who may see it."""
    whole, part = cookies["leader", ""], cookies["leader", EAST]
    target = f"/layers/{version_of('')}/grid/{COUNTY}.geojson"
    assert len(get(app, target, whole).json()["features"]) == 16
    assert leaks(get(app, target, whole))
    mine = get(app, f"/layers/{version_of(EAST)}/grid/{EAST}.geojson", part)
    assert len(mine.json()["features"]) == 8
    table = get(app, f"/download/{version_of(EAST)}/village/{EAST}.csv?lang=zh", part)
    assert table.status == 200
    assert table.content.decode("utf-8-sig").count("东山") == 2
    # The address of the whole county's layer gives a part of the county nothing.
    assert get(app, f"/layers/{version_of('')}/grid/{EAST}.geojson", part).status == 404


@pytest.mark.parametrize(("role", "part"), PEOPLE)
@pytest.mark.parametrize("purpose", ["", "tests"])
def test_layers_hold_the_classes_that_are_open_and_no_others(
    app: Starlette, store: Path, role: str, part: str, purpose: str
) -> None:
    cookie = ""
    if role != "public":
        cookie = signing.add_person(
            store, f"{role}{part}{purpose}c", [role], ROLES[role].clearance, purpose=purpose,
            territory=part,
        )  # fmt: skip
    who = Visitor(roles=(role,), clearance=ROLES[role].clearance, purpose=purpose)
    told = get(app, f"/layers/{version_of(part)}/features/planted.geojson", cookie)
    for number, data_class in enumerate(CLASSES):
        open_ = may_open(who, "map") and may_see(who.data_class, data_class)
        assert (f"word{number}east".encode() in told.content) == open_, data_class
        assert (f"word{number}west".encode() in told.content) == (open_ and not part), data_class


def test_after_sign_out_and_with_less_rights_nothing_is_left(app: Starlette, store: Path) -> None:
    """What was kept for a visitor is not given to what the visitor has become (WEB-3)."""
    target = f"/layers/{version_of('')}/features/planted.geojson"
    cookie = signing.add_person(store, "turn", ["steward"], "秘密", purpose="tests")
    assert b"word3west" in get(app, target, cookie).content
    for clearance, roles in (("备用", ["leader"]), ("公开", ["auditor"])):
        cookie = signing.add_person(store, "turn", roles, clearance, purpose="tests")
        reply = get(app, target, cookie)
        assert b"word2" not in reply.content
        assert b"word3" not in reply.content
    assert reply.status == 403


# ---------------------------------------------------------------- two territories, in turns


CACHED = {
    "data_version": (),
    "_whole": (),
    "_reach_of": (),
    "map_answer": ("people", "{code}", "grid", "quantile", 5, (), "备用"),
    "names": ("zh",),
    "parts_with": ("{code}", "grid"),
    "box": ("{code}",),
    "levels_in": ("{code}",),
    "overlays": ("备用",),
}
"""Functions of ``cockpit.ui.cache`` that keep answers, with what they are asked after a version."""


def cached(module: object) -> set[str]:
    return {
        name
        for name, found in vars(module).items()
        if hasattr(found, "clear") and hasattr(found, "__wrapped__")
    }


def test_every_kept_answer_is_tried_below() -> None:
    assert cached(cache) == set(CACHED)
    assert cached(population_choices) == {"unit_of", "parts_of", "changes_of"}


def test_nothing_crosses_between_territories(app: Starlette, store: Path) -> None:
    """WEB-5: each kept answer asked by two in turns, the second time out of what is kept."""
    versions = {
        code: f"{bridged.VERSION}{territory.MARK}{code}" if code else bridged.VERSION
        for code in (EAST, WEST, "")
    }
    people = {EAST: 600.0, WEST: 760.0, "": 1360.0}
    for code, version in [*versions.items(), *reversed(versions.items())]:
        top = code or COUNTY
        for name, more in CACHED.items():
            if more:
                getattr(cache, name)(version, *(m.format(code=code or COUNTY) if isinstance(m, str)
                                                else m for m in more))  # fmt: skip
        answer = cache.map_answer(version, "people", top, "grid", "quantile", 5, (), "备用")
        assert answer.total == people[code]
        county = cache.twin_of(version)
        assert county is not None
        codes = county.regions["code"].to_numpy()[answer.rows]
        assert np.char.startswith(codes.astype(str), top).all()
        other = "东山" if code == WEST else "西河"
        assert any(other in name for name in cache.names(version, "zh")) == (code == "")
        kept = {"version": version, "visitor": "备用", "small": 10}
        unit = population_choices.unit_of(top, **kept)
        assert unit.people["usual"].total == people[code]
        assert [place.code for place in unit.ancestors] == [top]
        parts = population_choices.parts_of(top, **kept)
        assert parts is not None
        assert all(place.code.startswith(top) for place in parts.places)
        population_choices.changes_of(top, **kept)
        if code:
            outside = {EAST: WEST, WEST: EAST}[code]
            with pytest.raises(KeyError):
                cache.parts_with(version, outside, "grid")


def test_routes_asked_in_turns_give_each_its_own(app: Starlette, store: Path) -> None:
    people = {
        part: signing.add_person(store, f"turns{part}", ["leader"], "备用", territory=part)
        for part in (EAST, WEST)
    }
    names = {EAST: "东山".encode(), WEST: "西河".encode()}
    for _ in range(2):
        for part, cookie in people.items():
            other = WEST if part == EAST else EAST
            for target in (
                f"/layers/{version_of(part)}/village/{part}.geojson",
                f"/layers/{version_of(part)}/labels/village/{part}.geojson",
                f"/download/{version_of(part)}/village/{part}.csv?lang=zh",
            ):
                told = get(app, target, cookie)
                assert names[part] in told.content
                assert names[other] not in told.content
            assert get(app, f"/layers/{version_of(other)}/village/{other}.geojson",
                       cookie).status == 403  # fmt: skip


def test_a_territory_that_is_gone_opens_nothing(app: Starlette, store: Path) -> None:
    cookie = signing.add_person(store, "gone", ["leader"], "备用", territory="529999")
    for pattern, rule in live_routes().items():
        if about_the_county(rule):
            reply = get(app, asked(pattern, version_of(""), EAST), cookie)
            assert reply.status in (403, 404), pattern
            assert not leaks(reply, EAST.encode()), pattern


def test_a_newer_county_gives_nothing_of_the_old(app: Starlette) -> None:
    county = current.current_twin()
    assert county is not None
    part = territory.cut(county, EAST)
    assert territory.cut(part, WEST).version.endswith(WEST)
    assert territory.cut(county, EAST) is part


# ---------------------------------------------------------------- pages, over a raw websocket


@pytest.fixture(scope="module")
def site(store: Path, cookies: dict[tuple[str, str], str]) -> Iterator[str]:
    with serving(store, store.parent / "server.log") as address:
        yield address


def over_websocket(address: str, cookie: str, pages: tuple[str, ...], query: str = "") -> bytes:
    async def all_of_them() -> bytes:
        told = b""
        header = f"{signing.COOKIE}={cookie}" if cookie else ""
        for page in pages:
            async with viewer.connect(address, cookie=header) as socket:
                run = await viewer.rerun(socket, page, f"lang=zh{query}", keep=True)
                told += b"".join(m.SerializeToString() for m in run.messages)
        return told

    return asyncio.run(all_of_them())


@pytest.mark.parametrize(
    ("role", "pages"),
    [
        ("public", ("map", "population", "accounts", "risk", "account")),
        ("auditor", ("map", "data", "accounts")),
        ("administrator", ("map", "population", "warning")),
    ],
)
def test_closed_pages_send_no_figures(
    site: str, cookies: dict[tuple[str, str], str], role: str, pages: tuple[str, ...]
) -> None:
    told = over_websocket(site, cookies.get((role, ""), ""), pages)
    assert b"data-figure" not in told
    assert tiny.grid_code(5).encode() not in told
    if role == "public":
        assert b"steward" not in told  # the name of an account


def test_a_part_of_the_county_hears_of_nothing_else(
    site: str, cookies: dict[tuple[str, str], str]
) -> None:
    cookie = cookies["leader", EAST]
    pages = ("map", "population", "risk", "coverage", "data", "account")
    for query in ("", f"&region={WEST}", f"&region={WEST}001&level=grid&pick={WEST}001"):
        told = over_websocket(site, cookie, pages[:2] if query else pages, query)
        assert "东山街道".encode() in told
        # Streamlit sends the visitor's own address back.
        told = re.sub(rb"(region|pick)=" + WEST.encode() + rb"\d*", b"", told)
        assert [word for word in OF_WEST if word in told] == [], query
    coverage = over_websocket(site, cookie, ("coverage",), "&service=clinic")
    assert b'data-figure="share"' in coverage  # it is open, and reckons with the whole county
    assert "辖区内设施".encode() in coverage
    whole = over_websocket(site, cookies["leader", ""], ("map",))
    assert "西河".encode() in whole
    assert b"data-figure" in whole
