"""Routes of the screen: who gets what, nothing above the class, walls, sessions of screens."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session
from starlette.applications import Starlette

from cockpit.access import audit, sessions
from cockpit.access.rules import may_watch
from cockpit.answers import open_county_places, screen_wall
from cockpit.answers.screen_view import SceneError, View
from cockpit.screen.scenes import TITLES
from cockpit.store.models_access import StoredSession
from cockpit.store.models_audit import AuditEntry
from cockpit.store.models_looks import Wall
from cockpit.store.session import engine
from cockpit.web import lifespan, screen
from cockpit.web.kept import Kept
from tests import conftest, signing
from tests.faults.test_canaries import PEOPLE, Person, above, plant
from tests.web.asgi import Reply, ask, cockpit_app, send

OURS = {"sec_fetch_site": "same-origin", "origin": "http://testserver", "host": "testserver"}


def get(app: Starlette, target: str, cookie: str = "", **headers: str) -> Reply:
    told = {"cookie": f"{signing.COOKIE}={cookie}"} if cookie else {}
    return ask(app, target, **told, **headers)


def post(app: Starlette, target: str, cookie: str, body: Any = None, **headers: str) -> Reply:
    """Post JSON."""
    told = {"cookie": f"{signing.COOKIE}={cookie}"} if cookie else {}
    return send(app, target, "POST", json.dumps(body or {}).encode(), {**told, **headers})


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """Return a store with one canary of each class in every kind of thing, and all cookies."""
    folder = tmp_path_factory.mktemp("screens")
    plant(folder)
    cookies = {
        one.name: signing.add_person(
            folder, one.name, one.roles, one.clearance, purpose=one.purpose
        )
        for one in PEOPLE
        if one.roles
    }
    cookies["east"] = signing.add_person(folder, "east", ("leader",), "敏感", territory="529901001")
    return folder, cookies


@pytest.fixture
def site(
    planted: tuple[Path, dict[str, str]], monkeypatch: pytest.MonkeyPatch, real_visitors: None
) -> Iterator[tuple[Starlette, dict[str, str]]]:
    folder, cookies = planted
    monkeypatch.setenv("COCKPIT_DATA", str(folder))
    conftest._forget_store()
    sessions.forget()
    screen.clear()
    open_county_places.forget()
    yield cockpit_app(), cookies
    screen.clear()
    sessions.forget()
    open_county_places.forget()
    conftest._forget_store()


WATCHING = {"screen", "leader", "planner", "steward"}


@pytest.mark.parametrize("person", PEOPLE, ids=lambda p: p.name)
def test_no_byte_above_the_class(site: tuple[Starlette, dict[str, str]], person: Person) -> None:
    app, cookies = site
    cookie = cookies.get(person.name, "")
    bodies, lobby = b"", b""
    for query in ("lang=zh&theme=light", "lang=en&lobby=1"):
        found = get(app, f"/screen/playlist.json?{query}", cookie).json()
        public = person.name not in WATCHING or "lobby" in query
        assert found["lobby"] is public
        targets = [f"/screen/scene/{s['id']}.json?{query}" for s in found["scenes"]]
        targets += [f"/screen/pulse.json?{query}&wall=hall", f"/screen?{query}"]
        targets += [
            f"/screen/shapes/{found['version']}/village.json",
            f"/screen/lines/{found['version']}.json",
        ]
        for target in targets:
            reply = get(app, target, cookie)
            assert reply.status == 200, (target, reply.content)
            bodies += reply.content
            lobby += reply.content if public else b""
        for name in ("risk", "warning", "townships", "township:529901001"):
            status = get(app, f"/screen/scene/{name}.json?{query}", cookie).status
            assert status == (200 if not public else 403 if cookie else 401)
    assert [canary for canary in above(person.open_to) if canary in bodies] == []
    assert [canary for canary in above("公开") if canary in lobby] == []
    assert b"NaN" not in bodies


def test_the_public_is_refused_the_shapes_of_others(site: tuple[Starlette, dict[str, str]]) -> None:
    app, cookies = site
    inner = get(app, "/screen/playlist.json?lang=zh", cookies["screen"]).json()["version"]
    assert get(app, f"/screen/shapes/{inner}/village.json").status == 401
    assert get(app, f"/screen/shapes/{inner}/village.json", cookies["auditor"]).status == 403
    assert get(app, f"/screen/shapes/{inner}/village.json", cookies["screen"]).status == 200
    old = inner.replace("bridged1", "bridged0")
    assert get(app, f"/screen/shapes/{old}/village.json", cookies["screen"]).status == 404
    assert inner.endswith(".zh.own1")  # 备用: another class has another address, kept for a year
    other = inner.replace("own1", "own2")
    assert get(app, f"/screen/shapes/{other}/village.json", cookies["screen"]).status == 404
    for wrong in ("x", "bridged1.xx.own1", "bridged1.zh.all", "bridged1.zh.own9"):
        assert get(app, f"/screen/lines/{wrong}.json", cookies["screen"]).status == 404


def test_an_account_of_a_part_gets_the_public_form(site: tuple[Starlette, dict[str, str]]) -> None:
    app, cookies = site
    assert get(app, "/screen/playlist.json", cookies["east"]).json()["lobby"] is True
    assert get(app, "/screen/scene/risk.json", cookies["east"]).status == 403


def test_answers_are_kept_and_told_apart(site: tuple[Starlette, dict[str, str]]) -> None:
    app, cookies = site
    first = get(app, "/screen/scene/county.json?lang=zh", cookies["screen"])
    tag = first.headers["etag"]
    again = get(app, "/screen/scene/county.json?lang=zh", cookies["screen"], if_none_match=tag)
    assert (again.status, again.body) == (304, b"")
    assert first.headers["cache-control"] == "private, no-cache"
    assert "Cookie" in first.headers["vary"]
    english = get(app, "/screen/scene/county.json?lang=en", cookies["screen"])
    assert english.headers["etag"] != tag
    assert get(app, "/screen/scene/none.json", cookies["screen"]).status == 404
    assert get(app, "/screen/what", cookies["screen"]).status == 404


def test_files_are_those_of_the_page(site: tuple[Starlette, dict[str, str]]) -> None:
    app, _ = site
    page = get(app, "/screen?lang=en&theme=light")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "default-src 'self'" in page.headers["content-security-policy"]
    assert b'lang="en" data-theme="light"' in page.content
    assert b"{{" not in page.content.partition(b"<html")[2]
    for name in sorted(p.name for p in screen.FILES.iterdir() if p.suffix in (".js", ".css")):
        reply = get(app, f"/screen/files/{name}", accept_encoding="gzip")
        kind = "javascript" if name.endswith("js") else "css"
        assert reply.headers["content-type"] == f"text/{kind}; charset=utf-8"
        assert get(app, f"/screen/files/{name}", if_none_match=reply.headers["etag"]).status == 304
    for wrong in ("..%2fscreen.py", "screen.py", ".hidden.js", "none.js"):
        assert get(app, f"/screen/files/{wrong}").status == 404


def test_versions_of_a_file_make_room_for_each_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = Kept(2_000)
    monkeypatch.setattr(screen, "FILES", tmp_path)
    monkeypatch.setattr(screen, "_kept", kept)
    script = tmp_path / "a.js"
    for k in range(50):
        script.write_bytes(hashlib.shake_256(bytes([k])).digest(500))
        os.utime(script, ns=(k, k))
        assert screen._file("a.js").plain() == script.read_bytes()
    assert 0 < len(kept._answers) <= 4


def test_a_start_works_out_every_built_in_scene(
    site: tuple[Starlette, dict[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, str, str]] = []

    def one(view: View, name: str) -> None:
        asked.append((view.data_class, view.language, name))
        if name == "coverage":
            raise SceneError("There is no scene {scene}.", scene=name)

    monkeypatch.setattr("cockpit.answers.screen.scene", one)
    lifespan.warm_screen()
    assert asked == [("备用", "zh", name) for name in TITLES]


# ---------------------------------------------------------------- walls


def test_screens_of_a_wall_follow_a_choice(site: tuple[Starlette, dict[str, str]]) -> None:
    app, cookies = site

    def seen(name: str) -> dict[str, Any]:
        told = get(app, "/screen/pulse.json?wall=hall", cookies.get(name, "")).json()
        found: dict[str, Any] = told["wall"]
        return found

    assert seen("screen") == {"select": "", "scene": "", "seq": 0}
    reply = post(app, "/screen/wall/hall", cookies["leader"], {"select": "529901001"}, **OURS)
    assert (reply.status, reply.json()) == (200, {"seq": 1})
    assert (
        post(app, "/screen/wall/hall", cookies["screen"], {"scene": "risk"}, **OURS).status == 200
    )
    assert seen("screen") == {"select": "529901001", "scene": "risk", "seq": 2}
    assert seen("public") == {"select": "", "scene": "", "seq": 0}
    assert post(app, "/screen/wall/hall", cookies["leader"], {"select": ""}, **OURS).status == 200
    assert seen("screen")["select"] == ""
    with Session(engine()) as db:
        told = db.execute(
            select(AuditEntry.act, AuditEntry.subject).where(AuditEntry.subject == "wall hall")
        ).all()
    assert [tuple(row) for row in told] == [("decide", "wall hall")] * 3


@pytest.mark.parametrize(
    ("name", "body", "changed", "status"),
    [
        ("public", {"scene": "risk"}, {}, 401),
        ("auditor", {"scene": "risk"}, {}, 403),
        ("east", {"scene": "risk"}, {}, 403),
        ("leader", {"scene": "risk"}, {"sec_fetch_site": "cross-site"}, 403),
        ("leader", {"scene": "risk"}, {"origin": "http://else.example"}, 403),
        ("leader", {"scene": "risk"}, {"sec_fetch_site": "", "origin": ""}, 403),
        ("leader", {"select": "529901999"}, {}, 404),
        ("leader", {"scene": "nonsense"}, {}, 404),
        ("leader", {"scene": "township:529901999"}, {}, 404),
        ("leader", {"scene": "township:529901"}, {}, 404),
        ("leader", {"select": "\ud800"}, {}, 400),
        ("leader", {"scene": "a b"}, {}, 404),
        ("leader", {"scene": "x" * 90}, {}, 400),
        ("leader", {"select": 5}, {}, 400),
        ("leader", {"other": "x"}, {}, 400),
        ("leader", {}, {}, 400),
        ("leader", {"select": "x" * 4000}, {}, 400),
    ],
)
def test_what_a_wall_refuses(
    site: tuple[Starlette, dict[str, str]], name: str, body: Any, changed: dict[str, str],
    status: int,
) -> None:  # fmt: skip
    app, cookies = site
    headers = {key: value for key, value in {**OURS, **changed}.items() if value}
    found = post(app, "/screen/wall/other", cookies.get(name, ""), body, **headers)
    assert found.status == status
    assert screen_wall.followed("other") == screen_wall.nothing()


def test_lists_without_end_are_no_form(site: tuple[Starlette, dict[str, str]]) -> None:
    app, cookies = site
    body = b'{"select":' + b"[" * 2_000
    headers = {"cookie": f"{signing.COOKIE}={cookies['leader']}", **OURS}
    found = send(app, "/screen/wall/other", "POST", body, headers)
    assert (found.status, found.json()) == (400, {"error": "这不是本系统的表单。"})


def test_a_wall_is_chosen_for_twice_a_second(
    site: tuple[Starlette, dict[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    app, cookies = site
    now = [100.0]
    monkeypatch.setattr("cockpit.answers.screen_wall.time.monotonic", lambda: now[0])

    def chosen(name: str, scene: str) -> Reply:
        return post(app, "/screen/wall/fast?lang=en", cookies[name], {"scene": scene}, **OURS)

    def entries() -> int:
        with Session(engine()) as db:
            told = select(AuditEntry.seq).where(AuditEntry.subject == "wall fast")
            return len(db.scalars(told).all())

    assert chosen("leader", "township:529901001").json() == {"seq": 1}
    assert chosen("leader", "risk").json() == {"seq": 2}
    refused = chosen("leader", "county")
    assert (refused.status, refused.json()["error"]) == (
        429, "That was too fast for the wall. Try again in a second.",
    )  # fmt: skip
    assert chosen("planner", "risk").json() == {"seq": 2}  # it follows that already
    assert entries() == 2
    now[0] += 1.0
    assert chosen("leader", "county").json() == {"seq": 3}
    assert entries() == 3


def test_a_new_name_drops_no_wall_in_use(
    site: tuple[Starlette, dict[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    app, cookies = site
    monkeypatch.setattr(screen_wall, "MOST_A_SECOND", 99)
    with Session(engine()) as db:
        monkeypatch.setattr(screen_wall, "MOST_WALLS", 1 + (db.query(Wall).count()))
    choice = {"scene": "risk"}
    assert post(app, "/screen/wall/last", cookies["leader"], choice, **OURS).status == 200
    assert post(app, "/screen/wall/new", cookies["leader"], choice, **OURS).status == 429
    long_ago = dt.datetime.now(dt.UTC).replace(tzinfo=None) - dt.timedelta(minutes=61)
    with Session(engine()) as db:
        db.execute(update(Wall).where(Wall.id == "last").values(changed=long_ago))
        db.commit()
    assert post(app, "/screen/wall/new", cookies["leader"], choice, **OURS).status == 200
    assert screen_wall.followed("last") == screen_wall.nothing()


def test_a_load_that_holds_the_store_stops_no_pulse(
    site: tuple[Starlette, dict[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    app, cookies = site
    monkeypatch.setattr(screen_wall, "WAIT_SECONDS", 0.2)
    choice = {"scene": "warning"}
    assert (
        post(app, "/screen/wall/held", cookies["leader"], {"scene": "risk"}, **OURS).status == 200
    )
    audit.forget()  # the hour of whoever looks is over
    began = time.monotonic()
    with engine().connect() as load:
        load.exec_driver_sql("UPDATE audit_head SET seq = seq WHERE id = 0")
        told = get(app, "/screen/pulse.json?wall=held", cookies["screen"])
        assert (told.status, told.json()["wall"]["scene"]) == (200, "risk")
        refused = post(app, "/screen/wall/held?lang=en", cookies["leader"], choice, **OURS)
        assert time.monotonic() - began < 5
        load.rollback()
    assert (refused.status, refused.json()["error"]) == (
        503, "Data are being written into the store just now. Try again in a moment.",
    )  # fmt: skip
    screen_wall.forget()
    with engine().connect() as after:  # whoever writes next waits as long as ever
        assert after.exec_driver_sql("PRAGMA busy_timeout").scalar() == 30_000
    assert post(app, "/screen/wall/held", cookies["leader"], choice, **OURS).json() == {"seq": 2}


@pytest.mark.parametrize(
    "target", ["/screen?lang=zh", "/screen/playlist.json", "/screen/scene/county.json"]
)
def test_what_is_opened_leaves_a_trace(site: tuple[Starlette, dict[str, str]], target: str) -> None:
    app, cookies = site

    def entries() -> int:
        with Session(engine()) as db:
            told = select(AuditEntry.seq).where(
                AuditEntry.subject == "screen", AuditEntry.account == "planner"
            )
            return len(db.scalars(told).all())

    audit.forget()
    before = entries()
    assert get(app, target, cookies["planner"]).status == 200
    assert entries() == before + 1


def test_a_lobby_screen_and_odd_names_cannot_post(site: tuple[Starlette, dict[str, str]]) -> None:
    app, cookies = site
    choice = {"scene": "risk"}
    assert post(app, "/screen/wall/w?lobby=1", cookies["leader"], choice, **OURS).status == 403
    assert post(app, "/screen/wall/a b", cookies["leader"], choice, **OURS).status == 404
    assert post(app, f"/screen/wall/{'w' * 41}", cookies["leader"], choice, **OURS).status == 404


# ---------------------------------------------------------------- sessions of screens


def _age(name: str, hours: float) -> None:
    """Let a session have begun some hours ago, with its twelve from then."""
    begun = dt.datetime.now(dt.UTC).replace(tzinfo=None) - dt.timedelta(hours=hours)
    with Session(engine()) as db:
        db.execute(
            update(StoredSession).where(StoredSession.id == name)
            .values(created=begun, last_seen=begun, expires=begun + sessions.LONGEST_SCREEN)
        )  # fmt: skip
        db.commit()
    sessions.forget()
    screen._ends.clear()


def test_a_running_screen_gets_a_new_session(site: tuple[Starlette, dict[str, str]]) -> None:
    app, cookies = site
    _age("screen", 11)
    told = get(app, "/screen/pulse.json", cookies["screen"]).json()["session"]
    assert told["role"] == "screen"
    assert 58 <= told["ends_minutes"] <= 60
    reply = post(app, "/screen/renew", cookies["screen"], **OURS)
    assert reply.status == 204
    cookie = reply.headers["set-cookie"].partition("=")[2].partition(";")[0]
    assert "httponly" in reply.headers["set-cookie"].lower()
    told = get(app, "/screen/pulse.json", cookie).json()["session"]
    assert told["role"] == "screen"
    assert 718 <= told["ends_minutes"] <= 720  # twelve hours, no more
    assert "set-cookie" not in post(app, "/screen/renew", cookies["screen"], **OURS).headers
    with Session(engine()) as db:
        old = db.get(StoredSession, "screen")
        assert old is not None
        assert old.expires <= dt.datetime.now(dt.UTC).replace(tzinfo=None) + sessions.RENEWED_STAYS
        entry = db.execute(
            select(AuditEntry).where(AuditEntry.subject == "session screen")
        ).scalar_one()
        assert entry.act == "sign in"
        sessions.revoke_all(db, "screen")  # the new one ends with all others
        db.commit()
    told = get(app, "/screen/pulse.json", cookie).json()
    assert told["session"]["role"] == "public"
    assert told["alerts"] == []
    assert get(app, "/screen/scene/county.json", cookie).status == 200  # published figures
    assert get(app, "/screen/scene/risk.json", cookie).status == 401
    assert post(app, "/screen/renew", cookie, **OURS).status == 401


def test_only_screens_are_renewed(site: tuple[Starlette, dict[str, str]]) -> None:
    app, cookies = site
    for name, status in (("leader", 400), ("auditor", 403), ("public", 401)):
        assert post(app, "/screen/renew", cookies.get(name, ""), **OURS).status == status
    cross = {**OURS, "sec_fetch_site": "cross-site"}
    assert post(app, "/screen/renew", cookies["steward"], **cross).status == 403


def test_who_may_watch() -> None:
    from cockpit.access.matrix import visitor_of
    from cockpit.access.roles import ROLES

    assert {role for role in ROLES if may_watch(visitor_of(role, "county"))} == WATCHING
    assert not any(may_watch(visitor_of(role, "part")) for role in ROLES)
